package mqtt

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/eclipse/paho.mqtt.golang/packets"
	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/publish"
	"github.com/inceptiond/inceptiond/publish/mqtt/spool"
)

// addressed are test options with several addresses, in the order in which the client is to try them: its id is chosen so.
func addressed(t *testing.T, urls ...string) Options {
	t.Helper()
	o := testOptions("")
	o.Brokers = nil
	for _, u := range urls {
		o.Brokers = append(o.Brokers, Address{URL: u})
	}
	for i := range 10_000 {
		o.ClientID = fmt.Sprint("inceptiond-gate-", i)
		if slices.Equal(inOrder(o.ClientID, o.Brokers), o.Brokers) {
			return o
		}
	}
	t.Fatal("no client id has this order")
	return o
}

func mqttURL(m *mosquitto) string { return "mqtt://" + m.addr }

// Each device has an order of its own, whatever that of the list is, and all orders are as many.
func TestOrderOfAddresses(t *testing.T) {
	list := []Address{{URL: "mqtt://a"}, {URL: "mqtt://b"}, {URL: "mqtts://c", ServerName: "c.example"}}
	const devices = 6000
	orders := map[string]int{}
	for i := range devices {
		id := fmt.Sprint("inceptiond-", i)
		got := inOrder(id, list)
		mixed := slices.Clone(list)
		rand.Shuffle(len(mixed), func(i, j int) { mixed[i], mixed[j] = mixed[j], mixed[i] })
		if again := inOrder(id, mixed); !slices.Equal(again, got) {
			t.Fatalf("%s: %v, and of another list %v", id, got, again)
		}
		fewer := inOrder(id, list[:2])
		if rest := slices.DeleteFunc(slices.Clone(got), func(a Address) bool { return a == list[2] }); !slices.Equal(fewer, rest) {
			t.Fatalf("%s: %v, without the last %v", id, got, fewer)
		}
		orders[fmt.Sprint(got)]++
	}
	for order, n := range orders {
		if n < devices/6*85/100 || n > devices/6*115/100 {
			t.Errorf("%s: %d of %d", order, n, devices)
		}
	}
	if len(orders) != 6 {
		t.Errorf("%d orders", len(orders))
	}
}

// Of a name with several addresses the next one comes first after each failure; a family stays together.
func TestArrange(t *testing.T) {
	parse := func(text string) (list []netip.Addr) {
		for f := range strings.FieldsSeq(text) {
			list = append(list, netip.MustParseAddr(f))
		}
		return list
	}
	n := new(node)
	firsts := map[netip.Addr]int{}
	for n.turn = range 300 {
		got := n.arrange("inceptiond-gate")(parse("::1 127.0.0.1 ::2 127.0.0.2 127.0.0.3 ::3"))
		if len(got) != 6 || slices.ContainsFunc(got[:3], netip.Addr.Is4) || slices.ContainsFunc(got[3:], netip.Addr.Is6) {
			t.Fatalf("%v", got)
		}
		firsts[got[0]]++
	}
	if len(firsts) != 3 || firsts[netip.MustParseAddr("::1")] != 100 || firsts[netip.MustParseAddr("::2")] != 100 {
		t.Errorf("%v", firsts)
	}
	if got := n.arrange("x")(nil); len(got) != 0 {
		t.Errorf("of none: %v", got)
	}
}

// What is lost of one is found at the next, and nothing goes back to the first.
func TestNextNode(t *testing.T) {
	a, b := startMosquitto(t, "allow_anonymous true"), startMosquitto(t, "allow_anonymous true")
	o := addressed(t, mqttURL(a), mqttURL(b))
	o.Subscribe = []Subscription{{Filter: "+/paused/set", QoS: 1, Handle: new(listener).handle}}
	w := watch(t, "tcp://"+b.addr, nil, "", "")
	c, logs := openClient(t, o, testPace)
	at := func(m *mosquitto) func() bool { return func() bool { return c.Stats().Broker == mqttURL(m) } }
	eventually(t, "connected to the first", at(a))
	send(t, c, status("online", ""))
	eventually(t, "the first has it", func() bool { return c.Stats().Published >= 3 })
	a.kill()
	eventually(t, "connected to the second", at(b))
	eventually(t, "all that is retained", func() bool {
		return len(w.on("inceptiond/gate/status")) > 0 && len(w.on("inceptiond/gate/cam/status")) > 0 && len(w.on("inceptiond/gate/spool")) > 0
	})
	a.start(t)
	change(t, c, "cam", "at the second")
	eventually(t, "acknowledged", drained(c))
	if got := c.Stats(); got.Broker != mqttURL(b) || got.Reconnects != 1 {
		t.Errorf("%+v", got)
	}
	lost := logs.FilterMessage("connection lost").All()
	if len(lost) != 1 || lost[0].ContextMap()["broker"] != mqttURL(a) || lost[0].ContextMap()["next"] != mqttURL(b) {
		t.Errorf("%v", lost)
	}
	b.kill()
	eventually(t, "back at the first", at(a))
}

// Two brokers are killed and started at random moments under load: nothing is lost, and the order of each camera holds, whichever
// of them has what.
func TestNodesAreKilled(t *testing.T) {
	brokers := []*mosquitto{startMosquitto(t, "allow_anonymous true"), startMosquitto(t, "allow_anonymous true")}
	networks := []*tape{startTape(t, brokers[0].addr), startTape(t, brokers[1].addr)}
	o := addressed(t, networks[0].url(), networks[1].url())
	o.Now, o.Spool = machineClock, Spool{Dir: t.TempDir(), MaxBytes: 4 << 20, MaxWrites: 600}
	c, logs := openClient(t, o, testPace)
	stop := load(t, c, 2*time.Millisecond)
	defer stop()
	kills := rounds(6, 20)
	for range kills {
		time.Sleep(rand.N(150 * time.Millisecond))
		m := brokers[rand.N(2)]
		m.kill()
		time.Sleep(rand.N(100 * time.Millisecond))
		m.start(t)
	}
	want := stop()
	eventually(t, "all acknowledged", drained(c))
	acked := map[number]bool{}
	for _, network := range networks {
		network.mu.Lock()
		for n := range network.acked {
			acked[n] = true
		}
		network.mu.Unlock()
	}
	if len(acked) != len(want) {
		t.Errorf("%d events acknowledged, want %d", len(acked), len(want))
	}
	sent := append(slices.Clone(networks[0].sends()), networks[1].sends()...)
	slices.SortStableFunc(sent, func(a, b event) int { return a.at.Compare(b.at) })
	duplicates, err := checkEvents(sent, want)
	if err != nil {
		t.Error(err)
	}
	if proven, believed := takenLogs(logs); proven+believed > 0 {
		t.Errorf("a broker that was killed was taken for another client: %d and %d warnings", proven, believed)
	}
	if s := c.Stats(); s.Spool.Losses != (spool.Losses{}) {
		t.Errorf("spool: %+v", s.Spool)
	}
	t.Logf("%d kills, %d events, 0 lost, %d sent more than once, %d at the first and %d at the second", kills, len(want), duplicates,
		len(networks[0].sends()), len(networks[1].sends()))
}

// Each address has its own name in its certificate, or that of all; one that shows a bad one is left for the next.
func TestNodesWithTLS(t *testing.T) {
	ca := newAuthority(t)
	encrypted := func(name string, host string) *mosquitto {
		cert, key := ca.issue(t, name, host)
		return startMosquitto(t, fmt.Sprintf("allow_anonymous true\ncertfile %s\nkeyfile %s", cert, key))
	}
	a, b, bad := encrypted("a", "a.example"), encrypted("b", "b.example"), encrypted("bad", "bad.example")
	at := func(m *mosquitto) string { return "mqtts://" + m.addr }
	o := addressed(t, at(bad), at(a), at(b))
	o.Brokers = []Address{{URL: at(b), ServerName: "b.example"}, {URL: at(a)}, {URL: at(bad), ServerName: "c.example"}}
	o.TLS = TLS{CAFile: ca.file, ServerName: "a.example"}
	c, logs := openClient(t, o, testPace)
	eventually(t, "connected", func() bool { return c.Stats().Broker == at(a) })
	a.kill()
	eventually(t, "connected", func() bool { return c.Stats().Broker == at(b) })
	told := logs.FilterMessageSnippet("for another name: for bad.example, not for c.example").All()
	if len(told) != 1 || told[0].ContextMap()["broker"] != at(bad) || !strings.Contains(fmt.Sprint(told[0].ContextMap()["mend"]), "its server_name: bad.example") {
		t.Errorf("%v", told)
	}
	o.Brokers[1].ServerName = "b.example"
	for _, address := range o.Brokers { // as the doctor does
		one := o
		one.Brokers = []Address{address}
		report, err := runProbe(t.Context(), one, Wanted{}, testPace)
		if err != nil {
			t.Fatal(err)
		}
		last := report.Steps[len(report.Steps)-1]
		if good := address.URL == at(b); good != (last.Err == nil) {
			t.Errorf("%v: %+v", address, last)
		}
	}
}

// answering is a broker that keeps nothing and hands nothing on. It answers a packet as brokers do if answers says so, and else not at
// all, or hangs up.
func answering(t *testing.T, answers func(packets.ControlPacket) (answer, hangUp bool)) string {
	t.Helper()
	return rude(t, func(conn net.Conn) {
		for {
			p, err := packets.ReadPacket(conn)
			if err != nil {
				return
			}
			answer, hangUp := answers(p)
			if hangUp {
				conn.Close()
				return
			}
			if a := answerTo(p); answer && a != nil {
				a.Write(conn)
			}
		}
	})
}

// answerTo is what a broker answers to p; nil: nothing.
func answerTo(p packets.ControlPacket) packets.ControlPacket {
	switch p := p.(type) {
	case *packets.ConnectPacket:
		return packets.NewControlPacket(packets.Connack)
	case *packets.SubscribePacket:
		a := packets.NewControlPacket(packets.Suback).(*packets.SubackPacket)
		a.MessageID, a.ReturnCodes = p.MessageID, make([]byte, len(p.Topics))
		return a
	case *packets.PublishPacket:
		if p.Qos == 0 {
			return nil
		}
		a := packets.NewControlPacket(packets.Puback).(*packets.PubackPacket)
		a.MessageID = p.MessageID
		return a
	case *packets.PingreqPacket:
		return packets.NewControlPacket(packets.Pingresp)
	}
	return nil
}

// A node that goes on answering pings, but acknowledges nothing any more, is left by a client that has nothing to tell.
func TestNodeThatIsCutOff(t *testing.T) {
	t.Parallel()
	var cut atomic.Bool
	node := answering(t, func(p packets.ControlPacket) (answer, hangUp bool) {
		_, publish := p.(*packets.PublishPacket)
		return !publish || !cut.Load(), false
	})
	b := startEmbedded(t, "127.0.0.1:0")
	other := "mqtt://" + b.Addr()
	p := testPace
	p.silence, p.ack = time.Second, time.Second
	c, _ := openClient(t, addressed(t, node, other), p)
	eventually(t, "online, more than once", func() bool { return c.Stats().Published > 4 })
	if s := c.Stats(); s.Broker != node || s.Reconnects > 0 {
		t.Errorf("at %s, %d reconnects", s.Broker, s.Reconnects)
	}
	cut.Store(true)
	eventually(t, "it has left", func() bool { return c.Stats().Broker == other })
}

// A node that has hung up at subscriptions again and again is asked for them later once more.
func TestNodeThatHungUpAtSubscriptions(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	node := answering(t, func(p packets.ControlPacket) (answer, hangUp bool) {
		_, subscribe := p.(*packets.SubscribePacket)
		return true, subscribe && asked.Add(1) <= maxListens
	})
	o := testOptions(node)
	o.KeepAlive = 2 * time.Second
	c, logs := openClient(t, o, testPace)
	eventually(t, "it does without", func() bool {
		return c.Stats().Connected && asked.Load() == maxListens && warnings(logs, "hangs up at subscriptions") == 1
	})
	eventually(t, "it has what it lacked", func() bool { return asked.Load() == maxListens+1 })
}

// A message at which a node has hung up again and again is sent there later once more.
func TestNodeThatHungUpAtAMessage(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	node := answering(t, func(p packets.ControlPacket) (answer, hangUp bool) {
		m, publish := p.(*packets.PublishPacket)
		about := publish && strings.HasSuffix(m.TopicName, "/cam/status")
		return true, about && asked.Add(1) <= maxStrikes+1 // the first time others are on their way
	})
	o := testOptions(node)
	o.KeepAlive = 2 * time.Second
	c, logs := openClient(t, o, testPace)
	send(t, c, status(publish.CameraOnline, ""))
	eventually(t, "it is left out", func() bool { return warnings(logs, "hangs up at a message each time") == 1 })
	before := asked.Load()
	eventually(t, "it is sent", func() bool { return asked.Load() > before && c.Stats().Connected })
}

// A node that takes connections and says nothing is left for the next one, and so is one that does not take our login.
func TestNodesThatDoNotAnswer(t *testing.T) {
	m := startMosquitto(t, "allow_anonymous true")
	for name, answer := range map[string]func(net.Conn){
		"silent":   func(conn net.Conn) { io.Copy(io.Discard, conn) },
		"hangs up": func(conn net.Conn) { conn.Close() },
		"refuses":  func(conn net.Conn) { accept(conn, 5) },
	} {
		t.Run(name, func(t *testing.T) {
			o := addressed(t, rude(t, answer), mqttURL(m))
			o.Ask = true
			p := testPace
			p.connect, p.ask, p.refused = 300*time.Millisecond, 300*time.Millisecond, time.Hour // nobody waits for that
			c, logs := openClient(t, o, p)
			eventually(t, "connected", func() bool { return c.Stats().Broker == mqttURL(m) })
			if told := logs.FilterLevelExact(zap.WarnLevel).All(); len(told) != 1 {
				t.Errorf("%d warnings: %v", len(told), told)
			}
		})
	}
}

// What a node does not let us write waits only as long as that node has us.
func TestTermsAreOfANode(t *testing.T) {
	rules := "allow_anonymous true\nacl_file " + writeFile(t, "topic read #\ntopic write inceptiond/gate/status\ntopic write inceptiond/gate/doctor/#\n")
	a, b := startMosquitto(t, rules), startMosquitto(t, "allow_anonymous true")
	o := addressed(t, mqttURL(a), mqttURL(b))
	o.Ask = true
	p := testPace
	p.askMin, p.askMax = time.Hour, time.Hour
	w := watch(t, "tcp://"+b.addr, nil, "", "")
	c, logs := openClient(t, o, p)
	change(t, c, "cam", "held")
	eventually(t, "held", func() bool { s := c.Stats(); return s.Broker == mqttURL(a) && s.Spool.Held == 1 })
	a.kill()
	w.expect(t, "inceptiond/gate/cam/event", "held")
	eventually(t, "nothing held", func() bool { s := c.Stats(); return s.Spool.Held == 0 && s.Spool.Waiting == 0 })
	a.start(t)
	b.kill()
	eventually(t, "the first again", func() bool { return c.Stats().Broker == mqttURL(a) })
	change(t, c, "cam", "held again")
	eventually(t, "held again", func() bool { return c.Stats().Spool.Held == 1 })
	if n := warnings(logs, "throws away what is published"); n != 1 {
		t.Errorf("%d warnings of what may not be written", n)
	}
}

// A message at which one node hangs up is taken by another, which then keeps us; at that node it does not count as refused.
func TestMessageThatANodeRefuses(t *testing.T) {
	picky := scripted(t, func(conn net.Conn, kind byte, body []byte) bool {
		topic, _, payload := parsePublish(kind, body)
		if kind>>4 == 3 && strings.HasSuffix(topic, "/event") && strings.Contains(string(payload), "odd") {
			conn.(*net.TCPConn).SetLinger(0)
			conn.Close()
			return true
		}
		return false
	})
	m := startMosquitto(t, "allow_anonymous true")
	w := watch(t, "tcp://"+m.addr, nil, "", "")
	c, _ := openClient(t, addressed(t, picky, mqttURL(m)), testPace)
	change(t, c, "cam", "even")
	eventually(t, "taken", drained(c))
	change(t, c, "cam", "odd")
	w.expect(t, "inceptiond/gate/cam/event", "odd")
	eventually(t, "acknowledged", drained(c))
	if s := c.Stats(); s.Broker != mqttURL(m) || s.Refused != 0 {
		t.Errorf("%+v", s)
	}
}

// Where all nodes hang up at a message it is left out after three times, not after three times at each.
func TestMessageThatAllNodesRefuse(t *testing.T) {
	var urls []string
	for range 3 {
		urls = append(urls, scripted(t, func(conn net.Conn, kind byte, body []byte) bool {
			_, _, payload := parsePublish(kind, body)
			if kind>>4 == 3 && strings.Contains(string(payload), "odd") {
				conn.(*net.TCPConn).SetLinger(0)
				conn.Close()
				return true
			}
			return false
		}))
	}
	c, logs := openClient(t, addressed(t, urls...), testPace)
	change(t, c, "cam", "odd")
	change(t, c, "other", "even")
	eventually(t, "the other event is acknowledged", func() bool { s := c.Stats().Spool; return s.Waiting == 1 && s.Held == 1 })
	if n := warnings(logs, "hangs up at a message each time"); n != 1 {
		t.Errorf("%d warnings", n)
	}
	if n := c.Stats().Reconnects; n > 5 {
		t.Errorf("%d connections more", n)
	}
}

// Another client with our id follows us from node to node.
func TestTakenIDInACluster(t *testing.T) {
	a, b := startMosquitto(t, "allow_anonymous true"), startMosquitto(t, "allow_anonymous true")
	o := addressed(t, mqttURL(a), mqttURL(b))
	rival(t, a.addr, o.ClientID)
	rival(t, b.addr, o.ClientID)
	p := testPace
	p.watch = 10 * time.Second
	_, logs := openClient(t, o, p)
	eventually(t, "a warning", func() bool { proven, _ := takenLogs(logs); return proven > 0 })
}

// Nodes that are started anew one after the other throw us out again and again, and that is no other client; nor where something
// stands before them that takes connections while they are away.
func TestRollingRestart(t *testing.T) {
	for name, url := range map[string]func(*testing.T, *mosquitto) string{
		"by themselves":    func(_ *testing.T, m *mosquitto) string { return mqttURL(m) },
		"behind balancers": func(t *testing.T, m *mosquitto) string { return "mqtt://" + startProxy(t, m.addr).Addr().String() },
	} {
		t.Run(name, func(t *testing.T) {
			brokers := []*mosquitto{startMosquitto(t, "allow_anonymous true"), startMosquitto(t, "allow_anonymous true")}
			urls := []string{url(t, brokers[0]), url(t, brokers[1])}
			p := testPace
			p.watch = time.Minute
			c, logs := openClient(t, addressed(t, urls[0], urls[1]), p)
			for i := range 8 {
				m, other := brokers[i%2], urls[1-i%2]
				eventually(t, "connected", func() bool { return c.Stats().Broker == urls[i%2] })
				m.process.Process.Signal(syscall.SIGTERM)
				m.process.Wait()
				eventually(t, "at the other", func() bool { return c.Stats().Broker == other })
				m.start(t)
			}
			if proven, believed := takenLogs(logs); proven+believed > 0 {
				t.Errorf("%d and %d warnings of another client", proven, believed)
			}
		})
	}
}

// Whoever says offline is contradicted, at most once a second, until we say it.
func TestStatusIsContradicted(t *testing.T) {
	b := startEmbedded(t, "127.0.0.1:0")
	w := watch(t, "tcp://"+b.Addr(), nil, "", "")
	c, _ := openClient(t, testOptions("mqtt://"+b.Addr()), testPace)
	eventually(t, "connected", func() bool { return c.Stats().Published >= 2 })
	liar := paho.NewClient(paho.NewClientOptions().AddBroker("tcp://" + b.Addr()).SetClientID("liar").SetAutoReconnect(false))
	await(t, liar.Connect())
	defer liar.Disconnect(100)
	begin := time.Now()
	lie := func() { await(t, liar.Publish("inceptiond/gate/status", 1, true, offline)) }
	lie()
	w.expect(t, "inceptiond/gate/status", online, offline, online)
	for range 20 {
		lie()
	}
	eventually(t, "online is the last word", func() bool {
		said := w.on("inceptiond/gate/status")
		return len(said) >= 24 && said[len(said)-1] == online
	})
	closeInTime(t, c)
	eventually(t, "the last word is offline", func() bool { said := w.on("inceptiond/gate/status"); return said[len(said)-1] == offline })
	said := w.on("inceptiond/gate/status")
	if n, most := len(slices.DeleteFunc(slices.Clone(said), func(s string) bool { return s == offline })), 3+int(time.Since(begin)/contradictPause); n > most {
		t.Errorf("online %d times, want %d at most", n, most)
	}
}

// A node that hung while its client went to another one sends the last will when it goes on, and the bridge carries that to the
// other: online is said once more there.
func TestLateWill(t *testing.T) {
	b := startMosquitto(t, "allow_anonymous true")
	a := startMosquitto(t, fmt.Sprintf("allow_anonymous true\nconnection b\naddress %s\ntopic # both 1\nrestart_timeout 1", b.addr))
	network := startProxy(t, a.addr)
	o := addressed(t, "mqtt://"+network.Addr().String(), mqttURL(b))
	w := watch(t, "tcp://"+b.addr, nil, "", "")
	c, _ := openClient(t, o, testPace)
	said := func() []string { return w.on("inceptiond/gate/status") }
	eventually(t, "online comes over the bridge", func() bool { return len(said()) > 0 })
	a.process.Process.Signal(syscall.SIGSTOP)
	network.Listener.Close()
	network.cut()
	eventually(t, "connected to the other", func() bool { return c.Stats().Broker == mqttURL(b) })
	change(t, c, "cam", "there")
	eventually(t, "an event there, behind online", drained(c))
	a.process.Process.Signal(syscall.SIGCONT)
	eventually(t, "the will", func() bool { return slices.Contains(said(), offline) })
	eventually(t, "online after it", func() bool { s := said(); return s[len(s)-1] == online })
	t.Run("later", func(t *testing.T) {
		later := watch(t, "tcp://"+b.addr, nil, "", "")
		eventually(t, "that is retained", func() bool { return later.retained()["inceptiond/gate/status"] == online })
	})
}

// SameBroker tells whether a reload stays with a broker.
func TestSameBroker(t *testing.T) {
	of := func(list ...string) *Options {
		o := new(Options)
		for _, u := range list {
			o.Brokers = append(o.Brokers, Address{URL: u})
		}
		return o
	}
	for _, test := range []struct {
		a, b *Options
		want bool
	}{
		{of("mqtt://a"), of("mqtt://a"), true},
		{of("mqtt://a"), of("mqtt://b"), false},
		{of("mqtt://a", "mqtt://b"), of("mqtt://c", "mqtt://b"), true},
		{of("mqtt://a", "mqtt://b"), of("mqtt://c"), false},
	} {
		if got := test.a.SameBroker(test.b); got != test.want || test.b.SameBroker(test.a) != test.want {
			t.Errorf("%v and %v: %v", test.a.Brokers, test.b.Brokers, got)
		}
	}
}

// What is shown of an address has no secrets.
func TestAddressIsShown(t *testing.T) {
	for text, want := range map[string]string{
		"wss://broker/mqtt?token=secret#secret": "wss://broker/mqtt?token=REDACTED#REDACTED",
		"mqtt://me:secret@broker":               "mqtt://REDACTED@broker",
		"mqtt://broker:1883":                    "mqtt://broker:1883",
		"mqtt://me:sec ret@broker":              "mqtt://REDACTED@broker",
		"%":                                     "%",
	} {
		if got := (Address{URL: text}).String(); got != want {
			t.Errorf("%s is shown as %s, want %s", text, got, want)
		}
	}
}
