package truth

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
	"testing"
)

// twoBits is a grey PNG of 4 x 1 pixels of 2 bits each.
var twoBits = string(greyPNG(4, 1, 2, []byte{0, 0b00_01_10_11}))

// huge is the head of a PNG of more pixels than are taken.
func huge(t *testing.T) string {
	t.Helper()
	return string(greyPNG(1<<20, 1<<20, 8, nil))
}

// greyPNG is a PNG whose rows, each with its filter before it, are given.
func greyPNG(width, height uint32, depth byte, rows []byte) []byte {
	out := bytes.NewBufferString("\x89PNG\r\n\x1a\n")
	chunk := func(name string, data []byte) {
		binary.Write(out, binary.BigEndian, uint32(len(data))) // to memory: it cannot go wrong
		both := append([]byte(name), data...)
		out.Write(both)
		binary.Write(out, binary.BigEndian, crc32.ChecksumIEEE(both))
	}
	head := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, width), height)
	chunk("IHDR", append(head, depth, 0, 0, 0, 0))
	var packed bytes.Buffer
	z := zlib.NewWriter(&packed)
	z.Write(rows)
	z.Close()
	chunk("IDAT", packed.Bytes())
	chunk("IEND", nil)
	return out.Bytes()
}
