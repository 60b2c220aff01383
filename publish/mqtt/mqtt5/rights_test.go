package mqtt5

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/listeners"
	"github.com/mochi-mqtt/server/v2/packets"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// topics are so many.
func topics(n int) []string {
	var list []string
	for i := range n {
		list = append(list, fmt.Sprint("p/", i))
	}
	return list
}

// TestAsk has brokers of all manners asked for a few topics.
func TestAsk(t *testing.T) {
	all := func(may bool, n int) map[string]bool {
		m := map[string]bool{}
		for _, topic := range topics(n) {
			m[topic] = may
		}
		return m
	}
	but := func(m map[string]bool, topics ...string) map[string]bool {
		for _, topic := range topics {
			m[topic] = !m[topic]
		}
		return m
	}
	for name, test := range map[string]struct {
		fake     *fake
		topics   int
		write    map[string]bool
		sessions int
		err      error
	}{
		"all may":         {&fake{}, 9, all(true, 9), 1, nil},
		"no topics":       {&fake{}, 0, all(true, 0), 1, nil},
		"some may not":    {&fake{denied: []string{"p/1", "p/7"}}, 9, but(all(true, 9), "p/1", "p/7"), 1, nil},
		"none may":        {&fake{denied: topics(50)}, 50, all(false, 50), 1, nil},
		"many":            {&fake{}, 50, all(true, 50), 3, nil},
		"small window":    {&fake{window: 4, denied: []string{"p/0"}}, 9, but(all(true, 9), "p/0"), 3, nil},
		"too small":       {&fake{window: 2}, 50, all(true, 15), 8, errTooMuch},
		"out of order":    {&fake{reversed: true, denied: []string{"p/2"}}, 8, but(all(true, 8), "p/2"), 1, nil},
		"it cuts":         {&fake{cuts: true, denied: []string{"p/1", "p/3"}}, 5, but(all(true, 5), "p/1", "p/3"), 4, nil},
		"it cuts, mute":   {&fake{cuts: true, mute: true, denied: []string{"p/4"}}, 5, all(true, 4), 2, nil},
		"other reasons":   {&fake{reason: 0x97}, 5, all(true, 0), 1, nil},
		"topic invalid":   {&fake{reason: topicInvalid}, 5, all(false, 5), 1, nil},
		"nobody listens":  {&fake{reason: 0x10}, 5, all(true, 5), 1, nil},
		"eager":           {&fake{eager: true}, 5, all(true, 0), 1, ErrEager},
		"deaf":            {&fake{deaf: true}, 5, all(true, 0), 1, ErrUnproven},
		"own not read":    {&fake{denied: []string{"own"}}, 5, all(true, 0), 1, ErrUnproven},
		"own not written": {&fake{unwritten: []string{"own"}}, 5, all(true, 0), 1, ErrForbidden},
		"QoS 1 at most":   {&fake{maxQoS: 1}, 5, all(true, 0), 1, ErrNoQoS2},
		"MQTT 3.1.1":      {&fake{old: true}, 5, all(true, 0), 1, ErrUnspoken},
		"another version": {&fake{connack: unsupported}, 5, all(true, 0), 1, ErrUnspoken},
		"hangs up":        {&fake{hangsUp: true}, 5, all(true, 0), 1, ErrUnspoken},
		"wrong password":  {&fake{connack: 0x86}, 5, all(true, 0), 1, refusal(0x86)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := test.fake.start(t)
			a, err := f.ask(t, Question{Own: "own", Topics: topics(test.topics)})
			if err != test.err || !maps.Equal(a.Write, test.write) {
				t.Errorf("%v, %v; want %v, %v", a.Write, err, test.write, test.err)
			}
			f.mu.Lock()
			defer f.mu.Unlock()
			if f.sessions != test.sessions {
				t.Errorf("%d sessions, want %d", f.sessions, test.sessions)
			}
			for _, heard := range f.heard {
				if !strings.HasPrefix(heard, "own ") {
					t.Errorf("others hear %q", heard)
				}
			}
			if window := max(20, int(f.window)); f.peak > window || f.window > 0 && f.peak > int(f.window) {
				t.Errorf("%d messages at once", f.peak)
			}
			if test.err != nil && test.err != errTooMuch && slices.ContainsFunc(f.topics, func(t string) bool { return t != "own" }) {
				t.Errorf("asked without a proof: %v", f.topics)
			}
		})
	}
}

// What is proven once is not tried again.
func TestProvenOnce(t *testing.T) {
	f := new(fake).start(t)
	a, err := f.ask(t, Question{Own: "own", Topics: topics(3)})
	if err != nil || !a.Proven {
		t.Fatalf("%+v, %v", a, err)
	}
	heard := len(f.heard)
	if a, err = f.ask(t, Question{Own: "own", Topics: topics(3), Proven: a.Proven}); err != nil || len(a.Write) != 3 || !a.Proven {
		t.Errorf("%+v, %v", a, err)
	}
	if len(f.heard) != heard {
		t.Errorf("heard again: %v", f.heard)
	}
}

// TestSize looks for limits of messages and packets.
func TestSize(t *testing.T) {
	for name, test := range map[string]struct {
		fake          *fake
		limit, packet int
	}{
		"none":              {&fake{}, 0, 0},
		"large enough":      {&fake{limit: 16384}, 0, 0},
		"one byte less":     {&fake{limit: 16383}, 16383, 0},
		"small":             {&fake{limit: 300}, 300, 0},
		"tiny":              {&fake{limit: 20}, 20, 0},
		"packets":           {&fake{maxPacket: 5000}, 0, 5000},
		"large packets":     {&fake{maxPacket: 1 << 20}, 0, 1 << 20},
		"packets, messages": {&fake{maxPacket: 5000, limit: 4000}, 4000, 5000},
		"tiny packets":      {&fake{maxPacket: 10}, 0, 10},
	} {
		t.Run(name, func(t *testing.T) {
			f := test.fake.start(t)
			a, err := f.ask(t, Question{Own: "own", Payload: 16384, Topics: topics(25), Filters: []string{"a"}})
			if err != nil || a.Limit != test.limit || a.Packet != test.packet || len(a.Write) != 25 || !a.Read["a"] {
				t.Errorf("%+v, %v", a, err)
			}
		})
	}
	f := (&fake{limit: 300, window: 6}).start(t)
	if a, err := f.ask(t, Question{Own: "own", Payload: 16384}); err != nil || a.Limit > 300 || a.Limit < 200 {
		t.Errorf("with a small window: %+v, %v", a, err)
	}
}

func TestFilters(t *testing.T) {
	f := (&fake{denied: []string{"p/+/set", "p/3"}}).start(t)
	a, err := f.ask(t, Question{Own: "own", Topics: topics(5), Filters: []string{"p/+/state", "p/+/set"}})
	if err != nil || !maps.Equal(a.Read, map[string]bool{"p/+/state": true, "p/+/set": false}) || a.Write["p/3"] {
		t.Errorf("%+v, %v", a, err)
	}
}

// A question ends with its context, whatever the broker does.
func TestAskEnds(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() // it never answers
	dial := func(ctx context.Context) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", l.Addr().String())
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := Ask(ctx, dial, Login{}, Question{Own: "own", Topics: topics(1)}); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	if err := Watch(ctx, dial, Login{}); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}

// allow lets everybody do everything.
type allow struct{ mochi.HookBase }

func (allow) Provides(b byte) bool                                     { return b == mochi.OnConnectAuthenticate || b == mochi.OnACLCheck }
func (allow) OnConnectAuthenticate(*mochi.Client, packets.Packet) bool { return true }
func (allow) OnACLCheck(*mochi.Client, string, bool) bool              { return true }

// startMochi starts a broker of another make.
func startMochi(t *testing.T) Dial {
	t.Helper()
	server := mochi.New(&mochi.Options{Logger: slog.New(slog.DiscardHandler), InlineClient: true})
	if err := server.AddHook(new(allow), nil); err != nil {
		t.Fatal(err)
	}
	l := listeners.NewTCP(listeners.Config{ID: "t", Address: "127.0.0.1:0"})
	if err := server.AddListener(l); err != nil {
		t.Fatal(err)
	}
	go server.Serve()
	t.Cleanup(func() { server.Close() })
	return func(ctx context.Context) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", l.Address())
	}
}

// The embedded broker hands messages on at once. So it is asked no further.
func TestEagerBroker(t *testing.T) {
	dial := startMochi(t)
	a, err := Ask(t.Context(), dial, Login{ClientID: "asks"}, Question{Own: "own", Topics: topics(3)})
	if err != ErrEager || len(a.Write) > 0 {
		t.Errorf("%+v, %v", a, err)
	}
}

// Watch sees who takes its id, and only that.
func TestWatch(t *testing.T) {
	for name, test := range map[string]struct {
		fake *fake
		want error
	}{
		"taken over":           {&fake{farewell: []byte{0xe0, 1, sessionTaken}}, nil},
		"with properties":      {&fake{farewell: []byte{0xe0, 2, sessionTaken, 0}}, nil},
		"after a packet":       {&fake{farewell: []byte{0xd0, 0, 0xe0, 1, sessionTaken}}, nil},
		"without a word":       {&fake{farewell: []byte{}}, ErrHungUp},
		"without a reason":     {&fake{farewell: []byte{0xe0, 0}}, ErrHungUp},
		"for another reason":   {&fake{farewell: []byte{0xe0, 1, 0x8b}}, refusal(0x8b)},
		"nobody comes":         {&fake{}, context.DeadlineExceeded},
		"it speaks MQTT 3.1.1": {&fake{old: true}, ErrUnspoken},
	} {
		patience := time.Minute
		if test.want == context.DeadlineExceeded {
			patience = 100 * time.Millisecond
		}
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		if err := Watch(ctx, test.fake.start(t).dial, Login{ClientID: "one"}); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", name, err, test.want)
		}
		cancel()
	}
	if err := Watch(t.Context(), func(context.Context) (net.Conn, error) {
		ours, theirs := net.Pipe()
		return ours, theirs.Close() // as what stands before a broker that is away
	}, Login{ClientID: "one"}); err != errGone {
		t.Errorf("hung up at once: %v, want %v", err, errGone)
	}
}

// discard takes what is written.
type discard struct{ net.Conn }

func (discard) Write(p []byte) (int, error) { return len(p), nil }

// Whatever a broker sends, it is read to an end.
func FuzzSession(f *testing.F) {
	f.Add([]byte{0x20, 6, 0, 0, 3, 0x21, 0, 20, 0x50, 2, 0, 1, 0x90, 4, 0, 1, 0, 0, 0xe0, 1, 0x8e})
	f.Add([]byte{0x30, 8, 0, 1, 'a', 5, 0x0b, 1, 2, 3, 0xe0, 0})
	f.Fuzz(func(t *testing.T, stream []byte) {
		in := &session{conn: discard{}, r: bufio.NewReader(io.LimitReader(bytes.NewReader(stream), maxRead))}
		in.login(Login{})
		s := &session{r: bufio.NewReader(io.LimitReader(bytes.NewReader(stream), maxRead))}
		for range len(stream) + 1 {
			if _, err := s.receive(); err != nil {
				return
			}
		}
		t.Error("it goes on for ever")
	})
}
