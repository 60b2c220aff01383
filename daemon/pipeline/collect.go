package pipeline

import (
	"time"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/infer/decide"
	"github.com/inceptiond/inceptiond/publish"
)

// CollectOptions say which pictures of a camera wait for a label, so that a model can be taught with them. nil, in place of
// them: none do.
type CollectOptions struct {
	Changes  bool          // those of changes of what is decided; else those that the model is not sure of
	Interval time.Duration // from one to the next, at least

	// Keep takes them. It is called in a goroutine of its own, and may block.
	Keep func(Sample)
}

// Sample is a picture that waits for a label.
type Sample struct {
	JPEG  []byte    // what the model got to see of the frame
	Time  time.Time // when that arrived
	Label string    // what the model says that it is
	Score float64   // of Label
	Why   Doubt     // it was collected
}

// Doubt is why a picture was collected.
type Doubt string

// The doubts.
const (
	DoubtUnsure  Doubt = "unsure"  // no class is sure enough, or two are close
	DoubtUnknown Doubt = "unknown" // it is like nothing that the model was taught with
	DoubtChanged Doubt = "changed" // what is decided has changed with it
)

// collecting is the part of a camera that collects pictures: answerFrames says which, and keepSamples, a goroutine of its own,
// makes and keeps them. Between the two is a slot for one, a copy of the frame; one that comes while another waits is not
// collected. A frame that is not collected costs nothing.
type collecting struct {
	options *CollectOptions // nil: nothing is collected
	cutter  *picture.Encoder

	// Of answerFrames.
	due   Doubt // why the frame at work is to be collected; empty: it is not
	label string
	score float64
	last  time.Duration // the last that was collected, since the boot
	began bool          // there was one

	slot chan *collected // holds one
}

// collected is a picture to be kept.
type collected struct {
	*picture.Picture // a copy
	Sample
}

// newCollecting makes what a camera needs to collect pictures of its looks. The error is about the model's input.
func newCollecting(o *CollectOptions, look *Look) (*collecting, error) {
	c := &collecting{options: o, slot: make(chan *collected, 1)}
	if o == nil {
		return c, nil
	}
	var err error
	c.cutter, err = look.cutter(false)
	return c, err
}

// judge notes whether the frame at work, of which the result is r, is to be collected, by what has been made of it.
func (c *collecting) judge(is *decide.Decision, changed, unknown bool, r *publish.Result) {
	c.due = ""
	if c.options == nil || c.began && r.Monotonic-c.last < c.options.Interval {
		return
	}
	switch {
	case c.options.Changes:
		if changed {
			c.due = DoubtChanged
		}
	case unknown:
		c.due = DoubtUnknown
	case is.Vote.Unsure():
		c.due = DoubtUnsure
	}
	if c.due == "" {
		return
	}
	c.last, c.began = r.Monotonic, true
	c.label, c.score = is.Vote.Best, is.Vote.BestScore.Float()
	if c.score == 0 { // as of people who are too far from all that are known
		c.label = ""
	}
	if unknown { // then the model's own word is of more use
		c.label, c.score = "", 0
		if len(r.Predictions) > 0 {
			c.label, c.score = r.Predictions[0].Label, float64(r.Predictions[0].Score)
		}
	}
}

// take copies the picture at work if it is to be collected.
func (c *collecting) take(p *picture.Picture) {
	if c.due == "" {
		return
	}
	next := Sample{Time: p.Frame().Time, Label: c.label, Score: c.score, Why: c.due}
	c.due = ""
	if len(c.slot) == 0 { // nobody else puts any in
		c.slot <- &collected{p.Copy(), next}
	}
}

// keepSamples makes and keeps the pictures, until no more frames are answered.
func (c *Camera) keepSamples() {
	for s := range c.collecting.slot {
		jpeg, err := c.collecting.cutter.Encode(s.Picture)
		frame := s.Frame()
		s.Forget()
		if err != nil {
			c.often.Warn("no picture collected", zap.Uint64("sequence", frame.Sequence), zap.Error(err))
			continue
		}
		s.JPEG = jpeg
		c.collecting.options.Keep(s.Sample)
	}
}
