package httpcam

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/picture/jpeg"
)

// body reads a picture, or what stands in its place, to its end. length is what its header says, -1 if nothing.
func (p *reader) body(dst []byte, length int) ([]byte, error) {
	if length > p.limit {
		length = -1 // it may be a lie
	}
	start, err := p.r.Peek(len(jpegStart))
	if string(start) == jpegStart {
		p.found.Store(true)
		return p.jpeg(dst, length)
	}
	if len(start) == 0 {
		return dst, err
	}
	return p.other(dst, length)
}

func tooLarge(limit int) error {
	return fmt.Errorf("a picture of more than %d bytes: %w", limit, capture.ErrBadFrame)
}

// jpeg reads a JPEG, by its markers.
func (p *reader) jpeg(dst []byte, length int) ([]byte, error) {
	var end jpeg.End
	readable := true // the markers can be followed
	searched := 0    // no boundary begins before it
	for {
		most := p.limit + 1 - len(dst)
		if length > len(dst) {
			most = min(most, length-len(dst))
		}
		chunk, err := p.chunk(most)
		if err != nil {
			return ended(dst, err)
		}
		before := len(dst)
		dst = append(dst, chunk...)
		if readable {
			n, err := end.Find(dst)
			if n > 0 {
				p.discard(max(n-before, 0))
				p.rest = max(length-n, 0)
				return p.withoutBoundary(dst[:n], &end, err), nil
			}
			readable = err == nil
		}
		if from, coded := end.Coded(); readable && !coded { // a comment may hold anything
			searched = len(dst)
		} else if len(dst) > length { // one that is right says more than a line that looks like a boundary
			if begin, end := p.findBoundary(dst, max(from, searched)); begin >= 0 {
				p.begun = end > before // else it has been dropped already
				p.discard(max(end-before, 0))
				return dst[:begin], nil
			}
			searched = max(searched, len(dst)-len(p.boundary)-maxLineEnd)
		}
		p.discard(len(chunk))
		if len(dst) > p.limit {
			p.lost = true // its rest may hold anything
			return dst[:0], tooLarge(p.limit)
		}
		if len(dst) == length && (p.boundaryAhead() || whole(dst)) {
			return dst, nil
		}
	}
}

// chunk is what is there to read, at most n bytes; it has not been dropped yet. FF is kept together with what
// follows.
func (p *reader) chunk(n int) ([]byte, error) {
	b, err := p.r.Peek(1)
	if len(b) == 0 {
		return nil, err
	}
	if b[0] == 0xFF && n != 1 {
		_, _ = p.r.Peek(2) // an error comes again
	}
	b, _ = p.r.Peek(p.r.Buffered())
	b = b[:min(len(b), n)]
	if n := len(b); n > 1 && b[n-1] == 0xFF {
		b = b[:n-1]
	}
	return b, nil
}

// ended judges what the answer's end has cut: a JPEG perhaps behind its last sample, and what is no picture may be whole.
func ended(dst []byte, err error) ([]byte, error) {
	switch {
	case !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF):
		return dst, err
	case !isPicture(dst), hasPrefix(dst, jpegStart) && whole(dst), hasPrefix(dst, bmpStart) && !short(dst):
		return dst, nil
	}
	return dst, io.ErrUnexpectedEOF
}

// bmpHeader is the least size of a BMP's headers.
const bmpHeader = 26

// short tells whether a BMP says that it is longer.
func short(bmp []byte) bool {
	return len(bmp) <= bmpHeader || uint64(binary.LittleEndian.Uint32(bmp[2:])) > uint64(len(bmp))
}

func whole(p []byte) bool {
	_, _, err := jpeg.Whole(p)
	return err == nil
}

// withoutBoundary cuts off the boundary behind a picture that has no end marker: it was found by the start of the next.
func (p *reader) withoutBoundary(dst []byte, end *jpeg.End, err error) []byte {
	if from, _ := end.Coded(); err != nil {
		if begin, _ := p.findBoundary(dst, from); begin >= 0 {
			return dst[:begin]
		}
	}
	return dst
}

// maxLineEnd is room for what surrounds the boundary on its line: dashes, blanks, the line break.
const maxLineEnd = 32

// findBoundary finds a line with the boundary in p[from:]: where it begins, with the line break before it, and where it
// ends. -1: there is none, or not yet.
func (p *reader) findBoundary(data []byte, from int) (begin, end int) {
	if len(p.boundary) == 0 {
		return -1, -1
	}
	for from < len(data) {
		i := bytes.Index(data[from:], p.boundary)
		if i < 0 {
			break
		}
		begin, end = from+i, from+i+len(p.boundary)
		from = end
		rest := data[end:]
		line := bytes.IndexByte(rest[:min(len(rest), maxLineEnd)], '\n')
		if line < 0 {
			continue
		}
		before := bytes.TrimRight(data[:begin], "-")
		behind := string(bytes.Trim(rest[:line], "- \t\r"))
		if behind != "" || begin-len(before) < 2 && (len(before) != begin || begin > 0 && data[begin-1] != '\n') {
			continue
		}
		before = bytes.TrimSuffix(bytes.TrimSuffix(before, []byte("\n")), []byte("\r"))
		return len(before), end + line + 1
	}
	return -1, -1
}

// boundaryAhead tells whether a boundary comes next, as far as is there already.
func (p *reader) boundaryAhead() bool {
	b, _ := p.r.Peek(min(p.r.Buffered(), maxLineEnd+len(p.boundary), bufferSize))
	b = bytes.TrimLeft(b, "\r\n")
	return bytes.HasPrefix(b, []byte("--")) || len(p.boundary) > 0 && bytes.HasPrefix(b, p.boundary)
}

// other reads what is no JPEG.
func (p *reader) other(dst []byte, length int) ([]byte, error) {
	for n := length; n > 0; n = length - len(dst) {
		b, err := p.chunk(n)
		if err != nil {
			break // it comes again
		}
		dst = append(dst, b...)
		p.discard(len(b))
	}
	if length > 0 && len(dst) == length && (!isPicture(dst) || complete(dst) > 0 || p.boundaryAhead()) {
		return dst, nil
	}
	for {
		line, err := p.line()
		switch {
		case err != nil && len(dst) > 0:
			return ended(dst, err)
		case err != nil:
			return dst, err
		}
		if before, ok := p.cutBoundary(line); ok {
			p.begun = true
			return withoutBreak(append(dst, before...), len(before) == 0), nil
		}
		if dst = append(dst, line...); len(dst) > p.limit {
			p.lost = true
			return dst[:0], tooLarge(p.limit)
		}
		if n := complete(dst); n > 0 {
			return dst[:n], nil
		}
	}
}

// withoutBreak drops the line break at the end of p, which belongs to a boundary on a line of its own.
func withoutBreak(p []byte, alone bool) []byte {
	if !alone {
		return p
	}
	return bytes.TrimSuffix(bytes.TrimSuffix(p, []byte("\n")), []byte("\r"))
}

// complete is where a PNG or BMP ends; 0: not in p, or not known.
func complete(p []byte) int {
	switch {
	case hasPrefix(p, pngStart):
		if p = bytes.TrimRight(p, "\r\n"); bytes.HasSuffix(p, []byte(pngEnd)) {
			return len(p)
		}
	case hasPrefix(p, bmpStart) && len(p) > bmpHeader: // the file's size (BITMAPFILEHEADER), which may be missing
		if size := binary.LittleEndian.Uint32(p[2:]); size > bmpHeader && uint64(size) <= uint64(len(p)) {
			return int(size)
		}
	}
	return 0
}
