package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/inceptiond/inceptiond/daemon/demomodel"
	"github.com/inceptiond/inceptiond/publish"
	"github.com/inceptiond/inceptiond/publish/publishtest"
)

// service is a daemon at work whose config file a test changes.
type service struct {
	t       *testing.T
	file    string
	record  *publishtest.Recorder
	logs    *observer.ObservedLogs
	hangups chan os.Signal
	reloads int
}

// startService runs a daemon on a config file with this text. It ends with the test and must leave nothing behind.
func startService(t *testing.T, text string) *service {
	t.Helper()
	core, logs := observer.New(zapcore.InfoLevel)
	s := &service{
		t: t, file: filepath.Join(t.TempDir(), "inceptiond.yaml"),
		record: new(publishtest.Recorder), logs: logs, hangups: make(chan os.Signal),
	}
	s.write(text)
	c, err := loadConfig(runOptions{file: s.file})
	if err != nil {
		t.Fatal(err)
	}
	_, logging, err := newLogger(io.Discard, c.Log)
	if err != nil {
		t.Fatal(err)
	}
	d, err := newDaemon(runOptions{file: s.file, output: "none"}, zap.New(core), logging, nil)
	if err != nil {
		t.Fatal(err)
	}
	d.sink.add(s.record)
	before := goleak.IgnoreCurrent()
	ctx, cancel := context.WithCancel(context.Background())
	if err := d.start(ctx, streams{}, c); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error)
	go func() { ended <- d.run(ctx, s.hangups) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if err := d.close(); err != nil {
			t.Error(err)
		}
		goleak.VerifyNone(t, before)
	})
	return s
}

func (s *service) write(text string) {
	s.t.Helper()
	if err := os.WriteFile(s.file, []byte("device: test\n"+text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// reload gives the daemon another file, and returns what it then says of it in the log and by the sink.
func (s *service) reload(text string) (map[string]any, publish.ConfigStatus) {
	s.t.Helper()
	s.write(text)
	s.hangups <- syscall.SIGHUP
	s.reloads++
	publishtest.Eventually(s.t, "an answer to the hangup", func() bool { return len(s.record.Configs()) == s.reloads+1 })
	entries := s.logs.Filter(func(e observer.LoggedEntry) bool { return strings.HasPrefix(e.Message, "config ") }).All()
	return entries[s.reloads-1].ContextMap(), s.record.Configs()[s.reloads]
}

// states are the states of a camera so far.
func (s *service) states(camera string) string {
	var states []string
	for _, status := range s.record.Statuses() {
		if status.Camera == camera {
			states = append(states, string(status.State))
		}
	}
	return strings.Join(states, " ")
}

// goesOn waits for another result of a camera.
func (s *service) goesOn(camera string) {
	s.t.Helper()
	last := s.last(camera)
	publishtest.Eventually(s.t, camera+" to go on", func() bool { return s.last(camera) > last })
}

// last is the sequence of a camera's last result.
func (s *service) last(camera string) uint64 {
	results := s.record.Results()
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
		"other labels":  {"models: {m: {file: 'builtin:demo', labels: inceptiond.yaml}}\ncameras: {b: {model: m}}\n", "labels "},
	} {
		entry, status := s.reload(bad.text)
		problems := strings.Join(status.Problems, "\n")
		if status.State != publish.ConfigRefused || !strings.Contains(problems, bad.problem) {
			t.Errorf("%s: the config's status is %+v, want it refused for %q", name, status, bad.problem)
		}
		if !strings.Contains(fmt.Sprint(entry["problems"]), bad.problem) {
			t.Errorf("%s: the log says %v", name, entry)
		}
	}
	s.goesOn("a")
	s.goesOn("b")
	if entry, status := s.reload(twoCameras); status.State != publish.ConfigApplied {
		t.Errorf("a good file after bad ones: %+v", status)
	} else {
		check(t, entry, map[string]string{"cameras_kept": "[a b]", "cameras_started": "[]", "models_loaded": "[]"})
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

// Another prefix means another client: what the broker retains of a camera that goes on is there under both.
func TestReloadReconnects(t *testing.T) {
	needProgram(t, "mosquitto_sub", "mosquitto-clients")
	port := freePort(t)
	text := strings.Replace(twoCameras, "broker: off", "listen: '127.0.0.1:"+port+"'", 1)
	s := startService(t, text)
	first := subscribe(t, port, "status", "config", "a/status", "a/result")
	if first["status"] != "online" || !strings.Contains(first["config"], `"applied"`) {
		t.Errorf("the broker has %q", first)
	}
	checkSchema(t, "config-status", first["config"])

	entry, _ := s.reload(text)
	check(t, entry, map[string]string{"mqtt_kept": "true"})
	if n := s.logs.FilterMessage("connected").Len(); n != 1 {
		t.Errorf("connected %d times, want once", n)
	}

	entry, _ = s.reload(strings.Replace(text, "mqtt: {", "mqtt: {prefix: inceptiond/moved, ", 1))
	check(t, entry, map[string]string{"mqtt_kept": "false", "cameras_kept": "[a b]"})
	s.goesOn("a")
	moved := subscribeBelow(t, port, "inceptiond/moved", "status", "config", "a/status", "b/status", "a/result")
	if !strings.Contains(moved["a/status"], `"online"`) || !strings.Contains(moved["config"], `"applied"`) {
		t.Errorf("under the new prefix the broker has %q", moved)
	}
	if left := subscribeBelow(t, port, "inceptiond/test", "status"); left["status"] != "offline" {
		t.Errorf("under the old prefix it says %q", left["status"])
	}
	if got, want := s.states("a"), "connecting online"; got != want {
		t.Errorf("camera a was %s, want %s", got, want)
	}
}

// A camera that goes on and has nothing new to tell is under the new prefix at once, with all that is retained of it; a
// camera that is gone is not.
func TestReloadTellsANewPrefixEverything(t *testing.T) {
	port := freePort(t)
	text := "mqtt: {listen: '127.0.0.1:" + port + "', prefix: %s}\ncameras:\n  a: {demo: {width: 32, height: 32, interval: 1h}}\n"
	gone := "  b: {demo: {width: 32, height: 32, interval: 1h}}\n"
	s := startService(t, fmt.Sprintf(text, "first")+gone)
	all := []string{"status", "config", "spool", "a/status", "a/engine", "a/state"}
	before := retainedBelow(t, port, "first", append(all, "b/status", "b/engine", "b/state")...)

	entry, _ := s.reload(fmt.Sprintf(text, "second"))
	check(t, entry, map[string]string{"mqtt_kept": "false", "cameras_kept": "[a]", "cameras_stopped": "[b]"})
	after := retainedBelow(t, port, "second", all...)
	if len(after) != len(all) {
		t.Errorf("under the new prefix the broker has %q, want %q", slices.Sorted(maps.Keys(after)), all)
	}
	for _, topic := range []string{"a/status", "a/engine", "a/state"} {
		if after[topic] != before[topic] {
			t.Errorf("%s: %s under the new prefix, %s under the old one", topic, after[topic], before[topic])
		}
	}
	checkSchema(t, "state", after["a/state"])
	if left := retainedBelow(t, port, "first", "b/status"); !strings.Contains(left["b/status"], `"stopped"`) || left["status"] != "offline" {
		t.Errorf("under the old prefix the broker has %q", left)
	}
	if got := len(s.record.States()); got != 2 {
		t.Errorf("%d states were published, want one for each camera", got)
	}
}

// retainedBelow is what the broker retains below a prefix, once all of the topics are there.
func retainedBelow(t *testing.T, port, prefix string, topics ...string) map[string]string {
	t.Helper()
	var mu sync.Mutex
	got, marks := map[string]string{}, 0
	mark := "marks/" + prefix
	client := paho.NewClient(paho.NewClientOptions().AddBroker("tcp://127.0.0.1:" + port).SetClientID(mark))
	wait := func(token paho.Token) {
		t.Helper()
		if !token.WaitTimeout(10*time.Second) || token.Error() != nil {
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
