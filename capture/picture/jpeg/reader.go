package jpeg

import (
	"bytes"
	"errors"
	"io"
	"slices"
)

// chunk is the least room that is kept for one read, in bytes.
const chunk = 64 << 10

// Reader cuts a stream into JPEG pictures. It is used by one goroutine.
type Reader struct {
	r     io.Reader
	limit int
	buf   []byte // read and not given out yet; starts at the picture that w walks
	w     walker
}

// NewReader returns a Reader of r that refuses pictures of more than limit bytes.
func NewReader(r io.Reader, limit int) *Reader {
	return &Reader{r: r, limit: limit}
}

// Next overwrites dst, which it grows if needed, with the next picture and returns it with its size in pixels. Bytes
// between pictures are skipped. An error that wraps capture.ErrBadFrame means that a picture was damaged or too large:
// it is gone, and the next call looks for the next one. Other errors are the stream's: io.EOF between two pictures,
// io.ErrUnexpectedEOF inside one.
func (r *Reader) Next(dst []byte) (pix []byte, width, height int, err error) {
	for {
		if r.w.pos == 0 {
			r.seek(0)
		}
		done, err := r.w.walk(r.buf, false)
		if err == errNext && !r.w.slow && decodable(r.buf[:r.w.pos]) == nil { // only the end marker is missing
			done, err = true, nil
		}
		if err == nil && max(r.w.pos, len(r.buf)) > r.limit && (!done || r.w.pos > r.limit) {
			err = bad("more than %d bytes", r.limit)
		}
		if err != nil {
			r.seek(min(max(r.w.pos, 2), len(r.buf))) // what was understood needs no second look
			return dst, 0, 0, err
		}
		if done {
			pix = append(dst[:0], r.buf[:r.w.pos]...)
			width, height = r.w.width, r.w.height
			r.discard(r.w.pos)
			return pix, width, height, nil
		}
		if err := r.fill(); err != nil {
			return dst, 0, 0, err
		}
	}
}

// seek drops everything before the next FF D8 at or after from.
func (r *Reader) seek(from int) {
	i := bytes.Index(r.buf[from:], []byte{0xFF, mSOI})
	switch {
	case i >= 0:
		r.discard(from + i)
	case len(r.buf) > from && r.buf[len(r.buf)-1] == 0xFF:
		r.discard(len(r.buf) - 1) // the other half may follow
	default:
		r.discard(len(r.buf))
	}
}

// discard drops n bytes and starts a new walk.
func (r *Reader) discard(n int) {
	r.buf = append(r.buf[:0], r.buf[n:]...)
	r.w = walker{}
}

// fill reads once.
func (r *Reader) fill() error {
	r.buf = slices.Grow(r.buf, chunk)
	n, err := r.r.Read(r.buf[len(r.buf):cap(r.buf)])
	r.buf = r.buf[:len(r.buf)+n]
	if n > 0 {
		return nil // an error comes again
	}
	if errors.Is(err, io.EOF) && r.w.pos > 0 {
		return io.ErrUnexpectedEOF
	}
	return err
}
