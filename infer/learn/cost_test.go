package learn

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/cpu"
	"github.com/inceptiond/inceptiond/internal/testing/shared"
)

// costVariable has TestCost train in a process of its own, whose memory is nobody else's.
const costVariable = "INCEPTIOND_TEST_COST"

// TestCost: 5 classes of 10 pictures. Time is that of the processor, since others may use it too, and without the runs of
// the network, which depend on the kernels that the processor has: a run of GoogLeNet takes 5 to 30 ms, and there are 250.
func TestCost(t *testing.T) {
	if testing.Short() {
		t.Skip("it trains with a real network")
	}
	if os.Getenv(costVariable) != "" {
		trainForCost(t)
		return
	}
	shared.Dir(t)
	command := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestCost$", "-test.count", "1")
	command.Env = append(os.Environ(), costVariable+"=1")
	out, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var runs, rest, head float64
	var memory int
	if _, err := fmt.Sscanf(string(out), "cost %f %f %f %d", &runs, &rest, &head, &memory); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	t.Logf("%.2f s of the processor in the network, %.2f s for all else, of which head and cross validation %.2f s; %d MiB", runs, rest, head, memory>>10)
	if memory > 90<<10 {
		t.Errorf("%d MiB (want 90 at most)", memory>>10)
	}
	if !raceEnabled && (rest > 3 || head > 0.6) {
		t.Errorf("%.2f s of the processor beside the network, head %.2f s (want 3 and 0.6 at most)", rest, head)
	}
}

func trainForCost(t *testing.T) {
	b := sharedBase(t, "googlenet_224_uint8")
	var before, after float64
	run := &timedRunner{t: t, Engine: runnerOf(t, b, 1)}
	start := processorSeconds(t)
	_, err := Train(context.Background(), b, run, folder(t, "clothes/train", 10), Defaults(), func(p Progress) {
		switch {
		case p.Stage == StageFolds && p.Done == 0:
			before = processorSeconds(t)
		case p.Stage == StageModel && p.Done == 0:
			after = processorSeconds(t)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		t.Fatal(err)
	}
	fmt.Printf("cost %f %f %f %d\n", run.seconds, processorSeconds(t)-start-run.seconds, after-before, usage.Maxrss)
}

// timedRunner counts the time of the processor that its runs take.
type timedRunner struct {
	*cpu.Engine
	t       *testing.T
	seconds float64
}

func (r *timedRunner) Run(ctx context.Context, in []byte, outs [][]byte) (infer.By, error) {
	start := processorSeconds(r.t)
	by, err := r.Engine.Run(ctx, in, outs)
	r.seconds += processorSeconds(r.t) - start
	return by, err
}

// processorSeconds is what this process has had of the processors.
func processorSeconds(t *testing.T) float64 {
	t.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		t.Fatal(err)
	}
	return float64(usage.Utime.Nano()+usage.Stime.Nano()) / 1e9
}
