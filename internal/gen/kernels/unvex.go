package main

import (
	"fmt"
	"strings"
)

// unvex makes instructions of SSE of those of AVX, which have three operands, in a text whose vectors have 16 bytes. Products
// and their sums are rounded one by one. X15 is working memory.
func unvex(text string) string {
	var w writer
	for line := range strings.Lines(text) {
		name, operands, _ := strings.Cut(strings.TrimSpace(line), " ")
		if !strings.HasPrefix(line, "\tV") {
			w.b.WriteString(line)
			continue
		}
		w.unvexed(name[1:], strings.Split(strings.TrimSpace(operands), ", "))
	}
	return w.b.String()
}

// unvexed writes an instruction whose name has lost its V.
func (w *writer) unvexed(name string, operands []string) {
	first := operands[0]
	last := operands[len(operands)-1]
	kind := name[max(0, len(name)-2):] // of numbers
	switch {
	case name == "ZEROUPPER":
	case name == "BROADCASTSS":
		w.op("MOVSS", "%s, %s", first, last)
		w.op("SHUFPS", "$0, %s, %[1]s", last)
	case len(operands) == 2:
		w.op(name, "%s, %s", first, last)
	case strings.HasPrefix(name, "FMADD231"):
		w.fetch(kind, first, "X15")
		w.op("MUL"+kind, "%s, X15", operands[1])
		w.op("ADD"+kind, "X15, %s", last)
	case operands[1] == last && (kind == "SS" || strings.HasPrefix(first, "X")):
		w.op(name, "%s, %s", first, last)
	case operands[1] == last: // memory need not be aligned
		w.fetch(kind, first, "X15")
		w.op(name, "X15, %s", last)
	case first == last:
		w.fetch(kind, operands[1], "X15")
		w.op(name, "%s, X15", first)
		w.fetch(kind, "X15", last)
	default:
		panic(fmt.Sprintf("%s %v", name, operands))
	}
}

// fetch moves a vector or a number.
func (w *writer) fetch(kind, from, to string) {
	switch {
	case strings.HasPrefix(from, "X"):
		w.op("MOVAPS", "%s, %s", from, to)
	case kind == "SS":
		w.op("MOVSS", "%s, %s", from, to)
	default:
		w.op("MOVUPS", "%s, %s", from, to)
	}
}
