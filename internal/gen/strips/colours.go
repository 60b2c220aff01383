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
