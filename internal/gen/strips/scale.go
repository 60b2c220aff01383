package main

import "fmt"

// split makes three planes of pixels of three bytes.
func (w *writer) split() {
	w.function("split", "first, second, third, src *byte, n int", 40)
	for i, r := range []string{"DI", "R8", "R9", "SI", "CX"} {
		w.op("MOVQ", "%s+%d(FP), %s", []string{"first", "second", "third", "src", "n"}[i], 8*i, r)
	}
	w.label("pixels")
	for i := range 3 {
		w.lanes(i, fmt.Sprintf("%d(SI)", 16*i), fmt.Sprintf("%d(SI)", 48+16*i))
	}
	for c, to := range []string{"(DI)", "(R8)", "(R9)"} {
		for v := range 3 {
			var m [16]byte
			for i := range m {
				if m[i] = 0x80; (3*i+c)/16 == v {
					m[i] = byte((3*i + c) % 16)
				}
			}
			w.do("PSHUFB", 3+v, v, w.shared(fmt.Sprintf("split%d%d", c, v), m))
		}
		w.do("POR", 3, 3, 4)
		w.do("POR", 3, 3, 5)
		w.store(3, to)
	}
	w.op("ADDQ", "$%d, SI", 3*w.bytes())
	for _, r := range []string{"DI", "R8", "R9"} {
		w.op("ADDQ", "$%d, %s", w.bytes(), r)
	}
	w.op("SUBQ", "$%d, CX", w.bytes())
	w.op("JNZ", "pixels")
	w.end()
}

// tile makes columns of rows: a lane holds pairs of pixels of 4 rows each.
func (w *writer) tile() {
	w.function("tile", "dst *int16, src *byte, pitch, n int", 32)
	w.op("MOVQ", "dst+0(FP), DI")
	w.op("MOVQ", "src+8(FP), R8")
	w.op("MOVQ", "pitch+16(FP), DX")
	w.op("MOVQ", "n+24(FP), CX")
	w.op("LEAQ", "(DX)(DX*2), R10")
	w.op("LEAQ", "(R8)(DX*4), R9") // row 4
	w.do("PXOR", 10, 10, 10)
	w.label("pixels")
	rows := []string{"", "(DX*1)", "(DX*2)", "(R10*1)"}
	halves := []string{"R8", "R9"}
	if w.avx {
		halves = halves[:1]
	}
	for half, base := range halves {
		for i, r := range rows {
			w.lanes(i, "("+base+")"+r, "(R9)"+r)
		}
		w.do("PUNPCKLWD", 4, 0, 1)
		w.do("PUNPCKHWD", 0, 0, 1)
		w.do("PUNPCKLWD", 5, 2, 3)
		w.do("PUNPCKHWD", 2, 2, 3)
		w.do("PUNPCKLDQ", 6, 4, 5)
		w.do("PUNPCKHDQ", 4, 4, 5)
		w.do("PUNPCKLDQ", 7, 0, 2)
		w.do("PUNPCKHDQ", 0, 0, 2)
		for i, two := range []int{6, 4, 7, 0} {
			w.do("PUNPCKLBW", 8, two, 10)
			w.do("PUNPCKHBW", two, two, 10)
			w.store(8, fmt.Sprintf("%d(DI)", 64*i+16*half))
			w.store(two, fmt.Sprintf("%d(DI)", 64*i+32+16*half))
		}
	}
	w.op("ADDQ", "$16, R8")
	w.op("ADDQ", "$16, R9")
	w.op("ADDQ", "$256, DI")
	w.op("SUBQ", "$16, CX")
	w.op("JNZ", "pixels")
	w.end()
}

// across sums each colour of 8 rows in a vector (of SSE4.1, two): 0 to 2, and 3 to 5.
func (w *writer) across() {
	w.function("across", "dst *int16, pitch int, tiles *int16, colour int, firsts, weights *int32, pairs, cells int", 64)
	w.op("MOVQ", "dst+0(FP), DI")
	w.op("MOVQ", "pitch+8(FP), SI")
	w.op("MOVQ", "tiles+16(FP), R8")
	w.op("MOVQ", "colour+24(FP), DX")
	w.op("MOVQ", "firsts+32(FP), R9")
	w.op("MOVQ", "weights+40(FP), R10")
	w.op("MOVQ", "cells+56(FP), CX")
	w.op("LEAQ", "(SI)(SI*2), R11")
	w.load(12, w.shared("begin", repeated(0x10, 0x00, 0xf0, 0xff))) // half of 1<<5, less 1<<15 after the shift by 5
	halves := 1
	if !w.avx {
		halves = 2
	}
	w.label("cell")
	w.op("MOVLQSX", "(R9), AX")
	w.op("ADDQ", "$4, R9")
	w.op("SHLQ", "$5, AX")
	w.op("ADDQ", "R8, AX")
	w.op("MOVQ", "pairs+48(FP), BX")
	for i := range 3 * halves {
		w.do("POR", i, 12, 12)
	}
	w.label("pair")
	for pair := range 2 {
		if w.avx {
			w.op("VPBROADCASTD", "%d(R10), Y6", 4*pair)
		} else {
			w.op("MOVL", "%d(R10), X6", 4*pair)
			w.op("PSHUFL", "$0, X6, X6")
		}
		for half := range halves {
			for i, at := range []string{"", "(DX*1)", "(DX*2)"} {
				w.do("PMADDWD", 7+i, 6, fmt.Sprintf("%d(AX)%s", 32*pair+16*half, at))
				w.do("PADDD", 3*half+i, 3*half+i, 7+i)
			}
		}
	}
	w.op("ADDQ", "$8, R10")
	w.op("ADDQ", "$64, AX")
	w.op("SUBQ", "$2, BX")
	w.op("JNZ", "pair")
	for half := range halves {
		red, green, blue := 3*half, 3*half+1, 3*half+2
		for i := range 3 {
			w.do("PSRAD", 3*half+i, 3*half+i, "$5")
		}
		w.do("PACKSSDW", red, red, green)
		w.do("PACKSSDW", blue, blue, blue)
		w.rowPairs(half, red, blue)
	}
	w.op("ADDQ", "$16, DI")
	w.op("DECQ", "CX")
	w.op("JNZ", "cell")
	w.end()
}

// rowPairs stores the colours of a cell, by pairs of rows.
func (w *writer) rowPairs(half, redGreen, blue int) {
	if w.avx {
		w.op("VSHUFPS", "$0x88, Y%d, Y%d, Y7", blue, redGreen)
		w.op("VSHUFPS", "$0xdd, Y%d, Y%d, Y8", blue, redGreen)
		w.op("VMOVDQU", "X7, (DI)")
		w.op("VMOVDQU", "X8, (DI)(SI*1)")
		w.op("VEXTRACTI128", "$1, Y7, (DI)(SI*2)")
		w.op("VEXTRACTI128", "$1, Y8, (DI)(R11*1)")
		return
	}
	w.op("MOVO", "X%d, X7", redGreen)
	w.op("SHUFPS", "$0x88, X%d, X7", blue)
	w.op("SHUFPS", "$0xdd, X%d, X%d", blue, redGreen)
	to := [][2]string{{"(DI)", "(DI)(SI*1)"}, {"(DI)(SI*2)", "(DI)(R11*1)"}}[half]
	w.op("MOVOU", "X7, %s", to[0])
	w.op("MOVOU", "X%d, %s", redGreen, to[1])
}

// down sums pairs of rows: 0 to 3 are as many cells as four vectors have.
func (w *writer) down() {
	w.function("down", "dst *byte, ring *int16, entries *entry, n, cells int, flip uint32", 44)
	w.op("MOVQ", "dst+0(FP), DI")
	w.op("MOVQ", "ring+8(FP), R8")
	w.op("MOVQ", "entries+16(FP), R9")
	w.op("MOVQ", "n+24(FP), DX")
	w.op("MOVQ", "cells+32(FP), CX")
	w.op("MOVL", "flip+40(FP), AX")
	if w.avx {
		w.op("VMOVD", "AX, X10")
		w.op("VPBROADCASTD", "X10, Y10")
	} else {
		w.op("MOVQ", "AX, X10")
		w.op("PSHUFL", "$0, X10, X10")
	}
	w.load(9, w.shared("three", [16]byte{0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 0x80, 0x80, 0x80, 0x80}))
	w.load(12, w.shared("half", repeated(0, 0, 0x80, 0x80))) // half of 1<<24, and what 1<<15 less in every sample takes away
	if w.avx {
		w.op("VMOVDQU", "order<>(SB), Y11")
	}
	w.label("cells")
	w.op("MOVQ", "R9, R10")
	w.op("MOVQ", "DX, BX")
	for i := range 4 {
		w.do("POR", i, 12, 12)
	}
	w.label("entry")
	w.op("MOVLQSX", "(R10), AX")
	w.op("ADDQ", "R8, AX")
	if w.avx {
		w.op("VPBROADCASTD", "4(R10), Y4")
	} else {
		w.op("MOVL", "4(R10), X4")
		w.op("PSHUFL", "$0, X4, X4")
	}
	for i := range 4 {
		w.do("PMADDWD", 5+i, 4, fmt.Sprintf("%d(AX)", i*w.bytes()))
	}
	for i := range 4 {
		w.do("PADDD", i, i, 5+i)
	}
	w.op("ADDQ", "$8, R10")
	w.op("DECQ", "BX")
	w.op("JNZ", "entry")
	for i := range 4 {
		w.do("PSRLD", i, i, "$24")
	}
	w.do("PACKSSDW", 0, 0, 1)
	w.do("PACKSSDW", 2, 2, 3)
	w.do("PACKUSWB", 0, 0, 2)
	if w.avx {
		w.op("VPERMD", "Y0, Y11, Y0")
	}
	w.do("PXOR", 0, 0, 10)
	w.do("PSHUFB", 0, 0, 9)
	if w.avx {
		w.op("VMOVDQU", "X0, (DI)")
		w.op("VEXTRACTI128", "$1, Y0, 12(DI)")
	} else {
		w.store(0, "(DI)")
	}
	w.op("ADDQ", "$%d, DI", w.bytes()/4*3)
	w.op("ADDQ", "$%d, R8", 4*w.bytes())
	w.op("SUBQ", "$%d, CX", w.bytes()/4)
	w.op("JNZ", "cells")
	w.end()
	if w.avx {
		w.b.WriteString(orderData)
	}
}

// orderData puts cells into order that lie in two lanes in turn.
const orderData = `
DATA order<>+0(SB)/8, $0x0000000400000000
DATA order<>+8(SB)/8, $0x0000000500000001
DATA order<>+16(SB)/8, $0x0000000600000002
DATA order<>+24(SB)/8, $0x0000000700000003
GLOBL order<>(SB), RODATA|NOPTR, $32
`
