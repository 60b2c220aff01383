package demo

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/inceptiond/inceptiond/infer/model"
)

func TestExp(t *testing.T) {
	for x := -40.; x <= 0; x += 0.037 {
		if got, want := exp(x), math.Exp(x); math.Abs(got-want) > 1e-8*want {
			t.Fatalf("exp(%g) = %g, want %g", x, got, want)
		}
	}
	if got := exp(-1000); got != 0 {
		t.Errorf("exp(-1000) = %g", got)
	}
}

// TestLearn: two classes that a line tells apart, with a feature that never changes.
func TestLearn(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	var examples []example
	for i := range 320 {
		e := example{x: []byte{byte(rng.Uint32() % 200), byte(rng.Uint32() % 200), 7}, class: i % 2}
		e.x[e.class] += 55
		if (e.x[0] > e.x[1]) == (e.class == 0) {
			examples = append(examples, e)
		}
	}
	k := learn(rng, examples, 2)
	wrong := 0
	for _, e := range examples {
		logit := [2]float64{}
		for c := range logit {
			logit[c] = k.bias[c]
			for i, v := range e.x {
				logit[c] += k.weights[c][i] * float64(v)
			}
		}
		if (logit[0] > logit[1]) != (e.class == 0) {
			wrong++
		}
	}
	if wrong > len(examples)/20 {
		t.Errorf("%d of %d examples are wrong after training", wrong, len(examples))
	}
}

// TestBalance: quantized and biased, every channel's weighted sum has the mean that was asked for, and the deviation 1
// as nearly as one scale for the weights of all filters allows.
func TestBalance(t *testing.T) {
	seen, err := pictures(5, 12)
	if err != nil {
		t.Fatal(err)
	}
	g := newGraph(seen)
	trunk := &trunk{graph: g}
	f := stem()
	trunk.convolve("stem", g.m.Inputs[0], 2, f)
	if trunk.err != nil {
		t.Fatal(trunk.err)
	}
	op := g.m.Operators[0]
	weights, bias := g.m.Tensors[op.Inputs[1]], g.m.Tensors[op.Inputs[2]]
	unit := float64(bias.Quant.Scale[0])
	mean, deviation := newSampler(g, op.Inputs[0], f.size).moments(weights.Data, f.count())
	for i := range f.count() {
		d := bias.Data[4*i:]
		b := float64(int32(uint32(d[0]) | uint32(d[1])<<8 | uint32(d[2])<<16 | uint32(d[3])<<24))
		if got := (mean[i] + b) * unit; math.Abs(got-f.level[i]) > 0.01 {
			t.Errorf("filter %d: mean %.3f, want %.3f", i, got, f.level[i])
		}
		if got := deviation[i] * unit; math.Abs(got-1) > 0.3 {
			t.Errorf("filter %d: deviation %.3f, want about 1", i, got)
		}
	}
}

// TestTopology: the trunk is an Inception, small enough for the slowest machine, and ends with one feature a channel.
func TestTopology(t *testing.T) {
	seen, err := pictures(6, 2)
	if err != nil {
		t.Fatal(err)
	}
	g := newGraph(seen)
	if err := build(g, rand.New(rand.NewPCG(1, 0))); err != nil {
		t.Fatal(err)
	}
	count := map[model.Op]int{}
	var macs int64
	for i := range g.m.Operators {
		count[g.m.Operators[i].Op]++
		macs += g.m.MACs(i)
	}
	if count[model.OpConv2D] != 16 || count[model.OpConcatenation] != 3 {
		t.Errorf("operators %v, want 16 convolutions and 3 concatenations", count)
	}
	if macs > 30e6 {
		t.Errorf("%d multiplications, want at most 30 million", macs)
	}
	if h, w, c := g.shape(g.m.Outputs[0]); h != 1 || w != 1 || c < 100 {
		t.Errorf("features are %dx%dx%d", h, w, c)
	}
}
