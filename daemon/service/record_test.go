package service

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/daemon/bundle"
	"github.com/inceptiond/inceptiond/daemon/pipeline"
	"github.com/inceptiond/inceptiond/daemon/plan"
)

// A recording ends, and says why, before it takes more than it may, or waits for anybody.
func TestTakingEnds(t *testing.T) {
	frame := func(n int) *pipeline.Recorded { return &pipeline.Recorded{Frame: make([]byte, n)} }
	interrupt := func() *pipeline.Recorded { return &pipeline.Recorded{Step: bundle.Step{Interrupt: "paused"}} }
	for name, c := range map[string]struct {
		steps []*pipeline.Recorded
		room  int
		taken int // steps
		why   string
	}{
		"enough":               {[]*pipeline.Recorded{frame(1), interrupt(), frame(1)}, 100, 3, ""},
		"no room":              {[]*pipeline.Recorded{frame(60), frame(60)}, 100, 1, "there is room for 0 MiB"},
		"nothing kept":         {[]*pipeline.Recorded{frame(1), {}}, 100, 1, "could not be kept"},
		"nobody keeps up":      {[]*pipeline.Recorded{interrupt(), interrupt(), interrupt(), interrupt(), frame(1)}, 100, 4, "did not keep up"},
		"only interruptions":   {[]*pipeline.Recorded{interrupt()}, 100, 1, "more"},
		"exactly what fits":    {[]*pipeline.Recorded{frame(50), frame(50)}, 100, 2, ""},
		"what came in between": {[]*pipeline.Recorded{frame(1), interrupt()}, 100, 2, "more"},
	} {
		taking, steps := taking{camera: "front", want: 2, room: c.room}, make(chan *pipeline.Recorded, maxBehind)
		more, why := true, ""
		for _, r := range c.steps {
			if !more {
				t.Fatalf("%s: it ended with %q before %+v", name, why, r)
			}
			more, why = taking.take(r, steps)
		}
		if more != (c.why == "more") || !more && !strings.Contains(why, c.why) || taking.taken != c.taken || len(steps) != c.taken {
			t.Errorf("%s: more %t, %q, %d steps", name, more, why, taking.taken)
		}
	}
}

// What was taken is in the bundle under its names, and what was not is told.
func TestTakingAdds(t *testing.T) {
	b := bundle.New(bundle.Manifest{})
	b.Manifest.Cameras = []bundle.Camera{{Name: "front"}, {Name: "back"}}
	first := &pipeline.Recorded{Step: bundle.Step{Sequence: 7, Picture: bundle.Picture{Format: "GREY", Width: 2, Height: 1}}, Frame: []byte("ab"), Start: &pipeline.Carried{Sequence: 6}}
	first.Hash()
	second := &pipeline.Recorded{Step: bundle.Step{Sequence: 7, Interrupt: "paused"}}
	for _, taken := range []*taking{{camera: "front", want: 2, steps: []*pipeline.Recorded{first, second}, ends: "it was paused"}, {camera: "back", want: 2, ends: "lost"}} {
		if err := taken.add(b); err != nil {
			t.Fatal(err)
		}
	}
	steps, err := b.Steps("front")
	if err != nil || len(steps) != 2 || steps[0].File != bundle.FrameName("front", 1, "grey") || b.Manifest.Camera("front").Frames != 1 {
		t.Errorf("%+v, %v, %+v", steps, err, b.Manifest)
	}
	if start, _ := b.File(bundle.StartName("front")); !bytes.Contains(start, []byte(`"sequence": 6`)) {
		t.Errorf("start %s", start)
	}
	want := "camera front: 1 of 2 frames: it was paused; camera back: 0 of 2 frames: lost"
	if got := strings.Join(b.Manifest.LeftOut, "; "); got != want || len(b.Manifest.Files) != 3 {
		t.Errorf("left out %q, %d files", got, len(b.Manifest.Files))
	}
}

// The last lines of the log are there as JSON, whatever its format, and no more of them than may be.
func TestLastLines(t *testing.T) {
	log, control, err := newLogger(new(bytes.Buffer), plan.Log{Level: "info", Format: "console"})
	if err != nil {
		t.Fatal(err)
	}
	if len(control.last.all()) > 0 {
		t.Error("lines that nobody has logged")
	}
	log.Debug("nobody wants to know")
	log.Info("too long", zap.String("text", strings.Repeat("x", keptLine)))
	for i := range keptLines + 7 {
		log.Info("line", zap.Int("n", i))
	}
	lines := control.last.all()
	if len(lines) != keptLines {
		t.Fatalf("%d lines", len(lines))
	}
	for i, line := range lines {
		var is struct {
			Message string
			N       int
			Time    time.Time
		}
		if err := json.Unmarshal(line, &is); err != nil || is.N != i+7 || is.Message != "line" || time.Since(is.Time) > time.Hour {
			t.Fatalf("line %d: %s (%v)", i, line, err)
		}
	}
	if n := testing.AllocsPerRun(100, func() { fmt.Fprint(&control.last, "a line\n") }); n > 1 {
		t.Errorf("%v allocations a line", n)
	}
}
