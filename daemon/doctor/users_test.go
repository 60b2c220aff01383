package doctor

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/daemon/plan"
	"github.com/inceptiond/inceptiond/infer/tflite/edgetpu"
	"github.com/inceptiond/inceptiond/internal/proc"
)

// process makes a process below root, with the files that its descriptors link to.
func process(t *testing.T, root string, pid, parent int, line string, open ...string) {
	t.Helper()
	name, _, _ := strings.Cut(line, " ")
	dir := filepath.Join(root, "proc", strconv.Itoa(pid))
	if err := os.MkdirAll(filepath.Join(dir, "fd"), 0o755); err != nil {
		t.Fatal(err)
	}
	for file, text := range map[string]string{
		"comm": name + "\n", "stat": strconv.Itoa(pid) + " (" + name + ") S " + strconv.Itoa(parent) + " 1 1\n",
		"cmdline": strings.ReplaceAll(line, " ", "\x00") + "\x00",
	} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for i, target := range open {
		if err := os.Symlink(target, filepath.Join(dir, "fd", strconv.Itoa(i))); err != nil {
			t.Fatal(err)
		}
	}
}

// taken is a camera that somebody has, so that nobody else can open it.
type taken struct{ number int }

func (c taken) Open(context.Context) (capture.Source, error) { return nil, errors.New("it is busy") }
func (c taken) String() string                               { return "camera" }
func (taken) Silence() time.Duration                         { return 0 }
func (c taken) Ribbon() int                                  { return c.number }

// network is a camera that serves one viewer.
type network struct{}

func (network) Open(context.Context) (capture.Source, error) {
	return nil, errors.New("too many viewers")
}
func (network) Silence() time.Duration { return 0 }
func (network) String() string         { return "http://cam/" }

// What a daemon has is no fault, whoever asks; what others have is one, and they are named.
func TestCamerasThatTheDaemonHas(t *testing.T) {
	root := t.TempDir()
	process(t, root, 12, 1, "inceptiond run")
	process(t, root, 13, 12, "rpicam-vid --timeout 0 --camera 0")
	process(t, root, 14, 1, "rpicam-vid --camera 1")
	process(t, root, 22, 1, "renamed run")
	process(t, root, 23, 22, "rpicam-vid --camera 2")
	cameras := map[string]plan.Camera{
		"a": {Kind: "rpicam", Opener: taken{0}}, "b": {Kind: "rpicam", Opener: taken{1}}, "c": {Kind: "rpicam", Opener: taken{2}},
		"net": {Kind: "http", Opener: network{}},
	}
	for _, c := range []struct {
		camera string
		from   Options
		state  State
		says   string
	}{
		{"a", Options{}, OK, "camera, in use by inceptiond (process 12)"},
		{"b", Options{}, Fault, "end rpicam-vid (process 14), or give that program another camera"},
		{"b", Options{Daemon: 22, AtWork: []string{"c"}}, Fault, "end rpicam-vid (process 14)"},
		{"c", Options{Daemon: 22}, OK, "camera, in use by inceptiond (process 22)"},
		{"c", Options{}, Fault, "end rpicam-vid (process 23)"},
		{"net", Options{}, Fault, "; if inceptiond (process 12) has it: some cameras serve one viewer only"},
		{"net", Options{Daemon: 22, AtWork: []string{"a", "net"}}, OK, "http://cam/, in use by inceptiond (process 22)"},
		{"net", Options{Daemon: 22, AtWork: []string{"a"}}, Fault, "too many viewers"},
	} {
		e := &examination{root: Root(root), options: c.from, plan: &plan.Plan{Cameras: cameras}}
		list := e.checkCamera(c.camera, cameras[c.camera]).Run(t.Context())
		if f := list[len(list)-1]; f.State != c.state || !strings.Contains(f.Found+f.Fix, c.says) {
			t.Errorf("%s for %+v: %+v, want %s: %s", c.camera, c.from, f, c.state, c.says)
		}
	}
	e := &examination{root: Root(root), plan: &plan.Plan{Cameras: map[string]plan.Camera{"a": cameras["a"]}}}
	if f := e.judgeRibbon(nil, errors.New("all are busy")); f.State != Note || f.Fix != "" {
		t.Errorf("the list of cameras, while the daemon has all: %+v", f)
	}
	e.plan.Cameras["b"] = cameras["b"]
	if f := e.judgeRibbon(nil, errors.New("all are busy")); f.State != Fault {
		t.Errorf("the list of cameras, while another program has one: %+v", f)
	}
}

// An Edge TPU that a worker of the daemon has is not asked for; nor is a port that a renamed daemon has in doubt.
func TestTheDaemonsOwn(t *testing.T) {
	root := t.TempDir()
	process(t, root, 12, 1, "renamed run", "socket:[4711]")
	process(t, root, 13, 12, "inceptiond-tfli", "/dev/apex_0")
	e := &examination{root: Root(root), options: Options{Daemon: 12}}
	if by := e.tpuUser([]edgetpu.Device{{Node: "/dev/apex_1"}, {Node: "/dev/apex_0"}}); by != "inceptiond (process 12)" {
		t.Errorf("the Edge TPU: %q", by)
	}
	if by := e.tpuUser([]edgetpu.Device{{Node: "/dev/apex_1"}}); by != "" {
		t.Errorf("another Edge TPU: %q", by)
	}
	port := proc.Holders(filepath.Join(root, "proc"), "socket:[4711]")
	if by := e.daemonOf(port); by != "inceptiond (process 12)" {
		t.Errorf("its port: %q", by)
	}
	if by := (&examination{root: Root(root)}).daemonOf(port); by != "" {
		t.Errorf("a port of who knows whom: %q", by)
	}
}
