package main

import (
	"fmt"
	"math/bits"
)

// ordered is which pixel comes at a place of a plane: of four, the two in the middle are exchanged, so that 16 bits have the bytes
// that words of two neighbours are made of.
func ordered(i int) int { return i&^3 | i&1<<1 | i>>1&1 }

// order makes a plane of bytes that are in their own order.
func (w *writer) order() {
	w.function("order", "dst, src *byte, n int", 24)
	w.op("MOVQ", "dst+0(FP), DI")
	w.op("MOVQ", "src+8(FP), SI")
	w.op("MOVQ", "n+16(FP), CX")
	var m [16]byte
	for i := range m {
		m[i] = byte(ordered(i))
	}
	w.load(1, w.shared("exchanged", m))
	w.label("pixels")
	w.load(0, "(SI)")
	w.do("PSHUFB", 0, 0, 1)
	w.store(0, "(DI)")
	w.op("ADDQ", "$%d, SI", w.size)
	w.op("ADDQ", "$%d, DI", w.size)
	w.op("SUBQ", "$%d, CX", w.size)
	w.op("JNZ", "pixels")
	w.end()
}

// split makes three planes of pixels of three bytes.
func (w *writer) split() {
	w.function("split", "first, second, third, src *byte, n int", 40)
	for i, r := range []string{"DI", "R8", "R9", "SI", "CX"} {
		w.op("MOVQ", "%s+%d(FP), %s", []string{"first", "second", "third", "src", "n"}[i], 8*i, r)
	}
	if w.wide() {
		w.splitIndices()
	}
	w.label("pixels")
	w.ahead("SI", 3*w.size, 2048)
	if w.wide() {
		w.splitWide()
	} else {
		w.splitLanes()
	}
	w.op("ADDQ", "$%d, SI", 3*w.size)
	for _, r := range []string{"DI", "R8", "R9"} {
		w.op("ADDQ", "$%d, %s", w.size, r)
	}
	w.op("SUBQ", "$%d, CX", w.size)
	w.op("JNZ", "pixels")
	w.end()
}

func (w *writer) splitLanes() {
	for i := range 3 {
		w.lanes(i, fmt.Sprintf("%d(SI)", 16*i), fmt.Sprintf("%d(SI)", 48+16*i))
	}
	for c, to := range []string{"(DI)", "(R8)", "(R9)"} {
		for v := range 3 {
			var m [16]byte
			for i := range m {
				if m[i] = 0x80; (3*ordered(i)+c)/16 == v {
					m[i] = byte((3*ordered(i) + c) % 16)
				}
			}
			w.do("PSHUFB", 3+v, v, w.shared(fmt.Sprintf("split%d%d", c, v), m))
		}
		w.do("POR", 3, 3, 4)
		w.do("POR", 3, 3, 5)
		w.store(3, to)
	}
}

// splitIndices are in 3 to 5, and in masks what comes of the second and the third of three vectors.
func (w *writer) splitIndices() {
	for c := range 3 {
		w.load(3+c, w.indices(fmt.Sprintf("split%d", c), 64, func(i int) byte { return byte(3*ordered(i)+c) % 64 }))
		var bits [3]uint64
		for i := range 64 {
			bits[(3*ordered(i)+c)/64] |= 1 << i
		}
		w.choose(1+2*c, bits[1:]...)
	}
}

func (w *writer) splitWide() {
	for c, to := range []string{"(DI)", "(R8)", "(R9)"} {
		w.op("VPERMB", "(SI), Z%d, Z%d", 3+c, c)
		w.op("VPERMB", "64(SI), Z%d, K%d, Z%d", 3+c, 1+2*c, c)
		w.op("VPERMB", "128(SI), Z%d, K%d, Z%d", 3+c, 2+2*c, c)
		w.store(c, to)
	}
}

// tile makes columns of rows, whose bytes are ordered: a lane holds pairs of pixels of 4 rows each.
func (w *writer) tile() {
	w.function("tile", "dst *int16, src *byte, pitch, n int", 32)
	w.op("MOVQ", "dst+0(FP), DI")
	w.op("MOVQ", "src+8(FP), R8")
	w.op("MOVQ", "pitch+16(FP), DX")
	w.op("MOVQ", "n+24(FP), CX")
	w.op("LEAQ", "(DX)(DX*2), R10")
	fours := []string{"R8", "R9", "R11", "R12"}[:w.rows()/4] // the first of four rows each
	for i := 1; i < len(fours); i++ {
		w.op("LEAQ", "(%s)(DX*4), %s", fours[i-1], fours[i])
	}
	w.load(10, w.shared("words", repeated(0xff, 0)))
	w.label("pixels")
	perVector := w.size / 16
	for half := 0; half < len(fours); half += perVector {
		w.tileOf(fours[half:half+perVector], 16*half)
	}
	for _, r := range fours {
		w.op("ADDQ", "$16, %s", r)
	}
	w.op("ADDQ", "$%d, DI", 8*4*w.rows())
	w.op("SUBQ", "$16, CX")
	w.op("JNZ", "pixels")
	w.end()
}

// tileOf makes the columns of four rows from each address on, and stores them from an offset on.
func (w *writer) tileOf(fours []string, offset int) {
	for i, row := range []string{"", "(DX*1)", "(DX*2)", "(R10*1)"} {
		var at []string
		for _, base := range fours {
			at = append(at, "("+base+")"+row)
		}
		w.lanes(i, at...)
	}
	w.do("PUNPCKLDQ", 4, 0, 1)
	w.do("PUNPCKHDQ", 0, 0, 1)
	w.do("PUNPCKLDQ", 5, 2, 3)
	w.do("PUNPCKHDQ", 2, 2, 3)
	w.do("PUNPCKLQDQ", 6, 4, 5)
	w.do("PUNPCKHQDQ", 4, 4, 5)
	w.do("PUNPCKLQDQ", 7, 0, 2)
	w.do("PUNPCKHQDQ", 0, 0, 2)
	for i, four := range []int{6, 4, 7, 0} {
		w.do("PAND", 8, four, 10)
		w.do("PSRLW", four, four, "$8")
		w.store(8, fmt.Sprintf("%d(DI)", 8*w.rows()*i+offset))
		w.store(four, fmt.Sprintf("%d(DI)", 8*w.rows()*i+4*w.rows()+offset))
	}
}

// across sums each colour of a strip's rows in a vector (of SSE4.1, two): 0 to 2, and 3 to 5.
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
	pair := 4 * w.rows()
	halves := pair / w.size
	w.label("cell")
	w.op("MOVLQSX", "(R9), AX")
	w.op("ADDQ", "$4, R9")
	w.op("SHLQ", "$%d, AX", bits.TrailingZeros(uint(pair)))
	w.op("ADDQ", "R8, AX")
	colours := w.planes("AX", "DX", "R12", "R13")
	w.op("MOVQ", "pairs+48(FP), BX")
	for i := range 3 * halves {
		w.move(i, 12)
	}
	w.label("pair")
	for i := range 2 {
		w.spread(6, fmt.Sprintf("%d(R10)", 4*i))
		for half := range halves {
			for c, tiles := range colours {
				w.dot(3*half+c, 6, fmt.Sprintf("%d%s", pair*i+w.size*half, tiles), 7+c)
			}
		}
	}
	w.op("ADDQ", "$8, R10")
	w.advance(2*pair, colours)
	w.op("SUBQ", "$2, BX")
	w.op("JNZ", "pair")
	if w.wide() {
		w.op("LEAQ", "(DI)(SI*4), AX")
	}
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
	to := []string{"(DI)", "(DI)(SI*1)", "(DI)(SI*2)", "(DI)(R11*1)", "(AX)", "(AX)(SI*1)", "(AX)(SI*2)", "(AX)(R11*1)"}
	if !w.avx() {
		w.op("MOVO", "X%d, X7", redGreen)
		w.op("SHUFPS", "$0x88, X%d, X7", blue)
		w.op("SHUFPS", "$0xdd, X%d, X%d", blue, redGreen)
		w.op("MOVOU", "X7, %s", to[2*half])
		w.op("MOVOU", "X%d, %s", redGreen, to[2*half+1])
		return
	}
	w.op("VSHUFPS", "$0x88, %s, %s, %s", w.reg(blue), w.reg(redGreen), w.reg(7))
	w.op("VSHUFPS", "$0xdd, %s, %s, %s", w.reg(blue), w.reg(redGreen), w.reg(8))
	w.op("VMOVDQU", "X7, %s", to[0])
	w.op("VMOVDQU", "X8, %s", to[1])
	extract := "VEXTRACTI128"
	if w.wide() {
		extract = "VEXTRACTI32X4"
	}
	for lane := 1; lane < w.size/16; lane++ {
		w.op(extract, "$%d, %s, %s", lane, w.reg(7), to[2*lane])
		w.op(extract, "$%d, %s, %s", lane, w.reg(8), to[2*lane+1])
	}
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
	w.spread(10, "AX")
	w.load(12, w.shared("half", repeated(0, 0, 0x80, 0x80))) // half of 1<<24, and what 1<<15 less in every sample takes away
	w.downOrder()
	w.label("cells")
	w.op("MOVQ", "R9, R10")
	w.op("MOVQ", "DX, BX")
	for i := range 4 {
		w.move(i, 12)
	}
	w.label("entry")
	w.op("MOVLQSX", "(R10), AX")
	w.op("ADDQ", "R8, AX")
	w.spread(4, "4(R10)")
	for i := range 4 {
		w.dot(i, 4, fmt.Sprintf("%d(AX)", i*w.size), 5+i)
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
	w.do("PXOR", 0, 0, 10)
	w.downStore()
	w.op("ADDQ", "$%d, DI", w.size/4*3)
	w.op("ADDQ", "$%d, R8", 4*w.size)
	w.op("SUBQ", "$%d, CX", w.size/4)
	w.op("JNZ", "cells")
	w.end()
}

// downOrder loads what downStore needs.
func (w *writer) downOrder() {
	if w.wide() {
		w.load(9, w.indices("cellOrder", 64, func(i int) byte {
			cell := i / 3 % 16 // of 16 cells, the first of four are in the first lane, and so on: cell k of 4 is in vector k/4
			return byte(cell%4*16 + cell/4*4 + i%3)
		}))
		w.choose(1, 1<<48-1)
		return
	}
	w.load(9, w.shared("three", [16]byte{0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 0x80, 0x80, 0x80, 0x80}))
	if w.avx() {
		w.load(11, w.indices("order", 32, func(i int) byte { return []byte{0, 4, 1, 5, 2, 6, 3, 7}[i/4] * (1 - min(byte(i%4), 1)) }))
	}
}

// downStore stores the colours of the cells in 0, without the fourth of each.
func (w *writer) downStore() {
	switch {
	case w.wide():
		w.op("VPERMB", "Z0, Z9, Z0")
		w.op("VMOVDQU8", "Z0, K1, (DI)")
	case w.avx():
		w.op("VPERMD", "Y0, Y11, Y0")
		w.do("PSHUFB", 0, 0, 9)
		w.op("VMOVDQU", "X0, (DI)")
		w.op("VEXTRACTI128", "$1, Y0, 12(DI)")
	default:
		w.do("PSHUFB", 0, 0, 9)
		w.store(0, "(DI)")
	}
}

// rows is how many rows a strip has.
func (w *writer) rows() int { return max(w.size/4, 8) }
