package evaluate

import (
	"math"
	"sort"

	"github.com/inceptiond/inceptiond/internal/stats"
)

// folds is how many parts people are divided into for verification.
const folds = 10

// fold is how often pairs of its people have each distance.
type fold struct{ same, different [levels]int32 }

// at counts the false accepts and rejects if a distance is the most.
func (p *pairing) at(distance float64) (accepted, rejected int) {
	within := func(list []float64) int {
		return sort.Search(len(list), func(i int) bool { return list[i] > distance })
	}
	return within(p.different), len(p.same) - within(p.same)
}

func (p *pairing) atDistance(distance float64) AtDistance {
	accepted, rejected := p.at(distance)
	return AtDistance{distance, share(accepted, len(p.different)), share(rejected, len(p.same))}
}

// share is a part of a number; 0 of none.
func share(n, of int) float64 { return float64(n) / float64(max(of, 1)) }

// equalError is where false accepts and false rejects are as frequent, or as nearly so as they get.
func (p *pairing) equalError() *AtDistance {
	crossing := math.Inf(1) // the farther, the more is accepted and the less rejected: the least distance at which more is
	for _, list := range [][]float64{p.same, p.different} {
		at := sort.Search(len(list), func(i int) bool {
			a := p.atDistance(list[i])
			return a.FalseAccept >= a.FalseReject
		})
		if at < len(list) {
			crossing = min(crossing, list[at])
		}
	}
	above, below := p.atDistance(crossing), p.atDistance(math.Nextafter(crossing, -1))
	if above.FalseAccept-above.FalseReject <= below.FalseReject-below.FalseAccept {
		return &above
	}
	return &below
}

// leastPairs is how many pairs of two people say something of 1 % of them.
const leastPairs = 100

// suggested is the greatest distance with few false accepts, in hundredths; nil: there are too few pairs to say so.
func (p *pairing) suggested() *AtDistance {
	const few = 0.01
	if len(p.different) < leastPairs {
		return nil
	}
	for hundredth := 200; hundredth > 0; hundredth-- {
		if a := p.atDistance(float64(hundredth) / 100); a.FalseAccept <= few {
			return &a
		}
	}
	return nil
}

// auroc is how often a pair of one person is nearer than one of two.
func (p *pairing) auroc() float64 {
	if len(p.same) == 0 || len(p.different) == 0 {
		return 0.5
	}
	sum := 0.0
	for _, d := range p.same {
		below := sort.Search(len(p.different), func(i int) bool { return p.different[i] >= d })
		upTo := sort.Search(len(p.different), func(i int) bool { return p.different[i] > d })
		sum += float64(len(p.different)-upTo) + float64(upTo-below)/2
	}
	return sum / float64(len(p.same)) / float64(len(p.different))
}

// verify is the accuracy on pairs, each fold with the best threshold of the others; nil: there are too few people.
func (p *pairing) verify() *Verification {
	var list []float64
	for i := range p.folds {
		others := new(fold)
		for k := range p.folds {
			if k != i {
				others.add(&p.folds[k])
			}
		}
		_, threshold := others.best()
		if right, ok := p.folds[i].accuracy(threshold); ok && threshold >= 0 {
			list = append(list, right)
		}
	}
	if len(list) < 2 {
		return nil
	}
	v := &Verification{Folds: len(list), Deviation: stats.Deviation(list) / math.Sqrt(float64(len(list)))}
	for _, a := range list {
		v.Accuracy += a / float64(len(list))
	}
	return v
}

func (f *fold) add(other *fold) {
	for i := range levels {
		f.same[i] += other.same[i]
		f.different[i] += other.different[i]
	}
}

// accuracy is the share of the pairs that are told right if those up to a level are said to be the same; ok: there are both kinds.
func (f *fold) accuracy(threshold int) (right float64, ok bool) {
	var same, different, near, far int
	for i := range levels {
		same += int(f.same[i])
		different += int(f.different[i])
		if i <= threshold {
			near += int(f.same[i])
		} else {
			far += int(f.different[i])
		}
	}
	return (share(near, same) + share(far, different)) / 2, same > 0 && different > 0
}

// best is the level with the highest accuracy, the middle of several; -1: there are not both kinds.
func (f *fold) best() (accuracy float64, level int) {
	first, last := -1, -1
	for i := range levels {
		switch a, ok := f.accuracy(i); {
		case !ok:
			return 0, -1
		case a > accuracy:
			accuracy, first, last = a, i, i
		case a == accuracy && last == i-1:
			last = i
		}
	}
	return accuracy, (first + last) / 2
}
