package v4l2

import (
	"errors"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/capture"
)

// offer is a size that a fake device has in one format.
type offer struct {
	pixel capture.PixelFormat
	sizes []Size
	rate  float64 // 0: it does not say
}

// answer is what a fake device gives to one take.
type answer struct {
	pix []byte
	err error
}

// fake is a device that plays a script. After the script no frame is ever ready.
type fake struct {
	offers    []offer
	agree     func(choice, Options) (agreed, error) // nil: exactly what was asked
	startErr  error
	script    []answer
	loop      bool
	waitErr   error
	asked     choice
	next      int
	streaming bool
	closes    int
}

func (d *fake) formats() []capture.PixelFormat {
	var list []capture.PixelFormat
	for _, o := range d.offers {
		list = append(list, o.pixel)
	}
	return list
}

func (d *fake) find(p capture.PixelFormat) offer {
	for _, o := range d.offers {
		if o.pixel == p {
			return o
		}
	}
	return offer{}
}

func (d *fake) sizes(p capture.PixelFormat) []Size { return d.find(p).sizes }

func (d *fake) rates(p capture.PixelFormat, w, h int) []Rate {
	for _, s := range d.find(p).sizes {
		if s.MaxWidth == w && s.MaxHeight == h && len(s.Rates) > 0 {
			return s.Rates
		}
	}
	if r := d.find(p).rate; r > 0 {
		return []Rate{{r, r}}
	}
	return nil
}

func (d *fake) negotiate(c choice, o Options) (agreed, error) {
	d.asked = c
	if d.agree != nil {
		return d.agree(c, o)
	}
	f := capture.Packed(c.pixel, c.width, c.height)
	return agreed{pixel: c.pixel, width: c.width, height: c.height, bytesPerLine: f.Stride, rate: o.Rate}, nil
}

func (d *fake) start() error {
	d.streaming = d.startErr == nil
	return d.startErr
}

func (d *fake) wait(max time.Duration) (bool, error) {
	if !d.streaming {
		return false, errors.New("wait without a stream")
	}
	if d.next == len(d.script) && d.loop {
		d.next = 0
	}
	if d.next < len(d.script) || d.waitErr != nil {
		return d.waitErr == nil, d.waitErr
	}
	time.Sleep(max)
	return false, nil
}

func (d *fake) take(dst []byte) ([]byte, error) {
	if !d.streaming {
		return dst, errors.New("take without a stream")
	}
	a := d.script[d.next]
	d.next++
	return append(dst[:0], a.pix...), a.err
}

func (d *fake) close() error {
	d.streaming = false
	d.closes++
	return nil
}

// one is a discrete size.
func one(w, h int, fps ...float64) Size {
	s := Size{MinWidth: w, MaxWidth: w, MinHeight: h, MaxHeight: h}
	for _, r := range fps {
		s.Rates = append(s.Rates, Rate{r, r})
	}
	return s
}

// grey2x2 is a device with one small format that plays script.
func grey2x2(script ...answer) *fake {
	return &fake{offers: []offer{{pixel: capture.GREY, sizes: []Size{one(2, 2)}}}, script: script}
}

// open starts a fake as Open does a real device.
func open(t *testing.T, dev *fake, o Options) *source {
	t.Helper()
	s, err := start(t.Context(), dev, o.withDefaults())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
		if dev.closes != 1 {
			t.Errorf("the device was closed %d times", dev.closes)
		}
	})
	return s
}
