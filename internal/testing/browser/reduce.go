package browser

import (
	"bytes"
	"cmp"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"slices"
)

// Reduce makes a picture of a screen small enough for the documentation: a PNG of at most maxBytes, with as many colours as fit.
func Reduce(shot []byte, maxBytes int) ([]byte, error) {
	img, err := png.Decode(bytes.NewReader(shot))
	if err != nil {
		return nil, err
	}
	for n := 256; n >= 16; n = n * 3 / 4 {
		var b bytes.Buffer
		encoder := png.Encoder{CompressionLevel: png.BestCompression}
		if err := encoder.Encode(&b, paint(img, palette(img, n))); err != nil {
			return nil, err
		}
		if b.Len() <= maxBytes {
			return b.Bytes(), nil
		}
	}
	return nil, fmt.Errorf("%v has more than %d bytes with 16 colours", img.Bounds(), maxBytes)
}

// counted is a colour, of 5 bits a channel, and how many pixels have it.
type counted struct {
	channel [3]int // 0 to 31
	pixels  int
}

// cell is a colour's 5 bits a channel, in one number.
func cell(c color.Color) int {
	r, g, b, _ := c.RGBA()
	return int(r>>11<<10 | g>>11<<5 | b>>11)
}

// palette is n colours at most that stand for those of a picture: by median cut, of the box whose spread over its pixels is the
// widest.
func palette(img image.Image, n int) color.Palette {
	var pixels [1 << 15]int
	var sums [1 << 15][3]int
	b := img.Bounds()
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			c := img.At(x, y)
			at := cell(c)
			r, g, bl, _ := c.RGBA()
			pixels[at]++
			for i, v := range [3]uint32{r, g, bl} {
				sums[at][i] += int(v >> 8)
			}
		}
	}
	var all []counted
	for at, count := range pixels {
		if count > 0 {
			all = append(all, counted{[3]int{at >> 10, at >> 5 & 31, at & 31}, count})
		}
	}
	var p color.Palette
	for _, box := range cut(all, n) {
		p = append(p, mean(box, &sums))
	}
	return p
}

// cut divides colours into n boxes at most.
func cut(all []counted, n int) [][]counted {
	boxes := [][]counted{all}
	for len(boxes) < n {
		best, channel, widest := 0, 0, 0
		for i, box := range boxes {
			if c, spread := spread(box); spread > widest {
				best, channel, widest = i, c, spread
			}
		}
		if widest == 0 {
			break
		}
		box := boxes[best]
		slices.SortFunc(box, func(a, b counted) int { return cmp.Compare(a.channel[channel], b.channel[channel]) })
		half := middleOf(box)
		boxes[best] = box[:half]
		boxes = append(boxes, box[half:])
	}
	return boxes
}

// spread is the channel in which the colours of a box differ the most, and how much that counts.
func spread(box []counted) (channel, weight int) {
	pixels := 0
	low, high := box[0].channel, box[0].channel
	for _, c := range box {
		pixels += c.pixels
		for i, v := range c.channel {
			low[i], high[i] = min(low[i], v), max(high[i], v)
		}
	}
	for i := range low {
		if w := high[i] - low[i]; w > weight {
			channel, weight = i, w
		}
	}
	root := 1
	for root*root < pixels {
		root *= 2
	}
	return channel, weight * root
}

// middleOf is where half of the pixels of a box, which has two colours or more, are on each side.
func middleOf(box []counted) int {
	pixels := 0
	for _, c := range box {
		pixels += c.pixels
	}
	sum := 0
	for i, c := range box[:len(box)-1] {
		if sum += c.pixels; 2*sum >= pixels {
			return i + 1
		}
	}
	return len(box) - 1
}

// mean is the colour of a box.
func mean(box []counted, sums *[1 << 15][3]int) color.Color {
	var sum [3]int
	pixels := 0
	for _, c := range box {
		pixels += c.pixels
		for i, v := range sums[c.channel[0]<<10|c.channel[1]<<5|c.channel[2]] {
			sum[i] += v
		}
	}
	return color.RGBA{uint8(sum[0] / pixels), uint8(sum[1] / pixels), uint8(sum[2] / pixels), 255}
}

// paint draws a picture with the colours of a palette.
func paint(img image.Image, p color.Palette) *image.Paletted {
	nearest := make(map[int]uint8)
	b := img.Bounds()
	out := image.NewPaletted(b, p)
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			c := img.At(x, y)
			i, known := nearest[cell(c)]
			if !known {
				i = uint8(p.Index(c))
				nearest[cell(c)] = i
			}
			out.SetColorIndex(x, y, i)
		}
	}
	return out
}
