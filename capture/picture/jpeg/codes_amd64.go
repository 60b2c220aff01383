//go:build !purego

package jpeg

// shortCodes is shortCodesPlain.
//
//go:noescape
func shortCodes(r *bitReader, table *huffman, dequant *[64]coefficient, b *block, last, keep int) (int, entry)
