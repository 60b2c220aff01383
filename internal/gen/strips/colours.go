package main

import (
	"fmt"
	"strings"
)

// planes is the addresses of three planes, of which the first is at a register, as far apart as another says. With AVX the others
// have registers of their own, as arithmetic on memory that has an index takes two steps.
func (w *writer) planes(at, apart, second, third string) []string {
	if !w.avx() {
		return []string{"(" + at + ")", "(" + at + ")(" + apart + "*1)", "(" + at + ")(" + apart + "*2)"}
	}
	w.op("LEAQ", "(%s)(%s*1), %s", at, apart, second)
	w.op("LEAQ", "(%s)(%s*2), %s", at, apart, third)
	return []string{"(" + at + ")", "(" + second + ")", "(" + third + ")"}
}

// advance moves the addresses of planes.
func (w *writer) advance(bytes int, planes []string) {
	for _, p := range planes {
		if !strings.Contains(p, "*") {
			w.op("ADDQ", "$%d, %s", bytes, strings.Trim(p, "()"))
		}
	}
}

// chroma converts Cb and Cr: 0 and 1 are those of as many samples as a vector has words, less 128, 2, 3 and 4 the colours.
func (w *writer) chroma() {
	w.function("chroma", "dst *int16, pitch int, cb, cr *byte, step, n int, t *chromaTable", 56)
	w.op("MOVQ", "dst+0(FP), DI")
	w.op("MOVQ", "pitch+8(FP), SI")
	w.op("MOVQ", "cb+16(FP), R8")
	w.op("MOVQ", "cr+24(FP), R9")
	w.op("MOVQ", "step+32(FP), DX")
	w.op("MOVQ", "n+40(FP), CX")
	w.op("MOVQ", "t+48(FP), R10")
	if w.wide() {
		for i := range 9 {
			w.op("VBROADCASTI64X4", "%d(R10), Z%d", 32*i, 16+i)
		}
		w.load(12, w.indices("fourths", 64, func(i int) byte { return byte(i/2*4) % 64 }))
		w.choose(1, 0x0000000055555555, 0x5555555500000000)
	} else {
		w.load(11, "0(R10)")
	}
	w.op("CMPQ", "DX, $2")
	w.op("JEQ", "two")
	w.op("JGT", "four")
	for i, name := range []string{"one", "two", "four"} {
		w.label("%s", name)
		w.samples(0, "R8", 1<<i)
		w.samples(1, "R9", 1<<i)
		w.converted()
		w.op("ADDQ", "$%d, R8", w.size/2<<i)
		w.op("ADDQ", "$%d, R9", w.size/2<<i)
		w.op("ADDQ", "$%d, DI", w.size)
		w.op("SUBQ", "$%d, CX", w.size/2)
		w.op("JNZ", "%s", name)
		if i < 2 {
			w.op("JMP", "end")
		}
	}
	w.label("end")
	w.end()
}

// samples reads bytes that lie step apart as words, less 128.
func (w *writer) samples(dst int, at string, step int) {
	second := fmt.Sprintf("%d(%s)", w.size, at)
	switch {
	case step == 1 && w.avx():
		w.op("VPMOVZXBW", "(%s), %s", at, w.reg(dst))
	case step == 1:
		w.op("PMOVZXBW", "(%s), %s", at, w.reg(dst))
	case step == 2:
		w.load(dst, "("+at+")")
		w.do("PAND", dst, dst, w.shared("words", repeated(0xff, 0)))
	case w.wide():
		w.op("VPERMB.Z", "(%s), Z12, K1, Z%d", at, dst)
		w.op("VPERMB", "%s, Z12, K2, Z%d", second, dst)
	default:
		w.load(dst, "("+at+")")
		w.load(5, second)
		w.do("PAND", dst, dst, w.shared("longs", repeated(0xff, 0, 0, 0)))
		w.do("PAND", 5, 5, w.shared("longs", repeated(0xff, 0, 0, 0)))
		w.do("PACKUSDW", dst, dst, 5)
		if w.avx() {
			w.op("VPERMQ", "$0xd8, Y%d, Y%d", dst, dst) // packing is by lanes
		}
	}
	w.do("PSUBW", dst, dst, w.tabled(0))
}

// tabled is vector i of the table of chroma.
func (w *writer) tabled(i int) any {
	switch {
	case w.wide():
		return 16 + i
	case i == 0:
		return 11
	}
	return fmt.Sprintf("%d(R10)", 32*i)
}

// converted makes colours of Cb and Cr.
func (w *writer) converted() {
	term := func(dst, sample, at int) {
		w.do("PMULLW", dst, sample, w.tabled(at))
		w.do("PMULHRSW", 6, sample, w.tabled(at+1))
		w.do("PADDW", dst, dst, 6)
	}
	term(2, 1, 1)
	term(3, 0, 3)
	term(5, 1, 5)
	w.do("PADDW", 3, 3, 5)
	term(4, 0, 7)
	for i, colour := range []int{2, 3, 4} {
		w.store(colour, []string{"(DI)", "(DI)(SI*1)", "(DI)(SI*2)"}[i])
	}
}

// The vectors of colours: 0 to 3 are luma and 4 to 7 what is made of them for a colour, each of every fourth pixel, in 32 bits.
const (
	sums    = 4
	spare   = 12 // what dot overwrites
	outside = 8  // weights of the words before and after a pixel's sample: of pixels with even and, one further, with odd numbers
	inside  = 10 // the same for the row that is nearer, of two
)

// colours adds luma and chroma of one row, or of a row that is nearer and one that is farther.
func (w *writer) colours(name string, mixed bool) {
	rows, table, args := "chroma *int16", "lumaTable", 64
	if mixed {
		rows, table, args = "near, far *int16", "mixedTable", 72
	}
	w.function(name, "dst *byte, pitch int, luma *byte, step int, "+rows+", chromaPitch, n int, t *"+table, args)
	w.op("MOVQ", "dst+0(FP), DI")
	w.op("MOVQ", "pitch+8(FP), BX")
	w.op("MOVQ", "luma+16(FP), R8")
	w.op("MOVQ", "step+24(FP), DX")
	if mixed {
		w.op("MOVQ", "near+32(FP), R9")
		w.op("MOVQ", "far+40(FP), R11")
	} else {
		w.op("MOVQ", "chroma+32(FP), R9")
	}
	w.op("MOVQ", "chromaPitch+%d(FP), SI", args-24)
	near, far := w.planes("R9", "SI", "R12", "R13"), []string(nil)
	if mixed {
		far = w.planes("R11", "SI", "R14", "R15")
	}
	w.op("MOVQ", "n+%d(FP), CX", args-16)
	w.op("MOVQ", "t+%d(FP), R10", args-8)
	w.load(outside, w.shared("evenOutside", repeated(1, 0, 3, 0)))
	w.load(outside+1, w.shared("oddOutside", repeated(3, 0, 1, 0)))
	if mixed {
		w.load(inside, w.shared("evenInside", repeated(3, 0, 9, 0)))
		w.load(inside+1, w.shared("oddInside", repeated(9, 0, 3, 0)))
	}
	w.lumaConstants(mixed)
	w.label("pixels")
	w.lumaBytes()
	if mixed {
		w.exactLuma()
	} else {
		w.luma()
	}
	for i, to := range []string{"(DI)", "(DI)(BX*1)", "(DI)(BX*2)"} {
		if mixed {
			w.mix(near[i], far[i])
		} else {
			w.mix(near[i], "")
		}
		w.store(sums, to)
	}
	w.op("ADDQ", "$%d, DI", w.size)
	w.advance(w.size, near)
	w.advance(w.size, far)
	w.op("SUBQ", "$%d, CX", w.size)
	w.op("JNZ", "pixels")
	w.end()
}

// lumaConstants are in 13 to 16 and 20 to 27, but for those for which there are no registers.
func (w *writer) lumaConstants(mixed bool) {
	if !w.wide() {
		w.load(13, "0(R10)")
		w.load(14, "32(R10)")
		if mixed {
			w.load(13, "32(R10)")
			w.load(14, "64(R10)")
		}
		return
	}
	registers := []int{13, 14}
	if mixed {
		registers = []int{16, 13, 14, 15}
	}
	for i, reg := range registers {
		w.op("VBROADCASTI64X4", "%d(R10), Z%d", 32*i, reg)
	}
	for class := range 4 {
		of := w.lumaWeights
		if mixed {
			of = w.lumaOf
		}
		w.load(20+class, of(class))
	}
	w.load(24, w.shared("first", gathered(0)))
	w.load(25, w.shared("last", gathered(2)))
	w.load(26, w.indices("halves", 64, func(i int) byte { return byte(2*i) % 64 }))
	w.choose(1, 0xffffffff00000000, 0xaaaaaaaaaaaaaaaa)
}

// lumaBytes reads as many pixels as a vector has bytes.
func (w *writer) lumaBytes() {
	w.op("CMPQ", "DX, $1")
	w.op("JNE", "double")
	w.ahead("R8", w.size, 2048)
	w.load(sums, "(R8)")
	w.op("ADDQ", "$%d, R8", w.size)
	w.op("JMP", "luma")
	w.label("double")
	w.ahead("R8", 2*w.size, 6144) // a later row, of which chroma is read first, faster than memory is
	if w.wide() {
		w.op("VPERMB", "(R8), Z26, Z%d", sums)
		w.op("VPERMB", "64(R8), Z26, K1, Z%d", sums)
	} else {
		w.lanes(sums, "(R8)", "32(R8)")
		w.lanes(sums+1, "16(R8)", "48(R8)")
		w.do("PAND", sums, sums, w.shared("words", repeated(0xff, 0)))
		w.do("PAND", sums+1, sums+1, w.shared("words", repeated(0xff, 0)))
		w.do("PACKUSWB", sums, sums, sums+1)
	}
	w.op("ADDQ", "$%d, R8", 2*w.size)
	w.label("luma")
}

// ahead fetches what lies so far after a number of bytes at an address.
func (w *writer) ahead(at string, bytes, distance int) {
	for line := 0; line < bytes; line += 64 {
		w.op("PREFETCHT0", "%d(%s)", distance+line, at)
	}
}

// luma is (base + factor*111*Y) >> 13 of each class.
func (w *writer) luma() {
	for class := range 4 {
		if w.wide() {
			w.do("PMADDUBSW", spare, sums, 20+class)
			w.move(class, 14)
			w.dot(class, spare, 13, 0)
		} else {
			w.do("PMADDUBSW", class, sums, w.lumaWeights(class))
			w.do("PMADDWD", class, class, 13)
			w.do("PADDD", class, class, 14)
		}
		w.do("PSRAD", class, class, "$13")
	}
}

// lumaWeights multiply one of four pixels.
func (w *writer) lumaWeights(class int) string {
	var m [16]byte
	for i := range m {
		if i%4 == class {
			m[i] = 111
		}
	}
	return w.shared(fmt.Sprintf("weights%d", class), m)
}

// exactLuma is base + whole*Y + (Y+offset)*part>>16 of each class.
func (w *writer) exactLuma() {
	for class := range 4 {
		if w.wide() {
			w.do("PSHUFB", class, sums, 20+class)
			w.do("PADDW", class, class, 16)
			w.do("PMULHUW", spare, class, 13)
			w.move(class, 15)
			w.dot(class, spare, 14, 0)
			continue
		}
		w.do("PSHUFB", class, sums, w.lumaOf(class))
		w.do("PADDW", class, class, "0(R10)")
		w.do("PMULHUW", class, class, 13)
		w.do("PMADDWD", class, class, 14)
		w.do("PADDD", class, class, "96(R10)")
	}
}

// lumaOf makes of 16 pixels the words Y and Y<<8 of four.
func (w *writer) lumaOf(class int) string {
	var m [16]byte
	for i := range m {
		if m[i] = 0x80; i%4 == 0 || i%4 == 3 {
			m[i] = byte(i/4*4 + class)
		}
	}
	return w.shared(fmt.Sprintf("luma%d", class), m)
}

// gathered takes the upper bytes of the words of two classes, a class in each half of a lane, to where these pixels are.
func gathered(class int) (m [16]byte) {
	for i := range m {
		if c := ordered(i) % 4; c/2 == class/2 {
			m[i] = byte(8*(c%2) + i/4*2 + 1)
		} else {
			m[i] = 0x80
		}
	}
	return m
}

// mix makes a colour of the pixels in sums: three parts of their own sample and one of that before or after; where there are two
// rows, three parts of that of the nearer one. far is "" where there is one.
func (w *writer) mix(near, far string) {
	for class := range 4 {
		v, offset, weights := sums+class, (class+1)/2*2, outside+class%2
		if far != "" {
			weights = inside + class%2
		}
		if w.wide() {
			w.move(v, class)
			w.dot(v, weights, fmt.Sprintf("%d%s", offset, near), 0)
		} else {
			w.do("PMADDWD", v, weights, fmt.Sprintf("%d%s", offset, near))
			w.do("PADDD", v, v, class)
		}
		if far != "" {
			w.dot(v, outside+class%2, fmt.Sprintf("%d%s", offset, far), spare)
			w.do("PSRAD", v, v, "$2")
		}
	}
	w.do("PACKUSDW", sums, sums, sums+1)
	w.do("PACKUSDW", sums+2, sums+2, sums+3)
	if w.wide() {
		w.do("PSHUFB", sums, sums, 24)
		w.op("VPSHUFB", "Z25, Z%d, K2, Z%d", sums+2, sums)
		return
	}
	w.do("PSHUFB", sums, sums, w.shared("first", gathered(0)))
	w.do("PSHUFB", sums+2, sums+2, w.shared("last", gathered(2)))
	w.do("POR", sums, sums, sums+2)
}
