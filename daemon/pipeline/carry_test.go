package pipeline

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/infer/decide"
	"github.com/inceptiond/inceptiond/infer/infertest"
	"github.com/inceptiond/inceptiond/infer/task"
	"github.com/inceptiond/inceptiond/publish"
	"github.com/inceptiond/inceptiond/publish/publishtest"
)

// begun counts the time since a moment.
type begun struct{ time.Time }

func (b begun) SinceBoot(t time.Time) time.Duration { return t.Sub(b.Time) }

// A camera that is given what another carried over says of the next frames what that one says, whenever it takes over.
func TestCarry(t *testing.T) {
	start := time.Date(2026, 11, 29, 10, 0, 0, 0, time.UTC)
	script := []string{"dog .5, cat .4", "dog .5", "dog .5 .4", "dog .5 .4", "dog .5", "cat .4", "cat .4, person .5", "cat .4", "cat .1", "cat .1"}
	for name, kind := range map[string]task.Kind{"classes": task.Classify, "things": task.Detect, "shares": task.Segment} {
		fresh := func(from int) (*Camera, *publishtest.Recorder) {
			r := new(publishtest.Recorder)
			o := Options{Name: "front", Device: "test", Decide: decide.Options{Enter: 0.4, Leave: 0.4, Need: 2, Window: 2, Cooldown: time.Second}, Clock: begun{start}, Out: r, Log: zap.NewNop(), Often: zap.NewNop()}
			if kind == task.Classify {
				o.Look = meanLook(t)
			} else {
				o.Look = finder(t, kind, ObjectOptions{Threshold: 0.3, MaxResults: 5, SegmentMap: kind == task.Segment}, script[from:]...)
			}
			return newCamera(t, o), r
		}
		show := func(c *Camera, i int) {
			t.Helper()
			grey := []byte{192, 192, 10, 10, 192, 192, 192, 10, 10, 10}[i]
			f := capture.Frame{Pix: slices.Repeat([]byte{grey}, 64), Format: capture.Packed(capture.GREY, 8, 8), Sequence: uint64(i + 1), Time: start.Add(time.Duration(i) * 400 * time.Millisecond)}
			if i == 5 {
				c.EndDecisionAt(f.Time.Add(-time.Millisecond), "paused")
			}
			if err := c.Replay(t.Context(), picture.Of(&f)); err != nil {
				t.Fatal(err)
			}
		}
		whole, all := fresh(0)
		for i := range script {
			before := len(all.Messages())
			text, err := json.Marshal(whole.Carried())
			if err != nil {
				t.Fatal(err)
			}
			var carried Carried
			if err := json.Unmarshal(text, &carried); err != nil {
				t.Fatal(err)
			}
			part, rest := fresh(i)
			part.Carry(&carried)
			show(whole, i)
			show(part, i)
			if got, want := texts(rest.Messages()), texts(all.Messages()[before:]); !slices.Equal(got, want) {
				t.Errorf("%s, from frame %d on:\n%q\nwant\n%q", name, i+1, got, want)
			}
		}
		if changes := whole.Status().Changes; changes < 3 && kind != task.Segment {
			t.Errorf("%s: %d changes", name, changes)
		}
	}
}

// meanLook is the look of a model whose one class is how bright a frame is.
func meanLook(t *testing.T) *Look {
	t.Helper()
	look, err := NewLook(LookOptions{Model: NewModel(ModelOptions{Name: "mean", SHA256: "00", Engine: infertest.NewMean(nil)}), TopK: 1, Threshold: 0.5})
	if err != nil {
		t.Fatal(err)
	}
	return look
}

// texts are messages without what differs from run to run.
func texts(messages []publish.Message) (list []string) {
	for _, m := range messages {
		switch m := m.(type) {
		case *publish.Result:
			same := *m
			same.Stages = publish.Stages{}
			list = append(list, string(same.AppendJSON(nil)))
		case publish.Event:
			m.ClockSynced = false
			list = append(list, string(m.AppendJSON(nil)))
		case interface{ AppendJSON(dst []byte) []byte }:
			list = append(list, string(m.AppendJSON(nil)))
		case *publish.SegmentMap:
			list = append(list, string(m.PNG))
		}
	}
	return list
}
