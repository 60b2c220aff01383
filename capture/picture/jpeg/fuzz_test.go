package jpeg

import (
	"bytes"
	"errors"
	stdjpeg "image/jpeg"
	"testing"
)

// FuzzDecode gives the decoder any bytes. What it accepts, a plain bit-by-bit decoder must read as the same
// coefficients, and image/jpeg, where it accepts it too, as the same samples but for rounding.
func FuzzDecode(f *testing.F) {
	for _, r := range recipes {
		r.width, r.height = min(r.width, 40), min(r.height, 24)
		f.Add(r.write(r.code()), byte(0))
	}
	f.Add(encode(f, scene(40, 24), 50), byte(1))
	r := recipe{width: 20, height: 20, sampling: full, quantizer: 9, segments: exifSegment(littleEndian, 3)}
	f.Add(r.write(r.code()), byte(2))
	var d Decoder
	f.Fuzz(func(t *testing.T, data []byte, shift byte) {
		if len(data) > 1<<16 {
			t.Skip()
		}
		scale := 1 << (shift & 3)
		img, err := decode(&d, data, scale)
		// A block of two bits at least: 256 samples a byte; padding to whole MCUs is a few blocks a row.
		if cap(img.memory) > 1<<20+1024*(1<<16) {
			t.Fatalf("%d bytes of planes for %d of data", cap(img.memory), len(data))
		}
		if err != nil {
			if !errors.Is(err, ErrMalformed) && !errors.Is(err, ErrUnsupported) {
				t.Fatalf("error %v", err)
			}
			return
		}
		p, err := slowDecode(data)
		if err != nil {
			t.Fatalf("accepted, but %v", err)
		}
		// Levels far out of range, as in a damaged picture, cost a little precision; image/jpeg keeps their low bits only.
		picture, tolerance := p.within(2000), 1.0
		switch {
		case !p.within(16000):
			return
		case !picture:
			tolerance = 2
		}
		if err := compare(img, p, scale, tolerance); err != nil {
			t.Fatal(err)
		}
		if scale == 1 && picture {
			compareStandard(t, img, data)
		}
	})
}

func compareStandard(t *testing.T, img *Image, data []byte) {
	std, err := stdjpeg.Decode(bytes.NewReader(data))
	if err != nil {
		return
	}
	planes := standardPlanes(std)
	if len(planes) != img.Components {
		return
	}
	for i, p := range planes {
		if worst := worstDifference(img.Planes[i], p); worst > 2 {
			t.Fatalf("component %d differs from image/jpeg by %d", i, worst)
		}
	}
}
