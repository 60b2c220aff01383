package jpeg

import (
	"encoding/binary"
	"testing"
)

const (
	littleEndian = "II"
	bigEndian    = "MM"
)

// exif is the body of an APP1 segment with one entry of another kind and the orientation.
func exif(order string, orientation uint16) []byte {
	type appender interface {
		AppendUint16([]byte, uint16) []byte
		AppendUint32([]byte, uint32) []byte
	}
	var o appender = binary.LittleEndian
	if order == bigEndian {
		o = binary.BigEndian
	}
	b := append([]byte("Exif\x00\x00"), order...)
	b = o.AppendUint16(b, 42)
	b = o.AppendUint32(b, 10)
	b = append(b, 0, 0) // a gap before the directory
	b = o.AppendUint16(b, 2)
	b = o.AppendUint16(o.AppendUint16(b, 0x0100), 4)
	b = o.AppendUint32(o.AppendUint32(b, 1), 640)
	b = o.AppendUint16(o.AppendUint16(b, 0x0112), 3)
	b = o.AppendUint16(o.AppendUint32(b, 1), orientation)
	return append(b, 0, 0, 0, 0, 0, 0)
}

func exifSegment(order string, orientation uint16) []byte {
	body := exif(order, orientation)
	return append([]byte{0xFF, mAPP1, 0, byte(len(body) + 2)}, body...)
}

func TestOrientation(t *testing.T) {
	for _, order := range []string{littleEndian, bigEndian} {
		for o := range uint16(12) {
			want := int(o)
			if o > 8 {
				want = 0
			}
			if got := orientation(exif(order, o)); got != want {
				t.Errorf("%s: %d for %d", order, got, o)
			}
		}
		// Cut anywhere, and with every byte damaged in turn: no orientation or a valid one, and no panic.
		body := exif(order, 6)
		for n := range body {
			if got := orientation(body[:n:n]); got != 0 && n < len(body)-6 {
				t.Errorf("%s: %d from %d bytes of %d", order, got, n, len(body))
			}
			for _, v := range []byte{0, 1, 0x7F, 0x80, 0xFF} {
				damaged := append([]byte(nil), body...)
				damaged[n] = v
				if got := orientation(damaged); got < 0 || got > 8 {
					t.Errorf("%s: %d with byte %d set to %#x", order, got, n, v)
				}
			}
		}
	}
}
