package picture

import (
	"bytes"
	"image"
	"image/color"
	stdjpeg "image/jpeg"
	"math"
	"testing"

	"github.com/inceptiond/inceptiond/capture"
)

// painted is a frame of a format that is no JPEG, with the colours of at.
func painted(t testing.TB, pixel capture.PixelFormat, w, h int, at func(x, y int) color.RGBA) *capture.Frame {
	t.Helper()
	f := &capture.Frame{Format: capture.Packed(pixel, w, h)}
	n, err := f.Format.Size()
	if err != nil {
		t.Fatal(err)
	}
	f.Pix = make([]byte, n)
	p, err := raw(f)
	if err != nil {
		t.Fatal(err)
	}
	for i := range w * h {
		x, y := i%w, i/w
		c := at(x, y)
		luma, cb, cr := color.RGBToYCbCr(c.R, c.G, c.B)
		put := func(plane, offset, x, y int, v byte) {
			p.Plane[plane].Pix[y*p.Plane[plane].Stride+x*p.Plane[plane].Step+offset] = v
		}
		switch p.Colour {
		case Grey:
			put(0, 0, x, y, luma)
		case RGB:
			put(0, 0, x, y, c.R)
			put(0, 1, x, y, c.G)
			put(0, 2, x, y, c.B)
		case BGR:
			put(0, 0, x, y, c.B)
			put(0, 1, x, y, c.G)
			put(0, 2, x, y, c.R)
		default:
			put(0, 0, x, y, limited(luma, 219, 16))
			put(1, 0, x/p.SubX, y/p.SubY, limited(cb, 224, 16))
			put(2, 0, x/p.SubX, y/p.SubY, limited(cr, 224, 16))
		}
	}
	return f
}

func limited(v byte, span, black float64) byte {
	return byte(math.Round(float64(v)*span/255 + black))
}

// quadrants are red, green, blue and white, as a clock goes round.
func quadrants(w, h int) func(x, y int) color.RGBA {
	return func(x, y int) color.RGBA {
		switch left, top := x < w/2, y < h/2; {
		case left && top:
			return color.RGBA{255, 0, 0, 255}
		case top:
			return color.RGBA{0, 255, 0, 255}
		case !left:
			return color.RGBA{0, 0, 255, 255}
		}
		return color.RGBA{255, 255, 255, 255}
	}
}

// encoded is p as e makes it, read by image/jpeg.
func encoded(t testing.TB, o EncoderOptions, p *Picture) (image.Image, []byte) {
	t.Helper()
	e, err := NewEncoder(o)
	if err != nil {
		t.Fatal(err)
	}
	data, err := e.Encode(p)
	if err != nil {
		t.Fatal(err)
	}
	m, err := stdjpeg.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return m, data
}

// letters reads the four corners as a clock goes round, R, G, B and W, by what is bright; a grey image has L for light and
// D for dark.
func letters(m image.Image) string {
	b := m.Bounds()
	var text []byte
	for _, at := range []image.Point{{1, 1}, {3, 1}, {3, 3}, {1, 3}} {
		r, g, bl, _ := m.At(b.Dx()*at.X/4, b.Dy()*at.Y/4).RGBA()
		bright := [3]bool{r > 0x8000, g > 0x8000, bl > 0x8000}
		text = append(text, map[[3]bool]byte{{true}: 'R', {false, true}: 'G', {false, false, true}: 'B', {true, true, true}: 'W', {}: 'D'}[bright])
	}
	return string(text)
}

// TestEncodeUpright: every format, turned in every way, smaller or not, with odd sides or not.
func TestEncodeUpright(t *testing.T) {
	type turn struct {
		rotate int
		flip   Flip
	}
	turns := map[turn]string{ // of RGBW
		{}: "RGBW", {rotate: 90}: "WRGB", {rotate: 180}: "BWRG", {rotate: 270}: "GBWR",
		{flip: FlipHorizontal}: "GRWB", {flip: FlipVertical}: "WBGR", {flip: FlipBoth}: "BWRG",
		{90, FlipHorizontal}: "RWBG", {270, FlipHorizontal}: "BGRW",
	}
	for _, pixel := range capture.PixelFormats() {
		for _, size := range [][2]int{{64, 48}, {61, 43}} {
			w, h := size[0], size[1]
			f := jpegOf(t, w, h)
			if pixel != capture.MJPG {
				f = painted(t, pixel, w, h, quadrants(w, h))
			}
			for how, want := range turns {
				o := Options{Rotate: how.rotate, Flip: how.flip}
				for _, most := range []int{0, 30, 17, 1000} {
					m, _ := encoded(t, EncoderOptions{MaxWidth: most, Quality: 95}, newPicture(t, o, f))
					uw, uh := w, h
					if o.Rotate%180 != 0 {
						uw, uh = h, w
					}
					if most != 0 && most < uw {
						uw, uh = most, int(math.Round(float64(uh)*float64(most)/float64(uw)))
					}
					if m.Bounds() != image.Rect(0, 0, uw, uh) {
						t.Errorf("%v %dx%d, %+v, at most %d: %v, want %dx%d", pixel, w, h, o, most, m.Bounds(), uw, uh)
					}
					if got := letters(m); got != want && (pixel != capture.GREY || got == want) {
						t.Errorf("%v %dx%d, %+v, at most %d: %s, want %s", pixel, w, h, o, most, got, want)
					}
				}
			}
		}
	}
}

// jpegOf is the quadrants as an MJPG frame.
func jpegOf(t testing.TB, w, h int) *capture.Frame {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	at := quadrants(w, h)
	for i := range w * h {
		m.SetRGBA(i%w, i/w, at(i%w, i/w))
	}
	var b bytes.Buffer
	if err := stdjpeg.Encode(&b, m, &stdjpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	return mjpg(b.Bytes(), w, h)
}

// TestEncodeRegion: a region of the upright frame, to the pixel.
func TestEncodeRegion(t *testing.T) {
	for _, f := range []*capture.Frame{jpegOf(t, 64, 48), painted(t, capture.YUYV, 64, 48, quadrants(64, 48)), painted(t, capture.BGR24, 64, 48, quadrants(64, 48))} {
		for _, c := range []struct {
			o      Options
			r      Region
			w, h   int
			corner string
		}{
			{Options{}, Region{Width: 0.5, Height: 0.5}, 32, 24, "RRRR"},
			{Options{}, Region{X: 0.5, Width: 0.5, Height: 1}, 32, 48, "GGBB"},
			{Options{Rotate: 90}, Region{X: 0.5, Width: 0.5, Height: 1}, 24, 64, "RRGG"},
			{Options{Rotate: 90, Flip: FlipHorizontal}, Region{Y: 0.5, Width: 1, Height: 0.5}, 48, 32, "GBBG"},
			{Options{Flip: FlipBoth}, Region{X: 0.25, Y: 0.25, Width: 0.5, Height: 0.5}, 32, 24, "BWRG"},
			{Options{}, Region{X: 0.999, Y: 0.999, Width: 0.001, Height: 0.001}, 1, 1, "BBBB"},
		} {
			m, _ := encoded(t, EncoderOptions{Region: c.r, Quality: 95}, newPicture(t, c.o, f))
			if got := letters(m); m.Bounds() != image.Rect(0, 0, c.w, c.h) || got != c.corner {
				t.Errorf("%v, %+v of %+v: %v %s, want %dx%d %s", f.Format.Pixel, c.r, c.o, m.Bounds(), got, c.w, c.h, c.corner)
			}
		}
	}
}

// TestDrawExact: colours and means are those of plain arithmetic.
func TestDrawExact(t *testing.T) {
	const w, h, most = 150, 90, 47
	at := func(x, y int) color.RGBA { // smooth, as chroma has half the resolution
		return color.RGBA{byte(255 * x / w), byte(128 + 100*math.Sin(float64(y)/20)), byte(255 * (w - x) * y / w / h), 255}
	}
	for _, pixel := range capture.PixelFormats() {
		if pixel == capture.MJPG {
			continue
		}
		m, err := new(canvas).draw(newPicture(t, Options{}, painted(t, pixel, w, h, at)), Region{}, most)
		if err != nil {
			t.Fatal(err)
		}
		worst, tolerance := 0.0, 1.0
		if _, ycc := m.(*image.YCbCr); ycc {
			tolerance = 6 // a sample of chroma, in 224 steps, is that of the last of up to four pixels
		}
		for i := range most * m.Bounds().Dy() {
			x, y := i%most, i/most
			r, g, b := mean(at, w, h, float64(x)*w/most, float64(y)*h/float64(m.Bounds().Dy()), float64(w)/most, float64(h)/float64(m.Bounds().Dy()))
			if pixel == capture.GREY {
				luma := 0.299*r + 0.587*g + 0.114*b
				r, g, b = luma, luma, luma
			}
			gotR, gotG, gotB, _ := m.At(x, y).RGBA()
			for _, d := range []float64{r - float64(gotR>>8), g - float64(gotG>>8), b - float64(gotB>>8)} {
				worst = max(worst, math.Abs(d))
			}
		}
		if worst > tolerance {
			t.Errorf("%v: %.1f levels off", pixel, worst)
		}
	}
}

// mean is the mean colour of a rectangle, by samples that lie close.
func mean(at func(x, y int) color.RGBA, w, h int, left, top, width, height float64) (r, g, b float64) {
	const n = 12
	for i := range n * n {
		c := at(min(int(left+(float64(i%n)+0.5)*width/n), w-1), min(int(top+(float64(i/n)+0.5)*height/n), h-1))
		r, g, b = r+float64(c.R)/n/n, g+float64(c.G)/n/n, b+float64(c.B)/n/n
	}
	return r, g, b
}
