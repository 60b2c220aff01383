package service

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/rpicam"
	"github.com/inceptiond/inceptiond/capture/v4l2"
	"github.com/inceptiond/inceptiond/daemon/plan"
	"github.com/inceptiond/inceptiond/internal/proc"
	"github.com/inceptiond/inceptiond/publish/web"
)

// Devices are the cameras on this machine: those that V4L2 has, and those on the ribbon cable of a Raspberry Pi; see
// [web.Workbench]. Cameras at work are not disturbed.
func (s *Service) Devices(ctx context.Context) ([]web.Device, error) {
	p := new(plan.Plan)
	if v := s.inForce.Load(); v != nil {
		p = v.plan
	}
	list := []web.Device{}
	videos, err := v4l2.List()
	if err != nil {
		return nil, err
	}
	for _, d := range videos {
		one := videoDevice(d, p)
		if one.Used == "" && one.Problem == "" {
			one.Problem = heldBy(proc.Holders("/proc", d.Path))
		}
		list = append(list, one)
	}
	ribbon, err := rpicam.List(ctx)
	if err != nil {
		ribbon = ribbonAtWork("/proc", p) // rpicam-hello may not get at those
	}
	if len(ribbon) == 0 && err != nil && !(errors.Is(err, rpicam.ErrNotInstalled) && !isPi("/")) {
		return append(list, missingRibbon(err)), nil
	}
	for _, c := range ribbon {
		list = append(list, ribbonDevice(c, p))
	}
	return list, nil
}

// isPi tells whether the machine below a folder is a Raspberry Pi: its device tree says so.
func isPi(root string) bool {
	board, err := os.ReadFile(filepath.Join(root, "proc/device-tree/model"))
	return err == nil && strings.HasPrefix(string(board), "Raspberry Pi")
}

// heldBy says that other programs use a camera; empty: none does, as far as we may see.
func heldBy(holders []proc.Holder) string {
	if len(holders) == 0 {
		return ""
	}
	return "in use by " + proc.Names(holders) + ": end that, or take another camera"
}

// videoDevice describes a camera that V4L2 has.
func videoDevice(d v4l2.Device, p *plan.Plan) web.Device {
	path := d.Path
	if d.Link != "" {
		path = d.Link
	}
	w := web.Device{
		Source: "v4l2", Name: d.Card, Path: path, Used: videoUser(d.Path, p),
		Config: map[string]any{"source": "v4l2", "v4l2": map[string]any{"device": path}},
	}
	if w.Name == "" {
		w.Name = d.Path
	}
	for _, f := range d.Formats {
		if slices.Contains(capture.PixelFormats(), f.Pixel) {
			w.Formats = append(w.Formats, formatTexts(f)...)
		}
	}
	switch {
	case d.Err != nil:
		w.Problem = d.Err.Error()
	case len(w.Formats) == 0:
		w.Problem = "it has no format that inceptiond supports"
	}
	return w
}

// formatTexts are the sizes of a format for people, each with its fastest rate: "MJPG 1280x720 30/s".
func formatTexts(f v4l2.Format) (list []string) {
	for _, size := range f.Sizes {
		text := fmt.Sprintf("%v %v", f.Pixel, size)
		if len(size.Rates) > 0 {
			text += fmt.Sprintf(" %.4g/s", size.Rates[0].Max)
		}
		list = append(list, text)
	}
	if len(list) == 0 {
		list = []string{f.Pixel.String()}
	}
	return list
}

// videoUser is the camera that uses a video node; empty: none does.
func videoUser(path string, p *plan.Plan) string {
	return user(p, func(opener capture.Opener) bool {
		device, ok := opener.(interface{ Node() string })
		if !ok {
			return false
		}
		node := device.Node()
		if to, err := filepath.EvalSymlinks(node); err == nil {
			node = to
		}
		return node == path
	})
}

// user is the first camera whose opener opens what is asked for; empty: none does.
func user(p *plan.Plan, opens func(capture.Opener) bool) string {
	for _, name := range p.CamerasFirst() {
		if o := p.Cameras[name].Opener; o != nil && opens(o) {
			return name
		}
	}
	return ""
}

// ribbonDevice describes a camera on the ribbon cable.
func ribbonDevice(c rpicam.Camera, p *plan.Plan) web.Device {
	w := web.Device{
		Source: "rpicam", Name: strings.TrimSpace("Raspberry Pi camera " + c.Sensor), Path: fmt.Sprintf("camera %d", c.Number),
		Used: user(p, func(o capture.Opener) bool {
			device, ok := o.(interface{ Ribbon() int })
			return ok && device.Ribbon() == c.Number
		}),
		Config: map[string]any{"source": "rpicam", "rpicam": map[string]any{"camera": c.Number}},
	}
	if c.Mode != "" {
		w.Formats = []string{c.Mode}
	}
	return w
}

// ribbonAtWork are the cameras on the ribbon cable that a plan uses, and that give pictures to a program. root is /proc.
func ribbonAtWork(root string, p *plan.Plan) (list []rpicam.Camera) {
	for _, name := range p.CamerasFirst() {
		if device, ok := p.Cameras[name].Opener.(interface{ Ribbon() int }); ok && len(rpicam.Users(root, device.Ribbon())) > 0 {
			list = append(list, rpicam.Camera{Number: device.Ribbon()})
		}
	}
	return list
}

// missingRibbon says why nobody knows which cameras are on the ribbon cable.
func missingRibbon(err error) web.Device {
	w := web.Device{Source: "rpicam", Name: "Raspberry Pi camera", Problem: err.Error()}
	if errors.Is(err, rpicam.ErrNotInstalled) {
		w.Problem = "rpicam-apps is not installed, which a camera on the ribbon cable needs: sudo apt install rpicam-apps"
	}
	return w
}
