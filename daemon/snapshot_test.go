package main

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/inceptiond/inceptiond/internal/testing/freeport"
	"github.com/inceptiond/inceptiond/publish/publishtest"
)

// TestSnapshotToSubscriber: from a decision to mosquitto, and to the disk: the picture arrives, a program that knows nothing of
// us decodes it, and what is retained is what was kept. A command has another one made.
func TestSnapshotToSubscriber(t *testing.T) {
	needProgram(t, "mosquitto", "mosquitto")
	needProgram(t, "mosquitto_sub", "mosquitto-clients")
	port, dir := freeport.Find(t), t.TempDir()
	startProgram(t, "mosquitto", "-p", port)
	publishtest.Eventually(t, "mosquitto", func() bool { return portTaken("127.0.0.1:" + port) })
	t.Setenv("STATE_DIRECTORY", t.TempDir())
	file := filepath.Join(dir, "inceptiond.yaml")
	config := fmt.Sprintf(`
device: gate
mqtt: {broker: "mqtt://127.0.0.1:%s", commands: [snapshot]}
cameras:
  drive:
    source: demo
    demo: {width: 320, height: 240, interval: 50ms}
    region: {x: 0.25, y: 0, width: 0.5, height: 1}
    snapshot: {picture: region, width: 120, interval: 1h, mqtt: true, retain: true, disk: true, folder: pictures}
`, port)
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, interrupt := context.WithCancel(t.Context())
	exit := make(chan int, 1)
	go func() {
		exit <- execute(ctx, []string{"run", "-c", file, "--output", "none"}, streams{nil, io.Discard, io.Discard})
	}()
	first := retainedPicture(t, port)
	if m := decodePicture(t, first); m.Bounds() != image.Rect(0, 0, 120, 180) {
		t.Errorf("the picture has %v", m.Bounds())
	}
	path := pictureOnDisk(t, dir)
	name := regexp.MustCompile(`/drive/(\d{4}-\d\d-\d\d|unsynced-[0-9a-f-]{36})/\d{6}\.\d{3}-[a-z0-9-]+-\d+\.jpg$`)
	if content, err := os.ReadFile(path); err != nil || !bytes.Equal(content, first) || !name.MatchString(path) {
		t.Errorf("%s: %d bytes on the disk, %d published, %v", path, len(content), len(first), err)
	}
	publishtest.Eventually(t, "another picture by command", func() bool {
		err := exec.Command("mosquitto_pub", "-h", "127.0.0.1", "-p", port, "-t", "inceptiond/gate/drive/snapshot/set", "-m", "PRESS").Run()
		if err != nil {
			t.Fatal(err)
		}
		return !bytes.Equal(retainedPicture(t, port), first)
	})
	decodePicture(t, retainedPicture(t, port))
	if interrupt(); <-exit != 0 {
		t.Error("it did not end well")
	}
	decodePicture(t, retainedPicture(t, port)) // it outlives us
}

// retainedPicture is the picture that the broker retains, as mosquitto_sub writes it; it waits for one.
func retainedPicture(t *testing.T, port string) []byte {
	t.Helper()
	out, err := exec.Command("mosquitto_sub", "-h", "127.0.0.1", "-p", port, "-t", "inceptiond/gate/drive/snapshot", "-C", "1", "-N", "-W", "60").Output()
	if err != nil {
		t.Fatalf("no picture: %v", err)
	}
	return out
}

func decodePicture(t *testing.T, data []byte) image.Image {
	t.Helper()
	m, err := jpeg.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatalf("%d bytes: %v", len(data), err)
	}
	return m
}

// pictureOnDisk waits for a picture, and returns its path.
func pictureOnDisk(t *testing.T, dir string) string {
	t.Helper()
	var paths []string
	publishtest.Eventually(t, "a picture on the disk", func() bool {
		paths, _ = filepath.Glob(filepath.Join(dir, "pictures", "drive", "*", "*.jpg"))
		return len(paths) > 0
	})
	return paths[0]
}
