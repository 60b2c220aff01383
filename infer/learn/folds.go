package learn

import (
	"context"
	"math"

	"github.com/inceptiond/inceptiond/internal/exact"
)

// folds is how many parts the cross validation has: each is asked of a head that was trained with the others.
const folds = 5

// noFold is the fold of pictures that are in none.
const noFold = -1

// deal gives each unit of pictures its fold, so that near-copies are in one. Of a class with but one unit, which would be
// in no training when it is asked, those that only the time joins are parted; and if still all are one, none is asked.
func deal(list []*seen, classes int) {
	dealt := 0
	for c := range classes {
		some := ofClass(list, c)
		units, copies := 0, 0
		for _, s := range some {
			units, copies = max(units, s.unit+1), max(copies, s.copy+1)
		}
		for _, s := range some {
			switch {
			case units > 1:
				s.fold = (dealt + s.unit) % folds
			case copies > 1:
				s.fold = (dealt + s.copy) % folds
			default:
				s.fold = noFold
			}
		}
		if units > 1 {
			dealt += units
		} else {
			dealt += copies
		}
	}
}

// rowsWithout are the rows to train with when a fold is kept back; noFold - 1 keeps none. Each class counts the same, and in
// it each unit, and in that each picture, and in that each of its variants. The rows that are kept back have no weight.
func rowsWithout(list []*seen, classes, kept int) (rows []row) {
	size := make([][]int, classes) // by class and unit, of what is trained with
	units := make([]int, classes)
	for _, s := range list {
		for len(size[s.class]) <= s.unit {
			size[s.class] = append(size[s.class], 0)
		}
		if s.fold != kept {
			if size[s.class][s.unit] == 0 {
				units[s.class]++
			}
			size[s.class][s.unit]++
		}
	}
	for _, s := range list {
		weight := 0.0
		if s.fold != kept {
			weight = 1 / float64(classes*units[s.class]*size[s.class][s.unit]*(1+len(s.variants)))
		}
		rows = append(rows, row{s.features, s.class, weight})
		for _, v := range s.variants {
			rows = append(rows, row{v, s.class, weight})
		}
	}
	return rows
}

// validate asks each picture of the head that was not trained with its fold: the logits of each, nil of one that is in no
// fold. tell hears of each fold. The error is ctx's.
func validate(ctx context.Context, list []*seen, classes int, lambda float64, tell func(done, total int)) ([][]float64, error) {
	logits := make([][]float64, len(list))
	for fold := range folds {
		tell(fold, folds)
		var h *head
		for i, s := range list {
			if s.fold != fold {
				continue
			}
			if h == nil {
				var err error
				if h, err = trainHead(ctx, rowsWithout(list, classes, fold), classes, lambda); err != nil {
					return nil, err
				}
			}
			logits[i] = make([]float64, classes)
			h.logits(logits[i], s.features)
		}
	}
	tell(folds, folds)
	return logits, nil
}

// The temperatures that are tried.
const (
	leastTemperature, mostTemperature = 0.05, 4
	temperatures                      = 60
)

// temperature is what logits are to be divided by so that their probabilities are honest: the one of a row of temperatures
// with the least cross entropy, against targets that leave a little for the other classes (Guo and others, On Calibration of
// Modern Neural Networks, 2017; Platt, Probabilistic Outputs for Support Vector Machines, 1999). It is 1 if there are no
// logits.
func temperature(logits [][]float64, class []int) float64 {
	best, least := 1.0, math.Inf(1)
	step := exact.Log(mostTemperature/leastTemperature) / (temperatures - 1)
	for k := range temperatures {
		t := leastTemperature * exact.Exp(float64(float64(k)*step))
		if loss := softLoss(logits, class, t); loss < least {
			best, least = t, loss
		}
	}
	return best
}

// softLoss is the cross entropy of logits at a temperature. It is infinite without any.
func softLoss(logits [][]float64, class []int, t float64) float64 {
	if len(logits) == 0 {
		return math.Inf(1)
	}
	e, loss := 1/float64(len(logits)+2), 0.0
	for i, z := range logits {
		p := scaled(z, t)
		own := p[class[i]]
		sum := 0.0
		for _, v := range p {
			sum += v
		}
		other := e / float64(len(z)-1)
		loss += softmax(p) - float64((1-e-other)*own) - float64(other*sum)
	}
	return loss
}

// scaled is logits at a temperature.
func scaled(logits []float64, t float64) []float64 {
	list := make([]float64, len(logits))
	for c, z := range logits {
		list[c] = z / t
	}
	return list
}
