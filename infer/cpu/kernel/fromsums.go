package kernel

// RawSums is sums of Count pixels that become bytes by a block of up to 16 columns, which rounds as it was made to:
//
//	for p := range t.Count {
//		for c := range t.Width {
//			t.Dst[p*t.Stride+c] = Clamp(mult[c].HalfAway(t.Sums[p*t.Pitch/4+c])+zero, lo, hi)
//		}
//	}
//
// 16 sums are read, whatever Width is. The fields are read by assembly: their order is part of it.
type RawSums struct {
	Sums   *int32
	Pitch  int // bytes from one pixel to the next in Sums
	Count  int
	Block  *DepthBlock
	Dst    *uint8
	Stride int // bytes from one pixel to the next in Dst
	Width  int // 1 to 16
}
