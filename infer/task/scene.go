package task

import (
	"errors"
	"fmt"
	"math"

	"github.com/inceptiond/inceptiond/infer"
)

// How many normal pictures a scene is learned from.
const (
	MinNormal  = 3   // fewer do not say how much normal pictures differ
	MaxNormal  = 20  // that are kept
	MaxLearned = 100 // that are looked at
)

// ErrFewNormal says that there are too few normal pictures.
var ErrFewNormal = errors.New("too few normal pictures")

// margin is by how much the most unusual of the normal pictures may be exceeded.
const margin = 1.15

// minDistance is the least threshold: normal pictures that are all the same would have none, and the noise of a camera is
// about as large.
const minDistance = 0.02

// SceneLearner gathers normal pictures. It is not for concurrent use.
type SceneLearner struct {
	*texture
	loose    bool
	pictures []*places
}

// NewSceneLearner learns from maps that spec describes: see [model.Model.Eighth]. loose: parts lie anywhere, so that a place is
// compared with all places of the normal pictures, not with those around it. An error wraps model.ErrUnsupported.
func NewSceneLearner(spec infer.TensorSpec, loose bool) (*SceneLearner, error) {
	t, err := newTexture(spec)
	if err != nil {
		return nil, err
	}
	return &SceneLearner{texture: t, loose: loose}, nil
}

// Add takes the map of one more normal picture, of which it keeps nothing. It is an error if there are MaxLearned already.
func (l *SceneLearner) Add(data []byte) error {
	if len(l.pictures) >= MaxLearned {
		return fmt.Errorf("task: more than %d normal pictures", MaxLearned)
	}
	p := l.newPlaces(l.count())
	if err := l.fill(p, data); err != nil {
		return err
	}
	l.pictures = append(l.pictures, p)
	return nil
}

// Scene is what the pictures so far make; the same of the same pictures in the same order. The error wraps ErrFewNormal. The
// learner is not to be used any more.
func (l *SceneLearner) Scene() (*Scene, error) {
	if n := len(l.pictures); n < MinNormal {
		return nil, fmt.Errorf("task: %w: %d (want at least %d)", ErrFewNormal, n, MinNormal)
	}
	s := &Scene{texture: l.texture, learned: len(l.pictures), frame: l.newPlaces(l.count()), stack: make([]int, 0, l.count()), seen: make([]bool, l.count())}
	var largest float32
	if l.loose {
		s.places, largest = l.condense()
	} else {
		s.kept, largest = l.keep()
	}
	s.threshold = max(float32(margin*largest), minDistance)
	return s, nil
}

// keep chooses the pictures that are kept: always the one that looks most different from those before. largest is how
// different the most unusual picture is from all others that are kept.
func (l *SceneLearner) keep() (kept []*places, largest float32) {
	near := make([][]float32, len(l.pictures)) // by picture and place: how alike those are that are kept
	for i := range near {
		near[i] = nothingNear(l.count())
	}
	chosen := make([]bool, len(l.pictures))
	for next := 0; next >= 0 && len(kept) < MaxNormal; {
		chosen[next] = true
		kept = append(kept, l.pictures[next])
		for i := range l.pictures {
			if i != next {
				l.alike(near[i], l.pictures[i], l.pictures[next])
			}
		}
		next = farthest(near, chosen)
	}
	for _, n := range near {
		largest = max(largest, 1-lowest(n))
	}
	return kept, largest
}

// nothingNear is how alike n places are to none.
func nothingNear(n int) []float32 {
	near := make([]float32, n)
	for i := range near {
		near[i] = float32(math.Inf(-1))
	}
	return near
}

// farthest is the picture, not chosen yet, with the place that is least alike; -1: all are chosen.
func farthest(near [][]float32, chosen []bool) int {
	next, least := -1, float32(math.Inf(1))
	for i, n := range near {
		if low := lowest(n); !chosen[i] && low < least {
			next, least = i, low
		}
	}
	return next
}

// lowest is the least of near.
func lowest(near []float32) float32 {
	low := near[0]
	for _, v := range near {
		low = min(low, v)
	}
	return low
}

// Scene tells where a picture looks different from the normal ones. It is not for concurrent use.
type Scene struct {
	*texture
	learned   int
	kept      []*places // normal pictures; nil if parts lie anywhere
	places    *places   // then: places of normal pictures
	threshold float32

	frame *places // the picture at work
	stack []int   // places to be looked at
	seen  []bool  // by place
}

// Learned is how many normal pictures there were, and Threshold how different a place may be: 1 - the cosine.
func (s *Scene) Learned() int       { return s.learned }
func (s *Scene) Threshold() float32 { return s.threshold }

// Decode compares a map with the normal ones, and sets what dst says of that. It allocates only when dst has too little room,
// as at first. The error is about a map of another size.
func (s *Scene) Decode(dst *Findings, data []byte) error {
	dst.HasDifferent = false
	if err := s.fill(s.frame, data); err != nil {
		return err
	}
	d := &dst.Distances
	d.resize(s.width, s.height)
	s.compare(d.Cells)
	most := 0
	for i, near := range d.Cells {
		d.Cells[i] = max(1-near, 0) / s.threshold
		if d.Cells[i] > d.Cells[most] {
			most = i
		}
	}
	dst.HasDifferent, dst.Different = true, float64(d.Cells[most])
	dst.Where = s.around(d, most)
	return nil
}

// compare finds how alike each place of the frame is to normal ones.
func (s *Scene) compare(near []float32) {
	for i := range near {
		near[i] = float32(math.Inf(-1))
	}
	for _, k := range s.kept {
		s.alike(near, s.frame, k)
	}
	if s.places == nil {
		return
	}
	for i := range near {
		near[i] = s.anywhere(s.frame, i, s.places, 0, len(s.places.sum))
	}
}
