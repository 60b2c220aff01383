package v4l2

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/sys/unix"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/internal/order"
	"github.com/inceptiond/inceptiond/internal/proc"
)

// errNotCamera marks a node that webcam refuses: it cannot capture, or only in a way that webcam cannot.
var errNotCamera = errors.New("no single-planar video capture device " +
	"(if this is a Raspberry Pi camera on the CSI port, use the source rpicam)")

// explain turns an error of the kernel, or of webcam, into one that says what a person can do.
func explain(path, action string, err error) error {
	switch {
	case is(err, unix.ENOENT), is(err, unix.ENODEV), is(err, unix.ENXIO):
		return fmt.Errorf("v4l2: %s %s: there is no such camera; %s: %w", action, path, present(), capture.ErrLost)
	case is(err, unix.EACCES), is(err, unix.EPERM):
		return fmt.Errorf("v4l2: %s %s: no permission: add the user to the group video "+
			"(sudo usermod -aG video USER, then log in anew): %w", action, path, os.ErrPermission)
	case is(err, unix.EBUSY):
		return fmt.Errorf("v4l2: %s %s: the camera is in use by %s: %w", action, path, holder("/proc", path), capture.ErrLost)
	case is(err, unix.ENOSPC):
		return fmt.Errorf("v4l2: %s %s: the USB bus has no bandwidth left: take a smaller size, MJPG, "+
			"or another port: %w", action, path, capture.ErrLost)
	case strings.Contains(err.Error(), "Not a video capture device"), strings.Contains(err.Error(), "streaming I/O"),
		is(err, unix.ENOTTY):
		return fmt.Errorf("v4l2: %s %s: %w", action, path, errNotCamera)
	}
	return fmt.Errorf("v4l2: %s %s: %v: %w", action, path, err, capture.ErrLost)
}

// is tells whether err is errno. webcam passes some errors on as text only.
func is(err error, errno unix.Errno) bool {
	return errors.Is(err, errno) || strings.HasSuffix(err.Error(), ": "+errno.Error())
}

// present says in words what cameras there are.
func present() string {
	var found []string
	for _, path := range nodes() {
		name := filepath.Base(path)
		if index, err := os.ReadFile(filepath.Join("/sys/class/video4linux", name, "index")); err == nil && string(index) != "0\n" {
			continue // a further node of a camera, as for metadata
		}
		card, _ := os.ReadFile(filepath.Join("/sys/class/video4linux", name, "name")) // none: the path has to do
		found = append(found, strings.TrimSpace(path+" "+string(card)))
	}
	if len(found) == 0 {
		return "no camera is connected"
	}
	return "there is " + strings.Join(found, ", ")
}

// nodes lists /dev/video*, by number.
func nodes() []string {
	paths, _ := filepath.Glob("/dev/video[0-9]*") // the pattern is sound
	number := func(p string) int { n, _ := strconv.Atoi(strings.TrimPrefix(p, "/dev/video")); return n }
	order.Sort(paths, func(a, b string) int { return number(a) - number(b) })
	return paths
}

// link returns the first name in dir that is a link to path, or "".
func link(dir, path string) string {
	names, _ := filepath.Glob(filepath.Join(dir, "*"))
	for _, name := range names {
		if to, err := filepath.EvalSymlinks(name); err == nil && to == path {
			return name
		}
	}
	return ""
}

// driver is the kernel driver of a node as sysfs has it, or "".
func driver(name string) string {
	to, err := filepath.EvalSymlinks(filepath.Join("/sys/class/video4linux", name, "device/driver"))
	if err != nil {
		return ""
	}
	return filepath.Base(to)
}

// holder names the other processes that have path open, as far as this user may see them.
func holder(root, path string) string {
	if to, err := filepath.EvalSymlinks(path); err == nil {
		path = to
	}
	if names := proc.Names(proc.Holders(root, path)); names != "" {
		return names
	}
	return "another program, or by another camera of this one"
}

// controlName writes a driver's "White Balance, Automatic" as v4l2-ctl does: white_balance_automatic.
func controlName(s string) string {
	words := strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	return strings.Join(words, "_")
}
