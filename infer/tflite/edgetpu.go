package tflite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"

	"github.com/inceptiond/inceptiond/infer/tflite/edgetpu"
	"github.com/inceptiond/inceptiond/infer/tflite/wire"
)

// FindEdgeTPU has a worker look for the Edge TPU of a name (see edgetpu.Match), and returns what Library would say of an
// engine that uses it. The device is not opened. An error says what is wrong and how to mend it.
func FindEdgeTPU(ctx context.Context, program, name string) (library string, err error) {
	e, err := start(ctx, program, func(e *Engine) error {
		version, matches, err := e.matchEdgeTPUs(name)
		if err == nil {
			e.library += aboutEdgeTPU(version, matches[0])
		}
		return err
	})
	if err != nil {
		return "", explainEdgeTPU(Options{Worker: program, EdgeTPU: name}, err)
	}
	return e.library, e.Close()
}

// LibraryFolders are where a worker's loader looks for libedgetpu before the system's own places; see edgetpu.Options.
func LibraryFolders(program string) []string {
	beside := filepath.Dir(program)
	return append(filepath.SplitList(os.Getenv("LD_LIBRARY_PATH")), beside,
		filepath.Join(beside, "..", "build", "tflite", runtime.GOARCH, "lib"), filepath.Join(beside, "..", "lib", "inceptiond"))
}

// The values of edgetpu_device_type in edgetpu_c.h.
const (
	typePCI = 0
	typeUSB = 1
)

func (e *Engine) edgeTPUs() (version string, devices []edgetpu.Device, err error) {
	body, err := e.ask(wire.Devices, wire.Devices, wire.MaxSpecs)
	if err != nil {
		return "", nil, err
	}
	version, list, err := wire.DecodeDevices(body)
	for _, d := range list {
		bus := edgetpu.PCI
		if d.Type == typeUSB {
			bus = edgetpu.USB
		}
		devices = append(devices, edgetpu.Device{Bus: bus, Path: d.Path})
	}
	return version, devices, err
}

// matchEdgeTPUs finds the devices that name stands for among those that the worker's library sees.
func (e *Engine) matchEdgeTPUs(name string) (version string, matches []edgetpu.Device, err error) {
	version, devices, err := e.edgeTPUs()
	if err != nil {
		return "", nil, err
	}
	matches, err = edgetpu.Match(name, devices)
	if err != nil {
		return "", nil, &failure{text: fmt.Sprintf("libedgetpu %s: %s", version, strings.TrimPrefix(err.Error(), "edgetpu: "))}
	}
	return version, matches, nil
}

// loadEdgeTPU hands the worker a model for the first device of the name in o that can be opened: others may be another
// program's, or another worker's.
func (e *Engine) loadEdgeTPU(o Options) error {
	version, matches, err := e.matchEdgeTPUs(o.EdgeTPU)
	if err != nil {
		return err
	}
	for _, d := range matches {
		options := wire.Options{Threads: o.Threads, Delegate: wire.EdgeTPU, Device: wire.Device{Type: typePCI, Path: d.Path}}
		if d.Bus == edgetpu.USB {
			options.Device.Type = typeUSB
		}
		if err = e.loadWith(options, o.Model); err == nil {
			e.library += aboutEdgeTPU(version, d)
			return nil
		}
		if !isFailure(err) {
			return err
		}
	}
	return err
}

func aboutEdgeTPU(version string, d edgetpu.Device) string {
	return fmt.Sprintf(", libedgetpu %s, Edge TPU on %v", version, d)
}

// explainEdgeTPU adds to an error of Open how to mend it.
func explainEdgeTPU(o Options, err error) error {
	if errors.Is(err, ErrLost) {
		return explainCrash(err)
	}
	report := edgetpu.Find(edgetpu.Options{Folders: LibraryFolders(o.Worker)})
	if _, fault := report.Choose(o.EdgeTPU); fault != nil {
		return fmt.Errorf("%w: %s", err, strings.TrimPrefix(fault.Error(), "edgetpu: "))
	}
	return err
}

// explainCrash tells the two ways in which libedgetpu ends a process. Both are known from its issues: a library built for
// another TensorFlow Lite has the wrong idea of its structures, and trouble on USB is answered with abort().
func explainCrash(err error) error {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return err
	}
	status, ok := exit.Sys().(syscall.WaitStatus)
	if !ok || !status.Signaled() {
		return err
	}
	switch status.Signal() {
	case syscall.SIGSEGV, syscall.SIGBUS, syscall.SIGILL:
		return fmt.Errorf("%w: a libedgetpu that was built for another version of TensorFlow Lite does that: "+
			"install one that was built for the worker's, or build the worker with the library's (make tflite TFLITE_PREFIX=DIR)", err)
	case syscall.SIGABRT:
		return fmt.Errorf("%w: libedgetpu does that when USB fails: replug the device, with another cable or port", err)
	}
	return err
}
