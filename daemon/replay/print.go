package replay

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/inceptiond/inceptiond/daemon/pipeline"
	"github.com/inceptiond/inceptiond/internal/text"
)

// Machine is where a take was made.
type Machine struct {
	Version string `json:"version"` // of inceptiond
	OS      string `json:"os"`
	Arch    string `json:"arch"`
	Kernels string `json:"kernels"`
}

func (m Machine) String() string {
	return fmt.Sprintf("inceptiond %s for %s/%s, kernels %s", m.Version, m.OS, m.Arch, m.Kernels)
}

// Outcome is all that a replay has to say. Its JSON is docs/schema/replay.json.
type Outcome struct {
	Device  string    `json:"device"`
	Created time.Time `json:"created"`
	Bundle  Machine   `json:"bundle"`
	Here    Machine   `json:"here"`
	Inputs  []Input   `json:"inputs"`
	*Report           // of what was recorded, and the replay
	Tried   *Tried    `json:"tried,omitempty"` // nil: no other config was tried
}

// Tried is what another config made of the same frames.
type Tried struct {
	File     string    `json:"file"`
	Settings []Setting `json:"settings"`
	Inputs   []Input   `json:"inputs"`
	*Report            // of the replay with the bundle's config, and with the other
}

// Input is what a camera's model was given.
type Input struct {
	Camera string  `json:"camera"`
	Tensor string  `json:"tensor"` // its type and shape
	Least  float64 `json:"least"`  // of its numbers
	Most   float64 `json:"most"`
}

// Add takes what the model was given of a frame.
func (in *Input) Add(s *pipeline.Sight) {
	in.Least, in.Most = min(in.Least, finite(s.Least)), max(in.Most, finite(s.Most))
}

// AllSame tells whether nothing differs: with another config, from the replay with the bundle's.
func (o *Outcome) AllSame() bool { return o.Same && (o.Tried == nil || o.Tried.Same) }

// Text writes o for people.
func (o *Outcome) Text(w io.Writer) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "bundle: %s, %s, %s\nhere: %s\n", o.Device, o.Created.UTC().Format("2006-01-02 15:04:05 UTC"), o.Bundle, o.Here)
	for i := range o.Report.Models {
		o.Report.Models[i].print(&b, o.Report.rounded())
	}
	printInputs(&b, o.Inputs)
	o.Report.print(&b, "recorded", "here")
	if t := o.Tried; t != nil {
		fmt.Fprintf(&b, "\nwith %s in the place of the bundle's config:\n", t.File)
		for _, s := range t.Settings {
			fmt.Fprintf(&b, "  %s: %s, now %s\n", s.Key, s.A, s.B)
		}
		another := 0
		for i := range t.Report.Models {
			if m := &t.Report.Models[i]; !m.Alike {
				fmt.Fprintf(&b, "  model %s: %s, %s\n", m.Name, m.B.File, m.another("before"))
				another++
			}
		}
		if len(t.Settings)+another == 0 {
			b.WriteString("  nothing that is about these cameras or models differs\n")
		}
		printInputs(&b, t.Inputs)
		for i := range t.Report.Cameras {
			t.Report.Cameras[i].table(&b)
		}
		t.Report.print(&b, "before", "now")
	}
	_, err := io.WriteString(w, text.Lines(b.String()))
	return err
}

func printInputs(b *bytes.Buffer, list []Input) {
	for _, in := range list {
		fmt.Fprintf(b, "camera %s: its model is given %s, numbers from %.4g to %.4g\n", in.Camera, in.Tensor, in.Least, in.Most)
	}
}

// print says what a model was, and is.
func (m *ModelReport) print(b *bytes.Buffer, rounded bool) {
	fmt.Fprintf(b, "model %s: %s, ", m.Name, m.B.File)
	if !m.Alike {
		fmt.Fprintf(b, "%s; ", m.another("recorded"))
	} else {
		fmt.Fprintf(b, "the same file (SHA-256 %s…), ", short(m.A.SHA256))
	}
	fmt.Fprintf(b, "answered by %s, here by %s\n", m.A.by(), m.B.by())
	if m.A.People != "" && m.A.People != m.B.People {
		fmt.Fprintf(b, "  it knows OTHER PEOPLE: version %s, recorded %s\n", cmp.Or(m.B.People, "none"), m.A.People)
	}
	if m.Loose && rounded {
		fmt.Fprintf(b, "  its float32 is computed in two ways, which may differ in the last places: its outputs by %g of their greatest number,\n"+
			"  scores and places by %g; what is decided must be the same\n", outputTolerance, findingTolerance)
	}
}

// another says that a model's file is another than before. The whole hashes are in the JSON.
func (m *ModelReport) another(before string) string {
	return fmt.Sprintf("ANOTHER FILE: SHA-256 %s, %s %s", short(m.B.SHA256), before, short(m.A.SHA256))
}

// rounded tells whether any difference was let pass.
func (r *Report) rounded() bool {
	for i := range r.Cameras {
		if c := &r.Cameras[i]; c.Rounded > 0 || c.Same && !c.Exact {
			return true
		}
	}
	return false
}

// by is who answered, for people: TensorFlow Lite, or our own engine with its kernels.
func (m *Model) by() string {
	switch m.Engine {
	case "":
		return "nobody"
	case "cpu":
		return "cpu (" + m.Kernel + ")"
	}
	return fmt.Sprintf("TensorFlow Lite (%s, %s)", m.Engine, m.Kernel)
}

// print says of each camera whether its takes are the same, and where not.
func (r *Report) print(b *bytes.Buffer, a, here string) {
	for i := range r.Cameras {
		r.Cameras[i].print(b, a, here)
	}
	if r.Same {
		return
	}
	for i := range r.Cameras {
		if c := &r.Cameras[i]; len(c.First) > 0 {
			first := c.earliest()
			hint := first.Stage.hint()
			if c.Lacks != "" && first.Stage >= Outputs {
				hint = "first of all, see what it does without"
			} else if name := r.replaced(c); name != "" && first.Stage >= Tensor {
				hint = "the file of model " + name + " is another one, which may be all; else, " + hint
			}
			fmt.Fprintf(b, "different: first at the %s of frame %d of camera %s: %s\n", first.Stage, first.Frame, c.Name, hint)
			return
		}
	}
}

// replaced is a model of a camera whose file is another one than before; empty: none is.
func (r *Report) replaced(c *CameraReport) string {
	for _, name := range []string{c.Model, c.Then} {
		if m := r.model(name); m != nil && !m.Alike && m.A.SHA256 != "" {
			return name
		}
	}
	return ""
}

// earliest is the first difference of all: at the first frame that has one, at its first stage.
func (r *CameraReport) earliest() *Place {
	first := &r.First[0]
	for i := range r.First {
		if p := &r.First[i]; p.Frame < first.Frame || p.Frame == first.Frame && p.Stage < first.Stage {
			first = p
		}
	}
	return first
}

// hint is what a difference at a stage, and not before, comes from.
func (s Stage) hint() string {
	return [...]string{
		"the picture could not be made again as it was: the bundle was changed, or is of a newer version",
		"the frame is the same, so what differs is how it becomes the model's input (region, fit, rotate, fast_decode, mean and std, the version)",
		"the model was given the same, so what differs is the model, what computes it, or what it keeps from frame to frame" +
			" (its file, the engine, the kernels, the version)",
		"the model answered the same, so what differs is how that is read (labels, task, scores, threshold, objects, the version)",
		"the same was found, so what differs is how it is decided (the keys of decision, what came before, the version)",
		"the same was decided, so what differs is what is published of it (the version)",
	}[s]
}

// print says whether a camera's takes are the same, and where not.
func (r *CameraReport) print(b *bytes.Buffer, a, here string) {
	fmt.Fprintf(b, "camera %s: %s, %s of what is decided: ", r.Name, text.Plural(r.Frames, "frame"), text.Plural(r.Changes, "change"))
	switch {
	case r.Exact:
		b.WriteString("the same, byte for byte\n")
	case r.Same:
		fmt.Fprintf(b, "the same but for the last places of float32 (outputs differ by up to %.2g of their greatest number)\n", r.Rounded)
	default:
		b.WriteString("different\n")
	}
	if r.Unseen > 0 {
		fmt.Fprintf(b, "  outputs that differ, nobody knows by how much (they are too large for a bundle, which has their hashes): %d\n", r.Unseen)
	}
	if r.Lacks != "" {
		fmt.Fprintf(b, "  it does without: %s\n", r.Lacks)
	}
	for i := range r.First {
		r.First[i].print(b, a, here)
	}
	if !r.Same {
		var counts []string
		for s, n := range r.Differ {
			if n > 0 {
				counts = append(counts, fmt.Sprintf("%s %d", Stage(s), n))
			}
		}
		fmt.Fprintf(b, "  frames that differ: %s\n", strings.Join(counts, ", "))
	}
}

// print is "frame 12, 10:44:46.212: decision: result.vote: "cat", here "dog"".
func (p *Place) print(b *bytes.Buffer, a, here string) {
	fmt.Fprintf(b, "  frame %d, %s: %s: ", p.Frame, clock(p.Time), p.Stage)
	if p.Error != "" {
		fmt.Fprintf(b, "%s\n", p.Error)
		return
	}
	if p.What != "" {
		fmt.Fprintf(b, "%s: ", p.What)
	}
	fmt.Fprintf(b, "%s %s, %s %s\n", a, p.A, here, p.B)
}

func clock(t time.Time) string { return t.UTC().Format("15:04:05.000") }

// table lists what was answered to each frame, with the one config and the other.
func (r *CameraReport) table(b *bytes.Buffer) {
	width := len("before")
	for _, p := range r.Steps {
		width = max(width, len(p.A))
	}
	fmt.Fprintf(b, "camera %s:\n  frame  time          %-*s  now\n", r.Name, width, "before")
	for _, p := range r.Steps {
		if p.Interrupt != "" {
			fmt.Fprintf(b, "         %s  %s\n", clock(p.Time), p.Interrupt)
			continue
		}
		fmt.Fprintf(b, "  %5d  %s  %-*s  %s\n", p.Frame, clock(p.Time), width, p.A, p.B)
	}
}

// JSON writes o as one value of JSON.
func (o *Outcome) JSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(struct {
		Schema int  `json:"schema"`
		Same   bool `json:"same"`
		*Outcome
	}{1, o.AllSame(), o})
}

// finite is v as JSON can say it.
func finite(v float64) float64 {
	switch {
	case v != v:
		return 0
	case v > 1e300:
		return 1e300
	}
	return max(v, -1e300)
}
