package httpcam

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/inceptiond/inceptiond/capture"
)

// Limits of what surrounds the pictures, in bytes.
const (
	maxLine   = 4 << 10  // of a header; also the reader's buffer
	maxHeader = 16 << 10 // of all headers of a part
	maxSkip   = 1 << 20  // between two parts
)

// partReader reads the parts of a multipart/x-mixed-replace stream as cameras send them, which is not as RFC 2046 has it:
// the boundary in the header may have the leading dashes or not, or be missing; parts may lack Content-Length, or the
// line break before the next boundary; line ends may be bare LF. The boundary is compared without its leading dashes.
type partReader struct {
	r        *bufio.Reader
	boundary []byte // without leading dashes; empty until it is known
	limit    int    // bytes of one part
	begun    bool   // the boundary before the part has been read already
	ended    bool   // the closing boundary has been read
}

func newPartReader(r io.Reader, boundary string, limit int) *partReader {
	boundary = strings.TrimLeft(strings.Trim(strings.TrimSpace(boundary), `"`), "-")
	return &partReader{r: bufio.NewReaderSize(r, maxLine), boundary: []byte(boundary), limit: limit}
}

// next overwrites dst, which it grows if needed, with the body of the next part. The error wraps capture.ErrBadFrame if
// that part is of no use; otherwise it ends the stream.
func (p *partReader) next(dst []byte) ([]byte, error) {
	dst = dst[:0]
	if !p.begun {
		if err := p.skip(); err != nil {
			return dst, err
		}
	}
	p.begun = false
	if p.ended {
		return dst, io.EOF
	}
	length, err := p.header()
	if err != nil {
		return dst, err
	}
	switch {
	case length > p.limit:
		return dst, tooLarge(p.limit) // skip finds the next part, or gives up
	case length >= 0:
		return p.counted(dst, length)
	}
	return p.delimited(dst)
}

// skip reads to the end of the next boundary line.
func (p *partReader) skip() error {
	for skipped := 0; skipped <= max(maxSkip, 2*p.limit); {
		line, err := p.line()
		if err != nil {
			return err
		}
		skipped += len(line)
		if _, ok := p.cutBoundary(line); ok {
			return nil
		}
	}
	return fmt.Errorf("no boundary %q in the stream", p.boundary)
}

// line returns the next line with its line break, or a piece of a long one. It is valid until the next read.
func (p *partReader) line() ([]byte, error) {
	line, err := p.r.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) || len(line) > 0 && errors.Is(err, io.EOF) {
		return line, nil // the end comes again
	}
	return line, err
}

// cutBoundary returns what stands before a boundary at the end of line, and whether there is one.
func (p *partReader) cutBoundary(line []byte) (before []byte, ok bool) {
	s := bytes.TrimRight(line, "\r\n\t ")
	if len(p.boundary) == 0 { // the header did not tell: the first line that looks like one is it
		if name := bytes.TrimLeft(s, "-"); bytes.HasPrefix(s, []byte("--")) && len(name) > 0 {
			p.boundary = bytes.Clone(name)
			return nil, true
		}
		return nil, false
	}
	if before, ok = bytes.CutSuffix(s, p.boundary); !ok {
		before, ok = bytes.CutSuffix(bytes.TrimSuffix(s, []byte("--")), p.boundary)
		p.ended = p.ended || ok && p.dashed(before)
	}
	// A boundary starts with dashes; alone on its line it may do without.
	if !ok || !p.dashed(before) && len(before) > 0 {
		return nil, false
	}
	return bytes.TrimRight(before, "-"), true
}

// dashed tells whether before ends in the two dashes of a boundary.
func (p *partReader) dashed(before []byte) bool { return bytes.HasSuffix(before, []byte("--")) }

// header reads a part's header and returns its Content-Length, -1 if it has none.
func (p *partReader) header() (length int, err error) {
	length = -1
	for read := 0; read < maxHeader; {
		line, err := p.line()
		if err != nil {
			return 0, err
		}
		read += len(line)
		s := strings.TrimSpace(string(line))
		if s == "" {
			return length, nil
		}
		name, value, _ := strings.Cut(s, ":")
		if !strings.EqualFold(strings.TrimSpace(name), "Content-Length") {
			continue
		}
		if length, err = strconv.Atoi(strings.TrimSpace(value)); err != nil || length < 0 {
			length = -1 // as good as none
		}
	}
	return 0, fmt.Errorf("header of a part has more than %d bytes: %w", maxHeader, capture.ErrBadFrame)
}

// counted reads a body of n bytes. Memory grows with what comes, not with what was promised.
func (p *partReader) counted(dst []byte, n int) ([]byte, error) {
	dst, err := appendAll(dst, io.LimitReader(p.r, int64(n)), n)
	if err == nil && len(dst) < n {
		err = io.ErrUnexpectedEOF
	}
	return dst, err
}

// delimited reads a body up to the next boundary.
func (p *partReader) delimited(dst []byte) ([]byte, error) {
	for {
		line, err := p.line()
		if errors.Is(err, io.EOF) && len(dst) > 0 {
			return dst, io.ErrUnexpectedEOF
		}
		if err != nil {
			return dst, err
		}
		if before, ok := p.cutBoundary(line); ok {
			p.begun = true
			dst = append(dst, before...)
			if len(before) == 0 { // the line break belongs to the boundary
				dst = bytes.TrimSuffix(bytes.TrimSuffix(dst, []byte("\n")), []byte("\r"))
			}
			return dst, nil
		}
		if len(dst)+len(line) > p.limit {
			return dst[:0], tooLarge(p.limit)
		}
		dst = append(dst, line...)
	}
}
