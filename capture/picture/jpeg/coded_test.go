package jpeg

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// codings are how the pictures of testdata are coded, each with the same coefficients.
var codings = []string{"baseline", "progressive", "arithmetic", "arithmetic-progressive"}

// coded reads a picture of testdata.
func readCoded(tb testing.TB, sampling, coding string) []byte {
	tb.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", sampling+"-"+coding+".jpg"))
	if err != nil {
		tb.Fatal(err)
	}
	return data
}

// TestCodings: the same coefficients become the same samples at every size, however they are coded.
func TestCodings(t *testing.T) {
	var d Decoder
	for _, sampling := range []string{"420", "422", "444", "411"} {
		for _, scale := range []int{1, 2, 4, 8} {
			want, err := decode(&d, readCoded(t, sampling, "baseline"), scale)
			if err != nil {
				t.Fatal(err)
			}
			for _, coding := range codings[1:] {
				got, err := decode(&d, readCoded(t, sampling, coding), scale)
				if err != nil {
					t.Errorf("%s %s at 1/%d: %v", sampling, coding, scale, err)
					continue
				}
				if err := samePlanes(got, want); err != nil {
					t.Errorf("%s %s at 1/%d: %v", sampling, coding, scale, err)
				}
			}
		}
	}
}

func samePlanes(a, b *Image) error {
	if a.Width != b.Width || a.Height != b.Height || a.SubX != b.SubX || a.SubY != b.SubY || a.RGB != b.RGB || a.Components != b.Components {
		return fmt.Errorf("%dx%d, sub %dx%d and %dx%d, sub %dx%d", a.Width, a.Height, a.SubX, a.SubY, b.Width, b.Height, b.SubX, b.SubY)
	}
	for i := range a.Planes {
		for y := range a.Planes[i].Height {
			p, q := a.Planes[i], b.Planes[i]
			if n := p.Width; !bytes.Equal(p.Pix[y*p.Stride:][:n], q.Pix[y*q.Stride:][:n]) {
				return fmt.Errorf("row %d of plane %d differs", y, i)
			}
		}
	}
	return nil
}

// TestCodingsCutShort cuts them anywhere. All samples are there without the end marker, and not with any less.
func TestCodingsCutShort(t *testing.T) {
	var d Decoder
	for _, coding := range codings {
		data := readCoded(t, "420", coding)
		data = data[:len(data)-2]
		want, err := decode(&d, data, 1)
		if err != nil {
			t.Errorf("%s without the end marker: %v", coding, err)
			continue
		}
		for _, tail := range []string{"\x00", "\r\n", strings.Repeat("\x00", 3000)} {
			got, err := decode(&d, append(bytes.Clone(data), tail...), 1)
			if err == nil {
				err = samePlanes(got, want)
			}
			if err != nil && !(strings.HasPrefix(coding, "arithmetic") && tail == "\r\n") { // that may be data
				t.Errorf("%s with %d bytes instead of the end marker: %v", coding, len(tail), err)
			}
		}
		// Arithmetic coding may end a few bytes earlier, and nobody can tell: zeros stand for what is often.
		slack := 0
		if strings.HasPrefix(coding, "arithmetic") {
			slack = 16
		}
		for n := range len(data) - slack {
			if _, err := decode(&d, data[:n:n], 1); !errors.Is(err, ErrMalformed) && !errors.Is(err, ErrUnsupported) {
				t.Errorf("%s, %d of %d bytes: %v", coding, n, len(data), err)
			}
			if _, err := decode(&d, append(data[:n:n], 0xFF, mEOI), 2); err != nil && !errors.Is(err, ErrMalformed) && !errors.Is(err, ErrUnsupported) {
				t.Errorf("%s, %d of %d bytes and an end marker: %v", coding, n, len(data), err)
			}
		}
	}
}

// TestStrayBytes puts bytes that belong to nothing before the picture, before each segment, and behind it.
func TestStrayBytes(t *testing.T) {
	var d Decoder
	for _, coding := range codings {
		data := readCoded(t, "420", coding)
		want, err := decode(&d, data, 1)
		if err != nil {
			t.Fatal(err)
		}
		for _, stray := range []string{"\xFF", "\xFF\xFF\xFF", "\r\n", "hello", "\x00\x00\x00\x00", "\x12\xFF\x34\x56", "\xFF\x01"} {
			for name, data := range map[string][]byte{
				"before": append([]byte(stray), data...),
				"inside": strew(data, stray),
				"behind": append(bytes.Clone(data), stray...),
				"all":    append(append([]byte(stray), strew(data, stray)...), stray...),
			} {
				got, err := decode(&d, data, 1)
				if err == nil {
					err = samePlanes(got, want)
				}
				if err != nil {
					t.Errorf("%s: %q %s: %v", coding, stray, name, err)
				}
				if w, h, err := Whole(data); w != 45 || h != 35 || err != nil {
					t.Errorf("%s: %q %s: Whole: %dx%d, %v", coding, stray, name, w, h, err)
				}
				if w, h, err := Size(data); w != 45 || h != 35 || err != nil {
					t.Errorf("%s: %q %s: Size: %dx%d, %v", coding, stray, name, w, h, err)
				}
				pix, w, _, err := NewReader(bytes.NewReader(data), 1<<20).Next(nil)
				if err != nil || w != 45 {
					t.Errorf("%s: %q %s: Reader: %d, %v", coding, stray, name, w, err)
				} else if got, err = decode(&d, pix, 1); err != nil || samePlanes(got, want) != nil {
					t.Errorf("%s: %q %s: what Reader cuts out: %v", coding, stray, name, err)
				}
			}
		}
	}
}

// TestBegunTwice: a picture of which there is only the beginning of the header does not hide the one behind it.
func TestBegunTwice(t *testing.T) {
	var d Decoder
	for _, coding := range codings {
		data := readCoded(t, "420", coding)
		want, err := decode(&d, data, 1)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range []int{2, 3, 20} { // 20 is behind the first segment
			twice := append(bytes.Clone(data[:n]), data...)
			got, err := decode(&d, twice, 1)
			if err == nil {
				err = samePlanes(got, want)
			}
			if err == nil {
				_, _, err = Whole(twice)
			}
			if err != nil {
				t.Errorf("%s behind %d bytes of itself: %v", coding, n, err)
			}
		}
	}
}

// strew puts stray bytes before each segment of a picture but the scans' own markers.
func strew(data []byte, stray string) []byte {
	out := bytes.Clone(data[:2])
	p := parser{data: data, pos: 2}
	for {
		from := p.pos
		marker, err := p.next()
		if err != nil {
			panic(err)
		}
		// What lies between the segments is coded data, which ends at the marker.
		at := p.pos - 2
		if !standsAlone(marker) {
			at = p.pos - len(p.body) - 4
		}
		out = append(out, data[from:at]...)
		if !isRestart(marker) {
			out = append(out, stray...)
		}
		out = append(out, data[at:p.pos]...)
		if marker == mEOI {
			return out
		}
	}
}

// TestBehindThePicture: a second picture (MPF), a thumbnail in a segment, and rubbish change nothing.
func TestBehindThePicture(t *testing.T) {
	var d Decoder
	for _, coding := range codings {
		data, other := readCoded(t, "420", coding), readCoded(t, "444", coding)
		want, err := decode(&d, data, 1)
		if err != nil {
			t.Fatal(err)
		}
		for name, data := range map[string][]byte{
			"second picture":  append(bytes.Clone(data), other...),
			"no end, second":  append(bytes.Clone(data[:len(data)-2]), other...),
			"thumbnail":       withThumbnail(data, other),
			"thumbnail, cut":  withThumbnail(data, other[:len(other)/2]),
			"zeros":           append(bytes.Clone(data), make([]byte, 5000)...),
			"end marker more": append(bytes.Clone(data), 0xFF, mEOI),
		} {
			got, err := decode(&d, data, 1)
			if err == nil {
				err = samePlanes(got, want)
			}
			if err == nil {
				_, _, err = Whole(data)
			}
			if err != nil {
				t.Errorf("%s, %s: %v", coding, name, err)
			}
		}
	}
}

// TestReaderWithoutEndMarkers: pictures of a stream that have none end where the next one begins.
func TestReaderWithoutEndMarkers(t *testing.T) {
	var stream []byte
	for _, sampling := range []string{"420", "422", "411"} {
		data := readCoded(t, sampling, "baseline")
		stream = append(stream, data[:len(data)-2]...)
	}
	stream = append(stream, readCoded(t, "444", "baseline")...)
	r := NewReader(bytes.NewReader(stream), 1<<20)
	var d Decoder
	for range 4 {
		pix, w, h, err := r.Next(nil)
		if err == nil {
			_, err = decode(&d, pix, 1)
		}
		if w != 45 || h != 35 || err != nil {
			t.Errorf("%dx%d, %v", w, h, err)
		}
	}
}

// TestSamplings: planes of any ratio come out at full size: interpolated where they have half of it, else repeated.
func TestSamplings(t *testing.T) {
	var d Decoder
	var img Image
	for _, sampling := range [][][2]int{
		{{4, 1}, {1, 1}, {1, 1}}, {{1, 4}, {1, 1}, {1, 1}}, {{4, 2}, {1, 1}, {1, 1}}, {{2, 4}, {1, 1}, {1, 1}},
		{{3, 1}, {1, 1}, {1, 1}}, {{1, 3}, {1, 1}, {1, 1}}, {{3, 2}, {1, 1}, {1, 1}}, {{4, 4}, {1, 1}, {1, 1}},
		{{1, 1}, {2, 2}, {2, 2}}, {{1, 2}, {2, 1}, {2, 1}}, {{2, 1}, {1, 2}, {1, 1}}, {{2, 2}, {2, 2}, {1, 1}},
		{{2, 2}, {1, 2}, {2, 1}}, {{3, 1}, {2, 1}, {2, 1}}, {{3, 3}, {2, 1}, {1, 2}}, {{1, 1}, {1, 1}, {3, 3}},
		{{4, 1}, {2, 1}, {1, 1}}, {{2, 2}, {1, 4}, {4, 1}},
	} {
		for _, scans := range [][][]int{nil, {{0}, {1}, {2}}} {
			for _, scale := range []int{1, 2, 4, 8} {
				r := recipe{width: 61, height: 43, sampling: sampling, quantizer: 3, scans: scans, restart: 5}
				p := r.code()
				if err := d.Decode(&img, r.write(p), scale); err != nil {
					t.Errorf("%v at 1/%d: %v", sampling, scale, err)
					continue
				}
				if err := compareExpanded(&img, p, scale); err != nil {
					t.Errorf("%v at 1/%d: %v", sampling, scale, err)
				}
			}
		}
	}
}

// compareExpanded holds planes of full size to the exact samples, brought to that size by the rules of libjpeg.
func compareExpanded(img *Image, p *coded, scale int) error {
	f, size := &p.frame, 8/scale
	if img.SubX != 1 || img.SubY != 1 || img.RGB {
		return fmt.Errorf("subsampling %dx%d", img.SubX, img.SubY)
	}
	for i := range f.n {
		c := &f.comps[i]
		blocks := make([][64]float64, len(p.blocks[i]))
		for b := range blocks {
			blocks[b] = p.exact(i, b, size)
		}
		wide := f.mcusX * c.h
		sample := func(x, y int) float64 {
			x = max(0, min(x, ceilDiv(f.width*c.h, f.hMax*scale)-1))
			y = max(0, min(y, ceilDiv(f.height*c.v, f.vMax*scale)-1))
			return max(0, min(255, 128+blocks[y/size*wide+x/size][y%size*8+x%size]))
		}
		smooth := (f.hMax == c.h || f.hMax == 2*c.h) && (f.vMax == c.v || f.vMax == 2*c.v)
		axis := func(at, factor, most int) (near, far int) {
			near = at * factor / most
			if far = near; smooth && most == 2*factor {
				far = near - 1 + at%2*2
			}
			return near, far
		}
		for y := range img.Height {
			for x := range img.Width {
				x0, x1 := axis(x, c.h, f.hMax)
				y0, y1 := axis(y, c.v, f.vMax)
				want := (9*sample(x0, y0) + 3*sample(x1, y0) + 3*sample(x0, y1) + sample(x1, y1)) / 16
				if got := float64(img.Planes[i].Pix[y*img.Planes[i].Stride+x]); math.Abs(got-want) > 1.6 {
					return fmt.Errorf("component %d at %d, %d: %g, want %.2f", i, x, y, got, want)
				}
			}
		}
	}
	return nil
}

// TestRGB: pictures that are not Y Cb Cr become RGB.
func TestRGB(t *testing.T) {
	adobe := func(transform byte) []byte {
		return append([]byte("\xFF\xEE\x00\x0EAdobe\x00\x64\x00\x00\x00\x00"), transform)
	}
	four := [][2]int{{1, 1}, {1, 1}, {1, 1}, {1, 1}}
	cmyk := func(v [4]byte) [3]byte {
		m := func(a byte) byte { return byte((int(a)*int(v[3]) + 127) / 255) }
		return [3]byte{m(v[0]), m(v[1]), m(v[2])}
	}
	for _, c := range []struct {
		name   string
		recipe recipe
		levels [4]byte
		want   [3]byte
	}{
		{"Adobe RGB", recipe{sampling: full, segments: adobe(0)}, [4]byte{200, 100, 50}, [3]byte{200, 100, 50}},
		{"names", recipe{sampling: full, ids: []byte("RGB")}, [4]byte{200, 100, 50}, [3]byte{200, 100, 50}},
		{"RGB of two sizes", recipe{sampling: both, segments: adobe(0)}, [4]byte{200, 100, 50}, [3]byte{200, 100, 50}},
		{"CMYK", recipe{sampling: four}, [4]byte{200, 100, 50, 128}, cmyk([4]byte{200, 100, 50, 128})},
		{"Adobe CMYK", recipe{sampling: four, segments: adobe(0)}, [4]byte{200, 100, 50, 128}, cmyk([4]byte{200, 100, 50, 128})},
		{"YCCK", recipe{sampling: four, segments: adobe(2)}, [4]byte{100, 128, 128, 255}, [3]byte{155, 155, 155}},
		{"YCCK, red", recipe{sampling: four, segments: adobe(2)}, [4]byte{76, 85, 255, 255}, [3]byte{1, 255, 255}},
	} {
		for _, scale := range []int{1, 2, 4, 8} {
			r := c.recipe
			r.width, r.height, r.quantizer = 13, 11, 1
			p := r.code()
			for i := range p.blocks { // of one colour: a DC coefficient of 8 is a level
				for b := range p.blocks[i] {
					p.blocks[i][b] = [64]int{8 * (int(c.levels[i]) - 128)}
				}
			}
			var d Decoder
			img, err := decode(&d, r.write(p), scale)
			if err != nil || !img.RGB || len(img.Planes[0].Pix) != 3*img.Width*img.Height {
				t.Errorf("%s at 1/%d: %v", c.name, scale, err)
				continue
			}
			for i, got := range img.Planes[0].Pix {
				if d := int(got) - int(c.want[i%3]); d > 1 || d < -1 {
					t.Fatalf("%s at 1/%d: %v, want %v", c.name, scale, img.Planes[0].Pix[i/3*3:][:3], c.want)
				}
			}
		}
	}
}

// TestTablesChange: restart intervals, Huffman and quantization tables may be others for each scan.
func TestTablesChange(t *testing.T) {
	for _, restarts := range [][]int{{1, 2, 0}, {0, 3, 7}, {5, 0, 1}} {
		r := recipe{width: 61, height: 43, sampling: both, quantizer: 3, scans: [][]int{{0}, {1}, {2}}, restarts: restarts, tables: true}
		p := r.code()
		var d Decoder
		img, err := decode(&d, r.write(p), 1)
		if err == nil {
			err = compare(img, p, 1, 1)
		}
		if err != nil {
			t.Errorf("restarts %v: %v", restarts, err)
		}
	}
}

// TestManyPasses: a picture cannot keep the decoder busy with passes that say nothing.
func TestManyPasses(t *testing.T) {
	data := readCoded(t, "444", "progressive")
	again := refinement(data)
	data = data[:len(data)-2]
	for range maxPasses {
		data = append(data, again...)
	}
	if _, err := decode(new(Decoder), append(data, 0xFF, mEOI), 1); !errors.Is(err, ErrUnsupported) {
		t.Errorf("%v", err)
	}
}

// refinement is the pass of a picture that adds a bit to its DC coefficients: one that does not mind to come again.
func refinement(data []byte) []byte {
	p := parser{data: data, pos: 2}
	from := 0
	for {
		marker, err := p.next()
		if err != nil {
			panic(err)
		}
		b := p.body
		switch {
		case from > 0 && !isRestart(marker):
			return data[from : p.pos-4-len(b)]
		case marker == mSOS && b[len(b)-3] == 0 && b[len(b)-1]>>4 == 1:
			from = p.pos - 4 - len(b)
		}
	}
}

// TestProgressiveMemory: a decoder that has seen a picture of a kind allocates only what each pass is for the next one.
func TestProgressiveMemory(t *testing.T) {
	for _, coding := range codings {
		data := readCoded(t, "420", coding)
		var d Decoder
		var img Image
		n := testing.AllocsPerRun(20, func() {
			if err := d.Decode(&img, data, 1); err != nil {
				t.Fatal(err)
			}
		})
		if n > 30 {
			t.Errorf("%s: %g allocations", coding, n)
		}
	}
}
