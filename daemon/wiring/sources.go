package wiring

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/demo"
	"github.com/inceptiond/inceptiond/capture/files"
	"github.com/inceptiond/inceptiond/capture/httpcam"
	"github.com/inceptiond/inceptiond/capture/rpicam"
	"github.com/inceptiond/inceptiond/capture/rtsp"
	"github.com/inceptiond/inceptiond/capture/v4l2"
	"github.com/inceptiond/inceptiond/config"
	"github.com/inceptiond/inceptiond/internal/secret"
)

// newOpener turns the source section of a camera into what opens it.
func newOpener(c config.Camera) (capture.Opener, error) {
	switch c.Source {
	case config.SourceDemo:
		d := c.Demo
		return demoCamera{demo.Options{Width: d.Width, Height: d.Height, Interval: d.Interval, Seed: uint64(d.Seed)}}, nil
	case config.SourceV4L2:
		return newV4L2(c.V4L2)
	case config.SourceRPiCam:
		r := c.RPiCam
		return rpiCamera{rpicam.Options{Camera: r.Camera, Width: r.Width, Height: r.Height, Rate: r.Rate, Timeout: r.Timeout}}, nil
	case config.SourceHTTP:
		h := c.HTTP
		return httpCamera{
			Options: httpcam.Options{URL: string(h.URL), Username: h.Username, CAFile: h.CAFile, Fingerprint: h.Fingerprint,
				Interval: h.Interval, MaxBytes: int(h.MaxBytes), Timeout: h.Timeout},
			about: h.URL.String(), passwordFile: h.PasswordFile,
		}, nil
	case config.SourceRTSP:
		r := c.RTSP
		return rtspCamera{
			Options: rtsp.Options{URL: string(r.URL), Username: r.Username, CAFile: r.CAFile, Fingerprint: r.Fingerprint,
				Transport: r.Transport, KeyFrames: r.KeyFrames, Timeout: r.Timeout},
			about: r.URL.String(), passwordFile: r.PasswordFile,
		}, nil
	case config.SourceFiles:
		f := c.Files
		return pictures{files.Options{Paths: f.Paths, Loop: f.Loop, Interval: f.Interval}}, nil
	}
	return nil, fmt.Errorf("unknown source %q", c.Source)
}

// demoCamera is a camera of kind demo.
type demoCamera struct{ demo.Options }

func (c demoCamera) Open(ctx context.Context) (capture.Source, error) {
	return demo.Open(ctx, c.Options)
}
func (c demoCamera) Silence() time.Duration { return c.Interval }
func (c demoCamera) String() string {
	return fmt.Sprintf("drawn scenes %dx%d, every %v", c.Width, c.Height, c.Interval)
}

// v4l2Camera is a camera of kind v4l2.
type v4l2Camera struct{ v4l2.Options }

func newV4L2(v *config.V4L2) (capture.Opener, error) {
	o := v4l2.Options{Device: v.Device, Width: v.Width, Height: v.Height, Rate: v.Rate, Controls: v.Controls, Timeout: v.Timeout}
	if v.Format != "auto" {
		var err error
		if o.Pixel, err = capture.ParsePixelFormat(v.Format); err != nil {
			return nil, err
		}
	}
	return v4l2Camera{o}, nil
}

func (c v4l2Camera) Open(ctx context.Context) (capture.Source, error) {
	return v4l2.Open(ctx, c.Options)
}
func (c v4l2Camera) Silence() time.Duration { return c.Timeout }
func (c v4l2Camera) String() string         { return "V4L2 " + c.Device }

// Node is the path of the camera's device.
func (c v4l2Camera) Node() string { return c.Device }

// rpiCamera is a camera of kind rpicam.
type rpiCamera struct{ rpicam.Options }

func (c rpiCamera) Open(ctx context.Context) (capture.Source, error) {
	return rpicam.Open(ctx, c.Options)
}
func (c rpiCamera) Silence() time.Duration { return c.Timeout }
func (c rpiCamera) String() string         { return fmt.Sprintf("Raspberry Pi camera %d", c.Camera) }

// Ribbon is the camera's number.
func (c rpiCamera) Ribbon() int { return c.Camera }

// httpCamera is a camera of kind http. Its password is read each time it is opened.
type httpCamera struct {
	httpcam.Options
	about        string // the URL without secrets
	passwordFile string // empty: none
}

func (c httpCamera) Open(ctx context.Context) (capture.Source, error) {
	if c.passwordFile != "" {
		var err error
		if c.Password, err = secret.Read(c.passwordFile); err != nil {
			return nil, err
		}
	}
	return httpcam.Open(ctx, c.Options)
}

// Check looks at the files that say which certificates are trusted.
func (c httpCamera) Check() error           { return c.Options.Check() }
func (c httpCamera) Silence() time.Duration { return c.Interval + c.Timeout }
func (c httpCamera) String() string         { return c.about }

// rtspCamera is a camera of kind rtsp. Its password is read each time it is opened.
type rtspCamera struct {
	rtsp.Options
	about        string // the URL without secrets
	passwordFile string // empty: none
}

func (c rtspCamera) Open(ctx context.Context) (capture.Source, error) {
	if c.passwordFile != "" {
		var err error
		if c.Password, err = secret.Read(c.passwordFile); err != nil {
			return nil, err
		}
	}
	return rtsp.Open(ctx, c.Options)
}

// Check looks at the files that say which certificates are trusted.
func (c rtspCamera) Check() error { return c.Options.Check() }

// Silence: the camera has Timeout to take the connection, and then for each frame.
func (c rtspCamera) Silence() time.Duration { return 2 * c.Timeout }
func (c rtspCamera) String() string         { return c.about }

// pictures is a camera of kind files.
type pictures struct{ files.Options }

func (c pictures) Open(ctx context.Context) (capture.Source, error) {
	return files.Open(ctx, c.Options)
}
func (c pictures) Silence() time.Duration { return c.Interval }
func (c pictures) String() string         { return "pictures from " + strings.Join(c.Paths, ", ") }
