package learn

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// parallel calls piece(0) to piece(n-1), each once, from as many goroutines as there are CPUs for, and returns when all have
// ended. What they write must not depend on who is first.
func parallel(n int, piece func(i int)) {
	var next atomic.Int64
	work := func() {
		for i := next.Add(1) - 1; i < int64(n); i = next.Add(1) - 1 {
			piece(int(i))
		}
	}
	var others sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) - 1 {
		others.Go(work)
	}
	work()
	others.Wait()
}
