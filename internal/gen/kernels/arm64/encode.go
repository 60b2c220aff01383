// Package arm64 encodes the vector instructions that Go's assembler for arm64 does not know, from GNU syntax:
//
//	Word("smull v%d.8h, v%d.8b, v%d.8b", 8, 0, 4)
//
// is the line `WORD $0x0e24c008 // smull v8.8h, v0.8b, v4.8b` of a .s file. The encodings are those of the Arm
// Architecture Reference Manual (DDI 0487), C4.1.96, "Data Processing -- Scalar Floating-Point and Advanced SIMD"; a
// test compares every word in the project's .s files with what a disassembler says of it.
package arm64

import (
	"fmt"
	"strconv"
	"strings"
)

// Word is a line of Go assembly for an instruction. It panics on one that is not in the tables: a bug of the generator.
func Word(format string, args ...any) string {
	text := fmt.Sprintf(format, args...)
	w, err := Encode(text)
	if err != nil {
		panic(err)
	}
	return fmt.Sprintf("WORD $0x%08x // %s", w, text)
}

// Encode is the instruction that text says.
func Encode(text string) (uint32, error) {
	name, rest, _ := strings.Cut(strings.TrimSpace(text), " ")
	ops, err := operands(rest)
	if err != nil {
		return 0, fmt.Errorf("arm64: %q: %w", text, err)
	}
	for _, class := range classes {
		if w, ok := class(name, ops); ok {
			return w, nil
		}
	}
	return 0, fmt.Errorf("arm64: %q: no such instruction in the tables of internal/gen/kernels/arm64", text)
}

// operand is a register, with its arrangement and lane if it has them, a list of registers, or a number.
type operand struct {
	kind  byte   // 'v' vector, 'w' or 'x' general, 'b' 'h' 's' 'd' scalar, '#' number
	reg   uint32 // of a list, the first
	count uint32 // of registers in a list, else 0
	arr   string // "16b"; of a lane, "b", or "4b" of a dot product
	lane  int    // or -1
	imm   int64
}

// operands parses "v0.4s, v1.4b[2], #3, {v4.16b-v7.16b}".
func operands(text string) ([]operand, error) {
	if open := strings.Index(text, "{"); open >= 0 {
		end := strings.Index(text, "}")
		if end < open {
			return nil, fmt.Errorf("a list without an end")
		}
		list, err := registers(text[open+1 : end])
		if err != nil {
			return nil, err
		}
		before, err := operands(strings.TrimRight(text[:open], ", "))
		if err != nil {
			return nil, err
		}
		after, err := operands(strings.TrimLeft(text[end+1:], ", "))
		return append(append(before, list), after...), err
	}
	var ops []operand
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		op, err := one(part)
		if err != nil {
			return nil, err
		}
		ops = append(ops, op)
	}
	return ops, nil
}

// registers parses "v4.16b-v7.16b", "v4.16b, v5.16b" or "v4.16b".
func registers(text string) (operand, error) {
	first, last, two := strings.Cut(text, ",")
	if !two {
		first, last, _ = strings.Cut(text, "-")
	}
	op, err := one(strings.TrimSpace(first))
	if err != nil {
		return op, err
	}
	op.count = 1
	if last != "" {
		end, err := one(strings.TrimSpace(last))
		if err != nil {
			return op, err
		}
		op.count = (end.reg-op.reg)&31 + 1
	}
	return op, nil
}

func one(text string) (operand, error) {
	op := operand{kind: text[0], lane: -1}
	if op.kind == '#' {
		n, err := strconv.ParseInt(text[1:], 0, 64)
		op.imm = n
		return op, err
	}
	if !strings.ContainsRune("vwxbhsd", rune(op.kind)) {
		return op, fmt.Errorf("operand %q", text)
	}
	text = text[1:]
	if at := strings.Index(text, "["); at >= 0 {
		n, err := strconv.Atoi(strings.TrimSuffix(text[at+1:], "]"))
		if err != nil {
			return op, err
		}
		op.lane, text = n, text[:at]
	}
	number, arr, _ := strings.Cut(text, ".")
	n, err := strconv.ParseUint(number, 10, 5)
	op.reg, op.arr = uint32(n), arr
	return op, err
}

// arrangement is the size of elements, as a power of two of bytes, and whether there are 16 bytes of them.
func arrangement(arr string) (size, q uint32, ok bool) {
	list := []string{"8b", "16b", "4h", "8h", "2s", "4s", "1d", "2d"}
	for i, name := range list {
		if name == arr {
			return uint32(i / 2), uint32(i & 1), true
		}
	}
	return 0, 0, false
}

// vectors tells whether all operands are whole vectors.
func vectors(ops ...operand) bool {
	for _, op := range ops {
		if _, _, ok := arrangement(op.arr); op.kind != 'v' || op.lane >= 0 || op.count > 0 || !ok {
			return false
		}
	}
	return true
}

// wider tells whether a's elements are twice as large as b's: then a is 16 bytes, and b is 8, or 16 of which the upper
// half counts, as upper (the 2 in a name) says.
func wider(a, b operand, upper bool) bool {
	size, q, _ := arrangement(a.arr)
	half, part, _ := arrangement(b.arr)
	return size == half+1 && q == 1 && (part == 1) == upper
}
