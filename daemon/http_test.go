package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/internal/testing/casecamera"
	"github.com/inceptiond/inceptiond/internal/testing/syncbuf"
)

// TestHTTPCases runs the program on all cameras of the shared cases at once: each shows the same picture, a green cross, and
// none sends a bad frame; the one that sends H.264 is told so.
func TestHTTPCases(t *testing.T) {
	url, names := casecamera.Start(t, 20*time.Millisecond)
	dir := t.TempDir()
	config := "mqtt: {broker: off}\nweb: {listen: \"\"}\ncameras:\n"
	want := make(map[string]int) // results to come
	for _, name := range append(names, "digest") {
		config += fmt.Sprintf("  %s: {source: http, http: {url: '%s/%s', interval: 20ms", name, url, name)
		if name == "digest" {
			writeText(t, filepath.Join(dir, "password"), "secret\n")
			config += ", username: admin, password_file: password"
		}
		config += "}}\n"
		if name != "stream-of-h264" {
			want[name] = 3
		}
	}
	path := filepath.Join(dir, "inceptiond.yaml")
	writeText(t, path, config)

	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	r, w := io.Pipe()
	var stderr syncbuf.Buffer
	exit := make(chan int, 1)
	go func() {
		exit <- execute(ctx, []string{"run", "-c", path, "--output", "json"}, streams{nil, w, &stderr})
		w.Close()
	}()
	told := false
	for s := bufio.NewScanner(r); s.Scan(); {
		var m struct {
			Camera, Reason string
			Predictions    []struct {
				Label string
				Score float64
			}
		}
		if err := json.Unmarshal(s.Bytes(), &m); err != nil {
			t.Fatal(err)
		}
		told = told || strings.Contains(m.Reason, "H.264")
		if len(m.Predictions) == 0 {
			continue
		}
		if top := m.Predictions[0]; top.Label != "green cross" || math.Abs(top.Score-0.9922) > 0.02 {
			t.Errorf("%s: %+v, want green cross with 0.9922", m.Camera, top)
		}
		if want[m.Camera]--; want[m.Camera] <= 0 {
			delete(want, m.Camera)
		}
		if len(want) == 0 && told {
			interrupt()
		}
	}
	if code := <-exit; code != 0 {
		t.Errorf("ended with %d: %s", code, stderr.String())
	}
	for line := range strings.Lines(stderr.String()) {
		if strings.Contains(line, "WARN") && !strings.Contains(line, "H.264") || strings.Contains(line, `"bad": `) && !strings.Contains(line, `"bad": 0,`) {
			t.Error(line)
		}
	}
	if len(want) > 0 || !told {
		t.Errorf("missing: %v; H.264 named: %v", want, told)
	}
}
