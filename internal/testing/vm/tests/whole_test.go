package tests

import (
	"fmt"
	"testing"
	"time"
)

// TestCameraToBroker is the whole way: a real V4L2 device, GoogLeNet, a real broker, a subscriber.
func TestCameraToBroker(t *testing.T) {
	broker(t)
	mqtt := subscribe(t)
	d := run(t, fmt.Sprintf("models: {net: {file: %s, labels: %s}}\n", here(t, "googlenet_224_uint8.tflite"), here(t, "imagenet_1000_labels.txt"))+
		"cameras: {eye: {source: v4l2, model: net, top_k: 3, threshold: 0, v4l2: {device: /dev/video0, format: YUYV,\n"+
		"  rate: 10, controls: {test_pattern: 1, osd_text_mode: 2}}}}\n")
	var last result
	for i := range 2 { // emulated, each takes up to half a minute
		mark := mqtt.end()
		r, _ := awaitResult(t, mqtt, mark, "eye")
		if i > 0 && r.Sequence <= last.Sequence {
			t.Errorf("frame %d came after %d", r.Sequence, last.Sequence)
		}
		if got := fmt.Sprint(r.Predictions); got != colorbar {
			t.Errorf("frame %d shows %s, want %s", r.Sequence, got, colorbar)
		}
		last = r
	}
	awaitStatus(t, mqtt, 0, "eye", "online")
	t.Logf("GoogLeNet, emulated: %+v", last.Stages)
	d.stop(t)
	awaitStatus(t, mqtt, 0, "eye", "stopped")
}

// colorbar is what GoogLeNet makes of vivid's bars: the same on every processor, to the last digit.
const colorbar = "[{446 binder, ring-binder 0.265625} {549 envelope 0.1640625} {769 rule, ruler 0.140625}]"

// TestNeighbourFails runs a camera at 10 frames per second beside one that fails again and again.
func TestNeighbourFails(t *testing.T) {
	vivid(t, "n_devs=2")
	broker(t)
	mqtt := subscribe(t)
	const one = "%s: {source: v4l2, model: net, v4l2: {device: /dev/video%d, format: YUYV, width: 320, height: 180, rate: 10}}"
	run(t, fmt.Sprintf("models: {net: {file: %s}}\ncameras: {"+one+", "+one+"}\n",
		here(t, "mobilenet_v1_0.25_128_quant.tflite"), "good", 0, "bad", 1))
	awaitStatus(t, mqtt, 0, "good", "online")
	awaitStatus(t, mqtt, 0, "bad", "online")
	awaitResult(t, mqtt, 0, "good")

	long := 60 * time.Second
	if testing.Short() {
		long = 15 * time.Second
	}
	quiet := longestGap(t, mqtt, 10*time.Second, func() { time.Sleep(time.Second) })
	failing := longestGap(t, mqtt, long, func() {
		for _, control := range []string{"disconnect", "inject_fatal_streaming_error", "inject_vidioc_qbuf_error"} {
			mark := mqtt.end()
			sh(t, "v4l2-ctl -d /dev/video1 -c %s=1", control)
			awaitStatus(t, mqtt, mark, "bad", "lost")
			awaitStatus(t, mqtt, mark, "bad", "online")
		}
	})
	t.Logf("longest gap between results: %v, while the other camera fails %v", quiet, failing)
	if failing > max(2*time.Second, 3*quiet) { // of an emulated machine; daemon/pipeline/neighbour_test.go has the real figure
		t.Errorf("a gap of %v", failing)
	}
}

// longestGap is the longest time between the frames of two results of the camera good while do is done over and over.
func longestGap(t *testing.T, mqtt *tape, long time.Duration, do func()) (longest time.Duration) {
	mark := mqtt.end()
	for end := time.Now().Add(long); time.Now().Before(end); {
		do()
	}
	var last, r result
	results := 0
	for _, l := range mqtt.since(mark) {
		if !message(l.text, "good/result", &r) {
			continue
		}
		if results++; results > 1 {
			longest = max(longest, milliseconds(r.Monotonic-last.Monotonic))
		}
		last = r
	}
	t.Logf("%d results in %v", results, long)
	if results < 5 {
		t.Errorf("only %d results", results)
	}
	return longest
}
