package jpeg

import "bytes"

// parser walks over the segments of a picture.
type parser struct {
	data []byte
	pos  int    // of what is not read yet
	body []byte // of the segment at hand, without marker and length
}

// next moves to the next marker, over fill bytes and over stray bytes such as those that end an entropy-coded segment.
func (p *parser) next() (marker byte, err error) {
	for p.pos < len(p.data) {
		i := bytes.IndexByte(p.data[p.pos:], 0xFF)
		if i < 0 {
			break
		}
		marker, next := markerAt(p.data, p.pos+i)
		if next == 0 {
			break
		}
		p.pos = next
		if marker != 0 {
			return marker, p.enter(marker)
		}
	}
	return 0, malformed("cut short: no more segments after byte %d", len(p.data))
}

// enter takes the body of a marker's segment.
func (p *parser) enter(marker byte) error {
	p.body = nil
	if standsAlone(marker) {
		return nil
	}
	n, ok := segmentLength(p.data, p.pos)
	if !ok {
		return malformed("cut short in segment %#x", marker)
	}
	if left := len(p.data) - p.pos; n < 2 || n > left {
		return malformed("segment %#x of %d bytes where %d are left", marker, n, left)
	}
	p.body = p.data[p.pos+2 : p.pos+n]
	p.pos += n
	return nil
}

// The segments that readUntil stops after.
const (
	seesFrame = iota
	seesScan
)

// errEnd is malformed: the picture ends where a scan is expected, with its end marker, or with the next picture.
var errEnd = malformed("ends before all of its scans")

// readUntil reads segments up to and including a frame header (seesFrame) or a scan header (seesScan), whose body is
// then p.body.
func (d *Decoder) readUntil(p *parser, stop int) error {
	if p.pos == 0 {
		from := start(p.data)
		if from < 0 {
			return malformed("no start marker")
		}
		p.pos = from + 2
	}
	for {
		marker, err := p.next()
		if err != nil {
			return err
		}
		switch marker {
		case mSOI:
			if stop == seesScan {
				return malformed("a second picture begins before the first has ended")
			}
			d.reset() // of the one before there is nothing but its beginning
			continue
		case mEOI:
			return errEnd
		case mSOS:
			if stop == seesFrame {
				return malformed("scan before the frame header")
			}
			return nil
		}
		if err := d.segment(marker, p.body); err != nil {
			return err
		}
		if stop == seesFrame && d.frame.sof != 0 {
			return nil
		}
	}
}

// segment takes note of what one segment says.
func (d *Decoder) segment(marker byte, body []byte) error {
	switch marker {
	case mDQT:
		return d.tables.parseDQT(body)
	case mDHT:
		return d.tables.parseDHT(body)
	case mDRI:
		return d.tables.parseDRI(body)
	case mAPP0:
		d.frame.jfif = d.frame.jfif || bytes.HasPrefix(body, []byte("JFIF\x00"))
	case mAPP1:
		if o := orientation(body); o != 0 {
			d.frame.orientation = o
		}
	case mAPP14:
		if len(body) >= 12 && bytes.HasPrefix(body, []byte("Adobe")) {
			d.frame.adobe, d.frame.transform = true, body[11]
		}
	case mDAC:
		return d.tables.parseDAC(body)
	case mDNL: // the height is known
	case mJPG:
		return unsupported("segment %#x: %s", marker, saveAgain)
	default:
		if isFrameHeader(marker) {
			return d.frame.parse(marker, body)
		}
	}
	return nil
}
