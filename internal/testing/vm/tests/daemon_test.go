package tests

import (
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// broker starts mosquitto as the guest's service, with the settings Debian gives it: 127.0.0.1:1883, for everybody.
func broker(t *testing.T) {
	t.Helper()
	sh(t, "systemctl start mosquitto")
	eventually(t, "mosquitto", func() bool { return exec.Command("mosquitto_pub", "-t", "test", "-n").Run() == nil })
	t.Cleanup(func() { sh(t, "systemctl stop mosquitto") })
}

// subscribe tapes all messages of all topics as "topic payload", retained ones too.
func subscribe(t *testing.T) *tape {
	t.Helper()
	_, p := start(t, "mosquitto_sub", "-v", "-q", "1", "-t", "#")
	eventually(t, "the subscription", func() bool {
		sh(t, "mosquitto_pub -t subscribed -m yes")
		return p.end() > 0
	})
	return p
}

// inceptiond is a running daemon.
type inceptiond struct {
	cmd  *exec.Cmd
	file string // its config
	log  *tape  // its log, as JSON
}

// preamble is what run adds to a config.
const preamble = "device: vm\nlog: {format: json}\nmqtt: {broker: \"mqtt://127.0.0.1\"}\n"

// run starts the daemon with a config, to which it adds the device name "vm", the guest's broker and JSON logs. A
// program that starts programs, such as setpriv, and its flags may be put before it.
func run(t *testing.T, config string, before ...string) *inceptiond {
	t.Helper()
	file := write(t, "inceptiond.yaml", preamble+config)
	line := append(slices.Clone(before), here(t, "inceptiond"), "run", "-c", file, "--output", "none")
	cmd, log := start(t, line[0], line[1:]...)
	return &inceptiond{cmd, file, log}
}

// stop ends the daemon as systemd would.
func (d *inceptiond) stop(t *testing.T) {
	t.Helper()
	mark := d.log.end()
	if err := d.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	d.log.await(t, mark, "the daemon to stop", func(s string) bool { return strings.Contains(s, "camera stopped") })
}

// result is what the tests look at of a result message.
type result struct {
	Sequence    uint64  `json:"sequence"`
	Monotonic   float64 `json:"monotonic_ms"`
	Predictions []struct {
		Index int     `json:"index"`
		Label string  `json:"label"`
		Score float64 `json:"score"`
	} `json:"predictions"`
	Stages struct {
		Preprocess float64 `json:"preprocess_ms"`
		Inference  float64 `json:"inference_ms"`
		Total      float64 `json:"total_ms"`
	} `json:"stages"`
}

// milliseconds turns a message's number into a duration.
func milliseconds(ms float64) time.Duration { return time.Duration(ms * float64(time.Millisecond)) }

// sinceBoot is the clock behind monotonic_ms.
func sinceBoot(t *testing.T) time.Duration {
	t.Helper()
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &now); err != nil {
		t.Fatal(err)
	}
	return time.Duration(now.Nano())
}

// message returns the payload of a line of subscribe if its topic is below the daemon's: "eye/result".
func message(text, topic string, payload any) bool {
	rest, ok := strings.CutPrefix(text, "inceptiond/vm/"+topic+" ")
	return ok && json.Unmarshal([]byte(rest), payload) == nil
}

// awaitResult waits for a result of a camera from the mark on.
func awaitResult(t *testing.T, mqtt *tape, mark int, camera string) (r result, at time.Time) {
	t.Helper()
	l := mqtt.await(t, mark, "a result of "+camera, func(s string) bool { return message(s, camera+"/result", &r) })
	return r, l.at
}

// awaitStopped waits for the event that a camera has stopped: of a status that is retained, subscribers may see the next one alone.
func awaitStopped(t *testing.T, mqtt *tape, mark int, camera string) {
	t.Helper()
	mqtt.await(t, mark, camera+" to be stopped", func(text string) bool {
		var e struct{ Kind, Value string }
		return message(text, camera+"/event", &e) && e.Kind == "camera" && e.Value == "stopped"
	})
}

// awaitStatus waits until a camera's status is state, and returns the reason.
func awaitStatus(t *testing.T, mqtt *tape, mark int, camera, state string) (reason string, at time.Time) {
	t.Helper()
	var s struct{ State, Reason string }
	l := mqtt.await(t, mark, camera+" to be "+state, func(text string) bool {
		s.Reason = ""
		return message(text, camera+"/status", &s) && s.State == state
	})
	return s.Reason, l.at
}
