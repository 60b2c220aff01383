package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/internal/testing/freeport"
	"github.com/inceptiond/inceptiond/internal/testing/shared"
	"github.com/inceptiond/inceptiond/internal/testing/syncbuf"
	"github.com/inceptiond/inceptiond/publish"
)

// nodeRED is where .ci/node-red puts it.
const nodeRED = "../../../build/node-red/node_modules/node-red/red.js"

// TestFlow runs the flow in a real Node-RED beside a real mosquitto.
func TestFlow(t *testing.T) {
	for _, need := range []string{"node", "mosquitto", "mosquitto_sub"} {
		if _, err := exec.LookPath(need); err != nil {
			shared.Missing(t, need+" is not installed")
		}
	}
	if _, err := os.Stat(nodeRED); err != nil {
		shared.Missing(t, "Node-RED is not there (.ci/node-red fetches it)")
	}
	port, web := freeport.Find(t), freeport.Find(t)
	start(t, nil, "mosquitto", "-p", port)
	var heard syncbuf.Buffer
	eventually(t, "mosquitto", func() bool { return exec.Command("mosquitto_pub", "-p", port, "-t", "test", "-n").Run() == nil })
	start(t, &heard, "mosquitto_sub", "-p", port, "-V", "mqttv5", "--retain-as-published", "-q", "1", "-t", "home/#", "-t", "+/+/+/paused/set", "-F", "%t %r %p")
	at := time.Now()
	decision := publish.Decision{Device: "gate-pi", Camera: "drive", Label: "dog", Reason: "dog 4 of 5", Time: at}
	say(t, port, true, "drive/decision", decision.AppendJSON(nil)) // Node-RED gets it as a retained one
	var said syncbuf.Buffer
	start(t, &said, "node", mustAbs(t, nodeRED), "--userDir", t.TempDir(), "--port", web, flowFor(t, port))
	eventually(t, "Node-RED to connect", func() bool { return strings.Contains(said.String(), "Connected to broker") })

	hears := func(line string) {
		t.Helper()
		eventually(t, line, func() bool { return strings.Contains(heard.String(), line+"\n") })
	}
	hears("home/lamp/set 0 ON") // not retained, though the decision is
	decision.Label = "cat"
	say(t, port, true, "drive/decision", decision.AppendJSON(nil))
	hears("home/lamp/set 0 OFF")
	lamps := strings.Count(heard.String(), "home/lamp/set")
	say(t, port, true, "drive/decision", nil)

	lost := publish.CameraStatus{Device: "gate-pi", Camera: "drive", State: publish.CameraLost, Reason: "no such device", Time: at}
	say(t, port, true, "drive/status", lost.AppendJSON(nil))
	hears("home/message 0 inceptiond/gate-pi/drive/status is lost: no such device")
	online := lost
	online.State = publish.CameraOnline
	say(t, port, true, "drive/status", lost.AppendJSON(nil), online.AppendJSON(nil)) // back in time: nothing is said
	// A camera that is lost later is told of later: by then, the one before would have been.
	say(t, port, true, "yard/status", lost.AppendJSON(nil))
	hears("home/message 0 inceptiond/gate-pi/yard/status is lost: no such device")

	press(t, web, "pause")
	hears("inceptiond/gate-pi/drive/paused/set 0 ON")
	press(t, web, "go-on")
	hears("inceptiond/gate-pi/drive/paused/set 0 OFF")
	ack := publish.Ack{Device: "gate-pi", Camera: "drive", Command: "paused", Outcome: publish.AckApplied, Value: "OFF", Time: at}
	say(t, port, false, "drive/ack", ack.AppendJSON(nil))
	eventually(t, "the answer", func() bool { return strings.Contains(said.String(), "outcome: 'applied'") })

	people := publish.CountChange{Count: publish.Count{Label: "person", N: 2}, First: true, Reason: "person 2, 4 of 5"}
	count := func(n int) {
		t.Helper()
		gate := publish.Decision{Device: "gate-pi", Camera: "gate", Time: at}
		people.Previous, people.N = people.N, n
		say(t, port, true, "gate/count/person", publish.Counted{N: n}.AppendJSON(nil))
		say(t, port, false, "gate/event", publish.CountEvent(gate, people).AppendJSON(nil))
		people.First = false
	}
	count(1) // at the start, which is no news
	hears("home/light/set 0 ON")
	count(0)
	hears("home/light/set 0 OFF")
	count(2)
	hears("home/visitor 0 2 at gate, " + at.UTC().Format("2006-01-02T15:04:05.000Z"))
	count(1)
	eventually(t, "the light to hear of all counts", func() bool { return strings.Count(heard.String(), "home/light/set") == 4 })
	say(t, port, true, "gate/count/person", nil)
	other := publish.CountEvent(publish.Decision{Device: "gate-pi", Camera: "gate", Time: at}, publish.CountChange{Count: publish.Count{Label: "dog", N: 7}, Previous: 6})
	say(t, port, false, "gate/event", other.AppendJSON(nil), publish.Event{Device: "gate-pi", Camera: "gate", Kind: publish.EventCamera, Value: "lost", Time: at}.AppendJSON(nil))
	count(3)
	hears("home/visitor 0 3 at gate, " + at.UTC().Format("2006-01-02T15:04:05.000Z"))

	text := heard.String()
	if n := strings.Count(text, "home/visitor"); n != 2 || strings.Count(text, "home/light/set") != 5 {
		t.Errorf("%d messages about visitors:\n%s", n, text)
	}
	if n := strings.Count(text, "home/message 0 inceptiond/gate-pi/drive/"); n != 1 {
		t.Errorf("%d messages about the camera:\n%s", n, text)
	}
	if n := strings.Count(text, "home/lamp/set"); n != lamps {
		t.Errorf("an empty decision switches the lamp:\n%s", text)
	}
	if strings.Contains(said.String(), "[error]") {
		t.Errorf("Node-RED says\n%s", said.String())
	}
}

// flowFor writes the flow as it is, but for the broker's port, and seconds in place of minutes.
func flowFor(t *testing.T, port string) string {
	t.Helper()
	text := flow()
	for old, now := range map[string]string{`"port": "1883"`: `"port": "` + port + `"`, `"units": "min"`: `"units": "s"`, `"duration": "5"`: `"duration": "2"`} {
		if bytes.Count(text, []byte(old)) != 1 {
			t.Fatalf("%s is not once in the flow", old)
		}
		text = bytes.Replace(text, []byte(old), []byte(now), 1)
	}
	path := filepath.Join(t.TempDir(), "flow.json")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// say publishes payloads, one after the other at once, under a topic of gate-pi; nil is an empty one.
func say(t *testing.T, port string, retain bool, topic string, payloads ...[]byte) {
	t.Helper()
	args := []string{"-p", port, "-q", "1", "-t", "inceptiond/gate-pi/" + topic, "-l"}
	if len(payloads) == 1 && payloads[0] == nil {
		args[len(args)-1] = "-n"
	}
	if retain {
		args = append(args, "-r")
	}
	cmd := exec.Command("mosquitto_pub", args...)
	cmd.Stdin = bytes.NewReader(bytes.Join(payloads, []byte("\n")))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}

// press presses a button of the flow.
func press(t *testing.T, web, id string) {
	t.Helper()
	r, err := http.Post(fmt.Sprintf("http://127.0.0.1:%s/inject/%s", web, id), "application/json", nil)
	if err != nil || r.StatusCode != http.StatusOK {
		t.Fatalf("%s: %v, %v", id, r, err)
	}
	r.Body.Close()
}

// start runs a program until the test ends; out gets what it says.
func start(t *testing.T, out *syncbuf.Buffer, name string, args ...string) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, name, args...)
	if out != nil {
		cmd.Stdout, cmd.Stderr = out, out
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var ended sync.WaitGroup
	ended.Go(func() { cmd.Wait() })
	t.Cleanup(func() {
		cancel()
		ended.Wait()
		if t.Failed() && out != nil {
			t.Logf("%s:\n%s", name, out.String())
		}
	})
}

func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(2 * time.Minute); !done(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited for %s", what)
		}
	}
}

func mustAbs(t *testing.T, path string) string {
	t.Helper()
	abs, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return abs
}
