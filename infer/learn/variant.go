package learn

// What a variant may be: a picture as it may look on another day, at night, or from a camera that was moved.
const (
	drawnNumerator, drawnDenominator = 5, 4 // size that variants are cut from, by the size of the input

	leastSide   = 75 // of the crop, in percent of the picture's
	mostAspect  = 8  // how far width and height differ, percent
	mostTurn    = 10 // degrees, either way
	mostGamma   = 80 // the exponent is e to the power of up to so many percent, either way
	mostBright  = 25 // percent, either way
	mostContr   = 40
	mostColour  = 60
	mostGain    = 15 // of each channel
	mostNoise   = 6  // standard deviation, in levels
	oneGreyOf   = 4  // variants is without colour, as at night
	middleLevel = 128
)

// drawn is the size that variants are cut from.
func drawn(n int) int { return (n*drawnNumerator + drawnDenominator/2) / drawnDenominator }

// rgb is a picture, three bytes a pixel.
type rgb struct {
	pix           []byte
	width, height int
}

// variant is how one variant differs from its picture.
type variant struct {
	geometry geometry
	levels   [3][256]int32 // what becomes of the levels of each channel: 8.8 fixed point, within 0 to 255
	colour   int32         // 8.8 fixed point: 0 is grey, 256 as it was
	noise    int32         // standard deviation, 8.8 fixed point
	random   random        // for the noise
}

// geometry says which place of the source a pixel of a variant shows: x = x0 + column xx + row xy, and y likewise, all in
// 16.16 fixed point.
type geometry struct{ x0, xx, xy, y0, yx, yy int64 }

// newVariant draws a variant of width by height pixels of a source.
func newVariant(r random, source *rgb, width, height int, flip bool) *variant {
	v := &variant{}
	v.geometry.draw(&r, source, width, height)
	if flip && r.next()>>63 == 1 {
		v.geometry.mirror(width)
	}
	v.drawLevels(&r)
	v.colour = int32((one + r.share(mostColour)) >> (fixedBits - 8))
	if r.next()%oneGreyOf == 0 {
		v.colour = 0
	}
	v.noise = int32(r.between(0, mostNoise<<8))
	v.random = r
	return v
}

// draw draws a crop and how it is turned.
func (g *geometry) draw(r *random, source *rgb, width, height int) {
	side, aspect := r.between(leastSide*one/100, one), r.share(mostAspect)/2
	angle := r.between(-mostTurn*degree, mostTurn*degree)
	cropWidth := times(side, one+aspect) * int64(source.width) >> (fixedBits - 16) // 16.16 from here on
	cropHeight := times(side, one-aspect) * int64(source.height) >> (fixedBits - 16)
	middle := func(size int, crop int64) int64 {
		room := max(int64(size)<<16-crop, 0) / 2
		return int64(size)<<15 + r.between(-room, room)
	}
	middleX, middleY := middle(source.width, cropWidth), middle(source.height, cropHeight)
	c, s := cosine(angle), sine(angle)
	g.xx, g.yx = times(cropWidth, c)/int64(width), times(cropWidth, s)/int64(width)
	g.xy, g.yy = -times(cropHeight, s)/int64(height), times(cropHeight, c)/int64(height)
	// The middle of the variant shows the middle of the crop; pixel 0 lies half a pixel from the edge.
	g.x0 = middleX - (int64(width-1)*g.xx+int64(height-1)*g.xy)/2
	g.y0 = middleY - (int64(width-1)*g.yx+int64(height-1)*g.yy)/2
}

// mirror swaps left and right.
func (g *geometry) mirror(width int) {
	g.x0, g.xx = g.x0+int64(width-1)*g.xx, -g.xx
	g.y0, g.yx = g.y0+int64(width-1)*g.yx, -g.yx
}

// drawLevels draws gamma, contrast, brightness and the gain of each channel.
func (v *variant) drawLevels(r *random) {
	gamma := exponential(r.share(mostGamma))
	contrast, bright := one+r.share(mostContr), one+r.share(mostBright)
	for c := range v.levels {
		gain := times(bright, one+r.share(mostGain))
		for n := range v.levels[c] {
			level := int64(0) // 8.8 fixed point
			if n > 0 {
				level = 255 * exponential(times(gamma, logarithm(int64(n)))) >> (fixedBits - 8)
			}
			level = times(level-middleLevel<<8, contrast) + middleLevel<<8
			v.levels[c][n] = int32(min(max(times(level, gain), 0), 255<<8))
		}
	}
}

// write draws the variant of the source into to, whose size newVariant was told.
func (v *variant) write(to, source *rgb) {
	g := &v.geometry
	for row := range to.height {
		x, y := g.x0+int64(row)*g.xy, g.y0+int64(row)*g.yy
		line := to.pix[3*row*to.width:][:3*to.width]
		for ; len(line) > 0; line = line[3:] {
			v.pixel(line, source.at(int32(x-1<<15), int32(y-1<<15)))
			x += g.xx
			y += g.yx
		}
	}
}

// at is the colour at a place in 16.16 fixed point, where pixel i lies at i: bilinear, and mirrored beyond the edges.
func (s *rgb) at(x, y int32) (c [3]int32) {
	fx, fy := x>>8&255, y>>8&255
	x0, x1 := 3*mirrored(int(x>>16), s.width), 3*mirrored(int(x>>16)+1, s.width)
	y0, y1 := 3*s.width*mirrored(int(y>>16), s.height), 3*s.width*mirrored(int(y>>16)+1, s.height)
	a, b := s.pix[y0+x0:][:3], s.pix[y0+x1:][:3]
	d, e := s.pix[y1+x0:][:3], s.pix[y1+x1:][:3]
	for i := range c {
		above := int32(a[i])*(256-fx) + int32(b[i])*fx
		below := int32(d[i])*(256-fx) + int32(e[i])*fx
		c[i] = (above*(256-fy) + below*fy + 1<<15) >> 16
	}
	return c
}

// mirrored is i, or where it lies mirrored at the edge of n pixels.
func mirrored(i, n int) int {
	if i < 0 {
		i = -1 - i
	}
	if i >= n {
		i = 2*n - 1 - i
	}
	return min(max(i, 0), n-1)
}

// pixel writes a pixel of the variant whose source is c.
func (v *variant) pixel(to []byte, c [3]int32) {
	r, g, b := v.levels[0][c[0]], v.levels[1][c[1]], v.levels[2][c[2]]
	grey := (77*r + 150*g + 29*b) >> 8
	noise := v.random.next()
	for i, level := range [3]int32{r, g, b} {
		level = grey + ((level-grey)*v.colour)>>8
		if v.colour != 0 { // else the noise is that of brightness, the same for all
			noise = noise>>21 | noise<<43
		}
		to[i] = byte(min(max((level+v.noised(noise)+128)>>8, 0), 255))
	}
}

// noised is the noise of one sample, 8.8 fixed point, from the lowest 21 bits of n: the sum of three even distributions is
// nearly a normal one, and its standard deviation is 64.
func (v *variant) noised(n uint64) int32 {
	const mean = 3 * 127 // halves
	sum := int32(n&127 + n>>7&127 + n>>14&127)
	return (2*sum - mean) * v.noise >> 7
}
