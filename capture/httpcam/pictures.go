package httpcam

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/inceptiond/inceptiond/capture"
)

// Limits of what surrounds the pictures, in bytes.
const (
	bufferSize  = 32 << 10
	maxBoundary = 256       // of a boundary that the header did not announce
	maxHeader   = 16 << 10  // of all headers of a part
	maxSkip     = 1 << 20   // between two parts
	maxUnknown  = 256 << 10 // before anything is recognised
	sampleSize  = 512       // of the answer's beginning, to name what it is
	maxIdle     = 8         // parts in a row that hold no picture, or nothing, and are passed over
)

// Beginnings of pictures.
const (
	jpegStart = "\xFF\xD8"
	pngStart  = "\x89PNG"
	pngEnd    = "IEND\xAE\x42\x60\x82" // its last chunk
	bmpStart  = "BM"
)

// reader finds the pictures in the body of an answer: one; several, one after the other; or the parts of a
// multipart/x-mixed-replace stream as cameras send them, which is not as RFC 2046 has it. It goes by the pictures more than
// by what surrounds them: a JPEG ends at its end marker, whatever a Content-Length says. A boundary may be another than
// the announced one, have dashes before or behind it, or be missing, as may the headers of a part and the line breaks; line
// ends may be bare LF. What has no end marker ends at its length, at the boundary, or where the next picture begins.
type reader struct {
	r        *bufio.Reader
	sample   sampler
	boundary []byte // without leading dashes; empty until it is known
	limit    int    // bytes of one picture
	begun    bool   // a boundary has been read, and a part's header follows
	framed   bool   // there has been a boundary, or a header of a part
	lost     bool   // a picture was too large: its rest may hold anything
	rest     int    // bytes behind a picture that belong to its part, as its length says: perhaps another, smaller one
	kind     string // the Content-Type of the newest part

	found atomic.Bool // a picture has begun
}

// sampler keeps the beginning of what it reads.
type sampler struct {
	r    io.Reader
	head []byte
	read int64 // bytes in all
}

func (s *sampler) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	s.read += int64(n)
	if room := sampleSize - len(s.head); room > 0 {
		s.head = append(s.head, p[:min(n, room)]...)
	}
	return n, err
}

func newReader(limit int) *reader {
	p := &reader{limit: limit}
	p.r = bufio.NewReaderSize(&p.sample, bufferSize)
	return p
}

// reset begins with another answer. boundary is the announced one; empty: none.
func (p *reader) reset(body io.Reader, boundary string) {
	boundary = strings.TrimLeft(strings.Trim(strings.TrimSpace(boundary), `"'`), "-")
	p.sample = sampler{r: body, head: p.sample.head[:0]}
	p.r.Reset(&p.sample)
	p.boundary = append(p.boundary[:0], boundary...)
	p.begun, p.framed, p.lost, p.rest, p.kind = false, false, false, 0, ""
	p.found.Store(false)
}

// errNoPicture is what an answer is that holds none.
var errNoPicture = errors.New("no picture")

// next overwrites dst, which it grows if needed, with the next picture, or with what stands in its place in a part. The
// error wraps capture.ErrBadFrame if that is of no use; io.EOF is the answer's end between two pictures,
// io.ErrUnexpectedEOF its end inside one, and errNoPicture means that the answer has none in its beginning.
func (p *reader) next(dst []byte) ([]byte, error) {
	for idle := 0; ; {
		dst = dst[:0]
		if !p.begun {
			if err := p.skip(); err != nil {
				return dst, err
			}
		}
		length := -1
		if p.begun {
			var err error
			if length, p.kind, err = p.header(); err != nil {
				return dst, err
			}
			p.begun = false
			if err := p.blankLines(); err != nil {
				return dst, err
			}
		}
		dst, err := p.body(dst, length)
		if err == nil && (len(dst) == 0 || accompanies(p.kind) && !isPicture(dst)) {
			if idle++; idle <= maxIdle {
				continue
			}
			return dst, fmt.Errorf("%d parts without a picture, the last one %.80q: %w", idle, p.kind, capture.ErrBadFrame)
		}
		return dst, err
	}
}

// accompanies tells whether parts of a media type come between the pictures of some cameras: sound, events.
func accompanies(kind string) bool {
	kind, _, _ = strings.Cut(strings.ToLower(kind), "/")
	return kind == "audio" || kind == "text" || kind == "application"
}

func isPicture(p []byte) bool {
	return hasPrefix(p, jpegStart) || hasPrefix(p, pngStart) || hasPrefix(p, bmpStart)
}

func hasPrefix(p []byte, prefix string) bool {
	return len(p) >= len(prefix) && string(p[:len(prefix)]) == prefix
}

// skip moves to the next header of a part, for which it sets begun, or to a picture that has none.
func (p *reader) skip() error {
	whole := true // at the start of a line
	for skipped := 0; ; {
		line, err := p.peekLine(whole)
		if err != nil {
			return p.nothing(err)
		}
		if line == nil {
			return nil // a picture begins
		}
		n, ended := len(line), line[len(line)-1] == '\n'
		drop := p.judge(line, whole)
		if drop {
			p.discard(n)
		}
		if p.begun {
			return nil
		}
		whole, skipped, p.rest = ended, skipped+n, max(p.rest-n, 0)
		if p.found.Load() || p.framed {
			if p.lost && skipped > max(maxSkip, 2*p.limit) {
				return fmt.Errorf("a picture of more than %d bytes, and no other behind it", p.limit)
			}
			if skipped > max(maxSkip, 2*p.limit) {
				return fmt.Errorf("no boundary %q and no picture in %d bytes of the stream", p.boundary, skipped)
			}
		} else if skipped > maxUnknown {
			return errNoPicture
		}
	}
}

// nothing makes errNoPicture of the end of an answer that had bytes, but none that were understood.
func (p *reader) nothing(err error) error {
	if errors.Is(err, io.EOF) && !p.framed && !p.found.Load() && len(bytes.TrimSpace(p.sample.head)) > 0 {
		return errNoPicture
	}
	return err
}

// discard drops n bytes that have been peeked at.
func (p *reader) discard(n int) { _, _ = p.r.Discard(n) } // they are there

// peekLine is the next line with its line break, or a piece of a long one: it is not empty, and has not been dropped yet.
// nil means that a picture begins here.
func (p *reader) peekLine(whole bool) ([]byte, error) {
	for n := 1; ; n = p.r.Buffered() + 1 {
		b, err := p.r.Peek(min(n, bufferSize))
		if len(b) == 0 {
			return nil, err
		}
		b, _ = p.r.Peek(p.r.Buffered())
		if whole && (p.starts(b, pngStart) || p.sample.read == int64(len(b)) && p.starts(b, bmpStart)) {
			return nil, nil
		}
		end := bytes.IndexByte(b, '\n') + 1
		line := b[:end]
		if end == 0 {
			line = b
		}
		if at := bytes.Index(line, []byte(jpegStart+"\xFF")); at >= 0 && !p.inside() {
			p.discard(at)
			p.found.Store(true)
			return nil, nil
		}
		switch {
		case end > 0, err != nil:
			return line, nil
		case len(b) == bufferSize:
			return b[:len(b)-len(jpegStart)], nil // the start of a picture may have been cut in two
		}
	}
}

// inside tells whether what comes belongs to a part that has been read: only its boundary ends it.
func (p *reader) inside() bool { return p.framed && (p.lost || p.rest > 0) }

// starts tells whether a picture begins with b.
func (p *reader) starts(b []byte, magic string) bool {
	if p.inside() || !hasPrefix(b, magic) {
		return false
	}
	p.found.Store(true)
	return true
}

// judge finds out whether a line is a boundary, or the first line of a header that has none, and sets begun then. It tells
// whether the line is done with: that of a header is not. It may read on, which makes line invalid.
func (p *reader) judge(line []byte, whole bool) (drop bool) {
	if p.isBoundary(line) {
		p.begun = true
		return true
	}
	if !whole || p.lost {
		return true
	}
	s := bytes.TrimRight(line, "\r\n\t ")
	if !p.framed && isPartHeader(s) {
		p.begun = true
		return false
	}
	name := bytes.TrimLeft(s, "-")
	if !bytes.HasPrefix(s, []byte("--")) || len(name) == 0 || len(name) > maxBoundary {
		return true
	}
	// Another boundary than the announced one, if what follows looks like a part.
	name = bytes.Clone(name)
	if p.partAhead(len(line)) {
		p.boundary, p.begun = name, true
	}
	return true
}

// isBoundary tells whether a line ends in the boundary. Dashes before it are not compared, nor those behind it: some
// cameras send the closing boundary between all parts. Alone on its line it may do without any.
func (p *reader) isBoundary(line []byte) bool {
	_, ok := p.cutBoundary(line)
	return ok
}

// cutBoundary is isBoundary, and returns what stands before the boundary.
func (p *reader) cutBoundary(line []byte) (before []byte, ok bool) {
	if len(p.boundary) == 0 || len(line) == 0 {
		return nil, false
	}
	s := bytes.TrimRight(line, "\r\n\t ")
	if before, ok = bytes.CutSuffix(s, p.boundary); !ok {
		before, ok = bytes.CutSuffix(bytes.TrimSuffix(s, []byte("--")), p.boundary)
	}
	if !ok || !bytes.HasSuffix(before, []byte("--")) && len(before) > 0 {
		return nil, false
	}
	return bytes.TrimRight(before, "-"), true
}

// isPartHeader tells whether a line is one of those that begin the header of a part.
func isPartHeader(line []byte) bool {
	const prefix = "content-"
	return len(line) > len(prefix) && strings.EqualFold(string(line[:len(prefix)]), prefix) && bytes.IndexByte(line, ':') > 0
}

// partAhead tells whether what comes after the next n bytes is a header's line, or a picture, perhaps behind blank lines.
func (p *reader) partAhead(n int) bool {
	for i, begin := n, n; ; i++ {
		b, err := p.r.Peek(i + 1)
		if err != nil {
			return false
		}
		switch c := b[i]; {
		case i == begin && (c == '\r' || c == '\n') && i < n+maxLineEnd:
			begin++
		case i == begin && (c == jpegStart[0] || c == pngStart[0]):
			return true
		case c == ':':
			return i > begin && (begin == n || isPartHeader(b[begin:]))
		case c <= ' ', c > '~', i > begin+64:
			return false
		}
	}
}

// atPicture tells whether a JPEG or PNG begins here.
func (p *reader) atPicture() bool {
	b, _ := p.r.Peek(1)
	for _, magic := range []string{jpegStart, pngStart} {
		if len(b) == 1 && b[0] == magic[0] {
			b, _ := p.r.Peek(len(magic))
			return string(b) == magic
		}
	}
	return false
}

// header reads a part's header to its end, which may be missing, and returns its Content-Length, -1 if it has none that
// can be true, and its Content-Type.
func (p *reader) header() (length int, kind string, err error) {
	length = -1
	p.framed, p.lost, p.rest = true, false, 0
	lines := 0
	for read := 0; read < maxHeader; {
		if p.atPicture() {
			return length, kind, nil
		}
		line, err := p.line()
		if err != nil {
			return 0, "", err
		}
		read += len(line)
		s := bytes.TrimSpace(line)
		name, value, ok := bytes.Cut(s, []byte(":"))
		switch {
		case len(s) == 0 && lines == 0 && p.partAhead(0) && !p.blankAhead(): // the header comes after a blank line
			lines++
		case len(s) == 0:
			return length, kind, nil
		case p.isBoundary(line):
			length, kind, lines = -1, "", 0
			continue
		case !ok: // some cameras send a date without a name
		case strings.EqualFold(string(bytes.TrimSpace(name)), "Content-Length"):
			length = contentLength(string(value))
		case strings.EqualFold(string(bytes.TrimSpace(name)), "Content-Type"):
			kind = string(bytes.TrimSpace(value))
		}
		lines++
	}
	return 0, "", fmt.Errorf("header of a part has more than %d bytes: %w", maxHeader, capture.ErrBadFrame)
}

// blankAhead tells whether the next byte is a line break.
func (p *reader) blankAhead() bool {
	b, _ := p.r.Peek(1)
	return len(b) == 1 && (b[0] == '\r' || b[0] == '\n')
}

// contentLength is the number that a length begins with; -1 if it is none, or 0, which a part cannot have.
func contentLength(value string) int {
	value = strings.TrimSpace(value)
	end := strings.IndexFunc(value, func(r rune) bool { return r < '0' || r > '9' })
	if end >= 0 {
		value = value[:end]
	}
	if n, err := strconv.Atoi(value); err == nil && n > 0 {
		return n
	}
	return -1
}

// line returns the next line with its line break, or a piece of a long one. It is valid until the next read.
func (p *reader) line() ([]byte, error) {
	line, err := p.r.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) || len(line) > 0 {
		return line, nil // an error comes again
	}
	return nil, err
}

// blankLines drops those between a part's header and its picture.
func (p *reader) blankLines() error {
	for range maxHeader {
		if !p.blankAhead() {
			break
		}
		p.discard(1)
	}
	_, err := p.r.Peek(1)
	return err
}
