package pipeline

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/preprocess"
	"github.com/inceptiond/inceptiond/infer/task"
	"github.com/inceptiond/inceptiond/publish"
)

// LookOptions say what is looked at in a frame, and what of the answer is listed.
type LookOptions struct {
	Model      *Model
	Preprocess preprocess.Options // Mean and Std are the model's
	TopK       int                // most predictions; at least 1
	Threshold  float64            // least score of a prediction; 0: all are listed, also those below 0
	Inner      int                // output that Look.Inner gives besides; 0: none
	Objects    *ObjectOptions     // nil: as Model.Task has it
	Embedding  bool               // what a model that gives an embedding says of a frame is told, not only whom it shows
	Then       *ThenOptions       // what looks at the objects that Model finds; nil: nothing does

	Scene    *task.Scene // that pictures are compared with, the Look's own; nil: none
	SceneMap int         // the output that Scene reads
}

// threshold is Threshold for scores that may be below 0.
func (o *LookOptions) threshold() float32 {
	if o.Threshold == 0 {
		return float32(math.Inf(-1))
	}
	return float32(o.Threshold)
}

// inner are the outputs that are wanted besides those that the task reads.
func (o *LookOptions) inner() (outputs []int) {
	for _, i := range []int{o.Inner, o.SceneMap} {
		if i > 0 {
			outputs = append(outputs, i)
		}
	}
	return outputs
}

// Look is the way of a picture to its answer: preprocessing, the engine, the task. It owns every buffer on the way,
// so it is not for concurrent use; the model behind it may be shared with other looks.
type Look struct {
	options LookOptions
	pre     *preprocess.Preprocessor
	task    task.Task
	work    *progress // of the frame that is looked at; while a model has it, that tells
	seeing  *rangeCheck
	only    []int // classes of objects and areas that are listed; nil: all
	then    *then // nil: nothing looks at what is found

	in       []byte
	outs     [][]byte
	findings task.Findings
	familiar publish.Familiarity
	best     []task.Class
	named    []publish.Prediction
	found    Found
	masked   publish.Mask
	tape     *tape  // takes tensors; nil: nobody asks
	given    *given // what runs go on from; nil: from the runs before
}

// Answer is what a frame shows and where the time went. Findings, Predictions and Familiarity are valid until the next frame.
type Answer struct {
	Findings    *task.Findings
	Predictions []publish.Prediction // the best of the classes, with their labels
	Familiarity *publish.Familiarity // of a model that was taught here; nil of others
	Found       *Found               // good until the next frame, as those
	By          infer.By             // who answered
	Preprocess  time.Duration
	Queued      time.Duration // until other cameras had had their turn with the models
	Inference   time.Duration

	Then Second
}

// NewLook makes room for everything that a frame needs on its way. The error is about a model whose input is no picture
// or whose outputs fit no task, or about options that do not fit the model; it names the model.
func NewLook(o LookOptions) (*Look, error) {
	engine := o.Model.Engine
	o.Preprocess.Mean, o.Preprocess.Std = o.Model.Mean, o.Model.Std
	pre, err := preprocess.New(engine.Input(), o.Preprocess)
	if err != nil {
		return nil, fmt.Errorf("model %q: %w", o.Model.Name, err)
	}
	reading := o.Model.Task
	reading.Frame = frame{pre}
	if o.Objects != nil {
		if err := o.Objects.apply(&reading, o.Model.Labels); err != nil {
			return nil, err
		}
	}
	t, err := task.New(engine.Outputs(), reading)
	if err != nil {
		return nil, fmt.Errorf("model %q: %w", o.Model.Name, err)
	}
	outs := make([][]byte, len(engine.Outputs()))
	for _, i := range append(t.Reads(), o.inner()...) { // the others are not copied
		outs[i] = make([]byte, engine.Outputs()[i].Bytes())
	}
	work := newProgress()
	l := &Look{options: o, pre: pre, task: t, work: &work, only: reading.Only, in: make([]byte, engine.Input().Bytes()), outs: outs}
	if t.Kind() == task.Classify {
		l.seeing = newRangeCheck(engine.Input(), o.Model.Std, engine.Outputs()[0].Elements(), reading.Scores == task.Raw && !o.Model.Probabilities)
	}
	if o.Then != nil {
		if l.then, err = newThen(&o, l.work); err != nil {
			return nil, err
		}
	}
	return l, nil
}

// frame is how the latest picture lies in the model's input.
type frame struct{ pre *preprocess.Preprocessor }

// Upright and Shown are those of [task.Frame].
func (f frame) Upright(part task.Box) task.Box {
	return task.Box(f.pre.UprightLinear(preprocess.Region(part)))
}
func (f frame) Shown() task.Box { return task.Box(f.pre.Shown()) }

// Doubt says that the model, or the second one, hardly tells the pictures so far from each other although they differ, and what to do;
// empty: there is no reason to think so.
func (l *Look) Doubt() string {
	doubt := l.seeing.doubt(minDiffering)
	if doubt == "" && l.then != nil {
		doubt = l.then.look.Doubt()
	}
	return doubt
}

// ofScene says that all pictures are those of one camera.
func (l *Look) ofScene() {
	if l.seeing != nil {
		l.seeing.scene = true
	}
	if l.then != nil {
		l.then.look.ofScene()
	}
}

// restsUntil is when all models of the look may be used again, which has passed if they may now.
func (l *Look) restsUntil() time.Time {
	until := l.options.Model.restsUntil()
	if l.then != nil {
		until = later(until, l.then.look.restsUntil())
	}
	return until
}

// Input is the tensor of the latest frame. It is good until the next one.
func (l *Look) Input() []byte { return l.in }

// Inner is the output of LookOptions.Inner of the latest frame. It is good until the next one; nil: none was wanted.
func (l *Look) Inner() []byte {
	if l.options.Inner == 0 {
		return nil
	}
	return l.outs[l.options.Inner]
}

// Answer answers one picture. The error wraps capture.ErrBadFrame if its frame is damaged.
func (l *Look) Answer(ctx context.Context, p *picture.Picture) (Answer, error) {
	a, err := l.run(ctx, p)
	if err != nil {
		return Answer{}, err
	}
	l.work.enter(atRank)
	if err := l.task.Decode(&l.findings, l.outs); err != nil {
		return Answer{}, err
	}
	if s := l.options.Scene; s != nil {
		if err := s.Decode(&l.findings, l.outs[l.options.SceneMap]); err != nil {
			return Answer{}, err
		}
	}
	l.seeing.see(l.in, l.findings.Classes)
	l.rank()
	l.found.list(&l.findings, l.options.Model.Labels, l.options.Objects)
	l.found.recognize(&l.findings, l.options.Model.Task.People, l.options.Embedding)
	a.Findings, a.Predictions, a.Familiarity, a.Found = &l.findings, l.named, l.familiarity(), &l.found
	if l.then != nil {
		var waited time.Duration
		a.Then, waited = l.then.tell(ctx, p, &l.found)
		a.Queued += waited
	}
	return a, nil
}

// run takes p through preprocessing and the engine, into outs. If nobody else has the engine, its threads help to
// preprocess; while others run it, this thread alone has time enough.
func (l *Look) run(ctx context.Context, p *picture.Picture) (a Answer, err error) {
	m := l.options.Model
	begin := time.Now()
	infer.Wake(m.Engine)
	l.work.enter(atPreprocess)
	taken := m.tryTurn()
	var helpers infer.Sharer
	if taken {
		helpers = m.helpers
	}
	err = l.pre.Run(p, l.in, helpers)
	ready := time.Now()
	l.work.leave() // the model tells its own progress, which it may owe to other cameras first
	if err == nil && !taken {
		err = m.awaitTurn(ctx)
		taken = err == nil
	}
	if taken {
		defer m.endTurn()
	}
	if err != nil {
		return a, err
	}
	if err := l.given.give(m.Engine); err != nil {
		return a, err
	}
	kept := l.tape.before(m)
	a.By, a.Inference, err = m.run(ctx, l.in, l.outs)
	a.Preprocess, a.Queued = ready.Sub(begin), time.Since(ready)-a.Inference
	if err == nil {
		l.tape.take(m, kept, l.in, l.outs)
	}
	return a, err
}

// upright is a part of the latest picture, in fractions of the upright frame, of which part is in fractions of the model's input.
func (l *Look) upright(part task.Box) [4]float64 {
	r := l.pre.Upright(picture.Region{X: part.X, Y: part.Y, Width: part.Width, Height: part.Height})
	return [4]float64{r.X, r.Y, r.Width, r.Height}
}

// rank lists the best classes of a classifier with their labels.
func (l *Look) rank() {
	l.named = l.named[:0]
	if l.task.Kind() != task.Classify {
		return
	}
	l.best = task.TopK(l.best[:0], &l.findings, l.options.TopK, l.options.threshold())
	for _, c := range l.best {
		l.named = append(l.named, l.prediction(c))
	}
}

// tellsUnknown tells whether an answer may be that the frame shows none of the classes.
func (l *Look) tellsUnknown() bool {
	t := l.options.Model.Task
	return t.Taught != nil && t.Unknown > 0
}

// familiarity is how familiar the latest frame is, as results have it; nil: the model was not taught here.
func (l *Look) familiarity() *publish.Familiarity {
	f := &l.findings
	if !f.Taught {
		return nil
	}
	p := l.options.Model.Task.Taught.Picture(f.Nearest)
	l.familiar = publish.Familiarity{Familiar: f.Familiar, NearestID: p.ID, NearestClass: l.options.Model.Task.Taught.Labels()[p.Class]}
	return &l.familiar
}

// topThreshold is the least score of a top class: only a classifier has one.
func (l *Look) topThreshold() float32 {
	if l.task.Kind() != task.Classify {
		return float32(math.NaN())
	}
	return l.options.threshold()
}

// classes are the labels of all classes, empty where the model has none; of a model that knows people, these. Those of a second model
// are behind them.
func (l *Look) classes() []string {
	own := l.ownClasses()
	if l.then != nil {
		own = slices.Concat(own, l.then.look.classes())
	}
	return own
}

// ownClasses are classes without those of a second model.
func (l *Look) ownClasses() []string {
	if p := l.options.Model.Task.People; p != nil {
		return p.Names()
	}
	n := l.options.Model.Task.Classes
	if l.task.Kind() == task.Classify {
		n = l.options.Model.Engine.Outputs()[0].Elements()
	}
	classes := make([]string, n)
	copy(classes, l.options.Model.Labels)
	return classes
}

// mapped tells whether which class is where is to be published.
func (l *Look) mapped() bool { return l.options.Objects != nil && l.options.Objects.SegmentMap }

// prediction is a class with its label, empty if the model has none.
func (l *Look) prediction(c task.Class) publish.Prediction {
	return publish.Prediction{Index: c.Index, Label: labelOf(l.options.Model.Labels, c.Index), Score: c.Score}
}

// bestClass is the best class of the latest frame, whatever its score is.
func (l *Look) bestClass() int {
	best := task.TopK(nil, &l.findings, 1, float32(math.Inf(-1)))
	if len(best) == 0 {
		return 0
	}
	return best[0].Index
}

// cutter is that of [Camera.Cutter].
func (l *Look) cutter(whole bool) (*picture.Encoder, error) {
	o := l.options.Preprocess
	if whole {
		o.Region = preprocess.Region{}
	}
	return preprocess.NewCutter(l.options.Model.Engine.Input(), o)
}
