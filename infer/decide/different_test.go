package decide

import (
	"strings"
	"testing"
	"time"
)

// TestWatch plays frames to a Watch; > marks a change, as in the design's vectors.
func TestWatch(t *testing.T) {
	for _, c := range []struct {
		name     string
		o        Options
		score    float64 // that stands for x
		frames   string  // x: different, o: not, p: interrupted
		outcomes string  // after each frame: D or n, with > before a change; ".": nothing decided yet
	}{
		{"1 of 1", Options{}, 1, "oxxo", ">n >D D >n"},
		{"4 of 5", Options{Need: 4, Window: 5}, 1.5, "ooooxxxoxooooo", ". . . >n n n n n >D D D >n n n"},
		{"just below", Options{}, 0.999, "ox", ">n n"},
		{"dwell", Options{Dwell: 3 * time.Second}, 2, "xooo", ">D D D >n"},
		{"cooldown", Options{Cooldown: 2 * time.Second}, 2, "xoxxx", ">D >n n >D D"},
		{"interrupted", Options{Need: 2, Window: 2}, 2, "xxpxxpp", ". >D >n n >D >n n"},
		{"interrupted before", Options{Need: 2, Window: 2}, 2, "xpxx", ". . . >D"},
	} {
		w, err := NewWatch(c.o)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		known := false
		for i, frame := range c.frames {
			now, is, changed := time.Duration(i)*time.Second, Decision{}, false
			switch frame {
			case 'x':
				is, changed = w.Step(now, c.score, "upper left")
			case 'o':
				is, changed = w.Step(now, 0.5, "upper left")
			default:
				is, changed = w.Interrupt(now, "paused")
			}
			known = known || changed
			sign := map[string]string{"": "n", Different: "D"}[is.Label]
			if !known {
				sign = "."
			}
			if changed {
				sign = ">" + sign
			}
			got = append(got, sign)
		}
		if out := strings.Join(got, " "); out != c.outcomes {
			t.Errorf("%s: %s, want %s", c.name, out, c.outcomes)
		}
	}
}

func TestWatchReasons(t *testing.T) {
	w, err := NewWatch(Options{Need: 3, Window: 4, Dwell: 10 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{
		"different 1 of 4, score 1.42, mostly the left", "different 2 of 4, score 1.42, mostly the left", "different 3 of 4, score 1.42, mostly the left",
		"none 1 of 4, score 0.99 below 1.00, dwell 1s of 10s", "none 2 of 4, score 0.99 below 1.00, dwell 2s of 10s",
	} {
		score := 1.429
		if i >= 3 {
			score = 0.9999
		}
		is, _ := w.Step(time.Duration(i)*time.Second, score, "mostly the left")
		if got := string(is.AppendReason(nil)); got != want {
			t.Errorf("frame %d: %q, want %q", i, got, want)
		}
	}
	is, _ := w.Interrupt(6*time.Second, "paused")
	if got := string(is.AppendReason(nil)); got != "paused" {
		t.Errorf("interrupted: %q", got)
	}
	if n := testing.AllocsPerRun(10, func() { w.Step(7*time.Second, 2, "mostly the left") }); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if _, err := NewWatch(Options{Need: 1, Window: 2}); err == nil {
		t.Error("1 of 2: no error")
	}
}
