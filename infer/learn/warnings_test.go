package learn

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

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
		"left":  {left, []string{WarnSkipped, WarnNotUsed, WarnFewVariants}, "1 file left out: x.jpg: it is empty"},
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
