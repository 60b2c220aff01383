package tests

import (
	"testing"
)

// TestCameraToBroker is the whole way: a real V4L2 device, GoogLeNet, a real broker, a subscriber.
func TestCameraToBroker(t *testing.T) {
	broker(t)
	mqtt := subscribe(t)
	d := run(t, "cameras: {eye: {source: v4l2, v4l2: {device: /dev/video0, format: YUYV}}}\n")
	awaitStatus(t, mqtt, 0, "eye", "online")
	r, _ := awaitResult(t, mqtt, 0, "eye")
	t.Logf("%+v", r)
	d.stop(t)
	awaitStatus(t, mqtt, 0, "eye", "stopped")
}
