package doctor

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/rpicam"
	"github.com/inceptiond/inceptiond/capture/rtsp"
	"github.com/inceptiond/inceptiond/capture/v4l2"
	"github.com/inceptiond/inceptiond/daemon/plan"
	"github.com/inceptiond/inceptiond/infer/task"
	"github.com/inceptiond/inceptiond/internal/proc"
	"github.com/inceptiond/inceptiond/internal/text"
)

// cameraChecks look at every camera of the config, and at what is plugged in.
func (e *examination) cameraChecks() []Check {
	var list []Check
	if e.plan != nil {
		for _, name := range slices.Sorted(maps.Keys(e.plan.Cameras)) {
			cam := e.plan.Cameras[name]
			list = append(list, e.checkCamera(name, cam))
			if len(cam.Hours.Entries) > 0 {
				list = append(list, checkHours(name, cam, readClock))
			}
			if n := cam.Normal; n != nil {
				list = append(list, checkNormal(name, *n))
			}
			if cam.PasswordFile != "" {
				list = append(list, e.checkSecret("camera", name+" password", cam.PasswordFile))
			}
		}
	}
	list = append(list, e.checkDevices())
	if isPi(e.root) || e.wantsRibbon() {
		list = append(list, e.checkRibbon())
	}
	return list
}

// checkNormal says whether a camera has enough normal pictures to compare its own with.
func checkNormal(name string, n plan.Normal) Check {
	return Check{Area: "camera", Name: name + " normal", Run: func(context.Context) []Finding {
		if n.Pictures < task.MinNormal {
			return one(Warning, fmt.Sprintf("inceptiond teach normal %s --camera %s", n.Name, name),
				"%s of %s, and it takes %d: nothing is compared", text.Plural(n.Pictures, "normal picture"), n.Name, task.MinNormal)
		}
		return ok("%s of %s", text.Plural(n.Pictures, "normal picture"), n.Name)
	}}
}

// checkCamera takes one picture from a camera of the config, as the daemon does.
func (e *examination) checkCamera(name string, cam plan.Camera) Check {
	return Check{Area: "camera", Name: name, Limit: 20 * time.Second, Run: func(ctx context.Context) []Finding {
		if cam.View != "" {
			return []Finding{{State: OK, Found: cam.String()}}
		}
		findings, by := e.userOf(name, cam)
		if by != "" {
			return append(findings, Finding{State: OK, Found: cam.Opener.String() + ", in use by " + by})
		}
		begin := time.Now()
		f, about, advice, err := firstFrame(ctx, cam.Opener)
		if err != nil {
			return append(findings, Finding{State: Fault, Found: err.Error(), Fix: e.cameraFix(name, cam, err)})
		}
		found := fmt.Sprintf("%v: a picture after %v, %v", cam.Opener, time.Since(begin).Round(time.Millisecond), f.Format)
		if about != "" {
			found += "; " + about
		}
		findings = append(findings, Finding{State: OK, Found: found})
		if advice != "" {
			findings = append(findings, Finding{State: Note, Found: advice})
		}
		return findings
	}}
}

// firstFrame opens a source, takes one good frame, and closes it again. A source that can says what it is about, and what
// could be better.
func firstFrame(ctx context.Context, o capture.Opener) (f capture.Frame, about, advice string, err error) {
	src, err := o.Open(ctx)
	if err != nil {
		return f, "", "", err
	}
	for {
		if err = src.Read(ctx, &f); !errors.Is(err, capture.ErrBadFrame) {
			break
		}
	}
	if s, ok := src.(interface{ About() (text, advice string) }); ok {
		about, advice = s.About()
	}
	return f, about, advice, errors.Join(err, src.Close())
}

// video is the node of a V4L2 camera; nil if it is none, or not there.
func (e *examination) video(cam plan.Camera) *videoNode {
	device, ok := cam.Opener.(interface{ Node() string })
	if !ok {
		return nil
	}
	path := device.Node()
	if to, err := filepath.EvalSymlinks(path); err == nil {
		path = to
	}
	for i := range e.videos {
		if e.videos[i].Path == path {
			return &e.videos[i]
		}
	}
	return nil
}

// cameraFix says how to mend a camera that gave err instead of a picture.
func (e *examination) cameraFix(name string, cam plan.Camera, err error) string {
	key := "cameras." + name + "." + cam.Kind
	switch cam.Kind {
	case "v4l2":
		return e.videoFix(key, cam, err)
	case "rpicam":
		if by := e.ribbonUsers(cam); len(by) > 0 {
			return "end " + proc.Names(by) + ", or give that program another camera"
		}
		return "see the ribbon cable below; " + key + ".camera is a number of `rpicam-hello --list-cameras`"
	case "http":
		return httpFix(key, err) + e.oneViewer()
	case "rtsp":
		return rtspFix(key, err) + e.oneViewer()
	case "files":
		return fmt.Sprintf("see %s.paths: they must name pictures (JPEG, PNG, BMP) that can be read", key)
	}
	return "see " + key
}

// httpFix says how to mend a network camera. Most errors of package httpcam say it themselves, but do not know the keys.
func httpFix(key string, err error) string {
	switch {
	case errors.Is(err, capture.ErrCertificate):
		return certificateFix(key)
	case errors.Is(err, capture.ErrLogin), strings.Contains(err.Error(), "user and password"):
		return fmt.Sprintf("see %s.username and password_file; not many tries: cameras lock users for a while", key)
	case strings.Contains(err.Error(), "source: rtsp"):
		return fmt.Sprintf("set %s.url to the camera's address of JPEG pictures (MJPEG or snapshot), or use source: rtsp; docs/cameras.md", key)
	}
	return fmt.Sprintf("see %s.url; is the camera on, and does a browser here show it? docs/cameras.md", key)
}

// certificateFix says how to mend a certificate that is not trusted.
func certificateFix(key string) string {
	return fmt.Sprintf("if the fingerprint above is the camera's, write it to %s.fingerprint; or name its authority's certificate (PEM) "+
		"in %[1]s.ca_file; docs/cameras.md says how to compare", key)
}

// rtspFix says how to mend an RTSP camera. Most errors of package rtsp say it themselves, but do not know the keys.
func rtspFix(key string, err error) string {
	switch {
	case errors.Is(err, rtsp.ErrNotInstalled):
		return "sudo apt install ffmpeg"
	case errors.Is(err, rtsp.ErrTooOld):
		return "upgrade the system: Debian 12 and Raspberry Pi OS of 2023 have ffmpeg 5.1; `ffmpeg -version` says what is here"
	case errors.Is(err, capture.ErrCertificate):
		return certificateFix(key)
	case strings.Contains(err.Error(), "(401)"), strings.Contains(err.Error(), "(403)"):
		return fmt.Sprintf("see %s.username and password_file", key)
	case strings.Contains(err.Error(), "(404)"):
		return fmt.Sprintf("see %s.url; docs/cameras.md has examples of paths", key)
	}
	return fmt.Sprintf("see %s.url; try it in another viewer: ffplay -rtsp_transport tcp rtsp://…; docs/cameras.md", key)
}

func (e *examination) videoFix(key string, cam plan.Camera, err error) string {
	v := e.video(cam)
	switch {
	case errors.Is(err, os.ErrPermission):
		return "sudo usermod -aG video $USER, then log in anew; the service is in that group already"
	case v == nil:
		return fmt.Sprintf("plug the camera in, or set %s.device to one that is below", key)
	case len(v.Holders) > 0:
		return "end " + proc.Names(v.Holders) + ", or give that program another camera"
	case strings.Contains(err.Error(), "in use"):
		return "end the program that uses it; as root this command can say which: sudo inceptiond doctor"
	}
	return fmt.Sprintf("unplug the camera and plug it in again; try another port, %s.format: MJPG, a smaller size; look at dmesg | tail", key)
}

// checkDevices lists the V4L2 devices of the machine.
func (e *examination) checkDevices() Check {
	return Check{Area: "camera", Name: "devices", Limit: 10 * time.Second, Run: func(context.Context) []Finding {
		cameras, err := v4l2.List()
		if err != nil {
			return []Finding{{State: Note, Found: err.Error()}}
		}
		var findings []Finding
		for _, v := range e.videos {
			at := slices.IndexFunc(cameras, func(d v4l2.Device) bool { return d.Path == v.Path })
			f := Finding{Check: v.Path, State: Note, Found: "no camera, but a camera's metadata, a codec or an output: " + v.Name}
			if at >= 0 {
				f = describeDevice(cameras[at], v)
			}
			findings = append(findings, f)
		}
		if len(findings) == 0 {
			return []Finding{{State: Note, Found: "no V4L2 camera is connected"}}
		}
		return findings
	}}
}

// describeDevice says what a device offers, and who uses it.
func describeDevice(d v4l2.Device, v videoNode) Finding {
	f := Finding{Check: d.Path, State: OK}
	if d.Err != nil {
		f.State, f.Found = Note, d.Err.Error() // a fault only for the camera of the config that needs it
		return f
	}
	parts := []string{fmt.Sprintf("%s (%s, %s)", d.Card, d.Driver, d.Bus)}
	if d.Link != "" {
		parts = append(parts, d.Link)
	}
	supported := 0
	for _, format := range d.Formats {
		if !slices.Contains(capture.PixelFormats(), format.Pixel) {
			continue
		}
		supported++
		if n := len(format.Sizes); n > 0 {
			parts = append(parts, fmt.Sprintf("%v up to %v", format.Pixel, format.Sizes[n-1]))
		}
	}
	if supported == 0 {
		f.State = Note
		parts = append(parts, "no format that inceptiond supports")
	}
	if len(v.Holders) > 0 {
		parts = append(parts, "in use by "+proc.Names(v.Holders))
	}
	f.Found = strings.Join(parts, ", ")
	return f
}

// checkRibbon looks for cameras on the ribbon cable of a Raspberry Pi.
func (e *examination) checkRibbon() Check {
	return Check{Area: "camera", Name: "ribbon cable", Limit: 10 * time.Second, Run: func(ctx context.Context) []Finding {
		cameras, err := rpicam.List(ctx)
		return []Finding{e.judgeRibbon(cameras, err)}
	}}
}

// judgeRibbon makes a finding of what rpicam-hello said. It is a fault only if a camera of the config needs it.
func (e *examination) judgeRibbon(cameras []rpicam.Camera, err error) Finding {
	bad := Note
	if e.wantsRibbon() {
		if e.ribbonAtWork() && (err != nil || len(cameras) == 0) {
			return Finding{State: Note, Found: "rpicam-hello lists none while the daemon has its cameras"}
		}
		bad = Fault
	}
	says, missing := ribbonConfig(e.root)
	switch {
	case errors.Is(err, rpicam.ErrNotInstalled):
		return Finding{State: bad, Found: "rpicam-apps is not installed", Fix: "sudo apt install rpicam-apps (libcamera-apps before Debian 12)"}
	case err != nil:
		return Finding{State: bad, Found: err.Error(), Fix: "sudo apt full-upgrade, then start the machine anew; look at dmesg | grep -i -e csi -e imx -e ov5647"}
	case len(cameras) == 0 && missing:
		return Finding{State: bad, Found: "no camera; " + says, Fix: "write camera_auto_detect=1 into config.txt, and start the machine anew"}
	case len(cameras) == 0:
		return Finding{State: bad, Found: strings.TrimSuffix("no camera; "+says, "; "),
			Fix: "with the power off, push the ribbon cable in straight and close the clips at both ends; a sensor that is not found by itself needs its dtoverlay in config.txt"}
	}
	names := make([]string, len(cameras))
	for i, c := range cameras {
		names[i] = c.String()
	}
	return Finding{State: OK, Found: strings.Join(names, "; ")}
}

// wantsRibbon tells whether a camera of the config is on the ribbon cable.
func (e *examination) wantsRibbon() bool {
	if e.plan == nil {
		return false
	}
	for _, cam := range e.plan.Cameras {
		if cam.Kind == "rpicam" {
			return true
		}
	}
	return false
}
