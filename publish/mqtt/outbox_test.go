package mqtt

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/publish"
)

func testOutbox(set func(*Options)) *outbox {
	o := Options{Prefix: "p", Queue: 3}
	set(&o)
	return newOutbox(o)
}

// take is the next message of a connection without events.
func take(b *outbox) (message, bool) {
	if m, ok := b.takeRetained(); ok {
		return m, true
	}
	return b.takeQueued()
}

// drain takes everything, as topic and label or state.
func drain(b *outbox) []string {
	var got []string
	for m, ok := take(b); ok; m, ok = take(b) {
		text := m.topic
		for _, part := range []string{"a", "b", "c", "d", "lost", "online"} {
			if strings.Contains(string(m.payload), `"`+part+`"`) {
				text += " " + part
			}
		}
		got = append(got, text)
	}
	return got
}

func put(t *testing.T, b *outbox, camera, label string, now time.Time) {
	t.Helper()
	r := result(camera, label)
	for _, m := range []publish.JSON{state(r), r} {
		if _, err := b.put(m, now); err != nil {
			t.Fatal(err)
		}
	}
}

func TestOutboxOrder(t *testing.T) {
	b := testOutbox(func(*Options) {})
	now := time.Now()
	for _, label := range []string{"a", "b", "c", "d"} {
		put(t, b, "x", label, now)
	}
	put(t, b, "y", "d", now)
	for _, state := range []publish.CameraState{"online", "lost"} {
		if _, err := b.put(publish.CameraStatus{Camera: "x", State: state}, now); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := b.put(publish.EngineStatus{Camera: "x", Engine: "a"}, now); err != nil {
		t.Fatal(err)
	}
	want := []string{"p/x/status lost", "p/x/engine a", "p/x/state d", "p/y/state d", "p/x/result c", "p/x/result d", "p/y/result d"}
	if got := drain(b); !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if dropped, _ := b.losses(); dropped != 2 {
		t.Errorf("dropped %d, want 2", dropped)
	}
	b.renew()
	want = []string{"p/status", "p/x/status lost", "p/x/engine a", "p/x/state d", "p/y/state d"}
	if got := drain(b); !slices.Equal(got, want) {
		t.Errorf("after renew: got %q, want %q", got, want)
	}
}

func TestOutboxGiveBack(t *testing.T) {
	b := testOutbox(func(*Options) {})
	now := time.Now()
	put(t, b, "x", "a", now)
	put(t, b, "x", "b", now)
	var taken []message
	for range 3 { // the state and both results
		m, _ := take(b)
		taken = append(taken, m)
	}
	put(t, b, "x", "c", now)
	put(t, b, "x", "d", now)
	b.giveBack(taken)
	want := []string{"p/x/state d", "p/x/result b", "p/x/result c", "p/x/result d"}
	if got := drain(b); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestRateLimitsResultsAndNeverStates(t *testing.T) {
	for _, test := range []struct {
		maxRate float64
		frames  float64 // per second
		want    int     // results of ten seconds
	}{
		{0, 30, 300}, {1, 30, 10}, {10, 10, 100}, {10, 10.5, 100}, {5, 30, 50}, {0.1, 30, 1}, {1e-300, 30, 1}, {100, 30, 300},
	} {
		b := testOutbox(func(o *Options) { o.MaxRate, o.Queue = test.maxRate, 1000 })
		start := time.Now()
		states := 0
		total := int(test.frames * 10)
		for i := range total {
			now := start.Add(time.Duration(float64(i) / test.frames * float64(time.Second)))
			put(t, b, "x", fmt.Sprint("label", i), now)
			put(t, b, "y", "always the same", now) // another camera has its own limit
			m, _ := take(b)
			if strings.HasSuffix(m.topic, "x/state") {
				states++
			}
			for m.topic != "" && m.retained {
				if m, _ = take(b); m.topic != "" && !m.retained {
					b.giveBack([]message{m})
				}
			}
		}
		got := b.waiting()
		_, limited := b.losses()
		if want := 2 * test.want; got < want-4 || got > want+4 {
			t.Errorf("%v: %d results, want about %d", test, got, want)
		}
		if got+int(limited) != 2*total {
			t.Errorf("%v: %d results and %d limited of %d", test, got, limited, 2*total)
		}
		if states != total {
			t.Errorf("%v: %d states of %d", test, states, total)
		}
	}
}

func TestOutboxRefusesCamerasThatAreNoTopicLevel(t *testing.T) {
	b := testOutbox(func(*Options) {})
	for _, name := range []string{"", "+", "a#", "a/b", "/", "nul\x00", "line\nbreak", "bad\xff", strings.Repeat("x", 70_000)} {
		if _, err := b.put(result(name, "a"), time.Now()); err == nil {
			t.Errorf("result of camera %q: no error", name)
		}
		if _, err := b.put(publish.CameraStatus{Camera: name}, time.Now()); err == nil {
			t.Errorf("status of camera %q: no error", name)
		}
	}
	if got := drain(b); len(got) > 0 {
		t.Errorf("queued: %q", got)
	}
	put(t, b, "Garten hinten-2 ä", "a", time.Now())
	b.close()
	if _, err := b.put(result("x", "a"), time.Now()); !errors.Is(err, publish.ErrClosed) {
		t.Errorf("closed: %v", err)
	}
}

func BenchmarkPublish(b *testing.B) {
	box := newOutbox(Options{Prefix: "inceptiond/gate", Queue: 1000})
	r := result("cam", "label")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := box.put(r, time.Now()); err != nil {
			b.Fatal(err)
		}
	}
}
