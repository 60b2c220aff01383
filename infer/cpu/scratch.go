package cpu

import "github.com/inceptiond/inceptiond/infer/cpu/kernel"

// layer is the work of one operator, in pieces that do not depend on each other and may be done in any order.
type layer interface {
	units() int
	run(s *scratch, from, to int) // pieces from … to-1
}

// scratch is the working memory of one goroutine.
type scratch struct {
	patches    [kernel.TileRows][]uint8 // in patch, or in the input as they are
	tile       *kernel.RowTile
	patch      []uint8 // TileRows patches
	sums       []int32
	sums64     []int64
	patches32  [kernel.TileRows32][]float32
	patch32    []float32 // TileRows32 patches
	tile32     kernel.Tile32
	tiles32    kernel.Tiles32
	row32      kernel.Row32
	band32     bandRun32 // of a float32 convolution
	lines32    []float32 // of that band
	sums32     []float32
	depth      kernel.DepthTiles
	depthBytes kernel.DepthBytes
	lines      []int16 // of input, widened; or a patch of int16
	tiling     tilingScratch
}

// begin prepares for another layer.
func (s *scratch) begin() { s.tiling.band.ready, s.band32.ready = false, false }

// need is how much scratch a layer wants, in elements of the fields.
type need struct {
	tile, patch, sums, sums64, patch32, sums32, lines32, lines int
	tiling                                                     tilingNeed
}

func (n *need) grow(m need) {
	n.tile, n.patch, n.sums = max(n.tile, m.tile), max(n.patch, m.patch), max(n.sums, m.sums)
	n.sums64, n.patch32, n.sums32 = max(n.sums64, m.sums64), max(n.patch32, m.patch32), max(n.sums32, m.sums32)
	n.lines, n.lines32 = max(n.lines, m.lines), max(n.lines32, m.lines32)
	n.tiling.grow(m.tiling)
}

func (n *need) bytes() int64 {
	return int64(n.tile)*kernel.TileRows*4 + int64(n.patch) + 4*(int64(n.sums)+int64(n.patch32)+int64(n.sums32)+int64(n.lines32)) + 2*int64(n.lines) +
		8*int64(n.sums64) + n.tiling.bytes()
}

func newScratch(n need) *scratch {
	return &scratch{
		tile: kernel.NewRowTile(n.tile), patch: make([]uint8, n.patch), sums: make([]int32, n.sums), sums64: make([]int64, n.sums64),
		patch32: make([]float32, n.patch32), sums32: make([]float32, n.sums32), lines32: make([]float32, n.lines32),
		lines: make([]int16, n.lines), tiling: newTilingScratch(n.tiling),
	}
}
