package lessons

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"path"
	"path/filepath"
	"slices"

	"github.com/inceptiond/inceptiond/infer/evaluate"
	"github.com/inceptiond/inceptiond/infer/learn/store"
	"github.com/inceptiond/inceptiond/internal/proc"
	"github.com/inceptiond/inceptiond/publish/web"
)

// Test answers the pictures that are held out; see [web.Training]. A child does it: `inceptiond teach test NAME --json`.
func (l *Lessons) Test(ctx context.Context, name string) (web.Tested, error) {
	_, n, err := l.find(name)
	if err != nil {
		return web.Tested{}, err
	}
	v, used := n.Current()
	held, _, err := n.List(store.Held)
	switch {
	case err != nil:
		return web.Tested{}, refused(err)
	case !used:
		return web.Tested{}, &web.Refused{Reasons: []string{"no version is in use yet: train one, and use it"}}
	case len(held) == 0:
		return web.Tested{}, &web.Refused{Reasons: []string{"no picture is held out: choose some, and hold them out"}}
	}
	var out bytes.Buffer
	args := append(l.command("test", filepath.Dir(n.Path())), name, "--version", v.ID, "--json")
	if err := proc.Run(ctx, args[0], args[1:], &out, proc.MayWait); err != nil {
		return web.Tested{}, fmt.Errorf("test: %w", err)
	}
	var r evaluate.Report
	if err := json.Unmarshal(out.Bytes(), &r); err != nil || len(r.Results) != 1 || r.Results[0].Classified == nil {
		return web.Tested{}, fmt.Errorf("test: its report cannot be read: %w", err)
	}
	return testedOf(v.ID, &r.Results[0], held), nil
}

// testedOf is what the page shows of a report.
func testedOf(version string, r *evaluate.Result, held []store.Picture) web.Tested {
	t := web.Tested{Version: version, Accuracy: web.Accuracy{Right: r.Top1.Count, Total: r.Top1.Of, Low: r.Top1.Low, High: r.Top1.High}}
	for _, c := range r.ByClass {
		t.Classes = append(t.Classes, web.TestedClass{Label: c.Label, Pictures: c.Recall.Of, Precision: c.Precision.Share, Recall: c.Recall.Share})
	}
	t.Confusion = confusion(t.Classes, r.Matrix)
	byID := map[string]store.Picture{}
	for _, p := range held {
		byID[p.ID] = p
	}
	for _, w := range r.Wrongest {
		p, there := byID[path.Base(w.Picture)]
		if !there || len(w.Answers) == 0 {
			continue
		}
		s := sampleOf(p, nil, nil)
		s.Answer, s.Score, s.Group = w.Answers[0].Label, w.Answers[0].Score, p.ID
		t.Wrong = append(t.Wrong, s)
	}
	return t
}

// confusion are the counts of a matrix in the order of classes.
func confusion(classes []web.TestedClass, m *evaluate.Matrix) [][]int {
	rows := make([][]int, len(classes))
	for i, a := range classes {
		rows[i] = make([]int, len(classes))
		for k, b := range classes {
			rows[i][k] = count(m, a.Label, b.Label)
		}
	}
	return rows
}

// count is how many pictures of a class were answered so.
func count(m *evaluate.Matrix, class, answer string) int {
	if m == nil {
		return 0
	}
	i, k := slices.Index(m.Classes, class), slices.Index(m.Answers, answer)
	if i < 0 || k < 0 {
		return 0
	}
	return m.Counts[i][k]
}
