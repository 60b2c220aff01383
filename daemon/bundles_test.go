package main

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/daemon/bundle"
	"github.com/inceptiond/inceptiond/internal/testing/bundles"
)

// TestGoldenBundles makes the bundles of internal/testing/bundles once more, as a user would: they have the frames that they had, and
// what came of these, but for times; and a replay says that all is the same. With -update they are written there.
func TestGoldenBundles(t *testing.T) {
	data := t.TempDir()
	for _, name := range []string{"XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME"} {
		t.Setenv(name, data)
	}
	models := filepath.Join(data, "models") // of a service
	if err := os.MkdirAll(models, 0o755); err != nil {
		t.Fatal(err)
	}
	bundles.Models(t, models)
	for _, c := range bundles.Cases() {
		t.Setenv("INCEPTIOND_KERNELS", c.Kernels)
		config, file := filepath.Join(t.TempDir(), "inceptiond.yaml"), filepath.Join(t.TempDir(), c.File())
		if err := os.WriteFile(config, []byte(c.Config(t)), 0o644); err != nil {
			t.Fatal(err)
		}
		t.Setenv("STATE_DIRECTORY", data)
		ran(t, 0, "bundle", "-c", config, "--frames", c.FramesFlag(), "--yes", "-o", file)
		t.Setenv("STATE_DIRECTORY", "")
		if c.Name != "votes" {
			ran(t, exitUsage, "replay", file) // its model is not here
		}
		ran(t, exitError, "replay", file, "--models", models, "-c", differently(t, config))
		if said := ran(t, 0, "replay", file, "--models", models); strings.Count(said, "the same, byte for byte") != strings.Count(said, " of what is decided: ") {
			t.Errorf("%s: the replay says\n%s", c.Name, said)
		}
		if flag.Lookup("update").Value.String() == "true" { // of the wire's tests
			made, err := os.ReadFile(file)
			if err == nil {
				err = os.WriteFile(filepath.Join("../internal/testing/bundles/testdata", c.File()), made, 0o644)
			}
			if err != nil {
				t.Fatal(err)
			}
			continue
		}
		now, err := bundle.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		compareFrames(t, c.Name, c.Open(t), now)
	}
}

// differently is a config that makes something else of the same frames.
func differently(t *testing.T, config string) (path string) {
	t.Helper()
	text, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(t.TempDir(), "other.yaml")
	if err := os.WriteFile(path, regexp.MustCompile(`(need|window): 1`).ReplaceAll(text, []byte("$1: 2")), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// compareFrames wants frames of one bundle in the other, where a busy machine may have left some out, and with them the same tensors.
func compareFrames(t *testing.T, name string, was, is *bundle.Bundle) {
	t.Helper()
	for _, camera := range was.Manifest.Cameras {
		before, err := was.Steps(camera.Name)
		if err != nil {
			t.Fatal(err)
		}
		now, err := is.Steps(camera.Name)
		if err != nil {
			t.Fatal(err)
		}
		tensors, found := map[string]string{}, 0
		for i := range before {
			tensors[before[i].SHA256] = before[i].Tensor
		}
		for i := range now {
			tensor, there := tensors[now[i].SHA256]
			if there && tensor != now[i].Tensor {
				t.Errorf("%s: camera %s, frame %d has the tensor %.8s (want %.8s)", name, camera.Name, i+1, now[i].Tensor, tensor)
			}
			if there {
				found++
			}
		}
		if found == 0 || len(now) != len(before) {
			t.Errorf("%s: camera %s: %d of %d frames are those of before (%d)", name, camera.Name, found, len(now), len(before))
		}
	}
}

// ran is what a command printed that ended with a code.
func ran(t *testing.T, code int, args ...string) string {
	t.Helper()
	var out, log bytes.Buffer
	if got := execute(t.Context(), args, streams{nil, &out, &log}); got != code {
		t.Fatalf("inceptiond %s: exit code %d (want %d)\n%s%s", strings.Join(args, " "), got, code, out.String(), log.String())
	}
	return out.String()
}
