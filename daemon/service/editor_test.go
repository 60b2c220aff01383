package service

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/inceptiond/inceptiond/daemon/control"
	"github.com/inceptiond/inceptiond/daemon/plan"
	"github.com/inceptiond/inceptiond/daemon/wiring"
	"github.com/inceptiond/inceptiond/publish"
	"github.com/inceptiond/inceptiond/publish/web"
)

// countedFile is a service's config file, whose plans have openers that count.
type countedFile struct {
	*wiring.File
	a *atWork
}

func (f countedFile) Apply(text []byte, expected string, use func(*plan.Plan) error) (string, error) {
	return f.File.Apply(text, expected, func(p *plan.Plan) error {
		f.a.count(p)
		return use(p)
	})
}

// read is the config file as the page gets it.
func (a *atWork) read() web.ConfigFile {
	a.t.Helper()
	file, err := a.service.ReadConfig(a.t.Context())
	if err != nil {
		a.t.Fatal(err)
	}
	return file
}

// edited is the file's text with changes.
func (a *atWork) edited(changes ...web.Change) []byte {
	a.t.Helper()
	text, err := a.service.EditConfig(a.t.Context(), []byte(a.read().Text), changes)
	if err != nil {
		a.t.Fatal(err)
	}
	return text
}

// apply puts a text in force.
func (a *atWork) apply(text []byte) web.Applied {
	a.t.Helper()
	applied, err := a.service.ApplyConfig(a.t.Context(), text, a.read().SHA256)
	if err != nil {
		a.t.Fatal(err)
	}
	if got := a.read(); got.Text != string(text) || got.SHA256 != applied.SHA256 {
		a.t.Errorf("the file has %q, %s; want %q, %s", got.Text, got.SHA256, text, applied.SHA256)
	}
	return applied
}

func TestApplyConfig(t *testing.T) {
	s := startService(t, twoCameras+"# the end\n")
	file := s.read()
	if !file.Exists || !file.Writable || file.Undo || file.Path != s.file || !strings.Contains(file.Text, "# the end\n") {
		t.Errorf("the file is %+v", file)
	}
	applied := s.apply(s.edited(web.Change{Key: "cameras.b.top_k", Value: 1.0}, web.Change{Key: "cameras.c", Value: map[string]any{"demo": map[string]any{"width": 32.0, "height": 32.0, "interval": "5ms"}}}))
	if !slices.Equal(applied.Kept, []string{"a"}) || !slices.Equal(applied.Started, []string{"b", "c"}) || !slices.Equal(applied.Stopped, []string{"b"}) {
		t.Errorf("applied: %+v", applied)
	}
	want := "device: test\n\nmqtt: {broker: off}\ncameras:\n  a: {demo: {width: 32, height: 32, interval: 5ms}}\n" +
		"  b: {demo: {width: 32, height: 32, interval: 5ms}, top_k: 1}\n  c: {demo: {width: 32, height: 32, interval: 5ms}}\n# the end\n\nweb: {listen: ''}\n"
	if got := s.read(); got.Text != want || !got.Undo {
		t.Errorf("the file is %+v\nwant\n%s", got, want)
	}
	for _, camera := range []string{"a", "b", "c"} {
		s.goesOn(camera)
	}
	if status := s.record.Configs(); len(status) != 2 || status[1].State != publish.ConfigApplied {
		t.Errorf("published: %+v", status)
	}
	if s.opens.Load() != 4 {
		t.Errorf("%d devices were opened, want 4: one was kept", s.opens.Load())
	}
}

// Whatever is wrong with a text, the file and the cameras are as before.
func TestApplyConfigRefuses(t *testing.T) {
	s := startService(t, twoCameras)
	before := s.read()
	dir := filepath.Dir(s.file)
	os.WriteFile(filepath.Join(dir, "broken.tflite"), []byte("no model"), 0o600)
	os.WriteFile(filepath.Join(dir, "broken.pem"), []byte("no certificate"), 0o600)
	for name, tt := range map[string]struct{ text, want string }{
		"empty":           {"", "the file is empty"},
		"no YAML":         {"a: [", "not YAML"},
		"a wrong value":   {twoCameras + "web: {rate: -1}\n", "6 web.rate: -1 is out of range"},
		"not UTF-8":       {twoCameras + "# \xff\n", "not UTF-8"},
		"too large":       {strings.Repeat("# much\n", 1<<18), "is it a config file?"},
		"no model":        {twoCameras + "  c: {model: m}\nmodels: {m: {file: none.tflite}}\n", "none.tflite"},
		"a broken model":  {twoCameras + "  c: {model: m}\nmodels: {m: {file: broken.tflite}}\n", "broken.tflite"},
		"no certificate":  {strings.ReplaceAll(twoCameras, "off", "mqtts://127.0.0.1:1, tls: {ca_file: broken.pem}"), "broken.pem"},
		"a page's":        {twoCameras + "web: {listen: '', tls: {cert_file: broken.pem, key_file: broken.pem}}\n", "web.tls: tls: failed to find any PEM data"},
		"of another time": {twoCameras, web.ErrChanged.Error()},
	} {
		expected := before.SHA256
		if name == "of another time" {
			expected = strings.Repeat("0", 64)
		}
		_, err := s.service.ApplyConfig(t.Context(), []byte(tt.text), expected)
		said := fmt.Sprint(err)
		var bad *web.ConfigError
		switch {
		case errors.As(err, &bad):
			for _, p := range bad.Problems {
				said += fmt.Sprintf("\n%d %s: %s", p.Line, p.Key, p.Message)
			}
		case !errors.Is(err, web.ErrChanged):
			t.Errorf("%s: a %T", name, err)
		}
		if !strings.Contains(said, tt.want) {
			t.Errorf("%s: got %s, want %q", name, said, tt.want)
		}
		if after := s.read(); !reflect.DeepEqual(after, before) {
			t.Errorf("%s: the file is %+v, want %+v", name, after, before)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".*")); len(left) > 0 {
		t.Errorf("left in the folder: %q", left)
	}
	s.goesOn("a")
	s.goesOn("b")
	if s.opens.Load() != 2 || len(s.record.Configs()) != 1 {
		t.Errorf("%d devices were opened, published: %+v", s.opens.Load(), s.record.Configs())
	}
}

func TestUndoConfig(t *testing.T) {
	s := startService(t, twoCameras)
	if _, err := s.service.UndoConfig(t.Context()); !errors.Is(err, web.ErrNone) {
		t.Errorf("without a change: %v", err)
	}
	first := s.read().Text
	second := s.edited(web.Change{Key: "cameras.a", Value: nil})
	s.apply(second)
	for i, want := range []string{first, string(second), first} {
		applied, err := s.service.UndoConfig(t.Context())
		if err != nil || s.read().Text != want {
			t.Fatalf("undo %d: %v, the file has %q, want %q", i, err, s.read().Text, want)
		}
		if !slices.Equal(applied.Kept, []string{"b"}) {
			t.Errorf("undo %d: %+v", i, applied)
		}
	}
	s.goesOn("a")
}

// An unchanged camera goes on as if nothing were, however often others change.
func TestApplyConfigMissesNoFrame(t *testing.T) {
	s := startService(t, twoCameras)
	s.goesOn("a")
	for i := range 30 {
		applied := s.apply(s.edited(web.Change{Key: "cameras.b.top_k", Value: float64(1 + i%2)}))
		if i > 0 && !slices.Equal(applied.Kept, []string{"a"}) {
			t.Fatalf("%+v", applied)
		}
	}
	s.goesOn("a")
	if got := s.opens.Load(); got != 32 {
		t.Errorf("%d devices were opened, want 32: a once", got)
	}
	var before uint64
	results, skipped := 0, uint64(0)
	for _, r := range s.record.Results() {
		if r.Camera != "a" {
			continue
		}
		if results++; r.Sequence <= before {
			t.Fatalf("frame %d comes after %d", r.Sequence, before)
		}
		skipped += r.Sequence - before - 1
		before = r.Sequence
	}
	for _, c := range s.service.Overview().Cameras {
		if c.Name == "a" && (c.Bad > 0 || c.Failed > 0 || skipped > c.Dropped) {
			t.Errorf("%d frames have no result, but the model was busy for %d: %+v", skipped, c.Dropped, c)
		}
	}
	if strings.Contains(s.states("a"), "lost") {
		t.Errorf("a was %s", s.states("a"))
	}
}

// Of several who change the same file one wins, and the others are told.
func TestApplyConfigConcurrently(t *testing.T) {
	s := startService(t, twoCameras)
	before := s.read()
	var all sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		all.Go(func() {
			text := strings.Replace(before.Text, "height: 32", fmt.Sprintf("height: %d", 40+i), 1)
			_, errs[i] = s.service.ApplyConfig(t.Context(), []byte(text), before.SHA256)
		})
	}
	all.Wait()
	won := -1
	for i, err := range errs {
		switch {
		case err == nil && won < 0:
			won = i
		case !errors.Is(err, web.ErrChanged):
			t.Errorf("%d: %v", i, err)
		}
	}
	if won < 0 || !strings.Contains(s.read().Text, fmt.Sprintf("height: %d", 40+won)) {
		t.Errorf("%d won, the file has\n%s", won, s.read().Text)
	}
}

// Who does not wait any more changes nothing.
func TestApplyConfigGivenUp(t *testing.T) {
	s := startService(t, twoCameras)
	before := s.read()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.service.ApplyConfig(ctx, []byte(before.Text+"# more\n"), before.SHA256); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if after := s.read(); !reflect.DeepEqual(after, before) {
		t.Errorf("the file is %+v", after)
	}
	if _, err := s.service.Do(t.Context(), control.Command{Kind: control.Shutdown}); err != nil {
		t.Fatal(err)
	}
	<-s.service.ended
	if _, err := s.service.ApplyConfig(t.Context(), []byte(before.Text+"# more\n"), before.SHA256); !errors.Is(err, errEnded) {
		t.Errorf("after the end: %v", err)
	}
}

func TestEditorWithoutFile(t *testing.T) {
	s := &Service{}
	_, read := s.ReadConfig(t.Context())
	_, edit := s.EditConfig(t.Context(), nil, nil)
	_, apply := s.ApplyConfig(t.Context(), nil, "")
	_, undo := s.UndoConfig(t.Context())
	for _, err := range []error{read, edit, apply, undo} {
		if !errors.Is(err, errNoFile) {
			t.Errorf("got %v", err)
		}
	}
	if got := s.CheckConfig(t.Context(), nil); len(got) != 1 || got[0].Message != errNoFile.Error() {
		t.Errorf("got %+v", got)
	}
	if s.source() != "" {
		t.Errorf("the source is %q", s.source())
	}
}

// A reload that takes long does not keep whoever asked for it from telling us to end.
func TestReloadIsNotWaitedFor(t *testing.T) {
	s := startService(t, twoCameras)
	loading, load := make(chan struct{}), make(chan struct{})
	usual := s.service.options.Load
	s.service.options.Load = func() (*plan.Plan, error) {
		close(loading)
		<-load
		return usual()
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-loading
		cancel()
	}()
	if _, err := s.service.Do(ctx, control.Command{Kind: control.Reload}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	close(load)
	s.goesOn("a")
}
