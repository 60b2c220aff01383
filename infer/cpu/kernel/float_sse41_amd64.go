//go:build !purego

package kernel

//go:generate go run ../../../internal/gen/kernels -o tiles32_sse41_amd64.s
//go:generate go run ../../../internal/gen/kernels -o window32_sse41_amd64.s

// tiling32SSE multiplies 6 pixels by 8 columns.
func tiling32SSE() *Tiling32 {
	return &Tiling32{Pixels: 6, Panel: 8, Vector: 8, Products: 1 << 20, Run: tiles32SSE}
}

// tiles32SSE is tiles32AVX2 for 8 columns, and rounds products before they are added.
//
//go:noescape
func tiles32SSE(t *Tiles32)

// depth32SSE is depth32AVX2, and rounds products before they are added.
//
//go:noescape
func depth32SSE(r *Row32)

// max32SSE is max32AVX2.
//
//go:noescape
func max32SSE(r *Row32)

// average32SSE is average32AVX2.
//
//go:noescape
func average32SSE(r *Row32)
