package pipeline

import (
	"bytes"
	"fmt"
	"image/color"
	"image/jpeg"
	"slices"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/capture/picture"
)

// collectedOf lets a camera see colours, one each second, and tells what it has collected of them.
func collectedOf(t *testing.T, o CollectOptions, seen ...color.RGBA) (list []string) {
	t.Helper()
	begin := time.Now()
	o.Keep = func(s Sample) {
		if is, err := jpeg.DecodeConfig(bytes.NewReader(s.JPEG)); err != nil || is.Width != 24 {
			t.Errorf("a picture of width %d, %v", is.Width, err)
		}
		list = append(list, fmt.Sprintf("%.0fs %s %s", s.Time.Sub(begin).Seconds(), s.Label, s.Why))
		if s.Score < 0 || s.Score > 1 {
			t.Errorf("score %v", s.Score)
		}
	}
	c := gateCamera(t, Options{Collect: &o}, 0.05)
	for i, colour := range seen {
		f := plain(colour, uint64(i+1))
		f.Time = begin.Add(time.Duration(i) * time.Second)
		p := picture.Of(f)
		c.answerOne(t.Context(), p, time.Now())
		c.collecting.take(p)
		if len(c.collecting.slot) > 0 { // as the other goroutine does
			s := <-c.collecting.slot
			c.collecting.slot = make(chan *collected, 1)
			c.collecting.slot <- s
			close(c.collecting.slot)
			c.keepSamples()
			c.collecting.slot = make(chan *collected, 1)
		}
	}
	return list
}

func TestCollect(t *testing.T) {
	between := color.RGBA{115, 50, 120, 255}
	for name, test := range map[string]struct {
		o    CollectOptions
		seen []color.RGBA
		want []string
	}{
		"what is sure is not":      {CollectOptions{}, []color.RGBA{red, blue, red}, nil},
		"what is unknown is":       {CollectOptions{}, []color.RGBA{red, green, blue, green}, []string{"1s shut unknown", "3s shut unknown"}},
		"not so often":             {CollectOptions{Interval: 3 * time.Second}, []color.RGBA{green, green, green, green}, []string{"0s shut unknown", "3s shut unknown"}},
		"changes":                  {CollectOptions{Changes: true}, []color.RGBA{red, red, blue, green}, []string{"0s open changed", "2s shut changed", "3s shut changed"}},
		"unsure, of changes alone": {CollectOptions{Changes: true}, []color.RGBA{green, green}, []string{"0s shut changed"}},
	} {
		if got := collectedOf(t, test.o, test.seen...); !slices.Equal(got, test.want) {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
	if got := collectedOf(t, CollectOptions{}, between); len(got) != 1 {
		t.Errorf("between two classes: %q", got)
	}
}

// Who keeps pictures may take as long as the disk does: the camera goes on, and copies nothing meanwhile.
func TestCollectNeverWaits(t *testing.T) {
	held, release := make(chan bool, 1), make(chan bool)
	c := gateCamera(t, Options{Collect: &CollectOptions{Keep: func(Sample) {
		held <- true
		<-release
	}}}, 0.05)
	done := make(chan bool)
	go func() {
		c.keepSamples()
		close(done)
	}()
	p := picture.Of(plain(green, 1))
	see := func() {
		c.answerOne(t.Context(), p, time.Now())
		c.collecting.take(p)
	}
	see()
	<-held
	see() // waits in the slot
	if got := testing.AllocsPerRun(50, see); got != 0 {
		t.Errorf("%v allocations a frame while another is kept", got)
	}
	if n := c.Status().Results; n != 53 {
		t.Errorf("%d results", n)
	}
	close(c.collecting.slot)
	close(release)
	<-done
}
