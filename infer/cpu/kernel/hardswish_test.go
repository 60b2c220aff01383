package kernel

import (
	"math"
	"testing"
)

// TestHardSwish compares with the real function, in steps of 1/32 to steps of 1/32.
func TestHardSwish(t *testing.T) {
	// 1/32/128 of 1/32 is 1/2 * 2^-6, and of 3/32768 2/3 * 2^2.
	h := HardSwish{OutMult: 1 << 14, ReLUMult: 21845, OutRight: 6, ReLULeft: 2}
	for v := int32(-255); v <= 255; v++ {
		x := float64(v) / 32
		want := x * min(6, max(0, x+3)) / 6 * 32
		if got := h.Steps(v); math.Abs(float64(got)-want) > 0.6 {
			t.Errorf("%d becomes %d (want %.2f)", v, got, want)
		}
	}
}

// TestDivider compares with real quotients, of numbers that are not tiny.
func TestDivider(t *testing.T) {
	d := Divider{Out: Output{Mult: []Multiplier{{M: 1 << 30, Left: 5}}, Zero: 128, Hi: 255}} // times 16
	for x := int32(-255); x <= 255; x++ {
		for y := int32(-255); y <= 255; y++ {
			if y == 0 || x > -16 && x < 16 {
				continue
			}
			want := min(max(float64(x)/float64(y)*16+128, 0), 255)
			if got := d.Quotient(x, y); math.Abs(float64(got)-want) > 0.51 {
				t.Fatalf("%d/%d is %d (want %.2f)", x, y, got, want)
			}
		}
	}
}
