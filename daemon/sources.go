package main

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
	"github.com/inceptiond/inceptiond/capture/v4l2"
	"github.com/inceptiond/inceptiond/config"
)

// opener opens a camera's source; it is called again after the source was lost.
type opener func(context.Context) (capture.Source, error)

// origin is where a camera's frames come from.
type origin struct {
	about   string        // for people
	silence time.Duration // the longest that a source in good health may take to open, or for a frame
	open    opener
}

// newOrigin turns the source section of a camera into its origin.
func newOrigin(c config.Camera) (origin, error) {
	switch c.Source {
	case config.SourceDemo:
		return demoOrigin(*c.Demo), nil
	case config.SourceV4L2:
		return v4l2Origin(*c.V4L2)
	case config.SourceRPiCam:
		return rpicamOrigin(*c.RPiCam), nil
	case config.SourceHTTP:
		return httpOrigin(*c.HTTP), nil
	case config.SourceFiles:
		return filesOrigin(*c.Files), nil
	}
	return origin{}, fmt.Errorf("unknown source %q", c.Source)
}

func demoOrigin(d config.Demo) origin {
	o := demo.Options{Width: d.Width, Height: d.Height, Interval: d.Interval, Seed: uint64(d.Seed)}
	return origin{
		about:   fmt.Sprintf("drawn scenes %dx%d, every %v", d.Width, d.Height, d.Interval),
		silence: d.Interval,
		open:    func(ctx context.Context) (capture.Source, error) { return demo.Open(ctx, o) },
	}
}

func v4l2Origin(v config.V4L2) (origin, error) {
	o := v4l2.Options{Device: v.Device, Width: v.Width, Height: v.Height, Rate: v.Rate, Controls: v.Controls, Timeout: v.Timeout}
	if v.Format != "auto" {
		var err error
		if o.Pixel, err = capture.ParsePixelFormat(v.Format); err != nil {
			return origin{}, err
		}
	}
	return origin{
		about: "V4L2 " + v.Device, silence: v.Timeout,
		open: func(ctx context.Context) (capture.Source, error) { return v4l2.Open(ctx, o) },
	}, nil
}

func rpicamOrigin(r config.RPiCam) origin {
	o := rpicam.Options{Camera: r.Camera, Width: r.Width, Height: r.Height, Rate: r.Rate, Timeout: r.Timeout}
	return origin{
		about: fmt.Sprintf("Raspberry Pi camera %d", r.Camera), silence: r.Timeout,
		open: func(ctx context.Context) (capture.Source, error) { return rpicam.Open(ctx, o) },
	}
}

func httpOrigin(h config.HTTP) origin {
	return origin{about: h.URL.String(), silence: h.Interval + h.Timeout, open: func(ctx context.Context) (capture.Source, error) {
		o := httpcam.Options{URL: string(h.URL), Username: h.Username, Interval: h.Interval, MaxBytes: int(h.MaxBytes), Timeout: h.Timeout}
		if h.PasswordFile != "" {
			var err error
			if o.Password, err = config.ReadSecret(h.PasswordFile); err != nil {
				return nil, err
			}
		}
		return httpcam.Open(ctx, o)
	}}
}

func filesOrigin(f config.Files) origin {
	o := files.Options{Paths: f.Paths, Loop: f.Loop, Interval: f.Interval}
	return origin{
		about: "pictures from " + strings.Join(f.Paths, ", "), silence: f.Interval,
		open: func(ctx context.Context) (capture.Source, error) { return files.Open(ctx, o) },
	}
}
