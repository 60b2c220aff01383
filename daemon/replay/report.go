package replay

import (
	"encoding/json"
	"time"

	"github.com/inceptiond/inceptiond/infer"
)

// Report says where two takes of the same frames differ. Its JSON is a part of docs/schema/replay.json.
type Report struct {
	Same    bool           `json:"same"` // as far as may be expected: see ModelReport.Loose
	Models  []ModelReport  `json:"models"`
	Cameras []CameraReport `json:"cameras"`
}

// ModelReport is a model of both takes.
type ModelReport struct {
	Name  string `json:"name"`
	Alike bool   `json:"same_file"`
	Loose bool   `json:"float32_may_differ"` // it was computed in two ways, which may differ in the last places
	A     Model  `json:"before"`
	B     Model  `json:"now"`
}

// CameraReport is a camera of both takes.
type CameraReport struct {
	Name    string  `json:"name"`
	Model   string  `json:"-"`
	Then    string  `json:"-"` // a second model; empty: there is none
	Frames  int     `json:"frames"`
	Changes int     `json:"changes"` // of what is decided, in the second take
	Same    bool    `json:"same"`
	Exact   bool    `json:"exact"`  // byte for byte
	Differ  counts  `json:"differ"` // how many steps do at each stage
	First   []Place `json:"first"`  // at each stage where there are any, the first difference
	Steps   []Pair  `json:"steps"`
	Rounded float64 `json:"-"`               // Exact apart, the greatest difference within an output that was let pass, in parts of its greatest number
	Unseen  int     `json:"-"`               // outputs that differ by nobody knows how much
	Lacks   string  `json:"lacks,omitempty"` // what the second take had not
}

// counts are numbers of steps by stage.
type counts [stages]int

// MarshalJSON has those that are not 0.
func (c counts) MarshalJSON() ([]byte, error) {
	by := map[string]int{}
	for s, n := range c {
		if n > 0 {
			by[Stage(s).String()] = n
		}
	}
	return json.Marshal(by)
}

// Place is a difference, and where it is.
type Place struct {
	Frame int       `json:"frame"` // from 1, among the frames of the camera; of an interruption that of the frame after it
	Time  time.Time `json:"time"`  // of that step
	Difference
	Error string `json:"error,omitempty"` // in place of what and both values: why there is nothing to compare
}

// Pair is a step of both takes.
type Pair struct {
	Frame     int       `json:"frame"` // as that of a Place
	Time      time.Time `json:"time"`
	Interrupt string    `json:"interrupt,omitempty"` // what it was instead of a frame
	A         string    `json:"before,omitempty"`    // what was answered, in a few words
	B         string    `json:"now,omitempty"`
	Differ    []Stage   `json:"differ"`
}

// Compare compares two takes, the second of which has no cameras that the first has not.
func Compare(a, b *Take) *Report {
	r := &Report{Same: true, Models: []ModelReport{}, Cameras: []CameraReport{}}
	for i := range b.Cameras {
		to := &b.Cameras[i]
		of := a.camera(to.Name)
		if of == nil {
			continue
		}
		for _, name := range []string{to.Model, to.Then} {
			if name != "" && r.model(name) == nil {
				r.Models = append(r.Models, newModelReport(name, a.Models[of.modelLike(to, name)], b.Models[name]))
			}
		}
		c := r.compareCamera(of, to)
		r.Same = r.Same && c.Same
		r.Cameras = append(r.Cameras, c)
	}
	return r
}

// camera is the one of a name; nil: there is none.
func (t *Take) camera(name string) *Camera {
	for i := range t.Cameras {
		if t.Cameras[i].Name == name {
			return &t.Cameras[i]
		}
	}
	return nil
}

// modelLike is the model that a camera has in the place of another's.
func (c *Camera) modelLike(other *Camera, name string) string {
	if name == other.Then && c.Then != "" {
		return c.Then
	} else if name == other.Model && c.Model != "" {
		return c.Model
	}
	return name
}

func (r *Report) model(name string) *ModelReport {
	for i := range r.Models {
		if r.Models[i].Name == name {
			return &r.Models[i]
		}
	}
	return nil
}

func newModelReport(name string, a, b Model) ModelReport {
	return ModelReport{Name: name, A: a, B: b, Alike: a.SHA256 == b.SHA256, Loose: a.way() != b.way() && b.float()}
}

// float tells whether any output has float32.
func (m *Model) float() bool {
	for _, f := range m.Floats {
		if f {
			return true
		}
	}
	return false
}

// way is how float32 is computed: of the same way are answers to the last bit.
func (m *Model) way() string {
	switch {
	case m.Engine != infer.EngineCPU:
		return m.Engine + " " + m.Kernel
	case m.Fused:
		return "cpu fused"
	}
	return "cpu"
}

// compareCamera compares what two cameras did.
func (r *Report) compareCamera(a, b *Camera) CameraReport {
	main := r.model(b.Model)
	c := comparer{loose: main.Loose, main: main.B.Floats, other: !main.Alike}
	if then := r.model(b.Then); then != nil {
		c.loose, c.other, c.then = c.loose || then.Loose, c.other || !then.Alike, then.B.Floats
	}
	is := CameraReport{Name: b.Name, Model: b.Model, Then: b.Then, Same: true, Lacks: b.Lacks, First: []Place{}, Steps: []Pair{}}
	for i := range min(len(a.Steps), len(b.Steps)) {
		is.add(&c, &a.Steps[i], &b.Steps[i])
	}
	is.Exact, is.Rounded, is.Unseen = is.Same && !c.passed, c.greatest, c.unseen
	return is
}

// add compares a step more.
func (r *CameraReport) add(c *comparer, a, b *Step) {
	pair := Pair{Frame: r.Frames + 1, Time: a.Time.UTC(), Interrupt: a.Interrupt, A: says(a), B: says(b), Differ: []Stage{}}
	if a.Interrupt == "" {
		r.Frames++
	}
	if changes(b) {
		r.Changes++
	}
	for _, d := range c.steps(a, b) {
		r.Same = false
		pair.Differ = append(pair.Differ, d.Stage)
		if r.Differ[d.Stage]++; r.Differ[d.Stage] == 1 {
			d.Frame, d.Time = pair.Frame, pair.Time
			r.First = append(r.First, d)
		}
	}
	r.Steps = append(r.Steps, pair)
}

// steps compares what came of a step in two takes. When that was is left open.
func (c *comparer) steps(a, b *Step) (list []Place) {
	switch {
	case a.Err != nil && b.Err != nil && a.Err.Error() == b.Err.Error():
		return nil
	case a.Err != nil:
		return []Place{{Error: "without the other config: " + a.Err.Error()}}
	case b.Err != nil:
		return []Place{{Error: b.Err.Error()}}
	}
	for _, d := range c.compare(&a.Step, &b.Step) {
		list = append(list, Place{Difference: d})
	}
	return list
}
