package main_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/daemon/status"
	"github.com/inceptiond/inceptiond/internal/testing/freeport"
	"github.com/inceptiond/inceptiond/internal/testing/syncbuf"
	"github.com/inceptiond/inceptiond/publish"
	"github.com/inceptiond/inceptiond/publish/metrics"
)

// The fleet of TestFleet: each device has an address of its own on this machine, which becomes its name unless it is given one.
const (
	gatePi   = "127.0.0.2" // a real daemon that Prometheus asks; it has a broker, and a camera that is lost
	gateName = "gate-pi"
	feederPi = "127.0.0.3" // a real daemon whose file node_exporter reads; its broker is away
	playedPi = "127.0.0.4" // what cannot be had on this machine: a hot board, a lost accelerator, a detector
	goneMore = "127.0.0.5" // nobody is there
)

// TestFleet follows docs/dashboard.md: the Prometheus of Debian with the files of docs/examples/fleet sees a fleet. Every panel of
// the dashboard has data, those alerts fire that should and no other, and one that is mended ends.
func TestFleet(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for alerts")
	}
	installed(t, "prometheus", "prometheus")
	installed(t, "prometheus-node-exporter", "prometheus-node-exporter")
	f := &fleet{t: t, dir: t.TempDir(), port: freeport.Find(t)}
	gate, camera := f.gate()
	feeder := f.feeder()
	f.played()
	f.start()

	f.alerts("fleet of four",
		"InceptiondCameraLost "+gateName+" drive", "InceptiondDeviceOffline "+goneMore,
		"InceptiondBrokerAway "+feederPi, "InceptiondEventsWaiting "+feederPi,
		"InceptiondHot "+playedPi, "InceptiondFallbackEngine "+playedPi, "InceptiondSlowed "+playedPi,
		"InceptiondModelDiffers", "InceptiondVersionDiffers")
	f.panels()

	// What is mended is not complained of any more, and what is stopped is.
	camera.Store(true)
	feeder.interrupt(t)
	f.alerts("the camera is back, and a daemon stopped",
		"InceptiondDeviceOffline "+goneMore, "InceptiondNotRunning "+feederPi,
		"InceptiondHot "+playedPi, "InceptiondFallbackEngine "+playedPi, "InceptiondSlowed "+playedPi,
		"InceptiondModelDiffers", "InceptiondVersionDiffers")
	gate.interrupt(t)
}

// fleet is Prometheus, and whom it asks.
type fleet struct {
	t            *testing.T
	dir, port    string
	named        string   // the target that has a name
	listen, node []string // the others
}

// gate starts the daemon whose second camera is lost until it is told to be there.
func (f *fleet) gate() (*program, *atomic.Bool) {
	there := new(atomic.Bool)
	camera := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !there.Load() {
			http.Error(w, "the camera starts", http.StatusServiceUnavailable)
			return
		}
		http.ServeFile(w, r, "testdata/wire/disc.jpg")
	}))
	f.t.Cleanup(camera.Close)
	port, broker := freeport.Find(f.t), freeport.Find(f.t)
	f.named = gatePi + ":" + port
	return f.daemon("gate", fmt.Sprintf(`
mqtt: {broker: embedded, listen: "127.0.0.1:%s"}
web: {listen: ""}
metrics: {listen: "%s:%s"}
cameras:
  gate: {source: demo, demo: {interval: 1s}}
  drive: {source: http, http: {url: "%s/still.jpg", interval: 200ms}}
`, broker, gatePi, port, camera.URL)), there
}

// feeder starts the daemon whose figures are in a file, and the node_exporter that reads it.
func (f *fleet) feeder() *program {
	folder := filepath.Join(f.dir, "run")
	if err := os.Mkdir(folder, 0o755); err != nil {
		f.t.Fatal(err)
	}
	port := freeport.Find(f.t)
	f.node = append(f.node, feederPi+":"+port)
	f.run("prometheus-node-exporter", "--collector.disable-defaults", "--collector.textfile", "--collector.textfile.directory="+folder,
		"--web.listen-address="+feederPi+":"+port, "--log.level=warn")
	return f.daemon("feeder", fmt.Sprintf(`
mqtt: {broker: "mqtt://127.0.0.1:%s"}
web: {listen: ""}
metrics: {textfile: %s/inceptiond.prom, interval: 1s}
cameras:
  feeder: {source: demo, demo: {interval: 200ms}}
`, freeport.Find(f.t), folder))
}

// played starts what stands in for a board in trouble.
func (f *fleet) played() {
	m := metrics.New(trouble{}, "v0.0.1")
	port := freeport.Find(f.t)
	f.listen = append(f.listen, playedPi+":"+port, goneMore+":"+port)
	s, err := m.Serve(playedPi+":"+port, nil, zap.NewNop())
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { s.Close() })
	for _, message := range []publish.Message{
		publish.Inventory{Cameras: []publish.Listed{{Name: "yard", Task: publish.TaskDetect}}},
		publish.Decision{Camera: "yard", Counts: []publish.Count{{Label: "person", N: 2}}},
	} {
		if err := m.Publish(f.t.Context(), message); err != nil {
			f.t.Fatal(err)
		}
	}
}

// trouble is a board that is hot and has lost its accelerator.
type trouble struct{}

func (trouble) Overview() status.Overview {
	celsius := 81.5
	return status.Overview{
		Generation: 1,
		Cameras:    []status.Camera{{Name: "yard", State: publish.CameraOnline, Gate: publish.GateOpen}},
		Models:     []status.Model{{Name: "demo", SHA256: strings.Repeat("0", 64), Engine: publish.EngineFallback}},
		Broker:     status.Broker{Connected: true},
		Machine:    status.Machine{Temperature: &celsius, Duty: 0.5},
	}
}

func (f *fleet) daemon(name, config string) *program {
	dir := filepath.Join(f.dir, name)
	if err := os.Mkdir(dir, 0o755); err != nil {
		f.t.Fatal(err)
	}
	writeConfig(f.t, dir, config)
	return startProgram(f.t, dir, "run", "-c", configName)
}

// start starts Prometheus with the files that a person copies, but for the names of the devices, and with seconds for minutes.
func (f *fleet) start() {
	f.copy("prometheus.yml", `_interval: 15s`, `_interval: 1s`)
	f.copy("inceptiond-alerts.yml", `for: \w+`, `for: 1s`)
	if err := os.Mkdir(filepath.Join(f.dir, "devices"), 0o755); err != nil {
		f.t.Fatal(err)
	}
	group := func(labels string, targets ...string) string {
		return "- labels: {fleet: test" + labels + "}\n  targets: ['" + strings.Join(targets, "', '") + "']\n"
	}
	for name, text := range map[string]string{"listen": group("", f.listen...) + group(", device: "+gateName, f.named), "node": group("", f.node...)} {
		if err := os.WriteFile(filepath.Join(f.dir, "devices", name+".yml"), []byte(text), 0o644); err != nil {
			f.t.Fatal(err)
		}
	}
	f.run("prometheus", "--config.file=prometheus.yml", "--storage.tsdb.path=data", "--web.listen-address=127.0.0.1:"+f.port, "--log.level=warn")
}

// copy copies a file of the documentation, and changes in it what must be there.
func (f *fleet) copy(name, from, to string) {
	text, changed := string(fleetFile(f.t, name)), regexp.MustCompile(from)
	if !changed.MatchString(text) {
		f.t.Fatalf("%s has no %s", name, from)
	}
	if err := os.WriteFile(filepath.Join(f.dir, name), []byte(changed.ReplaceAllString(text, to)), 0o644); err != nil {
		f.t.Fatal(err)
	}
}

// run runs a program until the test ends.
func (f *fleet) run(name string, args ...string) {
	var out syncbuf.Buffer
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = f.dir, &out, &out
	if err := cmd.Start(); err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
		if f.t.Failed() {
			f.t.Logf("%s: %s", name, out.String())
		}
	})
}

// sample is a series that a query has found.
type sample struct {
	Metric map[string]string
	Value  [2]any // when, and what, as a string
}

// query asks Prometheus; nothing is found while it does not answer.
func (f *fleet) query(expr string) (found []sample) {
	r, err := http.Get("http://127.0.0.1:" + f.port + "/api/v1/query?query=" + url.QueryEscape(expr))
	if err != nil {
		return nil
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		f.t.Fatal(err)
	}
	if r.StatusCode == http.StatusServiceUnavailable {
		return nil
	}
	var answer struct {
		Status, Error string
		Data          struct{ Result []sample }
	}
	if err := json.Unmarshal(text, &answer); err != nil || answer.Status != "success" {
		f.t.Fatalf("%s: %v\n%s", expr, err, text)
	}
	return answer.Data.Result
}

// alerts waits until those fire and no other. Each is its name, its device and its camera, as far as it has them.
func (f *fleet) alerts(when string, want ...string) {
	f.t.Helper()
	slices.Sort(want)
	var got []string
	for end := time.Now().Add(2 * patience); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		got = nil
		for _, s := range f.query(`ALERTS{alertstate="firing"}`) {
			got = append(got, strings.TrimSpace(s.Metric["alertname"]+" "+s.Metric["device"]+" "+s.Metric["camera"]))
		}
		if slices.Sort(got); slices.Equal(got, want) {
			return
		}
	}
	f.t.Fatalf("%s:\n%s\nfire, want\n%s", when, strings.Join(got, "\n"), strings.Join(want, "\n"))
}

// panels waits until each query of the dashboard has found something, and finds the variables' values.
func (f *fleet) panels() {
	f.t.Helper()
	filled := strings.NewReplacer("$__rate_interval", "10s", "$__range", "5m", "$fleet", ".*", "$device", ".*")
	d, _ := readDashboard(f.t)
	for _, p := range d.Panels {
		for _, target := range p.Targets {
			expr := filled.Replace(target.Expr)
			found := f.query(expr)
			for end := time.Now().Add(patience); len(found) == 0 && time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
				found = f.query(expr)
			}
			if len(found) == 0 || strings.Contains(expr, "$") {
				f.t.Errorf("panel %q: nothing is found by %s", p.Title, expr)
			}
		}
	}
	for _, v := range d.Templating.List {
		if selected := regexp.MustCompile(`^label_values\((.*), (\w+)\)$`).FindStringSubmatch(v.Definition); selected != nil {
			if found := f.query("count by (" + selected[2] + ") (" + filled.Replace(selected[1]) + ")"); len(found) == 0 || found[0].Metric[selected[2]] == "" {
				f.t.Errorf("variable %s has no values", v.Name)
			}
		}
	}
}
