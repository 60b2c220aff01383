package replay_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/config"
	"github.com/inceptiond/inceptiond/daemon/bundle"
	"github.com/inceptiond/inceptiond/daemon/replay"
	"github.com/inceptiond/inceptiond/daemon/wiring"
	"github.com/inceptiond/inceptiond/internal/testing/graphs"
)

// files writes texts to files of a new folder.
func files(t *testing.T, texts map[string]string) (folder string) {
	t.Helper()
	folder = t.TempDir()
	for name, text := range texts {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// writtenIn are the files of models as a config has them.
func writtenIn(text []byte) map[string]replay.Written {
	all := map[string]replay.Written{}
	for name, m := range config.Sketch(text).Models {
		all[name] = replay.Written{File: m.File, Labels: m.Labels}
	}
	return all
}

// A config that is tried has its own files, which must be there, and what the bundle knows where it names the same.
func TestTriedFiles(t *testing.T) {
	b := colours(t)
	text, _ := b.File(bundle.ConfigName)
	was := writtenIn(text)["colours"]
	if err := b.Add(bundle.LabelsName("colours"), "", []byte("rot\ngelb\nblau\n")); err != nil {
		t.Fatal(err)
	}
	net, err := os.ReadFile(was.File)
	if err != nil {
		t.Fatal(err)
	}
	other := graphs.Colours()
	other.Tensors[len(other.Tensors)-3].Data[2] ^= 0x40 // a weight of the last layer
	others := written(t, other)
	sum := b.Manifest.Models[0].SHA256
	here := files(t, map[string]string{"new.txt": "a\nb\nc\n", "many.txt": "a\nb\nc\nd\n", "copy.tflite": string(net)})
	for name, c := range map[string]struct {
		model  string // of the config that is tried
		find   replay.Finder
		file   string // that is used
		labels string // the first one
		err    string // what is in the error; empty: there is none
	}{
		"the same":             {"file: FILE, labels: LABELS", replay.Finder{}, was.File, "rot", ""},
		"other labels":         {"file: FILE, labels: new.txt", replay.Finder{}, was.File, "a", ""},
		"no labels":            {"file: FILE", replay.Finder{}, was.File, "", ""},
		"labels not there":     {"file: FILE, labels: none.txt", replay.Finder{}, "", "", `model "colours": labels: stat HERE/none.txt: no such file`},
		"too many labels":      {"file: FILE, labels: many.txt", replay.Finder{}, "", "", `labels HERE/many.txt: `},
		"a copy":               {"file: copy.tflite, labels: LABELS", replay.Finder{}, "HERE/copy.tflite", "rot", ""},
		"another file":         {"file: OTHER, labels: new.txt", replay.Finder{}, others, "a", ""},
		"beside the recorded":  {"file: OTHER, labels: new.txt", replay.Finder{Files: []string{was.File}}, others, "a", ""},
		"not there":            {"file: none.tflite, labels: LABELS", replay.Finder{}, "", "", `model "colours": open HERE/none.tflite: no such file or directory (another file than the bundle's config names must be here`},
		"not there, and given": {"file: none.tflite, labels: LABELS", replay.Finder{Files: []string{was.File}}, "", "", "HERE/none.tflite: no such file"},
		"its hash":             {"file: FILE, labels: LABELS, sha256: " + sum, replay.Finder{}, was.File, "rot", ""},
		"another hash":         {"file: FILE, labels: LABELS, sha256: " + strings.Repeat("ab", 32), replay.Finder{}, "", "", "its SHA-256 is " + sum},
		"one that is given":    {"file: FILE, labels: LABELS, sha256: " + sum, replay.Finder{Files: []string{others}}, others, "rot", ""},
	} {
		words := strings.NewReplacer("FILE", was.File, "LABELS", was.Labels, "OTHER", others, "HERE", here)
		try := strings.NewReplacer("file: FILE, labels: LABELS", words.Replace(c.model)).Replace(coloursConfig)
		path := filepath.Join(here, "try.yaml")
		if err := os.WriteFile(path, []byte(try), 0o644); err != nil {
			t.Fatal(err)
		}
		p, err := wiring.LoadPlan(path, wiring.Flags{})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		room := t.TempDir()
		c.find.Other, c.find.Room, c.find.Written = true, room, [2]map[string]replay.Written{writtenIn(text), writtenIn([]byte(try))}
		if err = c.find.Find(p, b, []string{"door"}); err == nil {
			_, err = replay.Run(t.Context(), b, p, replay.Options{Other: true, Log: zap.NewNop()})
		}
		if want := words.Replace(c.err); c.err != "" {
			if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), room) {
				t.Errorf("%s: %v (want %q)", name, err, want)
			}
			continue
		}
		o := p.Models["colours"]
		labels, _ := os.ReadFile(o.Labels)
		first, _, _ := strings.Cut(string(labels), "\n")
		if err != nil || o.File != words.Replace(c.file) || first != c.labels {
			t.Errorf("%s: %s, label %q, %v (want %s, %q)", name, o.File, first, err, words.Replace(c.file), c.labels)
		}
	}
}

// Where the recorded model is another file than that of the same name here, it is known by its hash; and labels beside the config are its own.
func TestTriedElsewhere(t *testing.T) {
	b := colours(t)
	text, _ := b.File(bundle.ConfigName)
	was := writtenIn(text)["colours"]
	relative := strings.NewReplacer(was.Labels, "labels.txt").Replace(string(text))
	if err := b.Add(bundle.LabelsName("colours"), "", []byte("rot\ngelb\nblau\n")); err != nil {
		t.Fatal(err)
	}
	moved := filepath.Join(t.TempDir(), "moved.tflite")
	if err := os.Rename(was.File, moved); err != nil {
		t.Fatal(err)
	}
	for want, beside := range map[string]map[string]string{"rot": {}, "a": {"labels.txt": "a\nb\nc\n"}} {
		t.Chdir(files(t, beside))
		path := "try.yaml"
		if err := os.WriteFile(path, []byte(relative), 0o644); err != nil {
			t.Fatal(err)
		}
		p, err := wiring.LoadPlan(path, wiring.Flags{})
		if err != nil {
			t.Fatal(err)
		}
		same := writtenIn([]byte(relative))
		find := replay.Finder{Files: []string{moved}, Other: true, Room: t.TempDir(), Written: [2]map[string]replay.Written{same, same}}
		err = find.Find(p, b, []string{"door"})
		o := p.Models["colours"]
		labels, _ := os.ReadFile(o.Labels)
		if err != nil || o.File != moved || !strings.HasPrefix(string(labels), want+"\n") {
			t.Errorf("%s, labels %q, %v (want %s, %q first)", o.File, labels, err, moved, want)
		}
	}
}

// Labels of the bundle that another model has no use for are called as the config calls them.
func TestLabelsOfAnother(t *testing.T) {
	b := colours(t)
	text, _ := b.File(bundle.ConfigName)
	if err := b.Add(bundle.LabelsName("colours"), "", []byte("a\nb\nc\nd\ne\n")); err != nil { // as for a model of more classes
		t.Fatal(err)
	}
	c, err := wiring.Bundled(text, "", "")
	if err != nil {
		t.Fatal(err)
	}
	p, err := wiring.Plan(c)
	if err != nil {
		t.Fatal(err)
	}
	was := writtenIn(text)
	find := replay.Finder{Files: []string{was["colours"].File}, Room: t.TempDir(), Written: [2]map[string]replay.Written{was, nil}}
	if err := find.Find(p, b, []string{"door"}); err != nil {
		t.Fatal(err)
	}
	_, err = replay.Run(t.Context(), b, p, replay.Options{Log: zap.NewNop()})
	want := "labels " + was["colours"].Labels + " (in the bundle: labels/colours.txt; another model and its labels can be tried with -c): "
	if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), find.Room) {
		t.Errorf("%v (want %q)", err, want)
	}
}
