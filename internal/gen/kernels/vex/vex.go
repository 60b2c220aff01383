// Package vex encodes the instructions that Go's assembler for amd64 knows with an EVEX prefix only, which processors
// without AVX-512 do not take. The encoding is that of Intel's manual (volume 2, 2.3, "Intel Advanced Vector Extensions"); a
// test compares all bytes in the project's .s files with what a disassembler says of them.
package vex

import "fmt"

// VPDPBUSD is a line of Go assembly that adds, to each of 8 sums in Y<sums>, the products of 4 unsigned bytes in
// Y<unsigned> by 4 signed bytes in Y<signed> (AVX-VNNI: VEX.256.66.0F38.W0 50 /r).
func VPDPBUSD(signed, unsigned, sums int) string {
	const map0F38, w0, l256, prefix66 = 2, 0, 1, 1
	code := [...]byte{
		0xC4,
		byte(upper(sums)<<7 | 1<<6 | upper(signed)<<5 | map0F38),
		byte(w0<<7 | (15-unsigned)<<3 | l256<<2 | prefix66),
		0x50,
		byte(3<<6 | sums%8<<3 | signed%8),
	}
	text := ""
	for _, b := range code {
		text += fmt.Sprintf("BYTE $0x%02x; ", b)
	}
	return text[:len(text)-2] + fmt.Sprintf(" // vpdpbusd ymm%d, ymm%d, ymm%d", sums, unsigned, signed)
}

// upper is the inverted bit of a prefix for the upper half of the registers.
func upper(register int) int { return 1 - register/8 }
