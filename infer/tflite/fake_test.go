package tflite

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/tflite/wire"
)

// The test binary is also the worker of these tests: this variable says how that one behaves.
const behaviour = "INCEPTIOND_TEST_WORKER"

func TestMain(m *testing.M) {
	switch b := os.Getenv(behaviour); {
	case b == "" || len(os.Args) < 2 || os.Args[1] != "serve":
		goleak.VerifyTestMain(m)
	case b == "own":
		ownWorker()
	default:
		fakeWorker(b)
	}
}

// fakeWorker inverts 4 bytes, and gives the first 2 as they were; it misbehaves when it is asked to run, load or end.
func fakeWorker(behaviour string) {
	conn := wire.NewConn(os.NewFile(3, "questions"), os.NewFile(4, "answers"))
	x := infer.TensorSpec{Name: "x", Shape: []int{1, 4}, Type: infer.Uint8}
	y := infer.TensorSpec{Name: "y", Shape: []int{2}, Type: infer.Uint8}
	var wanted wire.Wanted
	in, inverted := make([]byte, 4), make([]byte, 4)
	for {
		h, err := conn.ReadHeader()
		if err != nil {
			if behaviour == "stay" {
				forever()
			}
			return
		}
		switch h.Kind {
		case wire.Hello:
			conn.Send(wire.Hello, h.Sequence, []byte("fake 1.0"))
		case wire.Load:
			body, _ := conn.ReadBody(h, 1<<20)
			if !strings.HasSuffix(string(body), "good") {
				fmt.Println("ERROR: operator 7 is unknown")
				conn.Send(wire.Failure, h.Sequence, wire.EncodeFailure(true, "cannot build the network"))
				continue
			}
			conn.Send(wire.Tensors, h.Sequence, wire.EncodeTensors([]infer.TensorSpec{x}, []infer.TensorSpec{x, y}))
		case wire.Ping:
			conn.Send(wire.Pong, h.Sequence)
		case wire.Run:
			conn.ReadInto(h, wanted[:], in)
			misbehave(behaviour, conn, h)
			for i := range in {
				inverted[i] = ^in[i]
			}
			var outs [][]byte
			for i, out := range [][]byte{inverted, in[:2]} {
				if wanted.Has(i) {
					outs = append(outs, out)
				}
			}
			conn.Send(wire.Result, h.Sequence, outs...)
		}
	}
}

func misbehave(behaviour string, conn *wire.Conn, h wire.Header) {
	switch behaviour {
	case "hang":
		fmt.Fprintln(os.Stderr, "waiting for the device")
		forever()
	case "slow":
		time.Sleep(100 * time.Millisecond)
	case "die":
		fmt.Fprintln(os.Stderr, "bulk out failed. Abort.")
		syscall.Kill(os.Getpid(), syscall.SIGKILL)
		forever()
	case "exit":
		os.Exit(3)
	case "rubbish":
		os.NewFile(4, "answers").WriteString("usb transfer error 5\n")
	case "late":
		conn.Send(wire.Result, h.Sequence-1, make([]byte, 4))
	case "long":
		conn.Send(wire.Result, h.Sequence, make([]byte, 5))
	case "cut":
		os.NewFile(4, "answers").Write([]byte{0x1c, 0xe9, wire.Version, byte(wire.Result), 4, 0, 0, 0})
		os.Exit(0)
	case "fail":
		conn.Send(wire.Failure, h.Sequence, wire.EncodeFailure(false, "cannot run the network"))
	case "chat":
		fmt.Print(strings.Repeat("INFO: all is well\n", 10_000))
	}
}

// open starts a fake worker.
func open(t *testing.T, b string, deadline time.Duration) *Engine {
	t.Helper()
	t.Setenv(behaviour, b)
	e, err := Open(t.Context(), Options{Worker: os.Args[0], Model: []byte("good"), Deadline: deadline})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}

// run has e answer in; only the first output is wanted.
func run(ctx context.Context, e *Engine, in []byte) (out []byte, err error) {
	out = make([]byte, 4)
	_, err = e.Run(ctx, in, [][]byte{out, nil})
	return out, err
}

// ownWorker opens an engine, says its worker's number, and waits to be killed.
func ownWorker() {
	os.Setenv(behaviour, "stay")
	e, err := Open(context.Background(), Options{Worker: os.Args[0], Model: []byte("good")})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(e.worker.cmd.Process.Pid)
	forever()
}

// forever does not return; select{} would, as a deadlock.
func forever() {
	for {
		time.Sleep(time.Hour)
	}
}

// owner starts this test binary as the owner of a worker, and returns both processes.
func owner(t *testing.T) (parent *exec.Cmd, child int) {
	t.Helper()
	parent = exec.Command(os.Args[0], "serve")
	parent.Env = append(os.Environ(), behaviour+"=own")
	out, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fscan(out, &child); err != nil {
		t.Fatal(err)
	}
	return parent, child
}
