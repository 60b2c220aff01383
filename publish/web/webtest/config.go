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
		Values: d.values(),
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
			"decision": map[string]any{"enter": 0.6, "votes": 4, "window": 5},
		}
		if c.Of != "" {
			section["view"] = map[string]any{"of": c.Of}
		}
		cameras[c.Name] = section
	}
	return map[string]any{
		"device": device, "cameras": cameras, "models": map[string]any{"birds": map[string]any{"file": "builtin:demo"}},
		"web": map[string]any{"listen": "127.0.0.1:8224", "hosts": []string{}, "embed": []string{}, "rate": 5},
	}
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
