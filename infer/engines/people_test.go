package engines

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/infer/task"
	"github.com/inceptiond/inceptiond/internal/testing/colours"
)

// directions is the file of a model whose embeddings are the mean colour of a picture, as a direction.
func directions(t *testing.T) string {
	t.Helper()
	m := colours.Float(colours.Options{Ends: model.OpL2Normalization})
	m.Operators[len(m.Operators)-1].Options = model.L2Norm{}
	return save(t, m, nil, nil)
}

// enrolled puts a version of Anna and Bert, who are known to a network, into a folder, and returns the link to it.
func enrolled(t *testing.T, network, report string) (link string) {
	t.Helper()
	p, err := task.NewPeople([]string{"anna", "bert"}, [][]float32{{1, 0, 0}, {0, 0, 1}}, network, 0.35)
	if err != nil {
		t.Fatal(err)
	}
	data, err := p.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "family")
	version := filepath.Join(name, "versions", "0123456789ab")
	link = filepath.Join(name, "current")
	err = errors.Join(os.MkdirAll(version, 0o700), os.Symlink("versions/0123456789ab", link), os.WriteFile(filepath.Join(version, taughtPeople), data, 0o600))
	if err == nil && report != "" {
		err = os.WriteFile(filepath.Join(version, taughtReport), []byte(report), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return link
}

func TestPeopleAreRead(t *testing.T) {
	file := directions(t)
	plain, _ := load(t, Options{File: file, Task: "embed"})
	o := Options{File: file, Engine: CPU, Task: "embed", MaxDistance: 0.5}
	o.People = enrolled(t, plain.SHA256, "")
	m, log := load(t, o)
	if m.People == nil || m.People.MaxDistance() != 0.5 || m.Task().People != m.People || !said(log, "") || !strings.Contains(m.String(), "embed, 2 people") {
		t.Errorf("%v, people %+v, log %q", m, m.People, log)
	}
	if !m.Current(o) || !o.Knows("family") || o.Knows("fam") {
		t.Error("it is another one at once")
	}
	data, err := os.ReadFile(filepath.Join(o.People, taughtPeople))
	if err == nil {
		err = os.WriteFile(filepath.Join(o.People, taughtPeople), append(data, 0), 0o600)
	}
	if err != nil || m.Current(o) {
		t.Errorf("%v: what the people are known by has changed, and nobody sees it", err)
	}
	for want, c := range map[string]Options{
		"the people of family cannot be used: ":                   o, // the file has a byte too much
		"shown to another network (SHA-256 000000000000":          {File: file, Task: "embed", MaxDistance: 0.5, People: enrolled(t, strings.Repeat("0", 64), "")},
		"the model's task is classify, and people are recognized": {File: save(t, colours.Float(colours.Options{}), nil, nil), MaxDistance: 0.5, People: enrolled(t, plain.SHA256, "")},
		"`inceptiond teach train family` makes them anew":         {File: file, Task: "embed", MaxDistance: 2, People: enrolled(t, plain.SHA256, "")},
		"nothing is called nobody in " + os.TempDir():             {File: file, Task: "embed", MaxDistance: 0.5, People: filepath.Join(t.TempDir(), "nobody", "current")},
	} {
		c.Engine = CPU
		if _, err := Load(t.Context(), "m", c, zap.NewNop()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v (want %q)", err, want)
		}
	}
}

// A distance that the training found bad is warned of; without a report, or with a damaged one, nobody knows.
func TestDistanceIsNoted(t *testing.T) {
	const report = `{"total": 10, "people": {"suggested": 0.4, "strangers": 9, "distances": [
		{"max_distance": 0.2, "right": 3, "accepted": 0}, {"max_distance": 0.4, "right": 8, "accepted": 0}, {"max_distance": 0.6, "right": 10, "accepted": 5}]}}`
	file := directions(t)
	plain, _ := load(t, Options{File: file, Task: "embed"})
	for _, c := range []struct {
		report string
		most   float64
		want   string
	}{
		{report, 0.1, "warn with max_distance: 0.1 at most 3 of 10 pictures of the people themselves were recognized (when they were taught, max_distance: 0.4 suited them)"},
		{report, 0.3, ""}, // perhaps 8
		{report, 0.4, ""},
		{report, 0.5, ""}, // perhaps none
		{report, 0.7, "warn with max_distance: 0.7 5 of 9 pictures of strangers were taken for somebody (when they were taught, max_distance: 0.4 suited them)"},
		{"", 0.7, ""}, {"{", 0.7, ""}, {"{}", 0.7, ""}, {`{"people": {"distances": {}}}`, 0.7, ""},
	} {
		o := Options{File: file, Task: "embed", MaxDistance: c.most, People: enrolled(t, plain.SHA256, c.report)}
		o.Mean, o.Std = []float32{0}, []float32{1}
		if _, log := load(t, o); !said(log, c.want) || c.want == "" && len(log) > 0 {
			t.Errorf("%v: log %q (want %q)", c.most, log, c.want)
		}
	}
}
