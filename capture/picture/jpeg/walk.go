package jpeg

import (
	"bytes"
	"fmt"

	"github.com/inceptiond/inceptiond/capture"
)

// Size is the width and height that a picture's header states. The error wraps capture.ErrBadFrame if p is no JPEG or
// ends before its header does; what follows the header is not looked at.
func Size(p []byte) (width, height int, err error) {
	var w walker
	if _, err := w.walk(p, true); err != nil {
		return 0, 0, err
	}
	if w.width == 0 {
		return 0, 0, bad("%d bytes end before the size", len(p))
	}
	return w.width, w.height, nil
}

// Whole is Size for a picture that must also be there to its end. Bytes after it are ignored, as many cameras pad.
func Whole(p []byte) (width, height int, err error) {
	var w walker
	done, err := w.walk(p, false)
	if err == nil && !done {
		err = bad("cut short after %d bytes", len(p))
	}
	return w.width, w.height, err
}

func bad(format string, args ...any) error {
	return fmt.Errorf("jpeg: %s: %w", fmt.Sprintf(format, args...), capture.ErrBadFrame)
}

// walker follows the markers of a picture that may still be growing, and decodes nothing. It stands at a marker or inside
// the coded data of a scan. A picture's end can only be found in this way: the bytes FF D8 and FF D9 that enclose a
// picture are also found inside it, around an EXIF thumbnail.
//
// It is stricter than the decoder, which skips stray bytes between segments: in a stream, they are where a part is
// missing.
type walker struct {
	pos           int  // bytes understood
	scan          bool // pos is inside coded data
	width, height int  // pixels; 0 before the frame header
}

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
		w.scan = marker == mSOS
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

// marker reads the marker at pos and returns where its segment starts; 0 if p ends first.
func (w *walker) marker(p []byte) (marker byte, next int, err error) {
	if w.pos < len(p) && p[w.pos] != 0xFF {
		return 0, 0, bad("byte %#02x at %d where a marker must be", p[w.pos], w.pos)
	}
	marker, next = markerAt(p, w.pos)
	if next > 0 && (marker == mSOI || marker == 0) {
		return 0, 0, bad("marker %#02x at %d inside the picture", marker, next-1)
	}
	return marker, next, nil
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
		return i + n, w.frameHeader(p[i+2 : i+n])
	}
	return i + n, nil
}

// frameHeader takes the size from the body of a frame header.
func (w *walker) frameHeader(body []byte) error {
	if len(body) < 6 {
		return bad("frame header of %d bytes", len(body)+2)
	}
	width, height := frameSize(body)
	if width == 0 || height == 0 {
		return bad("size %dx%d", width, height)
	}
	w.width, w.height = width, height
	return nil
}
