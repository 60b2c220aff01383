package learn

import (
	"crypto/sha256"
	"encoding/hex"
	"math"
	"testing"
)

// painted is a picture of one colour, or with a different one in each pixel.
func painted(width, height int, at func(x, y int) [3]byte) *rgb {
	p := &rgb{width: width, height: height}
	for i := range width * height {
		c := at(i%width, i/width)
		p.pix = append(p.pix, c[:]...)
	}
	return p
}

func mean(p *rgb) (sum [3]float64) {
	for i, v := range p.pix {
		sum[i%3] += float64(v) / float64(p.width*p.height)
	}
	return sum
}

// TestVariantsAreTheSameEverywhere holds their bytes, which no processor may change. .ci runs it on arm64 and arm too.
func TestVariantsAreTheSameEverywhere(t *testing.T) {
	source := painted(70, 50, func(x, y int) [3]byte { return [3]byte{byte(3 * x), byte(5 * y), byte(x * y)} })
	to := painted(56, 40, func(int, int) [3]byte { return [3]byte{} })
	hash := sha256.New()
	seeds := random(1)
	for i := range 50 {
		newVariant(random(seeds.next()), source, to.width, to.height, i%2 == 0).write(to, source)
		hash.Write(to.pix)
	}
	const want = "eeaeca5eb2158977adc613fa2e3b81444b6f81652b9798f1016b0cf9d63c0808"
	if got := hex.EncodeToString(hash.Sum(nil)); got != want {
		t.Errorf("other variants: %s", got)
	}
}

// TestVariantsVary within what is said of them.
func TestVariantsVary(t *testing.T) {
	source := painted(100, 100, func(int, int) [3]byte { return [3]byte{140, 120, 100} })
	to := painted(80, 80, func(int, int) [3]byte { return [3]byte{} })
	grey, dark, bright := 0, 0, 0
	seeds := random(7)
	const n = 400
	for range n {
		newVariant(random(seeds.next()), source, to.width, to.height, false).write(to, source)
		m := mean(to)
		if math.Abs(m[0]-m[1]) < 1 && math.Abs(m[1]-m[2]) < 1 {
			grey++
		}
		switch light := (m[0] + m[1] + m[2]) / 3; {
		case light < 80:
			dark++
		case light > 160:
			bright++
		}
	}
	if grey < n/8 || grey > n/2 || dark < n/20 || bright < n/20 || dark+bright > n*3/4 {
		t.Errorf("of %d variants %d are grey, %d dark, %d bright", n, grey, dark, bright)
	}
}

// TestGeometry: a variant shows a part of its source, turned a little, and its middle is not far off.
func TestGeometry(t *testing.T) {
	source := painted(250, 200, func(x, y int) [3]byte { return [3]byte{} })
	seeds := random(3)
	mirrored := 0
	for i := range 1000 {
		r := random(seeds.next())
		v := newVariant(r, source, 200, 160, true)
		g := v.geometry
		at := func(x, y int64) (float64, float64) {
			return float64(g.x0+x*g.xx+y*g.xy) / (1 << 16), float64(g.y0+x*g.yx+y*g.yy) / (1 << 16)
		}
		x0, y0 := at(0, 80)
		x1, y1 := at(200, 80)
		if x1 < x0 {
			mirrored++
			x0, y0, x1, y1 = x1, y1, x0, y0
		}
		width, turn := math.Hypot(x1-x0, y1-y0), math.Atan2(y1-y0, x1-x0)*180/math.Pi
		if width < 0.75*0.96*250-1 || width > 1.04*250+1 || math.Abs(turn) > 10.01 {
			t.Errorf("variant %d: %v pixels wide, turned by %v", i, width, turn)
		}
		if x, y := at(100, 80); x < 250*0.36 || x > 250*0.64 || y < 200*0.36 || y > 200*0.64 {
			t.Errorf("variant %d: its middle is %v, %v", i, x, y)
		}
	}
	if mirrored < 400 || mirrored > 600 {
		t.Errorf("%d of 1000 are mirrored", mirrored)
	}
}

// TestPlainVariant: one that changes nothing is its source.
func TestPlainVariant(t *testing.T) {
	source := painted(9, 7, func(x, y int) [3]byte { return [3]byte{byte(20 * x), byte(30 * y), 77} })
	to := painted(9, 7, func(int, int) [3]byte { return [3]byte{} })
	v := &variant{colour: 256, geometry: geometry{x0: 1 << 15, xx: 1 << 16, y0: 1 << 15, yy: 1 << 16}}
	for c := range v.levels {
		for n := range v.levels[c] {
			v.levels[c][n] = int32(n) << 8
		}
	}
	v.write(to, source)
	for i, want := range source.pix {
		if to.pix[i] != want {
			t.Fatalf("byte %d is %d, want %d", i, to.pix[i], want)
		}
	}
	v.noise = 6 << 8
	sum, square := 0.0, 0.0
	const n = 500
	for range n {
		v.write(to, source)
		d := float64(to.pix[3*(3*9+4)+2]) - 77
		sum, square = sum+d, square+d*d
	}
	if deviation := math.Sqrt(square / n); math.Abs(sum/n) > 1 || math.Abs(deviation-6) > 0.6 {
		t.Errorf("noise has the mean %v and the deviation %v", sum/n, deviation)
	}
}

func TestMirrored(t *testing.T) {
	for i, want := range map[int]int{-100: 0, -2: 1, -1: 0, 0: 0, 3: 3, 4: 3, 5: 2, 100: 0} {
		if got := mirrored(i, 4); got != want {
			t.Errorf("%d: %d, want %d", i, got, want)
		}
	}
	if got := mirrored(-3, 1); got != 0 {
		t.Errorf("of one pixel: %d", got)
	}
}
