package tflite_test

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/cpu"
	"github.com/inceptiond/inceptiond/infer/demomodel"
	"github.com/inceptiond/inceptiond/infer/infertest"
	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/infer/tflite"
	"github.com/inceptiond/inceptiond/internal/testing/edgetpu"
)

// openEdgeTPU opens the model that was compiled for the stand-in.
func openEdgeTPU(t *testing.T, compiled []byte, device string, deadline time.Duration) (*tflite.Engine, error) {
	t.Helper()
	e, err := tflite.Open(t.Context(), tflite.Options{Worker: workerProgram(t), Model: compiled, EdgeTPU: device, Deadline: deadline})
	if err == nil {
		t.Cleanup(func() { e.Close() })
	}
	return e, err
}

// The answers of the Edge TPU's stand-in are the CPU's, which computes the model that it was compiled from.
func TestEdgeTPU(t *testing.T) {
	standIn := edgetpu.New(t)
	standIn.Devices("usb=/sys/bus/usb/devices/2-1,pci=/dev/apex_0")
	m, err := model.Parse(demomodel.Model(), model.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	c, err := cpu.New(m, cpu.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	e, err := openEdgeTPU(t, edgetpu.Compile(t, demomodel.Model()), "pci", 0)
	if err != nil {
		t.Fatal(err)
	}
	const says = "libedgetpu BuildLabel(stand-in), RuntimeVersion(14), Edge TPU on pci /dev/apex_0"
	if !strings.HasSuffix(e.Library(), says) {
		t.Errorf("library %q (want %q)", e.Library(), says)
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 5 {
		in, want, got := noise(r, c.Input().Bytes()), infer.Buffers(c.Outputs()), infer.Buffers(e.Outputs())
		if _, err := c.Run(t.Context(), in, want); err != nil {
			t.Fatal(err)
		}
		if by, err := e.Run(t.Context(), in, got); err != nil || by.Engine != infer.EngineEdgeTPU {
			t.Fatalf("by %+v: %v", by, err)
		}
		if !bytes.Equal(got[0], want[0]) {
			t.Errorf("%x (want %x)", got, want)
		}
	}
}

func TestEdgeTPUSuite(t *testing.T) {
	edgetpu.New(t)
	compiled := edgetpu.Compile(t, demomodel.Model())
	infertest.Engine(t, func(t *testing.T) infer.Engine {
		e, err := openEdgeTPU(t, compiled, "any", 0)
		if err != nil {
			t.Fatal(err)
		}
		return e
	})
}

// TestEdgeTPULost has the device's library hang, abort and crash while frames flow: the engine is lost within the deadline,
// and a new one works as soon as the library does.
func TestEdgeTPULost(t *testing.T) {
	standIn := edgetpu.New(t)
	compiled := edgetpu.Compile(t, demomodel.Model())
	const deadline = 2 * time.Second
	for _, c := range []struct {
		tell, says string
		lost       bool
	}{
		{"invoke hang once", "did not answer within", true},
		{"invoke abort once", "signal: aborted", true},
		{"invoke crash once", "signal: segmentation fault", true},
		{"invoke fail once", "cannot run the network", false},
	} {
		t.Run(c.tell, func(t *testing.T) {
			e, err := openEdgeTPU(t, compiled, "usb", deadline)
			if err != nil {
				t.Fatal(err)
			}
			in, outs := make([]byte, e.Input().Bytes()), infer.Buffers(e.Outputs())
			if _, err := e.Run(t.Context(), in, outs); err != nil {
				t.Fatal(err)
			}
			standIn.Tell(c.tell)
			begun := time.Now()
			_, err = e.Run(t.Context(), in, outs)
			if err == nil || !strings.Contains(err.Error(), c.says) || errors.Is(err, tflite.ErrLost) != c.lost {
				t.Errorf("error %v", err)
			}
			if took := time.Since(begun); took > deadline+2*time.Second {
				t.Errorf("it took %v", took)
			}
			if _, err := e.Run(t.Context(), in, outs); errors.Is(err, tflite.ErrLost) != c.lost {
				t.Errorf("the next run: %v", err)
			}
			if e, err = openEdgeTPU(t, compiled, "usb", deadline); err != nil {
				t.Fatal(err)
			}
			if _, err := e.Run(t.Context(), in, outs); err != nil {
				t.Errorf("after a new start: %v", err)
			}
		})
	}
}

// What is wrong when a device is opened is an error that says how to mend it, and none of the model's.
func TestEdgeTPUOpenErrors(t *testing.T) {
	standIn := edgetpu.New(t)
	compiled := edgetpu.Compile(t, demomodel.Model())
	for _, c := range []struct {
		tell, devices, device string
		says                  []string
		lost                  bool
	}{
		{"create fail", "", "any", []string{"cannot open the Edge TPU /sys/bus/usb/devices/2-1"}, false},
		{"create abort", "", "any", []string{"signal: aborted", "stand-in: abort in create", "replug the device"}, true},
		{"create crash", "", "any", []string{"segmentation fault", "built for another version of TensorFlow Lite"}, true},
		{"invoke crash", "", "any", []string{"segmentation fault", "built for another version of TensorFlow Lite"}, true},
		{"invoke fail", "", "any", []string{"cannot run the network"}, false},
		{"list abort", "", "any", []string{"signal: aborted"}, true},
		{"list fail", "", "any", []string{"libedgetpu BuildLabel(stand-in), RuntimeVersion(14): no such Edge TPU is connected"}, false},
		{"", "usb=/sys/bus/usb/devices/2-1", "pci", []string{`device "pci": no such Edge TPU (there is usb /sys/bus/usb/devices/2-1)`}, false},
		{"", "", "tpu", []string{`device "tpu" is no name`}, false},
	} {
		t.Run(c.tell+c.devices+c.device, func(t *testing.T) {
			standIn.Tell(c.tell)
			if c.devices != "" {
				standIn.Devices(c.devices)
			}
			_, err := openEdgeTPU(t, compiled, c.device, 0)
			if err == nil || errors.Is(err, model.ErrUnsupported) || errors.Is(err, tflite.ErrLost) != c.lost {
				t.Fatalf("error %v", err)
			}
			for _, s := range c.says {
				if !strings.Contains(err.Error(), s) {
					t.Errorf("error %q does not say %q", err, s)
				}
			}
		})
	}
}

// A device that another program uses is passed over if the name stands for more than one.
func TestEdgeTPUInUse(t *testing.T) {
	standIn := edgetpu.New(t)
	compiled := edgetpu.Compile(t, demomodel.Model())
	standIn.Devices("usb=/sys/bus/usb/devices/2-1,usb=/sys/bus/usb/devices/2-2")
	standIn.Tell("create:/sys/bus/usb/devices/2-1 fail")
	e, err := openEdgeTPU(t, compiled, "any", 0)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(e.Library(), "usb /sys/bus/usb/devices/2-2") {
		t.Errorf("library %q", e.Library())
	}
	if _, err := openEdgeTPU(t, compiled, "usb:0", 0); err == nil || !strings.Contains(err.Error(), "another program uses it") {
		t.Errorf("the first one: %v", err)
	}
}

// A library that hangs when a device is opened, or listed, is waited for as long as the context says.
func TestEdgeTPUOpenHangs(t *testing.T) {
	standIn := edgetpu.New(t)
	compiled := edgetpu.Compile(t, demomodel.Model())
	for _, how := range []string{"list hang", "create hang", "invoke hang"} {
		standIn.Tell(how)
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		begun := time.Now()
		_, err := tflite.Open(ctx, tflite.Options{Worker: workerProgram(t), Model: compiled, EdgeTPU: "any"})
		if took := time.Since(begun); !errors.Is(err, context.DeadlineExceeded) || took > 5*time.Second {
			t.Errorf("%s: %v after %v", how, err, took)
		}
		cancel()
	}
}

// Models of the wrong kind: not compiled for this device, or compiled and run without one.
func TestEdgeTPUModels(t *testing.T) {
	edgetpu.New(t)
	// An operator that nobody claims is TensorFlow Lite's own to run.
	e, err := openEdgeTPU(t, demomodel.Model(), "any", 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Run(t.Context(), make([]byte, e.Input().Bytes()), infer.Buffers(e.Outputs())); err != nil {
		t.Error(err)
	}
	_, err = tflite.Open(t.Context(), tflite.Options{Worker: workerProgram(t), Model: edgetpu.Compile(t, demomodel.Model())})
	if !errors.Is(err, model.ErrUnsupported) || !strings.Contains(err.Error(), "edgetpu-custom-op") {
		t.Errorf("without a device: %v", err)
	}
	_, err = tflite.Open(t.Context(), tflite.Options{Worker: workerProgram(t), Model: demomodel.Model(), EdgeTPU: "any", XNNPACK: true})
	if err == nil || !strings.Contains(err.Error(), "not both") {
		t.Errorf("two delegates: %v", err)
	}
}

// The device is given back when the engine is closed.
func TestEdgeTPUFreed(t *testing.T) {
	standIn := edgetpu.New(t)
	trace := standIn.Trace()
	e, err := openEdgeTPU(t, edgetpu.Compile(t, demomodel.Model()), "any", 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(trace); string(got) != "created\nfreed\n" {
		t.Errorf("trace %q, %v", got, err)
	}
}

func TestFindEdgeTPU(t *testing.T) {
	standIn := edgetpu.New(t)
	standIn.Devices("usb=/sys/bus/usb/devices/2-1,pci=/dev/apex_0")
	library, err := tflite.FindEdgeTPU(t.Context(), workerProgram(t), "pci")
	if err != nil || !strings.HasSuffix(library, "libedgetpu BuildLabel(stand-in), RuntimeVersion(14), Edge TPU on pci /dev/apex_0") {
		t.Errorf("%q, %v", library, err)
	}
	if _, err := tflite.FindEdgeTPU(t.Context(), workerProgram(t), "pci:1"); err == nil || !strings.Contains(err.Error(), `device "pci:1": no such Edge TPU`) {
		t.Errorf("another device: %v", err)
	}
	standIn.Tell("list crash")
	if _, err := tflite.FindEdgeTPU(t.Context(), workerProgram(t), "any"); !errors.Is(err, tflite.ErrLost) {
		t.Errorf("a crash: %v", err)
	}
}

// A worker starts without libedgetpu, and says what is missing only to whoever asks for a device.
func TestNoLibedgetpu(t *testing.T) {
	if _, err := os.Stat("/etc/ld.so.cache"); err == nil {
		if list, _ := filepath.Glob("/usr/lib/*/libedgetpu.so.1"); len(list) > 0 {
			t.Skip("there is a libedgetpu on this machine")
		}
	}
	t.Setenv("LD_LIBRARY_PATH", "")
	if _, err := tflite.FindEdgeTPU(t.Context(), workerProgram(t), "any"); err == nil || !strings.Contains(err.Error(), "libedgetpu.so.1: cannot open") {
		t.Errorf("find: %v", err)
	}
	_, err := openEdgeTPU(t, edgetpu.Compile(t, demomodel.Model()), "any", 0)
	if err == nil || !strings.Contains(err.Error(), "libedgetpu.so.1: cannot open") || !strings.Contains(err.Error(), "apt install libedgetpu1-std") {
		t.Errorf("open: %v", err)
	}
}
