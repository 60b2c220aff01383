package replay

import (
	"fmt"
	"time"

	"github.com/inceptiond/inceptiond/infer"
)

// Report says where two takes of the same frames differ.
type Report struct {
	Same    bool // as far as may be expected: see Model.Loose
	Models  []ModelReport
	Cameras []CameraReport
}

// ModelReport is a model of both takes.
type ModelReport struct {
	Name  string
	A, B  Model
	Other bool // they are two files
	Loose bool // float32 was computed in two ways, which may differ in the last places
}

// CameraReport is a camera of both takes.
type CameraReport struct {
	Name    string
	Model   string
	Frames  int
	Changes int // of what is decided, in the second take
	Same    bool
	Exact   bool        // byte for byte
	First   []Place     // at each stage where there are any, the first difference
	Differ  [stages]int // how many steps have one there
	Rounded float64     // Exact apart, the greatest difference within an output that was let pass, in parts of its greatest number
	Unseen  int         // outputs that differ by nobody knows how much
	Lacks   string      // what the second take had not
	Steps   []Pair
}

// Place is a difference, and where it is.
type Place struct {
	Frame int       // from 1, among the frames of the camera; of an interruption that of the frame after it
	Time  time.Time // of that step
	Difference
	Err error // instead of a difference: why there is nothing to compare
}

// Pair is a step of both takes.
type Pair struct {
	Frame     int
	Time      time.Time
	Interrupt string // what it was instead of a frame
	A, B      string // what was answered, in a few words
	Differ    []Stage
}

// Compare compares two takes, the second of which has no cameras that the first has not.
func Compare(a, b *Take) *Report {
	r := &Report{Same: true}
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
	return ModelReport{Name: name, A: a, B: b, Other: a.SHA256 != b.SHA256, Loose: a.way() != b.way() && b.float()}
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
	c := comparer{loose: main.Loose, main: main.B.Floats, other: main.Other}
	if then := r.model(b.Then); then != nil {
		c.loose, c.other, c.then = c.loose || then.Loose, c.other || then.Other, then.B.Floats
	}
	is := CameraReport{Name: b.Name, Model: b.Model, Same: true, Lacks: b.Lacks}
	for i := range min(len(a.Steps), len(b.Steps)) {
		is.add(&c, &a.Steps[i], &b.Steps[i])
	}
	is.Exact, is.Rounded, is.Unseen = is.Same && !c.passed, c.greatest, c.unseen
	return is
}

// add compares a step more.
func (r *CameraReport) add(c *comparer, a, b *Step) {
	pair := Pair{Frame: r.Frames + 1, Time: a.Time, Interrupt: a.Interrupt, A: says(a), B: says(b)}
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
			r.First = append(r.First, Place{Frame: pair.Frame, Time: a.Time, Difference: d.Difference, Err: d.Err})
		}
	}
	r.Steps = append(r.Steps, pair)
}

// found is a difference, or why there is nothing to compare.
type found struct {
	Difference
	Err error
}

// steps compares what came of a step in two takes.
func (c *comparer) steps(a, b *Step) (list []found) {
	switch {
	case a.Err != nil && b.Err != nil && a.Err.Error() == b.Err.Error():
		return nil
	case a.Err != nil:
		return []found{{Difference{Stage: Frame}, fmt.Errorf("without the other config: %w", a.Err)}}
	case b.Err != nil:
		return []found{{Difference{Stage: Frame}, b.Err}}
	}
	for _, d := range c.compare(&a.Step, &b.Step) {
		list = append(list, found{Difference: d})
	}
	return list
}
