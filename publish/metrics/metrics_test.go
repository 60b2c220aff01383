package metrics

import (
	"bufio"
	"errors"
	"flag"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/inceptiond/inceptiond/daemon/status"
	"github.com/inceptiond/inceptiond/publish"
	"github.com/inceptiond/inceptiond/publish/publishtest"
)

var update = flag.Bool("update", false, "write the golden files")

// gate is a daemon with two cameras.
type gate struct{}

func (gate) Overview() status.Overview {
	celsius, low := 61.3, false
	return status.Overview{
		Generation: 1,
		Cameras: []status.Camera{
			{Name: "drive", State: publish.CameraOnline, Frames: 100, Bad: 1, Failed: 2, Gated: 30, Dropped: 40, Results: 27, Changes: 3, Gate: publish.GateOpen},
			{Name: "yard", State: publish.CameraLost, Gate: publish.GateIdle},
		},
		Models: []status.Model{
			{Name: "birds", Engine: publish.EngineFallback, Restarts: 4},
			{Name: "demo", Engine: publish.EngineRunning},
		},
		Broker: status.Broker{
			Connected: true, Waiting: 5, Dropped: 6, Events: 7, SpoolBytes: 8192,
			Lost:     map[string]uint64{"bytes": 1, "age": 2, "memory": 3, "damaged": 4},
			Commands: map[string]int64{"applied": 1, "unchanged": 0, "refused": 2},
		},
		Machine: status.Machine{Temperature: &celsius, LowVoltage: &low, Duty: 0.5},
		Written: map[string]int64{"settings": 120, "spool": 4096},
	}
}

// open opens metrics of the gate at a free port, and returns their address.
func open(t testing.TB, o Options) (*Metrics, string) {
	t.Helper()
	l, err := Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	m := Open(o, l, gate{}, zap.NewNop())
	t.Cleanup(func() { m.Close() })
	return m, "http://" + l.Addr().String()
}

func get(t testing.TB, url string) (int, string) {
	t.Helper()
	r, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, string(text)
}

// ours are the lines of a scrape that are about the daemon, and the same on every machine.
func ours(text string) string {
	var lines []string
	for line := range strings.Lines(text) {
		if strings.Contains(line, " inceptiond_") || strings.HasPrefix(line, "inceptiond_") {
			lines = append(lines, line)
		}
	}
	return regexp.MustCompile(`goversion="[^"]*"`).ReplaceAllString(strings.Join(lines, ""), `goversion="GO"`)
}

// feed gives results of two cameras.
func feed(t testing.TB, m *Metrics) {
	t.Helper()
	for i, camera := range []string{"drive", "drive", "yard"} {
		r := publishtest.Result(camera, "cat")
		r.Engine, r.Time = []string{"cpu", "tflite", "cpu"}[i], time.Unix(1773498413, 589_000_000)
		r.Stages = publish.Stages{Wait: time.Millisecond, Preprocess: 3 * time.Millisecond, Inference: 40 * time.Millisecond, Total: 45 * time.Millisecond}
		if err := m.Publish(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
}

func TestScrape(t *testing.T) {
	m, url := open(t, Options{Version: "1.2.3"})
	feed(t, m)
	code, text := get(t, url+"/metrics")
	golden := filepath.Join("testdata", "scrape.txt")
	if *update {
		if err := os.WriteFile(golden, []byte(ours(text)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if code != http.StatusOK || ours(text) != string(want) {
		t.Errorf("status %d\n%s", code, ours(text))
	}
	for _, part := range []string{"go_goroutines ", "process_cpu_seconds_total "} {
		if !strings.Contains(text, part) {
			t.Errorf("no %s", part)
		}
	}
	if code, _ := get(t, url+"/"); code != http.StatusNotFound {
		t.Errorf("another page: %d", code)
	}
	if r, err := http.Post(url+"/metrics", "", nil); err != nil || r.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("POST: %v, %v", r, err)
	}
}

// Everything of the table is told, and nothing else, with its type and help; the names are as Prometheus wants them.
func TestTable(t *testing.T) {
	m, url := open(t, Options{})
	feed(t, m)
	_, text := get(t, url+"/metrics")
	told := map[string]bool{}
	for s := bufio.NewScanner(strings.NewReader(text)); s.Scan(); {
		if fields := strings.Fields(s.Text()); len(fields) > 3 && fields[1] == "TYPE" && strings.HasPrefix(fields[2], prefix) {
			told[fields[2]] = true
		}
	}
	for _, m := range Table() {
		for _, line := range []string{"# HELP " + m.Name + " " + m.Help + "\n", "# TYPE " + m.Name + " " + m.Type + "\n"} {
			if !strings.Contains(text, line) {
				t.Errorf("there is no %q", line)
			}
		}
		for _, label := range m.Labels {
			if !regexp.MustCompile(`(?m)^` + m.Name + `(_bucket)?\{[^}]*` + label + `="`).MatchString(text) {
				t.Errorf("%s has no label %s", m.Name, label)
			}
		}
		if strings.HasSuffix(m.Name, "_total") != (m.Type == "counter") || !strings.HasSuffix(m.Help, ".") {
			t.Errorf("%+v", m)
		}
		delete(told, m.Name)
	}
	if len(told) > 0 {
		t.Errorf("not in the table: %v", told)
	}
}

// The table of docs/metrics.md is this one.
func TestTableIsDocumented(t *testing.T) {
	doc, err := os.ReadFile("../../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, m := range Table() {
		labels := strings.Join(m.Labels, ", ")
		want = append(want, "| `"+m.Name+"` | "+m.Type+" | "+labels+" | "+m.Help+" |")
	}
	got := regexp.MustCompile("(?m)^\\| `inceptiond_.*$").FindAllString(string(doc), -1)
	if !slices.Equal(got, want) {
		t.Errorf("docs/metrics.md has\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// A camera that is gone has no series any more; one that comes back begins anew.
func TestCameraGone(t *testing.T) {
	m, url := open(t, Options{})
	feed(t, m)
	m.Publish(t.Context(), publish.Inventory{Cameras: []publish.Listed{{Name: "drive"}}})
	if _, text := get(t, url+"/metrics"); strings.Contains(text, `inceptiond_results_total{camera="yard"`) || strings.Contains(text, `stage_duration_seconds_count{camera="yard"`) ||
		!strings.Contains(text, `inceptiond_results_total{camera="drive",engine="cpu"} 1`) {
		t.Error(ours(text))
	}
	feed(t, m)
	if _, text := get(t, url+"/metrics"); !strings.Contains(text, `inceptiond_results_total{camera="yard",engine="cpu"} 1`) {
		t.Error(ours(text))
	}
}

// Scrapes come at the same time as results, and as each other.
func TestScrapesAtOnce(t *testing.T) {
	m, url := open(t, Options{})
	var all sync.WaitGroup
	for range 3 {
		all.Go(func() {
			for range 20 {
				if code, text := get(t, url+"/metrics"); code != http.StatusOK && code != http.StatusServiceUnavailable {
					t.Errorf("status %d: %.200s", code, text)
				}
			}
		})
		all.Go(func() {
			for range 200 {
				feed(t, m)
				m.Publish(t.Context(), publish.Inventory{})
			}
		})
	}
	all.Wait()
}

func TestTakenPort(t *testing.T) {
	_, url := open(t, Options{})
	if _, err := Listen(strings.TrimPrefix(url, "http://")); err == nil || !strings.Contains(err.Error(), "metrics.listen") {
		t.Errorf("error %v", err)
	}
	if l, err := Listen(""); l != nil || err != nil {
		t.Errorf("%v, %v", l, err)
	}
}

// The file is whole whenever it is there, and for everybody to read; that it cannot be written is said once.
func TestTextFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run", "inceptiond.prom")
	core, logs := observer.New(zapcore.DebugLevel)
	m := Open(Options{TextFile: path, Interval: time.Millisecond}, nil, gate{}, zap.New(core))
	publishtest.Eventually(t, "a warning", func() bool { return logs.FilterMessageSnippet("cannot be written").Len() == 1 })
	if err := os.Mkdir(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	publishtest.Eventually(t, "the file", func() bool {
		text, err := os.ReadFile(path)
		return err == nil && strings.Contains(string(text), "inceptiond_duty_ratio 0.5\n") && logs.FilterMessageSnippet("written again").Len() == 1
	})
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o644 {
		t.Errorf("%v, %v", info, err)
	}
	if err := m.Close(); err != nil {
		t.Error(err)
	}
	if n := logs.FilterMessageSnippet("cannot be written").Len(); n != 1 {
		t.Errorf("said %d times", n)
	}
	if files, err := os.ReadDir(filepath.Dir(path)); err != nil || len(files) != 1 {
		t.Errorf("%v, %v", files, err)
	}
}

func TestResultAllocatesNothing(t *testing.T) {
	m, _ := open(t, Options{})
	r := publishtest.Result("drive", "cat")
	m.Publish(t.Context(), r)
	if n := testing.AllocsPerRun(100, func() { m.Publish(t.Context(), r) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// After Close nothing is taken, served or written.
func TestClosed(t *testing.T) {
	m, url := open(t, Options{})
	for range 2 {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	}
	if err := m.Publish(t.Context(), publish.Inventory{}); !errors.Is(err, publish.ErrClosed) {
		t.Errorf("published: %v", err)
	}
	if _, err := http.Get(url + "/metrics"); err == nil {
		t.Error("still served")
	}
}
