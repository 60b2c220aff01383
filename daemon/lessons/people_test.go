package lessons

import (
	"bytes"
	"errors"
	"image"
	"slices"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/infer/engines"
	"github.com/inceptiond/inceptiond/publish/web"
)

// A name on the model of a camera that gives embeddings is one of people, and is taught in the same way: its classes are people.
func TestPeopleLesson(t *testing.T) {
	l, s := begun(t)
	if is, err := l.Lesson(t.Context(), "gate"); err != nil || is.Kind != web.LessonClasses {
		t.Errorf("%+v, %v", is, err)
	}
	if err := l.RemoveLesson(t.Context(), "gate"); err != nil {
		t.Fatal(err)
	}
	o := engines.Options{File: s.plan.Models["net"].File, Task: "embed", People: s.plan.Teach.Folder + "/gate/current", MaxDistance: 0.4}
	s.plan.Models["net"] = o
	if err := l.NewLesson(t.Context(), "gate", "drive"); err != nil {
		t.Fatal(err)
	}
	for _, who := range []string{"anna", "bert"} {
		take(t, l, web.Place{Shelf: web.ShelfPictures, Class: who}, 3)
	}
	is := trained(t, l)
	if is.Kind != web.LessonPeople || !slices.Equal(is.Cameras, []string{"drive"}) || len(is.Classes) != 2 || is.Newest == nil || !slices.Equal(is.Newest.Classes, []string{"anna", "bert"}) {
		t.Errorf("%+v", is)
	}
	if err := l.Use(t.Context(), "gate", is.Newest.ID, true); err != nil || s.taken != 1 {
		t.Errorf("%d taken over: %v", s.taken, err)
	}
	list, total, err := l.ListSamples(t.Context(), "gate", web.SampleQuery{Place: web.Place{Shelf: web.ShelfPictures}, Limit: 10})
	if err != nil || total != 6 || len(list) != 6 {
		t.Errorf("%d pictures: %v", total, err)
	}
	if err := l.Forget(t.Context(), "gate", "anna"); err != nil {
		t.Fatal(err)
	}
	if is, err := l.Lesson(t.Context(), "gate"); err != nil || is.Current != nil || len(is.Classes) != 1 {
		t.Errorf("%+v, %v", is, err)
	}
}

// What is in a box of a camera's picture is taken with a little around it, in the proportions of the input of the base.
func TestAddObject(t *testing.T) {
	l, _ := begun(t)
	frame := &capture.Frame{Format: capture.Packed(capture.GREY, 400, 200), Time: time.Unix(5, 0)}
	frame.Pix = make([]byte, 400*200)
	for y := 50; y < 150; y++ {
		for x := 300; x < 350; x++ {
			frame.Pix[y*400+x] = 255
		}
	}
	to := web.Place{Shelf: web.ShelfPictures, Class: "a"}
	added, err := l.AddObject(t.Context(), "gate", "drive", picture.Of(frame), [4]float64{0.75, 0.25, 0.125, 0.5}, to)
	if err != nil || !added.Fresh {
		t.Fatalf("%+v, %v", added, err)
	}
	data, err := l.ReadSample(t.Context(), "gate", added.ID)
	if err != nil {
		t.Fatal(err)
	}
	m, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	bounds, bright := m.Bounds(), 0 // 100 pixels high, and a quarter of that above and below
	for y := range bounds.Dy() {
		for x := range bounds.Dx() {
			if r, _, _, _ := m.At(x, y).RGBA(); r > 0x8000 {
				bright++
			}
		}
	}
	if share := float64(bright) / float64(bounds.Dx()*bounds.Dy()); bounds.Dx() != bounds.Dy() || share < 0.2 || share > 0.25 {
		t.Errorf("%v, of which %.2f shows the object", bounds, share)
	}
	if list, _, err := l.ListSamples(t.Context(), "gate", web.SampleQuery{Place: to, Limit: 5}); err != nil || len(list) != 1 || list[0].Camera != "drive" || !list[0].Time.Equal(frame.Time) {
		t.Errorf("%+v, %v", list, err)
	}
	if _, err := l.AddObject(t.Context(), "nothing", "drive", picture.Of(frame), [4]float64{0, 0, 1, 1}, to); !errors.Is(err, web.ErrNone) {
		t.Errorf("no such name: %v", err)
	}
}
