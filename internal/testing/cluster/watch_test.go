package cluster

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"runtime"
	"sync"
	"testing"
	"time"
)

// stock is what this process has of the machine.
type stock struct {
	heap, stacks, resident, goroutines int
}

func takeStock() stock {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return stock{int(m.HeapAlloc), int(m.StackInuse), usageOf(os.Getpid()).memory, runtime.NumGoroutine()}
}

// per is what each of n has brought since before.
func (s stock) per(before stock, n int) string {
	each := func(now, then int) float64 { return float64(now-then) / float64(n) }
	return fmt.Sprintf("%.1f KB of heap, %.1f KB of stacks, %.1f KB resident, %.1f goroutines", each(s.heap, before.heap)/1e3,
		each(s.stacks, before.stacks)/1e3, each(s.resident, before.resident)/1e3, each(s.goroutines, before.goroutines))
}

// sample is how things were at a moment.
type sample struct {
	when      time.Time
	connected int                      // light devices
	waiting   int                      // events of theirs
	arrived   int                      // messages that the consumer has
	opened    uint64                   // connections that the nodes have accepted since the sample before
	cpu       map[string]time.Duration // of the nodes since the sample before
	memory    map[string]int           // of the nodes
	own       time.Duration            // of this process
}

// watch samples once a second.
type watch struct {
	run *run

	mu      sync.Mutex
	samples []sample
}

// startWatch watches until the test ends.
func startWatch(ctx context.Context, r *run) *watch {
	w := &watch{run: r}
	ctx, stop := context.WithCancel(ctx)
	var running sync.WaitGroup
	running.Go(func() { w.loop(ctx) })
	r.t.Cleanup(func() { stop(); running.Wait() })
	return w
}

func (w *watch) loop(ctx context.Context) {
	totals, cpus := map[string]uint64{}, map[string]time.Duration{}
	own := usageOf(os.Getpid()).cpu
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		s := sample{when: time.Now(), cpu: map[string]time.Duration{}, memory: map[string]int{}}
		var asking sync.WaitGroup
		var mu sync.Mutex
		for _, n := range w.run.nodes {
			asking.Go(func() {
				ctx, cancel := context.WithTimeout(ctx, 900*time.Millisecond)
				defer cancel()
				total, answered := n.Accepted(ctx)
				cpu, memory := n.Used()
				mu.Lock()
				defer mu.Unlock()
				if answered {
					if total < totals[n.Name] { // it was started again
						totals[n.Name] = 0
					}
					s.opened += total - totals[n.Name]
					totals[n.Name] = total
				}
				s.cpu[n.Name], s.memory[n.Name] = cpu-cpus[n.Name], memory
				cpus[n.Name] = cpu
			})
		}
		asking.Wait()
		now := usageOf(os.Getpid()).cpu
		s.own, own = now-own, now
		s.arrived = w.run.ledger.Len()
		w.add(s)
	}
}

func (w *watch) add(s sample) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if f := w.run.fleet; f != nil {
		s.connected = f.Connected()
		s.waiting, _ = f.Waiting()
	}
	w.samples = append(w.samples, s)
}

// mark is where a report begins.
func (w *watch) mark() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.samples)
}

// report logs what the nodes have taken from a mark on.
func (w *watch) report(t *testing.T, what string, from int) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	list := w.samples[min(from, len(w.samples)):]
	if len(list) < 2 {
		return
	}
	took := list[len(list)-1].when.Sub(list[0].when)
	var opened, most uint64
	var own time.Duration
	cpu, memory := map[string]time.Duration{}, map[string]int{}
	for _, s := range list[1:] {
		opened += s.opened
		most = max(most, s.opened)
		own += s.own
		for name := range s.cpu {
			cpu[name] += s.cpu[name]
			memory[name] = max(memory[name], s.memory[name])
		}
	}
	arrived := list[len(list)-1].arrived - list[0].arrived
	t.Logf("%s, %.0f s: %d connections accepted, at most %d in a second; %.0f events/s; this process %.0f %% of a core", what,
		took.Seconds(), opened, most, float64(arrived)/took.Seconds(), 100*own.Seconds()/took.Seconds())
	for _, n := range w.run.nodes {
		t.Logf("  %s: %.0f %% of a core, at most %.0f MB", n.Name, 100*cpu[n.Name].Seconds()/took.Seconds(), float64(memory[n.Name])/1e6)
	}
}

// csv is all samples, for who wants to see a curve.
func (w *watch) csv() []byte {
	w.mu.Lock()
	defer w.mu.Unlock()
	var b bytes.Buffer
	b.WriteString("second,connected,waiting,arrived,opened\n")
	for _, s := range w.samples {
		fmt.Fprintf(&b, "%.0f,%d,%d,%d,%d\n", s.when.Sub(w.samples[0].when).Seconds(), s.connected, s.waiting, s.arrived, s.opened)
	}
	return b.Bytes()
}
