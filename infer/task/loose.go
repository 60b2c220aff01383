package task

import "math"

// Where parts lie anywhere, each place of a frame is compared with all that are kept. That takes long, so few are.
const (
	maxAnywhere   = 512  // places that are kept
	maxCandidates = 4096 // of which those are chosen
	maxFolds      = 5    // see condense
)

// condense chooses the places that are kept where parts lie anywhere. largest is how different the most unusual picture is from
// places of other pictures, chosen in the same way: of all pictures but a fifth of them, in turn. Of more than MaxNormal pictures,
// those after the first say only how much normal ones differ.
func (l *SceneLearner) condense() (kept *places, largest float32) {
	pictures := l.pictures[:min(len(l.pictures), MaxNormal)]
	folds := min(maxFolds, len(pictures))
	for fold := range folds {
		var own, others []*places
		for i, p := range pictures {
			if i%folds == fold {
				own = append(own, p)
			} else {
				others = append(others, p)
			}
		}
		largest = max(largest, l.farthestFrom(l.coreset(others), own))
	}
	kept = l.coreset(pictures)
	return kept, max(largest, l.farthestFrom(kept, l.pictures[len(pictures):]))
}

// farthestFrom is how different the most unusual place of pictures is from those that are kept.
func (l *SceneLearner) farthestFrom(kept *places, pictures []*places) (largest float32) {
	for _, p := range pictures {
		for i := range p.sum {
			largest = max(largest, 1-l.anywhere(p, i, kept, 0, len(kept.sum)))
		}
	}
	return largest
}

// coreset is so few of the places of pictures that all are like one of them: always the one that is least like those before
// (k-center; as in Roth et al., Towards Total Recall in Industrial Anomaly Detection, 2022).
func (l *SceneLearner) coreset(pictures []*places) *places {
	all := l.candidates(pictures)
	n := len(all.sum)
	if n <= maxAnywhere {
		return all
	}
	kept := l.newPlaces(maxAnywhere)
	near := nothingNear(n)
	next := 0
	for k := range maxAnywhere {
		l.copy(kept, k, all, next)
		for i := range near {
			near[i] = max(near[i], l.anywhere(all, i, kept, k, k+1))
			if i == 0 || near[i] < near[next] {
				next = i
			}
		}
	}
	return kept
}

// candidates are all places of pictures, or every second of every second row where those are too many: the places beside are
// nearly the same. Which, differs from picture to picture.
func (l *SceneLearner) candidates(pictures []*places) *places {
	step := 1
	if len(pictures)*l.count() > maxCandidates {
		step = 2
	}
	n := 0
	all := l.newPlaces(len(pictures) * ((l.width + step - 1) / step) * ((l.height + step - 1) / step))
	for i, p := range pictures {
		for y := i % step; y < l.height; y += step {
			for x := i / step % step; x < l.width; x += step {
				l.copy(all, n, p, y*l.width+x)
				n++
			}
		}
	}
	return &places{all.features[:n*l.depth], all.sum[:n], all.inverse[:n]}
}

// anywhere is how alike place i of p and places from … to-1 of other are: the largest cosine.
func (t *texture) anywhere(p *places, i int, other *places, from, to int) float32 {
	return float32(t.best(math.Inf(-1), p, i, other, from, to) * p.inverse[i])
}

// copy makes place i of dst place j of src.
func (t *texture) copy(dst *places, i int, src *places, j int) {
	copy(t.of(dst, i), t.of(src, j))
	dst.sum[i], dst.inverse[i] = src.sum[j], src.inverse[j]
}
