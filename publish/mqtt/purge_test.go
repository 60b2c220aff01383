package mqtt

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"github.com/inceptiond/inceptiond/internal/testing/freeport"
	"github.com/inceptiond/inceptiond/publish/homeassistant"
)

// purging is a purge of what testOptions publish on the broker at url.
func purging(t *testing.T, url string) *Purge {
	t.Helper()
	pace := testPace
	pace.sweep = 700 * time.Millisecond // a busy broker takes its time
	p, err := openPurge(t.Context(), testOptions(url), pace)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

func listed(t *testing.T, p *Purge) Retained {
	t.Helper()
	r, err := p.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func topics(messages []Leftover) (list []string) {
	for _, m := range messages {
		list = append(list, m.Topic)
	}
	return list
}

// documentOf is the document of the camera old of the device gate, whose messages are below prefix.
func documentFor(prefix string) string {
	o := homeassistant.Options{Device: "gate", Prefix: prefix}.WithDefaults()
	return string(homeassistant.Documents(o, inventory("old"))[1].Payload)
}

func TestPurge(t *testing.T) {
	eachBroker(t, func(t *testing.T, addr string, kill, restart func()) {
		say := startSpeaker(t, addr)
		const prefix, home = "inceptiond/gate/", "homeassistant/device/inceptiond_gate/"
		others := []string{"inceptiond/gate", "inceptiond/gate2/status", "inceptiond/gat", "homeassistant/device/inceptiond_gate2/old/config", "homeassistant/status"}
		for _, topic := range others {
			say(topic, true, "of others")
		}
		ours := []string{home + "config", home + "gone/deeper/config", home + "old/config", prefix, prefix + "cam/decision", prefix + "cam/snapshot",
			prefix + "cam/Ünï cødé \u202e", prefix + "status"}
		for _, topic := range ours {
			say(topic, true, map[string]string{prefix + "cam/snapshot": strings.Repeat("x", 300<<10), prefix + "status": offline}[topic]+"x")
		}
		say(prefix+"status", true, offline)
		say(home+"old/config", true, documentFor("inceptiond/gate"))
		say(home+"renamed/config", true, documentFor("elsewhere"))
		say(prefix+"cam/result", false, "not retained")
		p := purging(t, "mqtt://"+addr)
		slices.Sort(ours)
		r := listed(t, p)
		if got := topics(r.Messages); !slices.Equal(got, ours) || r.Online || r.More || r.Others != 1 {
			t.Errorf("found %q, want %q; online %t, %d others", got, ours, r.Online, r.Others)
		}
		left, err := p.Clear(t.Context(), r.Messages)
		if err != nil || len(left) > 0 {
			t.Errorf("left %v, %v", left, err)
		}
		got := kept(t, addr)
		for _, topic := range append(others, home+"renamed/config") {
			if _, there := got[topic]; !there {
				t.Errorf("%s is gone", topic)
			}
			delete(got, topic)
		}
		for topic := range got {
			if strings.HasPrefix(topic, "inceptiond/") || strings.HasPrefix(topic, "homeassistant") {
				t.Errorf("%s is still there", topic)
			}
		}
	})
}

// A prefix that somebody uses stays as it is.
func TestPurgeOfAPrefixInUse(t *testing.T) {
	eachBroker(t, func(t *testing.T, addr string, kill, restart func()) {
		say := startSpeaker(t, addr)
		say("inceptiond/gate/old/state", true, "x")
		p := purging(t, "mqtt://"+addr)
		before := listed(t, p)
		c, _ := openClient(t, testOptions("mqtt://"+addr), testPace)
		eventually(t, "a daemon", func() bool { return kept(t, addr)["inceptiond/gate/status"] == online })
		if r := listed(t, p); !r.Online {
			t.Error("nobody is online")
		}
		// It came when the list was made already.
		if _, err := p.Clear(t.Context(), before.Messages[:0]); !errors.Is(err, ErrOnline) {
			t.Errorf("Clear: %v", err)
		}
		if kept(t, addr)["inceptiond/gate/old/state"] == "" {
			t.Error("it was cleared all the same")
		}
		closeInTime(t, c)
	})
}

// Ten thousand topics are left after years of renamed cameras. Not every broker sends as many at once.
func TestPurgeOfThousands(t *testing.T) {
	const n = 10_000
	m := startMosquitto(t, "allow_anonymous true")
	c := paho.NewClient(paho.NewClientOptions().AddBroker("tcp://" + m.addr).SetClientID("thousands").SetAutoReconnect(false))
	await(t, c.Connect())
	defer c.Disconnect(100)
	for i := range n {
		token := c.Publish(fmt.Sprintf("inceptiond/gate/cam%d/state", i), 1, true, strings.Repeat("x", 200))
		if i%100 == 99 {
			await(t, token)
		}
	}
	p := purging(t, "mqtt://"+m.addr)
	r := listed(t, p)
	if len(r.Messages) < n/2 { // mosquitto throws away what it cannot send at once to somebody who is slow
		t.Errorf("%d of %d are listed", len(r.Messages), n)
	}
	if left, err := p.Clear(t.Context(), r.Messages); err != nil || len(left) > 0 {
		t.Errorf("%d left, %v", len(left), err)
	}
	for topic := range kept(t, m.addr) {
		if strings.HasPrefix(topic, "inceptiond/gate/") {
			t.Fatalf("%s is still there", topic)
		}
	}
}

// What the broker does not let us clear is told.
func TestPurgeWithoutTheRight(t *testing.T) {
	m := startMosquitto(t, "allow_anonymous true\nacl_file "+writeFile(t, "topic read inceptiond/#\ntopic write inceptiond/gate/ours\nuser admin\ntopic readwrite #\n")+
		"\npassword_file "+passwords(t, "admin", "x"))
	admin := paho.NewClient(paho.NewClientOptions().AddBroker("tcp://" + m.addr).SetUsername("admin").SetPassword("x").SetAutoReconnect(false))
	await(t, admin.Connect())
	defer admin.Disconnect(100)
	for _, topic := range []string{"ours", "theirs"} {
		await(t, admin.Publish("inceptiond/gate/"+topic, 1, true, "x"))
	}
	p := purging(t, "mqtt://"+m.addr)
	left, err := p.Clear(t.Context(), listed(t, p).Messages)
	if got := topics(left); err != nil || !slices.Equal(got, []string{"inceptiond/gate/theirs"}) {
		t.Errorf("left %q, %v", got, err)
	}
}

// A broker may send what it likes.
func TestPurgeFromAHostileBroker(t *testing.T) {
	hostile := []string{"inceptiond/gate/+/state", "inceptiond/gate/#", "inceptiond/gate/a\x1b[2Jb", "inceptiond/gate/\xff\xfe", "other/topic", "inceptiond/gateway", "inceptiond/gate/" + strings.Repeat("l", 60_000), ""}
	var cleared []string
	url := scripted(t, func(conn net.Conn, kind byte, body []byte) bool {
		switch kind >> 4 {
		case 8: // SUBSCRIBE
			conn.Write([]byte{0x90, 4, body[0], body[1], 1, 1})
			for _, topic := range hostile {
				conn.Write(publishPacket(1, topic, []byte("x")))
			}
			return true
		case 10: // UNSUBSCRIBE
			conn.Write([]byte{0xb0, 2, body[0], body[1]})
			return true
		case 3:
			topic, _, _ := parsePublish(kind, body)
			cleared = append(cleared, topic)
		}
		return false
	})
	p := purging(t, url)
	r := listed(t, p)
	if got := topics(r.Messages); len(got) != 5 || slices.Contains(got, "other/topic") || slices.Contains(got, "inceptiond/gateway") {
		t.Errorf("found %.80q", got)
	}
	left, err := p.Clear(t.Context(), r.Messages)
	if err != nil || len(left) != 5 { // it forgets nothing
		t.Errorf("%d left, %v", len(left), err)
	}
	p.Close()
	if len(cleared) != 2 || !strings.HasSuffix(cleared[1], "\x1b[2Jb") {
		t.Errorf("cleared %.80q", cleared)
	}
}

func TestPurgeErrors(t *testing.T) {
	for name, test := range map[string]struct {
		url, prefix, says string
	}{
		"nobody there": {"mqtt://127.0.0.1:" + freeport.Find(t), "", "nothing listens there"},
		"everything":   {"mqtt://h", "#", "have a meaning in topics"},
		"the broker's": {"mqtt://h", "$SYS", "belong to the broker"},
		"hangs up":     {scripted(t, func(conn net.Conn, kind byte, body []byte) bool { conn.Close(); return true }), "", ""},
	} {
		o := testOptions(test.url)
		o.Prefix = test.prefix
		p, err := openPurge(t.Context(), o, testPace)
		if err == nil {
			_, err = p.List(t.Context())
			p.Close()
		}
		if err == nil || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: %v, want %q", name, err, test.says)
		}
	}
	b := startEmbedded(t, "127.0.0.1:0")
	p := purging(t, "mqtt://"+b.Addr())
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(testPace.sweep/4, cancel)
	if _, err := p.List(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
}
