package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/jpeg"
)

// pictures are what the camera sees. They belong to the goroutine that streams.
type pictures struct {
	files [][]byte // sent in turn as MJPG, if there are any
	nodht bool     // leave the Huffman tables out of drawn MJPG frames
	pad   int      // zero bytes after the end of each drawn MJPG frame
	cache map[string][][]byte
}

// next is frame n: colour bars with a white block that moves with n. A few
// are drawn and then sent over and over, so that slow machines keep the rate.
// Of files, only is the one that is sent, counted from 1; 0: all, in turn.
func (p *pictures) next(format string, s size, n, only int) []byte {
	if files := len(p.files); format == "mjpg" && files > 0 {
		if only > 0 {
			n = only - 1
		}
		return p.files[n%files]
	}
	key := fmt.Sprint(format, s)
	if p.cache[key] == nil {
		p.cache[key] = p.draw(format, s)
	}
	return p.cache[key][n%len(p.cache[key])]
}

// draw makes the frames of one format and size.
func (p *pictures) draw(format string, s size) [][]byte {
	img := bars(s)
	plain := bytes.Clone(img.Y[:s.w])
	const loop = 8
	frames := make([][]byte, loop)
	for n := range frames {
		row := bytes.Clone(plain)
		for x := n * s.w / loop; x < (n+1)*s.w/loop; x++ {
			row[x] = 235
		}
		for y := s.h * 3 / 4; y < s.h*7/8; y++ {
			copy(img.Y[y*img.YStride:], row)
		}
		if format == "yuyv" {
			frames[n] = yuyv(img)
		} else {
			frames[n] = p.mjpg(img)
		}
	}
	return frames
}

// bars are eight colour bars of 75 % (BT.601).
func bars(s size) *image.YCbCr {
	img := image.NewYCbCr(image.Rect(0, 0, s.w, s.h), image.YCbCrSubsampleRatio422)
	colours := [8][3]byte{{180, 128, 128}, {162, 44, 142}, {131, 156, 44}, {112, 72, 58}, {84, 184, 198}, {65, 100, 212}, {35, 212, 114}, {16, 128, 128}}
	for x := range s.w {
		p := colours[x*8/s.w]
		img.Y[x], img.Cb[x/2], img.Cr[x/2] = p[0], p[1], p[2]
	}
	for y := 1; y < s.h; y++ {
		copy(img.Y[y*img.YStride:], img.Y[:s.w])
		copy(img.Cb[y*img.CStride:], img.Cb[:s.w/2])
		copy(img.Cr[y*img.CStride:], img.Cr[:s.w/2])
	}
	return img
}

func yuyv(img *image.YCbCr) []byte {
	b := make([]byte, 2*len(img.Y))
	for i := 0; i < len(img.Y); i += 2 {
		b[2*i], b[2*i+1], b[2*i+2], b[2*i+3] = img.Y[i], img.Cb[i/2], img.Y[i+1], img.Cr[i/2]
	}
	return b
}

func (p *pictures) mjpg(img *image.YCbCr) []byte {
	var buf bytes.Buffer
	jpeg.Encode(&buf, img, &jpeg.Options{Quality: 80}) // to memory: it cannot go wrong
	b := buf.Bytes()
	if p.nodht {
		b = withoutDHT(b)
	}
	return append(b, make([]byte, p.pad)...)
}

// withoutDHT drops the Huffman table segments of a JPEG file.
func withoutDHT(b []byte) []byte {
	out := append([]byte(nil), b[:2]...)
	for i := 2; i+4 <= len(b); {
		n := 2 + int(binary.BigEndian.Uint16(b[i+2:]))
		if b[i+1] == 0xda { // start of scan: the rest is picture data
			return append(out, b[i:]...)
		}
		if b[i+1] != 0xc4 {
			out = append(out, b[i:i+n]...)
		}
		i += n
	}
	return out
}
