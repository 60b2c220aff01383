package cpu

import (
	"sync/atomic"
	"testing"

	"github.com/inceptiond/inceptiond/infer/demomodel"
	"github.com/inceptiond/inceptiond/infer/model"
)

// Share makes every call once, before, between and after runs, whatever the number of calls and threads.
func TestShare(t *testing.T) {
	m, err := model.Parse(demomodel.Model(), model.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	for _, threads := range []int{1, 2, 5} {
		e, err := New(m, Options{Threads: threads})
		if err != nil {
			t.Fatal(err)
		}
		var calls [100]atomic.Int32
		piece := func(i int) { calls[i].Add(1) }
		in, outs := make([]byte, e.Input().Bytes()), [][]byte{nil}
		rounds := int32(0)
		check := func(n int) {
			t.Helper()
			e.Share(n, piece)
			rounds++
			for i := range n {
				if got := calls[i].Swap(0); got != 1 {
					t.Fatalf("%d threads, round %d: %d calls of %d of %d", threads, rounds, got, i, n)
				}
			}
		}
		for n := range len(calls) + 1 {
			check(n)
			if _, err := e.Run(t.Context(), in, outs); err != nil {
				t.Fatal(err)
			}
		}
		if allocs := testing.AllocsPerRun(10, func() { e.Share(8, piece) }); allocs > 0 {
			t.Errorf("%d threads: %v allocations a call", threads, allocs)
		}
		for i := range calls {
			calls[i].Store(0)
		}
		e.Close()
		check(7)
	}
}
