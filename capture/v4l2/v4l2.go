// Package v4l2 reads cameras that Linux shows as /dev/video*: USB webcams, HDMI grabbers, loopback devices.
//
// It speaks to them through blackjack/webcam and adds what that library leaves out: the format that the driver really
// chose, checks of every frame, a way to stop a wait, and a watchdog. Only single-planar capture devices are served;
// Raspberry Pi cameras on the CSI port belong to package rpicam.
package v4l2

import (
	"cmp"
	"fmt"
	"time"

	"github.com/inceptiond/inceptiond/capture"
)

// Options says which camera to open and what to ask of it. The camera's answer is what [capture.Source] Format returns.
type Options struct {
	Device   string              // path: /dev/video0, or better a link below /dev/v4l/by-id
	Pixel    capture.PixelFormat // 0: the cheapest that the camera has, see choose
	Width    int                 // pixels wished for; 0: 640
	Height   int                 // pixels wished for; 0: 480
	Rate     float64             // frames per second wished for; 0: the driver's choice
	Controls map[string]int32    // by the driver's name; "White Balance, Automatic" is also white_balance_automatic
	Timeout  time.Duration       // without a good frame, after which the camera is lost; 0: 5 s
}

// withDefaults fills in what is zero.
func (o Options) withDefaults() Options {
	o.Width = cmp.Or(o.Width, 640)
	o.Height = cmp.Or(o.Height, 480)
	o.Timeout = cmp.Or(o.Timeout, 5*time.Second)
	return o
}

// Device is a camera as [List] finds it.
type Device struct {
	Path    string   // /dev/video0
	Link    string   // its name below /dev/v4l/by-id, "" if it has none
	Card    string   // the camera's name
	Driver  string   // of the kernel: uvcvideo
	Bus     string   // where it is plugged in: usb-0000:01:00.0-1.3
	Formats []Format // sorted by name
	Err     error    // why it could not be asked, else nil; then only Path and Link are set
}

// Format is a pixel format that a device offers. It may be one that capture does not support.
type Format struct {
	Pixel capture.PixelFormat
	Sizes []Size // the smallest first
}

// Size is a picture size, or a range of sizes, that a device offers in one format.
type Size struct {
	MinWidth, MaxWidth, StepWidth    int    // pixels; a step of 0 means the one size only
	MinHeight, MaxHeight, StepHeight int    // likewise
	Rates                            []Rate // at the largest size, the fastest first; empty if the driver does not say
}

// fixed tells whether s is one size and no range.
func (s Size) fixed() bool { return s.MinWidth == s.MaxWidth && s.MinHeight == s.MaxHeight }

// String is "640x480", "32x32 to 1920x1080" or "any size".
func (s Size) String() string {
	switch {
	case s.MaxWidth == 0 || s.MaxHeight == 0:
		return "any size" // webcam reports a continuous range as zeros
	case s.fixed():
		return fmt.Sprintf("%dx%d", s.MaxWidth, s.MaxHeight)
	}
	return fmt.Sprintf("%dx%d to %dx%d", s.MinWidth, s.MinHeight, s.MaxWidth, s.MaxHeight)
}

// Rate is a frame rate, or a range of rates, in frames per second.
type Rate struct{ Min, Max float64 }

// String is "30" or "5 to 30".
func (r Rate) String() string {
	if r.Min == r.Max {
		return fmt.Sprintf("%.4g", r.Max)
	}
	return fmt.Sprintf("%.4g to %.4g", r.Min, r.Max)
}
