package pipeline

import (
	"math"
	"time"

	"github.com/inceptiond/inceptiond/infer/decide"
	"github.com/inceptiond/inceptiond/publish"
)

// Carried is what a camera carries over from one frame to the next: another one, of the same options, that is given it says of the next
// frames what the first would have. Its JSON is start/<camera>.json of a bundle (docs/bundle.md); durations are since the boot.
type Carried struct {
	Sequence uint64             `json:"sequence"` // of the last frame that was answered
	Decider  decide.State       `json:"decider"`
	Tally    *decide.TallyState `json:"tally,omitempty"`    // of things, or shares
	Scene    *decide.State      `json:"scene,omitempty"`    // of what looks different
	Top      *CarriedTop        `json:"top,omitempty"`      // that was published last; absent: none was
	Decision *CarriedDecision   `json:"decision,omitempty"` // that was published last; absent: none was
	NextMap  time.Duration      `json:"next_map_ns,omitempty"`
	Kept     []byte             `json:"kept,omitempty"` // what the model goes on from (infer.Keeper); only of a recording, and nothing that Carry looks at
}

// CarriedTop is a top class; without Found there was none.
type CarriedTop struct {
	Found bool    `json:"found"`
	Index int     `json:"index"`
	Label string  `json:"label"`
	Score float32 `json:"score"`
}

// CarriedDecision is what a decision goes on to say where something beside it changes.
type CarriedDecision struct {
	Sequence    uint64        `json:"sequence"`
	Time        time.Time     `json:"time"`
	Monotonic   time.Duration `json:"monotonic_ns"`
	Label       string        `json:"label"`
	Score       float64       `json:"score"`
	Second      string        `json:"second"`
	SecondScore float64       `json:"second_score"`
	Votes       int           `json:"votes"`
	Window      int           `json:"window"`
	Previous    string        `json:"previous"`
	Reason      string        `json:"reason"`
}

// Carried is what c carries over to the next frame. It is for the goroutine that answers frames, and for others before Run and once that
// has returned.
func (c *Camera) Carried() Carried {
	s := Carried{Sequence: c.result.Sequence, Decider: c.decider.State(), NextMap: c.mapping.next}
	if t := c.counting.tally; t != nil {
		s.Tally = new(t.State())
	}
	if w := c.scene.watch; w != nil {
		s.Scene = new(w.State())
	}
	if top := c.shown; top != nil {
		s.Top = &CarriedTop{top.Found, top.Top.Index, top.Top.Label, clampScore(top.Top.Score)}
	}
	if d := &c.last; d.Camera != "" {
		s.Decision = &CarriedDecision{
			d.Sequence, d.Time.UTC(), d.Monotonic, d.Label, d.Score, d.Second, d.SecondScore, d.Votes, d.Window, d.Previous, d.Reason,
		}
	}
	return s
}

// clampScore is a score that JSON can say, as messages have it.
func clampScore(s float32) float32 {
	if s != s {
		return 0
	}
	return min(max(s, -math.MaxFloat32), math.MaxFloat32)
}

// Carry makes c go on where another camera was that carried s over. It is to be called before Run. Whoever made s need not be trusted:
// what makes no sense is forgotten.
func (c *Camera) Carry(s *Carried) {
	c.result.Sequence, c.mapping.next = s.Sequence, s.NextMap
	c.decider.Restore(&s.Decider)
	c.SetEnter(c.decider.Enter())
	c.counting.setEnter(c.decider.Enter(), c.look)
	if t := c.counting.tally; t != nil && s.Tally != nil {
		t.Restore(s.Tally)
		for _, label := range t.Labels() {
			c.counting.topics.Of(label) // which are given in the order in which labels came
		}
	}
	if w := c.scene.watch; w != nil && s.Scene != nil {
		w.Restore(s.Scene)
		if s.Scene.Known {
			c.scene.show(lookOf(s.Scene.Current))
		}
	}
	if top := s.Top; top != nil {
		c.shown = &publish.State{Device: c.device, Camera: c.name, Found: top.Found, Top: publish.Prediction{Index: top.Index, Label: top.Label, Score: top.Score}}
	}
	if d := s.Decision; d != nil {
		c.last = publish.Decision{
			Device: c.device, Camera: c.name, Model: c.look.options.Model.identity(),
			Sequence: d.Sequence, Time: d.Time, Monotonic: d.Monotonic, Label: d.Label, Score: d.Score, Second: d.Second, SecondScore: d.SecondScore,
			Votes: d.Votes, Window: d.Window, Previous: d.Previous, Reason: d.Reason,
		}
	}
}
