package config

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// TestHelpIsTheFiles has a line of help for each key of a model and a camera, and says what the file says.
func TestHelpIsTheFiles(t *testing.T) {
	help := Help()
	for key, want := range map[string]string{
		"cameras.*.objects.threshold": "Objects and bodies with a lower score (0 to 1) are left out.",
		"cameras.*.http.interval":     "From one still picture to the next. A stream has its own pace.",
		"cameras.*.fit": "How the region becomes the model's square. stretch: all of it, distorted. crop: its middle. letterbox: all of it " +
			"with black bars.",
		"models.*.edgetpu.file": "The model that edgetpu_compiler made of file, which the CPU runs while the Edge TPU cannot. Empty: file is that one.",
	} {
		if help[key] != want {
			t.Errorf("%s: %q, want %q", key, help[key], want)
		}
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(wholeFile(), &doc); err != nil {
		t.Fatal(err)
	}
	n := 0
	var walk func(*yaml.Node, []string)
	walk = func(section *yaml.Node, path []string) {
		for i := 0; i+1 < len(section.Content); i += 2 {
			name := section.Content[i]
			at := append(slices.Clone(path), name.Value)
			if len(at) == 2 {
				at[1] = "*"
			}
			if section.Style&yaml.FlowStyle == 0 && (at[0] == "models" || at[0] == "cameras") {
				n++
				if got, want := help[strings.Join(at, ".")], strings.Join(strings.Fields(strings.ReplaceAll(name.HeadComment, "#", "")), " "); !sameWords(got, want) {
					t.Errorf("%v: %q, want %q", at, got, want)
				}
			}
			if section.Content[i+1].Kind == yaml.MappingNode {
				walk(section.Content[i+1], at)
			}
		}
	}
	walk(doc.Content[0], nil)
	if n < 100 || len(help) != n {
		t.Errorf("%d keys, and help for %d", n, len(help))
	}
}

// sameWords compares texts but for white space.
func sameWords(a, b string) bool { return slices.Equal(strings.Fields(a), strings.Fields(b)) }

// TestChoices are those that the checks know.
func TestChoices(t *testing.T) {
	c := Default()
	choices := c.Choices()
	for key, want := range map[string][]string{
		"cameras.demo.fit": {"stretch", "crop", "letterbox"}, "models.demo.decoder": {"", "blazeface", "yolo"},
		"models.demo.task": {"auto", "classify", "detect", "segment", "pose", "embed"}, "cameras.demo.transport": nil,
	} {
		if !reflect.DeepEqual(choices[key], want) {
			t.Errorf("%s: %v, want %v", key, choices[key], want)
		}
	}
}
