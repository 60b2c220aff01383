package metrics

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/daemon/status"
	"github.com/inceptiond/inceptiond/publish"
	"github.com/inceptiond/inceptiond/publish/publishtest"
)

var update = flag.Bool("update", false, "write the golden files")

// gate is a daemon with two cameras.
type gate struct{}

func (gate) Overview() status.Overview {
	celsius, low, slow := 61.3, false, true
	return status.Overview{
		Generation: 1, Refused: true,
		Cameras: []status.Camera{
			{Name: "drive", State: publish.CameraOnline, Frames: 100, Bad: 1, Failed: 2, Gated: 30, Dropped: 40, Results: 27, Changes: 3, Gate: publish.GateOpen, Look: publish.LookNormal, HasThen: true, Crops: 50, CropsFailed: 4},
			{Name: "yard", State: publish.CameraLost, Gate: publish.GateIdle},
		},
		Models: []status.Model{
			{Name: "birds", SHA256: strings.Repeat("0123456789abcdef", 4), Engine: publish.EngineFallback, Restarts: 4},
			{Name: "demo", SHA256: strings.Repeat("f", 64), Engine: publish.EngineRunning},
		},
		Broker: status.Broker{
			Connected: true, Address: "mqtts://a.example:8883", Waiting: 5, Dropped: 6, Events: 7, Held: 2, SpoolBytes: 8192,
			Lost:     map[string]uint64{"bytes": 1, "age": 2, "memory": 3, "damaged": 4},
			Commands: map[string]int64{"applied": 1, "unchanged": 0, "refused": 2},
		},
		Machine: status.Machine{Temperature: &celsius, LowVoltage: &low, Throttled: &slow, Duty: 0.5},
		Written: map[string]int64{"settings": 120, "spool": 4096},
	}
}

// open serves metrics of the gate at a free port until the test ends, and returns their address.
func open(t testing.TB) (*Metrics, string) {
	t.Helper()
	m := New(gate{}, "1.2.3")
	s, err := m.Serve("127.0.0.1:0", nil, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return m, "http://" + s.Addr()
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
	same := regexp.MustCompile(`goversion="[^"]*"`).ReplaceAllString(strings.Join(lines, ""), `goversion="GO"`)
	return regexp.MustCompile(`(start_time_seconds) \S+`).ReplaceAllString(same, "$1 START")
}

// feed gives results of three cameras, and what they are decided to show.
func feed(t testing.TB, m *Metrics) {
	t.Helper()
	found := publishtest.Result("gate", "")
	found.Task, found.Time, found.Detections = publish.TaskDetect, time.Unix(1773498413, 0), make([]publish.Detection, 3)
	found.Stages.Then = 18 * time.Millisecond
	for _, m2 := range []publish.Message{
		publish.Inventory{Cameras: []publish.Listed{
			{Name: "drive"}, {Name: "yard"}, {Name: "gate", Task: publish.TaskDetect},
			{Name: "sky", Task: publish.TaskSegment}, {Name: "door", Task: publish.TaskEmbed, Classes: []string{"anna", "b\xffn \"x\""}},
		}},
		found, found,
		publish.Decision{Camera: "gate", Counts: []publish.Count{{Label: "dog", N: 2}, {Label: "cat"}}},
		publish.Decision{Camera: "gate", Counts: []publish.Count{{Label: "dog", N: 1}, {Label: "person", N: 3}}},
		publish.Decision{Camera: "sky", Shares: []publish.ShareOf{{Label: "bird", Share: 0.15}}},
		publish.Decision{Camera: "door", Label: "anna"},
		publish.Decision{Camera: "drive", Label: "cat"},
		publish.Decision{Camera: "gone", Counts: []publish.Count{{Label: "dog", N: 2}}},
	} {
		if err := m.Publish(t.Context(), m2); err != nil {
			t.Fatal(err)
		}
	}
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
	m, url := open(t)
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
	m, url := open(t)
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
	const file, head = "../../docs/metrics.md", "<!-- written by go test ./publish/metrics -update -->\n"
	doc, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	table := "\n| metric | type | labels | meaning |\n|---|---|---|---|\n"
	for _, m := range Table() {
		table += fmt.Sprintf("| `%s` | %s | %s | %s |\n", m.Name, m.Type, strings.Join(m.Labels, ", "), m.Help)
	}
	before, rest, found := strings.Cut(string(doc), head)
	_, after, ended := strings.Cut(rest, "<!-- end -->")
	if !found || !ended {
		t.Fatalf("%s has no table", file)
	}
	want := before + head + table + "\n<!-- end -->" + after
	if want == string(doc) {
		return
	}
	if !*update {
		t.Fatalf("%s is not as the table is (go test ./publish/metrics -update writes it anew)", file)
	}
	if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}

// A camera that is gone has no series any more; one that comes back begins anew.
func TestCameraGone(t *testing.T) {
	m, url := open(t)
	feed(t, m)
	m.Publish(t.Context(), publish.Inventory{Cameras: []publish.Listed{{Name: "drive"}}})
	if _, text := get(t, url+"/metrics"); regexp.MustCompile(`camera="(gate|sky|door)"|(results_total|seconds_count){camera="yard"`).MatchString(text) ||
		!strings.Contains(text, `inceptiond_results_total{camera="drive",engine="cpu"} 1`) {
		t.Error(ours(text))
	}
	feed(t, m)
	if _, text := get(t, url+"/metrics"); !strings.Contains(text, `inceptiond_results_total{camera="yard",engine="cpu"} 1`) {
		t.Error(ours(text))
	}
}

// A scrape does not grow with labels, however many there are.
func TestLabelsAreBounded(t *testing.T) {
	m, url := open(t)
	var counts []publish.Count
	var shares []publish.ShareOf
	var names []string
	for i := range 3 * publish.MaxListed {
		name := fmt.Sprint("label ", i)
		counts, shares, names = append(counts, publish.Count{Label: name, N: 1}), append(shares, publish.ShareOf{Label: name}), append(names, name)
	}
	m.Publish(t.Context(), publish.Inventory{Cameras: []publish.Listed{{Name: "gate", Task: publish.TaskEmbed, Classes: names}}})
	m.Publish(t.Context(), publish.Decision{Camera: "gate", Counts: counts, Shares: shares, Label: "label 1"})
	_, text := get(t, url+"/metrics")
	if n := strings.Count(text, `label="label `); n != 3*publish.MaxListed {
		t.Errorf("%d series", n)
	}
}

// Scrapes come at the same time as results, and as each other.
func TestScrapesAtOnce(t *testing.T) {
	m, url := open(t)
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

func TestResultAllocatesNothing(t *testing.T) {
	m, _ := open(t)
	r := publishtest.Result("drive", "cat")
	m.Publish(t.Context(), r)
	if n := testing.AllocsPerRun(100, func() { m.Publish(t.Context(), r) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// After Close nothing is counted, and what was can still be read.
func TestClosed(t *testing.T) {
	m, url := open(t)
	feed(t, m)
	for range 2 {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	}
	for _, late := range []publish.Message{publishtest.Result("drive", "cat"), publish.Inventory{}, publishtest.Unknown{}} {
		if err := m.Publish(t.Context(), late); !errors.Is(err, publish.ErrClosed) {
			t.Errorf("%T published: %v", late, err)
		}
	}
	if _, text := get(t, url+"/metrics"); !strings.Contains(text, `inceptiond_results_total{camera="drive",engine="cpu"} 1`) {
		t.Error(ours(text))
	}
}

// What is not its own changes nothing.
func TestIgnores(t *testing.T) {
	m, url := open(t)
	_, before := get(t, url+"/metrics")
	m.Publish(t.Context(), publishtest.Unknown{})
	for _, s := range publishtest.Samples("said") {
		if _, result := s.(*publish.Result); result {
			continue
		}
		if err := m.Publish(t.Context(), s); err != nil {
			t.Error(err)
		}
	}
	if _, text := get(t, url+"/metrics"); ours(text) != ours(before) {
		t.Error(ours(text))
	}
}

// promtool has nothing to say against names, types, units and help.
func TestLint(t *testing.T) {
	m, _ := open(t)
	feed(t, m)
	problems, err := promlint.New(strings.NewReader(written(t, m.ours()))).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}

// told is a daemon with a given overview.
type told status.Overview

func (o told) Overview() status.Overview { return status.Overview(o) }

// What a machine cannot tell, and what is switched off, is absent; before the first config all is but the version and since when.
func TestUnknownIsAbsent(t *testing.T) {
	for name, test := range map[string]struct {
		is   status.Overview
		want string
	}{
		"before the first config": {status.Overview{}, ""},
		"a PC without a broker":   {status.Overview{Generation: 1, Broker: status.Broker{Off: true}, Machine: status.Machine{Duty: 1}}, "config_refused 0\nduty_ratio 1\n"},
	} {
		got := ""
		for line := range strings.Lines(written(t, New(told(test.is), "1.2.3").ours())) {
			if !strings.HasPrefix(line, "#") && !strings.HasPrefix(line, prefix+"build_info") && !strings.HasPrefix(line, prefix+"start_time") {
				got += strings.TrimPrefix(line, prefix)
			}
		}
		if got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

// A name that Prometheus cannot take is made one that it can.
func TestBadLabel(t *testing.T) {
	o := told{Generation: 1, Cameras: []status.Camera{{Name: "a\xff"}}}
	if got := written(t, New(o, "1.2.3").ours()); !strings.Contains(got, "inceptiond_camera_up{camera=\"a\uFFFD\"} 0\n") {
		t.Error(got)
	}
}
