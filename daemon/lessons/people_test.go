package lessons

import (
	"slices"
	"testing"

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
