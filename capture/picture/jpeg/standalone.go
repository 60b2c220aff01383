package jpeg

// Standalone appends the picture in data, one that can be decoded, to dst as a file that every viewer shows: with the
// typical Huffman tables where a camera leaves them out, with an end marker, and without bytes that belong to nothing
// before the picture, between its segments and after it. A picture that needs none of that comes out as it is.
//
// The error wraps ErrUnsupported for pictures that many viewers do not show, or not in their colours: arithmetic coding,
// CMYK, MCUs that are too large, and what this package does not decode either. Any other means that the picture is damaged before its coded data,
// where damage is not looked for. With an error dst is returned as it was.
func Standalone(dst, data []byte) ([]byte, error) {
	for {
		from := start(data)
		if from < 0 {
			return dst, malformed("no start marker")
		}
		data = data[from:]
		f := file{out: append(dst, 0xFF, mSOI), walker: walker{pos: 2}}
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
