package pipeline

import (
	"image/color"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/infer/cpu"
	"github.com/inceptiond/inceptiond/infer/task"
	"github.com/inceptiond/inceptiond/internal/clock"
	"github.com/inceptiond/inceptiond/internal/testing/colours"
	"github.com/inceptiond/inceptiond/publish"
	"github.com/inceptiond/inceptiond/publish/publishtest"
)

// embedder is a model whose embeddings are the mean of each colour. It knows a red Anna and a blue Bert if it is to know people.
func embedder(t *testing.T, known bool) *Model {
	t.Helper()
	e, err := cpu.New(colours.Float(colours.Options{}), cpu.Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	o := task.Options{Reading: task.Reading{Kind: task.Embed}}
	if known {
		vectors := [][]float32{}
		for _, c := range []color.RGBA{red, blue} {
			v, _ := task.Mean([]float32{float32(c.R), float32(c.G), float32(c.B)})
			vectors = append(vectors, v)
		}
		if o.People, err = task.NewPeople([]string{"anna", "bert"}, vectors, strings.Repeat("0", 64), 0.35); err != nil {
			t.Fatal(err)
		}
	}
	return NewModel(ModelOptions{Name: "faces", Engine: e, Mean: []float32{0}, Std: []float32{1}, Task: o})
}

// facesCamera is a camera that recognizes people; it answers when it is told to.
func facesCamera(t *testing.T, out publish.Publisher, o LookOptions) *Camera {
	t.Helper()
	clock, err := clock.New()
	if err != nil {
		t.Fatal(err)
	}
	o.TopK = 3
	look, err := NewLook(o)
	if err != nil {
		t.Fatal(err)
	}
	c := newCamera(t, Options{
		Name: "front", Device: "test", Opener: openers(), Look: look, Clock: clock, Log: zap.NewNop(), Often: zap.NewNop(), Out: out, Decide: bright(1, 1),
	})
	c.Attach()
	c.health.opened(1)
	return c
}

// Who is recognized is decided like a class, and is no class: predictions, state and its events have nothing.
func TestPeopleAreDecided(t *testing.T) {
	var record publishtest.Recorder
	c := facesCamera(t, &record, LookOptions{Model: embedder(t, true)})
	if got := c.Classes(); !slices.Equal(got, []string{"anna", "bert"}) {
		t.Errorf("candidates %q", got)
	}
	for i, colour := range []color.RGBA{red, green, blue} {
		c.answerOne(t.Context(), picture.Of(plain(colour, uint64(i+1))), time.Now())
	}
	want := []string{
		"state false", `decision "anna" after "": anna 1 of 1, score 1.00, margin 1.00`, `result, "anna": anna 1 of 1, score 1.00, margin 1.00`,
		`event decision "anna"`,
		`decision "" after "anna": none 1 of 1, anna 0.00 below 0.50`, `result, "": none 1 of 1, anna 0.00 below 0.50`, `event decision ""`, "change none after anna",
		`decision "bert" after "": bert 1 of 1, score 1.00, margin 1.00`, `result, "bert": bert 1 of 1, score 1.00, margin 1.00`, `event decision "bert"`, "change bert after none",
	}
	if got := told(record.Messages(), "front"); !slices.Equal(got, want) {
		t.Errorf("told\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for i, who := range []string{"anna", "", "bert"} {
		r := record.Results()[i]
		if r.Task != publish.TaskEmbed || len(r.Predictions) != 0 || r.Embedding != nil || r.Identity == nil || r.Identity.Label != who ||
			(r.Identity.Score > 0) != (who != "") || r.Identity.Distance > 0.35 != (who == "") || r.Identity.Second <= r.Identity.Distance {
			t.Errorf("result %d: %+v, identity %+v", i, r, r.Identity)
		}
		if text := string(r.AppendJSON(nil)); !strings.Contains(text, `"predictions":[]`) || strings.Contains(text, `"embedding"`) {
			t.Error(text)
		}
	}
}

// What the model says of a frame is told only if that is asked for; and who it is, only if people are known.
func TestEmbeddingIsTold(t *testing.T) {
	var record publishtest.Recorder
	c := facesCamera(t, &record, LookOptions{Model: embedder(t, false), Embedding: true})
	if got := c.Classes(); len(got) != 0 {
		t.Errorf("candidates %q", got)
	}
	c.answerOne(t.Context(), picture.Of(plain(red, 1)), time.Now())
	if r := record.Results()[0]; r.Identity != nil || len(r.Embedding) != 3 || !strings.Contains(string(r.AppendJSON(nil)), `"embedding":[`) {
		t.Errorf("%+v", r)
	}
	c = facesCamera(t, &record, LookOptions{Model: embedder(t, false)})
	c.answerOne(t.Context(), picture.Of(plain(red, 1)), time.Now())
	if r := record.Results()[1]; r.Identity != nil || r.Embedding != nil {
		t.Errorf("%+v", r)
	}
}

func TestFrameOfPeopleAllocatesNothing(t *testing.T) {
	c := facesCamera(t, nowhere{}, LookOptions{Model: embedder(t, true), Embedding: true})
	p := picture.Of(plain(red, 1))
	if got := testing.AllocsPerRun(100, func() { c.answerOne(t.Context(), p, time.Now()) }); got != 0 {
		t.Errorf("%v allocations a frame", got)
	}
}
