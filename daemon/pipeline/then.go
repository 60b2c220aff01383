package pipeline

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/infer/preprocess"
	"github.com/inceptiond/inceptiond/infer/task"
	"github.com/inceptiond/inceptiond/publish"
)

// ThenOptions say which second model looks at the objects that a first one, a detector, finds in a frame, and at how many.
type ThenOptions struct {
	Model    *Model
	Labels   []string // of the objects, by labels or numbers; empty: all
	MaxCrops int      // most objects of a frame, the best first; at least 1
}

// Second is what a second model did with what a first one had found in a frame.
type Second struct {
	Took  time.Duration // for preprocessing and inference of all crops, without waiting for others; 0: there was nothing for it
	Crops int           // that it answered
	Err   error         // why it did not answer them all; the rest of the answer is good
}

// then is the second look, at crops of what the first one has found. It has the second model's own preprocessing, of the whole frame
// as the first look gets it: upright, masked, at full size. It runs in the turn of the frame, so that no crop ever waits behind
// another frame's.
type then struct {
	look        *Look
	objects     []int // classes of the first model that it looks at; nil: all
	most        int
	proportions float64 // of the second model's input: width by height
	margin      float64

	predictions []publish.Prediction // of all crops of the frame, one after the other
	identities  []publish.Identity   // the same, of a model that knows people
}

// newThen makes the second look of a look with those options, which works in the frame's time and has its progress. The error is about
// o.Then, o.Objects beside it, and models that are for something else.
func newThen(o *LookOptions, work *progress) (*then, error) {
	t := &then{most: o.Then.MaxCrops, margin: preprocess.ObjectMargin}
	if kind := o.Model.Task.Kind; kind != task.Detect {
		return nil, fmt.Errorf("then: the task of model %q is %s: it finds no objects that a second one could look at (remove then, or give a detector as model)",
			o.Model.Name, taskName(kind))
	}
	if err := t.choose(o); err != nil {
		return nil, err
	}
	second := o.Then.Model
	switch kind := cmp.Or(second.Task.Kind, task.Classify); {
	case kind == task.Embed && second.Task.People == nil:
		return nil, fmt.Errorf("then.model: model %q knows nobody (name those whom it has been shown as its people, or give a classifier)", second.Name)
	case kind != task.Classify && kind != task.Embed:
		return nil, fmt.Errorf("then.model: the task of model %q is %s (want a classifier, which says what each object is, or a model that knows people)",
			second.Name, kind)
	}
	if second.Task.People != nil {
		t.margin = preprocess.FaceMargin
	}
	look, err := NewLook(LookOptions{
		Model: second, TopK: o.TopK, Threshold: o.Threshold, Preprocess: preprocess.Options{Fit: o.Preprocess.Fit, FastDecode: o.Preprocess.FastDecode},
	})
	if err != nil {
		return nil, fmt.Errorf("then: %w", err)
	}
	look.work = work
	height, width, _, err := second.Engine.Input().Image()
	if err != nil {
		return nil, fmt.Errorf("then: model %q: %w", second.Name, err)
	}
	t.look, t.proportions = look, float64(width)/float64(height)
	t.predictions, t.identities = make([]publish.Prediction, 0, t.most*o.TopK), make([]publish.Identity, 0, t.most)
	return t, nil
}

// choose finds the classes of the objects that the second model looks at.
func (t *then) choose(o *LookOptions) error {
	if len(o.Then.Labels) == 0 {
		return nil
	}
	labels := o.Model.Labels
	for _, label := range o.Then.Labels {
		classes, err := labels.Find(label)
		if err != nil {
			return fmt.Errorf("then.labels: %s", strings.TrimPrefix(err.Error(), "infer: "))
		}
		if o.Objects != nil && len(o.Objects.Only) > 0 {
			only, err := labels.Find(o.Objects.Only...)
			if err == nil && !slices.ContainsFunc(classes, func(class int) bool { return slices.Contains(only, class) }) {
				return fmt.Errorf("then.labels: objects.only leaves %q out, so that the second model would never see one (add it there, or remove it here)", label)
			}
		}
		t.objects = append(t.objects, classes...)
	}
	return nil
}

// maxSaid is how many labels of a second model are counted from the start on, at most, as that of a thousand birds most never come.
const maxSaid = 20

// says are the labels that the second model may say of objects, if they are few; others: it may say others too.
func (t *then) says() (labels []string, others bool) {
	for _, label := range t.look.classes() {
		if label != "" {
			labels = append(labels, label)
		}
	}
	if len(labels) > maxSaid {
		return nil, true
	}
	return labels, false
}

// wants tells whether the second model looks at objects of a class.
func (t *then) wants(class int) bool {
	return t.objects == nil || slices.Contains(t.objects, class)
}

// tell has the second model look at what was found in p, the best objects first, and tells in found what it says. waited is how long
// that was for the model's turn.
func (t *then) tell(ctx context.Context, p *picture.Picture, found *Found) (s Second, waited time.Duration) {
	begin, left := time.Now(), t.most
	t.predictions, t.identities = t.predictions[:0], t.identities[:0]
	for i := range found.Detections {
		d := &found.Detections[i]
		if !t.wants(d.Index) {
			continue
		}
		if left == 0 {
			break
		}
		left--
		a, err := t.crop(ctx, p, d.Box)
		if err != nil { // the others would fail as well
			s.Err = err
			break
		}
		waited += a.Queued
		t.say(d, &a)
		found.also(d)
		s.Crops++
	}
	if left < t.most {
		s.Took = time.Since(begin) - waited
	}
	return s, waited
}

// crop answers the part of p that shows what is in a box.
func (t *then) crop(ctx context.Context, p *picture.Picture, box [4]float64) (Answer, error) {
	part, err := t.around(p, box)
	if err == nil {
		err = t.look.pre.SetRegion(part)
	}
	if err != nil {
		return Answer{}, err
	}
	return t.look.Answer(ctx, p)
}

// around is the part of p that the second model gets to see of what is in a box.
func (t *then) around(p *picture.Picture, box [4]float64) (preprocess.Region, error) {
	width, height, err := p.Size()
	part := preprocess.Region{X: box[0], Y: box[1], Width: box[2], Height: box[3]}
	return preprocess.Around(part, t.margin, t.proportions, width, height), err
}

// say tells in d what the answer to its crop is: who it is, or what. A model that was taught here may not know what it sees: then it says
// nothing.
func (t *then) say(d *publish.Detection, a *Answer) {
	if who := a.Found.Identity; who != nil {
		t.identities = append(t.identities, *who)
		d.Identity = &t.identities[len(t.identities)-1]
		return
	}
	first := len(t.predictions)
	if !a.Findings.Unknown {
		t.predictions = append(t.predictions, a.Predictions...)
	}
	d.Predictions = t.predictions[first:len(t.predictions):len(t.predictions)]
}

// also counts what a second model says of an object, under its own label too, unless that is the object's.
func (d *Found) also(o *publish.Detection) {
	label, score := "", float32(0)
	switch {
	case o.Identity != nil:
		label, score = o.Identity.Label, float32(o.Identity.Score)
	case len(o.Predictions) > 0:
		label, score = o.Predictions[0].Label, o.Predictions[0].Score
	}
	if label != "" && label != o.Label {
		d.see(label, score)
	}
}
