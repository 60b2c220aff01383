package rtspserver

import (
	"fmt"
	"os/exec"
	"strconv"
	"testing"

	"github.com/inceptiond/inceptiond/internal/testing/shared"
)

// NeedFFmpeg skips the test where there is no ffmpeg; where CI=true it fails instead.
func NeedFFmpeg(t testing.TB) {
	t.Helper()
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		shared.Missing(t, "no ffmpeg (Debian: apt install ffmpeg)")
	}
}

// Film is what [Film.Clip] has ffmpeg draw and encode.
type Film struct {
	Codec  Codec
	Source string   // a filter that draws; empty: "testsrc2=size=320x240:rate=15:duration=2"
	Input  []string // instead of Source: ffmpeg's arguments up to the input's name
	Pixel  string   // ffmpeg's pixel format; empty: "yuv420p". "yuvj420p" has full range
	Rate   float64  // of the clip; 0: 15
	Keys   int      // pictures from one key frame to the next; 0: 15
}

// Stream is the film as a stream with start codes.
func (f Film) Stream(t testing.TB) []byte {
	t.Helper()
	NeedFFmpeg(t)
	source, pixel, keys := f.Source, f.Pixel, f.Keys
	if source == "" {
		source = "testsrc2=size=320x240:rate=15:duration=2"
	}
	if pixel == "" {
		pixel = "yuv420p"
	}
	if keys == 0 {
		keys = 15
	}
	args := []string{"-nostdin", "-loglevel", "error", "-f", "lavfi", "-i", source}
	if f.Input != nil {
		args = append([]string{"-nostdin", "-loglevel", "error"}, f.Input...)
	}
	if pixel == "yuvj420p" {
		args = append(args, "-vf", "scale=out_range=full")
	}
	args = append(args, "-pix_fmt", pixel, "-bf", "0", "-g", strconv.Itoa(keys), "-preset", "ultrafast")
	if f.Codec == H265 {
		args = append(args, "-c:v", "libx265", "-x265-params", fmt.Sprintf("log-level=error:keyint=%d:min-keyint=%d:scenecut=0", keys, keys), "-f", "hevc", "-")
	} else {
		args = append(args, "-c:v", "libx264", "-x264-params", fmt.Sprintf("keyint=%d:min-keyint=%d:scenecut=0", keys, keys), "-f", "h264", "-")
	}
	out, err := exec.Command("ffmpeg", args...).Output()
	if err != nil {
		t.Fatalf("ffmpeg %q: %v", args, err)
	}
	return out
}

// Clip is the film for a Camera.
func (f Film) Clip(t testing.TB) Clip {
	t.Helper()
	rate := f.Rate
	if rate == 0 {
		rate = 15
	}
	return Parse(f.Codec, rate, f.Stream(t))
}
