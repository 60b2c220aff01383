package gpio

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/publish"
)

// start is when the machines of tests begin.
var start = time.Date(2026, 3, 14, 15, 0, 0, 0, time.UTC)

// played is what a machine does while things happen: "1s on, 3s off". A script is "1s online, 2s dog, 3s none": at which
// time a camera has which state, or which class is decided; "well" and "ill" are signs of life, and "." is nothing.
func played(t *testing.T, m *machine, script string) string {
	t.Helper()
	var changes []string
	on := m.on
	var next time.Time
	look := func(now time.Time) {
		out := m.step(now)
		if out.on != m.on || !out.next.IsZero() && !out.next.After(now) {
			t.Fatalf("at %v: %+v", now.Sub(start), out)
		}
		if out.on != on {
			on = out.on
			changes = append(changes, fmt.Sprintf("%v %s", now.Sub(start), map[bool]string{true: "on", false: "off"}[on]))
		}
		next = out.next
	}
	look(start)
	for _, word := range strings.Split(script, ", ") {
		at, what, _ := strings.Cut(word, " ")
		d, err := time.ParseDuration(at)
		if err != nil {
			t.Fatal(err)
		}
		now := start.Add(d)
		for !next.IsZero() && next.Before(now) {
			look(next)
		}
		happens(m, what, now)
		look(now)
	}
	return strings.Join(changes, ", ")
}

func happens(m *machine, what string, now time.Time) {
	switch what {
	case "well", "ill":
		m.beat(what == "well", now)
	case "online", "lost", "paused", "stopped", "connecting", "ended":
		m.is(publish.CameraState(what))
	case "none":
		m.decided(&publish.Decision{Different: m.look}, now)
	case "undecided", "normal", "different":
		look := map[string]publish.Look{"undecided": publish.LookUndecided, "normal": publish.LookNormal, "different": publish.LookDifferent}[what]
		m.decided(&publish.Decision{Label: m.label, Different: look}, now)
	case "open":
		m.open = true
	case ".":
	default:
		first, is := strings.CutPrefix(what, "first ")
		if strings.Contains(what, "=") {
			m.decided(&publish.Decision{First: is, Counts: countsOf(first)}, now)
			return
		}
		m.decided(&publish.Decision{Label: first, First: is, Different: m.look}, now)
	}
}

// countsOf are the counts of "dog=1 cat=0".
func countsOf(text string) (counts []publish.Count) {
	for _, word := range strings.Fields(text) {
		label, n, _ := strings.Cut(word, "=")
		number, _ := strconv.Atoi(n)
		counts = append(counts, publish.Count{Label: label, N: number})
	}
	return counts
}

// lamp and bell are outputs as the config has them by default.
var (
	lamp = Output{Mode: Follow, Camera: "drive", Classes: []string{"dog", "cat"}, Length: time.Second, Rest: time.Second}
	bell = Output{Mode: Pulse, Camera: "drive", Classes: []string{"dog", "cat"}, Length: time.Second, Rest: time.Second}
)

func with(o Output, change func(*Output)) Output {
	change(&o)
	return o
}

func TestMachine(t *testing.T) {
	safeOn := func(o *Output) { o.Safe = true }
	atMost := func(o *Output) { o.AtMost = 30 * time.Second }
	rest := func(o *Output) { o.Rest = 10 * time.Second }
	different := func(o *Output) { o.Classes = []string{"dog", publish.LabelDifferent} }
	alone := func(o *Output) { o.Classes = []string{publish.LabelDifferent} }
	for _, tt := range []struct {
		name   string
		o      Output
		script string
		want   string
	}{
		{"follow", lamp, "2s online, 3s dog, 9s none, 20s cat, 30s mouse", "3s on, 9s off, 20s on, 30s off"},
		{"one class and another", lamp, "2s online, 3s dog, 9s cat, 20s none", "3s on, 20s off"},
		{"not online yet", lamp, "3s dog, 5s connecting, 6s online", "6s on"},
		{"lost, and back with what was decided", lamp, "2s online, 3s dog, 9s lost, 20s online", "3s on, 9s off, 20s on"},
		{"lost, and decided otherwise meanwhile", lamp, "2s online, 3s dog, 9s lost, 15s none, 20s online", "3s on, 9s off"},
		{"paused", lamp, "2s online, 3s dog, 9s paused, 9s none, 20s online, 21s dog", "3s on, 9s off, 21s on"},
		{"all pictures are done", lamp, "2s online, 3s dog, 9s ended", "3s on, 9s off"},
		{"another camera of that name", lamp, "2s online, 3s dog, 9s stopped, 10s connecting, 11s online, 15s dog", "3s on, 9s off, 15s on"},
		{"rest", lamp, "2s online, 3s dog, 3.2s none, 3.4s dog, 3.6s none, 9s .", "3s on, 4s off"},
		{"rest that ends as it began", lamp, "2s online, 3s dog, 3.2s none, 3.4s dog, 9s .", "3s on"},
		{"rest after the start", with(lamp, rest), "2s online, 3s dog, 12s .", "10s on"},
		{"no rest", with(lamp, func(o *Output) { o.Rest = 0 }), "0s online, 0s dog, 0.1s none, 0.2s dog", "0s on, 100ms off, 200ms on"},
		{"safe comes before rest", with(lamp, rest), "2s online, 11s dog, 12s lost, 13s online, 25s .", "11s on, 12s off, 22s on"},
		{"at most", with(lamp, atMost), "2s online, 3s dog, 90s .", "3s on, 33s off"},
		{"at most, once for each time", with(lamp, atMost), "2s online, 3s dog, 90s none, 91s dog, 200s cat, 300s none", "3s on, 33s off, 1m31s on, 2m1s off"},
		{"at most, lost and back", with(lamp, atMost), "2s online, 3s dog, 90s lost, 100s online, 200s .", "3s on, 33s off"},
		{"at most comes before rest", with(lamp, func(o *Output) { o.Rest, o.AtMost = time.Minute, 30*time.Second }), "2s online, 3s dog, 62s none, 200s .", "1m0s on, 1m30s off"},
		{"at most while it rests", with(lamp, func(o *Output) { o.Rest, o.AtMost = time.Minute, 30*time.Second }), "2s online, 60s dog, 70s none, 75s dog, 300s .", "1m0s on, 1m30s off"},
		{"safe is on", with(lamp, safeOn), "2s online, 3s none, 9s dog, 20s none, 25s lost", "3s off, 9s on, 20s off, 25s on"},

		{"pulse", bell, "2s online, 3s none, 4s dog, 60s ., 61s none, 62s cat, 90s .", "4s on, 5s off, 1m2s on, 1m3s off"},
		{"what was there at the start is no news", bell, "2s online, 3s dog, 60s none, 61s dog, 90s .", "1m1s on, 1m2s off"},
		{"nor what was there when the classes changed", bell, "2s online, 3s none, 4s stopped, 4s none, 5s online, 6s first dog, 60s none, 61s dog, 90s .", "1m1s on, 1m2s off"},
		{"nor of another camera of that name", bell, "2s online, 3s none, 4s stopped, 5s online, 6s dog, 60s .", ""},
		{"longer by another decision", bell, "2s online, 3s none, 4s dog, 4.5s cat, 60s .", "4s on, 5.5s off"},
		{"a pulse ends though nothing is decided any more", bell, "2s online, 3s none, 4s dog, 4.1s none, 60s .", "4s on, 5s off"},
		{"a pulse is not kept up by its rest", with(bell, func(o *Output) { o.Length = 200 * time.Millisecond }), "2s online, 3s none, 4s dog, 60s .", "4s on, 4.2s off"},
		{"rest between pulses", with(bell, rest), "2s online, 9s none, 20s dog, 22s none, 23s dog, 90s .", "20s on, 21s off, 31s on, 32s off"},
		{"gone before the rest is over", with(bell, rest), "2s online, 9s none, 20s dog, 22s none, 23s dog, 25s none, 90s .", "20s on, 21s off"},
		{"a pulse of a camera that is lost", bell, "2s online, 3s none, 4s dog, 4.3s lost, 4.4s online, 60s .", "4s on, 4.3s off"},
		{"a pulse of at most", with(bell, func(o *Output) { o.Length, o.AtMost = 10*time.Second, 3*time.Second }), "2s online, 3s none, 4s dog, 60s .", "4s on, 7s off"},
		{"pulses that never end, at most", with(bell, func(o *Output) { o.AtMost = 1500 * time.Millisecond }), "2s online, 3s none, 4s dog, 4.8s cat, 5.4s dog, 5.6s cat, 60s .", "4s on, 5.5s off, 6.5s on, 7.5s off"},

		{"different", with(lamp, different), "2s online, 3s normal, 5s dog, 6s none, 9s different, 12s dog, 20s normal, 25s different, 30s lost", "5s on, 6s off, 9s on, 30s off"},
		{"different alone", with(lamp, alone), "2s online, 3s normal, 5s dog, 9s different, 12s none, 20s normal", "9s on, 20s off"},
		{"a pulse when it is different", with(bell, alone), "2s online, 3s normal, 5s dog, 9s different, 12s none, 13s cat, 20s normal, 25s different", "9s on, 10s off, 25s on"},
		{"what was different at the start is no news", with(bell, alone), "2s online, 3s dog, 4s undecided, 9s different, 12s none, 90s .", ""},
		{"a class does not pulse again as the look changes", bell, "2s online, 3s none, 4s dog, 9s normal, 12s different, 90s .", "4s on, 5s off"},

		{"a count", lamp, "2s online, 3s first dog=0 mouse=3, 5s dog=1 mouse=3, 6s dog=2 mouse=0, 9s dog=0 mouse=2, 20s dog=0 cat=1, 30s lost", "5s on, 9s off, 20s on, 30s off"},
		{"a count that there is at the start", lamp, "2s online, 3s first dog=2, 9s dog=0", "3s on, 9s off"},
		{"nothing is counted", lamp, "2s online, 3s first none, 9s mouse=0", ""},
		{"a pulse as a count rises", bell, "2s online, 3s first dog=0, 5s dog=1, 9s dog=1 mouse=1, 12s dog=2, 20s dog=1, 30s dog=1 cat=0, 40s dog=1 cat=3, 60s .",
			"5s on, 6s off, 12s on, 13s off, 40s on, 41s off"},
		{"no pulse for what there is at the start", bell, "2s online, 3s first dog=2, 5s dog=2 cat=1, 9s dog=0 cat=1, 20s dog=1 cat=1, 60s .", "20s on, 21s off"},
		{"a pulse for a label that comes", bell, "0s open, 2s online, 3s first dog=2, 5s dog=2 cat=1, 9s dog=2 cat=1 mouse=1, 60s .", "5s on, 6s off"},
		{"a pulse whose things have gone before the rest is over", with(bell, rest), "2s online, 3s first dog=0, 4s dog=1, 5s dog=0, 60s .", ""},
		{"heartbeat", Output{Mode: Heartbeat}, "1s well, 2s well, 3s ill, 4s ., 5s well, 6s well",
			"1s on, 1.5s off, 2s on, 2.5s off, 5s on, 5.5s off, 6s on"},
		{"heartbeat without signs of life", Output{Mode: Heartbeat}, "1s well, 60s .", "1s on, 1.5s off, 2s on, 2.5s off, 3s on, 3.5s off"},
		{"heartbeat whose safe is on", Output{Mode: Heartbeat, Safe: true}, "1.2s well, 2s ill, 60s .", "1.7s off, 2s on"},
	} {
		if got := played(t, newMachine(tt.o, start), tt.script); got != tt.want {
			t.Errorf("%s: %s\n got %s\nwant %s", tt.name, tt.script, got, tt.want)
		}
	}
}

func TestReasons(t *testing.T) {
	o := with(lamp, func(o *Output) { o.Rest, o.AtMost = 10*time.Second, 30*time.Second })
	m := newMachine(o, start)
	for _, tt := range []struct{ at, what, want string }{
		{"0s", ".", "drive is connecting"},
		{"1s", "online", "drive: nothing is decided yet"},
		{"2s", "dog", "drive: dog, after a rest of 10s"},
		{"10s", ".", "drive: dog"},
		{"12s", "none", "drive: none, after a rest of 10s"},
		{"13s", "cat", "drive: cat"},
		{"40s", ".", "drive: cat, on for 30s, which is the most"},
		{"41s", "mouse", "drive: mouse"},
		{"42s", "lost", "drive is lost"},
	} {
		d, _ := time.ParseDuration(tt.at)
		happens(m, tt.what, start.Add(d))
		if got := m.step(start.Add(d)).reason; got != tt.want {
			t.Errorf("%s %s: %q, want %q", tt.at, tt.what, got, tt.want)
		}
	}
	m = newMachine(lamp, start)
	for _, tt := range [][2]string{{"online", "drive: nothing is decided yet"}, {"first dog=0", "drive: none"}, {"dog=2 mouse=3 cat=1", "drive: dog 2, cat 1"}, {"mouse=1", "drive: none, after a rest of 1s"}} {
		happens(m, tt[0], start.Add(time.Minute))
		if got := m.step(start.Add(time.Minute)).reason; got != tt[1] {
			t.Errorf("%s: %q, want %q", tt[0], got, tt[1])
		}
	}
	m = newMachine(with(bell, func(o *Output) { o.Rest = time.Minute }), start)
	for _, what := range []string{"online", "none", "dog"} {
		happens(m, what, start)
	}
	if got := m.step(start).reason; got != "drive: dog, after a rest of 1m0s" {
		t.Error(got)
	}
	if got := newMachine(Output{Mode: Heartbeat}, start).step(start).reason; got != "no sign of life" {
		t.Error(got)
	}
}

func TestBecome(t *testing.T) {
	dog := seen{state: publish.CameraOnline, decision: &publish.Decision{Label: "dog"}}
	for _, tt := range []struct {
		name   string
		before string
		next   Output
		camera seen
		after  string
		want   string // of both
	}{
		{"the same", "2s online, 3s dog", lamp, dog, "9s .", ""},
		{"still a class", "2s online, 3s dog", with(lamp, func(o *Output) { o.Classes = []string{"dog"} }), dog, "9s .", ""},
		{"not a class", "2s online, 3s dog", with(lamp, func(o *Output) { o.Classes = []string{"cat"} }), dog, "9s .", "4s off"},
		{"another camera", "2s online, 3s dog", with(lamp, func(o *Output) { o.Camera = "door" }), seen{}, "9s .", "4s off"},
		{"another camera with a dog", "2s online, 3s dog", with(lamp, func(o *Output) { o.Camera = "door" }), dog, "9s .", ""},
		{"a pulse", "2s online, 3s dog", bell, dog, "9s .", "4s off"},
		{"less at most", "2s online, 3s dog", with(lamp, func(o *Output) { o.AtMost = 5 * time.Second }), dog, "9s .", "8s off"},
	} {
		m := newMachine(lamp, start)
		if got := played(t, m, tt.before); got != "3s on" {
			t.Fatalf("%s: %s", tt.name, got)
		}
		m.become(tt.next, tt.camera, start.Add(4*time.Second))
		on := m.on
		var got []string
		for next := start.Add(4 * time.Second); !next.IsZero() && next.Before(start.Add(9*time.Second)); {
			out := m.step(next)
			if out.on != on {
				got = append(got, fmt.Sprintf("%v off", next.Sub(start)))
			}
			on, next = out.on, out.next
		}
		if s := strings.Join(got, ", "); s != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, s, tt.want)
		}
	}
}

// Whatever happens, an output is never on for longer than AtMost, and one that is not safe is on only while its camera is
// online; one that follows does not switch twice within its rest but to be safe, and asks to be looked at in time.
func TestMachineHolds(t *testing.T) {
	words := []string{"online", "online", "lost", "paused", "dog", "cat", "none", "mouse", "dog=1 cat=2", "dog=0 cat=1", "stopped", "."}
	for seed := range uint64(300) {
		rng := rand.New(rand.NewPCG(seed, 1))
		o := []Output{lamp, bell}[seed%2]
		o.Rest, o.AtMost, o.Length = time.Duration(rng.IntN(5))*time.Second, time.Duration(rng.IntN(8))*time.Second, time.Duration(1+rng.IntN(4000))*time.Millisecond
		m := newMachine(o, start)
		now, next := start, time.Time{}
		for range 300 {
			then := now.Add(time.Duration(rng.IntN(3000)) * time.Millisecond)
			if !next.IsZero() && next.Before(then) {
				then = next
			} else {
				happens(m, words[rng.IntN(len(words))], then)
			}
			now = then
			was, since := m.on, m.switched
			out := m.step(now)
			next = out.next
			switch {
			case out.on && m.state != publish.CameraOnline:
				t.Fatalf("seed %d: on while the camera is %s", seed, m.state)
			case out.on && o.AtMost > 0 && now.Sub(m.switched) >= o.AtMost:
				t.Fatalf("seed %d: on for %v", seed, now.Sub(m.switched))
			case out.on && o.AtMost > 0 && (next.IsZero() || next.After(m.switched.Add(o.AtMost))):
				t.Fatalf("seed %d: nobody looks in time", seed)
			case out.on && !was && now.Sub(since) < o.Rest:
				t.Fatalf("seed %d: on after a rest of %v", seed, now.Sub(since))
			}
		}
	}
}
