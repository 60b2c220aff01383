// Package replay shows the frames of a bundle (package bundle) to the cameras of its config once more, and compares what comes of it
// with what was recorded: on another machine, with other kernels or another version, or with another config.
//
// The cameras are those of the product ([service.Assemble]); what they do is recorded as it was for the bundle, and the two recordings
// are compared ([Compare]). The time is that of the recording, and nothing is published.
package replay

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/daemon/bundle"
	"github.com/inceptiond/inceptiond/daemon/pipeline"
	"github.com/inceptiond/inceptiond/daemon/plan"
	"github.com/inceptiond/inceptiond/daemon/service"
	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/cpu"
	"github.com/inceptiond/inceptiond/infer/engines"
	"github.com/inceptiond/inceptiond/internal/order"
)

// Take is what the cameras of a bundle did with its frames: as recorded, or when they were shown them once more.
type Take struct {
	Cameras []Camera // in the order of their names
	Models  map[string]Model
}

// Camera is one camera of a take.
type Camera struct {
	Name  string
	Model string // in Take.Models
	Then  string // the second model; empty: there is none
	Steps []Step
	Lacks string // what it had not, and was recorded with; empty: nothing
}

// Step is what came of a step of the bundle.
type Step struct {
	bundle.Step
	Err error // why nothing came; nil: it did
}

// Model is a model of a take.
type Model struct {
	SHA256 string           `json:"sha256"`
	People string           `json:"people,omitempty"` // the version of those that it knows; empty: it knows nobody, or that was not recorded
	File   string           `json:"file"`             // as people name it
	Engine string           `json:"engine"`           // that answered the first frame; empty: none did
	Kernel string           `json:"kernels"`          // its inner loops
	Fused  bool             `json:"-"`                // which multiply and add with one rounding
	Floats []bool           `json:"-"`                // by output: of float32; nil: not known
	Input  infer.TensorSpec `json:"-"`
}

// Recorded is the take that a bundle has. The error is about the bundle.
func Recorded(b *bundle.Bundle) (*Take, error) {
	m := &b.Manifest
	t := &Take{Models: map[string]Model{}}
	for _, one := range m.Models {
		t.Models[one.Name] = Model{SHA256: one.SHA256, People: one.People, File: one.File}
	}
	for _, c := range m.Cameras {
		steps, err := b.Steps(c.Name)
		if err != nil {
			return nil, err
		}
		if len(steps) == 0 {
			continue
		}
		camera := Camera{Name: c.Name, Model: c.Model}
		for i := range steps {
			camera.Steps = append(camera.Steps, Step{Step: steps[i]})
		}
		t.Cameras = append(t.Cameras, camera)
		t.answered(&camera, func(kernels string) bool { return m.Fused && (kernels == m.Kernels || kernels == "") })
	}
	order.Sort(t.Cameras, func(a, b Camera) int { return strings.Compare(a.Name, b.Name) })
	return t, nil
}

// answered notes in the models of a camera who answered its first frame.
func (t *Take) answered(c *Camera, fused func(kernels string) bool) {
	i := slices.IndexFunc(c.Steps, func(s Step) bool { return s.Engine != "" })
	if i < 0 {
		return
	}
	for _, name := range []string{c.Model, c.Then} {
		if m, there := t.Models[name]; there {
			s := &c.Steps[i]
			m.Engine, m.Kernel = s.Engine, s.Kernels
			m.Fused = s.Engine == infer.EngineCPU && fused(s.Kernels)
			t.Models[name] = m
		}
	}
}

// Options say how a bundle is replayed.
type Options struct {
	Cameras []string // that are shown their frames; empty: all that have any
	Other   bool     // the plan is another than that which was recorded: what commands had changed is not done again
	Fused   *bool    // float32 is to be that of kernels of this kind, where there are any; nil: that of the fastest

	// See is called with each picture that a camera has answered, its number from 1 among the camera's frames, and what the model sees of
	// it. The error ends the replay. nil: nobody looks.
	See func(camera string, frame int, p *picture.Picture, sees func() (*pipeline.Sight, error)) error

	Log *zap.Logger
}

// Run shows the cameras of p the frames that b has of those of the same names. p is used as far as it says what cameras do with frames.
// The error says what cannot be used.
func Run(ctx context.Context, b *bundle.Bundle, p *plan.Plan, o Options) (t *Take, err error) {
	names, err := o.Choose(b, p)
	if err != nil {
		return nil, err
	}
	clock := new(recorded)
	a, err := service.Assemble(ctx, stage(p, names, o.Fused), clock, o.Log)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	t = &Take{Models: map[string]Model{}}
	for _, name := range names {
		r := run{bundle: b, options: o, clock: clock, camera: a.Camera(name), upright: upright(p, name), name: name}
		camera := Camera{Name: name, Model: p.Cameras[name].Model, Lacks: lacks(b, p, a, name)}
		if then := p.Cameras[name].Then; then != nil {
			camera.Then = then.Model
		}
		for _, model := range []string{camera.Model, camera.Then} {
			if model == "" {
				continue
			}
			m := a.Model(model)
			t.Models[model] = modelOf(m, p.Models[model])
			if was := recordedModel(&b.Manifest, model, p.Models[model].File); was == nil || was.SHA256 != m.SHA256 {
				r.models = append(r.models, nil)
				continue
			}
			r.models = append(r.models, m.Engine)
		}
		if camera.Steps, err = r.play(ctx, p.Cameras[name].Decide.Enter); err != nil {
			return nil, err
		}
		camera.Lacks = strings.Trim(camera.Lacks+"; "+r.lacks, "; ")
		t.Cameras = append(t.Cameras, camera)
		t.answered(&camera, cpu.Fused)
	}
	return t, nil
}

// modelOf is a loaded model of a take.
func modelOf(m *engines.Model, o engines.Options) Model {
	is := Model{SHA256: m.SHA256, People: m.PeopleVersion(), File: o.Anywhere(), Input: m.Engine.Input()}
	for _, out := range m.Engine.Outputs() {
		is.Floats = append(is.Floats, out.Type == infer.Float32)
	}
	return is
}

// lacks is what a camera does without, or has another of than was recorded; empty: nothing.
func lacks(b *bundle.Bundle, p *plan.Plan, a *service.Assembly, name string) string {
	c := p.Cameras[name]
	list := []string{}
	for _, model := range c.Models() {
		o := p.Models[model]
		if was := recordedModel(&b.Manifest, model, o.File); was != nil && strings.HasPrefix(was.File, engines.TaughtPrefix) && o.Taught == "" {
			list = append(list, "what model "+model+" was taught with, so nothing is familiar or unknown to it ("+giveTaught+")")
		}
	}
	was := b.Manifest.Camera(name)
	switch {
	case c.Normal != nil && was != nil && was.Normal != "" && was.Normal != c.Normal.Stamp:
		list = append(list, fmt.Sprintf("the normal pictures that were recorded with: of %s there are %d here (%s)", c.Normal.Name, c.Normal.Pictures, giveTaught))
	case a.Lacks(name) != "":
		list = append(list, a.Lacks(name))
	}
	return strings.Join(list, "; ")
}

// ErrNothing says that there is nothing to be replayed.
var ErrNothing = errors.New("nothing can be replayed")

// Choose are the cameras whose frames are shown, in order.
func (o *Options) Choose(b *bundle.Bundle, p *plan.Plan) (names []string, err error) {
	var framed []string
	for _, c := range b.Manifest.Cameras {
		if c.Frames > 0 {
			framed = append(framed, c.Name)
		}
	}
	slices.Sort(framed)
	if len(framed) == 0 {
		return nil, fmt.Errorf("%w: the bundle has no frames (they are only in it if somebody asked for them: `inceptiond bundle --frames 20`)", ErrNothing)
	}
	for _, name := range o.Cameras {
		if !slices.Contains(framed, name) {
			return nil, fmt.Errorf("%w of camera %q: the bundle has frames of %q", ErrNothing, name, framed)
		}
	}
	for _, name := range framed {
		_, planned := p.Cameras[name]
		if planned && (len(o.Cameras) == 0 || slices.Contains(o.Cameras, name)) {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("%w: the bundle has frames of %q, and the config has the cameras %q (give them the same names)",
			ErrNothing, framed, slices.Sorted(maps.Keys(p.Cameras)))
	}
	return names, nil
}

// stage is p with those cameras alone, and of these what they do with frames: they are opened by nobody, and at any time.
func stage(p *plan.Plan, names []string, fused *bool) *plan.Plan {
	to := &plan.Plan{Device: p.Device, Teach: p.Teach, Models: map[string]engines.Options{}, Cameras: map[string]plan.Camera{}}
	for _, name := range names {
		c := p.Cameras[name]
		c.Picture = upright(p, name)
		c.View, c.Opener, c.Gate, c.Snapshot, c.Collect, c.Hours, c.MaxRate = "", nil, nil, nil, nil, p.Cameras[""].Hours, 0
		to.Cameras[name] = c
		for _, model := range c.Models() {
			o := p.Models[model]
			if fused != nil && floats(o) {
				o.Kernels = cpu.Alike(*fused)
			}
			to.Models[model] = o
		}
	}
	return to
}

// floats tells whether a model takes float32: then kernels of different kinds differ in the last places.
func floats(o engines.Options) bool {
	is, err := engines.Describe(o)
	return err == nil && is.Input.Type == infer.Float32
}

// upright is how a camera's frames are turned and masked.
func upright(p *plan.Plan, camera string) picture.Options {
	c := p.Cameras[camera]
	if c.View != "" {
		c = p.Cameras[c.View]
	}
	return c.Picture
}

// recorded is the clock of the machine that made a bundle, as it was at a step.
type recorded struct {
	at    time.Time
	since time.Duration // the boot, then
}

// SinceBoot implements [pipeline.Clock].
func (r *recorded) SinceBoot(t time.Time) time.Duration { return r.since + t.Sub(r.at) }

// run is a camera at work.
type run struct {
	bundle  *bundle.Bundle
	options Options
	clock   *recorded
	camera  *pipeline.Camera
	upright picture.Options
	models  []infer.Engine // the camera's, and the second; nil: another than was recorded
	start   []byte         // what the first run goes on from; nil: as a model begins
	lacks   string         // of what models kept; empty: nothing
	name    string
	frames  int // so far
}

// play shows the camera its steps, and returns what came of them. enter is the score from which on its config has it decide.
func (r *run) play(ctx context.Context, enter float64) ([]Step, error) {
	steps, err := r.bundle.Steps(r.name)
	if err != nil {
		return nil, err
	}
	if err := r.carry(); err != nil {
		return nil, err
	}
	if r.options.Other {
		r.camera.SetEnter(enter)
	}
	var last *pipeline.Recorded
	stop := r.camera.Record(func(s *pipeline.Recorded) bool {
		last = s
		return true
	})
	defer stop()
	played := make([]Step, len(steps))
	for i := range steps {
		last = nil
		wrong := r.show(ctx, &steps[i])
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case errors.As(wrong, new(*seeing)):
			return nil, wrong
		case last != nil:
			last.Hash()
			played[i] = Step{Step: last.Step}
		default:
			played[i] = Step{Err: wrong}
		}
	}
	return played, nil
}

// carry has the camera go on where the recorded one was. Without that it begins as after a start of the daemon.
func (r *run) carry() error {
	var s pipeline.Carried
	if there, err := r.bundle.Start(r.name, &s); err != nil || !there {
		return err
	}
	r.camera.Carry(&s)
	r.start = s.Kept
	return nil
}

// kept is what the runs of a step went on from, as far as these models can.
func (r *run) kept(s *bundle.Step) (list [][]byte) {
	first := s.Kept
	if r.start != nil {
		first, r.start = r.start, nil
	}
	list = append(list, r.keeps(0, first))
	for i := range s.Crops {
		list = append(list, r.keeps(1, s.Crops[i].Kept))
	}
	return list
}

// keeps is what a model's run went on from, if it can.
func (r *run) keeps(model int, kept []byte) []byte {
	if kept == nil || model >= len(r.models) || r.models[model] == nil {
		return nil
	}
	n := 0
	if k, ok := r.models[model].(infer.Keeper); ok {
		n = k.KeptBytes()
	}
	if n != len(kept) {
		r.lacks = fmt.Sprintf("what its model keeps from frame to frame: there it was %d bytes, and here the engine can be told %d", len(kept), n)
		return nil
	}
	return kept
}

// seeing marks the error of Options.See.
type seeing struct{ error }

func (e *seeing) Unwrap() error { return e.error }

// show does a step once more.
func (r *run) show(ctx context.Context, s *bundle.Step) error {
	r.clock.at, r.clock.since = s.Time, s.Monotonic
	if !r.options.Other {
		r.camera.SetEnter(s.Enter)
	}
	if s.Interrupt != "" {
		r.camera.EndDecisionAt(s.Time, s.Interrupt)
		return nil
	}
	r.frames++
	data, _ := r.bundle.File(s.File)
	if len(r.upright.Mask) > 0 {
		data = bytes.Clone(data) // which is painted into
	}
	p, err := pipeline.Again(s, data, r.upright)
	if err != nil {
		return err
	}
	if err := r.camera.Replay(ctx, p, r.kept(s)...); err != nil || r.options.See == nil {
		return err
	}
	if err := r.options.See(r.name, r.frames, p, func() (*pipeline.Sight, error) { return r.camera.Sees(p) }); err != nil {
		return &seeing{err}
	}
	return nil
}
