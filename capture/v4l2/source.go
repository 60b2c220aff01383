package v4l2

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/picture/jpeg"
	"github.com/inceptiond/inceptiond/internal/backoff"
)

const (
	buffers    = 4                      // asked of the driver: one being filled, one being copied, two for a late reader
	slice      = 100 * time.Millisecond // longest wait in the kernel, so that ctx and Close are soon noticed
	retryPause = 10 * time.Millisecond  // after a poll that promised a frame when there was none
	maxEmpty   = 10                     // empty frames in a row after which the camera is lost
)

// node is what a device can do before it streams. It is used by one goroutine at a time.
type node interface {
	formats() []capture.PixelFormat                // sorted, without duplicates
	sizes(p capture.PixelFormat) []Size            // empty if the driver does not say; Rates are not set
	rates(p capture.PixelFormat, w, h int) []Rate  // empty if the driver does not say
	negotiate(c choice, o Options) (agreed, error) // set format, rate and controls; read back what became of it
}

// stream is what a device can do once its format is set.
type stream interface {
	start() error                     // allocate buffers and begin
	wait(time.Duration) (bool, error) // for a frame; false if none came in time
	take(dst []byte) ([]byte, error)  // overwrite dst with the next frame; errAgain if there is none; errDamaged with it
	close() error                     // stop and give everything back
}

// device is a node that can stream.
type device interface {
	node
	stream
}

var (
	// errAgain says that a frame was announced and is not there (EAGAIN).
	errAgain = errors.New("no frame yet")

	// errDamaged says that the driver itself does not trust the frame.
	errDamaged = errors.New("the driver says that the frame is damaged")
)

// agreed is the driver's answer (struct v4l2_pix_format in linux/videodev2.h, and the rate of VIDIOC_G_PARM).
type agreed struct {
	pixel         capture.PixelFormat
	width, height int
	bytesPerLine  int     // 0 for compressed formats and from careless drivers
	sizeImage     int     // bytes of the largest frame
	fullRange     bool    // luma from 0 to 255
	rate          float64 // frames per second; 0 if unknown
}

// format turns the answer into a Format that can hold, or an error.
func (a agreed) format() (capture.Format, error) {
	f := capture.Packed(a.pixel, a.width, a.height)
	f.FullRange = a.fullRange
	if f.Pixel != capture.MJPG && a.bytesPerLine > 0 {
		f.Stride = a.bytesPerLine
	}
	f.Rate = a.rate
	n, err := f.Size()
	if err != nil {
		return capture.Format{}, fmt.Errorf("v4l2: the driver chose %v, which is of no use: %w", f, err)
	}
	if a.sizeImage > 0 && a.sizeImage < n {
		return capture.Format{}, fmt.Errorf("v4l2: the driver chose %v in frames of %d bytes, which needs %d", f, a.sizeImage, n)
	}
	return f, nil
}

// source is an open camera.
type source struct {
	name    string // the device, for errors
	timeout time.Duration
	format  capture.Format
	settled bool // format has the size of a JPEG that came; no meaning for other formats
	closed  atomic.Bool

	mu       sync.Mutex // held while the device is in use: by Read for all its duration
	dev      stream     // nil once closed
	sequence uint64     // of the last frame, good or bad
	empty    int        // empty frames in a row
	waiting  time.Time  // since when a good frame is missing; zero after a good frame
}

// start makes dev stream as o wishes and takes it over; if it cannot, dev is closed.
func start(ctx context.Context, dev device, o Options) (*source, error) {
	f, err := begin(ctx, dev, o)
	if err != nil {
		_ = dev.close() // the error that counts is the first
		return nil, err
	}
	return &source{name: o.Device, timeout: o.Timeout, format: f, dev: dev}, nil
}

func begin(ctx context.Context, dev device, o Options) (capture.Format, error) {
	c, err := choose(dev, o)
	if err != nil {
		return capture.Format{}, err
	}
	a, err := dev.negotiate(c, o)
	if err != nil {
		return capture.Format{}, err
	}
	f, err := a.format()
	if err != nil {
		return capture.Format{}, err
	}
	if err := ctx.Err(); err != nil {
		return capture.Format{}, err
	}
	return f, dev.start()
}

// Format is what the driver agreed to.
func (s *source) Format() capture.Format { return s.format }

// Read waits for a frame and copies it. The kernel's buffer goes back before Read returns.
func (s *source) Read(ctx context.Context, f *capture.Frame) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.waiting.IsZero() {
		s.waiting = time.Now()
	}
	for {
		if err := s.stopped(ctx); err != nil {
			return err
		}
		ready, err := s.dev.wait(slice)
		if err != nil {
			return s.lost("wait for a frame: %v", err)
		}
		if ready {
			switch err := s.take(f); {
			case errors.Is(err, errAgain):
				_ = backoff.Sleep(ctx, retryPause) // stopped tells of the end of ctx
			default:
				return err
			}
		}
		if time.Since(s.waiting) > s.timeout {
			return s.lost("no frame for %v", s.timeout)
		}
	}
}

// stopped tells why Read must not wait any longer, if so.
func (s *source) stopped(ctx context.Context) error {
	if s.closed.Load() || s.dev == nil {
		return fmt.Errorf("v4l2: read %s: %w", s.name, os.ErrClosed)
	}
	return ctx.Err()
}

// take fetches a frame that is ready and checks it.
func (s *source) take(f *capture.Frame) error {
	pix, err := s.dev.take(f.Pix)
	if errors.Is(err, errAgain) {
		return err
	}
	damaged := errors.Is(err, errDamaged)
	if err != nil && !damaged {
		return s.lost("read a frame: %v", err)
	}
	s.sequence++
	*f = capture.Frame{Pix: pix, Format: s.format, Sequence: s.sequence, Time: time.Now()}
	if err = s.check(f); err == nil && damaged {
		err = fmt.Errorf("v4l2: %w: %w", errDamaged, capture.ErrBadFrame)
	}
	if err != nil {
		// A camera that sends nothing but rubbish is as lost as one that sends nothing.
		if time.Since(s.waiting) > s.timeout {
			return s.lost("no good frame for %v, the last one: %v", s.timeout, err)
		}
		return err
	}
	s.waiting = time.Time{}
	return nil
}

// check tells whether a frame can be what the driver promised. A truncated JPEG passes if its header is whole: there are
// cameras that never send an end marker, and the decoder knows best what can be shown.
func (s *source) check(f *capture.Frame) error {
	if len(f.Pix) > 0 {
		s.empty = 0
	} else if s.empty++; s.empty >= maxEmpty {
		// So does a stalled USB endpoint look, without any error, until the stream is started anew.
		return s.lost("%d empty frames in a row", s.empty)
	}
	if f.Format.Pixel != capture.MJPG {
		return f.Check()
	}
	w, h, err := jpeg.Size(f.Pix)
	if err != nil {
		return err
	}
	if !s.settled { // what the camera sends is a better answer than what its driver says
		s.format.Width, s.format.Height, s.settled = w, h, true
		f.Format = s.format
	}
	if w != f.Format.Width || h != f.Format.Height {
		return fmt.Errorf("v4l2: a JPEG of %dx%d in a stream of %v: %w", w, h, f.Format, capture.ErrBadFrame)
	}
	return nil
}

func (s *source) lost(format string, args ...any) error {
	return fmt.Errorf("v4l2: %s: %s: %w", s.name, fmt.Sprintf(format, args...), capture.ErrLost)
}

// Close waits for a Read that is under way, as it may be copying from the kernel's memory, and gives the device back.
func (s *source) Close() error {
	s.closed.Store(true)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dev == nil {
		return nil
	}
	err := s.dev.close()
	s.dev = nil
	if err != nil {
		return fmt.Errorf("v4l2: close %s: %w", s.name, err)
	}
	return nil
}
