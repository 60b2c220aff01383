package evaluate

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/evaluate/coco"
	"github.com/inceptiond/inceptiond/infer/evaluate/truth"
	"github.com/inceptiond/inceptiond/infer/task"
)

// asked is a picture for a report of another task than classify, and what each subject answers.
type asked struct {
	Picture
	answers []Answer
}

// reportOf reports what subjects answer, and holds the report to its schema and its writers.
func reportOf(t testing.TB, o Options, subjects []Subject, list ...asked) *Report {
	t.Helper()
	at := -1
	pictures := func(yield func(Picture) bool) {
		for i, a := range list {
			at = i
			a.Picture.Read = func() ([]byte, error) { return []byte{byte(i)}, nil }
			if !yield(a.Picture) {
				return
			}
		}
	}
	r, err := Run(context.Background(), subjects, pictures, func(context.Context, []byte) ([]Answer, error) { return list[at].answers, nil }, o)
	if err != nil {
		t.Fatal(err)
	}
	if t, ok := t.(*testing.T); ok {
		checkSchema(t, r)
	}
	drawing := func(_ []byte, with func(draw.Image)) ([]byte, error) {
		if with != nil {
			with(image.NewRGBA(image.Rect(0, 0, 40, 30)))
		}
		return []byte("jpeg"), nil
	}
	if err := errors.Join(r.WriteText(new(bytes.Buffer)), r.WriteHTML(new(bytes.Buffer), drawing)); err != nil {
		t.Fatal(err)
	}
	return r
}

// detector is a model that finds animals.
func detector(name string) Subject {
	return Subject{Name: name, SHA256: strings.Repeat("ab", 32), Engine: "cpu", Kernels: "go", Threads: 2, Kind: task.Detect, Labels: infer.Labels{"cat", "dog", "cow"}, Classes: 3, Threshold: 0.5}
}

// animals are the classes of a truth: in another order than the model's, and spelt otherwise.
func animals() []truth.Class { return []truth.Class{{Name: "Dog", Index: 7}, {Name: "cat", Index: 8}} }

// field is a picture of 200 x 100 pixels that shows objects.
func field(name string, shown ...truth.Object) Picture {
	return Picture{Name: name, Shows: &truth.Picture{Width: 200, Height: 100, Objects: shown}}
}

// thing is an object of 40 x 40 pixels, so far to the right.
func thing(class int, x float64) truth.Object {
	return truth.Object{Class: class, Box: coco.Box{X: x, Y: 20, Width: 40, Height: 40}, Area: 1600}
}

// finds are what a detector says of a picture that is twice as large as the truth has it: class, score and where, in pixels of the truth.
func finds(list ...[3]float64) Answer {
	f := &task.Findings{}
	for _, v := range list {
		f.Objects = append(f.Objects, task.Object{Index: int(v[0]), Score: float32(v[1]), Box: task.Box{X: v[2] / 200, Y: .2, Width: .2, Height: .4}})
	}
	return Answer{Found: f, Width: 400, Height: 200, Took: 20 * time.Millisecond}
}

const cat, dog, cow = 0, 1, 2 // of the model; the truth's dog is 0, its cat 1

// scenes are pictures with what is right, missed, false, in a crowd, and beside the point.
func scenes() []asked {
	crowd, hard := thing(0, 100), thing(1, 0)
	crowd.Crowd, hard.Difficult = true, true
	return []asked{
		{field("right.jpg", thing(0, 10), thing(1, 100)), []Answer{finds([3]float64{dog, .9, 10}, [3]float64{cat, .8, 100}, [3]float64{dog, .2, 150})}},
		{field("missed.jpg", thing(0, 10), thing(0, 100)), []Answer{finds([3]float64{dog, .7, 12}, [3]float64{dog, .4, 100})}},
		{field("false.jpg", thing(0, 10)), []Answer{finds([3]float64{cat, .6, 10}, [3]float64{dog, .8, 10})}},
		{field("crowd.jpg", crowd, hard), []Answer{finds([3]float64{dog, .9, 100}, [3]float64{dog, .8, 104}, [3]float64{cat, .7, 0})}},
		{field("others.jpg"), []Answer{finds([3]float64{cow, .9, 100})}},
		{Picture{Name: "turned.jpg", Shows: &truth.Picture{Width: 100, Height: 200}}, []Answer{finds()}},
	}
}

// TestObjects holds figures to those that were reckoned by hand.
func TestObjects(t *testing.T) {
	r := reportOf(t, Options{Classes: animals()}, []Subject{detector("a")}, scenes()...)
	if r.Pictures != 5 || r.Classes != 2 || len(r.Skipped) != 1 || !strings.Contains(r.Skipped[0].Error, "it has 400 x 200 pixels, and what it shows was written down of 100 x 200") {
		t.Fatalf("%+v", r)
	}
	o := r.Results[0].Objects
	share := func(what string, s Share, count, of int) {
		t.Helper()
		if s.Count != count || s.Of != of {
			t.Errorf("%s: %d of %d, want %d of %d", what, s.Count, s.Of, count, of)
		}
	}
	share("found", o.Found, 4, 5) // the dog of 0.4 is missed from 0.5 on
	share("right", o.Right, 4, 5) // a cat is false; those in the crowd and the difficult one do not count, nor does the cow
	share("counts", o.Counts, 3, 5)
	if o.Objects != 5 || o.Likeness != "IoU" || o.APRange != nil {
		t.Errorf("%+v", o)
	}
	// Dogs by score: .9 right, .8 right, .7 right but for IoU 0.95 (36.2 of 43.8 pixels: 0.905), .4 right, .2 false: all 4 found.
	dogs, cats := o.ByClass[1], o.ByClass[0]
	if dogs.Label != "dog" || dogs.Objects != 4 || math.Abs(*dogs.AP50-1) > 1e-12 {
		t.Errorf("%+v, AP50 %v", dogs, *dogs.AP50)
	}
	// Cats: .8 right, .6 false.
	if cats.Label != "cat" || math.Abs(*cats.AP-1) > 1e-12 || cats.Right.Of != 2 {
		t.Errorf("%+v", cats)
	}
	for _, want := range []struct{ at, right, said int }{{0, 5, 7}, {8, 5, 6}, {9, 4, 5}, {15, 3, 3}, {20, 0, 0}} { // in steps of 0.05
		a := o.Thresholds[want.at]
		share(fmt.Sprint(a.Threshold), a.Precision, want.right, want.said)
		share(fmt.Sprint(a.Threshold), a.Recall, want.right, 5)
	}
	var wrong []string
	for _, s := range o.Wrongest {
		wrong = append(wrong, fmt.Sprintf("%s %d %d", s.Picture, s.count(isMissed), s.count(isFalse)))
	}
	if got := strings.Join(wrong, ", "); got != "missed.jpg 1 0, false.jpg 0 1" {
		t.Errorf("wrongest: %s", got)
	}
	if b := o.Wrongest[0].Objects[0]; b.State != isMissed || b.Box != [4]float64{.5, .2, .2, .4} || b.Label != "dog" {
		t.Errorf("%+v", b)
	}
	if len(o.Sizes) != 3 || o.Sizes[1].Objects != 5 || o.Sizes[0].AP != nil {
		t.Errorf("%+v", o.Sizes)
	}
}

// TestObjectClasses: a class is found by its name; of a model without labels by its number; or it is an error that says what may be meant.
func TestObjectClasses(t *testing.T) {
	s, bare := detector("a"), Subject{Name: "b", Kind: task.Detect, Classes: 3}
	for _, c := range []struct {
		subject Subject
		class   truth.Class
		want    int
		says    string
	}{
		{s, truth.Class{Name: "DOG"}, dog, ""},
		{s, truth.Class{Index: 2}, cow, ""},
		{bare, truth.Class{Name: "dog", Index: 1}, 1, ""},
		{s, truth.Class{Name: "dgo"}, 0, `"dgo" is no class of a (did you mean "dog"`},
		{s, truth.Class{Index: 3}, 0, `"3" is no class of a`},
		{bare, truth.Class{Name: "dog", Index: -1}, 0, `"dog" is no class of b`},
		{Subject{Name: "p", Kind: task.Pose}, truth.Class{Name: "Person", Index: 9}, 0, ""},
	} {
		got, err := Place(&c.subject, c.class)
		if c.says == "" && (err != nil || got != c.want) || c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)) {
			t.Errorf("%+v: %d, %v", c.class, got, err)
		}
	}
	if err := CheckClasses([]Subject{s, bare}, []truth.Class{{Name: "x", Index: 5}, {Name: "cat"}}); err == nil || strings.Count(err.Error(), "is no class of") != 2 {
		t.Errorf("%v", err)
	}
}

// TestObjectsOfTwo: which is better, and how they agree.
func TestObjectsOfTwo(t *testing.T) {
	var list []asked
	for i := range 12 {
		p := field(fmt.Sprintf("%02d.jpg", i), thing(0, 10), thing(1, 100))
		good, bad := finds([3]float64{dog, .9, 10}, [3]float64{cat, .8, 100}), finds([3]float64{dog, .7, 11}, [3]float64{cow, .9, 100})
		if i%4 == 0 {
			bad = good
		}
		list = append(list, asked{p, []Answer{good, bad}})
	}
	r := reportOf(t, Options{Classes: animals()}, []Subject{detector("good"), detector("bad")}, list...)
	c, o := r.Comparisons[0], r.Results[1].Objects
	if c.Better != "good" || c.P > .05 || !strings.HasPrefix(c.Verdict, "good is better than bad, by more than chance explains: its average precision is higher by 0.") {
		t.Errorf("%+v", c)
	}
	if o.APRange == nil || o.APRange.Low > *o.AP || o.APRange.High < *o.AP || o.APRange.Low == o.APRange.High {
		t.Errorf("%+v of %v", o.APRange, *o.AP)
	}
	// In 3 pictures both are the same; in 9 the dog is, and the cat is found by the first. The cow counts for nothing.
	if f := c.Found; f.Both != 15 || f.FirstOnly != 9 || f.SecondOnly != 0 || c.Alike.Count != 3 || math.Abs(f.Score-.2) > 1e-6 || len(f.Differ) != 9 {
		t.Errorf("%+v, alike %+v", f, c.Alike)
	}
	same := reportOf(t, Options{Classes: animals()}, []Subject{detector("x"), detector("y")}, slices.Repeat([]asked{{list[0].Picture, list[0].answers}}, 12)...)
	if c := same.Comparisons[0]; c.Better != "" || c.P != 1 || c.Verdict != "Neither is better here: both have the same average precision." {
		t.Errorf("%+v", c)
	}
	// Nobody knows what the pictures show.
	for i := range list {
		list[i].Shows = nil
	}
	r = reportOf(t, Options{Unjudged: true}, []Subject{detector("good"), detector("bad")}, list...)
	if c := r.Comparisons[0]; r.Judged || r.Results[0].Objects != nil || c.Found.Both != 15 || c.Found.FirstOnly != 9 || c.Found.SecondOnly != 9 || c.Verdict != "Both find the same in 3 of 12 pictures." {
		t.Errorf("%+v", c)
	}
}

// upright is a body of 17 points down a line.
func uprightBody(x float64) *coco.Body {
	b := &coco.Body{Box: coco.Box{X: x, Y: 10, Width: 10, Height: 80}, Area: 800}
	for i := range b.Points {
		b.Points[i] = coco.Point{X: x, Y: 10 + float64(5*i), Labeled: true}
	}
	return b
}

// TestBodies: postures are compared by their keypoints.
func TestBodies(t *testing.T) {
	s := Subject{Name: "p", Kind: task.Pose, Threshold: .3}
	posture := func(score float32, x float64) (p task.Posture) {
		p.Score = score
		for i := range p.Keypoints {
			p.Keypoints[i] = task.Keypoint{X: float32(x / 200), Y: float32(10+5*i) / 100, Score: .9}
		}
		return p
	}
	person := func(x float64) truth.Object {
		b := uprightBody(x)
		return truth.Object{Box: b.Box, Area: b.Area, Body: b, Labeled: 17}
	}
	none := person(150)
	none.Labeled, none.Body.Points = 0, [17]coco.Point{}
	found := func(list ...task.Posture) []Answer {
		return []Answer{{Found: &task.Findings{Postures: list}, Width: 200, Height: 100}}
	}
	r := reportOf(t, Options{Classes: []truth.Class{{Name: "person"}}}, []Subject{s},
		asked{field("one.jpg", person(20), none), found(posture(.8, 20), posture(.6, 150))},
		asked{field("two.jpg", person(20), person(120)), found(posture(.7, 20), posture(.1, 120), posture(.5, 70))},
	)
	o := r.Results[0].Objects
	// .8 and .7 are right, .6 is of a body that need not be found, .5 is false, .1 is right: precision 3 of 4 from recall 2/3 on.
	if want := (67 + 34*.75) / 101; math.Abs(*o.AP-want) > 1e-9 || o.Likeness != "OKS" || o.AR1 != nil || o.Objects != 3 || o.Found.Count != 2 || o.Right.Of != 3 {
		t.Errorf("AP %v (want %v), %+v", *o.AP, want, o)
	}
	if w := o.Wrongest; len(w) != 1 || w[0].Picture != "two.jpg" || w[0].Objects[0].body == nil || o.ByClass[0].Label != "person" {
		t.Errorf("%+v", w)
	}
	bare := field("boxes.jpg", thing(0, 10))
	if _, err := Run(t.Context(), []Subject{s}, slices.Values([]Picture{{Name: "a", Shows: bare.Shows, Read: func() ([]byte, error) { return nil, nil }}}),
		func(context.Context, []byte) ([]Answer, error) { return found(), nil }, Options{Classes: animals()}); err == nil || !strings.Contains(err.Error(), "has no keypoints") {
		t.Errorf("%v", err)
	}
}

// segmenter is a model of three classes.
func segmenter(name string) Subject {
	return Subject{Name: name, SHA256: name, Engine: "cpu", Kernels: "go", Kind: task.Segment, Labels: infer.Labels{"background", "cat", "dog"}, Classes: 3}
}

// masked is a picture with a mask of so many pixels across.
func masked(name string, width int, classes ...uint8) Picture {
	return Picture{Name: name, Masked: func() (*truth.Mask, error) {
		return &truth.Mask{Width: width, Height: len(classes) / width, Classes: classes}, nil
	}}
}

// mapped is an answer: a map of so many pixels across, of the whole picture.
func mapped(width int, classes ...uint8) Answer {
	whole := task.Box{Width: 1, Height: 1}
	f := &task.Findings{Map: task.Map{Width: width, Height: len(classes) / width, Classes: classes}, Shown: whole, ShownIn: whole}
	return Answer{Found: f, Width: 4 * width, Height: 4 * len(classes) / width}
}

// TestAreas holds figures to those that were reckoned by hand.
func TestAreas(t *testing.T) {
	r := reportOf(t, Options{}, []Subject{segmenter("a")},
		// Of 8 pixels one counts for nothing. Background: 3 of 4 right; cat: 2 of 3; one of each is called the other.
		asked{masked("a.png", 4, 0, 0, 1, 1, 0, 0, 1, truth.Void), []Answer{mapped(4, 0, 1, 1, 1, 0, 0, 0, 2)}},
		// The mask is twice as fine as the map: the upper half is dog, and called so but for a half of that.
		asked{masked("b.png", 4, 2, 2, 2, 2, 2, 2, 2, 2, 0, 0, 0, 0, 0, 0, 0, 0), []Answer{mapped(2, 2, truth.Void, 0, 0)}},
		asked{masked("right.png", 2, 1, 1), []Answer{mapped(2, 1, 1)}},
		asked{masked("wrong class.png", 2, 1, 3), []Answer{mapped(2, 1, 1)}},
		asked{masked("turned.png", 1, 1, 1), []Answer{mapped(2, 1, 1)}},
		asked{Picture{Name: "none.png"}, []Answer{mapped(2, 1, 1)}},
	)
	if r.Pictures != 3 || r.Classes != 3 || len(r.Skipped) != 3 {
		t.Fatalf("%+v", r)
	}
	for i, says := range []string{"its mask has pixels of class 3, and a has 3 classes", "its mask 1 x 2 (is it turned", "it has no mask"} {
		if !strings.Contains(r.Skipped[i].Error, says) {
			t.Errorf("%q, want %q", r.Skipped[i].Error, says)
		}
	}
	a := r.Results[0].Areas
	want := [3][2]float64{{11, 13}, {4, 6}, {4, 8}} // both, either: background, cat, dog
	mean := 0.0
	for i, c := range a.ByClass {
		iou := want[i][0] / want[i][1]
		if mean += iou / 3; c.IoU == nil || math.Abs(*c.IoU-iou) > 1e-12 {
			t.Errorf("%s: %v, want %v", c.Label, *c.IoU, iou)
		}
	}
	if math.Abs(*a.MeanIoU-mean) > 1e-12 || a.Pixels != 25 || math.Abs(a.Accuracy-19./25) > 1e-12 {
		t.Errorf("%v (want %v), %d, %v", *a.MeanIoU, mean, a.Pixels, a.Accuracy)
	}
	if got := fmt.Sprint(a.Confusions); got != "[{dog  4} {background cat 1} {cat background 1}]" {
		t.Errorf("%s", got)
	}
	if len(a.Wrongest) != 2 || a.Wrongest[0].Picture != "a.png" {
		t.Errorf("%+v", a.Wrongest)
	}
}

// TestAreasSeen: what the model does not see of a picture counts for nothing, nor do bars of a letterbox.
func TestAreasSeen(t *testing.T) {
	answer := mapped(4, 9, 9, 9, 9, 1, 1, 0, 0, 9, 9, 9, 9) // rows 0 and 2 are bars
	answer.Found.Shown = task.Box{Y: 1. / 3, Width: 1, Height: 1. / 3}
	answer.Found.ShownIn = task.Box{X: .5, Width: .5, Height: 1} // the right half
	answer.Width, answer.Height = 8, 1
	r := reportOf(t, Options{}, []Subject{segmenter("a")}, asked{masked("a.png", 8, 2, 2, 2, 2, 1, 1, 0, 0), []Answer{answer}})
	if a := r.Results[0].Areas; a.Pixels != 4 || a.Accuracy != 1 || *a.MeanIoU != 1 || len(a.Wrongest) != 0 {
		t.Errorf("%+v", a)
	}
}

// TestAreasOfTwo: which is better, and how many pixels are alike.
func TestAreasOfTwo(t *testing.T) {
	var list []asked
	for i := range 12 {
		other := mapped(2, 0, 1, 1, 1)
		if i%3 == 0 {
			other = mapped(2, 0, 0, 1, 1)
		}
		list = append(list, asked{masked(fmt.Sprintf("%02d.png", i), 2, 0, 0, 1, 1), []Answer{mapped(2, 0, 0, 1, 1), other}})
	}
	c := reportOf(t, Options{}, []Subject{segmenter("good"), segmenter("bad")}, list...).Comparisons[0]
	if c.Better != "good" || math.Abs(c.Pixels.Share-10./12) > 1e-12 || c.Alike.Count != 4 || len(c.Pixels.Differ) != 8 {
		t.Errorf("%+v, %+v", c, c.Pixels)
	}
	c = reportOf(t, Options{Unjudged: true}, []Subject{segmenter("a"), segmenter("b")}, list...).Comparisons[0]
	if c.Verdict != "Both give the same class to 83.33 % of the pixels, and to all of them in 4 of 12 pictures." || c.P != 1 {
		t.Errorf("%q", c.Verdict)
	}
}

// embedder is a model of embeddings.
func embedder(name string, most float64) Subject {
	return Subject{Name: name, SHA256: name, Engine: "cpu", Kernels: "go", Kind: task.Embed, MaxDistance: most}
}

// face is a picture of somebody, whose embedding points so many degrees from the first axis.
func faceOf(person string, n int, degrees ...float64) asked {
	a := asked{Picture: Picture{Name: fmt.Sprintf("%s/%d.jpg", person, n), Class: person}}
	for _, d := range degrees {
		sin, cos := math.Sincos(d * math.Pi / 180)
		a.answers = append(a.answers, Answer{Found: &task.Findings{Embedding: []float32{float32(3 * cos), float32(3 * sin)}}})
	}
	return a
}

// TestPeople holds figures to those that were reckoned by hand. Directions d degrees apart are 2 sin(d/2) apart.
func TestPeople(t *testing.T) {
	apart := func(degrees float64) float64 { return 2 * math.Sin(degrees*math.Pi/360) }
	r := reportOf(t, Options{}, []Subject{embedder("a", apart(21))},
		faceOf("anna", 0, 0), faceOf("anna", 1, 10), faceOf("anna", 2, 40),
		faceOf("bert", 0, 90), faceOf("bert", 1, 60),
		faceOf("", 0, 180), faceOf("", 1, 75),
	)
	f := r.Results[0].People
	if r.Pictures != 7 || r.None != 2 || r.Classes != 2 || f.People != 2 || f.Same != 4 || f.Different != 6+2*5 {
		t.Fatalf("%+v", f)
	}
	// Of one person: 10, 30, 40 and 30 degrees. Of two, those up to 21: 40 and 60, 60 and 75, 75 and 90.
	if f.FalseReject.Count != 3 || f.FalseAccept.Count != 3 {
		t.Errorf("%+v, %+v", f.FalseAccept, f.FalseReject)
	}
	if len(f.Closest) != 3 || math.Abs(f.Closest[2].Distance-apart(20)) > 1e-6 || len(f.Farthest) != 3 || f.Farthest[0].Second.Picture != "anna/2.jpg" {
		t.Errorf("%+v, %+v", f.Closest, f.Farthest)
	}
	// At 30 degrees 1 of 4 is rejected, and of 16 accepted: 15, 15, 20 … 35 (75 and 40) no. 3 of 16.
	if e := f.EqualError; math.Abs(e.FalseReject-.25) > 1e-9 || math.Abs(e.FalseAccept-3./16) > .07 {
		t.Errorf("%+v", e)
	}
	// Anna by the mean of the others: 0 by 25 (too far), 10 by 20 (10 apart), 40 by 5 (35: bert's mean, 75, is 35 too, both too far).
	// Bert: 90 by 60 and 60 by 90, too far; anna's mean is near 16.7. The stranger at 75 is bert's mean.
	if g := f.Recognition; g.Right.Count != 1 || g.Right.Of != 5 || g.Nobody != 4 || g.Wrong != 0 || g.Unknown.Count != 1 || g.Unknown.Of != 2 {
		t.Errorf("%+v", g)
	}
	same, different := 0, 0
	for _, b := range f.Bins {
		same, different = same+b.Same, different+b.Different
	}
	if same != 4 || different != 16 {
		t.Errorf("bins have %d and %d", same, different)
	}
}

// TestEqualError: distances that do not overlap have no error; the same ones have a half; and the definition holds of random ones.
func TestEqualError(t *testing.T) {
	for seed := range uint64(50) {
		random := rand.New(rand.NewPCG(seed, 1))
		p := &pairing{}
		shift := float64(seed%5) / 4
		for range 30 {
			p.same = append(p.same, random.Float64())
			p.different = append(p.different, random.Float64()+shift)
		}
		slices.Sort(p.same)
		slices.Sort(p.different)
		got := p.equalError()
		best := math.Inf(1)
		for _, d := range append(slices.Clone(p.same), p.different...) {
			for _, d := range []float64{d, math.Nextafter(d, -1)} {
				a := p.atDistance(d)
				best = min(best, math.Abs(a.FalseAccept-a.FalseReject))
			}
		}
		if d := math.Abs(got.FalseAccept - got.FalseReject); d > best+1e-9 {
			t.Errorf("%d: %+v, apart by %v, where %v is possible", seed, got, d, best)
		}
		if shift == 1 && got.FalseAccept+got.FalseReject > 0 {
			t.Errorf("%d: %+v", seed, got)
		}
		pairs := 0.0
		for _, a := range p.same {
			for _, b := range p.different {
				if a < b {
					pairs++
				}
			}
		}
		if math.Abs(p.auroc()-pairs/900) > 1e-9 {
			t.Errorf("AUROC %v, want %v", p.auroc(), pairs/900)
		}
	}
}

// TestVerification: people who are far apart are told apart, and the threshold of a fold is that of the others.
func TestVerification(t *testing.T) {
	var list []asked
	for person := range 20 {
		for n := range 3 {
			list = append(list, faceOf(fmt.Sprintf("p%02d", person), n, float64(18*person+n)))
		}
	}
	f := reportOf(t, Options{}, []Subject{embedder("a", .1)}, list...).Results[0].People
	if v := f.Verification; v == nil || v.Folds != 10 || math.Abs(v.Accuracy-1) > 1e-12 || v.Deviation > 1e-12 || f.FalseReject.Count != 0 || f.Suggested == nil || f.Suggested.FalseReject > 0 {
		t.Errorf("%+v, %+v, %+v", v, f.Suggested, f.FalseReject)
	}
	if f := reportOf(t, Options{}, []Subject{embedder("a", .1)}, list[:3]...).Results[0].People; f.Verification != nil || f.EqualError != nil || f.Suggested != nil {
		t.Errorf("of one person: %+v", f)
	}
}

// TestPeopleOfTwo: engines of one model, and two models.
func TestPeopleOfTwo(t *testing.T) {
	list := []asked{faceOf("anna", 0, 0, 0), faceOf("anna", 1, 10, 10), faceOf("bert", 0, 90, 92)}
	a, b := embedder("a", .5), embedder("a", .5)
	b.Name = "b"
	c := reportOf(t, Options{Unjudged: true}, []Subject{a, b}, list...).Comparisons[0]
	d := c.Distances
	if d.Pairs.Count != 3 || c.Alike.Count != 2 || math.Abs(*d.Max-2*math.Sin(math.Pi/180)) > 1e-6 || math.Abs(*d.Mean-*d.Max/3) > 1e-6 || !strings.Contains(c.Verdict, "Both say the same of 3 of 3 pairs") {
		t.Errorf("%+v, %+v, %q", c, d, c.Verdict)
	}
	if d := reportOf(t, Options{Unjudged: true}, []Subject{a, embedder("other", .01)}, list...).Comparisons[0].Distances; d.Mean != nil || d.Max != nil || d.Pairs.Count != 2 {
		t.Errorf("%+v", d)
	}
}

// TestUnjudgedClasses: of classifiers only what differs is told.
func TestUnjudgedClasses(t *testing.T) {
	r := report(t, Options{Unjudged: true, Source: "pictures"}, []Subject{pets("old"), pets("new")}, "none: cat .9 | cat .8", "none: cat .9 | dog .8", "none: dog .5 | mouse .6")
	c := r.Comparisons[0]
	if r.Judged || r.None != 0 || r.Results[0].Classified != nil || c.Verdict != "Both give the same answer to 1 of 3 pictures." || c.Differing != 2 || c.P != 1 || c.FirstOnly+c.BothWrong > 0 {
		t.Errorf("%+v", c)
	}
	checkSchema(t, r)
	var text, page bytes.Buffer
	if err := errors.Join(r.WriteText(&text), r.WriteHTML(&page, nil)); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(text.String(), "3 pictures from pictures, of which it is not known what they show") || strings.Contains(text.String(), "top-1") || strings.Contains(page.String(), "Right at first guess") {
		t.Error(text.String())
	}
}

// TestManyFaces: of more pictures than can be compared some are left out, and it says so.
func TestManyFaces(t *testing.T) {
	c := newPeopleCounts([]Subject{embedder("a", .5)}, Options{Shown: 1})
	c.faces = make([]face, maxFaces+500)
	some := c.compared()
	if len(some) != maxFaces || some[0] != 0 || some[maxFaces-1] < maxFaces || !slices.IsSorted(some) {
		t.Errorf("%d, up to %d", len(some), some[len(some)-1])
	}
}

// TestGoldenTasks holds the reports of each task.
func TestGoldenTasks(t *testing.T) {
	golden := func(name string, r *Report) {
		var text, page bytes.Buffer
		thumb := func(data []byte, _ func(draw.Image)) ([]byte, error) { return data, nil }
		data, err := json.MarshalIndent(r, "", " ")
		if err := errors.Join(err, r.WriteText(&text), r.WriteHTML(&page, thumb)); err != nil {
			t.Fatal(err)
		}
		golden(t, name+".json", append(data, '\n'))
		golden(t, name+".txt", text.Bytes())
		golden(t, name+".html", []byte(strings.Replace(page.String(), style, "…\n", 1)))
	}
	o := Options{Program: "v1", Source: "pictures", Classes: animals()}
	golden("objects", reportOf(t, o, []Subject{detector("a.tflite")}, scenes()...))
	two := scenes()[:5]
	for i := range two {
		two[i].answers = append(two[i].answers, two[(i+1)%2].answers[0])
	}
	o.Unjudged, o.Classes = true, nil
	golden("agree", reportOf(t, o, []Subject{detector("a.tflite"), detector("b.tflite")}, two...))
	o.Unjudged = false
	golden("areas", reportOf(t, o, []Subject{segmenter("a.tflite"), segmenter("b.tflite")},
		asked{masked("a.png", 4, 0, 0, 1, 1, 0, 0, 1, truth.Void), []Answer{mapped(4, 0, 1, 1, 1, 0, 0, 0, 2), mapped(4, 0, 0, 1, 1, 0, 0, 1, 2)}},
		asked{masked("b.png", 2, 1, 1), []Answer{mapped(2, 1, 1), mapped(2, 1, 2)}}))
	golden("people", reportOf(t, o, []Subject{embedder("a.tflite", .36)},
		faceOf("anna", 0, 0), faceOf("anna", 1, 10), faceOf("anna", 2, 40), faceOf("bert", 0, 90), faceOf("bert", 1, 60), faceOf("", 0, 75)))
}

// TestHostileAnswers: masks of which nothing counts, embeddings that are no numbers, and as many objects as a picture may have are in reports like
// any others.
func TestHostileAnswers(t *testing.T) {
	a := reportOf(t, Options{}, []Subject{segmenter("a")}, asked{masked("void.png", 2, truth.Void, truth.Void), []Answer{mapped(2, 0, 1)}}).Results[0].Areas
	if a.MeanIoU != nil || a.Pixels != 0 || len(a.Wrongest) > 0 {
		t.Errorf("%+v", a)
	}
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	list := []asked{faceOf("anna", 0, 0), faceOf("anna", 1, 0), faceOf("bert", 0, 90)}
	list[1].answers[0].Found.Embedding = []float32{nan, inf}
	list[2].answers[0].Found.Embedding = []float32{0, 0}
	p := reportOf(t, Options{}, []Subject{embedder("a", .5)}, list...).Results[0].People
	if p.FalseReject.Count != 1 || p.FalseAccept.Count != 0 || p.Farthest[0].Distance != 2 {
		t.Errorf("%+v", p)
	}
	many := field("many.jpg")
	for i := range 10_000 {
		o := thing(i%2, float64(i%150))
		o.Box.Y, o.Box.Width = float64(i), 1e6
		many.Shows.Objects = append(many.Shows.Objects, o)
	}
	o := reportOf(t, Options{Classes: animals()}, []Subject{detector("a")}, asked{many, []Answer{finds([3]float64{dog, .9, 10}, [3]float64{cat, .8, 100})}}).Results[0].Objects
	if o.Objects != 10_000 || len(o.Wrongest) != 1 || len(o.Wrongest[0].Objects) != maxScene || o.Wrongest[0].Objects[0].State != isFalse {
		t.Errorf("%d, %+v", o.Objects, o.Wrongest[0].Objects[0])
	}
}
