package gpiochip

import (
	"os"
	"testing"
	"testing/synctest"
	"time"

	"periph.io/x/conn/v3/gpio"
)

// piped is an input whose edges are what is written to a pipe.
func piped(t *testing.T) (p *Pin, edges *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close(); w.Close() })
	p = New(Place{Chip: "/dev/gpiochip0", Offset: 17, Name: "GPIO17"}, Options{})
	p.line, p.config = &line{r}, config{edge: gpio.BothEdges, pull: gpio.PullUp}
	return p, w
}

// patience is how long a test waits for what must come.
const patience = time.Minute

// awaited is the result of a WaitForEdge that has begun, or is about to.
func awaited(p *Pin, timeout time.Duration) <-chan bool {
	result := make(chan bool, 1)
	go func() { result <- p.WaitForEdge(timeout) }()
	return result
}

func check(t *testing.T, what string, got <-chan bool, want bool) {
	t.Helper()
	select {
	case is := <-got:
		if is != want {
			t.Errorf("%s: %v, want %v", what, is, want)
		}
	case <-time.After(patience):
		t.Fatalf("%s: no end", what)
	}
}

// A wait for ever ends by an edge, by Halt and by Close, and by nothing else; gpioioctl of periph.io/x/host/v3 returns at once.
func TestWaitForEdge(t *testing.T) {
	for _, forever := range []time.Duration{-1, -time.Hour} {
		p, edges := piped(t)
		waiting := awaited(p, forever)
		select {
		case <-waiting:
			t.Fatal("it did not wait")
		case <-time.After(50 * time.Millisecond):
		}
		if _, err := edges.Write(make([]byte, 3*eventSize)); err != nil {
			t.Fatal(err)
		}
		check(t, "an edge", waiting, true)
		if p.WaitForEdge(time.Millisecond) {
			t.Error("edges of one wait are left for the next")
		}
		check(t, "no edge in time", awaited(p, 0), false)

		waiting = awaited(p, forever)
		if err := p.Halt(); err != nil {
			t.Fatal(err)
		}
		check(t, "halted", waiting, false)
		check(t, "still halted", awaited(p, forever), false)
		p.halted = false // as In does

		waiting = awaited(p, forever)
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
		check(t, "closed", waiting, false)
		check(t, "still closed", awaited(p, forever), false)
		if err := p.Close(); err != nil || p.Halt() != nil {
			t.Errorf("closed twice: %v", err)
		}
	}
}

// An edge that came before the wait is not lost, and the end of the file, as of a chip that is gone, ends it.
func TestWaitForEdgeOfBefore(t *testing.T) {
	p, edges := piped(t)
	edges.Write(make([]byte, eventSize))
	check(t, "an edge of before", awaited(p, -1), true)
	waiting := awaited(p, -1)
	edges.Close()
	check(t, "the end", waiting, false)
}

func TestNeverAskedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := New(Place{Chip: "/dev/gpiochip3", Offset: 5}, Options{})
		if p.WaitForEdge(-1) || p.Read() != gpio.Low || p.Function() != "" || p.Halt() != nil || p.Close() != nil {
			t.Error("a pin that was not asked for does something")
		}
		if p.Name() != "line 5 of gpiochip3" || p.String() != p.Name() || p.Number() != 5 || p.PWM(gpio.DutyHalf, 0) == nil {
			t.Errorf("%v", p)
		}
	})
}
