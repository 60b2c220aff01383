package jpeg

import (
	"bytes"
	"fmt"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/picture/internal/raster"
)

// Size is the width and height that a picture's header states. The error wraps capture.ErrBadFrame if p is no JPEG or
// ends before its header does; what follows the header is not looked at.
func Size(p []byte) (width, height int, err error) {
	_, w, err := header(p)
	return w.width, w.height, err
}

// header finds the picture in p and walks to the end of its frame header. A picture of which there is only the beginning
// of the header may come before it.
func header(p []byte) (picture []byte, w walker, err error) {
	for {
		from := start(p)
		if from < 0 {
			return nil, walker{}, bad("it is no JPEG (starts with %q)", p[:min(8, len(p))])
		}
		p, w = p[from:], walker{}
		done, err := w.walk(p, true)
		switch {
		case done && err == nil:
			return p, w, nil
		case err == nil:
			err = bad("%d bytes end before the size", len(p))
		case err == errNext:
			p = p[w.pos:]
			continue
		}
		return nil, walker{}, err
	}
}

// Whole is Size for a picture that must also be there to its end: it has its end marker or, as some cameras send none,
// every sample can be decoded. Bytes after it are ignored, as many cameras pad.
func Whole(p []byte) (width, height int, err error) {
	p, w, err := header(p)
	if err != nil {
		return 0, 0, err
	}
	if done, err := w.walk(p, false); done && err == nil {
		return w.width, w.height, nil
	}
	return w.width, w.height, decodable(p)
}

// decodable tells whether every sample of a picture is there, at the cost of decoding it.
func decodable(p []byte) error {
	var d Decoder
	h, err := d.Header(p)
	if err == nil && h.Memory[3] > raster.Machine().Total {
		return nil // it will be refused for its size
	}
	if err == nil {
		err = d.Decode(new(Image), p, 8)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", err, capture.ErrBadFrame)
	}
	return nil
}

func bad(format string, args ...any) error {
	return fmt.Errorf("jpeg: %s: %w", fmt.Sprintf(format, args...), capture.ErrBadFrame)
}

// walker follows the markers of a picture that may still be growing, and decodes nothing. It stands at a marker or inside
// the coded data of a scan. A picture's end can only be found in this way: the bytes FF D8 and FF D9 that enclose a
// picture are also found inside it, around an EXIF thumbnail.
//
// Like the decoder it skips bytes that belong to nothing between segments. Where a part of a stream is missing, the next
// picture's start marker comes before the end of this one.
type walker struct {
	pos           int  // bytes understood
	scan          bool // pos is inside coded data
	width, height int  // pixels; 0 before the frame header
	slow          bool // a few bytes may take long to decode
	coded         int  // where the coded data of the newest scan begins; 0 before the first
}

// ErrNext marks a picture that has no end marker: the next one begins inside it.
var ErrNext = errNext

// End finds the end of a picture that is still growing, by its markers. The zero value is ready for one picture.
type End struct{ w walker }

// Find goes on through p, the picture from its start marker on, as far as it has come, and tells where it ends: behind
// its end marker. 0 and no error mean that p is too short. With ErrNext it ends where the next one begins, at end. Other
// errors wrap capture.ErrBadFrame: it is damaged, or of a kind that cannot be decoded.
func (e *End) Find(p []byte) (end int, err error) {
	done, err := e.w.walk(p, false)
	if done || err == errNext {
		return e.w.pos, err
	}
	return 0, err
}

// Coded is where the coded data begins that p ended in, when Find said that it was too short; false: it ended in a header,
// which may hold any bytes.
func (e *End) Coded() (from int, ok bool) { return e.w.coded, e.w.scan }

// walk goes on through p, which holds the picture from its start, and tells whether it has reached the end: of the
// picture, or if header is set, of the frame header. If it has not and err is nil, p is too short: walk on when there
// is more.
func (w *walker) walk(p []byte, header bool) (done bool, err error) {
	if w.pos == 0 {
		if len(p) < 2 {
			return false, nil
		}
		if p[0] != 0xFF || p[1] != mSOI {
			return false, bad("starts with % x, not FF D8", p[:2])
		}
		w.pos = 2
	}
	for {
		if w.scan && !w.skipScan(p) {
			return false, nil
		}
		marker, next, err := w.marker(p)
		if next == 0 || err != nil {
			return false, err
		}
		if marker == mEOI {
			if w.width == 0 {
				return false, bad("ends without a frame header")
			}
			w.pos = next
			return true, nil
		}
		if next, err = w.segment(p, marker, next); next == 0 || err != nil {
			return false, err
		}
		w.pos = next
		if w.scan = marker == mSOS; w.scan {
			w.coded = next
		}
		if header && w.width > 0 {
			return true, nil
		}
	}
}

// skipScan moves to the marker that ends coded data: FF followed by anything but a stuffed 0 or a restart marker.
// False means that p ends first.
func (w *walker) skipScan(p []byte) bool {
	for {
		i := bytes.IndexByte(p[w.pos:], 0xFF)
		if i < 0 {
			w.pos = len(p)
			return false
		}
		w.pos += i
		if w.pos+1 >= len(p) {
			return false
		}
		switch c := p[w.pos+1]; {
		case c == 0 || isRestart(c):
			w.pos += 2
		case c == 0xFF: // fill byte
			w.pos++
		default:
			w.scan = false
			return true
		}
	}
}

// errNext is malformed: the next picture begins inside this one.
var errNext = bad("a second picture begins before the first has ended")

// marker reads the next marker and returns where its segment starts; 0 if p ends first.
func (w *walker) marker(p []byte) (marker byte, next int, err error) {
	for {
		i := bytes.IndexByte(p[w.pos:], 0xFF)
		if i < 0 {
			w.pos = len(p)
			return 0, 0, nil
		}
		w.pos += i
		switch marker, next = markerAt(p, w.pos); {
		case next == 0:
			return 0, 0, nil
		case marker == mSOI:
			return 0, 0, errNext
		case marker != 0 && marker >= mSOF0:
			return marker, next, nil
		}
		w.pos = next
	}
}

// segment reads the segment of marker that starts at i and returns where it ends; 0 if p ends first.
func (w *walker) segment(p []byte, marker byte, i int) (end int, err error) {
	if standsAlone(marker) {
		return i, nil
	}
	n, ok := segmentLength(p, i)
	if !ok {
		return 0, nil
	}
	if n < 2 {
		return 0, bad("segment %#02x of %d bytes", marker, n)
	}
	if marker == mSOS && w.width == 0 {
		return 0, bad("scan before the frame header")
	}
	if i+n > len(p) {
		return 0, nil
	}
	if isFrameHeader(marker) {
		return i + n, w.frameHeader(marker, p[i+2:i+n])
	}
	return i + n, nil
}

// frameHeader takes the size from the body of a frame header. A picture of a kind that cannot be decoded is none.
func (w *walker) frameHeader(marker byte, body []byte) error {
	var f frame
	err := f.parse(marker, body)
	if err == nil {
		err = f.supported()
	}
	if err != nil {
		return fmt.Errorf("%w: %w", err, capture.ErrBadFrame)
	}
	if w.width == 0 { // the decoder, too, takes the first
		w.width, w.height, w.slow = f.width, f.height, f.progressive() || f.arithmetic()
	}
	return nil
}
