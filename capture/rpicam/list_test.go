package rpicam

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// listing is what rpicam-hello 1.5 prints with two cameras.
const listing = `Available cameras
-----------------
0 : imx219 [3280x2464 10-bit RGGB] (/base/soc/i2c0mux/i2c@1/imx219@10)
    Modes: 'SRGGB10_CSI2P' : 640x480 [206.65 fps - (1000, 752)/1280x960 crop]
                             1640x1232 [41.85 fps - (0, 0)/3280x2464 crop]
           'SRGGB8' : 640x480 [206.65 fps - (1000, 752)/1280x960 crop]

1 : ov5647 (/base/axi/pcie@120000/rp1/i2c@80000/ov5647@36)
`

func TestParseList(t *testing.T) {
	for name, test := range map[string]struct {
		out  string
		want []Camera
	}{
		"two": {listing, []Camera{
			{0, "imx219", "3280x2464 10-bit RGGB", "/base/soc/i2c0mux/i2c@1/imx219@10"},
			{1, "ov5647", "", "/base/axi/pcie@120000/rp1/i2c@80000/ov5647@36"},
		}},
		"none":     {"No cameras available!\n", nil},
		"empty":    {"", nil},
		"no name":  {"0 : \n", nil},
		"negative": {"-1 : imx219\n", nil},
		"cut":      {"0 : imx219 [3280x", []Camera{{0, "imx219", "", ""}}},
	} {
		if got := parseList([]byte(test.out)); !slices.Equal(got, test.want) {
			t.Errorf("%s: %+v, want %+v", name, got, test.want)
		}
	}
	if got := parseList([]byte(listing))[0].String(); got != "0: imx219, 3280x2464 10-bit RGGB" {
		t.Errorf("String: %s", got)
	}
}

func FuzzParseList(f *testing.F) {
	f.Add([]byte(listing))
	f.Fuzz(func(t *testing.T, out []byte) {
		for _, c := range parseList(out) {
			if c.Number < 0 || c.Sensor == "" {
				t.Errorf("%+v", c)
			}
		}
	})
}

func TestListAsksTheProgram(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("PATH", dir+":/usr/bin:/bin")
	program := func(name, script string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := List(t.Context()); !errors.Is(err, ErrNotInstalled) {
		t.Errorf("without the program: %v", err)
	}
	program("libcamera-hello", "cat <<'END'\n"+listing+"END\n")
	if got, err := List(t.Context()); err != nil || len(got) != 2 {
		t.Errorf("with libcamera-hello: %v, %v", got, err)
	}
	program("rpicam-hello", "echo 'cannot open the media device' >&2; exit 255\n")
	if _, err := List(t.Context()); err == nil || !strings.Contains(err.Error(), "cannot open the media device") {
		t.Errorf("with a failure: %v", err)
	}
	program("rpicam-hello", "exec sleep 60\n")
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := List(ctx); err == nil || !strings.Contains(err.Error(), "no answer in time") {
		t.Errorf("with one that hangs: %v", err)
	}
}
