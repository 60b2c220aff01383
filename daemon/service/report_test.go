package service

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/daemon/governor"
	"github.com/inceptiond/inceptiond/daemon/status"
)

// overviewOf is an overview of cameras that had so many frames, and results of half of them.
func overviewOf(generation uint64, frames map[string]uint64) status.Overview {
	o := status.Overview{Generation: generation}
	for _, name := range []string{"a", "b"} {
		if n, there := frames[name]; there {
			o.Cameras = append(o.Cameras, status.Camera{Name: name, Frames: n, Results: n / 2})
		}
	}
	return o
}

// A report is due each so often, and tells what cameras did since the one before.
func TestReporter(t *testing.T) {
	now := time.Unix(1000, 0)
	var r reporter
	var got []string
	tick := func(generation uint64, every time.Duration, frames map[string]uint64) {
		t.Helper()
		o := overviewOf(generation, frames)
		if !r.due(o, every, now) {
			return
		}
		text := fmt.Sprintf("%ds:", now.Unix()-1000)
		for _, s := range r.stats("gate", o, now) {
			text += fmt.Sprintf(" %s %.1f %.1f", s.Camera, s.FramesPerSecond, s.ResultsPerSecond)
		}
		got = append(got, text)
	}
	run := func(seconds int, generation uint64, every time.Duration, rate map[string]uint64) {
		for range seconds {
			frames := map[string]uint64{}
			for name, n := range rate {
				frames[name] = n * uint64(now.Unix()-1000)
			}
			tick(generation, every, frames)
			now = now.Add(time.Second + 3*time.Millisecond) // a tick is late now and then
		}
	}
	run(121, 1, time.Minute, map[string]uint64{"a": 10})
	run(60, 2, time.Minute, map[string]uint64{"a": 10, "b": 4}) // a reload: b is new
	run(60, 2, 0, map[string]uint64{"a": 10, "b": 4})
	run(6, 3, 5*time.Second, map[string]uint64{"b": 4})
	tick(3, time.Second, map[string]uint64{"b": 1}) // of another camera of that name
	want := []string{"60s: a 10.0 5.0", "120s: a 10.0 5.0", "180s: a 10.0 5.0 b 4.0 2.0"}
	if !slices.Equal(got[:3], want) || len(got) != 6 || got[5] != fmt.Sprintf("%ds:", now.Unix()-1000) {
		t.Errorf("reports %q, want first %q", got, want)
	}
}

func TestSystemOf(t *testing.T) {
	celsius := 61.25
	m := string(systemOf("gate", "mqtts://b.example:8883", &condition{Reading: governor.Reading{Temperature: &celsius}, State: governor.State{Level: 1}}, time.Unix(0, 0)).AppendJSON(nil))
	if want := `{"schema":1,"device":"gate","temperature":61.25,"duty":0.5,"broker":"mqtts://b.example:8883","time":"1970-01-01T00:00:00.000Z"}`; m != want {
		t.Errorf("%s, want %s", m, want)
	}
}
