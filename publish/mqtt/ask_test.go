package mqtt

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// rules is the access file of a mosquitto.
type rules struct {
	*mosquitto
	file string
}

// setRules has the broker go by other rules from now on.
func (r rules) set(t *testing.T, text string) {
	t.Helper()
	if err := os.WriteFile(r.file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := r.process.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
}

// watcherRules let the test hear everything.
const watcherRules = "user watcher\ntopic read #\n"

// startRules starts a mosquitto with rules, and a watcher who may read everything.
func startRules(t *testing.T, text string) (rules, *watcher) {
	t.Helper()
	r := rules{file: filepath.Join(t.TempDir(), "acl")}
	if err := os.WriteFile(r.file, []byte(text+watcherRules), 0o644); err != nil {
		t.Fatal(err)
	}
	r.mosquitto = startMosquitto(t, "allow_anonymous true\nacl_file "+r.file+"\npassword_file "+passwords(t, "watcher", "x"))
	return r, watch(t, "tcp://"+r.addr, nil, "watcher", "x")
}

func askingOptions(t *testing.T, url string) Options {
	o := spoolOptions(url, t.TempDir())
	o.Ask, o.Sweep = true, true
	return o
}

// spoolMessage is the last that w heard of the spool.
func (w *watcher) spoolMessage() (m struct {
	Waiting, Held int
	HeldReason    string `json:"held_reason"`
}) {
	if all := w.on("inceptiond/gate/spool"); len(all) > 0 {
		json.Unmarshal([]byte(all[len(all)-1]), &m)
	}
	return m
}

// Events that may not be written wait, across a restart too, and come when they may. What is allowed goes on meanwhile, and
// nobody hears the questions.
func TestEventsWaitForTheirRight(t *testing.T) {
	const some = "topic write inceptiond/+/+/result\ntopic write inceptiond/+/spool\ntopic write inceptiond/gate/yard/event\ntopic readwrite inceptiond/+/doctor/#\n"
	r, w := startRules(t, some)
	o := askingOptions(t, "mqtt://"+r.addr)
	c, logs := openClient(t, o, testPace)
	send(t, c, inventory("drive", "yard"))
	send(t, c, state(result("drive", "dog")))
	for i := range 3 {
		change(t, c, "drive", fmt.Sprint("held-", i))
		change(t, c, "yard", fmt.Sprint("free-", i))
		send(t, c, result("drive", fmt.Sprint("result-", i, "-")))
	}
	w.expect(t, "inceptiond/gate/drive/result", "result-0-", "result-1-", "result-2-")
	w.expect(t, "inceptiond/gate/yard/event", "free-0", "free-1", "free-2")
	eventually(t, "three held", func() bool { return c.Stats().Spool.Held == 3 && c.Stats().Spool.ToSend() == 0 })
	eventually(t, "the spool says so", func() bool { m := w.spoolMessage(); return m.Held == 3 && m.Waiting == 3 })
	if m := w.spoolMessage(); m.HeldReason != "the broker does not let us write inceptiond/gate/drive/event, inceptiond/gate/event" {
		t.Errorf("spool: %+v", m)
	}
	denials := logs.FilterMessageSnippet("throws away what is published").All()
	if len(denials) != 1 || !strings.Contains(fmt.Sprint(denials[0].ContextMap()["topics"]), "inceptiond/gate/+/state") ||
		!strings.Contains(fmt.Sprint(denials[0].ContextMap()["mend"]), "topic readwrite inceptiond/gate/#") {
		t.Errorf("logged: %v", denials)
	}
	eventually(t, "a warning", func() bool { return warnings(logs, "events wait until the broker takes them") > 0 })
	if n := warnings(logs, "events wait until the broker takes them"); n != 1 {
		t.Errorf("%d warnings, want 1", n)
	}
	closeInTime(t, c)
	<-c.done

	c, logs = openClient(t, o, testPace)
	send(t, c, inventory("drive", "yard"))
	send(t, c, state(result("drive", "cat")))
	change(t, c, "drive", "held-3")
	change(t, c, "yard", "free-3")
	w.expect(t, "inceptiond/gate/yard/event", "free-0", "free-1", "free-2", "free-3") // and none again
	eventually(t, "four held", func() bool { return c.Stats().Spool.Held == 4 })
	eventually(t, "several questions", func() bool { return c.asked.Load() > 3 })
	r.set(t, "topic readwrite inceptiond/gate/#\n"+watcherRules)
	w.expect(t, "inceptiond/gate/drive/event", "held-0", "held-1", "held-2", "held-3")
	w.expect(t, "inceptiond/gate/drive/state", "cat")
	w.expect(t, "inceptiond/gate/status", "online")
	eventually(t, "nothing waits", drained(c))
	eventually(t, "it is told", func() bool { return logs.FilterMessage("the broker takes everything now").Len() == 1 })
	eventually(t, "connected", func() bool { return c.Stats().Connected })
	asked := c.asked.Load()
	time.Sleep(6 * testPace.askMin) // there is nothing to ask for any more
	if n := c.asked.Load(); n != asked {
		t.Errorf("asked %d times more", n-asked)
	}
	if s := c.Stats(); s.Reconnects != 0 || !s.Connected {
		t.Errorf("stats: %+v", s)
	}
	w.quiet(t)
}

// quiet holds what was heard to what a client says: no empty messages, and nothing retained below doctor.
func (w *watcher) quiet(t *testing.T) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, m := range w.messages {
		own := strings.HasPrefix(m.Topic(), "inceptiond/gate/doctor/")
		if len(m.Payload()) == 0 || own && (m.Retained() || string(m.Payload()) != `{"released":true}`) {
			t.Errorf("heard %s %q", m.Topic(), m.Payload())
		}
	}
}

// With all rights, the broker is asked once for each connection, and hears nothing of it.
func TestAllIsAllowed(t *testing.T) {
	r, w := startRules(t, "topic readwrite inceptiond/gate/#\n")
	p := startProxy(t, r.addr)
	pace := testPace
	pace.fresh = 0
	c, logs := openClient(t, askingOptions(t, "mqtt://"+p.Addr().String()), pace)
	send(t, c, inventory("drive"))
	change(t, c, "drive", "one")
	w.expect(t, "inceptiond/gate/drive/event", "one")
	eventually(t, "acknowledged", drained(c))
	if n := c.asked.Load(); n != 1 {
		t.Errorf("asked %d times", n)
	}
	p.cut()
	change(t, c, "drive", "two")
	w.expect(t, "inceptiond/gate/drive/event", "one", "two")
	eventually(t, "another question", func() bool { return c.asked.Load() == 2 })
	if n := warnings(logs, "throws away"); n != 0 {
		t.Errorf("%d warnings", n)
	}
	own := 0
	w.mu.Lock()
	for _, m := range w.messages {
		if strings.HasPrefix(m.Topic(), "inceptiond/gate/doctor/") {
			own++
		}
	}
	w.mu.Unlock()
	if own != 1 {
		t.Errorf("%d proofs, want 1 for two questions", own)
	}
	w.quiet(t)
}

// A camera that comes is asked for before its events are sent.
func TestANewCameraIsAskedFor(t *testing.T) {
	r, w := startRules(t, "topic readwrite inceptiond/gate/doctor/#\ntopic write inceptiond/gate/drive/#\ntopic write inceptiond/gate/event\n")
	c, _ := openClient(t, askingOptions(t, "mqtt://"+r.addr), testPace)
	send(t, c, inventory("drive"))
	change(t, c, "drive", "one")
	w.expect(t, "inceptiond/gate/drive/event", "one")
	send(t, c, inventory("drive", "yard"))
	for i := range 20 {
		change(t, c, "yard", fmt.Sprint(i))
	}
	change(t, c, "drive", "two")
	w.expect(t, "inceptiond/gate/drive/event", "one", "two")
	eventually(t, "those of the new camera are held", func() bool { return c.Stats().Spool.Held == 20 })
}

// Messages that are too large for the broker are left out, and events of that size wait.
func TestTooLargeMessages(t *testing.T) {
	long := strings.Repeat("long", 500)
	for _, limit := range []string{"message_size_limit 1000", "max_packet_size 1000"} {
		t.Run(limit, func(t *testing.T) {
			m := startMosquitto(t, "allow_anonymous true\n"+limit)
			w := watch(t, "tcp://"+m.addr, nil, "", "")
			c, logs := openClient(t, askingOptions(t, "mqtt://"+m.addr), testPace)
			send(t, c, inventory("drive"))
			change(t, c, "drive", long)
			send(t, c, result("drive", long))
			send(t, c, state(result("drive", long)))
			change(t, c, "drive", "short")
			send(t, c, result("drive", "short"))
			w.expect(t, "inceptiond/gate/drive/event", "short")
			w.expect(t, "inceptiond/gate/drive/result", "short")
			eventually(t, "what is left", func() bool { s := c.Stats(); return s.Spool.Held == 1 && s.Spool.ToSend() == 0 && s.Refused >= 2 })
			if n := warnings(logs, "too large for the broker"); n != 1 {
				t.Errorf("%d warnings, want 1", n)
			}
			if s := c.Stats(); s.Reconnects != 0 {
				t.Errorf("stats: %+v", s)
			}
			eventually(t, "the spool says so", func() bool { return w.spoolMessage().HeldReason == "they are larger than the broker takes" })
		})
	}
}

// A broker that cannot be asked gets all there is, at once.
func TestBrokersThatCannotBeAsked(t *testing.T) {
	b := startEmbedded(t, "127.0.0.1:0")
	w := watch(t, "tcp://"+b.Addr(), nil, "", "")
	c, _ := openClient(t, askingOptions(t, "mqtt://"+b.Addr()), testPace)
	send(t, c, inventory("drive"))
	change(t, c, "drive", "one")
	w.expect(t, "inceptiond/gate/drive/event", "one")
	if s := c.Stats(); s.Spool.Held != 0 || c.asked.Load() != 1 {
		t.Errorf("%+v", s)
	}
}

// What one connection of a planned pair leaves, the next goes on with: nothing is said twice, and nothing is lost under load.
func TestAQuestionInBetween(t *testing.T) {
	r, w := startRules(t, "topic write inceptiond/gate/+/event\ntopic write inceptiond/gate/status\ntopic write inceptiond/gate/+/result\ntopic readwrite inceptiond/gate/doctor/#\n")
	pace := testPace
	pace.askMin, pace.askMax = 20*time.Millisecond, 20*time.Millisecond
	c, _ := openClient(t, askingOptions(t, "mqtt://"+r.addr), pace)
	send(t, c, inventory("cam0", "cam1", "cam2"))
	stop := load(t, c, 3*time.Millisecond)
	eventually(t, "many questions", func() bool { return c.asked.Load() > 8 })
	want := stop()
	eventually(t, "all acknowledged", func() bool { return c.Stats().Spool.ToSend() == 0 })
	var got []string
	for _, camera := range []string{"cam0", "cam1", "cam2"} {
		for _, text := range w.on("inceptiond/gate/" + camera + "/event") {
			e, err := parseEvent([]byte(text))
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, camera+" "+e.Value)
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("%d events came of %d", len(got), len(want))
	}
	if got := w.on("inceptiond/gate/status"); len(got) != 1 || got[0] != online {
		t.Errorf("status: %q", got)
	}
}

// Questions go the way of all else, over WebSockets and TLS too.
func TestQuestionsOverAllTransports(t *testing.T) {
	ca := newAuthority(t)
	for scheme, addr := range ports(t, ca) {
		o := askingOptions(t, scheme+"://"+addr)
		o.Device = "gate-" + scheme
		if scheme == "mqtts" || scheme == "wss" {
			o.TLS.CAFile = ca.file
		}
		c, _ := openClient(t, o, testPace)
		send(t, c, inventory("drive"))
		change(t, c, "drive", "one")
		eventually(t, "an event over "+scheme, drained(c))
		closeInTime(t, c)
		<-c.done
		if len(c.node().terms.Load().write) < 10 {
			t.Errorf("%s: %v", scheme, c.node().terms.Load().write)
		}
	}
}
