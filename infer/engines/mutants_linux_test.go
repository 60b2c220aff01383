package engines

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/metrics"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/infer/task"
	"github.com/inceptiond/inceptiond/internal/memory"
	"github.com/inceptiond/inceptiond/internal/testing/mutant"
	"github.com/inceptiond/inceptiond/internal/testing/shared"
)

var (
	mutants     = flag.Int("mutants", 4000, "how many mutants of real models TestMutants makes")
	firstMutant = flag.Int("first-mutant", 0, "the number of its first: each makes the same mutant whenever it is tried")
)

const (
	// mutantTime is how long it may take to load a mutant, to run it until it is told to end, and to read its answer, on a
	// machine that has other work.
	mutantTime = 30 * time.Second
	// block is how many a process tries, and maxPeak how much memory it may have had.
	block   = 50_000
	maxPeak = 512 << 20
	// runTime is when a mutant is told to end. Few are given more, so that there are many.
	runTime, longRunTime = 20 * time.Millisecond, time.Second
)

// TestMutants makes a million files that are nearly sound (-mutants: some), of each of the real models in turn, and does with
// them what the daemon does with a model: load it, find out what it is for, run it, read what it answers. Whatever they
// are, there is no panic, and time and memory are bounded. A process of its own tries them, so that the number of one that
// ends it is known.
func TestMutants(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a while")
	}
	dir := shared.Dir(t)
	for first, last := *firstMutant, *firstMutant+*mutants; first < last; {
		done, err := tryMutants(t, dir, first, min(first+block, last))
		if err != nil {
			t.Errorf("mutant %d: %v (-first-mutant %d -mutants 1 tries it alone)", done, err, done)
			if done-first < 3 { // all of them, or nearly
				return
			}
			done++
		}
		first = done
	}
}

// tryMutants has a process try mutants, and returns last, or the number of the one that it did not bear.
func tryMutants(t *testing.T, dir string, first, last int) (done int, err error) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	cmd := exec.CommandContext(t.Context(), self, "-test.run=^TestMutantsHere$", "-test.v", "-test.timeout=0")
	cmd.Env = append(os.Environ(), fmt.Sprintf("TRY_MUTANTS=%d %d %s", first, last, dir))
	cmd.ExtraFiles = []*os.File{write}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	write.Close()
	hung := time.AfterFunc(mutantTime, func() { _ = cmd.Process.Signal(syscall.SIGQUIT) }) // it says what it is doing
	for done = first; ; hung.Reset(mutantTime) {
		var number uint64
		if err := binary.Read(read, binary.LittleEndian, &number); err != nil {
			break
		}
		done = int(number)
	}
	err = cmd.Wait()
	hung.Stop()
	text := out.String()
	if err != nil {
		return done, fmt.Errorf("%w: %s", err, text[:min(len(text), 6000)])
	}
	for line := range strings.Lines(text) {
		if _, told, found := strings.Cut(line, "mutants: "); found {
			t.Log(strings.TrimSpace(told))
		}
	}
	return last, nil
}

// TestMutantsHere is the process that tries them.
func TestMutantsHere(t *testing.T) {
	var first, last int
	var dir string
	if n, _ := fmt.Sscan(os.Getenv("TRY_MUTANTS"), &first, &last, &dir); n != 3 {
		t.Skip("TestMutants runs it")
	}
	progress := os.NewFile(3, "progress")
	sources := openSources(t, dir)
	var all trial
	for n := first; n < last; n++ {
		if err := binary.Write(progress, binary.LittleEndian, uint64(n)); err != nil {
			t.Fatal(err)
		}
		s := sources[n%len(sources)]
		r := rand.New(rand.NewPCG(20, uint64(n)))
		s.Mutate(r, func(data []byte) {
			if err := all.try(s, r, data); err != nil {
				t.Fatalf("%s: %v", s.name, err)
			}
		})
	}
	peak := memory.Peak(os.Getpid())
	t.Logf("mutants: %d, of which %d are models, the engine takes %d, and runs %d to the end, and %d have a task; the longest took %v, the largest allocated %d MB, and this process had %d at its peak",
		last-first, all.models, all.engines, all.runs, all.tasks, all.longest.Round(time.Millisecond), all.largest>>20, peak>>20)
	if peak > maxPeak {
		t.Errorf("%d MB are too much (the most is %d)", peak>>20, maxPeak>>20)
	}
}

// source is a real model.
type source struct {
	*mutant.Source
	name   string
	size   int // of the file
	memory int // limit of what its mutants may take, in bytes
}

// openSources reads the real models: every second is one of a whole network, in turn.
func openSources(t *testing.T, dir string) []source {
	t.Helper()
	read := func(folder string) (list []source) {
		err := filepath.WalkDir(filepath.Join(dir, "models", folder), func(path string, e fs.DirEntry, err error) error {
			if err != nil || filepath.Ext(path) != ".tflite" {
				return err
			}
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			s, err := mutant.New(data)
			if err != nil {
				return err
			}
			stats := s.Sound.Stats()
			list = append(list, source{s, path, len(data), 2*int(stats.Activations) + 8*len(data) + 1<<20})
			return nil
		})
		if err != nil || len(list) == 0 {
			t.Fatalf("%d models in %s: %v", len(list), folder, err)
		}
		return list
	}
	networks, operators := read("zoo"), read("ops2")
	all := make([]source, 0, 2*len(operators))
	for i, o := range operators {
		all = append(all, o, networks[i%len(networks)])
	}
	return all
}

// trial is what became of mutants.
type trial struct {
	models, engines, runs, tasks int
	longest                      time.Duration
	largest                      uint64 // bytes allocated
}

// try does with a mutant what the daemon does with a file. The error is what it does not bear.
func (all *trial) try(s source, r *rand.Rand, data []byte) error {
	began, before := time.Now(), allocated()
	err := all.use(s, r, data)
	took, bytes := time.Since(began), allocated()-before
	all.longest, all.largest = max(all.longest, took), max(all.largest, bytes)
	if err == nil && bytes > uint64(4*s.memory+32<<20) {
		return fmt.Errorf("it allocated %d MB: the limit is %d, the file has %d", bytes>>20, s.memory>>20, len(data)>>20)
	}
	return err
}

// allocated is how many bytes this process has ever allocated.
func allocated() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

func (all *trial) use(s source, r *rand.Rand, data []byte) (err error) {
	m, err := model.Parse(data, model.Limits{Memory: s.memory})
	if err != nil {
		return known(err)
	}
	all.models++
	f := File{Path: s.name, Data: data, Parsed: m}
	f.Metadata, f.Damage = model.ReadMetadata(data)
	if stats := m.Stats(); stats.MACs < 0 || stats.Weights < 0 {
		return fmt.Errorf("impossible: %+v", stats)
	}
	o := Options{Memory: s.memory, Threads: 1 + r.IntN(2)}
	e, err := openCPU(o, f)
	if err != nil {
		return nil // with shapes or options that do not go together, which is an error of no kind
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	all.engines++
	in, outs := make([]byte, e.Input().Bytes()), infer.Buffers(e.Outputs())
	if r.IntN(2) == 0 {
		fill(in, r)
	}
	if all.run(e, r, in, outs) != nil { // such as of an index that is none
		for _, out := range outs {
			fill(out, r)
		}
	}
	meaning, err := f.Meaning(o, e.Input(), e.Outputs())
	if err != nil {
		return known(err)
	}
	as, err := task.New(e.Outputs(), task.Options{Reading: meaning.Reading, MaxResults: 20, Threshold: 0.1})
	if err != nil {
		return known(err)
	}
	all.tasks++
	var found task.Findings
	return as.Decode(&found, outs)
}

// run runs e for the time that it has.
func (all *trial) run(e infer.Engine, r *rand.Rand, in []byte, outs [][]byte) error {
	most := runTime
	if r.IntN(50) == 0 {
		most = longRunTime
	}
	ctx, cancel := context.WithTimeout(context.Background(), most)
	defer cancel()
	_, err := e.Run(ctx, in, outs)
	if err == nil {
		all.runs++
	}
	return err
}

// known is nil for an error that says what is wrong with a file.
func known(err error) error {
	if errors.Is(err, model.ErrMalformed) || errors.Is(err, model.ErrUnsupported) {
		return nil
	}
	return fmt.Errorf("error of no kind: %w", err)
}

// fill fills b with anything.
func fill(b []byte, r *rand.Rand) {
	for i := range b {
		b[i] = byte(r.Uint32())
	}
}
