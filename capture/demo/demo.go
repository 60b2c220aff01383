// Package demo is the built-in camera: it draws a fresh random scene for every frame, so that the daemon has something
// to look at on a machine without a camera, and tests have pictures whose right answer is known.
//
// Each scene shows one object of one of the classes in [Labels], such as a red circle, at a random place, size, angle
// and shade before a random background, with noise. The object lies wholly in the centred square of the frame, so it
// survives both cropping and stretching to a square tensor. Frame.Name is the label of the class.
//
// Everything is drawn with integers: a seed gives the same bytes on every machine.
package demo

import (
	"cmp"
	"context"
	cryptorand "crypto/rand"
	"encoding/binary"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/inceptiond/inceptiond/capture"
)

// Options says what to draw and how often. The zero value is a 640x480 scene every second, different at each start.
type Options struct {
	Width, Height int           // pixels, 32 to 4096; 0: 640 and 480
	Interval      time.Duration // from one frame to the next; 0: 1 second
	Seed          uint64        // equal seeds give equal frames; 0: a new seed from the system
}

// The sizes that Open accepts: below, nobody could tell the classes apart; above, the arithmetic of a scene might overflow.
const (
	minSide = 32
	maxSide = 4096
)

// defaults fills the zero fields of o and checks the others.
func (o Options) defaults() (Options, error) {
	o.Width = cmp.Or(o.Width, 640)
	o.Height = cmp.Or(o.Height, 480)
	o.Interval = cmp.Or(o.Interval, time.Second)
	if min(o.Width, o.Height) < minSide || max(o.Width, o.Height) > maxSide {
		return o, fmt.Errorf("demo: size %dx%d is out of range (use %d to %d pixels a side)", o.Width, o.Height, minSide, maxSide)
	}
	if o.Interval < 0 {
		return o, fmt.Errorf("demo: interval %v is negative", o.Interval)
	}
	if o.Seed == 0 {
		var b [8]byte
		cryptorand.Read(b[:]) // never fails, says its documentation
		o.Seed = binary.LittleEndian.Uint64(b[:])
	}
	return o, nil
}

// source implements capture.Source. Read is its only user of rng, count and next.
type source struct {
	options Options
	format  capture.Format
	rng     *rand.Rand
	count   uint64    // frames drawn
	next    time.Time // when the next frame is due
	timer   *time.Timer

	closing sync.Once
	closed  chan struct{}
}

// Open returns a source whose first frame is due at once and each later one an interval after the last. A reader that
// comes late gets a frame at once and misses none. The source has no device to lose: Read returns an error only when
// ctx ends or, wrapping [fs.ErrClosed], when the source was closed.
func Open(ctx context.Context, o Options) (capture.Source, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	o, err := o.defaults()
	if err != nil {
		return nil, err
	}
	s := &source{
		options: o,
		format:  capture.Packed(capture.RGB24, o.Width, o.Height),
		rng:     rand.New(rand.NewPCG(o.Seed, 0)),
		timer:   time.NewTimer(0),
		closed:  make(chan struct{}),
	}
	s.format.Rate = float64(time.Second) / float64(o.Interval)
	return s, nil
}

func (s *source) Format() capture.Format { return s.format }

func (s *source) Read(ctx context.Context, f *capture.Frame) error {
	if err := s.wait(ctx); err != nil {
		return err
	}
	s.next = time.Now().Add(s.options.Interval)
	Draw(s.rng, between(s.rng, 0, classes-1), s.options.Width, s.options.Height, f)
	s.count++
	f.Format, f.Sequence, f.Time = s.format, s.count, time.Now()
	return nil
}

// wait returns nil when the next frame is due.
func (s *source) wait(ctx context.Context) error {
	s.timer.Reset(time.Until(s.next))
	select {
	case <-s.timer.C:
	case <-ctx.Done():
	case <-s.closed:
	}
	select { // what ended the wait may not be all that happened
	case <-s.closed:
		return fmt.Errorf("demo: read: %w", fs.ErrClosed)
	default:
		return ctx.Err()
	}
}

func (s *source) Close() error {
	s.closing.Do(func() { close(s.closed) })
	return nil
}
