package learn

import (
	"context"
	"math"
)

// How minimize works and when it is content.
const (
	pairs         = 8 // of steps and changes of the gradient that it remembers
	maxIterations = 100
	smallGradient = 1e-5 // in its largest part
	smallGain     = 1e-7 // of the value
	maxHalvings   = 40
	armijo        = 1e-4
)

// objective gives a function's value at x, and its gradient there in g.
type objective func(x, g []float64) float64

// minimize changes x to where f is least, by L-BFGS with steps that are halved until Armijo's rule holds (Nocedal and
// Wright, Numerical Optimization, algorithms 7.4 and 3.1). It ends whatever f is; x is then the best point that it met. The
// sums are in a fixed order, so that the answer is the same everywhere if f's is. The error is ctx's; x is undefined then.
func minimize(ctx context.Context, x []float64, f objective) error {
	m := memory{limit: pairs}
	g := make([]float64, len(x))
	next, nextG, step := make([]float64, len(x)), make([]float64, len(x)), make([]float64, len(x))
	value := f(x, g)
	for range maxIterations {
		if err := ctx.Err(); err != nil {
			return err
		}
		if largest(g) <= smallGradient {
			return nil
		}
		m.direction(step, g)
		slope := dot(g, step)
		if !(slope < 0) { // rounding has made nonsense of what is remembered
			m.forget()
			m.direction(step, g)
			slope = dot(g, step)
		}
		length := 1.0
		if len(m.list) == 0 {
			length = min(1, 1/math.Sqrt(-slope))
		}
		better := math.Inf(1)
		for range maxHalvings {
			for i := range x {
				next[i] = x[i] + float64(length*step[i])
			}
			if better = f(next, nextG); better <= value+float64(armijo*float64(length*slope)) {
				break
			}
			length /= 2
		}
		if !(better < value) {
			return ctx.Err()
		}
		m.remember(x, next, g, nextG)
		gain := value - better
		copy(x, next)
		copy(g, nextG)
		value = better
		if gain <= float64(smallGain*math.Abs(value)) {
			return ctx.Err()
		}
	}
	return ctx.Err()
}

// memory is the last steps of a minimization and how they changed the gradient.
type memory struct {
	limit int
	list  []pair // the newest last
	alpha []float64
}

type pair struct {
	step, change []float64
	product      float64 // of both, above 0
}

func (m *memory) forget() { m.list = m.list[:0] }

// remember keeps the pair of a step from x to next, if the function curves upwards along it.
func (m *memory) remember(x, next, g, nextG []float64) {
	var p pair
	if len(m.list) == m.limit { // its memory serves again
		p = m.list[0]
		m.list = append(m.list[:0], m.list[1:]...)
	} else {
		p = pair{step: make([]float64, len(x)), change: make([]float64, len(x))}
	}
	for i := range x {
		p.step[i], p.change[i] = next[i]-x[i], nextG[i]-g[i]
	}
	if p.product = dot(p.step, p.change); p.product > 0 {
		m.list = append(m.list, p)
	}
}

// direction sets d to where the function falls, as far as the memory knows its curves: the two-loop recursion.
func (m *memory) direction(d, g []float64) {
	for i := range d {
		d[i] = -g[i]
	}
	m.alpha = append(m.alpha[:0], make([]float64, len(m.list))...)
	for k := len(m.list) - 1; k >= 0; k-- {
		p := &m.list[k]
		m.alpha[k] = dot(p.step, d) / p.product
		add(d, -m.alpha[k], p.change)
	}
	if n := len(m.list); n > 0 {
		p := &m.list[n-1]
		scale := p.product / dot(p.change, p.change)
		for i := range d {
			d[i] = float64(scale * d[i])
		}
	}
	for k := range m.list {
		p := &m.list[k]
		add(d, m.alpha[k]-dot(p.change, d)/p.product, p.step)
	}
}

// dot is the product of two vectors.
func dot(a, b []float64) (sum float64) {
	b = b[:len(a)]
	for i, v := range a {
		sum += float64(v * b[i])
	}
	return sum
}

// add adds a times v to d.
func add(d []float64, a float64, v []float64) {
	v = v[:len(d)]
	for i := range d {
		d[i] += float64(a * v[i])
	}
}

// largest is the greatest absolute value of v.
func largest(v []float64) (most float64) {
	for _, x := range v {
		most = max(most, math.Abs(x))
	}
	return most
}
