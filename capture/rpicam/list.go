package rpicam

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/inceptiond/inceptiond/internal/proc"
)

// Camera is a camera as rpicam-hello lists it.
type Camera struct {
	Number int    // for Options.Camera
	Sensor string // "imx219"
	Mode   string // the sensor's full size and depth: "3280x2464 10-bit RGGB"; may be empty
	Path   string // in the device tree
}

// String is the number, the sensor and, if it is known, its mode: "0: imx219, 3280x2464 10-bit RGGB".
func (c Camera) String() string {
	s := fmt.Sprintf("%d: %s", c.Number, c.Sensor)
	if c.Mode != "" {
		s += ", " + c.Mode
	}
	return s
}

// ErrNotInstalled is returned by List where Raspberry Pi's camera programs are not installed.
var ErrNotInstalled = errors.New("rpicam: neither rpicam-hello nor libcamera-hello is installed")

// List asks rpicam-hello, or its predecessor libcamera-hello, for the cameras. It blocks until that program has ended or
// ctx ends; the error is ErrNotInstalled, or what the program said.
func List(ctx context.Context) ([]Camera, error) {
	path, err := exec.LookPath("rpicam-hello")
	if err != nil {
		path, err = exec.LookPath("libcamera-hello")
	}
	if err != nil {
		return nil, ErrNotInstalled
	}
	return list(ctx, path)
}

func list(ctx context.Context, path string) ([]Camera, error) {
	// The child dies with the thread that starts it, see proc.Attributes.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var out bytes.Buffer
	var said proc.Tail
	exited := make(chan struct{})
	defer close(exited)
	cmd := exec.CommandContext(ctx, path, "--list-cameras")
	cmd.Stdout, cmd.Stderr = &out, &said
	cmd.WaitDelay = time.Second
	cmd.SysProcAttr = proc.Attributes()
	cmd.Cancel = func() error {
		proc.KillGroup(cmd.Process, exited)
		return nil
	}
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			err = errors.New("no answer in time")
		}
		return nil, fmt.Errorf("rpicam: %s --list-cameras: %w: %s", path, err, said.String())
	}
	return parseList(out.Bytes()), nil
}

// parseList reads lines such as
//
//	0 : imx219 [3280x2464 10-bit RGGB] (/base/soc/i2c0mux/i2c@1/imx219@10)
//
// and passes over all others: titles, modes, "No cameras available!".
func parseList(out []byte) []Camera {
	var cameras []Camera
	for s := bufio.NewScanner(bytes.NewReader(out)); s.Scan(); {
		number, rest, found := strings.Cut(s.Text(), " : ")
		n, err := strconv.Atoi(number) // the lines of modes are indented
		if !found || err != nil || n < 0 {
			continue
		}
		c := Camera{Number: n, Mode: between(rest, "[", "]"), Path: between(rest, "(", ")")}
		c.Sensor, _, _ = strings.Cut(strings.TrimSpace(rest), " ")
		if c.Sensor != "" {
			cameras = append(cameras, c)
		}
	}
	return cameras
}

// between is the part of s between the first left and the first right after it; empty if there is none.
func between(s, left, right string) string {
	_, s, _ = strings.Cut(s, left)
	s, _, found := strings.Cut(s, right)
	if !found {
		return ""
	}
	return s
}
