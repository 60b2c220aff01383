package lessons

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/daemon/plan"
	"github.com/inceptiond/inceptiond/daemon/service"
	"github.com/inceptiond/inceptiond/daemon/teach"
	"github.com/inceptiond/inceptiond/infer/engines"
	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/infer/model/write"
	"github.com/inceptiond/inceptiond/internal/testing/taught"
	"github.com/inceptiond/inceptiond/publish/web"
)

// The test binary is also the program whose commands train and test: teach COMMAND --folder FOLDER NAME …
func TestMain(m *testing.M) {
	if len(os.Args) < 6 || os.Args[1] != "teach" {
		os.Exit(m.Run())
	}
	switch os.Args[2] {
	case "serve-training":
		t := teach.New(teach.Options{Folder: os.Args[4], Threads: 1})
		if os.Getenv("LESSONS_HANG") != "" {
			fmt.Println(`{"progress":{"Stage":"pictures","Done":1,"Total":8}}`)
			select {}
		}
		if err := t.Serve(context.Background(), os.Args[5], teach.TrainOptions{Variants: 1}, os.Stdout); err != nil {
			os.Exit(1)
		}
	case "test":
		fmt.Println(tests)
	}
}

// tests is what `inceptiond teach test --json` prints, as far as it is read.
const tests = `{"results":[{"top1":{"count":1,"of":2,"share":0.5,"low":0.1,"high":0.9},
"by_class":[{"label":"a","recall":{"of":1,"share":0},"precision":{"share":0}},{"label":"b","recall":{"of":1,"share":1},"precision":{"share":0.5}}],
"matrix":{"classes":["a","b"],"answers":["a","b"],"counts":[[0,1],[0,1]]},"wrongest":[]}]}`

// school is a daemon with one camera, on which a number can be seen that grows.
type school struct {
	plan plan.Plan
	over error // of TakeOver
	slow bool  // a frame comes only when somebody waits for one

	mu      sync.Mutex
	frame   uint64
	taken   int
	changed []string
}

func (s *school) Plan() *plan.Plan { return &s.plan }

func (s *school) Cut(ctx context.Context, camera, _ string, after uint64) (service.Cutting, error) {
	if _, there := s.plan.Cameras[camera]; !there {
		return service.Cutting{}, web.ErrNone
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.slow || s.frame <= after {
		s.frame = max(s.frame, after) + 1
	}
	return service.Cutting{JPEG: drawing(int(s.frame)), Sequence: s.frame, Time: time.Unix(int64(s.frame), 0)}, ctx.Err()
}

func (s *school) CutStill(_, _ string, jpeg []byte) ([]byte, error) { return jpeg, nil }

func (s *school) TakeOver(context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.taken++
	return s.over
}

func (s *school) Changed(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changed = append(s.changed, name)
}

// drawing is a picture that differs from those of other numbers.
func drawing(i int) []byte {
	m := image.NewRGBA(image.Rect(0, 0, 48, 48))
	for y := range 48 {
		for x := range 48 {
			m.Set(x, y, color.RGBA{uint8(i*67 + x*y), uint8(i*31 + 5*x), uint8(i * 113), 255})
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// begun are lessons with the name gate, for the camera drive.
func begun(t *testing.T) (*Lessons, *school) {
	t.Helper()
	data, err := write.Model(taught.Base(model.Uint8))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "base.tflite")
	if err := os.WriteFile(file, data, 0o644); err != nil {
		t.Fatal(err)
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	s := &school{plan: plan.Plan{
		Teach:   plan.Teach{Folder: filepath.Join(t.TempDir(), "teach")},
		Models:  map[string]engines.Options{"net": {File: file}},
		Cameras: map[string]plan.Camera{"drive": {Model: "net"}},
	}}
	l := New(s, Options{Program: program, Version: "test"}, zap.NewNop())
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := l.NewLesson(t.Context(), "gate", "drive"); err != nil {
		t.Fatal(err)
	}
	return l, s
}

// until waits until a lesson is as f wants it.
func until(t *testing.T, l *Lessons, what string, f func(web.Lesson) bool) web.Lesson {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		is, err := l.Lesson(t.Context(), "gate")
		if err != nil {
			t.Fatal(err)
		}
		if f(is) {
			return is
		}
		if time.Now().After(deadline) {
			t.Fatalf("not %s: %+v", what, is)
		}
	}
}

// take takes n pictures of the camera into a class.
func take(t *testing.T, l *Lessons, to web.Place, n int) {
	t.Helper()
	added, err := l.Take(t.Context(), "gate", web.Take{Camera: "drive", Count: n, Every: time.Millisecond}, to)
	if err != nil || !added.Fresh {
		t.Fatalf("%+v, %v", added, err)
	}
	is := until(t, l, "taken", func(is web.Lesson) bool { return !is.Taking.Running })
	if is.Taking.Problem != "" || is.Taking.Done != n {
		t.Fatalf("%+v", is.Taking)
	}
}

// From pictures of a camera to a version in use, and back.
func TestLesson(t *testing.T) {
	l, s := begun(t)
	take(t, l, web.Place{Shelf: web.ShelfPictures, Class: "a"}, 5)
	take(t, l, web.Place{Shelf: web.ShelfInbox}, 5)
	inbox, total, err := l.ListSamples(t.Context(), "gate", web.SampleQuery{Place: web.Place{Shelf: web.ShelfInbox}, Limit: 10})
	if err != nil || total != 5 || len(inbox) != 5 || inbox[0].Camera != "drive" {
		t.Fatalf("%d of %d, %v", len(inbox), total, err)
	}
	var ids []string
	for _, p := range inbox {
		ids = append(ids, p.ID)
	}
	if err := l.MoveSamples(t.Context(), "gate", append(ids, strings.Repeat("0", 64)), web.Place{Shelf: web.ShelfPictures, Class: "b"}); !errors.Is(err, web.ErrNone) {
		t.Errorf("with one that is not there: %v", err)
	}
	if err := l.MoveSamples(t.Context(), "gate", ids, web.Place{Shelf: web.ShelfPictures, Class: "b"}); err != nil {
		t.Fatal(err)
	}
	first := trained(t, l)
	if first.Newest == nil || first.Current != nil || len(first.Newest.Classes) != 2 || first.Newest.Pictures != 10 {
		t.Fatalf("%+v", first)
	}
	if err := l.Use(t.Context(), "gate", "", false); err != nil || s.taken != 1 {
		t.Fatalf("%v, taken over %d times", err, s.taken)
	}
	take(t, l, web.Place{Shelf: web.ShelfPictures, Class: "a"}, 2)
	second := trained(t, l)
	if second.Current == nil || second.Current.ID != first.Newest.ID || second.Newest == nil || second.Newest.ID == second.Current.ID {
		t.Fatalf("%+v", second)
	}
	if err := l.Use(t.Context(), "gate", second.Newest.ID, true); err != nil {
		t.Fatal(err)
	}
	if err := l.Rollback(t.Context(), "gate"); err != nil || s.taken != 3 {
		t.Fatalf("%v, taken over %d times", err, s.taken)
	}
	if is := until(t, l, "there", func(web.Lesson) bool { return true }); is.Current.ID != first.Newest.ID || is.Previous == nil {
		t.Errorf("after a rollback: %+v", is)
	}
	if !slices.Contains(s.changed, "gate") {
		t.Error("nobody was told")
	}
	s.over = &web.Refused{Reasons: []string{"the config is refused"}}
	if err := l.Use(t.Context(), "gate", second.Newest.ID, true); !errors.As(err, new(*web.Refused)) {
		t.Errorf("a config that is refused: %v", err)
	}
}

// trained is the lesson after a training.
func trained(t *testing.T, l *Lessons) web.Lesson {
	t.Helper()
	if err := l.Train(t.Context(), "gate", web.TrainOptions{}); err != nil {
		t.Fatal(err)
	}
	is := until(t, l, "trained", func(is web.Lesson) bool { return is.Training.State != running })
	if is.Training.State != done || is.Training.Version == "" {
		t.Fatalf("%+v", is.Training)
	}
	return is
}

func TestTrainingFails(t *testing.T) {
	l, _ := begun(t)
	take(t, l, web.Place{Shelf: web.ShelfPictures, Class: "a"}, 3)
	if err := l.Train(t.Context(), "gate", web.TrainOptions{}); err != nil {
		t.Fatal(err)
	}
	is := until(t, l, "ended", func(is web.Lesson) bool { return is.Training.State != running })
	if is.Training.State != failed || len(is.Training.Reasons) == 0 || is.Newest != nil {
		t.Errorf("one class: %+v", is.Training)
	}
}

func TestCancelTraining(t *testing.T) {
	t.Setenv("LESSONS_HANG", "1")
	l, _ := begun(t)
	if err := l.CancelTraining(t.Context(), "gate"); !errors.Is(err, web.ErrNone) {
		t.Errorf("none is under way: %v", err)
	}
	if err := l.Train(t.Context(), "gate", web.TrainOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := l.Train(t.Context(), "gate", web.TrainOptions{}); !errors.As(err, new(*web.Refused)) {
		t.Errorf("a second one: %v", err)
	}
	until(t, l, "at work", func(is web.Lesson) bool { return is.Training.Done == 1 && is.Training.Total == 8 })
	if err := l.CancelTraining(t.Context(), "gate"); err != nil {
		t.Fatal(err)
	}
	if is := until(t, l, "ended", func(web.Lesson) bool { return true }); is.Training.State != cancelled {
		t.Errorf("%+v", is.Training)
	}
	if err := l.Train(t.Context(), "gate", web.TrainOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := l.RemoveLesson(t.Context(), "gate"); err != nil { // ends it
		t.Fatal(err)
	}
	if _, err := l.Lesson(t.Context(), "gate"); !errors.Is(err, web.ErrNone) {
		t.Errorf("after it was removed: %v", err)
	}
}

// Who takes a picture of one class and, of a slow camera, at once one of another class gets two frames.
func TestTakeNext(t *testing.T) {
	l, s := begun(t)
	s.slow = true
	for _, class := range []string{"a", "b", "a"} {
		take(t, l, web.Place{Shelf: web.ShelfPictures, Class: class}, 1)
	}
	s.frame = 0 // the camera is set up anew, and counts from 1: the frame that the first picture was of
	again, err := l.Take(t.Context(), "gate", web.Take{Camera: "drive", Count: 1}, web.Place{Shelf: web.ShelfPictures, Class: "a"})
	if err != nil || again.Fresh {
		t.Errorf("%+v, %v", again, err)
	}
}

func TestStopTaking(t *testing.T) {
	l, _ := begun(t)
	if _, err := l.Take(t.Context(), "gate", web.Take{Camera: "other", Count: 1}, web.Place{Shelf: web.ShelfInbox}); !errors.Is(err, web.ErrNone) {
		t.Errorf("no such camera: %v", err)
	}
	long := web.Take{Camera: "drive", Count: 1000, Every: time.Hour}
	if _, err := l.Take(t.Context(), "gate", long, web.Place{Shelf: web.ShelfInbox}); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Take(t.Context(), "gate", long, web.Place{Shelf: web.ShelfInbox}); !errors.As(err, new(*web.Refused)) {
		t.Errorf("a second one: %v", err)
	}
	if err := l.StopTaking(t.Context(), "gate"); err != nil {
		t.Fatal(err)
	}
	is := until(t, l, "ended", func(web.Lesson) bool { return true })
	if is.Taking.Running || is.Taking.Problem != "" || is.Taking.Done != 1 || is.Inbox != 1 {
		t.Errorf("%+v", is.Taking)
	}
}

func TestTestHeld(t *testing.T) {
	l, _ := begun(t)
	if _, err := l.Test(t.Context(), "gate"); !errors.As(err, new(*web.Refused)) {
		t.Errorf("without a version: %v", err)
	}
	take(t, l, web.Place{Shelf: web.ShelfPictures, Class: "a"}, 4)
	take(t, l, web.Place{Shelf: web.ShelfPictures, Class: "b"}, 4)
	trained(t, l)
	if err := l.Use(t.Context(), "gate", "", false); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Test(t.Context(), "gate"); !errors.As(err, new(*web.Refused)) {
		t.Errorf("without held-out pictures: %v", err)
	}
	take(t, l, web.Place{Shelf: web.ShelfHeld, Class: "a"}, 2)
	got, err := l.Test(t.Context(), "gate")
	if err != nil || got.Accuracy.Right != 1 || got.Accuracy.Total != 2 || len(got.Classes) != 2 || got.Confusion[0][1] != 1 || got.Confusion[1][0] != 0 {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestAddAndDelete(t *testing.T) {
	l, s := begun(t)
	place := web.Place{Shelf: web.ShelfPictures, Class: "a"}
	var refused *web.Refused
	if _, err := l.AddSample(t.Context(), "gate", web.Given{Picture: []byte("none")}, place); !errors.As(err, &refused) {
		t.Errorf("no picture: %v", err)
	}
	if _, err := l.AddSample(t.Context(), "nothing", web.Given{Picture: drawing(1)}, place); !errors.Is(err, web.ErrNone) {
		t.Errorf("no such name: %v", err)
	}
	one, err := l.AddSample(t.Context(), "gate", web.Given{Picture: drawing(1)}, place)
	if err != nil || !one.Fresh {
		t.Fatalf("%+v, %v", one, err)
	}
	two, err := l.AddSample(t.Context(), "gate", web.Given{Picture: drawing(2), Camera: "drive", Time: time.Unix(5, 0)}, place)
	if err != nil || two.ID == one.ID || l.Written() == 0 {
		t.Fatalf("%+v, %v", two, err)
	}
	if data, err := l.ReadSample(t.Context(), "gate", two.ID); err != nil || !bytes.Equal(data, drawing(2)) {
		t.Errorf("%d bytes, %v", len(data), err)
	}
	if err := l.DeleteSamples(t.Context(), "gate", []string{one.ID, strings.Repeat("f", 64)}); err != nil {
		t.Fatal(err)
	}
	if list, total, err := l.ListSamples(t.Context(), "gate", web.SampleQuery{Place: place, Limit: 1}); err != nil || total != 1 || list[0].ID != two.ID {
		t.Errorf("%+v, %d, %v", list, total, err)
	}
	if err := l.Forget(t.Context(), "gate", "a"); err != nil {
		t.Fatal(err)
	}
	if all, err := l.Lessons(t.Context()); err != nil || len(all) != 1 || len(all[0].Classes) != 0 {
		t.Errorf("%+v, %v", all, err)
	}
	s.plan.Teach.Folder = ""
	if _, err := l.Lessons(t.Context()); !errors.As(err, &refused) {
		t.Errorf("without a folder: %v", err)
	}
}
