//go:build !purego

package kernel

// mulSSE is mulAVX2 for n of at least 8.
//
//go:noescape
func mulSSE(dst, x, y *uint8, n int, zeroX, zeroY uint16, b *DepthBlock)

// preluBytesSSE is preluBytesAVX2 for n of at least 8.
//
//go:noescape
func preluBytesSSE(dst, x, y *uint8, n int, zeroX, zeroY uint16, above, below *DepthBlock)

// mapSSE is mapAVX2.
//
//go:noescape
func mapSSE(dst, src *uint8, pitch, count int, table *[256]uint8)

// add32VectorsSSE, mul32VectorsSSE and prelu32VectorsSSE are those without SSE in their names.
//
//go:noescape
func add32VectorsSSE(dst, a, b *float32, n int, lo, hi float32)

//go:noescape
func mul32VectorsSSE(dst, a, b *float32, n int, lo, hi float32)

//go:noescape
func prelu32VectorsSSE(dst, x, slopes *float32, n int)

// resizeRow32SSE, resizeRow8SSE, resizeLinesSSE and resizeRowSSE are those with Vectors instead of SSE in their names.
//
//go:noescape
func resizeRow32SSE(dst, upper, lower *float32, taps *ResizeTap32, count, channels int, near, far float32)

//go:noescape
func resizeRow8SSE(dst *uint8, upper, lower *float32, taps *ResizeTap32, count, channels int, near, far float32)

//go:noescape
func resizeLinesSSE(dst *int32, upper, lower *uint8, n int, near, far int32)

//go:noescape
func resizeRowSSE(dst *uint8, line *int32, taps *ResizeTap, count, channels int)
