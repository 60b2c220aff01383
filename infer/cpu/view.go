package cpu

import "github.com/inceptiond/inceptiond/infer/cpu/kernel"

// view is where an operator writes an 8-bit tensor: pixel p's channels go to data[p*pitch:], after table has translated
// them, if there is one.
type view struct {
	data  []uint8
	pitch int
	table *[256]uint8
	set   *kernel.Set
}

// from is the view without its first channels.
func (v view) from(channel int) view {
	v.data = v.data[channel:]
	return v
}

// translate applies the table to n channels of count pixels, from pixel first on.
func (v view) translate(first, count, n int) {
	if v.table == nil {
		return
	}
	if v.set.MapRows != nil {
		v.set.MapRows(v.data[first*v.pitch:], v.pitch, count, n, v.table)
		return
	}
	for p := first; p < first+count; p++ {
		row := v.data[p*v.pitch:][:n]
		v.set.Map(row, row, v.table)
	}
}

// then is the table that translates by a and then by b; nil changes nothing.
func then(a, b *[256]uint8) *[256]uint8 {
	if a == nil {
		return b
	}
	if b == nil {
		return a
	}
	t := new([256]uint8)
	for i, x := range a {
		t[i] = b[x]
	}
	return t
}

// view32 is where an operator writes a float32 tensor: pixel p's channels go to data[p*pitch:].
type view32 struct {
	data  []float32
	pitch int
}

// from is the view without its first channels.
func (v view32) from(channel int) view32 { return view32{v.data[channel:], v.pitch} }
