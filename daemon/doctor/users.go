package doctor

import (
	"os"
	"slices"

	"github.com/inceptiond/inceptiond/capture/rpicam"
	"github.com/inceptiond/inceptiond/daemon/plan"
	"github.com/inceptiond/inceptiond/infer/tflite/edgetpu"
	"github.com/inceptiond/inceptiond/internal/proc"
)

// program is the name of the daemon's process, if nobody has renamed it.
const program = "inceptiond"

// daemonOf names the daemon that one of holders is, or whose child it is; empty: none.
func (e *examination) daemonOf(holders []proc.Holder) string {
	for _, h := range holders {
		for _, p := range []proc.Holder{h, proc.Parent(e.root.path("/proc"), h.PID)} {
			if p.PID != 0 && p.PID != os.Getpid() && (p.Name == program || p.PID == e.options.Daemon) {
				return proc.Holder{PID: p.PID, Name: program}.String()
			}
		}
	}
	return ""
}

// asks names the daemon that has us look; empty: a person does.
func (e *examination) asks() string {
	if e.options.Daemon == 0 {
		return ""
	}
	return proc.Holder{PID: e.options.Daemon, Name: program}.String()
}

// userOf names the daemon that has a camera, which is then not opened: most can be open once only, and one on the network may
// end the stream that it has. Findings are about its node.
func (e *examination) userOf(name string, cam plan.Camera) (findings []Finding, by string) {
	if v := e.video(cam); v != nil {
		findings, by = v.forService(), e.daemonOf(v.Holders)
	}
	if by == "" {
		by = e.daemonOf(e.ribbonUsers(cam))
	}
	if by == "" && slices.Contains(e.options.AtWork, name) && slices.Contains([]string{"v4l2", "rpicam", "http", "rtsp"}, cam.Kind) {
		by = e.asks()
	}
	return findings, by
}

// ribbonUsers are the programs that have a camera on the ribbon cable; none for other cameras.
func (e *examination) ribbonUsers(cam plan.Camera) []proc.Holder {
	device, ok := cam.Opener.(interface{ Ribbon() int })
	if !ok {
		return nil
	}
	return rpicam.Users(e.root.path("/proc"), device.Ribbon())
}

// ribbonAtWork tells whether a daemon has all cameras of the config that are on the ribbon cable.
func (e *examination) ribbonAtWork() bool {
	for name, cam := range e.plan.Cameras {
		if cam.Kind != "rpicam" {
			continue
		}
		if _, by := e.userOf(name, cam); by == "" {
			return false
		}
	}
	return true
}

// oneViewer goes on a fix of a network camera that a daemon may have.
func (e *examination) oneViewer() string {
	daemons := proc.Running(e.root.path("/proc"), program)
	if e.options.Daemon != 0 || len(daemons) == 0 {
		return ""
	}
	return "; if " + proc.Names(daemons) + " has it: some cameras serve one viewer only, so end that first"
}

// tpuUser names the daemon whose worker has an Edge TPU; empty: none.
func (e *examination) tpuUser(devices []edgetpu.Device) string {
	for _, d := range devices {
		if by := e.daemonOf(proc.Holders(e.root.path("/proc"), d.Node)); by != "" {
			return by
		}
	}
	return ""
}
