// Package arm encodes NEON instructions for 32-bit Arm (A32), of which Go's assembler knows none, from GNU syntax:
//
//	Word("vmull.s8 q%d, d%d, d%d", 4, 0, 2)
//
// is the line `WORD $0xf2808c02 // vmull.s8 q4, d0, d2` of a .s file. The encodings are those of the Arm Architecture
// Reference Manual for ARMv7-A (DDI 0406), A7.4 to A7.8; a test compares every word in the project's .s files with what
// a disassembler says of it.
package arm

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
	full, rest, _ := strings.Cut(strings.TrimSpace(text), " ")
	name, typ, _ := strings.Cut(full, ".")
	ops, err := operands(rest)
	if err != nil {
		return 0, fmt.Errorf("arm: %q: %w", text, err)
	}
	in := instruction{name: name, typ: typ, ops: ops}
	if err := in.element(); err != nil {
		return 0, fmt.Errorf("arm: %q: %w", text, err)
	}
	for _, class := range classes {
		if w, ok := class(&in); ok {
			return w, nil
		}
	}
	return 0, fmt.Errorf("arm: %q: no such instruction in the tables of internal/gen/kernels/arm", text)
}

// instruction is the parts of one.
type instruction struct {
	name, typ string // "vmull", "s8"
	sign      byte   // of typ: 's', 'u', 'i', 'f', or 0
	size      uint32 // of an element, as a power of two of bytes
	ops       []operand
}

// element takes typ apart; "f32.s32" is that of its first half.
func (in *instruction) element() error {
	first, _, _ := strings.Cut(in.typ, ".")
	if first == "" {
		return nil
	}
	if strings.Contains("suif", first[:1]) {
		in.sign, first = first[0], first[1:]
	}
	for i, bits := range []string{"8", "16", "32", "64"} {
		if first == bits {
			in.size = uint32(i)
			return nil
		}
	}
	return fmt.Errorf("type %q", in.typ)
}

// bits is the number of bits of an element.
func (in *instruction) bits() int64 { return 8 << in.size }

// unsigned is the bit U for it.
func (in *instruction) unsigned() uint32 {
	if in.sign == 'u' {
		return 1 << 24
	}
	return 0
}

// shape tells whether the kinds of the operands are those of kinds, a letter each, and none is a lane.
func (in *instruction) shape(kinds string) bool {
	if len(in.ops) != len(kinds) {
		return false
	}
	for i, op := range in.ops {
		if op.kind != kinds[i] || op.lane >= 0 {
			return false
		}
	}
	return true
}

// operand is a register, with its lane if it has one, a list of registers, an address, or a number.
type operand struct {
	kind  byte   // 'd', 'q', 'r', '{' list of d registers, '[' address, '#' number
	reg   uint32 // number of the d or r register; of a list, its first
	count uint32 // of registers in a list
	lane  int    // or -1; of a list, allLanes too
	back  bool   // the address is written back
	imm   int64
}

// allLanes is the lane of a list such as {d0[]}.
const allLanes = 99

// at is the register's number, the low four bits at bit low, the fifth at bit high.
func (o operand) at(low, high int) uint32 { return o.reg&15<<low | o.reg>>4<<high }

// operands parses "{d4-d7}, [r1]!", "q0, d1, d2[3]" or "d0, {d1, d2}, d3".
func operands(text string) ([]operand, error) {
	var ops []operand
	for text = strings.TrimSpace(text); text != ""; text = strings.TrimLeft(text, ", ") {
		end := strings.IndexByte(text, ',')
		if text[0] == '{' {
			end = strings.IndexByte(text, '}') + 1
		}
		if end <= 0 {
			end = len(text)
		}
		op, err := one(strings.TrimSpace(text[:end]))
		if err != nil {
			return nil, err
		}
		ops, text = append(ops, op), text[end:]
	}
	return ops, nil
}

// one parses an operand.
func one(text string) (operand, error) {
	switch text[0] {
	case '#':
		n, err := strconv.ParseInt(text[1:], 0, 64)
		return operand{kind: '#', lane: -1, imm: n}, err
	case '{':
		return list(strings.Trim(text, "{} "))
	case '[':
		inner, back := strings.CutSuffix(text, "!")
		op, err := register(strings.Trim(inner, "[]"))
		if err == nil && op.kind != 'r' {
			err = fmt.Errorf("address %q", text)
		}
		op.kind, op.back = '[', back
		return op, err
	}
	return register(text)
}

// list parses "d4-d7", "d4, d5", "d4", "d4[1]" or "d4[]".
func list(text string) (operand, error) {
	first, last, _ := strings.Cut(text, "-")
	if names := strings.Split(text, ","); len(names) > 1 {
		first, last = names[0], strings.TrimSpace(names[len(names)-1])
	}
	op, err := register(first)
	if err != nil {
		return op, err
	}
	op.count = 1
	if last != "" {
		end, err := register(last)
		if err != nil {
			return op, err
		}
		op.count = end.reg - op.reg + 1
	}
	if op.kind != 'd' || op.count < 1 || op.count > 4 {
		return op, fmt.Errorf("list %q", text)
	}
	op.kind = '{'
	return op, nil
}

// register parses "d4", "q2", "r1", "d4[1]" or "d4[]". A q register has the number of its lower d register.
func register(text string) (operand, error) {
	op := operand{lane: -1}
	text, lane, in := strings.Cut(text, "[")
	if in {
		op.lane = allLanes
		if lane = strings.TrimSuffix(lane, "]"); lane != "" {
			n, err := strconv.ParseUint(lane, 10, 3)
			if err != nil {
				return op, err
			}
			op.lane = int(n)
		}
	}
	if text == "" || !strings.Contains("dqr", text[:1]) {
		return op, fmt.Errorf("operand %q", text)
	}
	op.kind = text[0]
	limit := map[byte]uint64{'d': 32, 'q': 16, 'r': 15}[op.kind]
	n, err := strconv.ParseUint(text[1:], 10, 8)
	if err != nil || n >= limit {
		return op, fmt.Errorf("register %q", text)
	}
	op.reg = uint32(n)
	if op.kind == 'q' {
		op.reg *= 2
	}
	return op, nil
}
