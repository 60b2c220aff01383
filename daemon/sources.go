package main

import (
	"context"
	"fmt"
	"strings"

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

// newOpener turns the source section of a camera into the function that opens it, and says for people what it opens.
func newOpener(c config.Camera) (open opener, about string, err error) {
	switch c.Source {
	case config.SourceDemo:
		open, about = openDemo(*c.Demo)
	case config.SourceV4L2:
		return openV4L2(*c.V4L2)
	case config.SourceRPiCam:
		open, about = openRPiCam(*c.RPiCam)
	case config.SourceHTTP:
		open, about = openHTTP(*c.HTTP)
	case config.SourceFiles:
		open, about = openFiles(*c.Files)
	default:
		return nil, "", fmt.Errorf("unknown source %q", c.Source)
	}
	return open, about, nil
}

func openDemo(d config.Demo) (opener, string) {
	o := demo.Options{Width: d.Width, Height: d.Height, Interval: d.Interval, Seed: uint64(d.Seed)}
	return func(ctx context.Context) (capture.Source, error) { return demo.Open(ctx, o) },
		fmt.Sprintf("drawn scenes %dx%d, every %v", d.Width, d.Height, d.Interval)
}

func openV4L2(v config.V4L2) (opener, string, error) {
	o := v4l2.Options{Device: v.Device, Width: v.Width, Height: v.Height, Rate: v.Rate, Controls: v.Controls, Timeout: v.Timeout}
	if v.Format != "auto" {
		var err error
		if o.Pixel, err = capture.ParsePixelFormat(v.Format); err != nil {
			return nil, "", err
		}
	}
	return func(ctx context.Context) (capture.Source, error) { return v4l2.Open(ctx, o) }, "V4L2 " + v.Device, nil
}

func openRPiCam(r config.RPiCam) (opener, string) {
	o := rpicam.Options{Camera: r.Camera, Width: r.Width, Height: r.Height, Rate: r.Rate, Timeout: r.Timeout}
	return func(ctx context.Context) (capture.Source, error) { return rpicam.Open(ctx, o) },
		fmt.Sprintf("Raspberry Pi camera %d", r.Camera)
}

func openHTTP(h config.HTTP) (opener, string) {
	return func(ctx context.Context) (capture.Source, error) {
		o := httpcam.Options{URL: string(h.URL), Username: h.Username, Interval: h.Interval, MaxBytes: int(h.MaxBytes), Timeout: h.Timeout}
		if h.PasswordFile != "" {
			var err error
			if o.Password, err = config.ReadSecret(h.PasswordFile); err != nil {
				return nil, err
			}
		}
		return httpcam.Open(ctx, o)
	}, h.URL.String()
}

func openFiles(f config.Files) (opener, string) {
	o := files.Options{Paths: f.Paths, Loop: f.Loop, Interval: f.Interval}
	return func(ctx context.Context) (capture.Source, error) { return files.Open(ctx, o) },
		"pictures from " + strings.Join(f.Paths, ", ")
}
