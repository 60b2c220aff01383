package mqtt

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/inceptiond/inceptiond/daemon/control"
	"github.com/inceptiond/inceptiond/publish"
)

// obedient is a controller that notes what it is told, and refuses what its rule refuses.
type obedient struct {
	mu   sync.Mutex
	told []control.Command
}

func (o *obedient) Do(_ context.Context, c control.Command) (control.Outcome, error) {
	rule, _ := control.RuleOf(c.Kind)
	value, err := rule.Parse(c.Value)
	if err != nil {
		return control.Outcome{Refused: []string{err.Error()}}, nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	unchanged := rule.Kept && len(o.told) > 0 && o.told[len(o.told)-1] == control.Command{Kind: c.Kind, Camera: c.Camera, Value: value}
	c.Value = value
	o.told = append(o.told, c)
	return control.Outcome{Unchanged: unchanged}, nil
}

func (o *obedient) commands() []control.Command {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.told)
}

// commanded is a client that takes commands.
func commanded(broker string, o *obedient, allowed ...string) Options {
	options := testOptions(broker)
	options.Commands, options.Control = allowed, o
	return options
}

// lastAck is the newest answer that w has seen of a camera.
func lastAck(w *watcher, camera string) (ack map[string]any) {
	list := w.on("inceptiond/gate/" + camera + "/ack")
	if len(list) == 0 {
		return nil
	}
	json.Unmarshal([]byte(list[len(list)-1]), &ack)
	return ack
}

func TestCommands(t *testing.T) {
	eachBroker(t, func(t *testing.T, addr string, kill, restart func()) {
		say := startSpeaker(t, addr)
		say("inceptiond/gate/cam/enter/set", true, "0.9") // retained: refused on each connection
		say("inceptiond/gate/settled", false, "")         // a broker acknowledges a message before it hands it on, but takes them in turn
		w := watch(t, "tcp://"+addr, nil, "", "")
		var o obedient
		c, _ := openClient(t, commanded("mqtt://"+addr, &o, "pause", "enter", "classify", "teach"), testPace)
		send(t, c, publish.Inventory{Cameras: []publish.Listed{{Name: "cam"}}})
		expect := func(outcome, reason string) {
			t.Helper()
			eventually(t, outcome+" "+reason, func() bool {
				ack := lastAck(w, "cam")
				text, _ := ack["reason"].(string)
				return ack["outcome"] == outcome && strings.Contains(text, reason)
			})
		}
		// The retained one came before there was an inventory, or after.
		for _, step := range []struct{ topic, payload, outcome, reason string }{
			{"cam/paused/set", "ON", "applied", ""},
			{"cam/paused/set", `{"value":"ON","id":"n1"}`, "unchanged", ""},
			{"cam/enter/set", `{"value":0.6}`, "applied", ""},
			{"cam/enter/set", "1.5", "refused", "1.5 is out of range (want 0 to 1)"},
			{"cam/classify/set", "PRESS", "applied", ""},
			{"cam/teach/set", `{"label":"open","count":2,"id":"n2"}`, "applied", ""},
			{"cam/teach/set", `{"label":"../open"}`, "refused", `{"label":"../open"} is no value of teach`},
			{"cam/train/set", "PRESS", "refused", "mqtt.commands has no train"},
			{"cam/trigger/set", "PRESS", "refused", "mqtt.commands has no trigger"},
			{"cam/paused/set", "\xff\xfe", "refused", "UTF-8"},
			{"cam/paused/set", strings.Repeat("x", maxCommand+1), "refused", "257 bytes"},
			{"cam/paused/set", `{"value":"OFF"} {}`, "refused", "not as wanted"},
			{"cam/paused/set", `{"value":[1]}`, "refused", "no text and no number"},
		} {
			eventually(t, "a pause", func() bool { // else they are too many
				say("inceptiond/gate/"+step.topic, false, step.payload)
				time.Sleep(commandTime / maxCommands)
				ack := lastAck(w, "cam")
				text, _ := ack["reason"].(string)
				return (ack["outcome"] == step.outcome || step.outcome == "applied" && ack["outcome"] == "unchanged") && strings.Contains(text, step.reason)
			})
		}
		say("inceptiond/gate/gone/paused/set", false, "ON")
		say("inceptiond/gate/cam/paused/set", false, "")
		expect("refused", "no text and no number")
		for _, told := range o.commands() {
			if told.Camera != "cam" || told.Kind == control.Trigger || told.Kind == control.Enter && told.Value != "0.6" {
				t.Errorf("carried out: %+v", told)
			}
		}
		if list := w.on("inceptiond/gate/gone/ack"); len(list) > 0 {
			t.Errorf("an answer for a camera that there is none of: %s", list)
		}
		s := c.Stats()
		if s.Commands.Applied == 0 || s.Commands.Refused == 0 || s.Commands.Unchanged == 0 {
			t.Errorf("counts %+v", s.Commands)
		}
	})
}

// A retained command is refused, on the first connection and on all others.
func TestRetainedCommandsAreRefused(t *testing.T) {
	b := startEmbedded(t, "127.0.0.1:0")
	cable := startProxy(t, b.Addr())
	say := startSpeaker(t, b.Addr())
	w := watch(t, "tcp://"+b.Addr(), nil, "", "")
	say("inceptiond/gate/cam/paused/set", true, "ON")
	w.expect(t, "inceptiond/gate/cam/paused/set", "ON") // from now on it is retained, and live no more
	var o obedient
	c, _ := openClient(t, commanded("mqtt://"+cable.Addr().String(), &o, "pause"), testPace)
	send(t, c, publish.Inventory{Cameras: []publish.Listed{{Name: "cam"}}})
	for round := range 3 {
		refusals := func() int { return strings.Count(strings.Join(w.on("inceptiond/gate/cam/ack"), ""), "it was retained") }
		before := refusals()
		cable.cut()
		eventually(t, fmt.Sprint("refusal of connection ", round), func() bool { return refusals() > before })
	}
	if told := o.commands(); len(told) > 0 {
		t.Errorf("carried out: %+v", told)
	}
}

func TestTooManyCommands(t *testing.T) {
	var r recent
	now := time.Now()
	var took, told int
	for i := range 100 { // in a second
		ok, tell := r.take(now.Add(time.Duration(i) * 9 * time.Millisecond))
		if ok {
			took++
		}
		if tell {
			told++
		}
	}
	if took != maxCommands || told != 1 {
		t.Errorf("%d taken, %d refusals told", took, told)
	}
	for i := range 10 { // five a second pass
		if ok, _ := r.take(now.Add(2*time.Second + time.Duration(i)*200*time.Millisecond)); !ok {
			t.Errorf("number %d refused", i)
		}
	}
}

// Without permissions nothing is subscribed to but how we are ourselves.
func TestNoCommands(t *testing.T) {
	for _, options := range []Options{commanded("mqtt://127.0.0.1:1", new(obedient)), testOptions("mqtt://127.0.0.1:1")} {
		c, _ := openClient(t, options, testPace)
		if f := c.filters(); !maps.Equal(f, map[string]byte{"inceptiond/gate/status": 0}) {
			t.Errorf("%v", f)
		}
	}
}

// The value of some commands is an object, alone or beside an id.
func TestParseObject(t *testing.T) {
	for payload, want := range map[string][3]string{
		`{"label":"open","count":5}`:             {`{"count":5,"label":"open"}`, "", ""},
		`{"label":"open","id":"n1"}`:             {`{"label":"open"}`, "n1", ""},
		`{"value":{"label":"open"},"id":"n1"}`:   {`{"label":"open"}`, "n1", ""},
		`{"value":"open"}`:                       {`"open"`, "", ""},
		`{"value":{"label":"open"},"label":"x"}`: {`{"label":"x","value":{"label":"open"}}`, "", ""},
		`{"label":"open","id":1}`:                {`{"label":"open","id":1}`, "", "its id is no text"},
		`{"label":`:                              {`{"label":`, "", "it is no JSON"},
		`{} {}`:                                  {`{} {}`, "", "it is no JSON"},
		`PRESS`:                                  {`PRESS`, "", ""},
	} {
		value, id, err := parseCommand([]byte(payload), true)
		if text := fmt.Sprint(err); value != want[0] || id != want[1] || (err == nil) != (want[2] == "") || err != nil && text != want[2] {
			t.Errorf("%s: %s, %q, %v; want %q", payload, value, id, err, want)
		}
	}
}

func FuzzParseCommand(f *testing.F) {
	for _, seed := range []string{"ON", `{"label":"open","count":5,"id":"n1"}`, `{"value":{"label":"open"}}`, `{"value":"ON","id":"n1"}`, `{"value":0.5}`, `{"value":1e999}`, `{`, `{"value":{}}`, "\xff", `{"value":"\ud800"}`} {
		f.Add([]byte(seed), false)
		f.Add([]byte(seed), true)
	}
	f.Fuzz(func(t *testing.T, payload []byte, object bool) {
		value, id, err := parseCommand(payload, object)
		if err == nil && (!utf8.ValidString(value) || !utf8.ValidString(id) || len(value)+len(id) > 6*maxCommand) {
			t.Errorf("%q: %q, %q", payload, value, id)
		}
		if text := fmt.Sprint(err); !utf8.ValidString(text) || len(text) > 300 {
			t.Errorf("%q: %q", payload, text)
		}
	})
}
