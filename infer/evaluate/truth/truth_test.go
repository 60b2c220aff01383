package truth

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/infer/evaluate/coco"
)

const small = `{"info": {"year": 2017, "more": [1, {"a": [[]]}]},
"annotations": [
  {"id": 7, "image_id": 12, "category_id": 18, "bbox": [10, 20.5, 30, 40], "area": 700.25, "iscrowd": 0, "segmentation": [[1, 2, 3, 4, 5, 6]]},
  {"id": 8, "image_id": 2, "category_id": 1, "bbox": [0, 0, 5, 5], "iscrowd": 1, "segmentation": {"counts": "aab", "size": [5, 5]}}],
"images": [{"id": 12, "file_name": "b.jpg", "width": 640, "height": 480}, {"id": 2, "file_name": "a.jpg"}],
"categories": [{"id": 1, "name": "person"}, {"id": 18, "name": "dog", "supercategory": "animal"}]}`

// TestCOCO: whatever the order of the lists, each annotation belongs to its picture, and pictures come by number.
func TestCOCO(t *testing.T) {
	s, err := COCO(strings.NewReader(small), false)
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(s.Classes); got != "[{person 0} {dog 17}]" {
		t.Errorf("classes %s", got)
	}
	if len(s.Pictures) != 2 || s.Pictures[0].File != "a.jpg" || s.Pictures[1].Width != 640 || s.Pictures[0].Height != 0 {
		t.Fatalf("%+v", s.Pictures)
	}
	if o := s.Pictures[0].Objects; len(o) != 1 || !o[0].Crowd || o[0].Area != 25 || o[0].Class != 0 {
		t.Errorf("%+v", o)
	}
	if o := s.Pictures[1].Objects; len(o) != 1 || o[0].Crowd || o[0].Area != 700.25 || o[0].Class != 1 || o[0].Box != (coco.Box{X: 10, Y: 20.5, Width: 30, Height: 40}) {
		t.Errorf("%+v", o)
	}
}

// body is a list of keypoints in JSON, the first of which are known.
func body(known int) string {
	var list []string
	for i := range coco.Keypoints {
		v := 0
		if i < known {
			v = 2
		}
		list = append(list, fmt.Sprintf("%d,%d,%d", 10+i, 20+i, v))
	}
	return "[" + strings.Join(list, ",") + "]"
}

func TestCOCOBodies(t *testing.T) {
	text := strings.Replace(small, `"area": 700.25,`, `"area": 700.25, "keypoints": `+body(3)+`, "num_keypoints": 3,`, 1)
	text = strings.Replace(text, `"bbox": [0, 0, 5, 5],`, `"bbox": [0, 0, 5, 5], "keypoints": `+body(0)+`,`, 1)
	s, err := COCO(strings.NewReader(text), true)
	if err != nil {
		t.Fatal(err)
	}
	o := s.Pictures[1].Objects[0]
	if o.Labeled != 3 || o.Body.Points[2] != (coco.Point{X: 12, Y: 22, Labeled: true}) || o.Body.Points[3].Labeled || o.Body.Area != 700.25 {
		t.Errorf("%+v", o.Body)
	}
	if o := s.Pictures[0].Objects[0]; o.Labeled != 0 || o.Body == nil {
		t.Errorf("%+v", o)
	}
	if _, err := COCO(strings.NewReader(small), true); err == nil || !strings.Contains(err.Error(), "annotations: number 1: id 7: keypoints have 0 numbers (want 51") {
		t.Errorf("without keypoints: %v", err)
	}
}

// TestCOCORefuses: what is wrong is said, and where.
func TestCOCORefuses(t *testing.T) {
	edit := func(old, new string) string {
		if !strings.Contains(small, old) {
			t.Fatalf("no %s", old)
		}
		return strings.Replace(small, old, new, 1)
	}
	for _, c := range []struct{ text, says string }{
		{"", "EOF"},
		{"[]", "it begins with [ (want an object with images, annotations and categories)"},
		{"{}", `there is no list "images": are these instances?`},
		{small[:300], "EOF"},
		{edit(`"images": [`, `"images": {}, "x": [`), "images: it begins with { (want a list)"},
		{edit(`"images": [`, `"images": [], "images": [`), "images: it is there twice"},
		{edit(`"image_id": 12`, `"image_id": 13`), "annotations: number 1 is of image 13, which is not there"},
		{edit(`"category_id": 18`, `"category_id": 19`), "annotations: number 1 is of category 19, which is not there"},
		{edit(`"image_id": 12, `, ``), "annotations: number 1: id 7: it has no image_id"},
		{edit(`[0, 0, 5, 5]`, `[0, 0, 5]`), "annotations: number 2: id 8: bbox has 3 numbers"},
		{edit(`[0, 0, 5, 5]`, `[0, 0, -5, 5]`), "id 8: its box is -5 wide and 5 high"},
		{edit(`[0, 0, 5, 5]`, `[0, 0, 1e300, 5]`), "id 8: its box has 1e+300"},
		{edit(`[0, 0, 5, 5]`, `[0, 0, 1e999, 5]`), "number 2: json: cannot unmarshal number 1e999"},
		{edit(`[0, 0, 5, 5]`, `[0, 0, NaN, 5]`), "invalid character 'N'"},
		{edit(`700.25`, `-3`), "id 7: its area is -3"},
		{edit(`"iscrowd": 1`, `"iscrowd": "no"`), `iscrowd is "no" (want 0 or 1)`},
		{edit(`{"id": 2,`, `{"id": 12,`), "images: number 2: id 12 is there twice"},
		{edit(`{"id": 18,`, `{"id": 1,`), "categories: number 2: id 1 is there twice"},
		{edit(`"width": 640`, `"width": -640`), "id 12: it is -640 wide and 480 high"},
		{edit(`"info": {`, `"info": {"deep": `+strings.Repeat("[", 20000)), "info: more than 1000 lists and objects in each other"},
	} {
		s, err := COCO(strings.NewReader(c.text), false)
		if err == nil || !strings.Contains(err.Error(), c.says) || s != nil {
			t.Errorf("%.60q: %v (want %q)", c.text, err, c.says)
		}
	}
	var many bytes.Buffer
	many.WriteString(`{"images":[{"id":1}],"categories":[{"id":1,"name":"a"}],"annotations":[`)
	for i := range maxIn + 1 {
		fmt.Fprintf(&many, `{"image_id":1,"category_id":1,"bbox":[%d,0,1,1]},`, i)
	}
	many.WriteString(`{"image_id":1,"category_id":1,"bbox":[0,0,1,1]}]}`)
	if _, err := COCO(&many, false); err == nil || !strings.Contains(err.Error(), "image 1: more than 10000 objects in one picture") {
		t.Errorf("many: %v", err)
	}
}

func TestYOLO(t *testing.T) {
	var s Set
	if err := s.YOLO("16 0.5 0.5 0.2 0.4\n\n 3 0.1 0.1 0.3 0.1 0.3 0.6\r\n16 0.25 0.25 0.1 0.1\n"); err != nil {
		t.Fatal(err)
	}
	if err := s.YOLO(""); err != nil || len(s.Pictures) != 2 || len(s.Pictures[1].Objects) > 0 {
		t.Errorf("%v, %+v", err, s.Pictures)
	}
	if got := fmt.Sprint(s.Classes); got != "[{ 16} { 3}]" {
		t.Errorf("%s", got)
	}
	p := s.Pictures[0]
	for i, want := range []coco.Box{{X: .4, Y: .3, Width: .2, Height: .4}, {X: .1, Y: .1, Width: .2, Height: .5}, {X: .2, Y: .2, Width: .1, Height: .1}} {
		o := p.Objects[i]
		if math.Abs(o.Box.X-want.X)+math.Abs(o.Box.Y-want.Y)+math.Abs(o.Box.Width-want.Width)+math.Abs(o.Box.Height-want.Height) > 1e-12 || o.Class != i%2 || !p.Fractions {
			t.Errorf("%d: %+v, want %+v", i, o, want)
		}
	}
	for text, says := range map[string]string{
		"dog 0.5 0.5 0.2 0.4":                `line 1: "dog" is no number of a class`,
		"\n-1 0.5 0.5 0.2 0.4":               `line 2: "-1" is no number of a class`,
		"1 320 240 100 100":                  `line 1: "320" is no fraction of the picture`,
		"1 NaN 0.5 0.5 0.5":                  `"NaN" is no fraction`,
		"1 0.5 0.5 0.5":                      "3 numbers after the class (want 4 for a box",
		"1 0.5 0.5 0.5 0.5 0.9":              "5 numbers after the class",
		"1 0.5 0.5 -0.5 0.5":                 "its box is -0.5 wide",
		strings.Repeat("1 0 0 0 0\n", 10001): "line 10001: more than 10000 objects",
	} {
		if err := new(Set).YOLO(text); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%.40q: %v (want %q)", text, err, says)
		}
	}
	var named Set
	named.Names("cat\r\ndog\n")
	if err := named.YOLO("1 0.5 0.5 0.2 0.4 " + strings.Repeat("0.5 0.5 2 ", 17)); err != nil {
		t.Fatal(err)
	}
	if o := named.Pictures[0].Objects[0]; o.Class != 1 || named.Classes[1].Name != "dog" || o.Labeled != 17 {
		t.Errorf("%+v of %v", o, named.Classes)
	}
}

const drawn = `<?xml version="1.0"?><!-- <object> --><annotation verified="yes"><folder>x</folder><size><width>500</width><height>375</height><depth>3</depth></size>
<object><name>dog &amp; cat</name><pose/><difficult>0</difficult><part><name>head</name><bndbox><xmin>1</xmin></bndbox></part>
 <bndbox><xmin>48</xmin><ymin>240.5</ymin><xmax>195</xmax><ymax>371</ymax></bndbox></object>
<object><bndbox><xmax>2</xmax><xmin>1</xmin><ymin>1</ymin><ymax>2</ymax></bndbox><difficult>1</difficult><name>person</name></object></annotation>`

func TestVOC(t *testing.T) {
	var s Set
	if err := s.VOC(drawn); err != nil {
		t.Fatal(err)
	}
	p := s.Pictures[0]
	if p.Width != 500 || p.Height != 375 || len(p.Objects) != 2 || s.Classes[0].Name != "dog & cat" || s.Classes[1].Name != "person" {
		t.Fatalf("%+v, %v", p, s.Classes)
	}
	if o := p.Objects[0]; o.Box != (coco.Box{X: 47, Y: 239.5, Width: 148, Height: 131.5}) || o.Difficult {
		t.Errorf("%+v", o)
	}
	if o := p.Objects[1]; o.Box != (coco.Box{Width: 2, Height: 2}) || !o.Difficult || o.Class != 1 {
		t.Errorf("%+v", o)
	}
	edit := func(old, new string) string { return strings.Replace(drawn, old, new, 1) }
	for _, c := range []struct{ text, says string }{
		{"", "no element <annotation>"},
		{"<html></html>", "no element <annotation>"},
		{"<annotation>", "<annotation> does not end"},
		{"<annotation><object></annotation>", "</annotation> ends nothing"},
		{edit("<xmin>48</xmin>", ""), `object "dog & cat" has no <xmin>`},
		{edit("<xmin>48", "<xmin>much"), `<xmin> is "much" (want a number)`},
		{edit("<xmin>48", "<xmin>NaN"), `<xmin> is "NaN"`},
		{edit("<xmax>195", "<xmax>5"), "its box is -42 wide"},
		{edit("<name>person</name>", ""), "an object has no <name>"},
		{edit("<pose/>", "<![CDATA[x]]>"), "CDATA"},
		{strings.Repeat("<a>", 40), "more than 32 elements"},
		{drawn[:len(drawn)-4], "does not end"},
	} {
		if err := new(Set).VOC(c.text); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%.60q: %v (want %q)", c.text, err, c.says)
		}
	}
}

// encoded is a picture as PNG.
func encoded(t testing.TB, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestMask(t *testing.T) {
	want := []uint8{0, 1, 2, 15, 255, 3}
	r := image.Rect(0, 0, 3, 2)
	palette := make(color.Palette, 256)
	for i := range palette {
		palette[i] = color.RGBA{uint8(i * 7), uint8(i * 3), uint8(i), 255}
	}
	indexed, plain, coloured := image.NewPaletted(r, palette), image.NewGray(r), image.NewRGBA(r)
	for i, v := range want {
		indexed.Pix[i], plain.Pix[i] = v, v
		coloured.Set(i%3, i/3, color.Gray{v})
	}
	few := image.NewPaletted(r, palette[:4]) // 2 bits a pixel
	copy(few.Pix, []uint8{0, 1, 2, 3, 0, 1})
	for name, c := range map[string]struct {
		img  image.Image
		want []uint8
	}{"palette": {indexed, want}, "grey": {plain, want}, "grey in colours": {coloured, want}, "few": {few, few.Pix}} {
		m, err := ReadMask(encoded(t, c.img))
		if err != nil || m.Width != 3 || m.Height != 2 || !slices.Equal(m.Classes, c.want) {
			t.Errorf("%s: %+v, %v", name, m, err)
		}
	}
	// A grey PNG of 2 bits: levels 0 to 3, which image/png spreads.
	if m, err := ReadMask([]byte(twoBits)); err != nil || !slices.Equal(m.Classes, []uint8{0, 1, 2, 3}) {
		t.Errorf("two bits: %+v, %v", m, err)
	}
	coloured.Set(1, 1, color.RGBA{128, 0, 0, 255})
	for name, c := range map[string]struct {
		data []byte
		says string
	}{
		"colours": {encoded(t, coloured), "its pixels are colours (want a palette, or grey"},
		"16 bits": {encoded(t, image.NewGray16(r)), "it has 16 bits"},
		"text":    {[]byte("a mask, or so it says"), "not a PNG file (want a PNG)"},
		"cut":     {encoded(t, indexed)[:60], "EOF"},
	} {
		if _, err := ReadMask(c.data); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := ReadMask([]byte(huge(t))); err == nil || !strings.Contains(err.Error(), "too many") {
		t.Errorf("huge: %v", err)
	}
}

func FuzzCOCO(f *testing.F) {
	f.Add([]byte(small))
	f.Add([]byte(`{"images":[{"id":"x"}],"categories":[],"annotations":[{"image_id":"x"}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, bodies := range []bool{false, true} {
			s, err := COCO(bytes.NewReader(data), bodies)
			if (s == nil) == (err == nil) {
				t.Fatalf("%v, %v", s, err)
			}
			hold(t, s)
		}
	})
}

// hold is what is true of every set.
func hold(t *testing.T, s *Set) {
	t.Helper()
	if s == nil {
		return
	}
	for _, p := range s.Pictures {
		for _, o := range p.Objects {
			if o.Class < 0 || o.Class >= len(s.Classes) || check(o.Box) != nil || !(o.Area >= 0) {
				t.Fatalf("%+v of %d classes", o, len(s.Classes))
			}
		}
	}
}

func FuzzTexts(f *testing.F) {
	f.Add(drawn)
	f.Add("1 0.5 0.5 0.1 0.1\n2 0 0 1 0 1 1")
	f.Fuzz(func(t *testing.T, text string) {
		var yolo, voc Set
		if yolo.YOLO(text) == nil {
			hold(t, &yolo)
		}
		if voc.VOC(text) == nil {
			hold(t, &voc)
		}
	})
}

func FuzzMask(f *testing.F) {
	f.Add(encoded(f, image.NewGray(image.Rect(0, 0, 3, 2))))
	f.Add(encoded(f, image.NewPaletted(image.Rect(0, 0, 3, 2), color.Palette{color.Black, color.White})))
	f.Add([]byte(twoBits))
	f.Fuzz(func(t *testing.T, data []byte) {
		if c, err := png.DecodeConfig(bytes.NewReader(data)); err == nil && (c.Width > 1000 || c.Height > 1000) {
			return // much memory, and nothing new
		}
		if m, err := ReadMask(data); err == nil && len(m.Classes) != m.Width*m.Height {
			t.Errorf("%d of %d x %d pixels", len(m.Classes), m.Width, m.Height)
		}
	})
}
