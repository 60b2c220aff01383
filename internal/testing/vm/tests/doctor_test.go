package tests

import (
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// finding is a finding of `inceptiond doctor --json`.
type finding struct{ Area, Check, State, Found, Fix string }

// doctor examines the machine for a config and returns what it found, by check: the first of each.
func doctor(t *testing.T, file string) map[string]finding {
	t.Helper()
	cmd := exec.Command(here(t, "inceptiond"), "doctor", "--json", "-c", file)
	out, err := cmd.Output() // it ends with 1 when there is a fault
	var report struct{ Findings []finding }
	if jsonErr := json.Unmarshal(out, &report); jsonErr != nil {
		t.Fatalf("doctor: %v, %v: %s", err, jsonErr, out)
	}
	found := map[string]finding{}
	for _, f := range report.Findings {
		if _, ok := found[f.Check]; !ok {
			found[f.Check] = f
		}
	}
	return found
}

// expect compares a finding's state and looks for parts of its texts.
func (f finding) expect(t *testing.T, state, found, fix string) {
	t.Helper()
	if f.State != state || !strings.Contains(f.Found, found) || !strings.Contains(f.Fix, fix) {
		t.Errorf("%+v, want %s, %q, fix %q", f, state, found, fix)
	}
}

// TestDoctorOfCameras holds the doctor to real devices: one that works, one that another program has, one whose node
// the service may not open, the metadata node of a webcam, and none.
func TestDoctorOfCameras(t *testing.T) {
	file := write(t, "inceptiond.yaml", "mqtt: {broker: off}\ncameras:\n  cam: {source: v4l2, v4l2: {device: /dev/video0}}\n")
	found := doctor(t, file)
	found["cam"].expect(t, "ok", "V4L2 /dev/video0: a picture after", "")
	found["/dev/video0"].expect(t, "ok", "vivid (vivid, ", "")

	holder, _ := start(t, "v4l2-ctl", "-d", "/dev/video0", "--stream-mmap")
	eventually(t, "the camera to be held", func() bool {
		return strings.Contains(doctor(t, file)["/dev/video0"].Found, "in use by v4l2-ctl (process ")
	})
	eventually(t, "the camera to stream", func() bool { return doctor(t, file)["cam"].State == "fault" })
	doctor(t, file)["cam"].expect(t, "fault", "in use by v4l2-ctl (process ", "end v4l2-ctl (process ")
	if err := holder.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the camera to be free", func() bool { return doctor(t, file)["cam"].State == "ok" })

	if err := os.Chmod("/dev/video0", 0o600); err != nil {
		t.Fatal(err)
	}
	doctor(t, file)["cam"].expect(t, "warning", "the service is in the group video, but /dev/video0", "70-video.rules")

	sh(t, "modprobe -r vivid")
	doctor(t, file)["cam"].expect(t, "fault", "there is no such camera", "set cameras.cam.v4l2.device")
	uvcam(t)
	found = doctor(t, file)
	found["/dev/video0"].expect(t, "ok", "MJPG up to", "")
	found["/dev/video0"].expect(t, "ok", byID, "")
	found["/dev/video1"].expect(t, "note", "no camera, but a camera's metadata", "")
}
