package learn

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/internal/testing/shared"
)

// TestReportFitsItsSchema with everything in it that there may be, and nothing that the schema does not name.
func TestReportFitsItsSchema(t *testing.T) {
	set := drawings(12, "lying", "standing")
	again := slices.Clone(drawing("lying", 2))
	again[60] ^= 1
	set = append(set, pictureOf(again, "lying"), pictureOf(drawing("standing", 3), "lying"), pictureOf([]byte("x"), "standing"))
	set[len(set)-1].Name = "x.jpg"
	o := Defaults()
	o.Name, o.BaseFile, o.Program, o.MaxPictures = "gate", "small.tflite", "1.0", 12
	o.Preprocess.Mean, o.Preprocess.Std = []float32{127.5}, []float32{127.5}
	v := trained(t, smallBase(t, model.Float32), set, o)
	data, err := json.Marshal(&v.Report)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(shared.Root(t), "docs", "schema", "teach-report.json")
	schema, err := jsonschema.NewCompiler().Compile(file)
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
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for key := range keysOf(value) {
		if !strings.Contains(string(text), fmt.Sprintf("%q: {", key)) {
			t.Errorf("%s does not name %s", file, key)
		}
	}
	for _, w := range v.Report.Warnings {
		if !strings.Contains(string(text), w.Kind) {
			t.Errorf("%s does not name the warning %s", file, w.Kind)
		}
	}
}

// keysOf is the names of all fields.
func keysOf(value any) map[string]bool {
	keys := map[string]bool{}
	switch v := value.(type) {
	case map[string]any:
		for key, inside := range v {
			keys[key] = true
			maps.Copy(keys, keysOf(inside))
		}
	case []any:
		for _, inside := range v {
			maps.Copy(keys, keysOf(inside))
		}
	}
	return keys
}

// pointed is a picture whose codes point in a direction of their own.
func pointed(id, class int, codes ...byte) *seen {
	return &seen{Picture: &Picture{Class: kinds[class]}, id: fmt.Sprintf("%064d", id), class: class, codes: codes}
}

// TestJoin finds near-copies by their codes and by their time.
func TestJoin(t *testing.T) {
	start := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	at := func(s *seen, camera string, seconds int) *seen {
		s.Camera, s.Time = camera, start.Add(time.Duration(seconds)*time.Second)
		return s
	}
	list := []*seen{
		at(pointed(0, 0, 9, 0, 0), "gate", 0),
		at(pointed(1, 0, 0, 9, 0), "gate", 60),  // within a minute of 0
		at(pointed(2, 0, 0, 0, 9), "gate", 100), // not of 0, which began
		at(pointed(3, 0, 9, 9, 0), "yard", 0),   // another camera
		pointed(4, 0, 90, 90, 1),                // like 3
		pointed(5, 0, 9, 0, 9),
		at(pointed(6, 0, 0, 9, 9), "", 0),
		at(pointed(7, 0, 9, 9, 9), "", 0),          // of no camera
		at(pointed(8, 1, 9, 0, 0), "gate", 0),      // another class
		at(pointed(9, 1, 9, 1, 0), "gate", 100000), // like 8
	}
	own := join(list, 2, 0)
	var units, copies []int
	var first []bool
	for _, s := range list {
		units, copies, first = append(units, s.unit), append(copies, s.copy), append(first, s.first)
	}
	if want := []int{0, 0, 1, 2, 2, 3, 4, 5, 0, 0}; !slices.Equal(units, want) {
		t.Errorf("units %v, want %v", units, want)
	}
	if want := []int{0, 1, 2, 3, 3, 4, 5, 6, 0, 0}; !slices.Equal(copies, want) {
		t.Errorf("copies %v, want %v", copies, want)
	}
	if want := []bool{true, false, true, true, false, true, true, true, true, false}; !slices.Equal(first, want) {
		t.Errorf("first %v, want %v", first, want)
	}
	if len(own) != 10 || own[0] < 0.29 || own[8] > 0.02 { // of 0 the nearest is 3, of 8 its only copy
		t.Errorf("own %v", own)
	}
}

// TestDeal: near-copies are in one fold, and every class is in every training.
func TestDeal(t *testing.T) {
	var list []*seen
	for i := range 24 {
		list = append(list, &seen{class: i % 3, unit: i / 3 / 2, copy: i / 3, first: i/3%2 == 0})
	}
	for i, s := range list { // one class of a single moment, one of a single scene
		switch i % 3 {
		case 1:
			s.unit = 0
		case 2:
			s.unit, s.copy = 0, 0
		}
	}
	deal(list, 3)
	for i, a := range list {
		if (a.fold == noFold) != (a.class == 2) || a.fold >= folds {
			t.Errorf("picture %d of class %d is in fold %d", i, a.class, a.fold)
		}
		for _, b := range list[:i] {
			if a.class == b.class && a.copy == b.copy && a.fold != b.fold {
				t.Errorf("near-copies %d are in two folds", i)
			}
			if a.class == 0 && b.class == 0 && a.unit == b.unit && a.fold != b.fold {
				t.Errorf("pictures of a minute %d are in two folds", i)
			}
		}
	}
	for kept := range folds {
		weights := make([]float64, 3)
		for _, one := range rowsWithout(list, 3, kept) {
			weights[one.class] += one.weight
		}
		for c, w := range weights {
			if w < 0.3333 || w > 0.3334 {
				t.Errorf("without fold %d class %d has the weight %v", kept, c, w)
			}
		}
	}
}

// TestRowsWithout: each unit counts the same, whatever it has.
func TestRowsWithout(t *testing.T) {
	two := [][]float32{{0}, {0}}
	list := []*seen{
		{class: 0, unit: 0, fold: 0, features: []float32{1}, variants: two}, {class: 0, unit: 1, fold: 1}, {class: 0, unit: 1, fold: 1},
		{class: 1, unit: 0, fold: 2},
	}
	want := []float64{1. / 12, 1. / 12, 1. / 12, 1. / 8, 1. / 8, 1. / 2}
	for i, one := range rowsWithout(list, 2, noFold-1) {
		if d := one.weight - want[i]; d > 1e-15 || d < -1e-15 {
			t.Errorf("row %d has the weight %v, want %v", i, one.weight, want[i])
		}
	}
	for i, one := range rowsWithout(list, 2, 0) {
		if (one.weight == 0) != (i < 3) {
			t.Errorf("without fold 0, row %d has the weight %v", i, one.weight)
		}
	}
}

// TestChoose: the pictures that differ most, and variants as far as they fit.
func TestChoose(t *testing.T) {
	var list []*seen
	for i := range 30 { // three directions, ten times
		codes := []byte{1, 1, 1}
		codes[i%3] = byte(200 - i/3)
		list = append(list, pointed(i, 0, codes...), pointed(100+i, 1, codes...))
	}
	o := Options{Variants: 4, MaxRows: 1000, MaxPictures: 3}
	used, left, variants := choose(list, 2, 0, &o)
	if len(used) != 6 || len(left) != 54 || variants != 4 {
		t.Fatalf("%d used, %d left, %d variants", len(used), len(left), variants)
	}
	for c := range 2 {
		some := ofClass(used, c)
		for i, a := range some {
			for _, b := range some[:i] {
				if slices.Index(a.codes, slices.Max(a.codes)) == slices.Index(b.codes, slices.Max(b.codes)) {
					t.Errorf("class %d has two of a kind: %v and %v", c, a.codes, b.codes)
				}
			}
		}
	}
	for _, c := range []struct{ pictures, rows, used, variants int }{
		{200, 300, 60, 4}, {200, 299, 60, 3}, {200, 119, 60, 0}, {200, 60, 60, 0}, {200, 59, 58, 0}, {10, 60, 20, 2}, {200, 10, 10, 0},
	} {
		o := Options{Variants: 4, MaxRows: c.rows, MaxPictures: c.pictures}
		used, left, variants := choose(slices.Clone(list), 2, 0, &o)
		if len(used) != c.used || len(left) != 60-c.used || variants != c.variants {
			t.Errorf("%+v: %d used, %d left, %d variants", c, len(used), len(left), variants)
		}
		again := slices.Clone(list)
		slices.Reverse(again)
		again, _ = ordered(again, 2)
		if same, _, _ := choose(again, 2, 0, &o); !slices.Equal(same, used) {
			t.Errorf("%+v: others in another order", c)
		}
	}
}

// TestTemperature finds the one that logits were spoiled with.
func TestTemperature(t *testing.T) {
	for _, spoiled := range []float64{0.2, 1, 3} {
		var logits [][]float64
		var class []int
		for i := range 400 { // 3 of 4 are right, so the honest logits are ln 9 apart: 0.75 to 0.0833
			z := make([]float64, 4)
			z[i%4] = 2.197 * spoiled
			said := i % 4
			if i%16 < 4 {
				said = (i + 1 + i/16%3) % 4
			}
			logits, class = append(logits, z), append(class, said)
		}
		if got := temperature(logits, class); got < spoiled*0.9 || got > spoiled*1.12 {
			t.Errorf("%v, want %v", got, spoiled)
		}
	}
	if got := temperature(nil, nil); got != 1 {
		t.Errorf("of nothing: %v", got)
	}
}

// taughtOf is a training that has come to its report.
func taughtOf(list []*seen, logits ...[]float64) *training {
	o := Defaults()
	return &training{classes: kinds, list: list, logits: logits, temperature: 1, same: make([]int, 3), options: o, variants: o.Variants}
}

// TestWarnings says each of them when it is due, and only then.
func TestWarnings(t *testing.T) {
	logits := func(best int, by float64) []float64 {
		z := make([]float64, 3)
		z[best] = by
		return z
	}
	many := func(n int) (list []*seen) { // codes of all are far apart
		for i := range 3 * n {
			codes := make([]byte, 3*n)
			codes[i] = 255
			s := pointed(i, i%3, codes...)
			s.first = true
			list = append(list, s)
		}
		return list
	}
	said := func(list []*seen, what func(i int, s *seen) []float64) *training {
		t := taughtOf(list)
		for i, s := range list {
			t.logits = append(t.logits, what(i, s))
		}
		return t
	}
	right := func(_ int, s *seen) []float64 { return logits(s.class, 5) }
	joined := many(10)
	for _, s := range joined {
		s.first = s.class != 1 || s.id < fmt.Sprintf("%064d", 3)
	}
	alike := many(10)
	alike[3].codes = alike[4].codes
	left := said(many(10), right)
	left.left, left.variants = many(1), 2
	left.skipped = []Skipped{{Name: "x.jpg", Class: "lying", Reason: "it is empty"}}
	for name, c := range map[string]struct {
		of   *training
		want []string
		says string
	}{
		"good":        {said(many(10), right), nil, ""},
		"few":         {said(many(9), right), []string{WarnTooLittle, WarnTooLittle, WarnTooLittle}, "squares has 9 pictures: usable"},
		"fewer":       {said(many(4), right), []string{WarnTooLittle, WarnTooLittle, WarnTooLittle}, "lying has 4 pictures: what it says is a guess"},
		"near-copies": {said(joined, right), []string{WarnTooLittle, WarnNearCopies, WarnNoEstimate}, "of 10 pictures of standing, 9 are near-copies"},
		"look the same": {said(many(10), func(i int, s *seen) []float64 {
			if s.class == 0 && i%2 == 0 {
				return logits(1, 0.1)
			}
			return right(i, s)
		}), []string{WarnLookSame}, "lying and standing look the same to it: 5 of 20 pictures"},
		"bad base": {said(many(10), func(i int, s *seen) []float64 {
			return logits((s.class+i/3%2)%3, 0.1)
		}), []string{WarnBadBase, WarnLookSame, WarnLookSame, WarnLookSame}, "only 33 to 67 % right"},
		"wrong label": {said(many(10), func(i int, s *seen) []float64 {
			if i == 4 {
				return logits(2, 5)
			}
			return right(i, s)
		}), []string{WarnWrongLabel}, "of standing looks like squares"},
		"alike": {said(alike, right), []string{WarnLookSame}, "have pictures that are all but the same"},
		"left":  {left, []string{WarnSkipped, WarnNotUsed, WarnFewVariants}, "1 picture could not be read, such as x.jpg: it is empty"},
	} {
		var r Report
		c.of.reportAnswers(&r)
		var got, texts []string
		for _, w := range c.of.warnings(&r) {
			got, texts = append(got, w.Kind), append(texts, w.Text)
			if w.Classes == nil || w.Pictures == nil || len(w.Pictures) > mostExamples {
				t.Errorf("%s: %+v", name, w)
			}
		}
		if !slices.Equal(got, c.want) || !strings.Contains(strings.Join(texts, "\n"), c.says) {
			t.Errorf("%s: %q, %q", name, got, texts)
		}
	}
}

// TestWrongLabelsAreFew: the six of which it is surest, those first.
func TestWrongLabelsAreFew(t *testing.T) {
	var list []*seen
	var logits [][]float64
	for i := range 20 {
		list = append(list, pointed(i, 0, 1))
		logits = append(logits, []float64{0, 5 + float64(i)/10, 0})
	}
	tr := taughtOf(list, logits...)
	var r Report
	tr.reportAnswers(&r)
	w := tr.wrongLabels(&r)
	if len(w) != 1 || len(w[0].Pictures) != 6 || w[0].Pictures[0] != list[19].id || w[0].Pictures[5] != list[14].id {
		t.Errorf("%+v", w)
	}
}

func TestCompare(t *testing.T) {
	report := func(right, of, uncounted int) *Report {
		r := &Report{}
		for i := range of {
			a := Answer{Picture: fmt.Sprint(i), Class: "a", Said: "a", Counted: i >= uncounted}
			if i >= right {
				a.Said = "b"
			}
			r.Answers = append(r.Answers, a)
		}
		return r
	}
	moved := report(0, 20, 0)
	for i := range moved.Answers {
		moved.Answers[i].Class = "c"
	}
	for name, c := range map[string]struct {
		old, new *Report
		pictures int
		worse    bool
	}{
		"the same":           {report(18, 20, 0), report(18, 20, 0), 20, false},
		"better":             {report(10, 20, 0), report(20, 20, 0), 20, false},
		"a little worse":     {report(19, 20, 0), report(17, 20, 0), 20, false},
		"much worse":         {report(19, 20, 0), report(12, 20, 0), 20, true},
		"few pictures":       {report(3, 3, 0), report(2, 3, 0), 3, false},
		"more pictures":      {report(19, 20, 0), report(20, 40, 0), 20, false},
		"nothing in common":  {report(20, 20, 0), moved, 0, false},
		"nothing to compare": {&Report{}, &Report{}, 0, false},
		"near-copies of old": {report(20, 20, 15), report(12, 20, 0), 5, false},
		"six":                {report(20, 20, 0), report(14, 20, 0), 20, true},
		"five":               {report(20, 20, 0), report(15, 20, 0), 20, false},
	} {
		got := Compare(c.old, c.new)
		if got.Pictures != c.pictures || got.Worse != c.worse || got.New.Low > got.New.High {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
