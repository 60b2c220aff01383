package tests

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// back is how soon a camera must give results again once a fault is over.
const back = 10 * time.Second

// fault is something that goes wrong while the daemon runs.
type fault struct {
	camera string // vivid or uvcam
	name   string // as in docs/faults.md
	begin  string // shell line that brings it about; for uvcam its command
	end    string // that which mends it; "": it is over at once
	says   string // part of what the daemon says in its log and, if the camera is lost, on MQTT
	skips  bool   // the camera stays online: only frames are left out
}

// record is what a fault test found: a row of docs/faults.md, which the host writes.
type record struct {
	Part     string          // what the fault is in: "camera (vivid)", "broker"
	Fault    string          // what goes wrong
	Does     string          // what the daemon does about it
	Recovery []time.Duration // from the end of the fault until all is well again
	Missing  int             // events that did not arrive
}

// keep hands a record to the host.
func (r record) keep(t *testing.T) {
	t.Helper()
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll("faults", 0o755); err != nil {
		t.Fatal(err)
	}
	name := strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' {
			return c
		}
		return '-'
	}, r.Part+" "+r.Fault)
	if err := os.WriteFile(filepath.Join("faults", name+".json"), text, 0o644); err != nil {
		t.Fatal(err)
	}
}

var vividFaults = []fault{
	{name: "unplugged (driver unbound), plugged in again", says: "no such device",
		begin: "echo vivid.0 > /sys/bus/platform/drivers/vivid/unbind", end: "echo vivid.0 > /sys/bus/platform/drivers/vivid/bind && udevadm settle"},
	{name: "disconnected, the node stays", begin: "v4l2-ctl -c disconnect=1", says: "no such device"},
	{name: "fatal streaming error", begin: "v4l2-ctl -c inject_fatal_streaming_error=1", says: "input/output error"},
	{name: "error at stream start", says: "start streaming",
		begin: "v4l2-ctl -c inject_vidioc_streamon_error=1,inject_fatal_streaming_error=1"},
	{name: "error at buffer request", says: "start streaming",
		begin: "v4l2-ctl -c inject_vidioc_reqbufs_error=1,inject_fatal_streaming_error=1"},
	{name: "error at queueing a buffer", begin: "v4l2-ctl -c inject_vidioc_qbuf_error=1", says: "read a frame"},
	{name: "frame marked damaged by the driver", begin: "v4l2-ctl -c inject_v4l2_buf_flag_error=1", says: "damaged", skips: true},
	{name: "all buffers dropped", says: "no frame for",
		begin: "v4l2-ctl -c percentage_of_dropped_buffers=100", end: "v4l2-ctl -c percentage_of_dropped_buffers=0"},
	{name: "half the buffers dropped", skips: true,
		begin: "v4l2-ctl -c percentage_of_dropped_buffers=50", end: "v4l2-ctl -c percentage_of_dropped_buffers=0"},
	{name: "held by another program", begin: "hold", end: "release", says: "in use by"},
	{name: "permission taken away", says: "no permission",
		begin: "chmod 600 /dev/video0 && v4l2-ctl -c inject_fatal_streaming_error=1", end: "chmod 660 /dev/video0"},
}

var uvcamFaults = []fault{
	{name: "unplugged, plugged in again", begin: "unplug", end: "plug", says: "no such"},
	{name: "frozen: no frame comes", begin: "freeze", end: "thaw", says: "no frame for"},
	{name: "endpoint stalls: empty frames for ever", begin: "stall 1000000", end: "stall 0", says: "empty frames"},
	{name: "frames cut in half", begin: "truncate", end: "whole", says: "no good frame"},
	{name: "garbage instead of JPEG", begin: "garbage", end: "whole", says: "no good frame"},
	{name: "20 frames marked bad by the camera", begin: "error 20", skips: true},
}

func TestVividFaults(t *testing.T) {
	vivid(t, "n_devs=1")
	broker(t)
	mqtt := subscribe(t)
	// Not as root, so that permissions count.
	d := run(t, camera("/dev/video0", "YUYV"), "setpriv", "--reuid=nobody", "--regid=nogroup", "--groups=video")
	awaitStatus(t, mqtt, 0, "eye", "online")
	for _, f := range vividFaults {
		f.camera = "vivid"
		t.Run(f.name, func(t *testing.T) {
			var held int
			suffer(t, d, mqtt, f, func(line string) {
				switch line {
				case "hold":
					held = snatch(t)
				case "release":
					unix.Close(held)
				default:
					sh(t, "%s", line)
				}
			})
		})
	}
}

// snatch takes vivid away from the daemon in the pause after an error: whoever has buffers owns the device. (It is no
// os.File, as Go polls those, and to be polled makes the kernel start a stream for read.)
func snatch(t *testing.T) (fd int) {
	t.Helper()
	fd, err := unix.Open("/dev/video0", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	tries := 0
	eventually(t, "the camera to be free", func() bool {
		if tries++; tries%200 == 1 { // again, if the daemon was faster
			sh(t, "v4l2-ctl -c inject_fatal_streaming_error=1")
		}
		wish := struct{ count, kind, memory, capabilities, flags uint32 }{1, 1, 1, 0, 0} // struct v4l2_requestbuffers
		const reqbufs = 3<<30 | unsafe.Sizeof(wish)<<16 | 'V'<<8 | 8                     // VIDIOC_REQBUFS
		_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), reqbufs, uintptr(unsafe.Pointer(&wish)))
		return errno == 0
	})
	return fd
}

func TestUvcamFaults(t *testing.T) {
	command := uvcam(t, "-only", "mjpg", "-fps", "10")
	broker(t)
	mqtt := subscribe(t)
	d := run(t, camera(byID, "MJPG"))
	awaitStatus(t, mqtt, 0, "eye", "online")
	for _, f := range uvcamFaults {
		f.camera = "uvcam"
		t.Run(f.name, func(t *testing.T) { suffer(t, d, mqtt, f, command) })
	}
}

// camera is a config with one camera, called eye, and a model that an emulated machine runs with ease.
func camera(device, format string) string {
	return fmt.Sprintf("models: {net: {file: /mnt/mobilenet_v1_0.25_128_quant.tflite}}\ncameras: {eye: {source: v4l2, model: net,\n"+
		"  max_rate: 5, v4l2: {device: %q, format: %s, width: 320, height: 180, rate: 10}}}\n", device, format)
}

// does says in words what the daemon does about a fault.
func (f fault) does() string {
	switch {
	case f.skips && f.says == "":
		return "nothing: the kernel leaves the frames out"
	case f.skips:
		return "leaves the frame out and counts it (log: …" + f.says + "…)"
	}
	return "opens the camera again; `lost`: …" + f.says + "…"
}

// suffer brings a fault about, more than once, and sees that the daemon says so and comes back by itself.
func suffer(t *testing.T, d *inceptiond, mqtt *tape, f fault, do func(string)) {
	r := record{Part: "camera (" + f.camera + ")", Fault: f.name, Does: f.does()}
	times := 10
	if testing.Short() {
		times = 1
	}
	logged, heard := d.log.end(), mqtt.end()
	for trial := 0; trial < times; trial++ {
		mark := mqtt.end()
		awaitResult(t, mqtt, mark, "eye") // it is well
		recovery, reason := sufferOnce(t, d, mqtt, f, time.Duration(trial+1)*1500*time.Millisecond, do)
		r.Recovery = append(r.Recovery, recovery)
		t.Logf("%s; back after %v", reason, recovery)
		if recovery > back && times == 1 {
			times = 3 // a busy host may have stopped the guest: let the median decide
		}
	}
	if m := slices.Sorted(slices.Values(r.Recovery))[times/2]; m > back {
		t.Errorf("back after %v in the median, which is more than %v", m, back)
	}
	if f.skips && count(d.log.since(logged), `"camera lost"`) > 0 {
		t.Error("the camera was lost")
	}
	r.Missing = missing(t, d, mqtt, logged, heard)
	if r.Missing != 0 {
		t.Errorf("%d status messages are missing", r.Missing)
	}
	r.keep(t)
}

// sufferOnce lets a fault that does not end by itself go on for a while after the daemon has noticed it.
func sufferOnce(t *testing.T, d *inceptiond, mqtt *tape, f fault, while time.Duration, do func(string)) (recovery time.Duration, reason string) {
	logged, heard := d.log.end(), mqtt.end()
	do(f.begin)
	over := sinceBoot(t)
	if f.says != "" {
		l := d.log.await(t, logged, "the log to say "+f.says, func(s string) bool { return strings.Contains(s, f.says) })
		reason = reasonOf(l.text)
	}
	if !f.skips {
		l := mqtt.await(t, heard, "MQTT to say "+f.says, func(s string) bool {
			return strings.Contains(s, `"state":"lost"`) && strings.Contains(s, f.says)
		})
		reason = reasonOf(l.text)
	}
	if f.end != "" {
		time.Sleep(while) // the daemon tries again in vain, with longer and longer pauses
		heard = mqtt.end()
		do(f.end)
		over = sinceBoot(t)
	}
	if !f.skips {
		awaitStatus(t, mqtt, heard, "eye", "online")
	}
	var r result
	l := mqtt.await(t, heard, "a result of what the camera sees now", func(s string) bool {
		return message(s, "eye/result", &r) && milliseconds(r.Monotonic) > over
	})
	return sinceBoot(t) - time.Since(l.at) - over, reason
}

// reasonOf is the error in a line of the daemon's log, or in a message.
func reasonOf(text string) string {
	var l struct{ Error, Reason string }
	if err := json.Unmarshal([]byte(text[strings.IndexByte(text, '{'):]), &l); err != nil {
		return text
	}
	return l.Error + l.Reason
}

// missing is how many changes of state the log tells of that did not come by MQTT, where they may still be on their way.
func missing(t *testing.T, d *inceptiond, mqtt *tape, logged, heard int) int {
	t.Helper()
	told := func() int {
		lines := d.log.since(logged)
		return count(lines, `"camera online"`) + count(lines, `"camera lost"`)
	}
	got := func() int {
		return count(mqtt.since(heard), `"state":"online"`) + count(mqtt.since(heard), `"state":"lost"`)
	}
	for end := time.Now().Add(3 * time.Second); told() != got() && time.Now().Before(end); {
		time.Sleep(20 * time.Millisecond)
	}
	return told() - got()
}

func count(lines []line, text string) (n int) {
	for _, l := range lines {
		if strings.Contains(l.text, text) {
			n++
		}
	}
	return n
}
