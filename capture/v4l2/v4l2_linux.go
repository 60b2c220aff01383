package v4l2

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"time"
	"unsafe"

	"github.com/blackjack/webcam"
	"golang.org/x/sys/unix"

	"github.com/inceptiond/inceptiond/capture"
)

// attempts is how often a call is made that a signal may interrupt: Go sends itself signals to preempt goroutines.
const attempts = 5

// Open opens a camera and makes it stream. The error wraps capture.ErrLost if another try later may do: the camera is
// not there, or another program uses it.
func Open(ctx context.Context, o Options) (capture.Source, error) {
	o = o.withDefaults()
	if o.Device == "" {
		return nil, fmt.Errorf("v4l2: no device is named; %s", present())
	}
	dev, err := openCamera(o.Device)
	if err != nil {
		return nil, err
	}
	s, err := start(ctx, dev, o)
	if err != nil {
		return nil, err
	}
	return s, nil
}

// camera is a device that webcam has opened.
type camera struct {
	path string
	cam  *webcam.Webcam
	fd   int // webcam's own

	mapped [][]byte // the driver's buffers while it streams; never handed on
}

func openCamera(path string) (*camera, error) {
	cam, fd, err := openWebcam(path)
	if err != nil {
		return nil, explain(path, "open", err)
	}
	return &camera{path: path, cam: cam, fd: fd}, nil
}

func (c *camera) formats() []capture.PixelFormat {
	var list []capture.PixelFormat
	for p := range c.cam.GetSupportedFormats() { // a map: in random order
		list = append(list, capture.PixelFormat(p))
	}
	sort.Slice(list, func(i, j int) bool { return list[i].String() < list[j].String() })
	return list
}

func (c *camera) sizes(p capture.PixelFormat) []Size {
	var list []Size
	for _, s := range c.cam.GetSupportedFrameSizes(webcam.PixelFormat(p)) {
		list = append(list, Size{
			MinWidth: int(s.MinWidth), MaxWidth: int(s.MaxWidth), StepWidth: int(s.StepWidth),
			MinHeight: int(s.MinHeight), MaxHeight: int(s.MaxHeight), StepHeight: int(s.StepHeight),
		})
	}
	sort.Slice(list, func(i, j int) bool { return list[i].MaxWidth*list[i].MaxHeight < list[j].MaxWidth*list[j].MaxHeight })
	return slices.CompactFunc(list, func(a, b Size) bool { return a.String() == b.String() })
}

func (c *camera) rates(p capture.PixelFormat, w, h int) []Rate {
	var list []Rate
	for _, r := range c.cam.GetSupportedFramerates(webcam.PixelFormat(p), uint32(w), uint32(h)) {
		// The numbers are intervals: the least interval is the greatest rate.
		list = append(list, Rate{Min: inverse(r.MaxNumerator, r.MaxDenominator), Max: inverse(r.MinNumerator, r.MinDenominator)})
	}
	sort.Slice(list, func(i, j int) bool {
		a, b := list[i], list[j]
		return a.Max > b.Max || a.Max == b.Max && a.Min > b.Min
	})
	return slices.Compact(list)
}

// inverse is the rate of the interval n/d seconds.
func inverse(n, d uint32) float64 {
	if n == 0 {
		return 0
	}
	return float64(d) / float64(n)
}

// negotiate asks for c and reads back what the driver made of it: webcam returns the size that was asked for.
func (c *camera) negotiate(want choice, o Options) (agreed, error) {
	err := retry(func() error {
		_, _, _, err := c.cam.SetImageFormat(webcam.PixelFormat(want.pixel), uint32(want.width), uint32(want.height))
		return err
	})
	if err != nil {
		return agreed{}, explain(c.path, fmt.Sprintf("set format %dx%d %v", want.width, want.height, want.pixel), err)
	}
	a, err := getFormat(c.path)
	if err != nil {
		return agreed{}, explain(c.path, "read the format back", err)
	}
	if o.Rate > 0 {
		// Many drivers have no choice of rates; what it is in the end is read back below.
		_ = retry(func() error { return c.cam.SetFramerate(float32(o.Rate)) })
	}
	if rate, err := c.cam.GetFramerate(); err == nil {
		a.rate = float64(rate)
	}
	return a, c.setControls(o.Controls)
}

// setControls sets camera controls such as brightness, in the order of their names so that errors do not vary.
func (c *camera) setControls(values map[string]int32) error {
	if len(values) == 0 {
		return nil
	}
	known := map[string]webcam.ControlID{}
	limits := c.cam.GetControls()
	for id, ctl := range limits {
		known[controlName(ctl.Name)] = id
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		id, ok := known[controlName(name)]
		if !ok {
			return fmt.Errorf("v4l2: %s has no control %q (it has %s)",
				c.path, name, strings.Join(slices.Sorted(maps.Keys(known)), ", "))
		}
		v, ctl := values[name], limits[id]
		if v < ctl.Min || v > ctl.Max {
			return fmt.Errorf("v4l2: %s: control %q is %d: want %d to %d", c.path, name, v, ctl.Min, ctl.Max)
		}
		if err := retry(func() error { return c.cam.SetControl(id, v) }); err != nil {
			return explain(c.path, fmt.Sprintf("set control %q to %d", name, v), err)
		}
	}
	return nil
}

func (c *camera) start() error {
	if err := c.cam.SetBufferCount(buffers); err != nil {
		return explain(c.path, "set buffer count", err)
	}
	if err := c.cam.StartStreaming(); err != nil {
		return explain(c.path, "start streaming", err)
	}
	c.mapped = mappedBuffers(c.cam)
	return nil
}

// wait polls webcam's file itself: WaitForFrame counts in whole seconds.
func (c *camera) wait(d time.Duration) (bool, error) {
	fds := []unix.PollFd{{Fd: int32(c.fd), Events: unix.POLLIN}}
	n, err := unix.Poll(fds, int(d.Milliseconds()))
	if errors.Is(err, unix.EINTR) {
		return false, nil
	}
	return n > 0, err // POLLERR and POLLHUP too: the next take tells what is wrong
}

func (c *camera) take(dst []byte) ([]byte, error) {
	b := buffer{kind: bufTypeVideoCapture, memory: memoryMmap}
	err := retry(func() error { return ioctl(c.fd, vidiocDQBuf, unsafe.Pointer(&b)) })
	if errors.Is(err, unix.EAGAIN) {
		return dst, errAgain
	}
	if err != nil {
		return dst, err
	}
	mapped := c.mapped[b.index]
	dst = append(dst[:0], mapped[:min(int(b.used), len(mapped))]...)
	if err := retry(func() error { return c.cam.ReleaseFrame(b.index) }); err != nil {
		return dst, err
	}
	if b.flags&bufFlagError != 0 {
		return dst, errDamaged
	}
	return dst, nil
}

// close stops the stream and closes the device. webcam forgets the buffers that it mapped if the start of the stream
// went wrong, and a mapped buffer keeps the device open and busy for as long as this process lives: unmap them first.
func (c *camera) close() error {
	c.mapped = nil
	unmapLeft(c.cam)
	return c.cam.Close()
}

// retry repeats call as long as a signal interrupts it.
func retry(call func() error) error {
	err := call()
	for i := 1; i < attempts && errors.Is(err, unix.EINTR); i++ {
		err = call()
	}
	return err
}

// List finds the cameras of this machine, sorted by number. A node that cannot be asked has its Err set; nodes that are
// no cameras (metadata, codecs) are left out. It opens each node for a moment, which does not disturb a camera at work.
func List() ([]Device, error) {
	var list []Device
	for _, path := range nodes() {
		d := Device{Path: path, Link: link("/dev/v4l/by-id", path)}
		c, err := openCamera(path)
		if errors.Is(err, errNotCamera) {
			continue
		}
		if err != nil {
			d.Err = err
			list = append(list, d)
			continue
		}
		if d.describe(c); len(d.Formats) > 0 {
			list = append(list, d)
		}
		if err := c.close(); err != nil {
			return nil, fmt.Errorf("v4l2: close %s: %w", path, err)
		}
	}
	return list, nil
}

// describe asks an open camera for all it has.
func (d *Device) describe(c *camera) {
	d.Card, _ = c.cam.GetName() // none is no reason to leave the camera out
	d.Bus, _ = c.cam.GetBusInfo()
	d.Driver = driver(filepath.Base(d.Path))
	for _, p := range c.formats() {
		f := Format{Pixel: p, Sizes: c.sizes(p)}
		for i := range f.Sizes {
			s := &f.Sizes[i]
			s.Rates = c.rates(p, s.MaxWidth, s.MaxHeight)
		}
		d.Formats = append(d.Formats, f)
	}
}
