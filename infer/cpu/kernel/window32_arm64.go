//go:build !purego

package kernel

// depth32NEON is depth32AVX2.
//
//go:noescape
func depth32NEON(r *Row32)

// max32NEON is max32AVX2.
//
//go:noescape
func max32NEON(r *Row32)

// average32NEON is average32AVX2.
//
//go:noescape
func average32NEON(r *Row32)
