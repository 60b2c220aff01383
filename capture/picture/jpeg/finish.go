package jpeg

// finish brings the planes of an unusual picture into a form that others know: chroma of full size, or RGB.
func (d *Decoder) finish(img *Image) {
	f := &d.frame
	if f.direct() {
		return
	}
	img.SubX, img.SubY = 1, 1
	n := img.Width * img.Height
	if cap(img.expanded) < 3*n {
		img.expanded = make([]byte, 3*n)
	}
	img.expanded = img.expanded[:3*n]
	if f.n == 3 && !f.isRGB() {
		for i := range img.Planes {
			pix := img.expanded[i*n : (i+1)*n]
			img.Planes[i] = Plane{Pix: pix, Stride: img.Width, Width: img.Width, Height: img.Height}
			var e expander
			for y := range img.Height {
				e.row(f, i, pix[y*img.Width:][:img.Width], y)
			}
		}
		return
	}
	img.RGB, img.Components = true, 3
	img.Planes = [3]Plane{{Pix: img.expanded, Stride: 3 * img.Width, Width: img.Width, Height: img.Height}}
	f.makeRGB(img)
}

// makeRGB makes the pixels of an RGB, CMYK or YCCK picture (Adobe technical note 5116: inks are stored inverted, and Y Cb
// Cr stands for the inks as they are).
func (f *frame) makeRGB(img *Image) {
	rows := make([]byte, f.n*img.Width)
	var e [4]expander
	for y := range img.Height {
		for i := range f.n {
			e[i].row(f, i, rows[i*img.Width:][:img.Width], y)
		}
		a, b, c := rows[:img.Width], rows[img.Width:2*img.Width], rows[2*img.Width:3*img.Width]
		out := img.expanded[3*y*img.Width:][:3*img.Width]
		for x := range a {
			r, g, b := int32(a[x]), int32(b[x]), int32(c[x])
			if f.n == 4 {
				k := int32(rows[3*img.Width+x])
				if f.adobe && f.transform != 0 {
					r, g, b = inks(r, g, b)
				}
				r, g, b = (r*k+127)/255, (g*k+127)/255, (b*k+127)/255
			}
			out[3*x], out[3*x+1], out[3*x+2] = byte(r), byte(g), byte(b)
		}
	}
}

// inks turns Y Cb Cr (JFIF 1.02) into the levels that CMY inks leave of white.
func inks(y, cb, cr int32) (r, g, b int32) {
	const one = 1 << 16
	cb, cr = cb-128, cr-128
	level := func(v int32) int32 { return 255 - int32(clamp(int64(y)+int64(v+one/2)>>16)) }
	return level(91881 * cr), level(-22554*cb - 46802*cr), level(116130 * cb)
}

// expander brings the rows of one component to the picture's size. Where that is half the size it interpolates, as
// libjpeg does; it repeats samples for other ratios.
type expander struct{ sums []int32 }

// row makes row y of component i in dst, which has the picture's width at the scale that was decoded at.
func (e *expander) row(f *frame, i int, dst []byte, y int) {
	c := &f.comps[i]
	acrossHalf, downHalf := 2*c.h == f.hMax, 2*c.v == f.vMax
	smooth := (acrossHalf || c.h == f.hMax) && (downHalf || c.v == f.vMax)
	near := min(y*c.v/f.vMax, c.height-1)
	far := near
	if smooth && downHalf {
		far = min(max(near-1+y%2*2, 0), c.height-1)
	}
	a, b := c.pix[near*c.stride:][:c.width], c.pix[far*c.stride:][:c.width]
	switch {
	case smooth && acrossHalf:
		e.across(dst, a, b)
	case smooth && c.h == f.hMax:
		for x := range dst {
			dst[x] = byte((3*int32(a[x]) + int32(b[x]) + 2) >> 2)
		}
	default:
		for x := range dst {
			dst[x] = a[min(x*c.h/f.hMax, c.width-1)]
		}
	}
}

// across doubles a row that is made of the rows near and far.
func (e *expander) across(dst, near, far []byte) {
	e.sums = e.sums[:0]
	for x := range near {
		e.sums = append(e.sums, 3*int32(near[x])+int32(far[x]))
	}
	last := len(e.sums) - 1
	for x := range dst {
		at := min(x/2, last)
		next := min(max(at-1+x%2*2, 0), last)
		dst[x] = byte((3*e.sums[at] + e.sums[next] + 8) >> 4)
	}
}
