package main

import "fmt"

// plane is the address of plane i of four, for which SI is the distance from one to the next, and R11 three times it.
func plane(base string, i, offset int) string {
	index := [...]string{"", "(SI*1)", "(SI*2)", "(R11*1)"}[i]
	return fmt.Sprintf("%d(%s)%s", offset, base, index)
}

// planes sets what plane wants, for a distance that is an argument.
func (w *writer) planes(pitch string) {
	w.op("MOVQ", "%s, SI", pitch)
	w.op("LEAQ", "(SI)(SI*2), R11")
}

// chroma converts Cb and Cr: 0 and 1 are those of as many samples as a vector has words, less 128, 2, 3 and 4 the colours. 13
// and 14 are the least and the greatest Cb so far.
func (w *writer) chroma() {
	w.function("chroma", "dst *int16, pitch int, cb, cr *byte, step, n int, t *chromaTable) (low, high int", 72)
	w.op("MOVQ", "dst+0(FP), DI")
	w.planes("pitch+8(FP)")
	w.op("MOVQ", "cb+16(FP), R8")
	w.op("MOVQ", "cr+24(FP), R9")
	w.op("MOVQ", "step+32(FP), DX")
	w.op("MOVQ", "n+40(FP), CX")
	w.op("MOVQ", "t+48(FP), R10")
	w.load(11, "0(R10)")
	w.load(13, w.shared("greatest", repeated(127, 0)))
	w.load(14, w.shared("least", repeated(0x80, 0xff)))
	w.op("CMPQ", "DX, $2")
	w.op("JEQ", "two")
	w.op("JGT", "four")
	for i, name := range []string{"one", "two", "four"} {
		w.label("%s", name)
		w.samples(0, "R8", 1<<i)
		w.samples(1, "R9", 1<<i)
		w.converted()
		w.op("ADDQ", "$%d, R8", w.bytes()/2<<i)
		w.op("ADDQ", "$%d, R9", w.bytes()/2<<i)
		w.op("ADDQ", "$%d, DI", w.bytes())
		w.op("SUBQ", "$%d, CX", w.bytes()/2)
		w.op("JNZ", "%s", name)
		if i < 2 {
			w.op("JMP", "range")
		}
	}
	w.label("range")
	w.do("PSUBW", 13, 13, w.shared("least", repeated(0x80, 0xff)))
	w.load(0, w.shared("greatest", repeated(127, 0)))
	w.do("PSUBW", 0, 0, 14)
	w.smallest(13, "AX")
	w.smallest(0, "BX")
	w.op("SUBQ", "$128, AX")
	w.op("NEGQ", "BX")
	w.op("ADDQ", "$127, BX")
	w.op("MOVQ", "AX, low+56(FP)")
	w.op("MOVQ", "BX, high+64(FP)")
	w.end()
}

// smallest is the smallest of the words of a vector, which are not negative.
func (w *writer) smallest(n int, to string) {
	if w.avx {
		w.op("VEXTRACTI128", "$1, Y%d, X5", n)
		w.op("VPMINUW", "X5, X%d, X%d", n, n)
		w.op("VPHMINPOSUW", "X%d, X%d", n, n)
		w.op("VMOVD", "X%d, %s", n, to)
	} else {
		w.op("PHMINPOSUW", "X%d, X%d", n, n)
		w.op("MOVL", "X%d, %s", n, to)
	}
	w.op("MOVWLZX", "%s, %s", to, to)
}

// samples reads bytes that lie step apart as words, less 128.
func (w *writer) samples(dst int, at string, step int) {
	switch step {
	case 1:
		name := "PMOVZXBW"
		if w.avx {
			name = "VPMOVZXBW"
		}
		w.op(name, "(%s), %s", at, w.reg(dst))
	case 2:
		w.load(dst, "("+at+")")
		w.do("PAND", dst, dst, w.shared("words", repeated(0xff, 0)))
	case 4:
		w.load(dst, "("+at+")")
		w.load(5, fmt.Sprintf("%d(%s)", w.bytes(), at))
		w.do("PAND", dst, dst, w.shared("longs", repeated(0xff, 0, 0, 0)))
		w.do("PAND", 5, 5, w.shared("longs", repeated(0xff, 0, 0, 0)))
		w.do("PACKUSDW", dst, dst, 5)
		if w.avx {
			w.op("VPERMQ", "$0xd8, Y%d, Y%d", dst, dst) // packing is by lanes
		}
	}
	w.do("PSUBW", dst, dst, 11)
}

// converted makes colours of Cb and Cr.
func (w *writer) converted() {
	term := func(dst, sample, at int) {
		w.do("PMULLW", dst, sample, fmt.Sprintf("%d(R10)", at))
		w.do("PMULHRSW", 6, sample, fmt.Sprintf("%d(R10)", at+32))
		w.do("PADDW", dst, dst, 6)
	}
	w.do("PMINSW", 13, 13, 0)
	w.do("PMAXSW", 14, 14, 0)
	term(2, 1, 32)
	term(3, 0, 96)
	term(5, 1, 160)
	w.do("PADDW", 3, 3, 5)
	term(4, 0, 224)
	for i, colour := range []int{2, 3, 4} {
		w.store(colour, plane("DI", i, 0))
	}
}

// blend mixes two rows, three parts to one: what is above 2 bits of a colour is in 0, what is below of all is in 3.
func (w *writer) blend() {
	w.function("blend", "dst, near, far *int16, pitch, n int", 40)
	w.op("MOVQ", "dst+0(FP), DI")
	w.op("MOVQ", "near+8(FP), R8")
	w.op("MOVQ", "far+16(FP), R9")
	w.planes("pitch+24(FP)")
	w.op("MOVQ", "n+32(FP), CX")
	w.load(11, w.shared("two", repeated(3, 0)))
	w.label("samples")
	for i := range 3 {
		w.load(0, plane("R8", i, 0))
		w.load(1, plane("R9", i, 0))
		w.do("PSUBW", 1, 1, 0)
		if i == 0 {
			w.do("PAND", 3, 1, 11)
		} else {
			w.do("PAND", 2, 1, 11)
			w.do("PSLLW", 2, 2, fmt.Sprintf("$%d", 5*i))
			w.do("POR", 3, 3, 2)
		}
		w.do("PSRAW", 1, 1, "$2")
		w.do("PADDW", 0, 0, 1)
		w.store(0, plane("DI", i, 0))
	}
	w.store(3, plane("DI", 3, 0))
	for _, r := range []string{"DI", "R8", "R9"} {
		w.op("ADDQ", "$%d, %s", w.bytes(), r)
	}
	w.op("SUBQ", "$%d, CX", w.bytes()/2)
	w.op("JNZ", "samples")
	w.end()
}

// colours adds luma and chroma, which may be blended. In words of even and of odd pixels, 0 and 1 are luma as far as it is above
// the bits that 2 and 3 have.
func (w *writer) colours(name string, blended bool) {
	w.function(name, "dst *byte, pitch int, luma *byte, step int, chroma *int16, chromaPitch, n int, t *lumaTable", 64)
	w.op("MOVQ", "dst+0(FP), DI")
	w.op("MOVQ", "pitch+8(FP), BX")
	w.op("MOVQ", "luma+16(FP), R8")
	w.op("MOVQ", "step+24(FP), DX")
	w.op("MOVQ", "chroma+32(FP), R9")
	w.planes("chromaPitch+40(FP)")
	w.op("MOVQ", "n+48(FP), CX")
	w.op("MOVQ", "t+56(FP), R10")
	w.load(13, "0(R10)")
	w.load(12, "32(R10)")
	w.load(11, w.shared("words", repeated(0xff, 0)))
	w.load(10, w.shared("zip", [16]byte{0, 8, 1, 9, 2, 10, 3, 11, 4, 12, 5, 13, 6, 14, 7, 15}))
	if blended {
		w.load(9, w.shared("seven", repeated(7, 0)))
	}
	w.label("pixels")
	w.op("CMPQ", "DX, $1")
	w.op("JNE", "double")
	w.load(0, "(R8)")
	w.op("ADDQ", "$%d, R8", w.bytes())
	w.op("JMP", "luma")
	w.label("double")
	w.lanes(0, "(R8)", "32(R8)")
	w.lanes(1, "16(R8)", "48(R8)")
	w.do("PAND", 0, 0, 11)
	w.do("PAND", 1, 1, 11)
	w.do("PACKUSWB", 0, 0, 1)
	w.op("ADDQ", "$%d, R8", 2*w.bytes())
	w.label("luma")
	w.do("PSRLW", 1, 0, "$8")
	w.do("PAND", 0, 0, 11)
	for i := range 2 {
		w.do("PADDW", i, i, 13)
		w.do("PMULHUW", 4, i, 12)
		w.do("PMULLW", 2+i, i, 12)
		w.do("PMULLW", i, i, "64(R10)")
		w.do("PSRLW", 2+i, 2+i, fmt.Sprintf("$%d", map[bool]int{false: 14, true: 12}[blended]))
		w.do("PADDW", i, i, 4)
		w.do("PADDW", i, i, "96(R10)")
	}
	if blended {
		w.below()
	}
	for i, to := range []string{"(DI)", "(DI)(BX*1)", "(DI)(BX*2)"} {
		w.mixed(i, blended)
		w.store(6, to)
	}
	w.op("ADDQ", "$%d, DI", w.bytes())
	w.op("ADDQ", "$%d, R9", w.bytes())
	w.op("SUBQ", "$%d, CX", w.bytes())
	w.op("JNZ", "pixels")
	w.end()
}

// below adds what lies below the chroma of three colours, in fields of 5 bits, to that of luma, which is given to all three.
func (w *writer) below() {
	w.load(4, plane("R9", 3, 2))
	w.do("PADDW", 5, 4, 4)
	w.do("PADDW", 4, 4, 5)
	for i := range 2 {
		w.do("PMULLW", 2+i, 2+i, w.shared("fields", repeated(0x21, 0x04)))
		w.do("PADDW", 2+i, 2+i, 4)
		w.do("PADDW", 2+i, 2+i, plane("R9", 3, 4*i))
	}
}

// mixed makes a colour of the pixels in 6: three parts of their own sample, in 4, and one of the one before or after.
func (w *writer) mixed(colour int, blended bool) {
	w.load(4, plane("R9", colour, 2))
	for i, level := range []int{6, 7} {
		w.load(level, plane("R9", colour, 4*i))
		w.do("PSUBW", level, level, 4)
		carry := 2 + i
		if blended {
			carry = 8
			w.do("PSRLW", 8, 2+i, fmt.Sprintf("$%d", 2+5*colour))
			if colour < 2 {
				w.do("PAND", 8, 8, 9)
			}
		}
		w.do("PADDW", level, level, carry)
		w.do("PSRAW", level, level, "$2")
		w.do("PADDW", level, level, 4)
		w.do("PADDSW", level, level, i)
		w.do("PSRAW", level, level, "$6")
	}
	w.do("PACKUSWB", 6, 6, 7)
	w.do("PSHUFB", 6, 6, 10)
}

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
