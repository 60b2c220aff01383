package kernel

import "math"

// addLine is an [Adder] as a line over both inputs, in 32 bits. With a and b the bytes,
//
//	y = (a*high[0]+b*high[1])<<8 + (a*low[0]+b*low[1])>>7 + add
//	result = max(lo, min(y>>shift, hi))
//
// This is not how an Adder rounds, but the only bytes there are make the same of it: newAddLine has tried them all. The fields
// are read by assembly: their order is part of it.
type addLine struct {
	high, low  [2]int16
	add, shift int32
	lo, hi     uint8
}

// newAddLine finds a line. For a few inputs in a hundred there is none.
func newAddLine(d *Adder) (l addLine, ok bool) {
	out := d.Out.Mult[0].real()
	a, b := math.Ldexp(d.inputs[0].Mult.real()*out, AddFraction), math.Ldexp(d.inputs[1].Mult.real()*out, AddFraction)
	l.lo, l.hi = uint8(d.Out.Lo), uint8(d.Out.Hi)
	// 255 times both factors, in 31 bits.
	for l.shift = 22; l.shift > 0 && math.Abs(a)+math.Abs(b) >= math.Ldexp(1, 22-int(l.shift)); l.shift-- {
	}
	for i, x := range []float64{a, b} {
		k := int64(math.Round(math.Ldexp(x, int(l.shift)+7)))
		l.high[i], l.low[i] = int16(k>>15), int16(k&(1<<15-1))
	}
	least, most := int64(math.MinInt32), int64(math.MaxInt32) // of add
	low, high := int64(math.MaxInt32), int64(math.MinInt32)   // of y without it
	var row [256]uint8
	for x := range 256 {
		d.addRow(&row, uint8(x))
		for z, r := range row {
			y := l.at(uint8(x), uint8(z))
			low, high = min(low, y), max(high, y)
			if r > l.lo {
				least = max(least, int64(r)<<l.shift-y)
			}
			if r < l.hi {
				most = min(most, (int64(r)+1)<<l.shift-1-y)
			}
		}
	}
	add := (least + most) >> 1
	l.add = int32(add)
	return l, least <= most && low+add >= math.MinInt32 && high+add <= math.MaxInt32
}

// addRow is the sums of a byte and each that there is.
func (d *Adder) addRow(row *[256]uint8, a uint8) {
	for b := range row {
		row[b] = uint8(b)
	}
	d.Add(row[:], []uint8{a}, row[:], 0, 1)
}

// at is y without add.
func (l *addLine) at(a, b uint8) int64 {
	x, z := int64(a), int64(b)
	return (x*int64(l.high[0])+z*int64(l.high[1]))<<8 + (x*int64(l.low[0])+z*int64(l.low[1]))>>7
}

// real is the number that m is.
func (m Multiplier) real() float64 { return math.Ldexp(float64(m.M), int(m.Left)-int(m.Right)-31) }
