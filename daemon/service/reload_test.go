package service

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/daemon/control"
	"github.com/inceptiond/inceptiond/daemon/plan"
	"github.com/inceptiond/inceptiond/daemon/wiring"
	"github.com/inceptiond/inceptiond/infer/demomodel"
	"github.com/inceptiond/inceptiond/internal/testing/freeport"
	"github.com/inceptiond/inceptiond/publish"
	"github.com/inceptiond/inceptiond/publish/broker"
	"github.com/inceptiond/inceptiond/publish/publishtest"
)

// atWork is a service at work whose config file a test changes.
type atWork struct {
	t       *testing.T
	file    string
	service *Service
	record  *publishtest.Recorder
	logs    *observer.ObservedLogs
	opens   atomic.Int64 // of all cameras' devices
	reloads int
}

// countedOpener counts how often it opens.
type countedOpener struct {
	capture.Opener
	opens *atomic.Int64
}

func (o countedOpener) Open(ctx context.Context) (capture.Source, error) {
	o.opens.Add(1)
	return o.Opener.Open(ctx)
}

// load is the plan of the file, with openers that count.
func (a *atWork) load() (*plan.Plan, error) {
	p, err := wiring.LoadPlan(a.file, wiring.Flags{})
	if err != nil {
		return nil, err
	}
	a.count(p)
	return p, nil
}

// count gives p openers that count.
func (a *atWork) count(p *plan.Plan) {
	for name, c := range p.Cameras {
		if c.Opener != nil {
			c.Opener = countedOpener{c.Opener, &a.opens}
			p.Cameras[name] = c
		}
	}
}

// startService runs a service on a config file with this text. It ends with the test and must leave nothing behind.
func startService(t *testing.T, text string) *atWork { return startServiceWith(t, text, Options{}) }

// startServiceWith is startService with more options.
func startServiceWith(t *testing.T, text string, o Options) *atWork {
	t.Helper()
	core, logs := observer.New(zapcore.InfoLevel)
	a := &atWork{t: t, file: filepath.Join(t.TempDir(), "inceptiond.yaml"), record: new(publishtest.Recorder), logs: logs}
	a.write(text)
	if os.Getenv("STATE_DIRECTORY") == "" {
		t.Setenv("STATE_DIRECTORY", t.TempDir()) // what commands of other tests have changed is not for this one
	}
	before := goleak.IgnoreCurrent()
	o.Load, o.File, o.Source = a.load, countedFile{wiring.NewFile(a.file, wiring.Flags{}, false), a}, a.file
	o.Output, o.Out, o.Err = OutputNone, io.Discard, io.Discard
	var err error
	if a.service, err = New(o); err != nil {
		t.Fatal(err)
	}
	a.service.log = zap.New(core)
	a.service.out.add(a.record)
	ended := make(chan error)
	go func() { ended <- a.service.Run(context.Background()) }()
	t.Cleanup(func() {
		if _, err := a.service.Do(context.Background(), control.Command{Kind: control.Shutdown}); err != nil {
			t.Error(err)
		}
		if err := <-ended; err != nil {
			t.Error(err)
		}
		goleak.VerifyNone(t, before)
	})
	publishtest.Eventually(t, "the first config to be in force", func() bool { return len(a.record.Configs()) == 1 })
	return a
}

func (a *atWork) write(text string) {
	a.t.Helper()
	if !strings.Contains(text, "web:") {
		text += "\nweb: {listen: ''}\n" // the usual port belongs to whoever works on this machine
	}
	if err := os.WriteFile(a.file, []byte("device: test\n"+text), 0o600); err != nil {
		a.t.Fatal(err)
	}
}

// reload gives the service another file, and returns what it then says of it in the log and publishes.
func (a *atWork) reload(text string) (map[string]any, publish.ConfigStatus) {
	a.t.Helper()
	a.write(text)
	outcome, err := a.service.Do(a.t.Context(), control.Command{Kind: control.Reload})
	if err != nil {
		a.t.Fatal(err)
	}
	a.reloads++
	entries := a.logs.Filter(func(e observer.LoggedEntry) bool { return strings.HasPrefix(e.Message, "config ") }).All()
	status := a.record.Configs()[a.reloads]
	if !slices.Equal(outcome.Refused, status.Problems) {
		a.t.Errorf("the outcome is %q, the message says %q", outcome.Refused, status.Problems)
	}
	return entries[a.reloads-1].ContextMap(), status
}

// states are the states of a camera so far.
func (a *atWork) states(camera string) string {
	var states []string
	for _, status := range a.record.Statuses() {
		if status.Camera == camera {
			states = append(states, string(status.State))
		}
	}
	return strings.Join(states, " ")
}

// goesOn waits for another result of a camera.
func (a *atWork) goesOn(camera string) {
	a.t.Helper()
	last := a.last(camera)
	publishtest.Eventually(a.t, camera+" to go on", func() bool { return a.last(camera) > last })
}

// last is the sequence of a camera's last result.
func (a *atWork) last(camera string) uint64 {
	results := a.record.Results()
	for i := len(results) - 1; i >= 0; i-- {
		if results[i].Camera == camera {
			return results[i].Sequence
		}
	}
	return 0
}

// check compares fields of a log entry.
func check(t *testing.T, entry map[string]any, want map[string]string) {
	t.Helper()
	for field, want := range want {
		if got := fmt.Sprint(entry[field]); got != want {
			t.Errorf("the log says %s %s, want %s", field, got, want)
		}
	}
}

const twoCameras = `
mqtt: {broker: off}
cameras:
  a: {demo: {width: 32, height: 32, interval: 5ms}}
  b: {demo: {width: 32, height: 32, interval: 5ms}}
`

func TestReloadTouchesOnlyWhatChanged(t *testing.T) {
	s := startService(t, twoCameras)
	s.goesOn("a")
	s.goesOn("b")
	entry, status := s.reload(`
mqtt: {broker: off}
cameras:
  a: {demo: {width: 32, height: 32, interval: 5ms}}
  b: {demo: {width: 32, height: 32, interval: 5ms}, top_k: 1}
  c: {demo: {width: 32, height: 32, interval: 5ms}}
`)
	if status.State != publish.ConfigApplied || status.Device != "test" || status.Problems != nil || status.Time.IsZero() {
		t.Errorf("the config's status is %+v", status)
	}
	if want := []publish.Model{{Name: "demo", SHA256: demoSHA256()}}; !slices.Equal(status.Models, want) {
		t.Errorf("it runs %v, want %v", status.Models, want)
	}
	check(t, entry, map[string]string{
		"cameras_kept": "[a]", "cameras_started": "[b c]", "cameras_stopped": "[b]",
		"models_loaded": "[]", "models_unloaded": "[]", "mqtt_kept": "true",
	})
	for _, camera := range []string{"a", "b", "c"} {
		s.goesOn(camera)
	}
	entry, _ = s.reload("mqtt: {broker: off}\ncameras:\n  a: {demo: {width: 32, height: 32, interval: 5ms}}\n")
	check(t, entry, map[string]string{"cameras_kept": "[a]", "cameras_started": "[]", "cameras_stopped": "[b c]"})
	s.goesOn("a")
	for camera, want := range map[string]string{
		"a": "connecting online",
		"b": "connecting online stopped connecting online stopped",
		"c": "connecting online stopped",
	} {
		if got := s.states(camera); got != want {
			t.Errorf("camera %s was %s, want %s", camera, got, want)
		}
	}
	var sequences []uint64
	for _, r := range s.record.Results() {
		if r.Camera == "a" {
			sequences = append(sequences, r.Sequence)
		}
	}
	if !slices.IsSorted(sequences) {
		t.Error("camera a began to count anew")
	}
}

// demoSHA256 is that of the model inside the program.
func demoSHA256() string { return fmt.Sprintf("%x", sha256.Sum256(demomodel.Model())) }

func TestReloadRefusesABadFile(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	s := startService(t, twoCameras)
	for name, bad := range map[string]struct{ text, problem string }{
		"a value":       {"cameras:\n  a: {top_k: 0}\n", "inceptiond.yaml:3: cameras.a.top_k: 0 is out of range (want 1 to 100)"},
		"no YAML":       {"cameras: [\n", "inceptiond.yaml:"},
		"no model file": {"models: {m: {file: none.tflite}}\ncameras: {a: {model: m}, b: {}}\n", "none.tflite: no such file"},
		"no CA file":    {"mqtt: {broker: 'mqtts://localhost', tls: {ca_file: none.pem}}\n", "none.pem"},
		"a port in use": {"mqtt: {listen: '" + taken.Addr().String() + "'}\n", "address already in use"},
		"another hash":  {"models: {demo: {sha256: " + strings.Repeat("0a", 32) + "}}\n" + twoCameras, "its SHA-256 is " + demoSHA256() + ", and sha256 asks for 0a0a"},
		"other labels":  {"models: {m: {file: 'builtin:demo', labels: inceptiond.yaml}}\ncameras: {b: {model: m}}\n", "labels "},
	} {
		entry, status := s.reload(bad.text)
		problems := strings.Join(status.Problems, "\n")
		if status.State != publish.ConfigRefused || !strings.Contains(problems, bad.problem) {
			t.Errorf("%s: the config's status is %+v, want it refused for %q", name, status, bad.problem)
		}
		if len(status.Models) != 1 || status.Models[0].SHA256 != demoSHA256() {
			t.Errorf("%s: it runs %v", name, status.Models)
		}
		if !strings.Contains(fmt.Sprint(entry["problems"]), bad.problem) {
			t.Errorf("%s: the log says %v", name, entry)
		}
	}
	s.goesOn("a")
	s.goesOn("b")
	for what, good := range map[string]string{"the right hash": "models: {demo: {sha256: " + demoSHA256() + "}}\n" + twoCameras, "none": twoCameras} {
		if entry, status := s.reload(good); status.State != publish.ConfigApplied {
			t.Errorf("a good file with %s, after bad ones: %+v", what, status)
		} else {
			check(t, entry, map[string]string{"cameras_kept": "[a b]", "cameras_started": "[]", "models_loaded": "[]"})
		}
	}
	if got, want := s.states("a"), "connecting online"; got != want {
		t.Errorf("camera a was %s, want %s", got, want)
	}
}

// A model whose settings are the same, and its file too, stays loaded; another file of the same name is loaded.
func TestReloadLoadsAnotherModelFile(t *testing.T) {
	dir := t.TempDir()
	model := filepath.Join(dir, "m.tflite")
	if err := os.WriteFile(model, demomodel.Model(), 0o600); err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf(`
mqtt: {broker: off}
models: {m: {file: %s}}
cameras:
  a: {demo: {width: 32, height: 32, interval: 5ms}}
  b: {demo: {width: 32, height: 32, interval: 5ms}, model: m}
`, model)
	s := startService(t, text)
	entry, _ := s.reload(text)
	check(t, entry, map[string]string{"cameras_kept": "[a b]", "models_loaded": "[]", "models_unloaded": "[]"})

	next := filepath.Join(dir, "next.tflite")
	if err := os.WriteFile(next, demomodel.Model(), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(next, model); err != nil {
		t.Fatal(err)
	}
	entry, _ = s.reload(text)
	check(t, entry, map[string]string{
		"cameras_kept": "[a]", "cameras_started": "[b]", "cameras_stopped": "[b]", "models_loaded": "[m]", "models_unloaded": "[m]",
	})
	s.goesOn("b")
}

// Commands that make no sense, or come too late, are errors.
func TestDo(t *testing.T) {
	s := startService(t, twoCameras).service
	if _, err := s.Do(t.Context(), control.Command{Kind: "dance"}); err == nil || !strings.Contains(err.Error(), `no command "dance"`) {
		t.Errorf("an unknown command: %v", err)
	}
	if _, err := s.Do(t.Context(), control.Command{Kind: control.Shutdown}); err != nil {
		t.Error(err)
	}
	publishtest.Eventually(t, "the end", func() bool {
		_, err := s.Do(t.Context(), control.Command{Kind: control.Reload})
		return errors.Is(err, errEnded)
	})
}

// A camera that goes on and has nothing new to tell is under the new prefix at once, with all that is retained of it; a
// camera that is gone is not.
func TestReloadTellsANewPrefixEverything(t *testing.T) {
	port := freeport.Find(t)
	text := "mqtt: {listen: '127.0.0.1:" + port + "', prefix: %s}\ncameras:\n  a: {demo: {width: 32, height: 32, interval: 1h}}\n"
	gone := "  b: {demo: {width: 32, height: 32, interval: 1h}}\n"
	s := startService(t, fmt.Sprintf(text, "first")+gone)
	all := []string{"status", "config", "spool", "a/status", "a/engine", "a/settings", "a/gate", "a/state", "a/decision"}
	before := retainedBelow(t, port, "first", append(all, "b/status", "b/engine", "b/state", "b/decision")...)

	entry, _ := s.reload(fmt.Sprintf(text, "second"))
	check(t, entry, map[string]string{"mqtt_kept": "false", "cameras_kept": "[a]", "cameras_stopped": "[b]"})
	after := retainedBelow(t, port, "second", all...)
	if len(after) != len(all) {
		t.Errorf("under the new prefix the broker has %q, want %q", slices.Sorted(maps.Keys(after)), all)
	}
	for _, topic := range all[3:] {
		if after[topic] != before[topic] {
			t.Errorf("%s: %s under the new prefix, %s under the old one", topic, after[topic], before[topic])
		}
	}
	if left := retainedBelow(t, port, "first", "status"); len(left) != 1 || left["status"] != "offline" {
		t.Errorf("under the old prefix the broker has %q", left)
	}
	if got := len(s.record.States()); got != 2 {
		t.Errorf("%d states were published, want one for each camera", got)
	}
}

// Of a camera that a reload takes out only the status stays, which says so; of one that is gone at the next start nothing;
// and when the daemon ends, nothing runs the models of those that are there.
func TestGoneCamerasAreCleared(t *testing.T) {
	b, err := broker.Start(broker.Options{Listen: "127.0.0.1:0"}, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	_, port, _ := net.SplitHostPort(b.Addr())
	text := "mqtt: {broker: 'mqtt://" + b.Addr() + "', prefix: p, spool: {path: off}}\ncameras:\n  a: {demo: {width: 32, height: 32, interval: 1h}}\n"
	gone := "  b: {demo: {width: 32, height: 32, interval: 1h}}\n"
	all := []string{"a/status", "a/engine", "a/state"}
	t.Run("reload", func(t *testing.T) {
		s := startService(t, text+gone)
		retainedBelow(t, port, "p", append(all, "b/status", "b/engine", "b/state")...)
		entry, _ := s.reload(text)
		check(t, entry, map[string]string{"mqtt_kept": "true", "cameras_kept": "[a]", "cameras_stopped": "[b]"})
		publishtest.Eventually(t, "only the status to stay", func() bool {
			left := retainedBelow(t, port, "p", all...)
			return left["b/engine"] == "" && left["b/state"] == "" && strings.Contains(left["b/status"], `"stopped"`)
		})
	})
	left := retainedBelow(t, port, "p", all...)
	if left["status"] != "offline" || !strings.Contains(left["a/status"], `"stopped"`) || !strings.Contains(left["a/engine"], `"down"`) {
		t.Errorf("after the end the broker has %q", left)
	}
	t.Run("start", func(t *testing.T) {
		startService(t, text)
		publishtest.Eventually(t, "nothing of b", func() bool { return retainedBelow(t, port, "p", all...)["b/status"] == "" })
	})
}

// retainedBelow is what the broker retains below a prefix, once all of the topics are there.
func retainedBelow(t *testing.T, port, prefix string, topics ...string) map[string]string {
	t.Helper()
	var mu sync.Mutex
	got, marks := map[string]string{}, 0
	mark := "marks/" + prefix
	client := paho.NewClient(paho.NewClientOptions().AddBroker("tcp://127.0.0.1:" + port).SetClientID(fmt.Sprint(mark, time.Now().UnixNano())))
	wait := func(token paho.Token) {
		t.Helper()
		if !token.WaitTimeout(time.Minute) || token.Error() != nil {
			t.Fatalf("the broker does not answer: %v", token.Error())
		}
	}
	wait(client.Connect())
	defer client.Disconnect(100)
	client.AddRoute("#", func(_ paho.Client, m paho.Message) {
		mu.Lock()
		defer mu.Unlock()
		if m.Topic() == mark {
			marks++
		} else if m.Retained() {
			got[strings.TrimPrefix(m.Topic(), prefix+"/")] = string(m.Payload())
		}
	})
	wait(client.Subscribe(mark, 1, nil))
	for round := 1; ; round++ { // what was retained has come when our own message has
		wait(client.Subscribe(prefix+"/#", 1, nil))
		wait(client.Publish(mark, 1, false, "here"))
		publishtest.Eventually(t, "our own message", func() bool { mu.Lock(); defer mu.Unlock(); return marks == round })
		mu.Lock()
		missing := slices.DeleteFunc(slices.Clone(topics), func(topic string) bool { return got[topic] != "" })
		found := maps.Clone(got)
		mu.Unlock()
		if len(missing) == 0 {
			return found
		}
		if round == 1000 {
			t.Fatalf("nothing is retained on %q", missing)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func TestCompare(t *testing.T) {
	got := compare(map[string]int{"kept": 1, "changed": 2, "gone": 3}, map[string]int{"kept": 1, "changed": 4, "new": 5})
	want := difference{kept: []string{"kept"}, added: []string{"changed", "new"}, gone: []string{"changed", "gone"}}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("compare = %v, want %v", got, want)
	}
}
