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
		img, err := d.Decode(data, scale)
		// A block of two bits at least: 256 samples a byte; padding to whole MCUs is a few blocks a row.
		if cap(d.planes) > 1<<20+1024*(1<<16) {
			t.Fatalf("%d bytes of planes for %d of data", cap(d.planes), len(data))
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
		if !p.sane() {
			return
		}
		if err := compare(img, p, scale); err != nil {
			t.Fatal(err)
		}
		if scale == 1 {
			compareStandard(t, img, data)
		}
	})
}

// compareStandard holds the planes to image/jpeg's, save for samples that are black or white here: of levels far out of
// range, which only a damaged picture has, image/jpeg keeps the low bits. slowDecode has checked those.
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
		if worst := worstDifference(img.Planes[i], unsaturated(p, img.Planes[i])); worst > 2 {
			t.Fatalf("component %d differs from image/jpeg by %d", i, worst)
		}
	}
}

// unsaturated is std with the samples of ours put in where those are 0 or 255.
func unsaturated(std, ours Plane) Plane {
	if std.Width != ours.Width || std.Height != ours.Height {
		return std
	}
	std.Pix = bytes.Clone(std.Pix)
	for y := range std.Height {
		for x := range std.Width {
			if v := ours.Pix[y*ours.Stride+x]; v == 0 || v == 255 {
				std.Pix[y*std.Stride+x] = v
			}
		}
	}
	return std
}
