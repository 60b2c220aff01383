package evaluate

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"image/draw"
	"iter"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/inceptiond/inceptiond/infer"
)

var update = flag.Bool("update", false, "write the golden files")

// pets is a model with six classes.
func pets(name string) Subject {
	return Subject{
		Name: name, SHA256: strings.Repeat("ab", 32), Engine: "cpu", Kernels: "go", Threads: 2,
		Labels: infer.Labels{"cat", "dog", "mouse", "guinea pig", "parrot, poll", "tortoise"}, Classes: 6, Probabilities: true,
	}
}

// example is a picture and what one or two models say of it: "cat cat .9 dog .1 | dog .6".
type example string

// answer reads what a model of six classes says: classes and scores, "unknown" for what it calls so.
func (e example) answer(t testing.TB, i int) (a Answer) {
	t.Helper()
	_, said, _ := strings.Cut(string(e), ": ")
	words := strings.Fields(strings.Split(said, "|")[i])
	a = Answer{Scores: make([]float32, 6), Took: time.Duration(10+len(e)) * time.Millisecond}
	for len(words) > 0 && words[0] == "unknown" {
		a.Unknown, a.Taught, words = true, true, words[1:]
	}
	c := newClasses(&Subject{Name: "pets", Labels: pets("").Labels, Classes: 6})
	for ; len(words) > 1; words = words[2:] {
		class, err := c.find(words[0])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := fmt.Sscan("0"+words[1], &a.Scores[class]); err != nil {
			t.Fatalf("%s: %v", e, err)
		}
	}
	return a
}

// report evaluates models on examples.
func report(t testing.TB, o Options, subjects []Subject, examples ...example) *Report {
	t.Helper()
	at := -1
	pictures := func(yield func(Picture) bool) {
		for i, e := range examples {
			at = i
			class, _, _ := strings.Cut(string(e), ": ")
			p := Picture{Name: fmt.Sprintf("%s/%02d.jpg", strings.TrimSpace(class), i), Class: strings.TrimSpace(class), Read: func() ([]byte, error) { return []byte{byte(i)}, nil }}
			if p.Class == "none" {
				p.Class = ""
			}
			if p.Class == "missing" {
				p.Class, p.Read = "cat", func() ([]byte, error) { return nil, errors.New("permission denied") }
			}
			if !yield(p) {
				return
			}
		}
	}
	answer := func(context.Context, []byte) (list []Answer, err error) {
		if strings.HasSuffix(string(examples[at]), "broken") {
			return nil, fmt.Errorf("decode: %w", &PictureError{errors.New("bad frame")})
		}
		for i := range subjects {
			list = append(list, examples[at].answer(t, i))
		}
		return list, nil
	}
	r, err := Run(t.Context(), subjects, pictures, answer, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// ten are pictures that two models see: 8 of 10 with a class, one of none, and two that cannot be read.
var ten = []example{
	"cat: cat .9 dog .1 | cat .8",
	"cat: cat .6 dog .4 | cat .7",
	"cat: dog .7 cat .3 | cat .5 dog .4",
	"dog: dog .95 | dog .9",
	"dog: dog .5 cat .3 | dog .9",
	"dog: mouse .4 cat .3 guinea-pig .1 tortoise .1 poll .06 dog .04 | dog .6",
	"mouse: mouse .2 dog .1 | cat .6",
	"mouse: cat .8 mouse .2 | mouse .9",
	"none: dog .3 | parrot .2",
	"none: dog .1 | mouse .9",
	"missing: cat 1 | cat 1",
	"cat: broken",
}

// TestFigures holds the figures of a small table to those that were reckoned by hand.
func TestFigures(t *testing.T) {
	s := pets("pets")
	s.Threshold = 0.35
	r := report(t, Options{Source: "pictures"}, []Subject{s}, ten...)
	if r.Pictures != 10 || r.None != 2 || r.Classes != 3 || len(r.Skipped) != 2 || r.Skipped[0] != (Skipped{"missing/10.jpg", "permission denied"}) || r.Skipped[1].Error != "bad frame" {
		t.Errorf("%+v", r)
	}
	f := r.Results[0]
	shares := map[string][3]int{} // of what: counted, wanted, of
	share := func(what string, s Share, count, of int) {
		t.Helper()
		if s.Count != count || s.Of != of {
			t.Errorf("%s: %d of %d, want %d of %d", what, s.Count, s.Of, count, of)
		}
		shares[what] = [3]int{count, of}
	}
	share("top-1", f.Top1, 5, 8)           // both first cats, both first dogs, the first mouse
	share("top-5", *f.Top5, 7, 8)          // the third dog is sixth
	share("right", f.Answers.Right, 6, 10) // the mouse of 0.2 is silent; both of none are right
	if f.Answers.Wrong != 3 || f.Answers.Silent != 1 {
		t.Errorf("%+v", f.Answers)
	}
	share("none", f.None.Right, 2, 2)
	share("unknown", f.None.Unknown, 0, 8)
	// Best scores with a class: .9 .6 .7 .95 .5 .4 .2 .8; without: .3 .1. Of 16 pairs 15 are in order.
	if math.Abs(f.None.AUROC-15./16) > 1e-12 {
		t.Errorf("AUROC %v", f.None.AUROC)
	}
	for i, want := range []struct {
		label                        string
		found, pictures, right, said int
	}{{"cat", 2, 3, 2, 3}, {"dog", 2, 3, 2, 3}, {"mouse", 0, 2, 0, 1}} {
		c := f.ByClass[i]
		if c.Label != want.label {
			t.Fatalf("class %d is %s", i, c.Label)
		}
		share(c.Label+" found", c.Recall, want.found, want.pictures)
		share(c.Label+" right", c.Precision, want.right, want.said)
	}
	for _, want := range []struct{ at, right, said, silent int }{ // at is in steps of 0.05
		{0, 5, 10, 0}, {3, 5, 9, 1}, {4, 5, 9, 1}, {5, 4, 8, 1}, {7, 4, 7, 2}, {10, 4, 6, 2}, {13, 2, 4, 2}, {17, 2, 2, 2}, {19, 1, 1, 2}, {20, 0, 0, 2},
	} {
		a := f.Thresholds[want.at]
		what := fmt.Sprintf("at %.2f ", a.Threshold)
		share(what+"precision", a.Precision, want.right, want.said)
		share(what+"recall", a.Recall, want.right, 8)
		share(what+"none", *a.None, want.silent, 2)
	}
	if f.Suggested != nil {
		t.Errorf("of so few answers a threshold is suggested: %+v", f.Suggested)
	}
	if got := fmt.Sprint(f.Confusions); got != "[{mouse  1 2} {mouse cat 1 2} {cat dog 1 3} {dog mouse 1 3}]" {
		t.Errorf("confusions %s", got)
	}
	if got := fmt.Sprint(*f.Matrix); got != "{[cat dog mouse ] [cat dog mouse ] [[2 1 0 0] [0 2 1 0] [1 0 0 1] [0 0 0 2]]}" {
		t.Errorf("matrix %s", got)
	}
	// By tenths of the best score: .2 right; .4 wrong; .5 right; .6 right and .7 (a little less, in float32) wrong; .8 wrong
	// and .9 right; .95 right.
	if want := (.8 + .4 + .5 + 2*.15 + 2*.35 + .05) / 8; math.Abs(f.Calibration.Error-want) > 1e-6 {
		t.Errorf("calibration error %v, want %v", f.Calibration.Error, want)
	}
	var wrongest []string
	for _, s := range f.Wrongest {
		wrongest = append(wrongest, s.Picture)
	}
	if got := strings.Join(wrongest, " "); got != "mouse/07.jpg cat/02.jpg dog/05.jpg mouse/06.jpg" {
		t.Errorf("wrongest %s", got)
	}
	if last := f.Wrongest[2].Answers; len(last) != 6 || last[5].Label != "dog" || !last[5].Right {
		t.Errorf("the right class is not in the list: %v", last)
	}
}

// TestComparison: both models on the same pictures.
func TestComparison(t *testing.T) {
	r := report(t, Options{}, []Subject{pets("old"), pets("new")}, ten...)
	c := r.Comparisons[0]
	if c.BothRight != 4 || c.FirstOnly != 1 || c.SecondOnly != 3 || c.BothWrong != 2 || c.Better != "" || c.P != 0.625 || c.Differing != 6 {
		t.Errorf("%+v", c)
	}
	if !strings.HasPrefix(c.Verdict, "The difference may be chance: new alone is right on 3 pictures, old alone on 1 (p = 0.62).") {
		t.Errorf("verdict %q", c.Verdict)
	}
	decided := 0
	for i, d := range c.Differ {
		if d.First.Right != d.Second.Right {
			decided++
			if i >= 4 {
				t.Errorf("%s comes behind those that both have wrong", d.Picture)
			}
		}
	}
	if decided != 4 || len(c.Differ) != 6 {
		t.Errorf("%d of %d", decided, len(c.Differ))
	}
}

// TestVerdicts holds what is said of a difference.
func TestVerdicts(t *testing.T) {
	many := func(n int, e example) []example { return slices.Repeat([]example{e}, n) }
	for name, c := range map[string]struct {
		examples []example
		better   string
		says     string
	}{
		"the same":    {many(3, "cat: cat .9 | cat .8"), "", "Both give the same answer to each of the 3 pictures."},
		"wrong apart": {many(3, "cat: dog .9 | mouse .8"), "", "Both are right on the same pictures; where both are wrong, they differ."},
		"even":        {[]example{"cat: dog .9 | cat .8", "cat: cat .9 | dog .8"}, "", "Neither is better here: each alone is right on 1 picture."},
		"5 to 0":      {many(5, "cat: dog .9 | cat .8"), "", "The difference may be chance: new alone is right on 5 pictures, old alone on 0 (p = 0.062)."},
		"6 to 0":      {many(6, "cat: cat .9 | dog .8"), "old", "old is better than new, by more than chance explains: it alone is right on 6 pictures, the other alone on 0 (p = 0.031)."},
		"20 to 1":     {append(many(20, "cat: dog .9 | cat .8"), "cat: cat .9 | dog .8"), "new", "the other alone on 1 (p = below 0.001)"},
	} {
		got := report(t, Options{}, []Subject{pets("old"), pets("new")}, c.examples...).Comparisons[0]
		if got.Better != c.better || !strings.Contains(got.Verdict, c.says) {
			t.Errorf("%s: %q, %q", name, got.Better, got.Verdict)
		}
	}
}

// TestTaught: what a taught model calls unknown is no answer, and how familiar a picture is tells known from unknown.
func TestTaught(t *testing.T) {
	r := report(t, Options{}, []Subject{pets("pets")}, "cat: cat .9", "cat: unknown cat .9", "none: unknown dog .8", "none: dog .9")
	f := r.Results[0]
	if f.Top1.Count != 2 || f.Answers.Right.Count != 2 || f.Answers.Wrong != 1 || f.Answers.Silent != 1 || f.None.Right.Count != 1 || f.None.Unknown.Count != 1 {
		t.Errorf("%+v %+v", f.Answers, f.None)
	}
	if f.Thresholds[0].Precision.Of != 2 {
		t.Errorf("unknown is an answer at threshold 0: %+v", f.Thresholds[0])
	}
}

// TestRawScores: numbers that are no probabilities have no thresholds; infinite ones and none at all are numbers in JSON.
func TestRawScores(t *testing.T) {
	s := Subject{Name: "raw", Classes: 2}
	tally := NewTally([]Subject{s}, Options{})
	for i, scores := range [][]float32{{-5, 3}, {float32(math.Inf(1)), 0}, {float32(math.NaN()), float32(math.NaN())}, {float32(math.Inf(-1)), float32(math.NaN())}} {
		if err := tally.Add(Picture{Name: fmt.Sprint(i), Class: "1"}, []Answer{{Scores: scores}}); err != nil {
			t.Fatal(err)
		}
	}
	r := tally.Report()
	f := r.Results[0]
	if f.Thresholds != nil || f.Calibration != nil || f.Suggested != nil || f.Top5 != nil || f.Top1.Count != 1 || f.Top1.Of != 4 {
		t.Errorf("%+v", f)
	}
	checkSchema(t, r)
	if err := errors.Join(r.WriteText(new(bytes.Buffer)), r.WriteHTML(new(bytes.Buffer), nil)); err != nil {
		t.Error(err)
	}
}

func TestSuggested(t *testing.T) {
	var list []example
	for range 19 {
		list = append(list, "cat: cat .8")
	}
	list = append(list, "cat: dog .35", "cat: dog .55")
	f := report(t, Options{}, []Subject{pets("pets")}, list...).Results[0]
	if f.Suggested == nil || f.Suggested.Threshold != 0.4 || f.Suggested.Precision.Count != 19 || f.Suggested.Precision.Of != 20 || f.Suggested.Recall.Of != 21 {
		t.Errorf("%+v", f.Suggested)
	}
	if c := f.ByClass[0].Suggested; c == nil || c.Threshold != 0 || c.Precision.Share != 1 {
		t.Errorf("of cats: %+v", c)
	}
	if c := f.ByClass[1].Suggested; c != nil {
		t.Errorf("of dogs: %+v", c)
	}
}

func TestRunErrors(t *testing.T) {
	one := func(p Picture) iter.Seq[Picture] { return slices.Values([]Picture{p}) }
	read := func() ([]byte, error) { return nil, nil }
	answers := func(err error, a ...Answer) func(context.Context, []byte) ([]Answer, error) {
		return func(context.Context, []byte) ([]Answer, error) { return a, err }
	}
	lost := errors.New("the engine is lost")
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for name, c := range map[string]struct {
		ctx      context.Context
		pictures iter.Seq[Picture]
		answer   func(context.Context, []byte) ([]Answer, error)
		is       error
		says     string
	}{
		"none":             {t.Context(), slices.Values([]Picture(nil)), nil, ErrNoPicture, ""},
		"none is readable": {t.Context(), one(Picture{Name: "a", Class: "cat", Read: read}), answers(&PictureError{errors.New("bad")}), ErrNoPicture, "none of 1 could be read, a first: bad"},
		"lost":             {t.Context(), one(Picture{Name: "a", Class: "cat", Read: read}), answers(lost), lost, "a: the engine is lost"},
		"ended":            {ended, one(Picture{Name: "a", Class: "cat", Read: read}), answers(nil), context.Canceled, ""},
		"class":            {t.Context(), one(Picture{Name: "a", Class: "cow", Read: read}), answers(nil), nil, `"cow" is no class of pets`},
		"answers":          {t.Context(), one(Picture{Name: "a", Class: "cat", Read: read}), answers(nil), nil, "0 answers of 1 subject"},
		"scores":           {t.Context(), one(Picture{Name: "a", Class: "cat", Read: read}), answers(nil, Answer{Scores: make([]float32, 5)}), nil, "5 scores of 6 classes (pets)"},
	} {
		r, err := Run(c.ctx, []Subject{pets("pets")}, c.pictures, c.answer, Options{})
		if err == nil || r != nil || c.is != nil && !errors.Is(err, c.is) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestManyPictures: 20,000 pictures take little memory, and the lists stay short.
func TestManyPictures(t *testing.T) {
	const n = 20_000
	tally := NewTally([]Subject{pets("a"), pets("b")}, Options{})
	a, b := example("cat: cat .9 | dog .8").answer(t, 0), example("cat: cat .9 | dog .8").answer(t, 1)
	p := Picture{Name: "cat/0.jpg", Class: "cat"}
	answers := []Answer{a, b}
	per := testing.AllocsPerRun(n, func() {
		if err := tally.Add(p, answers); err != nil {
			t.Fatal(err)
		}
	})
	r := tally.Report()
	if r.Results[1].Top1.Of < n || len(r.Results[1].Wrongest) != shown || len(r.Comparisons[0].Differ) != shown || len(r.Results[0].Time.Slowest) != 10 {
		t.Errorf("%d pictures, lists of %d, %d and %d", r.Results[1].Top1.Of, len(r.Results[1].Wrongest), len(r.Comparisons[0].Differ), len(r.Results[0].Time.Slowest))
	}
	if per > 12 {
		t.Errorf("%v allocations a picture", per)
	}
}

// TestGolden holds the reports of the small table.
func TestGolden(t *testing.T) {
	one := report(t, Options{Program: "v1", Source: "pictures", Time: time.Date(2026, 11, 28, 20, 0, 0, 0, time.UTC), Settings: []string{"fit crop"}}, []Subject{pets("pets.tflite")}, ten...)
	two := report(t, Options{Program: "v1", Source: "pictures"}, []Subject{pets("old.tflite"), pets("new.tflite")}, append(ten, slices.Repeat(ten[:4], 6)...)...)
	for name, r := range map[string]*Report{"one": one, "two": two} {
		var text, page bytes.Buffer
		thumb := func(data []byte, _ func(draw.Image)) ([]byte, error) {
			if data[0] == 2 {
				return nil, errors.New("gone")
			}
			return data, nil
		}
		if err := errors.Join(r.WriteText(&text), r.WriteHTML(&page, thumb)); err != nil {
			t.Fatal(err)
		}
		checkSchema(t, r)
		data, err := json.MarshalIndent(r, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		golden(t, name+".json", append(data, '\n'))
		golden(t, name+".txt", text.Bytes())
		golden(t, name+".html", []byte(strings.Replace(page.String(), style, "…\n", 1)))
	}
}

// golden compares with a file of testdata.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := errors.Join(os.MkdirAll("testdata", 0o755), os.WriteFile(path, got, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is another (go test -update writes it anew):\n%s", name, got)
	}
}

// checkSchema holds r to docs/schema/evaluate.json, which must describe each of its fields.
func checkSchema(t *testing.T, r *Report) {
	t.Helper()
	const path = "../../docs/schema/evaluate.json"
	schema, err := jsonschema.NewCompiler().Compile(path)
	if err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(value); err != nil {
		t.Error(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, field := range fields(value, nil) {
		if !bytes.Contains(text, []byte(`"`+field+`": {`)) {
			t.Errorf("the schema does not describe %s", field)
		}
	}
}

// fields are the names of all fields in a JSON value.
func fields(value any, list []string) []string {
	switch v := value.(type) {
	case map[string]any:
		for name, of := range v {
			list = fields(of, append(list, name))
		}
	case []any:
		for _, of := range v {
			list = fields(of, list)
		}
	}
	return list
}
