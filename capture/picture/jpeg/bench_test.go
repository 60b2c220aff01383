package jpeg

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	stdjpeg "image/jpeg"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/inceptiond/inceptiond/internal/testing/shared"
)

// scene draws a picture with smooth areas, edges and noise, as a camera would see: nothing of it compresses too well.
func scene(w, h int) image.Image {
	rng := rand.New(rand.NewPCG(1, uint64(w)))
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			fx, fy := float64(x)/float64(w), float64(y)/float64(h)
			v := 128 + 90*math.Sin(9*fx*fx+4*fy)*math.Cos(7*fy)
			if (x/97+y/61)%3 == 0 {
				v = 255 - v
			}
			v += 5 * rng.NormFloat64()
			m.SetRGBA(x, y, color.RGBA{clamp(int64(v)), clamp(int64(v * (1 - fx/2))), clamp(int64(v*fy + 40)), 255})
		}
	}
	return m
}

// encode is the picture as image/jpeg writes it: 4:2:0, with the typical Huffman tables.
func encode(tb testing.TB, m image.Image, quality int) []byte {
	var buf bytes.Buffer
	if err := stdjpeg.Encode(&buf, m, &stdjpeg.Options{Quality: quality}); err != nil {
		tb.Fatal(err)
	}
	return buf.Bytes()
}

func BenchmarkDecode(b *testing.B) {
	type picture struct {
		name string
		data []byte
	}
	data, err := os.ReadFile(filepath.Join(shared.Dir(b), "pictures", "cat_720p.jpg"))
	if err != nil {
		b.Fatal(err)
	}
	pictures := []picture{{"1080p", encode(b, scene(1920, 1080), 75)}, {"720p", data}}
	for _, p := range pictures {
		b.Logf("%s: %d bytes", p.name, len(p.data))
		b.Run(p.name+"/std", func(b *testing.B) {
			for b.Loop() {
				if _, err := stdjpeg.Decode(bytes.NewReader(p.data)); err != nil {
					b.Fatal(err)
				}
			}
		})
		for _, scale := range []int{1, 2, 4, 8} {
			b.Run(fmt.Sprintf("%s/scale%d", p.name, scale), func(b *testing.B) {
				var d Decoder
				var img Image
				for b.Loop() {
					if err := d.Decode(&img, p.data, scale); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
