package mqtt

import (
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/publish"
	"github.com/inceptiond/inceptiond/publish/homeassistant"
)

const (
	birthTopic   = "homeassistant/status"
	machineTopic = "homeassistant/device/inceptiond_gate/config"
	camTopic     = "homeassistant/device/inceptiond_gate/cam/config"
	goneTopic    = "homeassistant/device/inceptiond_gate/gone/config"
)

// announcing are options of a client that announces to Home Assistant.
func announcing(broker string) Options {
	o := testOptions(broker)
	o.HomeAssistant = &homeassistant.Options{Version: "1.0.0", Report: time.Minute}
	return o
}

// of lists cam with classes.
func of(classes ...string) publish.Inventory {
	return publish.Inventory{Cameras: []publish.Listed{{Name: "cam", Classes: classes}}}
}

func decision(label, reason string) publish.Decision {
	return publish.Decision{Device: "gate", Camera: "cam", Label: label, Reason: reason, Time: time.Now()}
}

// announcingOutbox is an outbox that announces with a spacing.
func announcingOutbox(t *testing.T, spacing time.Duration) *outbox {
	t.Helper()
	o, _, err := announcing("mqtt://h").withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	b := newOutbox(o)
	b.announce(homeassistant.NewAnnouncer(*o.HomeAssistant, homeassistant.Pace{Spacing: spacing}, nil))
	return b
}

// taken are the topics of what b sends next, or for online and a decision what they say.
func taken(b *outbox) (list []string) {
	say := func(m message) {
		text := strings.TrimPrefix(strings.TrimPrefix(m.topic, "inceptiond/gate/"), "homeassistant/device/")
		switch {
		case len(m.payload) == 0:
			text += " empty"
		case strings.HasSuffix(m.topic, "/decision"):
			_, text, _ = strings.Cut(string(m.payload), `"reason":"`)
			text, _, _ = strings.Cut(text, `"`)
		case string(m.payload) == online:
			text = online
		}
		list = append(list, text)
	}
	for m, ok := b.takeRetained(); ok; m, ok = b.takeRetained() {
		say(m)
	}
	for m, ok := b.takeQueued(); ok; m, ok = b.takeQueued() {
		say(m)
	}
	return list
}

func putAll(t *testing.T, b *outbox, messages ...publish.Message) {
	t.Helper()
	for _, m := range messages {
		if i, ok := m.(publish.Inventory); ok {
			b.takeInventory(i)
		} else if _, err := b.put(m, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
}

func expectTaken(t *testing.T, b *outbox, want ...string) {
	t.Helper()
	if got := taken(b); !slices.Equal(got, want) {
		t.Errorf("sent\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// On a connection come online, so that it is known what the broker takes; the documents; online again, for those who read
// them; what is retained; and the newest reports.
func TestOutboxAnnounces(t *testing.T) {
	b := announcingOutbox(t, time.Hour)
	putAll(t, b, of("cat"), status(publish.CameraOnline, ""), decision("cat", "a cat"), publish.Stats{Camera: "cam"}, publish.Stats{Camera: "cam"},
		publish.System{}, publish.Change{Camera: "cam"})
	b.renew()
	expectTaken(t, b, online, "inceptiond_gate/config", "inceptiond_gate/cam/config", online, "cam/status", "a cat", "system", "cam/stats")
	putAll(t, b, publish.System{})
	expectTaken(t, b, "system")
}

// What says something new comes behind what was said before, even if more was said since, and what it is about is said once more.
func TestOutboxAnnouncesOtherClasses(t *testing.T) {
	b := announcingOutbox(t, 0)
	putAll(t, b, of("cat"), decision("cat", "a cat"))
	b.renew()
	taken(b)
	putAll(t, b, decision("", "classes changed"), of("dog"))
	expectTaken(t, b, "classes changed", "inceptiond_gate/cam/config", online, "classes changed")
	putAll(t, b, decision("", "classes changed"), of("bird"), decision("bird", "a bird"))
	expectTaken(t, b, "classes changed", "a bird", "inceptiond_gate/cam/config", online, "a bird")
	putAll(t, b, decision("", "classes changed"), of("cow"), decision("cow", "a cow"))
	b.renew() // whoever is there now has not heard of birds
	expectTaken(t, b, online, "inceptiond_gate/config", "inceptiond_gate/cam/config", online, "a cow")
	putAll(t, b, inventory())
	expectTaken(t, b, "cam/decision empty", "inceptiond_gate/cam/config empty")
}

func must[A, B any](a A, _ B, err error) A {
	if err != nil {
		panic(err)
	}
	return a
}

// Without Home Assistant a report is not kept.
func TestOutboxForgetsReports(t *testing.T) {
	b := testOutbox(func(o *Options) {})
	putAll(t, b, publish.System{})
	b.renew()
	expectTaken(t, b, online)
}

func TestAnnounce(t *testing.T) {
	eachBroker(t, func(t *testing.T, addr string, kill, restart func()) {
		say := startSpeaker(t, addr)
		gone := homeassistant.Documents(*must(announcing("mqtt://h").withDefaults()).HomeAssistant, inventory("gone"))[1]
		foreign := map[string]string{
			"homeassistant/device/inceptiond_gate2/gone/config": string(gone.Payload),
			"homeassistant/device/inceptiond_gate/lamp/config":  `{"o":{"name":"of another program"}}`,
			"homeassistant/sensor/inceptiond_gate/gone/config":  string(gone.Payload),
		}
		for topic, payload := range foreign {
			say(topic, true, payload)
		}
		say(goneTopic, true, string(gone.Payload))
		say(birthTopic, true, online)
		say("inceptiond/gate/settled", false, "") // a broker acknowledges a message before it hands it on, but takes them in turn
		w := watch(t, "tcp://"+addr, nil, "", "")
		c, logs := openClient(t, announcing("mqtt://"+addr), testPace)
		send(t, c, of("cat"))
		send(t, c, status(publish.CameraOnline, ""))
		send(t, c, publish.System{Device: "gate", Duty: 1})
		w.expect(t, machineTopic, `"mdl":"machine"`)
		w.expect(t, camTopic, `"options":["cat","none"]`)
		eventually(t, "the document of a camera that is gone to go", func() bool { return kept(t, addr)[goneTopic] == "" })
		eventually(t, "the document of the camera", func() bool { return kept(t, addr)[camTopic] != "" })
		time.Sleep(2 * (testPace.home.Max + testPace.home.Spacing)) // a retained birth is none
		if n := len(w.on(camTopic)); n != 1 {
			t.Errorf("announced %d times", n)
		}
		before := len(w.on("inceptiond/gate/cam/status"))
		say(birthTopic, false, online)
		say(birthTopic, false, online)
		w.expect(t, machineTopic, "", "")
		w.expect(t, camTopic, "", "")
		eventually(t, "the status, once more", func() bool { return len(w.on("inceptiond/gate/cam/status")) > before })
		eventually(t, "the report, once more", func() bool { return len(w.on("inceptiond/gate/system")) >= 2 })
		send(t, c, inventory())
		eventually(t, "the document to go", func() bool { return kept(t, addr)[camTopic] == "" })
		got := kept(t, addr)
		for topic, payload := range foreign {
			if got[topic] != payload {
				t.Errorf("%s is %q", topic, got[topic])
			}
		}
		c.Withdraw()
		closeInTime(t, c)
		eventually(t, "the machine's document to go", func() bool { return kept(t, addr)[machineTopic] == "" })
		if said := logs.FilterLevelExact(zap.WarnLevel).All(); len(said) > 0 {
			t.Errorf("warnings: %v", said)
		}
	})
}

// Of a document that an older daemon has left, what is not there any more is told to go.
func TestAnnouncedLabelsGo(t *testing.T) {
	detects := func(labels ...string) publish.Inventory {
		return publish.Inventory{Cameras: []publish.Listed{{Name: "cam", Task: publish.TaskDetect, Counts: labels}}}
	}
	eachBroker(t, func(t *testing.T, addr string, kill, restart func()) {
		say := startSpeaker(t, addr)
		old := homeassistant.Documents(*must(announcing("mqtt://h").withDefaults()).HomeAssistant, detects("cat", "dog"))[1]
		say(camTopic, true, string(old.Payload))
		c, _ := openClient(t, announcing("mqtt://"+addr), testPace)
		send(t, c, detects("dog"))
		eventually(t, "the cat to be told to go", func() bool {
			is := kept(t, addr)[camTopic]
			return strings.Contains(is, `"count_cat":{"p":"sensor"}`) && strings.Contains(is, `"occupancy_cat":{"p":"binary_sensor"}`) &&
				strings.Contains(is, `"count_dog":{"p":"sensor","qos":1,`)
		})
	})
}

// A broker that forgot hears everything again, and nothing sooner than Home Assistant can take it.
func TestAnnounceToABrokerThatForgot(t *testing.T) {
	eachBroker(t, func(t *testing.T, addr string, kill, restart func()) {
		c, _ := openClient(t, announcing("mqtt://"+addr), testPace)
		send(t, c, of("cat"))
		eventually(t, "the document", func() bool { return kept(t, addr)[camTopic] != "" })
		sent := c.Announced()[camTopic]
		kill()
		restart()
		eventually(t, "the document, once more", func() bool { return c.Announced()[camTopic].After(sent) && kept(t, addr)[camTopic] != "" })
		if d := c.Announced()[camTopic].Sub(sent); d < testPace.home.Spacing {
			t.Errorf("%v from one to the next", d)
		}
		closeInTime(t, c)
		o := announcing("mqtt://" + addr)
		o.Announced = c.Announced()
		next, _ := openClient(t, o, testPace)
		send(t, next, inventory())
		eventually(t, "the document to go", func() bool { return kept(t, addr)[camTopic] == "" })
	})
}

// writeFile makes a file of a text, for a broker to read.
func writeFile(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

// A broker whose rules do not allow documents acknowledges them all the same.
func TestAnnounceWithoutTheRight(t *testing.T) {
	m := startMosquitto(t, "allow_anonymous true\nacl_file "+writeFile(t, "topic readwrite inceptiond/#\ntopic read homeassistant/#\n"))
	p := testPace
	p.sweep = 3 * time.Second // so that what there is was told by then
	c, logs := openClient(t, announcing("mqtt://"+m.addr), p)
	send(t, c, of("cat"))
	const warning = "does not give announcements"
	eventually(t, "a warning", func() bool { return warnings(logs, warning) == 1 })
	fields := logs.FilterMessageSnippet(warning).All()[0].ContextMap()
	if mend := fields["mend"].(string); !strings.Contains(mend, "topic readwrite homeassistant/device/inceptiond_gate/# in acl_file") {
		t.Errorf("mend: %s", mend)
	}
	send(t, c, result("cam", "all the same"))
	eventually(t, "a result", func() bool { return c.Stats().Waiting == 0 })
}

// A broker that hangs up at the subscriptions is used all the same, and is told what there is.
func TestAnnounceWithoutHearing(t *testing.T) {
	for name, refuse := range map[string]func(conn net.Conn, body []byte){
		"hangs up": func(conn net.Conn, _ []byte) { conn.Close() },
		"refuses": func(conn net.Conn, body []byte) {
			conn.Write([]byte{0x90, 4, body[0], body[1], subscribeRefused, subscribeRefused})
		},
	} {
		t.Run(name, func(t *testing.T) {
			url := scripted(t, func(conn net.Conn, kind byte, body []byte) bool {
				if kind>>4 == 8 {
					refuse(conn, body)
				}
				return kind>>4 == 8
			})
			c, logs := openClient(t, announcing(url), testPace)
			send(t, c, of("cat"))
			send(t, c, result("cam", "all the same"))
			eventually(t, "all to be sent", func() bool {
				s := c.Stats()
				return s.Connected && s.Waiting == 0 && s.Published > 4 && warnings(logs, "subscription") > 0
			})
		})
	}
}

func TestAnnouncementIsChecked(t *testing.T) {
	for name, change := range map[string]func(o *Options){
		"device":           func(o *Options) { o.Device = "gate pi" },
		"discovery prefix": func(o *Options) { o.HomeAssistant.Discovery = "home/+" },
		"status topic":     func(o *Options) { o.HomeAssistant.StatusTopic = "homeassistant//status" },
	} {
		o := announcing("mqtt://h")
		if change(&o); Check(o) == nil {
			t.Errorf("%s: no error", name)
		}
	}
	o := announcing("mqtt://h")
	if err := Check(o); err != nil || o.HomeAssistant.Prefix != "" {
		t.Errorf("%v; the caller's options: %+v", err, o.HomeAssistant)
	}
}
