package service

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image/jpeg"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/daemon/control"
	"github.com/inceptiond/inceptiond/publish"
	"github.com/inceptiond/inceptiond/publish/publishtest"
	"github.com/inceptiond/inceptiond/publish/web"
)

// pupil is a Teacher that notes what it is told, and has one lesson.
type pupil struct {
	web.Teacher
	school School

	mu     sync.Mutex
	lesson web.Lesson
	told   []string
	closed bool
}

func (p *pupil) Lesson(_ context.Context, name string) (web.Lesson, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if name != p.lesson.Name {
		return web.Lesson{}, fmt.Errorf("nothing is called %s: %w", name, web.ErrNone)
	}
	return p.lesson, nil
}

func (p *pupil) note(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.told = append(p.told, fmt.Sprintf(format, args...))
}

func (p *pupil) Take(_ context.Context, name string, t web.Take, to web.Place) (web.Added, error) {
	p.note("take %d of %s for %s: %s", t.Count, t.Camera, name, to.Class)
	if to.Class == "full" {
		return web.Added{}, &web.Refused{Reasons: []string{"there is no room", "delete some"}}
	}
	return web.Added{}, nil
}

func (p *pupil) Train(_ context.Context, name string, _ web.TrainOptions) error {
	p.note("train %s", name)
	return nil
}

func (p *pupil) Written() int64 { return 42 }

func (p *pupil) Close() error {
	p.closed = true
	return nil
}

// startSchool starts a service with a teacher.
func startSchool(t *testing.T, text string) (*atWork, *pupil) {
	t.Helper()
	p := &pupil{lesson: web.Lesson{Name: "gate", Classes: []web.LessonClass{{Label: "open", Pictures: 3, Copies: 1}}}}
	t.Cleanup(func() {
		if !p.closed {
			t.Error("the teacher was not closed")
		}
	})
	return startServiceWith(t, text, Options{NewTeacher: func(s School, _ *zap.Logger) Teacher {
		p.school = s
		return p
	}}), p
}

// lessons are what was told of a camera's, in short.
func (a *atWork) lessons(camera string) (list []string) {
	for _, m := range a.record.Messages() {
		if l, ok := m.(publish.Teach); ok && l.Camera == camera {
			list = append(list, fmt.Sprintf("%s %s %s %d %d %.2f %s", l.Name, l.Version, l.State, l.Pictures(), l.Inbox, l.Progress, l.Reason))
		}
	}
	return list
}

func (a *atWork) lastLesson(camera string) string {
	list := a.lessons(camera)
	if len(list) == 0 {
		return ""
	}
	return list[len(list)-1]
}

// What is taught is told to subscribers, for each camera that has to do with it, whenever it changes.
func TestBoard(t *testing.T) {
	const text = "mqtt: {broker: off}\ncameras:\n  a: {demo: {interval: 1h}, collect: {name: gate}}\n  b: {demo: {interval: 1h}}\n" +
		"  c: {demo: {interval: 1h}, collect: {name: gone}}\n"
	s, p := startSchool(t, text)
	expect := func(camera, want string) {
		t.Helper()
		publishtest.Eventually(t, camera+": "+want, func() bool { return s.lastLesson(camera) == want })
	}
	expect("a", "gate  idle 4 0 0.00 ")
	expect("c", "gone  idle 0 0 0.00 nothing is called gone: "+web.ErrNone.Error())
	change := func(with func(l *web.Lesson)) {
		p.mu.Lock()
		with(&p.lesson)
		p.mu.Unlock()
		p.school.Changed("gate")
	}
	change(func(l *web.Lesson) { l.Training = &web.Trained{State: "running", Stage: "pictures", Done: 1, Total: 2} })
	expect("a", "gate  training 4 0 0.43 ")
	change(func(l *web.Lesson) { l.Training.Stage, l.Training.Done = "folds", 2 })
	expect("a", "gate  training 4 0 0.98 ")
	change(func(l *web.Lesson) {
		l.Training = &web.Trained{State: "failed", Reasons: []string{"too few", "and more"}}
		l.Inbox = 7
	})
	expect("a", "gate  failed 4 7 0.00 too few")
	change(func(l *web.Lesson) {
		l.Training = &web.Trained{State: "done"}
		l.Current = &web.Version{ID: "0123456789ab", Accuracy: web.Accuracy{Right: 3, Total: 4, Low: 0.2, High: 0.9}}
	})
	expect("a", "gate 0123456789ab idle 4 7 0.00 ")
	before := len(s.lessons("a"))
	change(func(*web.Lesson) {})
	change(func(l *web.Lesson) { l.Inbox = 8 })
	expect("a", "gate 0123456789ab idle 4 8 0.00 ")
	if n := len(s.lessons("a")); n != before+1 {
		t.Errorf("%d messages more, and one change", n-before)
	}
	if list := s.lessons("b"); len(list) > 0 {
		t.Errorf("of a camera that has nothing to do with it: %q", list)
	}
	s.reload(strings.Replace(text, "name: gone", "name: gate", 1))
	expect("c", "gate 0123456789ab idle 4 8 0.00 ")
}

// A picture to teach with is what the camera's model sees of the next frame.
func TestCut(t *testing.T) {
	s, p := startSchool(t, "mqtt: {broker: off}\ncameras:\n  a: {demo: {interval: 10ms}, region: {x: 0.5, width: 0.5}}\n  b: {demo: {interval: 1h}}\n")
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var numbers []uint64
	after := uint64(0)
	for range 3 {
		c, err := p.school.Cut(ctx, "a", "", after)
		if err != nil {
			t.Fatal(err)
		}
		if is, err := jpeg.DecodeConfig(bytes.NewReader(c.JPEG)); err != nil || is.Width != 224 || is.Height != 336 || c.Time.IsZero() {
			t.Errorf("%dx%d at %v, %v", is.Width, is.Height, c.Time, err)
		}
		numbers, after = append(numbers, c.Sequence), c.Sequence
		kept, err := p.school.CutStill("a", "", c.JPEG)
		if is, wrong := jpeg.DecodeConfig(bytes.NewReader(kept)); err != nil || wrong != nil || is.Width != 112 {
			t.Errorf("of a still picture: %v, %v, width %d", err, wrong, is.Width)
		}
	}
	if !slices.IsSorted(numbers) || numbers[0] == numbers[1] || numbers[1] == numbers[2] {
		t.Errorf("frames %v", numbers)
	}
	if _, err := p.school.Cut(ctx, "c", "", 0); !errors.Is(err, web.ErrNone) {
		t.Errorf("no such camera: %v", err)
	}
	var refused *web.Refused
	if _, err := p.school.CutStill("a", "", []byte("no picture")); !errors.As(err, &refused) {
		t.Errorf("no picture: %v", err)
	}
	if got := s.tell(control.Paused, "b", "ON"); got != "applied" {
		t.Fatal(got)
	}
	publishtest.Eventually(t, "the pause", func() bool { return strings.HasSuffix(s.states("b"), "paused") })
	if _, err := p.school.Cut(ctx, "b", "", 0); !errors.As(err, &refused) || !strings.Contains(err.Error(), "paused") {
		t.Errorf("a camera that is off: %v", err)
	}
	if err := p.school.TakeOver(ctx); err != nil {
		t.Error(err)
	}
	s.write("nonsense: 1\n")
	if err := p.school.TakeOver(ctx); !errors.As(err, &refused) || len(refused.Reasons) < 2 {
		t.Errorf("a config that is refused: %v", err)
	}
}

// Subscribers and the page teach by commands: labels and counts, and nothing else.
func TestTeachByCommand(t *testing.T) {
	s, p := startSchool(t, "mqtt: {broker: off}\ncameras:\n  a: {demo: {interval: 1h}, collect: {name: gate}}\n  b: {demo: {interval: 1h}}\n")
	for _, step := range []struct {
		kind                control.Kind
		camera, value, want string
	}{
		{control.Teach, "a", `{"label":"open","count":5}`, "applied"},
		{control.Teach, "a", `{"label":"full"}`, "refused: there is no room; delete some"},
		{control.Train, "a", "PRESS", "applied"},
		{control.Teach, "b", `{"label":"open"}`, "refused: the model of the camera was not taught here, and its pictures are collected for none " +
			"(say which it is: cameras.b.collect.name, or a model with file: taught:NAME or people: NAME)"},
		{control.Train, "c", "PRESS", "error: there is no such camera: c"},
	} {
		if got := s.tell(step.kind, step.camera, step.value); got != step.want {
			t.Errorf("%s %s %s: %s, want %s", step.kind, step.camera, step.value, got, step.want)
		}
	}
	if got := s.tell(control.Teach, "a", `{"label":"../../etc"}`); !strings.HasPrefix(got, "refused: ") {
		t.Errorf("a path as a label: %s", got)
	}
	want := []string{"take 5 of a for gate: open", "take 1 of a for gate: full", "train gate"}
	if !slices.Equal(p.told, want) {
		t.Errorf("told %q, want %q", p.told, want)
	}
}

// Without somebody who teaches, such a command is refused.
func TestNobodyTeaches(t *testing.T) {
	s := startService(t, "mqtt: {broker: off}\ncameras: {a: {demo: {interval: 1h}, collect: {name: gate}}}\n")
	if got := s.tell(control.Train, "a", "PRESS"); got != "refused: nobody teaches here" {
		t.Error(got)
	}
	if s.service.Teacher() != nil {
		t.Error("there is a teacher")
	}
}
