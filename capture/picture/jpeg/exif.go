package jpeg

import (
	"bytes"
	"encoding/binary"
)

// orientation finds the orientation, 1 to 8, in the body of an APP1 segment, and returns 0 if it has none. What is
// damaged there is ignored: a picture is worth showing even so. The layout is that of TIFF 6.0, section 2; the tag is
// 0x0112 of its section 8.
func orientation(body []byte) int {
	tiff, ok := bytes.CutPrefix(body, []byte("Exif\x00\x00"))
	if !ok || len(tiff) < 8 {
		return 0
	}
	var order binary.ByteOrder
	switch string(tiff[:4]) {
	case "II*\x00":
		order = binary.LittleEndian
	case "MM\x00*":
		order = binary.BigEndian
	default:
		return 0
	}
	at := order.Uint32(tiff[4:])
	if uint64(at)+2 > uint64(len(tiff)) {
		return 0
	}
	directory := tiff[at:]
	entries := int(order.Uint16(directory))
	directory = directory[2:]
	for ; entries > 0 && len(directory) >= 12; entries-- {
		const tag, short = 0x0112, 3
		if order.Uint16(directory) == tag && order.Uint16(directory[2:]) == short && order.Uint32(directory[4:]) == 1 {
			if o := int(order.Uint16(directory[8:])); 1 <= o && o <= 8 {
				return o
			}
			return 0
		}
		directory = directory[12:]
	}
	return 0
}
