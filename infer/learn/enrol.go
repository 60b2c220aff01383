package learn

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/task"
	"github.com/inceptiond/inceptiond/internal/order"
)

// Embedder is a network that gives embeddings.
type Embedder struct {
	SHA256  string // of its file, in hexadecimal
	Input   infer.TensorSpec
	Outputs []infer.TensorSpec
	At      int // the number of the output that has the embedding
}

// minPeople is how many people can be enrolled, at least: one can be told from strangers.
const minPeople = 1

// copyApart is how far near-copies of a face are apart, at most (task.Apart). With the face network of docs/people.md pictures of one
// person that were taken at different times are 0.2 apart and more, and a picture that was made lighter, darker, smaller
// or worse 0.04 to 0.2.
const copyApart = 0.15

// Enrol looks at the pictures of people, where a person is a class, and finds what the network knows each by: the Version has People in the
// place of a model. Nothing is trained; how well the people are told apart is found by asking of each picture whose it is when it
// is left out. It blocks until it is done or ctx ends, whose error it returns at once then. An error is a [Refusal], which says what is
// wrong with the set, or run's own. A picture that cannot be read is no error: the report names it. tell, if it is not nil, hears of the
// progress, in the caller's goroutine.
func Enrol(ctx context.Context, e Embedder, run Runner, set []Picture, o Options, tell func(Progress)) (*Version, error) {
	start := time.Now()
	classes, err := checkPeople(set, &o)
	if err != nil {
		return nil, err
	}
	n := &enrolment{network: e, options: o, classes: classes, tell: tell, skipped: slices.Clone(o.Skipped), embedding: make([]byte, e.Outputs[e.At].Bytes())}
	if n.tell == nil {
		n.tell = func(Progress) {}
	}
	if n.shower, err = newShower(e.Input, len(e.Outputs), run, o.Preprocess); err != nil {
		return nil, err
	}
	n.outs[e.At] = n.embedding
	if err := n.see(ctx, set); err != nil {
		return nil, err
	}
	n.join()
	n.leaveOut()
	v, err := n.version()
	if err != nil {
		return nil, err
	}
	v.Report.Seconds = time.Since(start).Seconds()
	n.tell(Progress{StageModel, 1, 1})
	return v, nil
}

// checkPeople refuses a set before anything is read of it. classes is the names of the people, sorted.
func checkPeople(set []Picture, o *Options) (classes []string, err error) {
	classes, _, why := namesOf(set)
	if n := len(classes); n < minPeople || n > MaxClasses {
		why = append(why, fmt.Sprintf("there are pictures of %d people (it takes %d to %d)", n, minPeople, MaxClasses))
	}
	if len(why) > 0 {
		return nil, &Refusal{append(why, leftOut(o.Skipped)...)}
	}
	if !(o.MaxDistance > 0 && o.MaxDistance < 2) {
		return nil, fmt.Errorf("learn: a distance of %v (want more than 0, and less than 2)", o.MaxDistance)
	}
	return classes, o.check()
}

// enrolment is an Enrol under way.
type enrolment struct {
	*shower
	network   Embedder
	options   Options
	tell      func(Progress)
	classes   []string
	embedding []byte // of the picture that was shown last

	list    []*seen // in the order of their SHA-256; features are embeddings
	skipped []Skipped
	left    []*seen // not used
	same    []int   // by class: files that are the same as another
	vectors [][]float32
	asked   []verdict // by picture of list
}

// see looks at all pictures.
func (n *enrolment) see(ctx context.Context, set []Picture) error {
	all := len(set) + len(n.options.Held)
	var held []*seen
	for i := range all {
		n.tell(Progress{StagePictures, i, all})
		p, taught := &seen{}, i < len(set)
		if taught {
			p.Picture = &set[i]
		} else {
			p.Picture = &n.options.Held[i-len(set)]
		}
		p.class = slices.Index(n.classes, p.Class)
		err := n.show(ctx, p)
		switch skip := (unreadable{}); {
		case errors.As(err, &skip) && taught:
			n.skipped = append(n.skipped, Skipped{p.id, p.Name, p.Class, skip.Error()})
		case errors.As(err, &skip): // of those that are held out whoever tests tells
		case err != nil:
			return err
		case taught:
			n.list = append(n.list, p)
		default:
			held = append(held, p)
		}
	}
	n.tell(Progress{StagePictures, all, all})
	n.list, n.same = ordered(n.list, len(n.classes))
	n.limit()
	return n.refuse(held)
}

// show looks at p.
func (n *enrolment) show(ctx context.Context, p *seen) (err error) {
	if err := ctx.Err(); err != nil {
		return err
	}
	if p.id, err = n.open(p.Picture); err != nil {
		return err
	}
	if err := n.look(ctx); err != nil {
		return err
	}
	spec := n.network.Outputs[n.network.At]
	p.features = make([]float32, spec.Elements())
	if err := spec.Values(p.features, n.embedding); err != nil {
		return err
	}
	if _, ok := task.Mean(p.features); !ok {
		return unreadable{errors.New("the model's answer to it is all zero, or has what is no number")}
	}
	return nil
}

// limit leaves out pictures of people who have more than are used.
func (n *enrolment) limit() {
	used := make([]int, len(n.classes))
	n.list = slices.DeleteFunc(n.list, func(p *seen) bool {
		if used[p.class]++; used[p.class] > n.options.MaxPictures {
			n.left = append(n.left, p)
		}
		return used[p.class] > n.options.MaxPictures
	})
}

// refuse says whether there is a picture of each person, and none of them is held.
func (n *enrolment) refuse(held []*seen) error {
	var why []string
	for c, name := range n.classes {
		if len(ofClass(n.list, c)) == 0 {
			why = append(why, fmt.Sprintf("none of the pictures of %s can be used", name))
		}
	}
	if len(why) > 0 {
		why = append(why, leftOut(n.skipped)...)
	}
	for _, h := range held {
		for _, p := range n.list {
			if p.id == h.id || p.class == h.class && task.Apart(p.features, h.features) < copyApart {
				why = append(why, heldCopy(p, h))
			}
		}
	}
	if len(why) > 0 {
		return &Refusal{why}
	}
	return nil
}

// join finds the near-copies of each person's pictures. It sets unit and first.
func (n *enrolment) join() {
	for c := range n.classes {
		some := ofClass(n.list, c)
		units := newSets(len(some))
		for i := range some {
			for k := range i {
				if task.Apart(some[i].features, some[k].features) < copyApart {
					units.join(i, k)
				}
			}
		}
		joinMoments(some, units)
		numberUnits(some, units)
	}
}

// verdict is whose a picture is when it is left out, with its near-copies.
type verdict struct {
	own     float64 // distance to its own person; above 2 if there are no other pictures of them
	other   float64 // to the nearest of the others; above 2 if there is nobody else
	nearest int     // who that is
}

// none is a distance that there is not: nobody is so far.
const none = 3.0

// leaveOut finds the vector of each person, and asks of each picture whose it is.
func (n *enrolment) leaveOut() {
	for c := range n.classes {
		mean, _ := task.Mean(n.embeddings(c, -1)...)
		n.vectors = append(n.vectors, mean)
	}
	n.asked = make([]verdict, len(n.list))
	parallel(len(n.list), func(i int) {
		p, v := n.list[i], verdict{own: none, other: none, nearest: -1}
		if mean, ok := task.Mean(n.embeddings(p.class, p.unit)...); ok {
			v.own = task.Apart(p.features, mean)
		}
		for c, mean := range n.vectors {
			if d := task.Apart(p.features, mean); c != p.class && d < v.other {
				v.other, v.nearest = d, c
			}
		}
		n.asked[i] = v
	})
}

// embeddings are those of a person, but for a unit of pictures.
func (n *enrolment) embeddings(class, without int) (list [][]float32) {
	for _, p := range n.list {
		if p.class == class && p.unit != without {
			list = append(list, p.features)
		}
	}
	return list
}

// version makes the file of what was found.
func (n *enrolment) version() (*Version, error) {
	people, err := task.NewPeople(n.classes, n.vectors, n.network.SHA256, n.options.MaxDistance)
	if err != nil {
		return nil, &Refusal{[]string{fmt.Sprintf("the pictures of somebody have nothing in common: %v", err)}}
	}
	v := &Version{Labels: n.classes}
	if v.People, err = people.AppendBinary(nil); err != nil {
		return nil, err
	}
	sum := sha256.Sum256(v.People)
	v.Report = n.report()
	v.Report.SHA256 = hex.EncodeToString(sum[:])
	v.ID = v.Report.SHA256[:12]
	return v, nil
}

// worstFirst sorts pictures, by their numbers in list, by how much they look like somebody else.
func (n *enrolment) worstFirst(list []int) {
	gap := func(i int) float64 { return n.asked[i].other - n.asked[i].own }
	order.Stable(list, func(a, b int) int { return cmp.Compare(gap(a), gap(b)) })
}
