package wiring

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"

	"github.com/inceptiond/inceptiond/config"
	"github.com/inceptiond/inceptiond/daemon/plan"
	"github.com/inceptiond/inceptiond/publish/web"
)

const (
	oldText = "device: test\n# old\ncameras: {a: {top_k: 1}}\n"
	newText = "device: test\n# new\ncameras: {a: {top_k: 2}}\n"
)

// fileWith is a config file with this text, and a folder for what the daemon keeps.
func fileWith(t *testing.T, text string) (f *File, path string) {
	t.Helper()
	t.Setenv("STATE_DIRECTORY", t.TempDir())
	path = filepath.Join(t.TempDir(), "inceptiond.yaml")
	if err := os.WriteFile(path, []byte(text), 0o640); err != nil {
		t.Fatal(err)
	}
	return NewFile(path, Flags{}, false), path
}

func use(*plan.Plan) error { return nil }

// has tells what the file at path has, and that nothing else is left beside it.
func has(t *testing.T, path, want string) {
	t.Helper()
	if got, err := os.ReadFile(path); err != nil || string(got) != want {
		t.Errorf("the file has %q, %v; want %q", got, err, want)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".*")); len(left) > 0 {
		t.Errorf("left beside it: %q", left)
	}
}

func read(t *testing.T, f *File) web.ConfigFile {
	t.Helper()
	file, err := f.Read()
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func TestFileApply(t *testing.T) {
	f, path := fileWith(t, oldText)
	var asked *plan.Plan
	got, err := f.Apply([]byte(newText), sum([]byte(oldText)), func(p *plan.Plan) error {
		asked = p
		has, err := os.ReadFile(path)
		if string(has) != oldText {
			t.Errorf("while parts are made the file has %q, %v", has, err)
		}
		return nil
	})
	if err != nil || got != sum([]byte(newText)) || asked.Cameras["a"].TopK != 2 {
		t.Errorf("got %s, %v, %+v", got, err, asked)
	}
	has(t, path, newText)
	if is, err := os.Stat(path); err != nil || is.Mode() != 0o640 {
		t.Errorf("its mode is %v, %v", is.Mode(), err)
	}
	if before, err := f.Before(); err != nil || string(before) != oldText {
		t.Errorf("kept: %q, %v", before, err)
	}
	if again := NewFile(path, Flags{}, false); !read(t, again).Undo { // after a restart
		t.Error("nothing to undo after a restart")
	}
}

// What goes wrong at any step leaves the old file.
func TestFileApplyFails(t *testing.T) {
	f, path := fileWith(t, oldText)
	wrong := errors.New("the disk is full")
	for _, at := range []string{"written", "kept"} {
		f.step = func(after string) error {
			if after == at {
				return wrong
			}
			return nil
		}
		if got, err := f.Apply([]byte(newText), sum([]byte(oldText)), use); got != "" || !errors.Is(err, wrong) {
			t.Errorf("%s: %q, %v", at, got, err)
		}
		has(t, path, oldText)
	}
	f.step = func(string) error { return nil }
	if _, err := f.Apply([]byte(newText), sum([]byte(oldText)), func(*plan.Plan) error { return wrong }); !errors.Is(err, wrong) {
		t.Errorf("parts: %v", err)
	}
	has(t, path, oldText)
	const others = "device: other\n"
	_, err := f.Apply([]byte(newText), sum([]byte(oldText)), func(*plan.Plan) error { return os.WriteFile(path, []byte(others), 0o600) })
	if !errors.Is(err, web.ErrChanged) {
		t.Errorf("changed meanwhile: %v", err)
	}
	has(t, path, others)
}

// A daemon that is killed leaves one text or the other, and the next change goes well.
func TestFileApplyKilled(t *testing.T) {
	if at := os.Getenv("TEST_KILLED_AT"); at != "" {
		f := NewFile(os.Getenv("TEST_KILLED_FILE"), Flags{}, false)
		f.step = func(after string) error {
			if after == at {
				syscall.Kill(os.Getpid(), syscall.SIGKILL)
				select {}
			}
			return nil
		}
		_, err := f.Apply([]byte(newText), sum([]byte(oldText)), use)
		t.Fatalf("not killed: %v", err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []string{"written", "kept", "replaced"} {
		f, path := fileWith(t, oldText)
		child := exec.Command(self, "-test.run=^TestFileApplyKilled$")
		child.Env = append(os.Environ(), "TEST_KILLED_AT="+at, "TEST_KILLED_FILE="+path)
		out, err := child.CombinedOutput()
		if child.ProcessState == nil || child.ProcessState.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
			t.Fatalf("%s: %v\n%s", at, err, out)
		}
		file := read(t, f)
		if want := map[string]string{"replaced": newText}[at]; file.Text != want && (want != "" || file.Text != oldText) {
			t.Errorf("%s: the file has %q", at, file.Text)
		}
		const next = oldText + "# and on\n"
		if _, err := f.Apply([]byte(next), file.SHA256, use); err != nil {
			t.Errorf("%s: the next change: %v", at, err)
		}
		has(t, path, next)
	}
}

// A link stays one, and what it leads to is written.
func TestFileApplyToLink(t *testing.T) {
	_, target := fileWith(t, oldText)
	link := filepath.Join(t.TempDir(), "inceptiond.yaml")
	if err := os.Symlink(target, link); err != nil {
		t.Fatal(err)
	}
	f := NewFile(link, Flags{}, false)
	if _, err := f.Apply([]byte(newText), sum([]byte(oldText)), use); err != nil {
		t.Fatal(err)
	}
	has(t, target, newText)
	if to, err := os.Readlink(link); err != nil || to != target {
		t.Errorf("the link leads to %q, %v", to, err)
	}
	if err := os.Remove(target); err != nil {
		t.Fatal(err)
	}
	lost := NewFile(link, Flags{}, true)
	if reason := read(t, lost).Reason; !strings.Contains(reason, "is a link to "+target+", which is not there") {
		t.Errorf("%q", reason)
	}
}

// Without a file there is a text to begin with, and the first change makes the file.
func TestFileIsMade(t *testing.T) {
	t.Setenv("STATE_DIRECTORY", "")
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	dir := t.TempDir()
	t.Setenv("XDG_CONFIG_HOME", dir)
	path := filepath.Join(dir, "inceptiond", "inceptiond.yaml")
	if DefaultPath() != path || FindDefault() != "" {
		t.Fatalf("the default is %s, there is %q", DefaultPath(), FindDefault())
	}
	f := NewFile(DefaultPath(), Flags{}, true)
	if p, err := f.Plan(); err != nil || len(p.Cameras) != 1 || f.Path() != "" {
		t.Fatalf("without a file: %+v, %v, %q", p, err, f.Path())
	}
	file := read(t, f)
	if file.Exists || !file.Writable || file.SHA256 != "" || file.Text != string(config.Brief()) || file.Path != path || file.Undo {
		t.Errorf("without a file: %+v", file)
	}
	if _, err := f.Apply([]byte(newText), "", use); err != nil {
		t.Fatal(err)
	}
	has(t, path, newText)
	if p, err := f.Plan(); err != nil || p.Cameras["a"].TopK != 2 || f.Path() != path || FindDefault() != path {
		t.Errorf("with the file: %+v, %v, %q", p, err, f.Path())
	}
	if _, err := f.Apply([]byte(newText), "", use); !errors.Is(err, web.ErrChanged) {
		t.Errorf("made twice: %v", err)
	}
	if before, err := f.Before(); err != nil || string(before) != string(config.Brief()) {
		t.Errorf("before: %q, %v", before, err)
	}
}

// What is no config file that could be shown is told as it is.
func TestFileUnreadable(t *testing.T) {
	f, path := fileWith(t, "# \xff\n")
	if _, err := f.Read(); err == nil || !strings.Contains(err.Error(), "is not UTF-8") {
		t.Errorf("not UTF-8: %v", err)
	}
	if err := os.WriteFile(path, make([]byte, maxFile+1), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Read(); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("too large: %v", err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Read(); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("gone: %v", err)
	}
	if _, err := f.Apply([]byte(newText), "", use); err == nil {
		t.Error("a file that somebody has named is made anew")
	}
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Read(); err == nil || !strings.Contains(err.Error(), "is a folder") {
		t.Errorf("a folder: %v", err)
	}
}

// Values are what the file says, with the defaults, without secrets, as JSON has it; also of a file with mistakes.
func TestFileValues(t *testing.T) {
	for text, want := range map[string]string{
		"cameras: {a: {source: http, http: {url: 'http://h/?k=secret'}}}":                 "http://h/?k=REDACTED",
		"cameras: {a: {source: http, http: {url: 'http://h/'}, top_k: x}}":                "http://h/",
		"location: {latitude: 1}\ncameras: {a: {source: http, http: {url: 'http://h/'}}}": "http://h/",
	} {
		f, _ := fileWith(t, text)
		said, err := json.Marshal(read(t, f).Values)
		if err != nil || strings.Contains(string(said), "secret") {
			t.Fatalf("%s: %s, %v", text, said, err)
		}
		var values struct {
			Device  string
			Cameras map[string]struct {
				HTTP struct{ URL, Timeout string }
				TopK int `json:"top_k"`
			}
			Models map[string]struct{ File string }
		}
		if err := json.Unmarshal(said, &values); err != nil {
			t.Fatal(err)
		}
		a := values.Cameras["a"]
		if a.HTTP.URL != want || a.HTTP.Timeout != "10s" || a.TopK != 3 || values.Models["demo"].File != "builtin:demo" || values.Device != "" {
			t.Errorf("%s: %+v", text, values)
		}
	}
}

// The command line holds over every text, and its mistakes are told.
func TestFileFlags(t *testing.T) {
	_, path := fileWith(t, oldText)
	f := NewFile(path, Flags{Brokers: []string{"off"}}, false)
	if _, err := f.Apply([]byte(newText), sum([]byte(oldText)), func(p *plan.Plan) error {
		if p.MQTT != nil {
			t.Errorf("the broker is %+v", p.MQTT)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	text := newText + "mqtt: {homeassistant: {enabled: true}}\n"
	if got := fmt.Sprint(f.Check([]byte(text))); !strings.Contains(got, "--broker") {
		t.Errorf("got %s", got)
	}
}

func TestFileCheckAndEdit(t *testing.T) {
	f, _ := fileWith(t, oldText)
	if got := f.Check([]byte(newText)); got != nil {
		t.Errorf("a good text: %v", got)
	}
	bad := "models: {m: {file: pull:mobilenet}}\ncameras:\n  a: {top_k: 0, hours: [never]}\n"
	got := f.Check([]byte(bad))
	keys := make([]string, len(got))
	for i, p := range got {
		keys[i] = fmt.Sprint(p.Line, " ", p.Key)
	}
	if want := []string{"1 models.m.file", "3 cameras.a.hours[0]", "3 cameras.a.top_k"}; !reflect.DeepEqual(keys, want) {
		t.Errorf("got %q, want %q", keys, want)
	}
	text, err := f.Edit([]byte(oldText), []web.Change{{Key: "cameras.a.top_k", Value: 2.0}})
	if err != nil || !strings.Contains(string(text), "# old\ncameras: {a: {top_k: 2}}") {
		t.Errorf("got %q, %v", text, err)
	}
	var refused *web.ConfigError
	if _, err := f.Edit([]byte(oldText), []web.Change{{Key: "cameras.a[0]", Value: 2.0}}); !errors.As(err, &refused) || refused.Problems[0].Key != "cameras.a[0]" {
		t.Errorf("got %v", err)
	}
}
