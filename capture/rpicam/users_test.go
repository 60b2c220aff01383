package rpicam

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/internal/proc"
)

// The command line tells which camera a program has.
func TestUsers(t *testing.T) {
	root := t.TempDir()
	for pid, line := range map[string][]string{
		"12": append([]string{"rpicam-vid"}, Options{Camera: 1}.arguments()...),
		"13": {"/bin/sh", "/usr/bin/rpicam-vid", "--camera=1"},
		"14": {"libcamera-vid", "-t", "0"},
		"15": {"rpicam-vid", "--camera"},
		"16": {"motion", "--camera", "1"},
	} {
		name := filepath.Base(line[0])
		if name == "sh" {
			name = filepath.Base(line[1])
		}
		if err := os.MkdirAll(filepath.Join(root, pid), 0o755); err != nil {
			t.Fatal(err)
		}
		for file, text := range map[string]string{"comm": name + "\n", "cmdline": strings.Join(line, "\x00") + "\x00"} {
			if err := os.WriteFile(filepath.Join(root, pid, file), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	for camera, want := range []string{"libcamera-vid (process 14), rpicam-vid (process 15)", "rpicam-vid (process 12), rpicam-vid (process 13)", ""} {
		if got := proc.Names(Users(root, camera)); got != want {
			t.Errorf("camera %d: %q, want %q", camera, got, want)
		}
	}
}
