package jpeg

import (
	"bytes"
	"errors"
	stdjpeg "image/jpeg"
	"slices"
	"testing"
)

// TestStandalone: pictures of all kinds come out as they are, or complete, and image/jpeg takes them.
func TestStandalone(t *testing.T) {
	var d Decoder
	for _, r := range recipes {
		data := r.write(r.code())
		want, err := decode(&d, data, 1)
		if err != nil {
			t.Fatal(err)
		}
		out, err := Standalone([]byte("before"), data)
		if errors.Is(err, ErrUnsupported) && r.name == "444 as 2x2" { // which image/jpeg does not take
			continue
		}
		file, kept := bytes.CutPrefix(out, []byte("before"))
		if err != nil || !kept {
			t.Errorf("%s: %v, %.10q", r.name, err, out)
			continue
		}
		if same := bytes.Equal(file, data); same != !(r.noHuffman || r.noEnd || r.fillBytes) {
			t.Errorf("%s: it came out as it was: %t", r.name, same)
		}
		got, err := decode(&d, file, 1)
		if err == nil {
			err = samePlanes(got, want)
		}
		if err != nil {
			t.Errorf("%s: %v", r.name, err)
		}
		var lacks stdjpeg.UnsupportedError // odd factors of a grey picture, which mean nothing
		if _, err := stdjpeg.Decode(bytes.NewReader(file)); err != nil && !errors.As(err, &lacks) {
			t.Errorf("%s: image/jpeg: %v", r.name, err)
		}
	}
}

// TestStandaloneWithoutTables: the tables that are added are those that an encoder which uses the typical ones writes.
func TestStandaloneWithoutTables(t *testing.T) {
	r := recipe{width: 61, height: 43, sampling: across, quantizer: 3}
	p := r.code()
	want := r.write(p)
	r.noHuffman = true
	data := r.write(p)
	if _, err := stdjpeg.Decode(bytes.NewReader(data)); err == nil {
		t.Fatal("image/jpeg knows the tables itself: this test says nothing")
	}
	out, err := Standalone(nil, data)
	if err != nil {
		t.Fatal(err)
	}
	got, err := stdjpeg.Decode(bytes.NewReader(out))
	if err != nil {
		t.Fatal(err)
	}
	whole, err := stdjpeg.Decode(bytes.NewReader(want))
	if err != nil {
		t.Fatal(err)
	}
	a, b := standardPlanes(got), standardPlanes(whole)
	for i := range a {
		if worstDifference(a[i], b[i]) != 0 {
			t.Errorf("component %d differs", i)
		}
	}
	if n := len(out) - len(data); n != 420 {
		t.Errorf("%d bytes more, want those of one segment", n)
	}
}

// TestStandaloneCleans: what belongs to nothing is left out.
func TestStandaloneCleans(t *testing.T) {
	for _, coding := range []string{"baseline", "progressive"} {
		data, other := readCoded(t, "420", coding), readCoded(t, "444", coding)
		thumbnail := withThumbnail(data, other)
		for name, c := range map[string]struct{ data, want []byte }{
			"as it is":      {data, data},
			"line break":    {append([]byte("\r\n"), data...), data},
			"stray bytes":   {strew(data, "\xFF\x34\x56\x78"), data},
			"stray markers": {strew(data, "\xFF\x01"), data},
			"begun twice":   {append(bytes.Clone(data[:20]), data...), data},
			"begun thrice":  {append(append(bytes.Clone(data[:2]), data[:20]...), data...), data},
			"second":        {append(bytes.Clone(data), other...), data},
			"no end":        {data[:len(data)-2], data},
			"no end, next":  {append(bytes.Clone(data[:len(data)-2]), other...), data},
			"thumbnail":     {thumbnail, thumbnail},
			"zeros behind":  {append(bytes.Clone(data), make([]byte, 5000)...), data},
		} {
			if got, err := Standalone(nil, c.data); err != nil || !bytes.Equal(got, c.want) {
				t.Errorf("%s, %s: %d bytes, want %d (%v)", coding, name, len(got), len(c.want), err)
			}
		}
	}
}

func TestStandaloneRefuses(t *testing.T) {
	baseline := readCoded(t, "420", "baseline")
	four := recipe{width: 20, height: 20, sampling: [][2]int{{1, 1}, {1, 1}, {1, 1}, {2, 2}}, quantizer: 9}
	for name, c := range map[string]struct {
		data        []byte
		unsupported bool
	}{
		"arithmetic":  {readCoded(t, "420", "arithmetic"), true},
		"CMYK":        {four.write(four.code()), true},
		"12 bits":     {frameOnly(12, 8, 8, 0x11), true},
		"nothing":     {nil, false},
		"text":        {[]byte("no picture"), false},
		"start alone": {baseline[:2], false},
		"ends early":  {[]byte{0xFF, mSOI, 0xFF, mEOI}, false},
		"header only": {baseline[:200], false},
		"scan first":  {[]byte{0xFF, mSOI, 0xFF, mSOS, 0, 2, 0}, false},
	} {
		out, err := Standalone([]byte("before"), c.data)
		if err == nil || string(out) != "before" || errors.Is(err, ErrUnsupported) != c.unsupported {
			t.Errorf("%s: %v, %.20q", name, err, out)
		}
	}
}

// FuzzStandalone: what can be decoded is the same afterwards, and does not change any more.
func FuzzStandalone(f *testing.F) {
	for _, r := range recipes {
		r.width, r.height = min(r.width, 40), min(r.height, 24)
		f.Add(r.write(r.code()))
	}
	for _, coding := range codings {
		data := readCoded(f, "420", coding)
		f.Add(data)
		f.Add(strew(data, "\xFF\x01"))
		f.Add(append(bytes.Clone(data[:20]), data...))
	}
	var d Decoder
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<16 {
			t.Skip()
		}
		out, err := Standalone(nil, data)
		if err != nil {
			if out != nil {
				t.Fatal("an error, and something")
			}
			return
		}
		again, err := Standalone(nil, out)
		if err != nil || !bytes.Equal(again, out) {
			t.Fatalf("not the same once more: %v", err)
		}
		h, err := d.Header(data)
		if err != nil || h.Memory[0] > 1<<20 {
			t.Skip()
		}
		want, err := decode(&d, data, 1)
		if err != nil {
			return
		}
		got, err := decode(&d, out, 1)
		if err == nil {
			err = samePlanes(got, want)
		}
		if err != nil {
			t.Fatal(err)
		}
	})
}

// TestBare: pictures of all kinds have the same samples without what decoding does not need.
func TestBare(t *testing.T) {
	var d Decoder
	note := []byte("\xff\xfe\x00\x08secret\xff\xe1\x00\x08secret\xff\xe2\x00\x08secret\xff\xef\x00\x08secret")
	for _, r := range recipes {
		data := r.write(r.code())
		want, err := decode(&d, data, 1)
		if err != nil {
			t.Fatal(err)
		}
		dirty := slices.Concat(data[:2], note, data[2:])
		if !r.noEnd { // else it might be coded data
			dirty = append(dirty, "secret"...)
		}
		out, err := Bare([]byte("before"), dirty)
		file, kept := bytes.CutPrefix(out, []byte("before"))
		if err != nil || !kept || bytes.Contains(file, []byte("secret")) {
			t.Errorf("%s: %v, %.20q", r.name, err, out)
			continue
		}
		got, err := decode(&d, file, 1)
		if err == nil {
			err = samePlanes(got, want)
		}
		if err != nil {
			t.Errorf("%s: %v", r.name, err)
		}
		if again, err := Bare(nil, file); err != nil || !bytes.Equal(again, file) {
			t.Errorf("%s: a bare one changes: %v", r.name, err)
		}
	}
}

// FuzzBare: what can be decoded can be decoded bare, to the same samples.
func FuzzBare(f *testing.F) {
	for _, r := range recipes {
		f.Add(r.write(r.code()))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if w, h, err := Size(data); err != nil || w*h > 1<<16 {
			return
		}
		var d, e Decoder
		want, err := decode(&d, data, 1)
		if err != nil {
			return
		}
		file, err := Bare(nil, data)
		if err != nil {
			return // then what was decoded is kept
		}
		got, err := decode(&e, file, 1)
		if err == nil {
			err = samePlanes(got, want)
		}
		if err != nil {
			t.Error(err)
		}
	})
}
