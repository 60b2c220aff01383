package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"runtime"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inceptiond/inceptiond/publish"
)

// decodeMask is what the page makes of a mask.
func decodeMask(t *testing.T, text []byte) (m maskJSON, pixels image.Image) {
	t.Helper()
	if err := json.Unmarshal(text, &m); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	pixels, err := png.Decode(bytes.NewReader(m.PNG))
	if err != nil {
		t.Fatal(err)
	}
	return m, pixels
}

// TestMaskShowsSegments paints the classes that are listed in their colours, and leaves the rest transparent.
func TestMaskShowsSegments(t *testing.T) {
	var k mask
	var p painter
	k.set(&publish.Mask{Width: 9, Height: 9, Stride: 9, Classes: make([]uint8, 81)}) // one before
	k.set(&publish.Mask{Width: 3, Height: 2, Stride: 4, Classes: []uint8{0, 15, 255, 99, 1, 2, 15, 99}, Box: [4]float64{0, 0.25, 1, 0.5}})
	m, pixels := decodeMask(t, p.paint(&k, []publish.Segment{{Index: 15}, {Index: 1}}))
	if want := []string{"#c08080", "#800000"}; !slices.Equal(m.Colours, want) || m.Box != [4]float64{0, 0.25, 1, 0.5} {
		t.Errorf("%v, %v; want %v", m.Colours, m.Box, want)
	}
	none, person, plane := color.RGBA{}, color.RGBA{192, 128, 128, 255}, color.RGBA{128, 0, 0, 255} // of Pascal VOC
	want := []color.RGBA{none, person, none, plane, none, person}
	for i, c := range want {
		if got := color.RGBAModel.Convert(pixels.At(i%3, i/3)); got != c {
			t.Errorf("pixel %d is %v, want %v", i, got, c)
		}
	}
	if pixels.Bounds().Size() != image.Pt(3, 2) {
		t.Errorf("it has %v pixels", pixels.Bounds().Size())
	}
}

// TestMaskIsSmall reduces large ones, and takes what cannot be.
func TestMaskIsSmall(t *testing.T) {
	const side = 2000
	large := &publish.Mask{Width: side, Height: 1, Stride: side, Classes: make([]uint8, side)}
	for x := side / 2; x < side; x++ {
		large.Classes[x] = 7
	}
	var k mask
	var p painter
	k.set(large)
	_, pixels := decodeMask(t, p.paint(&k, []publish.Segment{{Index: 7}}))
	if size := pixels.Bounds().Size(); size != image.Pt(maskSide, 1) {
		t.Errorf("it has %v pixels", size)
	}
	opaque := func(x int) bool { _, _, _, a := pixels.At(x, 0).RGBA(); return a > 0 }
	if opaque(maskSide/2-1) || !opaque(maskSide/2) {
		t.Error("the edge is elsewhere")
	}
	many := make([]publish.Segment, 1000)
	for i := range many {
		many[i].Index = i
	}
	if m, _ := decodeMask(t, p.paint(&k, many)); len(m.Colours) != 255 {
		t.Errorf("%d colours", len(m.Colours))
	}
	for _, none := range []*publish.Mask{nil, {}, {Width: -1, Height: 5}} {
		k.set(none)
		if text := p.paint(&k, many); text != nil {
			t.Errorf("%+v: %s", none, text)
		}
	}
	k.set(large)
	if n := testing.AllocsPerRun(10, func() { k.set(large) }); n != 0 {
		t.Errorf("%v allocations for a copy", n)
	}
}

// TestMasksCostLittle: what one takes to be encoded, more than a megabyte, is there for the next.
func TestMasksCostLittle(t *testing.T) {
	const side = 257
	m := &publish.Mask{Width: side, Height: side, Stride: side, Classes: make([]uint8, side*side)}
	for i := range m.Classes {
		m.Classes[i] = uint8(i / 16 % 7)
	}
	var k mask
	var p painter
	k.set(m)
	paint := func() { p.paint(&k, []publish.Segment{{Index: 1}, {Index: 2}}) }
	paint()
	var before, after runtime.MemStats
	const times = 20
	runtime.ReadMemStats(&before)
	for range times {
		paint()
	}
	runtime.ReadMemStats(&after)
	if each := (after.TotalAlloc - before.TotalAlloc) / times; each > 64<<10 {
		t.Errorf("%d bytes for a mask", each)
	}
}

// TestMaskBelongsToItsPicture has every frame show another class: mask, result and picture that are shown are of one frame.
func TestMaskBelongsToItsPicture(t *testing.T) {
	inStudio(t, func(r *room) {
		r.ask([]Camera{{Name: "drive"}}, false)
		synctest.Wait()
		var checked int
		for n := 1; n < 100; n++ {
			r.ask([]Camera{{Name: "drive"}}, false)
			r.camera.mu.Lock()
			r.camera.sequence, r.camera.at = uint64(n), time.Now()
			class := uint8(n)
			r.camera.watchers["drive"](r.camera.frame(), &publish.Result{
				Camera: "drive", Sequence: uint64(n), Task: publish.TaskSegment, Segments: []publish.Segment{{Index: n}},
				Mask: &publish.Mask{Width: 1, Height: 1, Stride: 1, Classes: []uint8{class}, Box: [4]float64{0, 0, 1, 1}},
			})
			r.camera.mu.Unlock()
			time.Sleep(40 * time.Millisecond)
			synctest.Wait()
			c := r.memory.news(0, time.Now(), false).Cameras[0]
			if c.Picture == nil {
				continue
			}
			var result struct{ Sequence uint64 }
			if err := json.Unmarshal(c.Result, &result); err != nil {
				t.Fatal(err)
			}
			m, _ := decodeMask(t, c.Mask)
			of := publish.ClassColour(uint8(c.Picture.Sequence))
			if want := fmt.Sprintf("#%02x%02x%02x", of.R, of.G, of.B); result.Sequence != c.Picture.Sequence || m.Colours[0] != want {
				t.Fatalf("picture %d with result %d and a mask of %v", c.Picture.Sequence, result.Sequence, m.Colours)
			}
			checked++
		}
		if checked < 90 {
			t.Errorf("%d pictures", checked)
		}
		r.camera.send() // by another model, which has no masks
		time.Sleep(time.Second)
		r.camera.send()
		synctest.Wait()
		if c := r.memory.news(0, time.Now(), false).Cameras[0]; string(c.Mask) != "null" {
			t.Errorf("a mask of the picture before: %s", c.Mask)
		}
	})
}
