package main

import (
	"fmt"
	"strings"
)

// sseUnit is steps whose products are added in 16 bits. Their weights lie one after the other, of turned ones behind their masks.
type sseUnit struct {
	label, name string
	steps       int
	turned      bool
}

// sseUnits is in the order of a turn.
var sseUnits = []sseUnit{
	{"quad", "QUAD", 4, false}, {"couple", "COUPLE", 2, false}, {"single", "SINGLE", 1, false},
	{"turnedquad", "TURNED_QUAD", 4, true}, {"turnedcouple", "TURNED_COUPLE", 2, true}, {"turnedsingle", "TURNED_SINGLE", 1, true},
}

// offsets has what steps' bytes of a pixel are at.
var sseOffsets = [4]string{"AX", "R12", "R13", "R14"}

// weights is where the weights begin.
func (u sseUnit) weights() int {
	if u.turned {
		return 16 * u.steps
	}
	return 0
}

// macro multiplies bytes of a pixel by weights, of which X8 and X9 have the first step's, and adds the products to the sums of
// four columns, a and b. X12 and X13 are sums of products.
func (u sseUnit) macro() string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, "\t%s \\\n", fmt.Sprintf(format, args...)) }
	fmt.Fprintf(&b, "#define %s(pixel, a, b) \\\n", u.name)
	for i := range u.steps {
		first, second := "X14", "X11"
		if i == 0 {
			first, second = "X12", "X13"
		}
		if u.turned {
			line("MOVOU (pixel)(%s*1), %s", sseOffsets[i], first)
			line("PSHUFB %d(BX), %s", 16*i, first)
		} else {
			line("MOVDDUP (pixel)(%s*1), %s", sseOffsets[i], first)
		}
		line("MOVO %s, %s", first, second)
		if i == 0 {
			line("PMADDUBSW X8, %s", first)
			line("PMADDUBSW X9, %s", second)
			continue
		}
		line("PMADDUBSW %d(BX), %s", u.weights()+32*i, first)
		line("PMADDUBSW %d(BX), %s", u.weights()+32*i+16, second)
		line("PADDW %s, X12", first)
		line("PADDW %s, X13", second)
	}
	line("ADD(X12, a)")
	return b.String() + "\tADD(X13, b)\n\n"
}
