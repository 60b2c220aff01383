package main

import (
	"fmt"
	"slices"
	"strings"
)

// kind is a set of instructions, and the bytes of its vectors.
type kind struct {
	name string
	size int
}

var (
	sse41  = kind{"SSE41", 16}
	avx2   = kind{"AVX2", 32}
	avx512 = kind{"AVX512", 64} // with VBMI and VNNI: Ice Lake and Zen 4 have them
)

// writer collects lines of assembly. Vectors are numbered 0 to 15, of AVX-512 to 31. Of those of SSE4.1, whose instructions want
// memory to be aligned, 15 is for what comes from there.
type writer struct {
	kind
	b     strings.Builder
	masks []mask
}

// avx and wide tell whether the kind has vectors beyond SSE4.1's, and beyond AVX2's.
func (k kind) avx() bool  { return k.size > 16 }
func (k kind) wide() bool { return k.size > 32 }

// mask is bytes in memory, as often as they go into a vector.
type mask struct {
	name  string
	bytes []byte
}

const scratch = 15

// reg is the name of a vector.
func (w *writer) reg(n int) string {
	return fmt.Sprintf("%c%d", map[int]byte{16: 'X', 32: 'Y', 64: 'Z'}[w.size], n)
}

// op writes an instruction as it stands.
func (w *writer) op(name, format string, args ...any) {
	line := fmt.Sprintf("\t%-11s %s", name, fmt.Sprintf(format, args...))
	w.b.WriteString(strings.TrimRight(line, " ") + "\n")
}

func (w *writer) label(format string, args ...any) { fmt.Fprintf(&w.b, "\n"+format+":\n", args...) }

// function begins one, whose name gets the kind of vectors.
func (w *writer) function(name, args string, size int) {
	fmt.Fprintf(&w.b, "\n// func %s%s(%s)\nTEXT ·%s%s(SB), NOSPLIT, $0-%d\n", name, w.name, args, name, w.name, size)
}

func (w *writer) end() {
	if w.avx() {
		w.op("VZEROUPPER", "")
	}
	w.op("RET", "")
}

// renamed are instructions that Go calls otherwise with two operands than with three.
var renamed = map[string]string{
	"PADDD": "PADDL", "PMADDWD": "PMADDWL", "PACKSSDW": "PACKSSLW", "PUNPCKLWD": "PUNPCKLWL", "PUNPCKHWD": "PUNPCKHWL",
	"PUNPCKLDQ": "PUNPCKLLQ", "PUNPCKHDQ": "PUNPCKHLQ", "PSRAD": "PSRAL", "PSRLD": "PSRLL",
}

// wider are instructions that AVX-512 calls otherwise than AVX2.
var wider = map[string]string{"PAND": "PANDQ", "POR": "PORQ", "PXOR": "PXORQ"}

// commutes tells whether a op b is b op a.
func commutes(name string) bool {
	switch name {
	case "PADDW", "PADDD", "PADDSW", "PMULLW", "PMULHW", "PMULHUW", "PMULHRSW", "PMADDWD", "PAND", "POR", "PXOR", "PMINSW", "PMAXSW":
		return true
	}
	return false
}

// do writes dst = a op b. b is a vector (int), or memory or a count (string).
func (w *writer) do(name string, dst, a int, b any) {
	n, isReg := b.(int)
	if w.avx() {
		if other, ok := wider[name]; ok && w.wide() {
			name = other
		}
		second := fmt.Sprint(b)
		if isReg {
			second = w.reg(n)
		}
		w.op("V"+name, "%s, %s, %s", second, w.reg(a), w.reg(dst))
		return
	}
	if isReg && n == dst && a != dst {
		if !commutes(name) {
			panic(name + ": the second operand would be lost")
		}
		a, n, b = dst, a, a
	}
	if a != dst {
		w.op("MOVO", "X%d, X%d", a, dst)
	}
	second := fmt.Sprint(b)
	switch {
	case isReg:
		second = w.reg(n)
	case strings.HasSuffix(second, ")"):
		w.op("MOVOU", "%s, X%d", second, scratch)
		second = w.reg(scratch)
	}
	if other, ok := renamed[name]; ok {
		name = other
	}
	w.op(name, "%s, X%d", second, dst)
}

// load, store and move move a vector; addresses need not be aligned.
func (w *writer) load(dst int, at string) { w.op(w.moves(), "%s, %s", at, w.reg(dst)) }

func (w *writer) store(src int, at string) { w.op(w.moves(), "%s, %s", w.reg(src), at) }

func (w *writer) move(dst, src int) {
	switch {
	case w.wide():
		w.op("VMOVDQA64", "%s, %s", w.reg(src), w.reg(dst))
	case w.avx():
		w.op("VMOVDQA", "%s, %s", w.reg(src), w.reg(dst))
	default:
		w.op("MOVO", "%s, %s", w.reg(src), w.reg(dst))
	}
}

func (w *writer) moves() string {
	switch {
	case w.wide():
		return "VMOVDQU64"
	case w.avx():
		return "VMOVDQU"
	}
	return "MOVOU"
}

// lanes makes a vector of 16 bytes at each of as many addresses as it has lanes.
func (w *writer) lanes(dst int, at ...string) {
	if !w.avx() {
		w.load(dst, at[0])
		return
	}
	w.op("VMOVDQU", "%s, X%d", at[0], dst)
	insert := "VINSERTI128"
	if w.wide() {
		insert = "VINSERTI32X4"
	}
	for i := 1; i < w.size/16; i++ {
		w.op(insert, "$%d, %s, %s, %s", i, at[i], w.reg(dst), w.reg(dst))
	}
}

// spread fills a vector with 32 bits at an address, or in a general register.
func (w *writer) spread(dst int, from string) {
	register := !strings.HasSuffix(from, ")")
	switch {
	case w.wide() || w.avx() && !register:
		w.op("VPBROADCASTD", "%s, %s", from, w.reg(dst))
	case w.avx():
		w.op("VMOVD", "%s, X%d", from, dst)
		w.op("VPBROADCASTD", "X%d, Y%d", dst, dst)
	default:
		move := "MOVL"
		if register {
			move = "MOVQ"
		}
		w.op(move, "%s, X%d", from, dst)
		w.op("PSHUFL", "$0, X%d, X%d", dst, dst)
	}
}

// dot adds to each 32 bits of dst the products of two words of a and b, which is a vector (int) or memory (string). Without an
// instruction for that, tmp is overwritten.
func (w *writer) dot(dst, a int, b any, tmp int) {
	if w.wide() {
		w.do("PDPWSSD", dst, a, b)
		return
	}
	w.do("PMADDWD", tmp, a, b)
	w.do("PADDD", dst, dst, tmp)
}

// shared is memory with these bytes in every lane.
func (w *writer) shared(name string, bytes [16]byte) string { return w.keep(mask{name, bytes[:]}) }

// indices is memory with a function of each of the first n bytes.
func (w *writer) indices(name string, n int, of func(i int) byte) string {
	m := mask{name, make([]byte, n)}
	for i := range m.bytes {
		m.bytes[i] = of(i)
	}
	return w.keep(m)
}

func (w *writer) keep(m mask) string {
	if !slices.ContainsFunc(w.masks, func(o mask) bool { return o.name == m.name }) {
		w.masks = append(w.masks, m)
	}
	return m.name + "<>(SB)"
}

// choose sets mask registers, from one on.
func (w *writer) choose(first int, bits ...uint64) {
	for i, v := range bits {
		w.op("MOVQ", "$%#x, AX", v)
		w.op("KMOVQ", "AX, K%d", first+i)
	}
}

// data writes what shared has promised.
func (w *writer) data() {
	for _, m := range w.masks {
		w.b.WriteString("\n")
		for at := 0; at < w.size; at += 8 {
			v := uint64(0)
			for i := range 8 {
				v |= uint64(m.bytes[(at+i)%len(m.bytes)]) << (8 * i)
			}
			fmt.Fprintf(&w.b, "DATA %s<>+%d(SB)/8, $%#016x\n", m.name, at, v)
		}
		fmt.Fprintf(&w.b, "GLOBL %s<>(SB), RODATA|NOPTR, $%d\n", m.name, w.size)
	}
}

// repeated is 16 bytes of a pattern.
func repeated(pattern ...byte) (b [16]byte) {
	for i := range b {
		b[i] = pattern[i%len(pattern)]
	}
	return b
}
