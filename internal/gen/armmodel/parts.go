package armmodel

import (
	"fmt"
	"io"
)

// part is a piece of a kernel whose cost is known: from one label to another, or a loop.
type part struct {
	function, from, to string // labels; of a loop, to bounds where its jump back is looked for
	loop               bool
	products           int // of one turn of a loop
	what               string
	goals              perCore // products a cycle that are wanted, by core
	instructions       int
	cycles             perCore // of one turn, by core
}

// kernels is all parts, by function and first label: "depthNineNEON.nine".
type kernels struct {
	parts map[string]*part
	order []*part
}

func (k *kernels) add(p part) {
	k.parts[p.function+"."+p.from] = &p
	k.order = append(k.order, &p)
}

// span adds a piece between two labels, turn a loop.
func (k *kernels) span(function, from, to string) {
	k.add(part{function: function, from: from, to: to})
}

func (k *kernels) turn(function, from, to string, products int, what string, goals ...float64) {
	p := part{function: function, from: from, to: to, loop: true, products: products, what: what}
	copy(p.goals[:], goals)
	k.add(p)
}

// newKernels names the parts of all kernels.
func newKernels() *kernels {
	k := &kernels{parts: map[string]*part{}}
	for n := 1; n <= neonPixels; n++ {
		k.neonTile(n)
	}
	for n := 1; n <= dotPixels; n++ {
		k.dotTile(n)
	}
	for n := 1; n <= matrixPixels; n++ {
		k.matrixTile(n)
	}
	for _, f := range []string{"sumSignedNEON", "sumUnsignedNEON"} {
		k.turn(f, "sixteen", "total", 0, "sum of 16 bytes of a pixel")
		k.span(f, "pixel", "sixteen")
		k.span(f, "total", "")
	}
	k.turn("dotNEON", "thirtytwo", "", 32, "a single product of 32")
	k.turn("depthNineNEON", "nine", "", 9*16, "depthwise 3x3 of 16 channels, with rounding")
	k.span("depthNineNEON", "", "nine")
	k.turn("depthNEON", "pair", "", 2*16, "depthwise, two taps of 16 channels")
	k.span("depthNEON", "", "pixel")
	k.span("depthNEON", "pixel", "pair")
	k.span("depthNEON", "bytes", "away")
	k.span("depthNEON", "away", "narrow")
	k.turn("flipNEON", "sixtyfour", "sixteen", 0, "64 bytes of a line")
	k.turn("maxRowNEON", "column64", "channels16", 0, "greatest, a tap of 64 channels")
	k.turn("maxRowNEON", "column16", "next", 0, "greatest, a tap of 16 channels")
	k.turn("averageWindowNEON", "column", "", 0, "mean, a tap of 16 channels")
	k.span("averageWindowNEON", "whole", "")
	k.turn("sumWindowNEON", "column", "", 0, "sum, a tap of 16 channels")
	k.turn("addRoundNEON", "eight", "rest", 0, "sum of 8 numbers of two tensors")
	k.turn("mapNEON", "sixteen", "last", 0, "16 bytes by table")
	k.turn("dequantizeNEON", "sixteen", "", 0, "16 bytes to float32")
	k.turn("quantizeNEON", "sixteen", "stop", 0, "16 float32 to bytes")
	k.turn("squareNEON", "sixteen", "", 0, "16 squares")
	k.turn("scalePowerNEON", "four", "stop", 0, "4 powers")
	k.turn("normNEON", "read", "first", 0, "normalization, 8 pixels of 8 channels read")
	k.turn("normNEON", "channel", "write", 0, "normalization, a channel of 8 pixels")
	k.turn("normNEON", "write", "", 0, "normalization, 8 pixels of 8 channels written")
	return k
}

const (
	neonPixels   = 4           // of a tile, at most
	dotPixels    = 6           // with dot products
	matrixPixels = 6           // with matrix products
	dotTiles     = "tilesDot"  // for tiles with dot products
	matrixTiles  = "tilesI8MM" // for tiles with matrix products
)

// neonTile is the parts of tilesNEON for tiles of n pixels, by four columns.
func (k *kernels) neonTile(n int) {
	l := func(name string) string { return fmt.Sprint(name, n) }
	const f = "tilesNEON"
	k.span(f, l("tile"), l("columns"))
	k.span(f, l("columns"), l("segment"))
	k.span(f, l("segment"), l("pair"))
	var goals []float64
	if n == neonPixels {
		goals = []float64{4.2, 7.5}
	}
	k.turn(f, l("pair"), l("singles"), 2*16*4*n, fmt.Sprintf("convolution, %d pixels by 4 columns by 32", n), goals...)
	k.span(f, l("odd"), l("singles"))
	k.span(f, l("singles"), l("single"))
	k.turn(f, l("single"), l("skip"), 8*4*n, "")
	k.span(f, l("skip"), l("raw"))
	k.span(f, l("kept"), l("next"))
}

// dotTile is the parts of tilesDot for tiles of n pixels, by 16 columns.
func (k *kernels) dotTile(n int) {
	l := func(name string) string { return fmt.Sprint(name, n) }
	k.span(dotTiles, l("tile"), l("segment"))
	k.span(dotTiles, l("segment"), l("four"))
	var goals []float64
	if n == dotPixels {
		goals = []float64{0, 0, 30, 30}
	}
	k.turn(dotTiles, l("four"), l("rest"), 16*16*n, fmt.Sprintf("convolution, %d pixels by 16 columns by 16", n), goals...)
	k.span(dotTiles, l("rest"), l("one"))
	k.turn(dotTiles, l("one"), l("skip"), 4*16*n, "")
	k.span(dotTiles, l("skip"), l("place"))
	k.span(dotTiles, l("place"), l("next"))
}

// matrixTile is the parts of tilesI8MM for tiles of n pixels, by 16 columns. The goal is 1.7 times what dot products reach on
// the same core.
func (k *kernels) matrixTile(n int) {
	l := func(name string) string { return fmt.Sprint(name, n) }
	const f = matrixTiles
	k.span(f, l("tile"), l("segment"))
	k.span(f, l("segment"), l("two"))
	var goals []float64
	if n == matrixPixels {
		goals = []float64{0, 0, 0, 1.7 * 32}
	}
	k.turn(f, l("two"), l("rest"), 16*16*n, fmt.Sprintf("convolution, %d pixels by 16 columns by 16", n), goals...)
	k.span(f, l("rest"), l("one"))
	k.span(f, l("one"), l("skip"))
	k.span(f, l("skip"), l("place"))
	k.span(f, l("place"), l("next"))
}

// needs is the least set that has a function.
func needs(function string) set {
	switch function {
	case dotTiles:
		return dot
	case matrixTiles:
		return matrix
	}
	return neon
}

// measure finds out about all parts: how many instructions they have and what llvm-mca says of them.
func (k *kernels) measure(l llvm, code *listing) error {
	for _, p := range k.order {
		words, err := code.part(p.function, p.from, p.to, p.loop)
		if err != nil {
			return err
		}
		if p.instructions = len(words); len(words) == 0 {
			continue
		}
		text, err := l.text(words)
		if err != nil {
			return fmt.Errorf("%s.%s: %w", p.function, p.from, err)
		}
		for i, c := range cores {
			if c.set < needs(p.function) {
				continue
			}
			if p.cycles[i], err = l.cycles(c, text); err != nil {
				return fmt.Errorf("%s.%s on %s: %w", p.function, p.from, c.name, err)
			}
		}
	}
	return nil
}

// printLoops prints what the models say of the loops, and fails where a goal is missed.
func (k *kernels) printLoops(out io.Writer) error {
	fmt.Fprint(out, "| loop | what a turn does | instructions | cycles: A53 | A72 | A76 | A720 | products a cycle: A53 | A72 | A76 | A720 |\n"+
		"|---|---|---|---|---|---|---|---|---|---|---|\n")
	var missed error
	for _, p := range k.order {
		if !p.loop || p.what == "" {
			continue
		}
		fmt.Fprintf(out, "| `%s` %s | %s | %d ", p.function, p.from, p.what, p.instructions)
		for i := range cores {
			fmt.Fprintf(out, "| %s ", figure(p.cycles[i]))
		}
		for i, c := range cores {
			rate := 0.0
			if p.products > 0 && p.cycles[i] > 0 {
				rate = float64(p.products) / p.cycles[i]
			}
			fmt.Fprintf(out, "| %s ", figure(rate))
			if rate > 0 && rate < p.goals[i] {
				missed = fmt.Errorf("armmodel: %s.%s does %.2f products a cycle on the %s (the goal is %.1f)", p.function, p.from, rate, c.name, p.goals[i])
			}
		}
		fmt.Fprintln(out, "|")
	}
	return missed
}

// figure is a number for a table, "-" for none.
func figure(x float64) string {
	if x == 0 {
		return "-"
	}
	return fmt.Sprintf("%.2f", x)
}
