package cpu

import (
	"sync"
	"sync/atomic"

	"github.com/inceptiond/inceptiond/infer/cpu/kernel"
)

// layer is the work of one operator, in pieces that do not depend on each other and may be done in any order.
type layer interface {
	units() int
	run(s *scratch, from, to int) // pieces from … to-1
}

// scratch is the working memory of one goroutine.
type scratch struct {
	rows    [kernel.TileRows][]uint8
	tile    *kernel.RowTile
	patch   []uint8 // TileRows patches
	sums    []int32
	rows32  [kernel.TileRows32][]float32
	patch32 []float32 // TileRows32 patches
	sums32  []float32
	depth   kernel.DepthTiles
	lines   []int16 // of input, widened
	tiling  tilingScratch
}

// need is how much scratch a layer wants, in elements of the fields.
type need struct {
	tile, patch, sums, patch32, sums32, lines int
	tiling                                    tilingNeed
}

func (n *need) grow(m need) {
	n.tile, n.patch, n.sums = max(n.tile, m.tile), max(n.patch, m.patch), max(n.sums, m.sums)
	n.patch32, n.sums32 = max(n.patch32, m.patch32), max(n.sums32, m.sums32)
	n.lines = max(n.lines, m.lines)
	n.tiling.grow(m.tiling)
}

func (n *need) bytes() int64 {
	return int64(n.tile)*kernel.TileRows*4 + int64(n.patch) + 4*(int64(n.sums)+int64(n.patch32)+int64(n.sums32)) + 2*int64(n.lines) +
		n.tiling.bytes()
}

// crew is the goroutines that compute: the caller of do, and helpers that are parked in between. Who does which piece
// is open, what comes out is not: every piece writes its own part of the output.
type crew struct {
	scratch []*scratch      // of the caller, then of each helper
	wake    []chan struct{} // one for each helper; closed to end it
	done    chan struct{}   // each woken helper answers once
	ended   sync.WaitGroup

	// The layer under way. do writes these before it wakes a helper and after it has heard from all.
	layer        layer
	units, chunk int
	next         atomic.Int64 // the first piece not yet taken
}

// newCrew starts threads-1 helpers. They end with close.
func newCrew(threads int, n need) *crew {
	c := &crew{done: make(chan struct{}, threads)}
	for i := range threads {
		s := &scratch{
			tile: kernel.NewRowTile(n.tile), patch: make([]uint8, n.patch), sums: make([]int32, n.sums),
			patch32: make([]float32, n.patch32), sums32: make([]float32, n.sums32),
			lines: make([]int16, n.lines), tiling: newTilingScratch(n.tiling),
		}
		c.scratch = append(c.scratch, s)
		if i == 0 {
			continue
		}
		wake := make(chan struct{}, 1)
		c.wake = append(c.wake, wake)
		c.ended.Go(func() {
			for range wake {
				c.work(s)
				c.done <- struct{}{}
			}
		})
	}
	return c
}

// close ends the helpers and waits for them.
func (c *crew) close() {
	for _, w := range c.wake {
		close(w)
	}
	c.ended.Wait()
}

// do runs all of l and returns when it is done.
func (c *crew) do(l layer) {
	units := l.units()
	helpers := min(len(c.wake), units-1)
	if helpers <= 0 {
		l.run(c.scratch[0], 0, units)
		return
	}
	// Several chunks for each goroutine, so that one that is held up by something else does not hold up all.
	c.layer, c.units, c.chunk = l, units, max(1, units/(8*(helpers+1)))
	c.next.Store(0)
	for _, w := range c.wake[:helpers] {
		w <- struct{}{}
	}
	c.work(c.scratch[0])
	for range helpers {
		<-c.done
	}
}

// work takes chunks of the layer under way until none is left.
func (c *crew) work(s *scratch) {
	for {
		from := int(c.next.Add(int64(c.chunk))) - c.chunk
		if from >= c.units {
			return
		}
		c.layer.run(s, from, min(from+c.chunk, c.units))
	}
}
