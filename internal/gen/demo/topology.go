package demo

import (
	"math/rand/v2"

	"github.com/inceptiond/inceptiond/infer/model"
)

// side is the input's height and width, pixels.
const side = 224

// build adds all layers up to the features: the averages and the maxima of the channels of both Inception modules. The
// first two layers are filters that a textbook would choose; those of the modules are random.
func build(g *graph, rng *rand.Rand) error {
	t := &trunk{graph: g}
	x := t.convolve("stem", g.m.Inputs[0], 2, stem())
	x = t.maxPool("pool1", x, 2)
	x = t.convolve("conv2", x, 2, second()) // 28x28
	_, _, c := t.shape(x)
	a := t.module("mixed3", x, rng, branches{
		single: 24, reduce3: chosen(c, 0, 13), full3: 32, reduce5: chosen(c, 0, 7), full5: 24, pooled: 16,
	})
	x = t.maxPool("pool3", a, 2) // 14x14
	_, _, c = t.shape(x)
	b := t.module("mixed4", x, rng, branches{
		single: 32, reduce3: random(rng, 24, 1, c), full3: 48, reduce5: random(rng, 16, 1, c), full5: 32, pooled: 16,
	})
	t.join("features",
		t.whole("average3", model.OpAveragePool2D, a), t.whole("most3", model.OpMaxPool2D, a),
		t.whole("average4", model.OpAveragePool2D, b), t.whole("most4", model.OpMaxPool2D, b))
	return t.err
}

// branches holds the widths of a module's branches: 1x1; 1x1 and 3x3; 1x1 and twice 3x3, which see 5x5; pool and 1x1.
type branches struct {
	single  int
	reduce3 filters
	full3   int
	reduce5 filters
	full5   int
	pooled  int
}

// module adds an Inception module.
func (t *trunk) module(name string, in int, rng *rand.Rand, b branches) int {
	layer := func(branch string, x, count, size int) int {
		_, _, c := t.shape(x)
		return t.convolve(name+"/"+branch, x, 1, random(rng, count, size, c))
	}
	single := layer("1x1", in, b.single, 1)
	three := t.convolve(name+"/3x3_reduce", in, 1, b.reduce3)
	three = layer("3x3", three, b.full3, 3)
	five := t.convolve(name+"/5x5_reduce", in, 1, b.reduce5)
	five = layer("5x5_a", five, b.full5, 3)
	five = layer("5x5_b", five, b.full5, 3)
	pooled := t.maxPool(name+"/pool", in, 1)
	pooled = layer("pool_proj", pooled, b.pooled, 1)
	return t.join(name, single, three, five, pooled)
}
