package pipeline

import (
	"bytes"
	"context"
	"strings"
	"sync"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/daemon/bundle"
	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/publish"
)

// Recorded is something that happened to a camera and changed what it says: a frame that it answered, or the end of what was decided.
// It is the caller's own.
type Recorded struct {
	bundle.Step          // but for File and what Hash adds
	Start       *Carried // what the camera carried over to this step, if it is the first of a recording
	Frame       []byte   // what is to be in File; nil without a frame

	tensors []tensors // of the camera's model, and of each crop that a second one saw
}

// tensors are what a model was given and what came of it.
type tensors struct {
	in   []byte
	outs [][]byte // nil: nobody reads it
	kept []byte   // see bundle.Seen
}

// Record has take called with all that the camera does to what it says, from the next frame on that it answers, until take returns
// false or stop is called. It is called in the goroutine that answers frames, and must not block. When stop returns it is not called
// any more. Another Record takes the place of one. Nobody who records costs nothing.
func (c *Camera) Record(take func(*Recorded) (more bool)) (stop func()) {
	r := &recorder{take: take}
	c.recorder.Store(r)
	return func() {
		c.recorder.CompareAndSwap(r, nil)
		r.end()
	}
}

// recorder makes a recording.
type recorder struct {
	step  *Recorded // at work; nil: there is none
	began bool
	tape  tape

	mu   sync.Mutex // held while take is called
	take func(*Recorded) (more bool)
}

// end has take called no more.
func (r *recorder) end() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.take = nil
}

// startStep begins a step if somebody records. One that was begun, and of which nothing came, is forgotten.
func (c *Camera) startStep() {
	r := c.recorder.Load()
	if r == nil && c.recording == nil {
		return
	}
	c.recording = r
	if r == nil {
		c.look.setTape(nil)
		return
	}
	r.step, r.tape.list = &Recorded{Step: bundle.Step{Messages: []bundle.Message{}}}, nil
	c.look.setTape(&r.tape)
	if !r.began {
		r.step.Start = new(c.Carried())
	}
}

// tell publishes what a step says.
func (c *Camera) tell(ctx context.Context, m publish.Message) {
	if r := c.recording; r != nil && r.step != nil {
		r.step.Messages = append(r.step.Messages, messageOf(m))
	}
	c.publish(ctx, m)
}

// endStep hands on the step of a frame that was answered.
func (c *Camera) endStep(p *picture.Picture, a *Answer) {
	r := c.recording
	if r == nil || r.step == nil {
		return
	}
	s := r.step
	s.Sequence, s.Time, s.Monotonic = c.result.Sequence, c.result.Time.UTC().Round(0), c.result.Monotonic
	s.Gate, s.Engine, s.Kernels = c.cause, a.By.Engine, a.By.Kernels
	s.tensors = r.tape.list
	if len(s.tensors) > 0 && s.Start != nil {
		s.Start.Kept, s.tensors[0].kept = s.tensors[0].kept, nil
	}
	if err := s.keep(p); err != nil {
		c.often.Warn("frame not recorded", zap.Error(err))
		s.Frame = nil
	}
	c.handOn(r)
}

// endInterrupt hands on the step of what was decided and has ended; also if that tells nobody anything, as votes are forgotten.
func (c *Camera) endInterrupt(at moment, reason string) {
	r := c.recording
	if r == nil || r.step == nil {
		return
	}
	r.step.Sequence, r.step.Time, r.step.Monotonic, r.step.Interrupt = at.sequence, at.time.UTC().Round(0), at.monotonic, reason
	c.handOn(r)
}

// handOn gives the step at work away.
func (c *Camera) handOn(r *recorder) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.began = true
	r.step.Enter = c.decider.Enter()
	if r.take == nil || !r.take(r.step) {
		c.recorder.CompareAndSwap(r, nil)
		r.take = nil
	}
	r.step, r.tape.list = nil, nil
}

// keep takes what there was to see.
func (r *Recorded) keep(p *picture.Picture) error {
	k, err := p.Keep(nil)
	if err != nil {
		return err
	}
	f := k.Format
	r.Picture = bundle.Picture{
		Format: f.Pixel.String(), Width: f.Width, Height: f.Height, Stride: f.Stride, FullRange: f.FullRange, Name: p.Frame().Name,
		Transpose: k.Turned.Transpose, FlipX: k.Turned.FlipX, FlipY: k.Turned.FlipY,
	}
	switch {
	case len(k.Levels) > 0:
		r.Format = bundle.FormatPlanes
	case f.Pixel == capture.MJPG:
		r.Format = bundle.FormatJPEG
	}
	for _, l := range k.Levels {
		r.Levels = append(r.Levels, bundle.Level{
			Reduction: l.Reduction, Colour: colourNames()[l.Colour], Width: l.Width, Height: l.Height, SubX: l.SubX, SubY: l.SubY,
		})
	}
	r.Frame = k.Pix
	return nil
}

// colourNames are the names of ways in which a decoded JPEG's samples make a colour.
func colourNames() map[picture.Colour]string {
	return map[picture.Colour]string{picture.Grey: "grey", picture.YCC: "ycc", picture.RGB: "rgb"}
}

// Again is the picture that a step of a bundle has, whose file is data, as a camera with those options has it. Nothing of it need be
// trusted, and data must not be changed any more.
func Again(s *bundle.Step, data []byte, o picture.Options) (*picture.Picture, error) {
	k := picture.Kept{
		Format: capture.Format{Width: s.Width, Height: s.Height, Stride: s.Stride, FullRange: s.FullRange}, Pix: data,
		Turned: picture.Orientation{Transpose: s.Transpose, FlipX: s.FlipX, FlipY: s.FlipY},
	}
	var err error
	switch s.Format {
	case bundle.FormatJPEG, bundle.FormatPlanes:
		k.Format.Pixel, k.Format.Stride = capture.MJPG, 0
	default:
		if k.Format.Pixel, err = capture.ParsePixelFormat(s.Format); err != nil {
			return nil, err
		}
	}
	for _, l := range s.Levels {
		level := picture.Level{Reduction: l.Reduction, Width: l.Width, Height: l.Height, SubX: l.SubX, SubY: l.SubY, Colour: picture.BGR}
		for colour, name := range colourNames() {
			if name == l.Colour {
				level.Colour = colour
			}
		}
		k.Levels = append(k.Levels, level)
	}
	p, err := picture.Again(k, o)
	if err != nil {
		return nil, err
	}
	f := p.Frame()
	f.Sequence, f.Time, f.Name = s.Sequence, s.Time, s.Name
	return p, nil
}

// Extension is that of a file with the frame.
func (r *Recorded) Extension() string {
	if r.Format == bundle.FormatJPEG {
		return "jpg"
	}
	return strings.ToLower(r.Format)
}

// Size is about how many bytes of memory r takes.
func (r *Recorded) Size() (n int) {
	n = len(r.Frame)
	for _, m := range r.Messages {
		n += len(m.Payload)
	}
	for _, t := range r.tensors {
		n += t.size()
	}
	return n
}

func (t *tensors) size() int {
	n := len(t.in) + 2*len(t.kept) // which goes into JSON
	for _, out := range t.outs {
		n += len(out)
	}
	return n
}

// Hash adds the hashes of the frame and of the tensors, which are then given up, and the values of small outputs. It may be called in
// any goroutine.
func (r *Recorded) Hash() {
	if r.Frame != nil {
		r.SHA256 = bundle.Hash(r.Frame)
	}
	for i, t := range r.tensors {
		seen := t.hash()
		if i == 0 {
			r.Seen = seen
			continue
		}
		r.Crops = append(r.Crops, seen)
	}
	r.tensors = nil
}

// hash is t as a bundle has it.
func (t *tensors) hash() bundle.Seen {
	s := bundle.Seen{Tensor: bundle.Hash(t.in), Outputs: make([]string, len(t.outs)), Kept: t.kept}
	for i, out := range t.outs {
		if out != nil {
			s.Outputs[i] = bundle.Hash(out)
		}
	}
	if t.size()-len(t.in)-2*len(t.kept) <= bundle.MaxValues {
		s.Values = t.outs
	}
	return s
}

// tape takes copies of tensors. Nil takes none.
type tape struct {
	list []tensors
	left map[*Model][]byte // what each model kept after its latest run that was taken
}

// before is what m's next run goes on from, if the latest one that was taken has left another: it was the first, or others use m too.
// The caller has m's turn.
func (t *tape) before(m *Model) []byte {
	if t == nil {
		return nil
	}
	kept := keptOf(m.Engine)
	if bytes.Equal(kept, t.left[m]) {
		return nil
	}
	return kept
}

// keptOf is what an engine's next run goes on from, if it is little enough for a bundle.
func keptOf(e infer.Engine) []byte {
	k, ok := e.(infer.Keeper)
	if !ok || k.KeptBytes() > bundle.MaxKept {
		return nil
	}
	return k.AppendKept(nil)
}

// take takes a run of m, which went on from kept. The caller has m's turn.
func (t *tape) take(m *Model, kept, in []byte, outs [][]byte) {
	if t == nil {
		return
	}
	if left := keptOf(m.Engine); left != nil {
		if t.left == nil {
			t.left = map[*Model][]byte{}
		}
		t.left[m] = left
	}
	taken := tensors{in: bytes.Clone(in), outs: make([][]byte, len(outs)), kept: kept}
	for i, out := range outs {
		taken.outs[i] = bytes.Clone(out)
	}
	t.list = append(t.list, taken)
}

// given is what the runs of a frame go on from: the camera's model, and then each crop's. Nil: from what is left of the runs before.
type given struct{ runs [][]byte }

// give has e's next run go on from what is given for it, if there is any.
func (g *given) give(e infer.Engine) error {
	if g == nil || len(g.runs) == 0 {
		return nil
	}
	kept := g.runs[0]
	g.runs = g.runs[1:]
	if k, ok := e.(infer.Keeper); ok && kept != nil {
		return k.Keep(kept)
	}
	return nil
}

// setTape has what the look's models see taken; nil: no more.
func (l *Look) setTape(t *tape) {
	l.tape = t
	if l.then != nil {
		l.then.look.tape = t
	}
}

// setGiven has the runs of the look's models go on from what is given.
func (l *Look) setGiven(g *given) {
	l.given = g
	if l.then != nil {
		l.then.look.given = g
	}
}

// messageOf is a message as a bundle has it: without what is the machine's.
func messageOf(m publish.Message) bundle.Message {
	to := bundle.Message{Topic: m.Key().Topic()}
	switch m := m.(type) {
	case *publish.Result:
		r := *m
		r.Stages = publish.Stages{}
		to.Payload = r.AppendJSON(nil)
	case publish.Event:
		m.ClockSynced = false
		to.Payload = m.AppendJSON(nil)
	case publish.JSON:
		to.Payload = m.AppendJSON(nil)
	case publish.Binary:
		to.SHA256 = bundle.Hash(m.Payload())
	}
	return to
}
