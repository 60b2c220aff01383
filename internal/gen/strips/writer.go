package main

import (
	"fmt"
	"slices"
	"strings"
)

// writer collects lines of assembly. Vectors are numbered 0 to 15. Of those of SSE4.1, whose instructions want memory to be
// aligned, 15 is for what comes from there.
type writer struct {
	b     strings.Builder
	avx   bool
	masks []mask
}

// mask is bytes in memory, once for SSE4.1 and twice for AVX2.
type mask struct {
	name  string
	bytes [16]byte
}

const scratch = 15

// bytes is the size of a vector.
func (w *writer) bytes() int {
	if w.avx {
		return 32
	}
	return 16
}

// reg is the name of a vector.
func (w *writer) reg(n int) string {
	if w.avx {
		return fmt.Sprintf("Y%d", n)
	}
	return fmt.Sprintf("X%d", n)
}

// op writes an instruction as it stands.
func (w *writer) op(name, format string, args ...any) {
	line := fmt.Sprintf("\t%-11s %s", name, fmt.Sprintf(format, args...))
	w.b.WriteString(strings.TrimRight(line, " ") + "\n")
}

func (w *writer) label(format string, args ...any) { fmt.Fprintf(&w.b, "\n"+format+":\n", args...) }

// function begins one, whose name gets the kind of vectors.
func (w *writer) function(name, args string, size int) {
	kind := "SSE41"
	if w.avx {
		kind = "AVX2"
	}
	fmt.Fprintf(&w.b, "\n// func %s%s(%s)\nTEXT ·%s%s(SB), NOSPLIT, $0-%d\n", name, kind, args, name, kind, size)
}

func (w *writer) end() {
	if w.avx {
		w.op("VZEROUPPER", "")
	}
	w.op("RET", "")
}

// renamed are instructions that Go calls otherwise with two operands than with three.
var renamed = map[string]string{
	"PADDD": "PADDL", "PMADDWD": "PMADDWL", "PACKSSDW": "PACKSSLW", "PUNPCKLWD": "PUNPCKLWL", "PUNPCKHWD": "PUNPCKHWL",
	"PUNPCKLDQ": "PUNPCKLLQ", "PUNPCKHDQ": "PUNPCKHLQ", "PSRAD": "PSRAL", "PSRLD": "PSRLL",
}

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
	if w.avx {
		if isReg {
			w.op("V"+name, "%s, Y%d, Y%d", w.reg(n), a, dst)
		} else {
			w.op("V"+name, "%s, Y%d, Y%d", b, a, dst)
		}
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

// load and store move a vector; addresses need not be aligned.
func (w *writer) load(dst int, at string) {
	if w.avx {
		w.op("VMOVDQU", "%s, Y%d", at, dst)
	} else {
		w.op("MOVOU", "%s, X%d", at, dst)
	}
}

func (w *writer) store(src int, at string) {
	if w.avx {
		w.op("VMOVDQU", "Y%d, %s", src, at)
	} else {
		w.op("MOVOU", "X%d, %s", src, at)
	}
}

// lanes makes a vector for AVX2 of 16 bytes here and 16 there; for SSE4.1 it is those here.
func (w *writer) lanes(dst int, here, there string) {
	if !w.avx {
		w.op("MOVOU", "%s, X%d", here, dst)
		return
	}
	w.op("VMOVDQU", "%s, X%d", here, dst)
	w.op("VINSERTI128", "$1, %s, Y%d, Y%d", there, dst, dst)
}

// shared is memory with these bytes in every lane.
func (w *writer) shared(name string, bytes [16]byte) string {
	m := mask{name, bytes}
	if !slices.Contains(w.masks, m) {
		w.masks = append(w.masks, m)
	}
	return name + "<>(SB)"
}

// data writes what shared has promised.
func (w *writer) data() {
	for _, m := range w.masks {
		w.b.WriteString("\n")
		for at := 0; at < w.bytes(); at += 8 {
			v := uint64(0)
			for i := range 8 {
				v |= uint64(m.bytes[(at+i)%16]) << (8 * i)
			}
			fmt.Fprintf(&w.b, "DATA %s<>+%d(SB)/8, $%#016x\n", m.name, at, v)
		}
		fmt.Fprintf(&w.b, "GLOBL %s<>(SB), RODATA|NOPTR, $%d\n", m.name, w.bytes())
	}
}

// repeated is 16 bytes of a pattern.
func repeated(pattern ...byte) (b [16]byte) {
	for i := range b {
		b[i] = pattern[i%len(pattern)]
	}
	return b
}
