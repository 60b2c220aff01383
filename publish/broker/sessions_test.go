package broker

import (
	"net"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"
	"go.uber.org/zap"
)

// slow holds up the server, once, while it has done with half of a connection.
type slow struct {
	mochi.HookBase
	event    byte
	done     atomic.Bool
	reached  chan struct{}
	released chan struct{}
}

func (s *slow) ID() string               { return "slow" }
func (s *slow) Provides(event byte) bool { return event == s.event }

func (s *slow) wait() {
	if s.done.CompareAndSwap(false, true) {
		close(s.reached)
		<-s.released
	}
}

func (s *slow) OnWill(_ *mochi.Client, will mochi.Will) (mochi.Will, error) {
	s.wait()
	return will, nil
}

func (s *slow) OnUnsubscribed(*mochi.Client, packets.Packet) { s.wait() }

// A client that is back before the server has done with its connection of before loses nothing by that: it hears what it has
// subscribed to, and its last will comes before what it says itself.
func TestClientComesBackAtOnce(t *testing.T) {
	for name, event := range map[string]byte{"will": mochi.OnWill, "subscriptions": mochi.OnUnsubscribed} {
		t.Run(name, func(t *testing.T) {
			b, err := Start(Options{Listen: "127.0.0.1:0"}, zap.NewNop())
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { b.Close() })
			s := &slow{event: event, reached: make(chan struct{}), released: make(chan struct{})}
			if err := b.server.AddHook(s, nil); err != nil {
				t.Fatal(err)
			}
			heard, watched := make(chan string, 16), make(chan string, 16)
			join(t, b, "watcher", "status", watched)
			_, conn := join(t, b, "cam", "t", heard)
			conn.Close()
			<-s.reached
			back := make(chan paho.Client, 1)
			go func() {
				c, _ := join(t, b, "cam", "t", heard)
				done(t, c.Publish("status", 1, false, "online"))
				back <- c
			}()
			var c paho.Client
			select {
			case c = <-back: // too early
				close(s.released)
				time.Sleep(100 * time.Millisecond) // for the rest of what the server does
			case <-time.After(200 * time.Millisecond):
				close(s.released)
				c = <-back
			}
			hears(t, watched, "offline")
			hears(t, watched, "online")
			done(t, c.Publish("t", 1, false, "hello"))
			hears(t, heard, "hello")
		})
	}
}

// join is a client with a last will that listens to a topic; what it hears goes to heard.
func join(t *testing.T, b *Broker, id, topic string, heard chan<- string) (paho.Client, net.Conn) {
	conn, err := net.Dial("tcp", b.Addr())
	if err != nil {
		t.Error(err)
		return nil, nil
	}
	o := paho.NewClientOptions().AddBroker("tcp://"+b.Addr()).SetClientID(id).SetAutoReconnect(false).
		SetWill("status", "offline", 1, false).
		SetCustomOpenConnectionFn(func(*url.URL, paho.ClientOptions) (net.Conn, error) { return conn, nil })
	c := paho.NewClient(o)
	done(t, c.Connect())
	t.Cleanup(func() { c.Disconnect(100) })
	done(t, c.Subscribe(topic, 1, func(_ paho.Client, m paho.Message) { heard <- string(m.Payload()) }))
	return c, conn
}

func done(t *testing.T, token paho.Token) {
	t.Helper()
	if !token.WaitTimeout(time.Minute) || token.Error() != nil {
		t.Errorf("no answer: %v", token.Error())
	}
}

func hears(t *testing.T, from <-chan string, want string) {
	t.Helper()
	select {
	case got := <-from:
		if got != want {
			t.Errorf("heard %q, want %q", got, want)
		}
	case <-time.After(30 * time.Second):
		t.Errorf("%q was not heard", want)
	}
}
