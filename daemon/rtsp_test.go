package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/demo"
	"github.com/inceptiond/inceptiond/internal/testing/freeport"
	"github.com/inceptiond/inceptiond/internal/testing/rtspserver"
	"github.com/inceptiond/inceptiond/internal/testing/syncbuf"
)

// TestRTSPCamera runs the program on an RTSP camera that wants a login, and shows it one scene for each codec: the model says
// the same of it as of the picture in a file. Then the camera reboots, and there are results again within 10 seconds.
func TestRTSPCamera(t *testing.T) {
	rtspserver.NeedFFmpeg(t)
	const secret = "s3cret@word"
	for name, codec := range map[string]rtspserver.Codec{"H264": rtspserver.H264, "H265": rtspserver.H265} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			scene := drawScene(t, dir)
			clip := rtspserver.Film{Codec: codec, Rate: 10, Keys: 10,
				Input: []string{"-loop", "1", "-framerate", "10", "-t", "2", "-i", scene}}.Clip(t)
			cam := rtspserver.Camera{Clip: clip, Login: rtspserver.Digest, User: "viewer", Password: secret}
			server := rtspserver.Start(t, "127.0.0.1:"+freeport.Find(t), cam)
			config := filepath.Join(dir, "inceptiond.yaml")
			writeText(t, filepath.Join(dir, "password"), secret+"\n")
			writeText(t, config, "mqtt: {broker: off}\ncameras:\n  yard:\n    source: rtsp\n    rtsp: {url: '"+server.URL()+
				"', username: viewer, password_file: password}\n")

			ctx, interrupt := context.WithCancel(t.Context())
			defer interrupt()
			r, w := io.Pipe()
			var stderr syncbuf.Buffer
			exit := make(chan int, 1)
			go func() {
				exit <- execute(ctx, []string{"run", "-c", config, "--output", "json"}, streams{nil, w, &stderr})
				w.Close()
			}()
			labels := make(chan string, 10000)
			go func() {
				defer close(labels)
				for s := bufio.NewScanner(r); s.Scan(); {
					if strings.Contains(s.Text(), `"predictions"`) {
						labels <- topLabel(t, s.Text())
					}
				}
			}()
			if got, want := next(t, labels), topLabel(t, classifyJSON(t, scene)); got != want || want == "" {
				t.Errorf("over RTSP it is %q, in the file %q", got, want)
			}

			server.Close()
			for deadline := time.Now().Add(time.Minute); !strings.Contains(stderr.String(), "camera lost"); {
				if time.Now().After(deadline) {
					t.Fatalf("the camera is not lost: %s", stderr.String())
				}
				time.Sleep(10 * time.Millisecond)
			}
			for len(labels) > 0 { // were on their way
				<-labels
			}
			rtspserver.Start(t, server.Addr, cam)
			begin := time.Now()
			next(t, labels)
			if d := time.Since(begin); d > 10*time.Second {
				t.Errorf("a result %v after the camera was back", d)
			}

			interrupt()
			if code := <-exit; code != 0 {
				t.Errorf("ended with %d: %s", code, stderr.String())
			}
			if strings.Contains(stderr.String(), secret) {
				t.Errorf("the log shows the password: %s", stderr.String())
			}
		})
	}
}

// drawScene writes one of the demo's scenes to a file and returns its path.
func drawScene(t *testing.T, dir string) string {
	t.Helper()
	src, err := demo.Open(t.Context(), demo.Options{Width: 320, Height: 240, Interval: time.Millisecond, Seed: 7})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	var f capture.Frame
	if err := src.Read(t.Context(), &f); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, rgbImage(&f)); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "scene.png")
	writeText(t, path, b.String())
	return path
}

func writeText(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func classifyJSON(t *testing.T, path string) string {
	t.Helper()
	var out, stderr bytes.Buffer
	if code := execute(t.Context(), []string{"classify", "--json", path}, streams{nil, &out, &stderr}); code != 0 {
		t.Fatalf("classify: %d: %s", code, stderr.String())
	}
	return out.String()
}

// next is the top label of the next result.
func next(t *testing.T, labels <-chan string) string {
	t.Helper()
	select {
	case label, ok := <-labels:
		if ok {
			return label
		}
		t.Fatal("the program has ended")
	case <-time.After(time.Minute):
		t.Fatal("no result within a minute")
	}
	return ""
}

// topLabel is the first label of a result; empty if there is none.
func topLabel(t *testing.T, line string) string {
	t.Helper()
	var result struct {
		Predictions []struct{ Label string }
	}
	if err := json.Unmarshal([]byte(line), &result); err != nil {
		t.Errorf("%q: %v", line, err)
	}
	if len(result.Predictions) == 0 {
		return ""
	}
	return result.Predictions[0].Label
}
