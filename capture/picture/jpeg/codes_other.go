//go:build !amd64 || purego

package jpeg

func shortCodes(r *bitReader, table *huffman, dequant *[64]coefficient, b *block, last, keep int) (int, entry) {
	return shortCodesPlain(r, table, dequant, b, last, keep)
}
