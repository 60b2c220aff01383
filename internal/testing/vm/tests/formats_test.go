package tests

import (
	"context"
	"errors"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/capture/v4l2"
	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/preprocess"
)

// bars is vivid's test pattern "100% Colorbar" from left to right: R, G, B.
var bars = [8][3]int{{255, 255, 255}, {255, 255, 0}, {0, 255, 255}, {0, 255, 0}, {255, 0, 255}, {255, 0, 0}, {0, 0, 255}, {0, 0, 0}}

// plain makes vivid draw bars without the text that it writes over them.
var plain = map[string]int32{"test_pattern": 1, "osd_text_mode": 2}

// eyes turns a frame into 64x64 pixels of RGB, as for a model.
func eyes(t *testing.T, f *capture.Frame) []byte {
	t.Helper()
	p, err := preprocess.New(infer.TensorSpec{Name: "in", Shape: []int{1, 64, 64, 3}, Type: infer.Uint8, Scale: 1}, preprocess.Options{})
	if err != nil {
		t.Fatal(err)
	}
	rgb := make([]byte, 64*64*3)
	if err := p.Run(picture.Of(f), rgb, nil); err != nil {
		t.Fatal(err)
	}
	return rgb
}

// checkBars looks at the middle of each bar, in several rows.
func checkBars(t *testing.T, f *capture.Frame, want [8][3]int, tolerance float64) {
	t.Helper()
	rgb := eyes(t, f)
	for bar, colour := range want {
		if f.Format.Pixel == capture.GREY {
			// vivid makes grey of full range, with the weights of BT.709.
			y := int(0.2126*float64(colour[0]) + 0.7152*float64(colour[1]) + 0.0722*float64(colour[2]) + 0.5)
			colour = [3]int{y, y, y}
		}
		for _, row := range []int{2, 20, 40} {
			at := (row*64 + bar*8 + 4) * 3
			for c, v := range colour {
				if got := int(rgb[at+c]); math.Abs(float64(got-v)) > tolerance {
					t.Errorf("bar %d, row %d: %v, want %v", bar, row, rgb[at:at+3], colour)
					break
				}
			}
		}
	}
}

// read reads n good frames and returns the last of them, and the rate at which they came.
func read(t *testing.T, src capture.Source, n int) (*capture.Frame, float64) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	f := new(capture.Frame)
	var first time.Time
	for got := 0; got < n; {
		err := src.Read(ctx, f)
		if errors.Is(err, capture.ErrBadFrame) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if got++; got == 1 {
			first = f.Time
		}
	}
	return f, float64(n-1) / f.Time.Sub(first).Seconds()
}

func openCamera(t *testing.T, o v4l2.Options) capture.Source {
	t.Helper()
	src, err := v4l2.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := src.Close(); err != nil {
			t.Error(err)
		}
	})
	return src
}

// TestVividFormats reads every format that vivid and capture share in three sizes: content, size and rate.
func TestVividFormats(t *testing.T) {
	const rate = 10
	for _, pixel := range capture.PixelFormats() {
		if pixel == capture.MJPG {
			continue // vivid has none; see TestUvcam
		}
		for _, size := range [][2]int{{320, 180}, {640, 480}, {1280, 720}} {
			t.Run(fmt.Sprintf("%v %dx%d", pixel, size[0], size[1]), func(t *testing.T) {
				src := openCamera(t, v4l2.Options{Device: "/dev/video0", Pixel: pixel, Width: size[0], Height: size[1], Rate: rate, Controls: plain})
				f, fps := read(t, src, 12)
				for try := 1; try < 5 && math.Abs(fps-rate) > rate/4; try++ { // a busy host gives the guest its time in pieces
					f, fps = read(t, src, 12)
				}
				if f.Format.Pixel != pixel || f.Format.Width != size[0] || f.Format.Height != size[1] || f.Format.Rate != rate {
					t.Errorf("the frame is %v", f.Format)
				}
				checkBars(t, f, bars, 6)
				if math.Abs(fps-rate) > rate/4 {
					t.Errorf("%.1f frames per second, want %d", fps, rate)
				}
				t.Logf("%v: %.1f frames per second", f.Format, fps)
			})
		}
	}
}

// TestDriverChoosesSize: vivid as an HDMI grabber without a scaler lists no sizes and gives that of its signal, whatever
// is asked.
func TestDriverChoosesSize(t *testing.T) {
	vivid(t, "n_devs=1 input_types=0x3 ccs_cap_mode=0")
	src := openCamera(t, v4l2.Options{Device: "/dev/video0", Pixel: capture.YUYV, Width: 640, Height: 480, Controls: plain})
	f, _ := read(t, src, 2)
	if f.Format.Width != 1280 || f.Format.Height != 720 {
		t.Errorf("the frame is %v, want the 1280x720 of the signal", f.Format)
	}
	checkBars(t, f, bars, 26) // the signal is BT.709, and package preprocess knows BT.601 only
}

// drawn is what uvcam draws, 75 % bars of limited range. In a JPEG, which has the full range, they look pale.
func drawn(p capture.PixelFormat) (colours [8][3]int) {
	high, low := 191, 0
	if p == capture.MJPG {
		high, low = 182, 15
	}
	for bar, colour := range bars {
		for c, v := range colour {
			colours[bar][c] = low + (high-low)*v/255
		}
	}
	return colours
}

// TestUvcam reads a USB camera with the habits of real ones.
func TestUvcam(t *testing.T) {
	tests := []struct {
		name  string
		pixel capture.PixelFormat
		sizes [][2]int
		flags []string
	}{
		{"MJPG", capture.MJPG, [][2]int{{320, 240}, {640, 480}, {1280, 720}}, nil},
		{"YUYV", capture.YUYV, [][2]int{{320, 240}, {640, 480}}, []string{"-fps", "5", "-sizes", "320x240,640x480"}}, // USB/IP carries no more
		{"MJPG without Huffman tables", capture.MJPG, [][2]int{{320, 240}}, []string{"-nodht", "-sizes", "320x240"}},
		{"MJPG padded with zeros", capture.MJPG, [][2]int{{320, 240}}, []string{"-pad", "4096", "-sizes", "320x240"}},
		{"both", capture.MJPG, [][2]int{{320, 240}}, []string{"-nodht", "-pad", "1000", "-only", "mjpg", "-sizes", "320x240"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			command := uvcam(t, tt.flags...)
			for _, size := range tt.sizes {
				src, err := v4l2.Open(t.Context(), v4l2.Options{Device: byID, Pixel: tt.pixel, Width: size[0], Height: size[1], Timeout: patience})
				if err != nil {
					t.Fatal(err)
				}
				f, fps := read(t, src, 5)
				if f.Format.Width != size[0] || f.Format.Height != size[1] {
					t.Errorf("the frame is %v, want %v", f.Format, size)
				}
				checkBars(t, f, drawn(tt.pixel), 10)
				t.Logf("%v: %.1f frames per second", f.Format, fps)
				if err := src.Close(); err != nil {
					t.Error(err)
				}
			}
			command("unplug")
		})
	}
}

// TestUvcamTruncated: frames that are cut are refused, by the decoder at the latest, and whole ones are taken again.
func TestUvcamTruncated(t *testing.T) {
	command := uvcam(t, "-sizes", "320x240")
	src := openCamera(t, v4l2.Options{Device: byID, Pixel: capture.MJPG, Timeout: patience})
	p, err := preprocess.New(infer.TensorSpec{Name: "in", Shape: []int{1, 64, 64, 3}, Type: infer.Uint8, Scale: 1}, preprocess.Options{})
	if err != nil {
		t.Fatal(err)
	}
	rgb := make([]byte, 64*64*3)
	pic := picture.Of(new(capture.Frame))
	next := func() error { return errors.Join(pic.Read(t.Context(), src), p.Run(pic, rgb, nil)) }
	if err := next(); err != nil {
		t.Fatal(err)
	}
	command("truncate")
	eventually(t, "a cut frame", func() bool { return errors.Is(next(), capture.ErrBadFrame) })
	command("whole")
	eventually(t, "a whole frame", func() bool { return next() == nil })
	checkBars(t, pic.Frame(), drawn(capture.MJPG), 10)
}
