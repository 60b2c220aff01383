//go:build !purego

package kernel

// tiling32NEON multiplies 8 pixels by 8 columns.
func tiling32NEON() *Tiling32 {
	return &Tiling32{Pixels: 8, Panel: 8, Vector: 8, Products: 1 << 18, Run: tiles32NEON}
}

// tiles32NEON is tiles32AVX2 for 8 columns.
//
//go:noescape
func tiles32NEON(t *Tiles32)
