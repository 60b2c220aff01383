package kernel

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestPowf compares with what the GNU C library 2.36 answers on x86-64, where that is not the nearest float32.
func TestPowf(t *testing.T) {
	for _, c := range []struct{ x, y, want float32 }{
		{0x1.0d535ep+12, -0.75, 0x1.ece16ap-10},
		{0x1.92947p+06, -0.75, 0x1.01cec8p-05},
		{0x1.ee6ed4p+03, -0.75, 0x1.06cab8p-03},
		{0x1.44988ap+00, -0.75, 0x1.ac7df4p-01},
		{0x1.f97edap+10, -0.75, 0x1.b2aff4p-09},
		{0x1.f3f21cp+67, -0.75, 0x1.049d94p-51},
		{0x1.01ff7cp-17, -0.75, 0x1.ac0932p+12},
		{0x1.ceb0b4p+06, -0.75, 0x1.d08322p-06},
		{0x1.365912p+02, -0.75, 0x1.395d0ap-02},
		{0x1.4f45a4p-125, -0.75, 0x1.5fad6ap+93},
		{0x1.9ac14p+35, -0.75, 0x1.2dffbap-27},
		{0x1.9b02d8p-66, -0.75, 0x1.fba982p+48},
	} {
		if got := powf(c.x, c.y); got != c.want {
			t.Errorf("powf(%x, %v) = %x (want %x)", c.x, c.y, got, c.want)
		}
		if float32(math.Pow(float64(c.x), float64(c.y))) == c.want {
			t.Errorf("powf(%x, %v) is the nearest number anyway", c.x, c.y)
		}
	}
}

// TestPowfNear wants powf to be the nearest float32 or one beside it, for all kinds of numbers.
func TestPowfNear(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 1))
	for range 200000 {
		x, y := math.Float32frombits(r.Uint32()), r.Float32()*4-2
		got, want := powf(x, y), float32(math.Pow(float64(x), float64(y)))
		if got == want || got != got && want != want || math.Nextafter32(got, want) == want {
			continue
		}
		t.Fatalf("powf(%x, %x) = %x (want %x)", x, y, got, want)
	}
}
