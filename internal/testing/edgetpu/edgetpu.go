// Package edgetpu stands in for an Edge TPU in tests: it builds a libedgetpu of this project (standin/standin.c), which misbehaves
// when told to, and models for it.
package edgetpu

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/infer/model/write"
	"github.com/inceptiond/inceptiond/internal/testing/shared"
)

// StandIn is a libedgetpu.so.1 that workers find which this test, from now on, starts.
type StandIn struct {
	Dir  string // the folder that holds it
	tell string // the file that says how it misbehaves
	t    testing.TB
}

// New builds the stand-in with gcc and TensorFlow Lite's headers, which make tflite fetches, and puts it into
// LD_LIBRARY_PATH. Without them the test is skipped; where CI=true it fails instead.
func New(t testing.TB) *StandIn {
	t.Helper()
	root, dir := shared.Root(t), t.TempDir()
	include := filepath.Join(root, "build", "tflite", runtime.GOARCH, "include")
	if _, err := os.Stat(include); err != nil {
		shared.Missing(t, "no headers of TensorFlow Lite in "+include+" (make tflite fetches them)")
	}
	gcc, err := exec.LookPath("gcc")
	if err != nil {
		shared.Missing(t, "no gcc to build the stand-in for libedgetpu")
	}
	cmd := exec.CommandContext(t.Context(), gcc, "-O1", "-Wall", "-Werror", "-shared", "-fPIC", "-I", include,
		"-Wl,-soname,libedgetpu.so.1", "-o", filepath.Join(dir, "libedgetpu.so.1"), filepath.Join(root, "internal", "testing", "edgetpu", "standin", "standin.c"))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", cmd, err, out)
	}
	s := &StandIn{Dir: dir, tell: filepath.Join(dir, "tell"), t: t}
	t.Setenv("LD_LIBRARY_PATH", dir)
	t.Setenv("INCEPTIOND_STANDIN", s.tell)
	return s
}

// Tell has the stand-in misbehave from now on, also in workers that run: "invoke hang", "create abort once", … as
// standin.c says. Empty: it behaves.
func (s *StandIn) Tell(how string) {
	s.t.Helper()
	// By way of another file: a worker reads the old text or the new.
	next := s.tell + ".next"
	if err := os.WriteFile(next, []byte(how), 0o644); err != nil {
		s.t.Fatal(err)
	}
	if err := os.Rename(next, s.tell); err != nil {
		s.t.Fatal(err)
	}
}

// Devices has the stand-in list these, as "usb=/sys/bus/usb/devices/2-1,pci=/dev/apex_0", in workers that start later.
func (s *StandIn) Devices(list string) { s.t.Setenv("INCEPTIOND_STANDIN_DEVICES", list) }

// Trace has workers that start later write down, in the file returned, when they open and free a device.
func (s *StandIn) Trace() string {
	path := filepath.Join(s.Dir, "trace")
	s.t.Setenv("INCEPTIOND_STANDIN_TRACE", path)
	return path
}

// standInMagic begins the data of an operator that the stand-in runs; standin.c has the same. Its last byte is 0.
const standInMagic = "inceptiond stand-in\x00"

// Compile does to a model file what Coral's edgetpu_compiler does: one operator, for the stand-in only, takes the place
// of all. Input and output stay as they are.
func Compile(t testing.TB, data []byte) []byte {
	t.Helper()
	m, err := model.Parse(data, model.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	compiled := &model.Model{Description: "for inceptiond's stand-in of the Edge TPU"}
	take := func(indices []int) (taken []int) {
		for _, i := range indices {
			taken = append(taken, len(compiled.Tensors))
			compiled.Tensors = append(compiled.Tensors, m.Tensors[i])
		}
		return taken
	}
	compiled.Inputs, compiled.Outputs = take(m.Inputs), take(m.Outputs)
	compiled.Operators = []model.Operator{{Op: model.OpCustom, Custom: model.EdgeTPUOperator, Inputs: compiled.Inputs,
		Outputs: compiled.Outputs, Options: append([]byte(standInMagic), data...)}}
	file, err := write.Model(compiled)
	if err != nil {
		t.Fatal(err)
	}
	return file
}
