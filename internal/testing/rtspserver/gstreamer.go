package rtspserver

import (
	"bufio"
	_ "embed"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/internal/testing/shared"
)

//go:embed gstreamer.py
var gstreamer []byte

// python is Debian's, which knows Debian's GStreamer; another one in PATH may not.
const python = "/usr/bin/python3"

// GStreamer starts GStreamer's RTSP server, the real thing, with a film, and returns its address without user and password. It
// ends with the test. Without it the test is skipped, or fails where CI=true.
func GStreamer(t testing.TB, film Film, login Login, user, password string) string {
	t.Helper()
	if exec.Command(python, "-c", "import gi\ngi.require_version('GstRtspServer', '1.0')").Run() != nil {
		shared.Missing(t, "no GStreamer RTSP server (Debian: apt install python3-gi gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-good gstreamer1.0-plugins-bad)")
	}
	dir := t.TempDir()
	script, path := filepath.Join(dir, "gstreamer.py"), filepath.Join(dir, "h264.mp4")
	format := "h264"
	if film.Codec == H265 {
		path, format = filepath.Join(dir, "h265.mp4"), "hevc"
	}
	if err := os.WriteFile(script, gstreamer, 0o600); err != nil {
		t.Fatal(err)
	}
	mux := exec.Command("ffmpeg", "-loglevel", "error", "-framerate", "15", "-f", format, "-i", "pipe:0", "-c", "copy", path)
	mux.Stdin = strings.NewReader(string(film.Stream(t)))
	if out, err := mux.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	name := map[Login]string{Basic: "basic", Digest: "digest"}[login]
	cmd := exec.Command(python, script, path, name, user, password)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	port, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("GStreamer's server ended: %v", err)
	}
	return "rtsp://127.0.0.1:" + strings.TrimSpace(port) + Path
}
