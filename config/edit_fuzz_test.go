package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/inceptiond/inceptiond/internal/testing/shared"
)

// checkEdit holds an Edit to its promises; it is false if the edit was refused.
func checkEdit(t testing.TB, text []byte, changes []Change) bool {
	t.Helper()
	before := bytes.Clone(text)
	next, err := Edit(text, changes)
	if !bytes.Equal(text, before) {
		t.Fatalf("%q is changed in place", before)
	}
	if err != nil {
		if bad, ok := err.(*Error); !ok || len(bad.Problems) == 0 || next != nil {
			t.Fatalf("got %q and %T %v", next, err, err)
		}
		return false
	}
	root, problem := parseYAML(text)
	if problem != nil {
		t.Fatalf("%q was edited, and is no YAML: %v", text, problem)
	}
	want := root
	for _, c := range changes {
		s, err := newStep(c)
		if err != nil {
			t.Fatalf("%v was made, and is no change: %v", c, err)
		}
		want = put(want, s.path, s.value)
	}
	after, problem := parseYAML(next)
	if problem != nil {
		t.Fatalf("%v of %q\nmakes\n%s\n%v", changes, text, next, problem)
	}
	if got, want := readTree(after), readTree(want); !same(got, want) {
		t.Fatalf("%+v of\n%s\nmakes\n%s\nwhich comes to %v\nwant %v", changes, text, next, got, want)
	}
	if lost := lostLine(text, next, root, changes); lost != "" {
		t.Fatalf("%+v of\n%s\nmakes\n%s\nthe line %q is lost", changes, text, next, lost)
	}
	if again, err := Edit(next, changes); !overlap(changes) && (err != nil || !bytes.Equal(again, next)) {
		t.Fatalf("%+v of\n%s\nagain makes\n%s\n%v", changes, next, again, err)
	}
	if m := readTree(root); len(m.problems) == 0 { // a mistake may be one that JSON cannot have
		checkUndo(t, text, next, root, changes)
	}
	return true
}

// overlap tells whether a change is about a part of what another one is about: then their order counts.
func overlap(changes []Change) bool {
	for i, a := range changes {
		for _, b := range changes[i+1:] {
			if a.Key == b.Key || strings.HasPrefix(a.Key, b.Key+".") || strings.HasPrefix(b.Key, a.Key+".") {
				return true
			}
		}
	}
	return false
}

var lineNumber = regexp.MustCompile(`in line [0-9]+`)

// same compares what files come to, wherever that stands: also what is no number is the same as itself.
func same(a, b meaning) bool {
	said := func(m meaning) string { return lineNumber.ReplaceAllString(fmt.Sprint(m.problems), "in line") }
	return said(a) == said(b) && (a.config == nil) == (b.config == nil) &&
		(a.config == nil || a.config.String() == b.config.String() || reflect.DeepEqual(a.config, b.config)) // -0 is 0
}

// checkUndo goes back from next to text.
func checkUndo(t testing.TB, text, next []byte, root *yaml.Node, changes []Change) {
	t.Helper()
	var undo []Change
	for _, c := range changes {
		path, _ := splitKey(c.Key)
		back := Change{Key: c.Key}
		for i := range path {
			old := lookup(root, path[:i+1])
			if old != nil && isNull(old) {
				return // JSON has no value for it
			}
			if old == nil {
				back.Key = Key(path[:i+1]...)
				if splitAgain, err := splitKey(back.Key); err != nil || !slices.Equal(splitAgain, path[:i+1]) {
					return // too long a name for a key
				}
				break
			}
			if i == len(path)-1 {
				value, ok := fromNode(old)
				if !ok {
					return
				}
				back.Value = value
			}
		}
		undo = append(undo, back)
	}
	slices.Reverse(undo)
	last, err := Edit(next, undo)
	if err != nil {
		t.Fatalf("%+v of\n%s\nback by %+v: %v", changes, next, undo, err)
	}
	got, _ := parseYAML(last)
	if got, want := readTree(got), readTree(root); !same(got, want) {
		t.Fatalf("%+v of\n%s\nmakes\n%s\nback by %+v\n%s\n%v %v", changes, text, next, undo, last, got, want)
	}
}

// fromNode is a value as JSON would have it; false if JSON has none such.
func fromNode(n *yaml.Node) (any, bool) {
	switch {
	case n.Kind == yaml.MappingNode:
		m := map[string]any{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			v, ok := fromNode(n.Content[i+1])
			if _, twice := m[n.Content[i].Value]; !ok || twice || n.Content[i].Kind != yaml.ScalarNode {
				return nil, false
			}
			m[n.Content[i].Value] = v
		}
		return m, true
	case n.Kind == yaml.SequenceNode:
		l := []any{}
		for _, c := range n.Content {
			v, ok := fromNode(c)
			if !ok {
				return nil, false
			}
			l = append(l, v)
		}
		return l, true
	case n.Kind != yaml.ScalarNode || n.Anchor != "" || n.Style&yaml.TaggedStyle != 0:
		return nil, false
	case n.Tag == "!!str":
		return n.Value, true
	case n.Tag == "!!bool":
		return strings.EqualFold(n.Value, "true"), true
	case n.Tag == "!!int" || n.Tag == "!!float":
		if i, ok := parseInt(n, 64); ok {
			return json.Number(strconv.FormatInt(i, 10)), true
		}
		f, err := strconv.ParseFloat(n.Value, 64)
		return f, err == nil && f-f == 0 && !decimal.MatchString(n.Value) // nor one that is too large
	}
	return nil, false
}

// lostLine is a line of text that next does not have in its place, and has no part of a key that is changed.
func lostLine(text, next []byte, root *yaml.Node, changes []Change) string {
	split := func(text []byte) [][]byte {
		for _, b := range []string{"\r\n", "\r", "\u0085", "\u2028", "\u2029"} {
			text = bytes.ReplaceAll(text, []byte(b), []byte("\n"))
		}
		return bytes.Split(text, []byte("\n"))
	}
	lines := split(text)
	own := map[int]bool{}
	for _, c := range changes {
		path, _ := splitKey(c.Key)
		for from, to := ownLines(root, path); from <= min(to, len(lines)); from++ {
			own[from] = true
		}
	}
	rest := split(next)
	for i, line := range lines {
		if own[i+1] || len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		at := slices.IndexFunc(rest, func(l []byte) bool { return bytes.Equal(l, line) })
		if at < 0 {
			return string(line)
		}
		rest = rest[at+1:]
	}
	return ""
}

// ownLines are the lines of the text that a change at path may touch, by the lines of its tree alone: those of the key, of
// the outermost braces that it is in, or of the empty section that it comes into. What is up to the next key belongs to a
// value that goes over several lines.
func ownLines(root *yaml.Node, path []string) (from, to int) {
	if root == nil {
		return 1, 0
	}
	whole := func(first *yaml.Node, after int) (int, int) { return first.Line, after - 1 }
	if root.Style&yaml.FlowStyle != 0 || root.Kind != yaml.MappingNode {
		return whole(root, maxFile)
	}
	n, after := root, maxFile
	for i, name := range path {
		key := -1
		for j := 0; j+1 < len(n.Content); j += 2 {
			if n.Content[j].Value == name {
				key = j
				break
			}
		}
		if key < 0 {
			return 1, 0
		}
		if key+2 < len(n.Content) {
			after = n.Content[key+2].Line
		}
		v := n.Content[key+1]
		if i == len(path)-1 || v.Kind != yaml.MappingNode || v.Style&yaml.FlowStyle != 0 || len(v.Content) == 0 {
			return whole(n.Content[key], after)
		}
		n = v
	}
	return 1, 0
}

// randomChange is a change that a page could ask for.
func randomChange(r *rand.Rand) Change {
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	camera := "cameras." + pick("demo", "drive", "a", "b", "new-1")
	model := "models." + pick("demo", "birds", "cars")
	switch r.IntN(16) {
	case 0:
		return Change{"device", pick("gate-pi", "a", "007", "true")}
	case 1:
		return Change{camera + ".region." + pick("x", "y", "width", "height"), float64(r.IntN(100)) / 100}
	case 2:
		return Change{camera + "." + pick("top_k", "max_rate", "threshold", "rotate"), float64(r.IntN(5))}
	case 3:
		mask := []any{}
		for range r.IntN(4) {
			mask = append(mask, []any{0.0, 0.25, float64(r.IntN(100)) / 100, 1.0, 0.5, 0.5})
		}
		return Change{camera + ".mask", mask}
	case 4:
		return Change{camera, nil}
	case 5:
		return Change{camera, map[string]any{"source": "v4l2", "v4l2": map[string]any{"device": "/dev/video1"}, "hours": []any{"08:00 to 09:00"}}}
	case 6:
		return Change{camera + "." + pick("gate", "snapshot", "region", "hours", "decision", "decision.groups", "top_k"), nil}
	case 7:
		return Change{camera + ".gate", map[string]any{"linger": pick("3s", "4s"), "motion": r.IntN(2) == 0}}
	case 8:
		return Change{camera + `.decision.groups."golden ` + pick("retriever", "eye: x") + `"`, []any{pick("*terrier*", "no", "7"), pick("a", "b, c")}}
	case 9:
		return Change{"mqtt." + pick("username", "prefix", "client_id"), pick("", "pi", "#", "a: b", "say \"x\"", "it's", "\té\n", "-", "on", "2001-01-01")}
	case 10:
		return Change{"mqtt.report", pick("1m", "60s", "5s")}
	case 11:
		return Change{model, map[string]any{"file": pick("birds.tflite", "builtin:demo"), "mean": []any{127.5}}}
	case 12:
		return Change{model + "." + pick("threads", "labels"), nil}
	case 13:
		return Change{"web." + pick("listen", "hosts"), pick("0.0.0.0:8224", "")}
	case 14:
		return Change{"location", map[string]any{"latitude": 52.5, "longitude": -0.125}}
	}
	return Change{"gpio.inputs." + pick("pir", "door") + ".line", pick("GPIO17", "4")}
}

// Whatever a page asks for of files as people have them is done.
func TestEditRandomly(t *testing.T) {
	texts := map[string][]byte{"all": File(), "brief": Brief(), "whole": wholeFile(), "braces": []byte("{}"), "comments": []byte("# yours\n")}
	for _, e := range edits {
		texts[e.name] = []byte(e.text)
	}
	files, err := filepath.Glob(filepath.Join(shared.Dir(t), "cases", "config", "*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if texts[file], err = os.ReadFile(file); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range texts {
		for seed := range uint64(8) {
			r := rand.New(rand.NewPCG(seed, 1))
			var changes []Change
			for range 1 + r.IntN(4) {
				changes = append(changes, randomChange(r))
			}
			text := text
			switch seed % 4 {
			case 0:
				text = bytes.ReplaceAll(text, []byte("\n"), []byte("\r\n"))
			case 1:
				text = bytes.TrimRight(text, "\n")
			}
			if len(text) == 0 || checkEdit(t, text, changes) {
				continue
			}
			if _, err := Edit(text, changes); !strings.Contains(err.Error(), "is no section") {
				t.Fatalf("%s: %+v: %v in\n%s", name, changes, err, text)
			}
		}
	}
}

func FuzzEdit(f *testing.F) {
	for _, e := range edits {
		f.Add([]byte(e.text), e.changes, uint64(0))
	}
	for _, b := range badFiles {
		f.Add([]byte(b.text), `{"cameras.front.top_k": 5}`, uint64(1))
	}
	f.Add(Brief(), `{"cameras.demo": null}`, uint64(2))
	f.Fuzz(func(t *testing.T, text []byte, asked string, seed uint64) {
		if len(text) > 1<<13 || len(asked) > 1<<10 {
			t.Skip("large")
		}
		var values map[string]any
		var changes []Change
		if json.Unmarshal([]byte(asked), &values) == nil {
			for key, v := range values {
				changes = append(changes, Change{key, v})
			}
		}
		slices.SortFunc(changes, func(a, b Change) int { return strings.Compare(a.Key, b.Key) })
		r := rand.New(rand.NewPCG(seed, 2))
		for range r.IntN(3) {
			changes = append(changes, randomChange(r))
		}
		checkEdit(t, text, changes)
	})
}
