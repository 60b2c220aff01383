package tests

import (
	"os"
	"path/filepath"
	"testing"
)

// byID is where the camera of uvcam appears.
const byID = "/dev/v4l/by-id/usb-uvcam_Test_Camera_UVCAM0001-video-index0"

// vivid loads the kernel's virtual camera anew with its parameters, "n_devs=2" for example, and returns when udev is
// done. The guest boots with one, /dev/video0.
func vivid(t *testing.T, parameters string) {
	t.Helper()
	sh(t, "modprobe -r vivid && modprobe vivid node_types=0x1,0x1 num_inputs=1,1 %s && udevadm settle", parameters)
}

// uvcam plugs in a USB camera made of software and returns the function that commands it: "freeze", "unplug". Flags are
// those of uvcam.
func uvcam(t *testing.T, flags ...string) (command func(string)) {
	t.Helper()
	sh(t, "modprobe -a vhci_hcd uvcvideo")
	fifo := filepath.Join(t.TempDir(), "ctl")
	start(t, here(t, "uvcam"), append([]string{"-ctl", fifo}, flags...)...)
	present := func() bool { _, err := os.Stat(byID); return err == nil }
	eventually(t, "the camera of uvcam", present)
	sh(t, "udevadm settle")
	return func(word string) {
		t.Helper()
		sh(t, "echo %s > %s", word, fifo)
		if word == "unplug" {
			eventually(t, "the camera to go", func() bool { return !present() })
		}
	}
}
