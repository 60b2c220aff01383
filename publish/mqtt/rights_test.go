package mqtt

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/publish"
)

// withRules starts a mosquitto with an access file.
func withRules(t *testing.T, rules, lines string) *mosquitto {
	t.Helper()
	acl := filepath.Join(t.TempDir(), "acl")
	if err := os.WriteFile(acl, []byte(rules), 0o644); err != nil {
		t.Fatal(err)
	}
	return startMosquitto(t, "allow_anonymous true\nacl_file "+acl+"\n"+lines)
}

// resultsOnly are the rules of somebody who thought of results alone.
const resultsOnly = "topic write inceptiond/+/+/result\ntopic readwrite inceptiond/+/doctor/#\n"

func rightsOf(t *testing.T, o Options, largest int, cameras ...string) *Rights {
	t.Helper()
	r, err := runProbe(t.Context(), o, Wanted{Inventory: inventory(cameras...), Largest: largest}, testPace)
	if err != nil || r.failed() != nil {
		t.Fatalf("%+v, %v", r.failed(), err)
	}
	return r.Rights
}

// A probe finds which topics may not be written, and nobody hears it.
func TestProbeOfRights(t *testing.T) {
	m := withRules(t, resultsOnly+"user watcher\ntopic read #\n", "password_file "+passwords(t, "watcher", "x"))
	w := watch(t, "tcp://"+m.addr, nil, "watcher", "x")
	r := rightsOf(t, testOptions("mqtt://"+m.addr), 16384, "drive", "yard")
	if r == nil || len(r.Advice) != 1 || r.Advice[0].Works || r.Asked < 10 {
		t.Fatalf("%+v", r)
	}
	a := r.Advice[0]
	for _, want := range []string{"inceptiond/gate/status", "inceptiond/gate/+/state", "inceptiond/gate/+/event", "inceptiond/gate/event"} {
		if !strings.Contains(a.What, want) && !strings.Contains(a.What, "more") {
			t.Errorf("no %s in %s", want, a.What)
		}
	}
	if strings.Contains(a.What, "result") || !strings.Contains(a.Mend, "let everybody write them (mosquitto, in acl_file: topic readwrite inceptiond/gate/#)") {
		t.Errorf("%+v", a)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, heard := range w.messages {
		if !strings.HasPrefix(heard.Topic(), "inceptiond/gate/doctor/") {
			t.Errorf("heard %s %q", heard.Topic(), heard.Payload())
		}
	}
}

// Rights that are complete, or go by the client id, are no fault.
func TestProbeOfOtherRights(t *testing.T) {
	m := withRules(t, "topic readwrite inceptiond/gate/#\n", "")
	if r := rightsOf(t, testOptions("mqtt://"+m.addr), 16384, "drive"); r == nil || len(r.Advice) > 0 || r.Asked < 10 {
		t.Errorf("with all rights: %+v", r)
	}
	m = withRules(t, "topic readwrite inceptiond/+/doctor/#\ntopic read inceptiond/#\npattern write inceptiond/%c/#\n", "")
	o := testOptions("mqtt://" + m.addr)
	o.ClientID = "gate"
	c, _ := openClient(t, o, testPace)
	eventually(t, "online", func() bool { return c.Stats().Published > 0 })
	r := rightsOf(t, o, 16384, "drive")
	if r == nil || len(r.Advice) != 1 || !r.Advice[0].Works || !strings.Contains(r.Advice[0].Mend, "client id") {
		t.Errorf("by client id: %+v", r)
	}
	b := startEmbedded(t, "127.0.0.1:0") // hands on what is not released
	if r := rightsOf(t, testOptions("mqtt://"+b.Addr()), 16384, "drive"); r != nil {
		t.Errorf("of an eager broker: %+v", r)
	}
}

// A limit on messages is found, and named if it matters.
func TestProbeOfSize(t *testing.T) {
	for lines, want := range map[string]string{
		"message_size_limit 300":    "no message with more than 300 bytes",
		"message_size_limit 100000": "",
		"max_packet_size 1000":      "no message with more than 9",
	} {
		m := startMosquitto(t, "allow_anonymous true\n"+lines)
		r := rightsOf(t, testOptions("mqtt://"+m.addr), 2000, "drive")
		switch {
		case r == nil:
			t.Errorf("%s: not asked", lines)
		case want == "" && len(r.Advice) > 0:
			t.Errorf("%s: %+v", lines, r)
		case want != "" && (len(r.Advice) != 1 || !strings.Contains(r.Advice[0].What, want) || !r.Advice[0].Works):
			t.Errorf("%s: %+v", lines, r)
		}
	}
}

func TestNamed(t *testing.T) {
	write := map[string]bool{"p/status": false, "p/event": true, "p/a/event": false, "p/b/event": false, "p/a/state": false, "p/b/state": true, "ha/x/y/config": false}
	if got, want := named("p", write), []string{"ha/x/y/config", "p/+/event", "p/a/state", "p/status"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := named("p", map[string]bool{"p/a/event": false}); !slices.Equal(got, []string{"p/a/event"}) {
		t.Errorf("of one camera: %q", got)
	}
	var many []string
	for i := range 20 {
		many = append(many, fmt.Sprint(i))
	}
	if got := list(many); got != "0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 8 more" {
		t.Error(got)
	}
}

func TestTopics(t *testing.T) {
	o, _, err := testOptions("mqtt://h").withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	got := o.topics(publish.Inventory{Cameras: []publish.Listed{{Name: "a", Snapshots: true}, {Name: "b"},
		{Name: "c", Task: publish.TaskDetect, Counts: []string{"Dog"}}, {Name: "d", Task: publish.TaskSegment, SegmentMap: true}}})
	for topic, want := range map[string]bool{
		"event": true, "status": true, "config": true, "spool": true, "a/event": true, "b/event": true, "a/result": true, "b/state": true,
		"a/snapshot": true, "b/snapshot": false, "a/ack": false, "gpio": false, "a/stats": false, "system": false, "a/config": false,
		"c/count/dog": true, "c/count": false, "c/state": false, "c/change": false, "c/decision": true, "c/segment_map": false, "a/count": false,
		"d/segment_map": true,
	} {
		if slices.Contains(got, "inceptiond/gate/"+topic) != want {
			t.Errorf("%s: %v in %q", topic, !want, got)
		}
	}
	if got[0] != "inceptiond/gate/event" {
		t.Errorf("first is %s", got[0])
	}
}
