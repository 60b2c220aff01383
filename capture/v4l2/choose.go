package v4l2

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/inceptiond/inceptiond/capture"
)

// enough is the frame rate that counts as fast when no rate was asked for: more than most boards can classify.
const enough = 10 // frames per second

// choice is what to ask the driver for.
type choice struct {
	pixel         capture.PixelFormat
	width, height int // pixels
}

// rank orders choices; the lowest is the best.
type rank struct {
	small bool    // less than the wished size
	slow  bool    // less than the wished rate
	cost  float64 // of bringing a frame in and turning it into a tensor; see weight
}

// choose picks among what the device offers: first a size that covers the wish, then a rate that reaches it, then the
// cheapest. So a webcam of USB 2 gives YUYV at 640x480, which needs no decoding, but MJPG at 1920x1080, where YUYV would
// fill the bus at 5 frames per second.
func choose(dev node, o Options) (choice, error) {
	formats := dev.formats()
	if len(formats) == 0 {
		return choice{}, fmt.Errorf("v4l2: %s offers no video formats: perhaps it is the metadata node of a camera; "+
			"`inceptiond cameras` lists the others", o.Device)
	}
	var best choice
	var lowest rank
	for _, p := range formats {
		if !slices.Contains(capture.PixelFormats(), p) || o.Pixel != 0 && o.Pixel != p {
			continue
		}
		w, h := pick(dev.sizes(p), o.Width, o.Height)
		r := rank{
			small: w < o.Width || h < o.Height,
			slow:  tooSlow(dev.rates(p, w, h), o.Rate),
			cost:  float64(w) * float64(h) * weight(p),
		}
		if best.pixel == 0 || r.less(lowest) {
			best, lowest = choice{p, w, h}, r
		}
	}
	if best.pixel == 0 {
		return choice{}, noFormat(o, formats)
	}
	return best, nil
}

func noFormat(o Options, formats []capture.PixelFormat) error {
	names := make([]string, len(formats))
	for i, p := range formats {
		names[i] = p.String()
	}
	if o.Pixel != 0 {
		return fmt.Errorf("v4l2: %s has no format %v (it has %s)", o.Device, o.Pixel, strings.Join(names, ", "))
	}
	return fmt.Errorf("v4l2: %s has no supported format: it has %s, supported are %v",
		o.Device, strings.Join(names, ", "), capture.PixelFormats())
}

func (r rank) less(q rank) bool {
	switch {
	case r.small != q.small:
		return q.small
	case r.slow != q.slow:
		return q.slow
	}
	return r.cost < q.cost
}

// weight is roughly what a pixel of format p costs, in units of a copied byte: its bytes on the bus and in memory, and
// for MJPG the decoding. GREY is cheap but has no colours, so it comes last.
func weight(p capture.PixelFormat) float64 {
	switch p {
	case capture.NV12, capture.I420:
		return 1.5
	case capture.YUYV, capture.UYVY:
		return 2
	case capture.RGB24, capture.BGR24:
		return 3
	case capture.MJPG:
		return 12
	}
	return 100
}

func tooSlow(rates []Rate, want float64) bool {
	if want == 0 {
		want = enough
	}
	if len(rates) == 0 {
		return false // the driver does not say
	}
	fastest := slices.MaxFunc(rates, func(a, b Rate) int { return cmp.Compare(a.Max, b.Max) })
	return fastest.Max < want*0.99 // 29.97 will do for 30
}

// pick returns the size to ask for: the smallest that covers w x h, else the largest. A driver that lists no sizes, or
// any size, is asked for the wish itself.
func pick(sizes []Size, w, h int) (int, int) {
	if len(sizes) == 0 {
		return w, h
	}
	bw, bh := 0, 0
	for _, s := range sizes {
		sw, sh := s.nearest(w, h)
		covers, best := sw >= w && sh >= h, bw >= w && bh >= h
		switch {
		case bw == 0,
			covers && !best,
			covers && best && sw*sh < bw*bh,
			!covers && !best && sw*sh > bw*bh:
			bw, bh = sw, sh
		}
	}
	return bw, bh
}

// nearest is the size in s that covers w x h as closely as s allows.
func (s Size) nearest(w, h int) (int, int) {
	if s.MaxWidth == 0 || s.MaxHeight == 0 {
		return w, h
	}
	return step(w, s.MinWidth, s.MaxWidth, s.StepWidth), step(h, s.MinHeight, s.MaxHeight, s.StepHeight)
}

// step is the smallest of low, low+by, … that is v or more, or the greatest that is not above high.
func step(v, low, high, by int) int {
	if by < 1 {
		by = 1
	}
	v = min(max(v, low), high)
	v = low + (v-low+by-1)/by*by
	if v > high {
		v -= by
	}
	return v
}
