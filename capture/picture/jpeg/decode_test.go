package jpeg

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	stdjpeg "image/jpeg"
	"os"
	"path/filepath"
	"testing"

	"github.com/inceptiond/inceptiond/internal/testing/shared"
)

var (
	grey   = [][2]int{{1, 1}}
	full   = [][2]int{{1, 1}, {1, 1}, {1, 1}} // 4:4:4
	across = [][2]int{{2, 1}, {1, 1}, {1, 1}} // 4:2:2
	down   = [][2]int{{1, 2}, {1, 1}, {1, 1}} // 4:4:0
	both   = [][2]int{{2, 2}, {1, 1}, {1, 1}} // 4:2:0
)

var recipes = []struct {
	name string
	recipe
	subX, subY int
}{
	{"grey", recipe{width: 61, height: 43, sampling: grey, quantizer: 3}, 1, 1},
	{"grey with odd factors", recipe{width: 61, height: 43, sampling: [][2]int{{3, 2}}, quantizer: 3}, 1, 1},
	{"one pixel", recipe{width: 1, height: 1, sampling: both, quantizer: 3}, 2, 2},
	{"444", recipe{width: 64, height: 48, sampling: full, quantizer: 2}, 1, 1},
	{"444 as 2x2", recipe{width: 61, height: 43, sampling: [][2]int{{2, 2}, {2, 2}, {2, 2}}, quantizer: 2}, 1, 1},
	{"422", recipe{width: 61, height: 43, sampling: across, quantizer: 2}, 2, 1},
	{"422 as 2x2 1x2", recipe{width: 61, height: 43, sampling: [][2]int{{2, 2}, {1, 2}, {1, 2}}, quantizer: 2}, 2, 1},
	{"440", recipe{width: 61, height: 43, sampling: down, quantizer: 2}, 1, 2},
	{"420", recipe{width: 61, height: 43, sampling: both, quantizer: 2}, 2, 2},
	{"420 exact", recipe{width: 64, height: 32, sampling: both, quantizer: 1}, 2, 2},
	{"420 coarse", recipe{width: 61, height: 43, sampling: both, quantizer: 25}, 2, 2},
	{"no huffman tables", recipe{width: 61, height: 43, sampling: across, quantizer: 3, noHuffman: true}, 2, 1},
	{"restart 1", recipe{width: 61, height: 43, sampling: both, quantizer: 3, restart: 1}, 2, 2},
	{"restart row", recipe{width: 64, height: 200, sampling: across, quantizer: 3, restart: 4}, 2, 1},
	{"restart 7", recipe{width: 61, height: 143, sampling: full, quantizer: 3, restart: 7, fillBytes: true}, 1, 1},
	{"restart beyond", recipe{width: 61, height: 43, sampling: both, quantizer: 3, restart: 65535}, 2, 2},
	{"three scans", recipe{width: 61, height: 43, sampling: both, quantizer: 3, scans: [][]int{{0}, {1}, {2}}}, 2, 2},
	{"two scans", recipe{width: 61, height: 43, sampling: across, quantizer: 3, scans: [][]int{{2}, {0, 1}}, restart: 3}, 2, 1},
	{"chroma first", recipe{width: 61, height: 43, sampling: down, quantizer: 3, scans: [][]int{{1, 2}, {0}}}, 1, 2},
	{"extended", recipe{width: 61, height: 43, sampling: both, quantizer: 3, sof: 0xC1, wideQuant: true}, 2, 2},
	{"fill bytes", recipe{width: 61, height: 43, sampling: both, quantizer: 3, fillBytes: true}, 2, 2},
	{"ids", recipe{width: 61, height: 43, sampling: both, quantizer: 3, ids: []byte{0, 200, 17}}, 2, 2},
	{"no end", recipe{width: 61, height: 43, sampling: both, quantizer: 3, noEnd: true}, 2, 2},
}

// decode is d.Decode into a new image.
func decode(d *Decoder, data []byte, scale int) (*Image, error) {
	img := new(Image)
	return img, d.Decode(img, data, scale)
}

// TestDecode decodes every kind of picture at every scale with one Decoder and compares with the exact samples.
func TestDecode(t *testing.T) {
	var d Decoder
	var img Image // its memory is used again for every kind
	for _, r := range recipes {
		p := r.code()
		data := r.write(p)
		for _, tail := range []string{"", "\x00\x00\x00\x00", "\xFF\xD8 garbage \xFF\xD0"} {
			for _, scale := range []int{1, 2, 4, 8} {
				t.Run(fmt.Sprintf("%s/%d/tail%d", r.name, scale, len(tail)), func(t *testing.T) {
					if err := d.Decode(&img, append(data[:len(data):len(data)], tail...), scale); err != nil {
						t.Fatal(err)
					}
					if img.SubX != r.subX || img.SubY != r.subY || img.Orientation != 1 {
						t.Errorf("subsampling %dx%d, orientation %d", img.SubX, img.SubY, img.Orientation)
					}
					if err := compare(&img, p, scale, 1); err != nil {
						t.Error(err)
					}
				})
			}
		}
	}
}

func TestHeader(t *testing.T) {
	var d Decoder
	r := recipe{width: 61, height: 43, sampling: both, quantizer: 3, segments: exifSegment(bigEndian, 6)}
	data := r.write(r.code())
	want := Header{Width: 61, Height: 43, Components: 3, SubX: 2, SubY: 2, Orientation: 6, Memory: [4]int64{4608, 1152, 288, 72}}
	if h, err := d.Header(data); err != nil || h != want {
		t.Errorf("%+v, %v", h, err)
	}
	img, err := decode(&d, data, 2)
	if err != nil || img.Orientation != 6 {
		t.Errorf("orientation: %+v, %v", img, err)
	}
	want.Progressive, want.Memory = true, [4]int64{14400, 4032, 1440, 792}
	data[bytes.Index(data, []byte{0xFF, mSOF0})+1] = 0xC2
	if h, err := d.Header(data); err != nil || h != want {
		t.Errorf("progressive: %+v, %v", h, err)
	}
	if _, err := d.Header(data[:20]); !errors.Is(err, ErrMalformed) {
		t.Errorf("cut short: %v", err)
	}
	cmyk := Header{Width: 61, Height: 43, Components: 4, SubX: 1, SubY: 1, Orientation: 1}
	cmyk.Memory = [4]int64{4*3072 + 3*61*43, 4*768 + 3*31*22, 4*192 + 3*16*11, 4*48 + 3*8*6}
	padded := append(frameOnly(8, 61, 43, 0x11, 0x11, 0x11, 0x11), make([]byte, 100)...)
	if h, err := d.Header(padded); err != nil || h != cmyk {
		t.Errorf("cmyk: %+v, %v", h, err)
	}
}

// TestAllocations decodes without a single allocation once the decoder has seen its first picture.
func TestAllocations(t *testing.T) {
	for _, noHuffman := range []bool{false, true} {
		r := recipe{width: 61, height: 43, sampling: across, quantizer: 3, noHuffman: noHuffman}
		data := r.write(r.code())
		var d Decoder
		var img Image
		for _, scale := range []int{1, 2, 4, 8} {
			n := testing.AllocsPerRun(10, func() {
				if err := d.Decode(&img, data, scale); err != nil {
					t.Fatal(err)
				}
			})
			if n != 0 {
				t.Errorf("scale %d, no huffman tables %t: %v allocations", scale, noHuffman, n)
			}
		}
	}
}

// TestAgainstStandardLibrary compares planes on pictures that image/jpeg wrote and on real ones.
func TestAgainstStandardLibrary(t *testing.T) {
	var d Decoder
	for _, quality := range []int{1, 30, 75, 95, 100} {
		againstStandardLibrary(t, &d, fmt.Sprintf("quality %d", quality), encode(t, scene(203, 119), quality))
	}
	files, err := filepath.Glob(filepath.Join(shared.Dir(t), "pictures", "*.jpg"))
	if err != nil || len(files) < 10 {
		t.Fatalf("%d pictures: %v", len(files), err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		againstStandardLibrary(t, &d, filepath.Base(name), data)
	}
}

func againstStandardLibrary(t *testing.T, d *Decoder, name string, data []byte) {
	t.Helper()
	img, err := decode(d, data, 1)
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	std, err := stdjpeg.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatalf("%s: image/jpeg: %v", name, err)
	}
	for i, p := range standardPlanes(std) {
		if worst := worstDifference(img.Planes[i], p); worst > 1 {
			t.Errorf("%s: component %d differs by %d", name, i, worst)
		}
	}
}

// standardPlanes is an image of image/jpeg as planes, nil if it is of another kind.
func standardPlanes(m image.Image) []Plane {
	switch m := m.(type) {
	case *image.Gray:
		return []Plane{{m.Pix, m.Stride, m.Rect.Dx(), m.Rect.Dy()}}
	case *image.YCbCr:
		x, y := 1, 1
		switch m.SubsampleRatio {
		case image.YCbCrSubsampleRatio422:
			x = 2
		case image.YCbCrSubsampleRatio440:
			y = 2
		case image.YCbCrSubsampleRatio420:
			x, y = 2, 2
		case image.YCbCrSubsampleRatio444:
		default:
			return nil
		}
		w, h := m.Rect.Dx(), m.Rect.Dy()
		return []Plane{
			{m.Y, m.YStride, w, h},
			{m.Cb, m.CStride, ceilDiv(w, x), ceilDiv(h, y)},
			{m.Cr, m.CStride, ceilDiv(w, x), ceilDiv(h, y)},
		}
	}
	return nil
}

// worstDifference is the largest difference of two planes' samples; 256 if they are not of the same size.
func worstDifference(a, b Plane) int {
	if a.Width != b.Width || a.Height != b.Height {
		return 256
	}
	worst := 0
	for y := range a.Height {
		for x := range a.Width {
			d := int(a.Pix[y*a.Stride+x]) - int(b.Pix[y*b.Stride+x])
			worst = max(worst, d, -d)
		}
	}
	return worst
}

// TestTablesOfEarlierPictures decodes pictures with different tables in turn.
func TestTablesOfEarlierPictures(t *testing.T) {
	plain := recipe{width: 40, height: 24, sampling: full, quantizer: 3}
	p := plain.code()
	data := plain.write(p)
	// The same picture with two symbols of the luma AC table exchanged, in the table only.
	swapped := bytes.Clone(data)
	at := bytes.Index(swapped, []byte(typicalLumaAC)) + 16
	swapped[at], swapped[at+1] = swapped[at+1], swapped[at]
	var d Decoder
	for range 2 {
		img, err := decode(&d, data, 1)
		if err != nil {
			t.Fatal(err)
		}
		if err := compare(img, p, 1, 1); err != nil {
			t.Fatal(err)
		}
		if img, err := decode(&d, swapped, 1); err == nil && compare(img, p, 1, 1) == nil {
			t.Fatal("a picture with another table decodes to the same")
		}
	}
	// Tables of the picture before must not serve one that leaves some of its own out.
	cut := bytes.Index(data, []byte{0xFF, mDHT})
	without := append(bytes.Clone(data[:cut]), data[cut+4+17+12:]...)
	if _, err := decode(&d, without, 1); !errors.Is(err, ErrMalformed) {
		t.Errorf("missing table: %v", err)
	}
}
