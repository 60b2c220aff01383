// Package rpicam reads Raspberry Pi cameras on the CSI port through a child process, rpicam-vid.
//
// Such a camera needs libcamera, whose interface changes with every upgrade of the system; the program that comes with
// it does not. The child is started with arguments made from numbers only, writes pictures to a pipe, and ends with its
// source, or with this process, whatever happens to that.
package rpicam

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strconv"
	"sync"
	"time"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/internal/pump"
	"github.com/inceptiond/inceptiond/capture/picture/jpeg"
)

// maxPicture is the largest JPEG that is believed, in bytes.
const maxPicture = 16 << 20

// rowAlign is what the image processor pads rows of raw frames to: rpicam-vid writes them as they lie in memory, padding
// included (rpicam-apps issue 188).
const rowAlign = 64 // bytes

// Options says which camera to open and what to ask of it.
type Options struct {
	Camera  int                 // as rpicam-vid --list-cameras numbers them
	Width   int                 // pixels; 0: 640
	Height  int                 // pixels; 0: 480
	Rate    float64             // frames per second; 0: rpicam-vid's default
	Pixel   capture.PixelFormat // MJPG, or I420 with a width that is a multiple of 64; 0: MJPG
	Timeout time.Duration       // without a good frame, after which the camera is lost; 0: 5 s
}

func (o Options) withDefaults() Options {
	o.Width = cmp.Or(o.Width, 640)
	o.Height = cmp.Or(o.Height, 480)
	o.Pixel = cmp.Or(o.Pixel, capture.MJPG)
	o.Timeout = cmp.Or(o.Timeout, 5*time.Second)
	return o
}

// format is what frames will be. For MJPG each picture says its size anew.
func (o Options) format() (capture.Format, error) {
	f := capture.Packed(o.Pixel, o.Width, o.Height)
	f.Rate = o.Rate
	switch {
	case o.Pixel != capture.MJPG && o.Pixel != capture.I420:
		return f, fmt.Errorf("rpicam: pixel format %v: want MJPG or I420", o.Pixel)
	case o.Pixel == capture.I420 && (o.Width%rowAlign != 0 || o.Height%2 != 0):
		return f, fmt.Errorf("rpicam: I420 of %dx%d: want a width that is a multiple of %d and an even height",
			o.Width, o.Height, rowAlign)
	case o.Camera < 0 || o.Rate < 0:
		return f, fmt.Errorf("rpicam: camera %d, rate %g: want 0 or more", o.Camera, o.Rate)
	}
	if _, err := f.Size(); err != nil {
		return f, fmt.Errorf("rpicam: %w", err)
	}
	return f, nil
}

// arguments is the command line after the program's name.
func (o Options) arguments() []string {
	codec := "mjpeg"
	if o.Pixel == capture.I420 {
		codec = "yuv420"
	}
	args := []string{
		"--timeout", "0", // until it is stopped
		"--nopreview",
		"--flush", // no picture waits for the next
		"--camera", strconv.Itoa(o.Camera),
		"--width", strconv.Itoa(o.Width),
		"--height", strconv.Itoa(o.Height),
		"--codec", codec,
		"--output", "-",
	}
	if o.Rate > 0 {
		args = append(args, "--framerate", strconv.FormatFloat(o.Rate, 'f', -1, 64))
	}
	return args
}

// source is a running child and the pump that reads its pictures.
type source struct {
	*pump.Pump
	video *video
	once  sync.Once
}

// Open starts the program and waits for the first frame. The error wraps capture.ErrLost if another try later may do;
// it says how to install the program if that is missing.
func Open(ctx context.Context, o Options) (capture.Source, error) {
	o = o.withDefaults()
	f, err := o.format()
	if err != nil {
		return nil, err
	}
	v, err := startVideo(o.arguments())
	if err != nil {
		return nil, err
	}
	s := &source{video: v, Pump: pump.Start("rpicam", o.Timeout, v.filler(f))}
	if err := s.Wait(ctx); err != nil {
		_ = s.Close() // never fails
		return nil, err
	}
	return s, nil
}

// Close kills the child.
func (s *source) Close() error {
	s.once.Do(func() {
		s.Stop()
		s.video.Kill()
		s.Join()
	})
	return nil
}

// filler returns the function that reads frames of format f from the child.
func (v *video) filler(f capture.Format) func(*capture.Frame) error {
	if f.Pixel == capture.MJPG {
		r := jpeg.NewReader(v.Out, maxPicture)
		return func(frame *capture.Frame) (err error) {
			frame.Format = f
			frame.Pix, frame.Format.Width, frame.Format.Height, err = r.Next(frame.Pix)
			return v.reason(err)
		}
	}
	size := f.Width * f.Height * 3 / 2 // rows have no padding: see Options.format
	return func(frame *capture.Frame) error {
		frame.Format = f
		if cap(frame.Pix) < size {
			frame.Pix = make([]byte, size)
		}
		frame.Pix = frame.Pix[:size]
		_, err := io.ReadFull(v.Out, frame.Pix)
		return v.reason(err)
	}
}
