package webtest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/inceptiond/inceptiond/publish/web"
)

// ReadConfig implements web.Editor.
func (d *Daemon) ReadConfig(context.Context) (web.ConfigFile, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	c := web.ConfigFile{
		Path: "/etc/inceptiond/inceptiond.yaml", Exists: true, Writable: true, Text: string(d.text), SHA256: sum(d.text), Undo: d.before != nil,
		Values: d.values(), Help: help(), Choices: d.choices(),
	}
	if d.state == Error {
		c.Writable, c.Reason = false, "/etc/inceptiond/inceptiond.yaml belongs to root: sudo chown inceptiond /etc/inceptiond/inceptiond.yaml"
	}
	return c, nil
}

// values are what the file says, as far as the page draws it.
func (d *Daemon) values() map[string]any {
	cameras := map[string]any{}
	for _, c := range d.Cameras() {
		section := map[string]any{
			"source": c.Kind, "model": c.Model, "region": c.View.Region, "fit": c.View.Fit, "rotate": c.View.Rotate, "flip": c.View.Flip, "mask": c.View.Mask,
			"decision": map[string]any{"enter": 0.6, "leave": 0.35, "margin": 0.1, "need": 0, "window": 0, "dwell": "0s"}, "max_rate": 0,
			"objects": map[string]any{"threshold": 0.5, "max_results": 20, "only": []string{}, "segment_map": c.Name == Field},
		}
		if c.Name == Porch {
			section["objects"] = map[string]any{"threshold": 0.5, "max_results": 20, "only": []string{"person", "dog", "cat"}, "segment_map": false}
			section["then"] = map[string]any{"labels": []string{"person"}, "model": "faces", "max_crops": 3}
		}
		if c.Of != "" {
			section["view"] = map[string]any{"of": c.Of}
		}
		cameras[c.Name] = section
	}
	models := map[string]any{}
	for _, c := range d.Cameras() {
		models[c.Model] = map[string]any{"file": "builtin:demo", "labels": "", "engine": "auto", "threads": 0, "task": "auto", "decoder": "", "scores": "auto"}
	}
	return map[string]any{
		"device": device, "cameras": cameras, "models": models,
		"web": map[string]any{"listen": "127.0.0.1:8224", "hosts": []string{}, "embed": []string{}, "rate": 5},
	}
}

// help is what the config file says of some keys.
func help() map[string]string {
	return map[string]string{
		"cameras.*.fit":               "How the region becomes the model's square. stretch: all of it, distorted. crop: its middle. letterbox: all of it with black bars.",
		"cameras.*.max_rate":          "At most so many frames per second are classified. 0: as many as the machine can.",
		"cameras.*.decision.enter":    "A class is decided from this score on.",
		"cameras.*.decision.leave":    "What is decided stays down to this score; at most enter.",
		"cameras.*.decision.margin":   "The best class leads the second by at least this.",
		"cameras.*.objects.threshold": "Objects and bodies with a lower score (0 to 1) are left out.",
		"cameras.*.objects.only":      "Only these classes, by labels or numbers: [person, dog]. Empty: all.",
		"cameras.*.then.model":        "The name of a model above: a classifier, or one that knows people.",
		"cameras.*.then.labels":       "Objects that it looks at, by labels or numbers: [bird]. Empty: all.",
		"models.*.task":               "What the model is for: classify, detect, segment, pose or embed. auto: what its outputs look like.",
		"models.*.decoder":            "How the boxes of a detector without post-processing are read: blazeface (MediaPipe's) or yolo. Empty: it has some, or is none.",
	}
}

// choices are the words of some keys.
func (d *Daemon) choices() map[string][]string {
	list := map[string][]string{}
	for _, c := range d.Cameras() {
		list["cameras."+c.Name+".fit"] = []string{"stretch", "crop", "letterbox"}
		list["models."+c.Model+".task"] = []string{"auto", "classify", "detect", "segment", "pose", "embed"}
		list["models."+c.Model+".decoder"] = []string{"", "blazeface", "yolo"}
	}
	return list
}

func sum(text []byte) string {
	s := sha256.Sum256(text)
	return hex.EncodeToString(s[:])
}

// CheckConfig implements web.Editor: wrong is an empty text, a tab, and whatever is called nonsense.
func (d *Daemon) CheckConfig(_ context.Context, text []byte) (problems []web.Problem) {
	if len(bytes.TrimSpace(text)) == 0 {
		return []web.Problem{{Message: "the file is empty"}}
	}
	for i, line := range strings.Split(string(text), "\n") {
		switch {
		case strings.Contains(line, "\t"):
			problems = append(problems, web.Problem{Line: i + 1, Message: "a tab: YAML is indented with spaces"})
		case strings.Contains(line, "nonsense"):
			problems = append(problems, web.Problem{Line: i + 1, Key: "cameras.drive.nonsense", Message: "there is no such key"})
		}
	}
	return problems
}

// EditConfig implements web.Editor. It knows no YAML: what is changed is added in a comment.
func (d *Daemon) EditConfig(_ context.Context, text []byte, changes []web.Change) ([]byte, error) {
	for _, c := range changes {
		value, err := json.Marshal(c.Value)
		if err != nil {
			return nil, err
		}
		text = fmt.Appendf(text, "# %s: %s\n", c.Key, value)
	}
	return text, nil
}

// ApplyConfig implements web.Editor.
func (d *Daemon) ApplyConfig(ctx context.Context, text []byte, expected string) (web.Applied, error) {
	if problems := d.CheckConfig(ctx, text); len(problems) > 0 {
		return web.Applied{}, &web.ConfigError{Problems: problems}
	}
	if d.state == Error {
		return web.Applied{}, errors.New("write /etc/inceptiond/inceptiond.yaml: permission denied")
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if expected != sum(d.text) {
		return web.Applied{}, web.ErrChanged
	}
	d.before, d.text = d.text, text
	return web.Applied{SHA256: sum(text), Kept: []string{Barn, Hall}, Started: []string{Drive, Gate}, Stopped: []string{}}, nil
}

// UndoConfig implements web.Editor.
func (d *Daemon) UndoConfig(context.Context) (web.Applied, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.before == nil {
		return web.Applied{}, web.ErrNone
	}
	d.text, d.before = d.before, nil
	return web.Applied{SHA256: sum(d.text), Kept: []string{}, Started: []string{Drive, Gate}, Stopped: []string{}}, nil
}
