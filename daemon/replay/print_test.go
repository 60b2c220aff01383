package replay_test

import (
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/daemon/replay"
)

// What may be at the bottom of a difference is told: first of all that the model's file is another one.
func TestHints(t *testing.T) {
	const hash, other = "0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210"
	for name, c := range map[string]struct {
		models [2]string // hashes of the camera's model
		then   [2]string // and of a second one
		stage  replay.Stage
		want   string // behind "camera door: "
	}{
		"input":                {[2]string{hash, hash}, [2]string{}, replay.Tensor, "the frame is the same, so what differs is how"},
		"another model":        {[2]string{hash, other}, [2]string{}, replay.Tensor, "the file of model net is another one, which may be all; else, the frame is the same"},
		"another model's sums": {[2]string{hash, other}, [2]string{}, replay.Outputs, "the file of model net is another one, which may be all; else, the model was given"},
		"another second model": {[2]string{hash, hash}, [2]string{hash, other}, replay.Outputs, "the file of model crops is another one, which may be all; else, the model"},
		"another picture":      {[2]string{hash, other}, [2]string{}, replay.Frame, "the picture could not be made again"},
		"unknown model":        {[2]string{"", other}, [2]string{}, replay.Tensor, "the frame is the same"},
	} {
		takes := [2]*replay.Take{}
		for i := range takes {
			takes[i] = &replay.Take{Models: map[string]replay.Model{"net": {SHA256: c.models[i]}}, Cameras: []replay.Camera{{Name: "door", Model: "net"}}}
			if c.then[0] != "" {
				takes[i].Models["crops"], takes[i].Cameras[0].Then = replay.Model{SHA256: c.then[i]}, "crops"
			}
			s := replay.Step{}
			value := []string{"one", "two"}[i]
			switch c.stage {
			case replay.Frame:
				s.SHA256 = value
			case replay.Tensor:
				s.Tensor = value
			case replay.Outputs:
				s.Outputs = []string{value}
			}
			takes[i].Cameras[0].Steps = []replay.Step{s}
		}
		out := replay.Outcome{Report: replay.Compare(takes[0], takes[1])}
		out.Tried = &replay.Tried{Report: out.Report}
		var text strings.Builder
		if err := out.Text(&text); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(text.String(), "camera door: "+c.want) {
			t.Errorf("%s: %s\nwant %q", name, text.String(), c.want)
		}
		if strings.Contains(text.String(), hash) || strings.Contains(text.String(), `"`) {
			t.Errorf("%s: a hash in full, or in quotes: %s", name, text.String())
		}
		if lines := strings.Count(text.String(), "ANOTHER FILE: SHA-256 fedcba987654, "); c.models[0] != c.models[1] && lines != 2 {
			t.Errorf("%s: %d times that the file is another: %s", name, lines, text.String())
		}
	}
}
