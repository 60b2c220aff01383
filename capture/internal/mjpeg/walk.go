// Package mjpeg follows the markers of JPEG pictures: it reads a picture's size, finds out whether it is whole, and
// cuts a stream of pictures into single ones. It decodes nothing.
//
// A JPEG's end can only be found by walking its segments: the bytes FF D8 and FF D9 that enclose a picture are also
// found inside it, around an EXIF thumbnail.
package mjpeg

import (
	"bytes"
	"fmt"

	"github.com/inceptiond/inceptiond/capture"
)

// Marker codes, the byte after FF (ISO/IEC 10918-1, table B.1).
const (
	mTEM  = 0x01
	mSOF0 = 0xC0 // to mSOF15: start of frame, save for the three that follow
	mDHT  = 0xC4
	mJPG  = 0xC8
	mDAC  = 0xCC
	mSOFF = 0xCF
	mRST0 = 0xD0
	mRST7 = 0xD7
	mSOI  = 0xD8
	mEOI  = 0xD9
	mSOS  = 0xDA
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

// walker stands at a marker, or inside the coded data of a scan, of a picture that may still be growing.
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
		case c == 0 || mRST0 <= c && c <= mRST7:
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
	i := w.pos
	if i < len(p) && p[i] != 0xFF {
		return 0, 0, bad("byte %#02x at %d where a marker must be", p[i], i)
	}
	for i < len(p) && p[i] == 0xFF {
		i++
	}
	if i >= len(p) {
		return 0, 0, nil
	}
	if p[i] == mSOI || p[i] == 0 {
		return 0, 0, bad("marker %#02x at %d inside the picture", p[i], i)
	}
	return p[i], i + 1, nil
}

// segment reads the segment of marker that starts at i and returns where it ends; 0 if p ends first.
func (w *walker) segment(p []byte, marker byte, i int) (end int, err error) {
	if marker == mTEM || mRST0 <= marker && marker <= mRST7 {
		return i, nil // these have no segment
	}
	if i+2 > len(p) {
		return 0, nil
	}
	n := int(p[i])<<8 | int(p[i+1])
	if n < 2 {
		return 0, bad("segment %#02x of %d bytes", marker, n)
	}
	if marker == mSOS && w.width == 0 {
		return 0, bad("scan before the frame header")
	}
	if i+n > len(p) {
		return 0, nil
	}
	if mSOF0 <= marker && marker <= mSOFF && marker != mDHT && marker != mJPG && marker != mDAC {
		return i + n, w.frameHeader(p[i : i+n])
	}
	return i + n, nil
}

// frameHeader takes the size from SOFn: length, precision, height, width (section B.2.2).
func (w *walker) frameHeader(s []byte) error {
	if len(s) < 8 {
		return bad("frame header of %d bytes", len(s))
	}
	height, width := int(s[3])<<8|int(s[4]), int(s[5])<<8|int(s[6])
	if width == 0 || height == 0 {
		return bad("size %dx%d", width, height)
	}
	w.width, w.height = width, height
	return nil
}
