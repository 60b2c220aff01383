package learn

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/inceptiond/inceptiond/infer/learn/graft"
	"github.com/inceptiond/inceptiond/infer/task"
)

// Train teaches b with the pictures of set. It blocks until it is done or ctx ends, whose error it returns at once then. An
// error is a [Refusal], which says what is wrong with the set, or run's own. A picture that cannot be read is no error: the
// report names it. tell, if it is not nil, hears of the progress, in the caller's goroutine.
func Train(ctx context.Context, b *Base, run Runner, set []Picture, o Options, tell func(Progress)) (*Version, error) {
	start := time.Now()
	t, err := teach(ctx, b, run, set, o, tell)
	if err != nil {
		return nil, err
	}
	t.tell(Progress{StageModel, 0, 1})
	v, err := t.version()
	if err != nil {
		return nil, err
	}
	v.Report.Seconds = time.Since(start).Seconds()
	t.tell(Progress{StageModel, 1, 1})
	return v, nil
}

// teach is Train without the files.
func teach(ctx context.Context, b *Base, run Runner, set []Picture, o Options, tell func(Progress)) (*training, error) {
	classes, err := checkSet(set, &o)
	if err != nil {
		return nil, err
	}
	t := &training{base: b, options: o, classes: classes, maps: newMaps(b), tell: tell, skipped: slices.Clone(o.Skipped)}
	if t.tell == nil {
		t.tell = func(Progress) {}
	}
	if t.looker, err = newLooker(b, run, o.Preprocess); err != nil {
		return nil, err
	}
	for _, step := range []func(ctx context.Context, set []Picture) error{t.see, t.choose, t.vary, t.fit} {
		if err := step(ctx, set); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// training is one training under way.
type training struct {
	base    *Base
	looker  *looker
	options Options
	tell    func(Progress)
	classes []string

	zero     int     // of all codes
	list     []*seen // what is taught with, in the order of their SHA-256
	skipped  []Skipped
	left     []*seen // not used
	same     []int   // by class: files that are the same as another
	variants int
	maps     *keptMaps // of some of the pictures
	done     int       // pictures that were shown to the network
	own      []float64

	logits      [][]float64 // of the cross validation, before the temperature; nil: not asked
	temperature float64
	head        *head // with the temperature
}

// see looks at all pictures as they are.
func (t *training) see(ctx context.Context, set []Picture) error {
	all := len(set) + len(t.options.Held)
	total := all + min(len(set)*t.options.Variants, t.options.MaxRows)
	var held []*seen
	for i := range all {
		t.tell(Progress{StagePictures, i, total})
		p := &seen{}
		if i < len(set) {
			p.Picture = &set[i]
		} else {
			p.Picture = &t.options.Held[i-len(set)]
		}
		p.class = slices.Index(t.classes, p.Class)
		switch err := t.seeOne(ctx, p, i < len(set)); {
		case err != nil:
			return err
		case p.codes == nil: // skipped
		case i < len(set):
			t.list = append(t.list, p)
		default:
			held = append(held, p)
		}
	}
	t.done = all
	t.list, t.same = ordered(t.list, len(t.classes))
	return t.refuse(held)
}

// seeOne looks at p, and has it skipped if it cannot be read.
func (t *training) seeOne(ctx context.Context, p *seen, taught bool) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	err := t.show(ctx, p)
	if skip := (unreadable{}); errors.As(err, &skip) {
		p.codes = nil
		if taught {
			t.skipped = append(t.skipped, Skipped{p.id, p.Name, p.Class, skip.Error()})
		}
		return nil
	}
	if err == nil && taught {
		t.maps.keep(p.id, t.looker.maps)
	}
	return err
}

// show looks at p.
func (t *training) show(ctx context.Context, p *seen) (err error) {
	if p.id, err = t.looker.open(p.Picture); err != nil {
		return err
	}
	if err = t.looker.look(ctx); err != nil {
		return err
	}
	if p.features, err = t.looker.features(); err != nil {
		return err
	}
	p.codes, t.zero, err = t.looker.codes()
	return err
}

// refuse says whether what could be read is enough, and none of it is held.
func (t *training) refuse(held []*seen) error {
	count := map[string]int{}
	for _, p := range t.list {
		count[p.Class]++
	}
	why := tooFew(t.classes, count)
	if len(why) > 0 {
		why = append(why, leftOut(t.skipped)...)
	}
	for c, n := range t.same {
		if n > 0 && count[t.classes[c]] < MinPictures {
			why = append(why, fmt.Sprintf("class %s has the same file more than once (%d of them)", t.classes[c], n+1))
		}
	}
	why = append(why, t.heldCopies(held)...)
	if len(why) > 0 {
		return &Refusal{why}
	}
	return nil
}

// heldCopies says which pictures are near-copies of held ones: figures of those would be worth nothing.
func (t *training) heldCopies(held []*seen) (why []string) {
	for _, h := range held {
		for _, p := range t.list {
			if p.class == h.class && task.Distance(p.codes, h.codes, t.zero) < copyDistance || p.id == h.id {
				why = append(why, heldCopy(p, h))
			}
		}
	}
	return why
}

// heldCopy says that a picture is a near-copy of one that is held out.
func heldCopy(p, held *seen) string {
	return fmt.Sprintf("the picture %s of class %s is a near-copy of %s, which is held out for tests (delete one of them)", p.label(), p.Class, held.label())
}

// choose finds which pictures are used, and with how many variants.
func (t *training) choose(context.Context, []Picture) error {
	t.list, t.left, t.variants = choose(t.list, len(t.classes), t.zero, &t.options)
	for _, p := range t.left {
		p.features = nil
	}
	t.own = join(t.list, len(t.classes), t.zero)
	deal(t.list, len(t.classes))
	return nil
}

// vary looks at the variants of all pictures.
func (t *training) vary(ctx context.Context, _ []Picture) error {
	total := t.done + len(t.list)*t.variants
	for i, p := range t.list {
		if t.variants == 0 {
			break
		}
		id, err := t.looker.open(p.Picture)
		if err == nil && id != p.id {
			err = unreadable{errors.New("it has changed")}
		}
		if err == nil {
			err = t.looker.prepare()
		}
		seeds := p.seed()
		for k := 0; k < t.variants && err == nil; k++ {
			t.tell(Progress{StagePictures, t.done + i*t.variants + k, total})
			err = t.varyOne(ctx, p, random(seeds.next()))
		}
		if skip := (unreadable{}); errors.As(err, &skip) {
			return fmt.Errorf("learn: the picture %s was good a moment ago, but %w: train again", p.label(), skip.error)
		}
		if err != nil {
			return err
		}
	}
	t.tell(Progress{StagePictures, total, total})
	return nil
}

// varyOne looks at one variant of p, whose source is prepared.
func (t *training) varyOne(ctx context.Context, p *seen, r random) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := t.looker.lookChanged(ctx, r, t.options.Flip); err != nil {
		return err
	}
	features, err := t.looker.features()
	p.variants = append(p.variants, features)
	return err
}

// fit finds the head, and how far it is to be trusted.
func (t *training) fit(ctx context.Context, _ []Picture) (err error) {
	n := len(t.classes)
	tell := func(done, total int) { t.tell(Progress{StageFolds, done, total}) }
	if t.logits, err = validate(ctx, t.list, n, t.options.Lambda, tell); err != nil {
		return err
	}
	t.tell(Progress{StageHead, 0, 1})
	var asked [][]float64
	var class []int
	for i, p := range t.list {
		if p.first && t.logits[i] != nil {
			asked, class = append(asked, t.logits[i]), append(class, p.class)
		}
	}
	t.temperature = temperature(asked, class)
	if t.head, err = trainHead(ctx, rowsWithout(t.list, n, noFold-1), n, t.options.Lambda); err != nil {
		return err
	}
	t.head.cool(t.temperature)
	t.tell(Progress{StageHead, 1, 1})
	return nil
}

// version makes the files of what was found.
func (t *training) version() (*Version, error) {
	h := graft.Head{
		Labels: t.classes, Weights: t.head.weights, Bias: t.head.bias, Name: t.options.Name,
		Description: fmt.Sprintf("Taught with %s of %d classes", plural(len(t.list), "picture"), len(t.classes)),
		Mean:        t.options.Preprocess.Mean, Std: t.options.Preprocess.Std,
	}
	h.LogitMin, h.LogitMax = t.logitRange()
	h.CamMin, h.CamMax = t.maps.rangeOf(t.head)
	file, err := graft.Taught(t.base.Model, t.base.At, h)
	if err != nil {
		return nil, err
	}
	taught, err := t.taught()
	if err != nil {
		return nil, err
	}
	v := &Version{Model: file, Labels: t.classes}
	if v.Embeddings, err = taught.AppendBinary(nil); err != nil {
		return nil, err
	}
	sum := sha256.Sum256(file)
	v.Report = t.report(taught)
	v.Report.SHA256 = hex.EncodeToString(sum[:])
	v.ID = v.Report.SHA256[:12]
	return v, nil
}

// taught is what the network says of the pictures.
func (t *training) taught() (*task.Taught, error) {
	var pictures []task.TaughtPicture
	var codes []byte
	for _, p := range t.list {
		pictures = append(pictures, task.TaughtPicture{ID: p.id, Class: p.class})
		codes = append(codes, p.codes...)
	}
	return task.NewTaught(t.classes, pictures, codes, t.zero, t.own)
}
