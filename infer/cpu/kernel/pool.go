package kernel

import "cmp"

// Max makes dst the greater of dst and src, element by element; that of src where one is NaN.
func Max[T cmp.Ordered](dst, src []T) {
	dst = dst[:len(src)]
	for i, x := range src {
		if y := dst[i]; y > x {
			x = y
		}
		dst[i] = x
	}
}

// Window is the part of a pool's window that lies in the image: Rows × Cols pixels, Pitch and Step bytes apart.
type Window struct{ Rows, Cols, Pitch, Step int }

// last is the index of the last byte of a window of n channels.
func (w Window) last(n int) int { return (w.Rows-1)*w.Pitch + (w.Cols-1)*w.Step + n - 1 }

// Row is Count output pixels, To bytes apart, whose windows are From bytes apart.
type Row struct{ Count, To, From int }

// MaxRow makes each of n channels of a row of pixels the greatest of its window, and of lo. The first window begins at
// src.
func MaxRow(dst, src []uint8, n int, r Row, w Window, lo uint8) {
	for i := range r.Count {
		out := dst[i*r.To:][:n]
		Fill(out, lo)
		MaxWindow(out, src[i*r.From:], w)
	}
}

// MaxWindow makes each channel of dst the greatest of itself and of the window that begins at src.
func MaxWindow(dst, src []uint8, w Window) {
	for y := range w.Rows {
		for x := range w.Cols {
			at := y*w.Pitch + x*w.Step
			Max(dst, src[at:at+len(dst)])
		}
	}
}

// SumWindow makes acc the sum of each channel of the window that begins at src.
func SumWindow(acc []int32, src []uint8, w Window) {
	Fill(acc, 0)
	for y := range w.Rows {
		for x := range w.Cols {
			at := y*w.Pitch + x*w.Step
			Sum(acc, src[at:at+len(acc)])
		}
	}
}

// Sum adds src to acc.
func Sum(acc []int32, src []uint8) {
	acc = acc[:len(src)]
	for i, x := range src {
		acc[i] += int32(x)
	}
}

// Sum32 adds src to acc.
func Sum32(acc, src []float32) {
	acc = acc[:len(src)]
	for i, x := range src {
		acc[i] += x
	}
}

// Average is dst[i] = (acc[i] - bias*count) / count + bias, rounded half away from zero before bias is added. bias is
// what the stored bytes are above the model's: 128 for int8, 0 for uint8. Only the rounding of a half can tell.
func Average(dst []uint8, acc []int32, count, bias, lo, hi int32) {
	dst = dst[:len(acc)]
	for i, s := range acc {
		s -= bias * count
		if s > 0 {
			s += count / 2
		} else {
			s -= count / 2
		}
		dst[i] = Clamp(s/count+bias, lo, hi)
	}
}

// Average32 is dst[i] = Clamp32(acc[i] / count, lo, hi).
func Average32(dst, acc []float32, count, lo, hi float32) {
	dst = dst[:len(acc)]
	for i, s := range acc {
		dst[i] = Clamp32(s/count, lo, hi)
	}
}
