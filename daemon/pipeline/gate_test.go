package pipeline

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/capture/motion"
)

// TestGate shows frames, each at its second, and holds what becomes of them: "pass" or "skip", the state, and the reason where
// it is news.
func TestGate(t *testing.T) {
	moves, light := motion.Verdict{Motion: true, Area: 0.021}, motion.Verdict{Light: true, Area: 0.9}
	usual := &GateOptions{Linger: 10 * time.Second, Refresh: time.Minute, Motion: &motion.Options{}}
	type frame struct {
		at   float64
		a    asked
		want string // with a ! behind it: and nobody can answer the frame
	}
	for _, test := range []struct {
		name    string
		options *GateOptions
		frames  []frame
	}{
		{"no gate", nil, []frame{{0, asked{}, "pass open"}, {1, asked{}, "pass open"}}},
		{"nothing opens it", &GateOptions{Linger: time.Second}, []frame{{0, asked{}, "pass open"}, {9, asked{}, "pass open"}}},
		{"motion", usual, []frame{
			{0, asked{}, "pass open the first frame"},
			{1, asked{}, "skip idle no motion for 1s, a frame every 1m0s"},
			{2, asked{motion: moves}, "pass open motion 2.1 %"},
			{11.9, asked{}, "pass open"}, // it lingers
			{12, asked{}, "skip idle no motion for 10s, a frame every 1m0s"},
			{13, asked{}, "skip idle"},
			{71.8, asked{}, "skip idle"},
			{71.9, asked{}, "pass idle"}, // a minute after the last
			{72, asked{}, "skip idle"},
		}},
		{"motion that goes on", usual, []frame{
			{0, asked{}, "pass open the first frame"},
			{1, asked{motion: moves}, "pass open motion 2.1 %"},
			{9, asked{motion: moves}, "pass open"},
			{18, asked{}, "pass open"},
			{19, asked{}, "skip idle no motion for 10s, a frame every 1m0s"},
		}},
		{"asked, and pending", usual, []frame{
			{0, asked{}, "pass open the first frame"},
			{1, asked{classify: true}, "pass open somebody asked"},
			{2, asked{pending: "cat"}, "pass open cat is pending"},
			{3, asked{pending: "cat"}, "pass open"},
			{4, asked{}, "skip idle no motion for 4s, a frame every 1m0s"},
		}},
		{"light", usual, []frame{
			{0, asked{}, "pass open the first frame"},
			{1, asked{motion: light}, "pass open light"},
			{1.5, asked{motion: light}, "skip idle no motion for 1s, a frame every 1m0s"}, // one a second
			{2, asked{motion: light}, "pass open light"},
			{2.5, asked{}, "skip idle no motion for 2s, a frame every 1m0s"},
		}},
		{"triggers alone", &GateOptions{Linger: 5 * time.Second, Triggers: []string{"pir"}}, []frame{
			{0, asked{}, "pass open the first frame"},
			{1, asked{}, "skip idle no trigger for 1s"},
			{2, asked{trigger: "pir"}, "pass open trigger pir"},
			{6.9, asked{}, "pass open"},
			{7, asked{}, "skip idle no trigger for 5s"},
			{9999, asked{}, "skip idle"}, // no refresh
		}},
		{"no lingering", &GateOptions{Motion: &motion.Options{}}, []frame{
			{0, asked{}, "pass open the first frame"},
			{1, asked{motion: moves}, "pass open motion 2.1 %"},
			{1.1, asked{}, "skip idle no motion for 0s"},
		}},
		{"what nobody could answer", usual, []frame{ // the next one passes in its place
			{0, asked{}, "pass open the first frame!"},
			{1, asked{}, "pass open"},
			{2, asked{}, "skip idle no motion for 1s, a frame every 1m0s"},
			{3, asked{motion: light}, "pass open light!"},
			{3.1, asked{}, "pass open"},
			{3.2, asked{}, "skip idle no motion for 2s, a frame every 1m0s"},
			{63.1, asked{}, "pass idle!"},
			{63.2, asked{}, "pass idle"},
			{63.3, asked{}, "skip idle"},
		}},
		{"what opened it stays the reason", usual, []frame{
			{0, asked{}, "pass open the first frame"},
			{1, asked{trigger: "pir"}, "pass open trigger pir"},
			{5, asked{motion: moves}, "pass open"},
			{14, asked{}, "pass open"},
			{15, asked{}, "skip idle no motion for 10s, a frame every 1m0s"},
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			g, start, before := gate{options: test.options}, time.Now(), ""
			for _, f := range test.frames {
				now := start.Add(time.Duration(f.at * float64(time.Second)))
				v := g.look(now, &f.a, before)
				before = v.cause
				want, failed := strings.CutSuffix(f.want, "!")
				if v.pass && !failed {
					g.answered(now)
				}
				got := fmt.Sprintf("%s %s %s", map[bool]string{true: "pass", false: "skip"}[v.pass], v.state, v.reason)
				if got = strings.TrimSpace(got); got != want {
					t.Errorf("at %v s: %s; want %s", f.at, got, want)
				}
			}
			if g.reopen(); !g.look(start.Add(time.Hour*9), &asked{}, "").pass {
				t.Error("the first frame after the camera was closed does not pass")
			}
		})
	}
}

func TestGateAllocatesNothing(t *testing.T) {
	g, a, now := gate{options: &GateOptions{Linger: time.Second, Motion: &motion.Options{}}}, asked{}, time.Now()
	before := g.look(now, &asked{}, "").cause
	before = g.look(now, &a, before).cause
	if n := testing.AllocsPerRun(100, func() {
		now = now.Add(time.Millisecond)
		before = g.look(now, &a, before).cause
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
