package task

import (
	"fmt"
	"math"
)

// People are those whom a network that gives embeddings has been shown. They do not change, and may be used from several
// goroutines at once.
//
// Each is known by one vector, the [Mean] of the embeddings of their pictures. How far a frame is from somebody is its [Apart] from
// that. docs/people.md has what was measured with this, and with the nearest picture in the place of the mean.
type People struct {
	names    []string
	features int
	vectors  []float32 // of length 1, one after the other
	network  string
	most     float64
}

// Who is who a frame shows.
type Who struct {
	Person   int     // index in People.Names; -1: nobody who is known
	Score    float64 // how sure that is: 1 at the distance 0, 0.5 at the opposite that is near enough; 0 for nobody
	Distance float64 // to the nearest of all, 0 to 2
	Second   float64 // to the nearest of the others; 0 if there are none
}

// The limits of People.
const (
	MaxPeople         = 1 << 10
	maxPeopleFeatures = 1 << 14

	// opposite is how far two directions can be apart, and how far from everybody an embedding is that has none.
	opposite = 2.0
)

// NewPeople makes People of a vector of length 1 for each of names, and keeps the names. network is the SHA-256 of the file that
// gave them, in hexadecimal; most is the distance up to which somebody is recognized.
func NewPeople(names []string, vectors [][]float32, network string, most float64) (*People, error) {
	p := &People{names: names, network: network, most: most}
	if len(vectors) > 0 {
		p.features = len(vectors[0])
	}
	for _, v := range vectors {
		p.vectors = append(p.vectors, v...)
		if len(v) != p.features {
			return nil, fmt.Errorf("task: people of %d and of %d features", p.features, len(v))
		}
	}
	if err := p.check(); err != nil {
		return nil, fmt.Errorf("task: people: %w", err)
	}
	return p, nil
}

// check says what of p cannot be.
func (p *People) check() error {
	n := len(p.names)
	switch {
	case n < 1 || n > MaxPeople:
		return fmt.Errorf("%d of them (want 1 to %d)", n, MaxPeople)
	case p.features < 2 || p.features > maxPeopleFeatures || len(p.vectors) != n*p.features:
		return fmt.Errorf("%d numbers for %d people (want 2 to %d for each)", len(p.vectors), n, maxPeopleFeatures)
	case !(p.most > 0 && p.most < opposite):
		return fmt.Errorf("a distance of %v (want more than 0, and less than %v)", p.most, opposite)
	}
	for i, name := range p.names {
		if name == "" || len(name) > maxLabel {
			return fmt.Errorf("a name of %d bytes (want 1 to %d)", len(name), maxLabel)
		}
		if length := length(p.vector(i)); !(math.Abs(length-1) < 1e-3) {
			return fmt.Errorf("a vector of length %v (want 1)", length)
		}
	}
	return nil
}

// Names are those of the people, in their order. They must not be changed.
func (p *People) Names() []string { return p.names }

// Network is the SHA-256 of the file of the network that has seen them, in hexadecimal.
func (p *People) Network() string { return p.network }

// MaxDistance is the distance up to which somebody is recognized.
func (p *People) MaxDistance() float64 { return p.most }

// vector is that of person i.
func (p *People) vector(i int) []float32 { return p.vectors[i*p.features : (i+1)*p.features] }

// Who tells whom an embedding shows. It allocates nothing, and costs a product for each number of each person. It panics if
// embedding has not as many numbers as there are features; one that is all zero, or has what is no number, shows nobody.
func (p *People) Who(embedding []float32) Who { return p.who(embedding, nil) }

// who is Who. It adds the score of each person to scores: 0 of those who are too far.
func (p *People) who(embedding []float32, scores *[]float32) Who {
	if len(embedding) != p.features {
		panic(fmt.Sprintf("task: an embedding of %d features (want %d)", len(embedding), p.features))
	}
	w, size := Who{Person: -1, Distance: math.Inf(1), Second: math.Inf(1)}, length(embedding)
	nearest := 0
	for i := range p.names {
		d := distanceAt(product32(embedding, p.vector(i)) / size)
		if d < w.Distance {
			w.Distance, w.Second, nearest = d, w.Distance, i
		} else if d < w.Second {
			w.Second = d
		}
		if scores != nil {
			*scores = append(*scores, float32(p.score(d)))
		}
	}
	if len(p.names) == 1 {
		w.Second = 0
	}
	if w.Score = p.score(w.Distance); w.Score > 0 {
		w.Person = nearest
	}
	return w
}

// score is how sure it is that somebody at a distance is who is nearest. It falls as the cosine does, with the square of the
// distance: so where nobody else is near, whoever is near enough has the score that a decision takes if nothing else is asked for.
func (p *People) score(distance float64) float64 {
	if distance > p.most {
		return 0
	}
	share := distance / p.most
	return 1 - float64(share*share)/2
}

// Apart is how far two embeddings are apart: the Euclidean distance after each has been divided by its length, 0 to 2. Its square is the
// distance of FaceNet (Schroff, Kalenichenko and Philbin, FaceNet: A Unified Embedding for Face Recognition and Clustering,
// 2015, section 3), and half of that is 1 minus the cosine. It is 2 if one is all zero, or has what is no number.
func Apart(a, b []float32) float64 {
	return distanceAt(product32(a, b) / (length(a) * length(b)))
}

// Mean is the direction in which embeddings lie: the mean of all, each divided by its length, and then divided by its own. ok is
// false if there is none: of no embedding, or if one is all zero, or has what is no number.
func Mean(embeddings ...[]float32) (mean []float32, ok bool) {
	if len(embeddings) == 0 {
		return nil, false
	}
	sums := make([]float64, len(embeddings[0]))
	for _, e := range embeddings {
		size := length(e)
		for i, v := range e {
			sums[i] += float64(v) / size
		}
	}
	size := 0.0
	for _, s := range sums {
		size += float64(s * s)
	}
	size = math.Sqrt(size)
	mean = make([]float32, len(sums))
	for i, s := range sums {
		mean[i] = float32(s / size)
	}
	return mean, size > 1e-6 && !math.IsInf(size, 1) // also if it is NaN
}

// distanceAt is the distance of two directions between which there is a cosine.
func distanceAt(cosine float64) float64 {
	if math.IsNaN(cosine) || math.IsInf(cosine, 0) {
		return opposite
	}
	return math.Sqrt(2 - float64(2*min(max(cosine, -1), 1)))
}

// length is the Euclidean length of a vector.
func length(v []float32) float64 { return math.Sqrt(product32(v, v)) }

// product32 is the sum of the products of two vectors. Products are rounded before they are added, so that it is the same on all
// machines.
func product32(a, b []float32) (sum float64) {
	b = b[:len(a)]
	for i, v := range a {
		sum += float64(float64(v) * float64(b[i]))
	}
	return sum
}
