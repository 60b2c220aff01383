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
	for _, sampling := range []string{"420", "411"} {
		for i, coding := range codings {
			f.Add(readCoded(f, sampling, coding), byte(i))
		}
	}
	odd := recipe{width: 20, height: 20, sampling: [][2]int{{2, 2}, {1, 4}, {4, 1}}, quantizer: 9}
	f.Add(odd.write(odd.code()), byte(0))
	four := recipe{width: 20, height: 20, sampling: [][2]int{{1, 1}, {1, 1}, {1, 1}, {2, 2}}, quantizer: 9}
	f.Add(four.write(four.code()), byte(0))
	var d Decoder
	f.Fuzz(func(t *testing.T, data []byte, shift byte) {
		if len(data) > 1<<16 {
			t.Skip()
		}
		scale := 1 << (shift & 3)
		h, err := d.Header(data)
		if err == nil && h.Memory[shift&3] > 1<<20 {
			t.Skip() // arithmetic coding and passes can say much in few bytes, which keeps the fuzzer busy
		}
		img, err := decode(&d, data, scale)
		if n := int64(cap(img.memory) + cap(img.expanded)); err == nil && n > h.Memory[shift&3] {
			t.Fatalf("%d bytes of planes, announced %d", n, h.Memory[shift&3])
		}
		if err != nil {
			if !errors.Is(err, ErrMalformed) && !errors.Is(err, ErrUnsupported) {
				t.Fatalf("error %v", err)
			}
			return
		}
		if w, h, err := Whole(data); err == nil && scale == 1 && (w != img.Width || h != img.Height) {
			t.Fatalf("%dx%d pixels, and %dx%d by the header", img.Width, img.Height, w, h)
		}
		if d.frame.progressive() {
			if scale == 1 && d.passes.within(&d.frame, 2000) && d.frame.direct() && d.tables.interval == 0 {
				compareStandard(t, img, data)
			}
			return
		}
		if !d.frame.direct() || d.frame.arithmetic() {
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

// within is that of coded, for a progressive picture.
func (s *passes) within(f *frame, limit int64) bool {
	for i := range f.n {
		c := &f.comps[i]
		for b := range c.coefs.nonzero {
			sum := int64(0)
			for k, v := range c.coefs.values[b*s.kept:][:s.kept] {
				sum += int64(max(v, -v)) * int64(c.dequant[k].scale) >> (fracBits + scaleBits)
			}
			if sum > limit {
				return false
			}
		}
	}
	return true
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
