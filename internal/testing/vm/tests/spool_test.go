package tests

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// changeEvent is what the tests look at of an event message.
type changeEvent struct {
	Boot      string
	Sequence  uint64
	Kind      string
	Time      time.Time
	Monotonic float64 `json:"monotonic_ms"`
}

// spoolStatus is what the tests look at of a spool's status.
type spoolStatus struct {
	State   string
	Reason  string
	Dropped struct{ Bytes, Age, Memory, Damaged uint64 }
}

// scenes is a camera whose top class changes several times a second.
const scenes = "cameras: {eye: {source: demo, demo: {width: 64, height: 64, interval: 200ms}}}\n"

// awaitEvent waits for the next change of the top class.
func awaitEvent(t *testing.T, mqtt *tape, mark int) (e changeEvent) {
	t.Helper()
	mqtt.await(t, mark, "an event", func(s string) bool {
		e = changeEvent{}
		return message(s, "eye/event", &e) && e.Kind == "label"
	})
	return e
}

func awaitSpool(t *testing.T, mqtt *tape, mark int, state string) (s spoolStatus, at time.Time) {
	t.Helper()
	l := mqtt.await(t, mark, "the spool to be in "+state, func(text string) bool {
		s = spoolStatus{}
		return message(text, "spool", &s) && s.State == state
	})
	return s, l.at
}

// TestClockJump sets the machine's clock years ahead and back: connection, order and spool do not mind.
func TestClockJump(t *testing.T) {
	broker(t)
	mqtt := subscribe(t)
	dir := filepath.Join(t.TempDir(), "spool")
	d := runWith(t, "keep_alive: 5s, spool: {path: "+dir+", max_age: 1h}", scenes)
	before := awaitEvent(t, mqtt, 0)
	now := time.Now()
	for _, jump := range []time.Duration{5 * 365 * 24 * time.Hour, -20 * 365 * 24 * time.Hour, 0} {
		sh(t, "date -s @%d", now.Add(jump).Unix())
		var after changeEvent
		mqtt.await(t, mqtt.end(), "an event of the new time", func(s string) bool { // one of the old may be on its way
			after = changeEvent{}
			return message(s, "eye/event", &after) && after.Time.Sub(now.Add(jump)).Abs() < time.Minute
		})
		if after.Boot != before.Boot || after.Sequence <= before.Sequence || after.Monotonic <= before.Monotonic {
			t.Errorf("after a jump of %v: %+v follows %+v", jump, after, before)
		}
		time.Sleep(8 * time.Second) // more than a keep-alive and a half
		before = after
	}
	for _, l := range d.log.since(0) {
		if strings.Contains(l.text, "connection lost") || strings.Contains(l.text, "given up") {
			t.Error(l.text)
		}
	}
	d.stop(t)
}

// TestFullSpool fills the disk of the spool, and empties it again.
func TestFullSpool(t *testing.T) {
	broker(t)
	mqtt := subscribe(t)
	dir := t.TempDir()
	sh(t, "mount -t tmpfs -o size=256k tiny %s", dir)
	t.Cleanup(func() { sh(t, "umount -l %s", dir) })
	sh(t, "dd if=/dev/zero of=%s/ballast bs=4k 2>/dev/null || true", dir)
	d := runWith(t, "spool: {path: "+dir+"/spool}", scenes)
	s, _ := awaitSpool(t, mqtt, 0, "memory")
	if !strings.Contains(s.Reason, "no space left") {
		t.Errorf("reason %q", s.Reason)
	}
	first := awaitEvent(t, mqtt, 0) // all goes on
	mark := mqtt.end()
	if err := os.Remove(filepath.Join(dir, "ballast")); err != nil {
		t.Fatal(err)
	}
	end := time.Now()
	s, at := awaitSpool(t, mqtt, mark, "disk")
	if took := at.Sub(end); took > 10*time.Second || s.Dropped.Memory > 0 {
		t.Errorf("back on the disk after %v: %+v", took, s)
	} else {
		t.Logf("back on the disk after %.1f s", took.Seconds())
	}
	if next := awaitEvent(t, mqtt, mark); next.Sequence <= first.Sequence {
		t.Errorf("%+v follows %+v", next, first)
	}
	d.stop(t)
}

// runWith starts the daemon as run does, with more settings of mqtt.
func runWith(t *testing.T, mqtt, config string) *inceptiond {
	t.Helper()
	file := write(t, "inceptiond.yaml", fmt.Sprintf("device: vm\nlog: {format: json}\nmqtt: {broker: \"mqtt://127.0.0.1\", %s}\n%s", mqtt, config))
	cmd, log := start(t, here(t, "inceptiond"), "run", "-c", file, "--output", "none")
	return &inceptiond{cmd: cmd, log: log}
}
