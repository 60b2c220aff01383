package pipeline

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/inceptiond/inceptiond/capture/capturetest"
	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/infer/infertest"
)

// A frame that waits and is never taken is a stall, though each goroutine of its own waits for the other in good order.
func TestFrameThatIsNotTakenIsAStall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newRig(t, infertest.NewMean(nil), 0).camera
		c.Attach()
		put := func() {
			c.reading.enter(atRead)
			c.hub.Blank()
			c.hub.Put()
		}
		c.look.work.enter(atTake)
		time.Sleep(time.Hour) // no frame for long
		put()
		if s := c.Stalls(time.Now()); len(s) != 0 {
			t.Errorf("at once: %v", s)
		}
		time.Sleep(20 * time.Second)
		put() // a second frame changes nothing
		offered := time.Now()
		time.Sleep(11 * time.Second)
		s := c.Stalls(time.Now())
		if len(s) != 1 || s[0].Stage != atTake.String() || offered.Sub(s[0].Since) != 20*time.Second {
			t.Errorf("stalls %v", s)
		}
		if _, err := c.taken.Take(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		if s := c.Stalls(time.Now()); len(s) != 0 {
			t.Errorf("after it was taken: %v", s)
		}
	})
}

// Who waits for others' turns with the model does not stand still; the model does, if a run takes too long.
func TestTurnsOfOthersAreNoStall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newRig(t, infertest.NewMean(nil), 0).camera
		m := c.look.options.Model
		m.turn <- struct{}{}
		m.busy.enter(atInference)
		answered := make(chan error)
		frame := capturetest.Grey(7)
		go func() {
			_, err := c.look.Answer(t.Context(), picture.Of(&frame))
			answered <- err
		}()
		time.Sleep(time.Hour)
		if s := c.Stalls(time.Now()); len(s) != 0 {
			t.Errorf("the camera that waits: %v", s)
		}
		if s := m.Stalls(time.Now()); len(s) != 1 || s[0].Stage != atInference.String() {
			t.Errorf("the model: %v", s)
		}
		<-m.turn
		if err := <-answered; err != nil {
			t.Error(err)
		}
		if s := m.Stalls(time.Now()); len(s) != 0 {
			t.Errorf("after all have had their turn: %v", s)
		}
	})
}
