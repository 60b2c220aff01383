package quantize

import (
	"cmp"
	"time"

	"github.com/inceptiond/inceptiond/internal/order"
)

// Report says what was made, and how far it is to be trusted.
type Report struct {
	Pictures int  // that ranges were measured with
	HeldOut  bool // Agreement is of other pictures than those
	Ranges   Ranges
	Tried    []Tried // the ways that were compared, if there are several

	Equalized bool // levels were traded between layers: weights of which some channels reached far reach less far

	Agreement

	Layers    []Layer // tensors of 8 bits, the worst first
	Operators int     // that are computed in 8 bits
	Kept      []Kept  // operators that stay as they are although they compute real numbers
	Warnings  []string
	Size      [2]int // bytes of the file before and after, without what rides in it
}

// Agreement is how much like the float model another one answers.
type Agreement struct {
	Pictures         int // that were compared
	Outputs          []Output
	Float, Quantized time.Duration // the median of one run
}

// Output compares one output.
type Output struct {
	Name  string
	Shape []int

	// Of an output with scores of classes, or with the numbers of classes: in each row one class is the best. Rows is 0 for
	// others.
	Rows, Same     int
	Sure, SureSame int // rows in which the float model gives its best class 0.6 or more

	Largest float64 // difference of two numbers
	Error   float64 // root of the mean square of differences, as a share of that of the numbers
	Broken  int     // numbers that cannot be compared: one of the two is infinite or no number

	kind            outputKind
	probabilities   bool
	squares, errors float64
}

// outputKind says what can be compared of an output.
type outputKind int

const (
	anyNumbers       outputKind = iota
	scoresOfClasses             // along the last dimension
	numbersOfClasses            // each element names a class
)

// Tried is one way to quantize, and how the result agrees with the float model on pictures that it was made with.
type Tried struct {
	Ranges    Ranges
	Equalized bool // as in Report
	Agreement
}

// Layer compares one tensor inside.
type Layer struct {
	Name    string
	Shape   []int
	Scale   float32 // of a level
	Largest float64 // difference
	Error   float64 // as that of Output
}

// Kept are operators that stay in float32.
type Kept struct {
	Name string // in the schema
	N    int
	Why  string
}

// describe fills in what is known without running anything.
func (j *job) describe(m *made) {
	r := &j.report
	r.Ranges, r.Equalized = m.Ranges, m.Equalized
	r.Size = [2]int{j.float.Size, m.parsed.Size}
	r.Kept = j.plan.kept()
	for _, why := range j.plan.why {
		if why == "" {
			r.Operators++
		}
	}
	order.Stable(r.Layers, func(a, b Layer) int { return cmp.Compare(b.Error, a.Error) })
	j.warnAgreement()
	j.warnRanges()
	j.warnWeights(m)
}

// any tells whether an operator becomes 8-bit.
func (p *plan) any() bool {
	for _, why := range p.why {
		if why == "" {
			return true
		}
	}
	return false
}

// kept counts the operators on real numbers that stay in float32, by name and reason.
func (p *plan) kept() (list []Kept) {
next:
	for i, why := range p.why {
		if why == "" || why == noNumbers || looksOnly(&p.m.Operators[i]) {
			continue
		}
		name := p.m.Operators[i].Name()
		for k := range list {
			if list[k].Name == name && list[k].Why == why {
				list[k].N++
				continue next
			}
		}
		list = append(list, Kept{name, 1, why})
	}
	return list
}
