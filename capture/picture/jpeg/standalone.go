package jpeg

import "bytes"

// Standalone appends the picture in data, one that can be decoded, to dst as a file that every viewer shows: with the
// typical Huffman tables where a camera leaves them out, with an end marker, and without bytes that belong to nothing
// before the picture, between its segments and after it. A picture that needs none of that comes out as it is.
//
// The error wraps ErrUnsupported for pictures that many viewers do not show, or not in their colours: arithmetic coding,
// CMYK, MCUs that are too large, and what this package does not decode either. Any other means that the picture is damaged before its coded data,
// where damage is not looked for. With an error dst is returned as it was.
func Standalone(dst, data []byte) ([]byte, error) { return rewritten(dst, data, false) }

// Bare appends the picture in data, one that can be decoded, to dst with all that decoding it needs, and nothing else: no comments, no
// thumbnail, nothing of who took it, where and with what. It decodes to the same samples, with the same orientation. The error means
// that the picture is damaged before its coded data; then dst is returned as it was.
func Bare(dst, data []byte) ([]byte, error) { return rewritten(dst, data, true) }

// rewritten is Standalone, or Bare.
func rewritten(dst, data []byte, bare bool) ([]byte, error) {
	for {
		from := start(data)
		if from < 0 {
			return dst, malformed("no start marker")
		}
		data = data[from:]
		f := file{out: append(dst, 0xFF, mSOI), walker: walker{pos: 2}, bare: bare}
		err := f.copy(data)
		switch {
		case err == errNext && f.width == 0: // of the one before there is nothing but its beginning
			data = data[f.pos:]
			continue
		case err != nil:
			return dst, err
		}
		return append(f.out, 0xFF, mEOI), nil
	}
}

// file is a picture that is copied while its markers are walked.
type file struct {
	walker
	out    []byte
	tables bool // it has Huffman tables
	bare   bool // it shall have what decoding needs, and nothing else
}

// copy copies the segments and the coded data of p, up to the end marker or to whatever is no segment behind coded data.
func (f *file) copy(p []byte) error {
	for {
		if f.scan {
			from := f.pos
			more := f.skipScan(p)
			f.out = append(f.out, p[from:f.pos]...)
			if !more {
				return nil
			}
		}
		marker, next, err := f.marker(p)
		end := 0
		if next != 0 && err == nil && marker != mEOI {
			end, err = f.walker.segment(p, marker, next)
		}
		switch {
		case end == 0 && f.coded > 0:
			return nil
		case err != nil:
			return err
		case end == 0:
			return malformed("cut short before its coded data")
		}
		if err := f.segment(p, marker, next, end); err != nil {
			return err
		}
	}
}

// segment copies the segment of marker, which is p[i:end], and moves behind it.
func (f *file) segment(p []byte, marker byte, i, end int) error {
	f.pos = end
	if standsAlone(marker) {
		return nil
	}
	if f.bare {
		f.strip(marker, p[i:end])
		return nil
	}
	switch {
	case isFrameHeader(marker):
		if err := shownByAll(marker, p[i+2:end]); err != nil {
			return err
		}
	case marker == mDHT:
		f.tables = true
	case marker == mSOS:
		if !f.tables {
			f.out, f.tables = appendTypical(f.out), true
		}
		f.scan, f.coded = true, end
	}
	f.out = append(append(f.out, 0xFF, marker), p[i:end]...)
	return nil
}

// strip is segment for a file that shall be bare.
func (f *file) strip(marker byte, segment []byte) {
	body := segment[2:]
	switch {
	case marker == mSOS:
		f.scan, f.coded = true, f.pos
	case marker == mAPP0 && bytes.HasPrefix(body, []byte("JFIF\x00")):
		segment = []byte("\x00\x07JFIF\x00") // that it is one says what colours mean
	case marker == mAPP1:
		o := orientation(body)
		if o == 0 {
			return
		}
		segment = orientationSegment(o)
	case marker == mAPP14 && len(body) >= 12 && bytes.HasPrefix(body, []byte("Adobe")):
		segment = append([]byte("\x00\x0e"), body[:12]...)
	case mAPP0 <= marker && marker <= mAPP15, marker == mCOM:
		return
	}
	f.out = append(append(f.out, 0xFF, marker), segment...)
}

// orientationSegment is an APP1 segment that says an orientation, and nothing else; see orientation.
func orientationSegment(o int) []byte {
	return append([]byte("\x00\x22Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01"), 0, byte(o), 0, 0, 0, 0, 0, 0)
}

// shownByAll tells whether every viewer shows pictures with this frame header.
func shownByAll(marker byte, body []byte) error {
	var f frame
	if err := f.parse(marker, body); err != nil {
		return err
	}
	if err := f.supported(); err != nil {
		return err
	}
	const most = 10 // blocks in an MCU (B.2.3 of the standard)
	blocks := 0
	for _, c := range f.comps[:f.n] {
		blocks += c.h * c.v
	}
	if f.arithmetic() || f.n > 3 || blocks > most {
		return unsupported("not all viewers show it")
	}
	return nil
}

// appendTypical appends a DHT segment with the typical tables, as supplyHuffman has them.
func appendTypical(dst []byte) []byte {
	at := len(dst)
	dst = append(dst, 0xFF, mDHT, 0, 0)
	for _, t := range []struct {
		number byte // class and identifier
		spec   string
	}{{0x00, typicalLumaDC}, {0x10, typicalLumaAC}, {0x01, typicalChromaDC}, {0x11, typicalChromaAC}} {
		dst = append(append(dst, t.number), t.spec...)
	}
	n := len(dst) - at - 2
	dst[at+2], dst[at+3] = byte(n>>8), byte(n)
	return dst
}
