package webtest

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/jpeg"
	_ "image/png" // pictures that somebody tries
	"slices"
	"time"

	"github.com/inceptiond/inceptiond/capture/demo"
	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/publish"
	"github.com/inceptiond/inceptiond/publish/web"
)

const inputSide = 224 // pixels of the model's input

// errDown is the answer of a model that nothing runs.
var errDown = errors.New("model birds: nothing runs it: no Edge TPU is plugged in")

// Preview implements web.Workbench: the region, stretched; it turns and masks nothing.
func (d *Daemon) Preview(_ context.Context, camera string, p *picture.Picture, view web.View) (web.Preview, error) {
	switch {
	case !d.has(camera):
		return web.Preview{}, web.ErrNone
	case d.state == Error:
		return web.Preview{}, errDown
	}
	encoder, err := picture.NewEncoder(picture.EncoderOptions{Region: picture.Region(view.Region), Quality: 95})
	if err != nil {
		return web.Preview{}, err
	}
	still, err := encoder.Encode(p)
	if err != nil {
		return web.Preview{}, err
	}
	m, err := jpeg.Decode(bytes.NewReader(still))
	if err != nil {
		return web.Preview{}, err
	}
	made := preview(m)
	for _, c := range d.Cameras() {
		if c.Name == camera && c.Task != publish.TaskClassify {
			made.Classes, made.Why, made.Reason = nil, nil, "boxes, areas and bodies are where this model looks; it has no further picture of why"
			made.Found = *found(c, p.Frame())
			made.Found.Mask = maskOf(c, p.Frame())
			return made, nil
		}
	}
	made.Taught, made.Familiar, made.Nearest = true, 0.62, d.school.nearest()
	if camera == Gate {
		made.Familiar, made.Unknown = 0.02, true
	}
	return made, nil
}

// TryModel implements web.Workbench.
func (d *Daemon) TryModel(_ context.Context, name string, still []byte) (web.Preview, error) {
	switch {
	case name != model().Name:
		return web.Preview{}, web.ErrNone
	case d.state == Error:
		return web.Preview{}, errDown
	}
	m, _, err := image.Decode(bytes.NewReader(still))
	if err != nil {
		return web.Preview{}, errors.New("this is no whole JPEG or PNG")
	}
	return preview(m), nil
}

// preview stretches a picture to the model's input.
func preview(m image.Image) web.Preview {
	p := web.Preview{Width: inputSide, Height: inputSide, Inference: 35 * time.Millisecond}
	b := m.Bounds()
	for y := range inputSide {
		for x := range inputSide {
			r, g, blue, _ := m.At(b.Min.X+x*b.Dx()/inputSide, b.Min.Y+y*b.Dy()/inputSide).RGBA()
			p.Input = append(p.Input, byte(r>>8), byte(g>>8), byte(blue>>8))
		}
	}
	p.Why, p.Reason = slices.Clone(p.Input), "mostly the middle"
	for i := range p.Why {
		if x, y := i/3%inputSide-inputSide/2, i/3/inputSide-inputSide/2; x*x+y*y > inputSide*inputSide/9 {
			p.Why[i] /= 3
		}
	}
	for i, label := range demo.Labels()[:3] {
		p.Classes = append(p.Classes, publish.Prediction{Index: i, Label: label, Score: 0.79 / float32(1+2*i)})
	}
	p.Found, p.Shows = publish.Result{Image: publish.Size{Width: b.Dx(), Height: b.Dy()}, Predictions: p.Classes}, [4]float64{0, 0, 1, 1}
	return p
}

// Models implements web.Workbench.
func (d *Daemon) Models(context.Context) ([]web.Model, error) {
	if d.state == Tasks {
		return taskModels(), nil
	}
	m := web.Model{
		Name: "birds", File: "builtin:demo", SHA256: model().SHA256, Width: inputSide, Height: inputSide, Task: publish.TaskClassify, Classes: demo.Labels(),
		Wanted: "cpu", Engine: "cpu", Memory: 9 << 20, Cameras: []string{},
	}
	for _, c := range d.Cameras() {
		m.Cameras = append(m.Cameras, c.Name)
	}
	if d.state == Error {
		m.Wanted, m.Engine, m.Reason, m.Problems = "edgetpu", "", "no Edge TPU is plugged in", []string{"labels: 10 names for 12 classes"}
	}
	return []web.Model{m}, nil
}

// ModelFiles implements web.Workbench.
func (d *Daemon) ModelFiles(context.Context) ([]string, error) {
	return []string{"builtin:demo", "/etc/inceptiond/birds-2.tflite"}, nil
}

// Devices implements web.Workbench.
func (d *Daemon) Devices(context.Context) ([]web.Device, error) {
	if d.state == Error {
		return nil, errors.New("the cameras of this machine cannot be listed: permission denied; put inceptiond into the group video")
	}
	list := []web.Device{
		{
			Source: "v4l2", Name: "HD Pro Webcam C920", Path: "/dev/video0", Formats: []string{"MJPG 1280x720 30/s", "YUYV 640x480 30/s"}, Used: Drive,
			Config: map[string]any{"source": "v4l2", "v4l2": map[string]any{"device": "/dev/video0"}},
		},
		{
			Source: "v4l2", Name: "USB 2.0 Camera", Path: "/dev/video4", Formats: []string{"MJPG 640x480 30/s"},
			Config: map[string]any{"source": "v4l2", "v4l2": map[string]any{"device": "/dev/video4"}},
		},
		{
			Source: "rpicam", Name: "imx708", Path: "0", Formats: []string{}, Problem: "another program uses it: close it, or take another camera",
			Config: map[string]any{"source": "rpicam"},
		},
	}
	if d.state == Empty {
		list[0].Used = ""
	}
	return list, nil
}

// Doctor implements web.Workbench.
func (d *Daemon) Doctor(ctx context.Context, found func(web.Finding)) error {
	for _, f := range []web.Finding{
		{Area: "machine", Check: "clock", State: "ok", Found: "set by NTP"},
		{Area: "camera yard", Check: "device", State: "fault", Found: "/dev/video2 is not there", Fix: "plug the camera in again, or set v4l2.device to another one"},
		{Area: "broker", Check: "reachable", State: "warning", Found: "it answers after 900 ms", Fix: "move the machine nearer to the access point"},
		{Area: "model birds", Check: "speed", State: "note", Found: "35 ms an answer"},
	} {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
			found(f)
		}
	}
	if d.state == Error {
		return errors.New("the check was stopped after a minute")
	}
	return nil
}
