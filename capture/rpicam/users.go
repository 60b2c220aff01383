package rpicam

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/inceptiond/inceptiond/internal/proc"
)

// Users finds the running rpicam-vid that have a camera, by their numbers: the command line says which one. Other programs of
// libcamera are not found. root is /proc.
func Users(root string, camera int) []proc.Holder {
	return slices.DeleteFunc(proc.Running(root, programs...), func(h proc.Holder) bool {
		line, err := os.ReadFile(filepath.Join(root, strconv.Itoa(h.PID), "cmdline"))
		return err != nil || cameraOf(strings.Split(string(line), "\x00")) != camera
	})
}

// cameraOf is the camera that a command line asks for: the first if it does not say.
func cameraOf(args []string) (camera int) {
	for i, arg := range args {
		value, found := strings.CutPrefix(arg, "--camera=")
		if arg == "--camera" && i+1 < len(args) {
			value, found = args[i+1], true
		}
		if n, err := strconv.Atoi(value); found && err == nil {
			camera = n
		}
	}
	return camera
}
