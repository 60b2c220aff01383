package jpeg

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// frameOnly is a picture that ends after its frame header, with sampling factors as in the file.
func frameOnly(precision byte, w, h int, sampling ...byte) []byte {
	body := []byte{precision, byte(h >> 8), byte(h), byte(w >> 8), byte(w), byte(len(sampling))}
	for i, s := range sampling {
		body = append(body, byte(i+1), s, 0)
	}
	return append([]byte{0xFF, mSOI, 0xFF, mSOF0, 0, byte(len(body) + 2)}, body...)
}

// replace replaces the only occurrence of a string.
func replace(t *testing.T, data []byte, from, to string) []byte {
	t.Helper()
	if n := bytes.Count(data, []byte(from)); n != 1 {
		t.Fatalf("%q occurs %d times", from, n)
	}
	return bytes.Replace(data, []byte(from), []byte(to), 1)
}

func TestRefused(t *testing.T) {
	r := recipe{width: 61, height: 43, sampling: both, quantizer: 3, restart: 2}
	good := r.write(r.code())
	app := func(marker byte, body string) []byte {
		segment := append([]byte{0xFF, marker, 0, byte(len(body) + 2)}, body...)
		return append(append(bytes.Clone(good[:2]), segment...), good[2:]...)
	}
	adobe := "Adobe\x00\x64\x00\x00\x00\x00"
	jfif := app(mAPP0, "JFIF\x00\x01\x02")
	ids := []byte{0x22, 0, 2, 0x11, 0, 3, 0x11, 0, 0xFF}
	rgb := recipe{width: 16, height: 16, sampling: both, quantizer: 3, ids: []byte("RGB")}
	twice := recipe{width: 16, height: 16, sampling: both, quantizer: 3, scans: [][]int{{0}, {0}}}
	missing := recipe{width: 16, height: 16, sampling: both, quantizer: 3, scans: [][]int{{0}, {1}}}
	quarter := recipe{width: 61, height: 43, sampling: [][2]int{{4, 1}, {1, 1}, {1, 1}}, quantizer: 3}
	uneven := recipe{width: 61, height: 43, sampling: [][2]int{{2, 2}, {1, 2}, {1, 1}}, quantizer: 3}
	for _, c := range []struct {
		name string
		data []byte
		want error // nil: decodes
	}{
		{"good", good, nil},
		{"empty", nil, ErrMalformed},
		{"no start", good[2:], ErrMalformed},
		{"only start", good[:2], ErrMalformed},
		{"baseline as progressive", replace(t, good, "\xFF\xC0", "\xFF\xC2"), ErrMalformed},
		{"lossless", replace(t, good, "\xFF\xC0", "\xFF\xC3"), ErrUnsupported},
		{"hierarchical", replace(t, good, "\xFF\xC0", "\xFF\xC5"), ErrUnsupported},
		{"hierarchical, arithmetic", replace(t, good, "\xFF\xC0", "\xFF\xCE"), ErrUnsupported},
		{"lossless, arithmetic", replace(t, good, "\xFF\xC0", "\xFF\xCB"), ErrUnsupported},
		{"JPEG-LS", replace(t, good, "\xFF\xC0", "\xFF\xF7"), ErrUnsupported},
		{"12 bits", frameOnly(12, 61, 43, 0x11), ErrUnsupported},
		{"two components", frameOnly(8, 61, 43, 0x11, 0x11), ErrUnsupported},
		{"cmyk", frameOnly(8, 61, 43, 0x11, 0x11, 0x11, 0x11), ErrMalformed},
		{"five components", frameOnly(8, 61, 43, 0x11, 0x11, 0x11, 0x11, 0x11), ErrUnsupported},
		{"height to follow", frameOnly(8, 61, 0, 0x11), ErrUnsupported},
		{"no width", frameOnly(8, 0, 43, 0x11), ErrMalformed},
		{"no components", frameOnly(8, 61, 43), ErrMalformed},
		{"sampling factor 0", frameOnly(8, 61, 43, 0x10), ErrMalformed},
		{"sampling factor 5", frameOnly(8, 61, 43, 0x51), ErrMalformed},
		{"too many pixels", frameOnly(8, 65535, 65535, 0x22, 0x11, 0x11), ErrUnsupported},
		{"pixels without data", frameOnly(8, 8000, 8000, 0x22, 0x11, 0x11), ErrMalformed},
		{"411", quarter.write(quarter.code()), nil},
		{"uneven chroma", uneven.write(uneven.code()), nil},
		{"rgb names", rgb.write(rgb.code()), nil},
		{"adobe rgb", app(mAPP14, adobe+"\x00"), nil},
		{"adobe", app(mAPP14, adobe+"\x01"), nil},
		{"jfif", jfif, nil},
		{"component twice", replace(t, good, string(ids), "\x22\x00\x01\x11\x00\x03\x11\x00\xFF"), ErrMalformed},
		{"quantization table 4", replace(t, good, string(ids), "\x22\x04\x02\x11\x00\x03\x11\x00\xFF"), ErrMalformed},
		{"quantization table 1", replace(t, good, string(ids), "\x22\x01\x02\x11\x00\x03\x11\x00\xFF"), ErrMalformed},
		{"scan twice", twice.write(twice.code()), ErrMalformed},
		{"scan missing", missing.write(missing.code()), ErrMalformed},
		{"scan of another", replace(t, good, "\x03\x01\x00\x02\x11\x03\x11", "\x03\x01\x00\x09\x11\x03\x11"), ErrMalformed},
		{"table not there", replace(t, good, "\x03\x01\x00\x02\x11\x03\x11", "\x03\x01\x20\x02\x11\x03\x11"), ErrMalformed},
		{"scan header", replace(t, good, "\x03\x01\x00\x02\x11\x03\x11", "\x02\x01\x00\x02\x11\x03\x11"), ErrMalformed},
		{"restarts out of order", replace(t, good, "\xFF\xD3", "\xFF\xD4"), ErrMalformed},
		{"restart lost", replace(t, good, "\xFF\xD3", ""), ErrMalformed},
		{"restart interval", replace(t, good, "\xFF\xDD\x00\x04\x00\x02", "\xFF\xDD\x00\x04\x00\x03"), ErrMalformed},
		{"too many codes", replace(t, good, typicalLumaDC[:3], "\x03\x01\x05"), ErrMalformed},
		{"no such code", replace(t, good, typicalLumaDC, typicalLumaDC[:16]+strings.Repeat("\x0C", 12)), ErrMalformed},
		{"second picture", replace(t, good, "\xFF\xDA", "\xFF\xD8\xFF\xDA"), ErrMalformed},
		{"second frame", append(bytes.Clone(frameOnly(8, 61, 43, 0x11)), frameOnly(8, 61, 43, 0x11)[2:]...), ErrMalformed},
	} {
		t.Run(c.name, func(t *testing.T) {
			var d Decoder
			var img Image
			for _, scale := range []int{1, 8} {
				if err := d.Decode(&img, c.data, scale); !errors.Is(err, c.want) {
					t.Errorf("scale %d: %v", scale, err)
				}
			}
			if n := cap(img.memory); n > 1<<20 {
				t.Errorf("%d bytes of planes", n)
			}
		})
	}
	if _, err := decode(new(Decoder), good, 3); !errors.Is(err, ErrUnsupported) {
		t.Errorf("scale 3: %v", err)
	}
}

// TestCutShort cuts pictures anywhere, as a camera that lost data does: with nothing after the cut, with the zeros of a
// cleared buffer, with an end marker.
func TestCutShort(t *testing.T) {
	for _, restart := range []int{0, 2} {
		r := recipe{width: 36, height: 20, sampling: both, quantizer: 25, restart: restart, noHuffman: true}
		data := r.write(r.code())
		data = data[:len(data)-2] // without the end marker
		var d Decoder
		if _, err := decode(&d, data, 1); err != nil {
			t.Fatal(err)
		}
		scan := bytes.Index(data, []byte{0xFF, mSOS}) + 14
		for n := range data {
			for _, tail := range []string{"", string(make([]byte, 5000)), "\xFF\xD9"} {
				cut := append(data[:n:n], tail...)
				for _, scale := range []int{1, 2, 8} {
					_, err := decode(&d, cut, scale)
					if err := wantCut(err, n >= scan); err != nil {
						t.Fatalf("restart %d: %d of %d bytes and %d, scale %d: %v", restart, n, len(data), len(tail), scale, err)
					}
				}
			}
		}
	}
}

// wantCut says what is wrong with an error for a picture cut short within its header or its data.
func wantCut(err error, data bool) error {
	if errors.Is(err, ErrMalformed) || !data && errors.Is(err, ErrUnsupported) {
		return nil
	}
	return fmt.Errorf("error %v", err)
}
