package main

import (
	"bytes"
	"encoding/binary"
)

// cs marks a class-specific interface descriptor.
const cs = 0x24

func le16(v int) []byte    { return binary.LittleEndian.AppendUint16(nil, uint16(v)) }
func le32(v uint32) []byte { return binary.LittleEndian.AppendUint32(nil, v) }

func cat(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

// desc puts the length in front of a descriptor.
func desc(parts ...[]byte) []byte {
	b := cat(parts...)
	return append([]byte{byte(len(b) + 1)}, b...)
}

// deviceDescriptor is that of the USB specification, 9.6.1: a device of miscellaneous class, with interface associations.
func (k *kind) deviceDescriptor() []byte {
	return desc([]byte{1, 0x00, 0x02, 0xef, 2, 1, 64}, le16(int(k.vendor)), le16(int(k.product)),
		[]byte{0x00, 0x01, 1, 2, 3, 1})
}

// configDescriptor tells of one configuration with a video control and a video streaming interface (USB Device Class
// Definition for Video Devices 1.1, 3.7 to 3.9).
func (k *kind) configDescriptor() []byte {
	units := cat(
		desc([]byte{cs, 2, 1}, le16(0x0201), []byte{0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0}), // camera terminal 1
		desc([]byte{cs, 5, 2, 1}, le16(0), []byte{2, 0x01, 0x00, 0}),                     // processing unit 2: brightness
		desc([]byte{cs, 3, 3}, le16(0x0101), []byte{0, 2, 0}),                            // output terminal 3
	)
	vc := desc([]byte{cs, 1}, le16(0x0100), le16(13+len(units)), le32(48000000), []byte{1, 1})
	var fm []byte
	for i := range k.formats {
		fm = cat(fm, k.formatDescriptors(i))
	}
	n := len(k.formats)
	head := desc([]byte{cs, 1, byte(n)}, le16(13+n+len(fm)), []byte{0x81, 0, 3, 0, 0, 0, 1}, make([]byte, n))
	body := cat(
		desc([]byte{0x0b, 0, 2, 14, 3, 0, 2}), // interface association
		desc([]byte{4, 0, 0, 0, 14, 1, 0, 2}), vc, units,
		desc([]byte{4, 1, 0, 1, 14, 2, 0, 0}), head, fm,
		desc([]byte{5, 0x81, 2}, le16(512), []byte{0}), // bulk in
	)
	return cat([]byte{9, 2}, le16(9+len(body)), []byte{2, 1, 0, 0x80, 250}, body)
}

// stringDescriptor is number i: 0 the languages, then maker, product and serial number.
func (k *kind) stringDescriptor(i int) []byte {
	if i == 0 {
		return []byte{4, 3, 0x09, 0x04}
	}
	var b []byte
	for _, r := range []string{"uvcam", k.name, k.serial}[i-1] {
		b = append(b, le16(int(r))...)
	}
	return desc([]byte{3}, b)
}

// formatDescriptors tells of format i and its frame sizes.
func (k *kind) formatDescriptors(i int) (b []byte) {
	n := byte(i + 1)
	subtype := byte(7)
	if k.formats[i] == "mjpg" {
		b = cat(b, desc([]byte{cs, 6, n, byte(len(k.sizes)), 1, 1, 0, 0, 0, 0}))
	} else {
		subtype = 5
		b = cat(b, desc([]byte{cs, 4, n, byte(len(k.sizes))},
			[]byte("YUY2\x00\x00\x10\x00\x80\x00\x00\xaa\x00\x38\x9b\x71"), []byte{16, 1, 0, 0, 0, 0}))
	}
	for j, s := range k.sizes {
		raw := uint32(s.w * s.h * 2)
		d := cat([]byte{cs, subtype, byte(j + 1), 0}, le16(s.w), le16(s.h), le32(raw*8*5), le32(raw*8*30),
			le32(raw), le32(k.intervals[0]), []byte{byte(len(k.intervals))})
		for _, v := range k.intervals {
			d = append(d, le32(v)...)
		}
		b = cat(b, desc(d))
	}
	b = cat(b, desc([]byte{cs, 13, 1, 1, 4}))
	return b
}
