package task

import (
	"fmt"
	"math"

	"github.com/inceptiond/inceptiond/internal/exact"
)

// Scores says what becomes of the numbers of a classifier before anybody compares them with a threshold.
type Scores string

// What may become of them.
const (
	Auto    Scores = "auto"    // found out from the model: see Find
	Softmax Scores = "softmax" // one class holds: probabilities whose sum is 1
	Sigmoid Scores = "sigmoid" // any number of classes may hold: a probability for each by itself
	Raw     Scores = "raw"     // nothing: they are as the model gives them
)

// ParseScores reads a name of Scores; empty is Auto.
func ParseScores(s string) (Scores, error) {
	switch v := Scores(s); v {
	case Auto, Softmax, Sigmoid, Raw:
		return v, nil
	case "":
		return Auto, nil
	}
	return "", fmt.Errorf("scores %q are not possible (want %s, %s, %s or %s)", s, Auto, Softmax, Sigmoid, Raw)
}

// apply changes values in place. The same values give the same bits on every machine. It allocates nothing.
func (s Scores) apply(values []float32) {
	switch s {
	case Softmax:
		softmax(values)
	case Sigmoid:
		for i, v := range values {
			values[i] = sigmoid(v)
		}
	}
}

// softmax makes probabilities of logits: exp(v) over the sum of all. What is not a number stays so and counts for
// nothing; infinite ones share all that there is; if all are minus infinity, none is a number.
func softmax(values []float32) {
	top := float32(math.Inf(-1))
	for _, v := range values {
		if v > top { // never for NaN
			top = v
		}
	}
	sum := 0.0
	for i, v := range values {
		if v == v {
			e := share(v, top)
			sum += e
			values[i] = float32(e)
		}
	}
	for i, e := range values {
		values[i] = float32(float64(e) / sum)
	}
}

// share is exp(v - top), also where the difference of two infinities is none.
func share(v, top float32) float64 {
	if v == top && !math.IsInf(float64(v), -1) {
		return 1
	}
	return exact.Exp(float64(v) - float64(top))
}

// sigmoid is 1 / (1 + exp(-v)), without overflow on either side.
func sigmoid(v float32) float32 {
	e := exact.Exp(-math.Abs(float64(v)))
	if v >= 0 {
		return float32(1 / (1 + e))
	}
	return float32(e / (1 + e))
}
