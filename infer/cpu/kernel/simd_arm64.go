//go:build !purego

package kernel

func mapVectors(dst, src []uint8, table *[256]uint8) {
	dst = dst[:len(src)]
	if len(src) < vector {
		Map(dst, src, table)
		return
	}
	mapNEON(&dst[0], &src[0], len(src), table)
}

// mapNEON is Map, for at least 16 bytes.
//
//go:noescape
func mapNEON(dst, src *uint8, n int, table *[256]uint8)

// depthRound picks the loop for a block.
func depthRound(t *DepthBytes) {
	if t.Round.nine && t.Width == roundChannels {
		depthNineNEON(t)
		return
	}
	depthNEON(t)
}

// depthNineNEON is depthNEON for 9 taps and 16 channels, rounding half up.
//
//go:noescape
func depthNineNEON(t *DepthBytes)
