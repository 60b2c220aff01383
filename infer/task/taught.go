package task

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"slices"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/model"
)

// Taught is what a network says of the pictures that it was taught with: so it knows what is none of them. It does not
// change, and may be used from several goroutines at once.
//
// How far a picture is from another is the cosine distance of their codes (see [Codes] and [Distance]). A picture is as
// familiar as a conformal p-value says: the share of the taught pictures that are at least as far from the others of their
// class as it is from the nearest of all. So about that share of the pictures of known things is less familiar, whatever the
// network (Vovk and others, Algorithmic Learning in a Random World, 2005).
type Taught struct {
	labels   []string
	pictures []TaughtPicture
	own      []float64 // distances within classes, sorted

	features int
	zero     int
	codes    []byte // of all pictures, one after the other
	norms    []norm // by picture
}

// TaughtPicture is one of the pictures that a network was taught with.
type TaughtPicture struct {
	ID    string // SHA-256 of its bytes, in hexadecimal
	Class int    // index of its class
}

// The limits of a Taught.
const (
	maxTaughtClasses  = 1 << 10
	maxTaughtPictures = 1 << 16
	maxTaughtFeatures = 1 << 15 // the products of so many bytes have a sum of 32 bits
)

// NewTaught makes a Taught, and keeps all that it is given. codes has those of all pictures, one after the other, as [Codes]
// made them; zero is what it returned. own has the distance of each picture to the nearest other one of its class, in any
// order; fewer if some are alone.
func NewTaught(labels []string, pictures []TaughtPicture, codes []byte, zero int, own []float64) (*Taught, error) {
	t := &Taught{labels: labels, pictures: pictures, own: own, zero: zero, codes: codes}
	if len(pictures) > 0 {
		t.features = len(codes) / len(pictures)
	}
	if err := t.check(); err != nil {
		return nil, fmt.Errorf("task: pictures that were taught: %w", err)
	}
	slices.Sort(t.own)
	for i := range pictures {
		t.norms = append(t.norms, newNorm(t.code(i), zero))
	}
	return t, nil
}

// check says what of t cannot be.
func (t *Taught) check() error {
	n := len(t.pictures)
	switch {
	case n < 1 || n > maxTaughtPictures:
		return fmt.Errorf("%d pictures (want 1 to %d)", n, maxTaughtPictures)
	case len(t.labels) < 1 || len(t.labels) > maxTaughtClasses:
		return fmt.Errorf("%d classes (want 1 to %d)", len(t.labels), maxTaughtClasses)
	case t.features < 1 || t.features > maxTaughtFeatures || len(t.codes) != n*t.features:
		return fmt.Errorf("%d bytes for %d pictures (want 1 to %d for each)", len(t.codes), n, maxTaughtFeatures)
	case t.zero < 0 || t.zero > 255:
		return fmt.Errorf("zero point %d (want 0 to 255)", t.zero)
	case len(t.own) > n:
		return fmt.Errorf("%d distances for %d pictures", len(t.own), n)
	}
	for _, p := range t.pictures {
		if id, err := hex.DecodeString(p.ID); err != nil || len(id) != idBytes {
			return fmt.Errorf("picture %.80q (want %d hexadecimal digits)", p.ID, 2*idBytes)
		}
		if p.Class < 0 || p.Class >= len(t.labels) {
			return fmt.Errorf("class %d of %d", p.Class, len(t.labels))
		}
	}
	for _, d := range t.own {
		if !(d >= 0 && d <= 2) {
			return fmt.Errorf("distance %v (want 0 to 2)", d)
		}
	}
	for _, l := range t.labels {
		if len(l) > maxLabel {
			return fmt.Errorf("a label of %d bytes (at most %d)", len(l), maxLabel)
		}
	}
	return nil
}

// Labels is the names of the classes. It must not be changed.
func (t *Taught) Labels() []string { return t.labels }

// Len is how many pictures were taught.
func (t *Taught) Len() int { return len(t.pictures) }

// Picture is picture i.
func (t *Taught) Picture(i int) TaughtPicture { return t.pictures[i] }

// code is the codes of picture i.
func (t *Taught) code(i int) []byte { return t.codes[i*t.features : (i+1)*t.features] }

// Familiar says how familiar a picture with these codes is, above 0 and at most 1, and which of the taught pictures is
// nearest. It panics if they are not as many as the features. It allocates nothing; its cost is a product for each number of
// each picture.
func (t *Taught) Familiar(codes []byte) (p float64, nearest int) {
	if len(codes) != t.features {
		panic(fmt.Sprintf("task: %d codes (want %d)", len(codes), t.features))
	}
	n, best := newNorm(codes, t.zero), math.Inf(1)
	for i := range t.pictures {
		if d := distance(codes, t.code(i), n, t.norms[i], t.zero); d < best {
			best, nearest = d, i
		}
	}
	at, _ := slices.BinarySearch(t.own, best)
	return float64(1+len(t.own)-at) / float64(1+len(t.own)), nearest
}

// Strange tells whether a picture that is as familiar as p is called unknown when that may happen to a share of the known
// ones: never if share is 0. With few pictures it happens to more of them: one in N + 1.
func (t *Taught) Strange(p, share float64) bool { return share > 0 && p <= max(share, t.Least()) }

// Least is the least that Familiar can return.
func (t *Taught) Least() float64 { return 1 / float64(1+len(t.own)) }

// Limit is the distance to the nearest taught picture above which a picture is strange; 2 if none is.
func (t *Taught) Limit(share float64) float64 {
	for i, d := range t.own { // the first above which too few are left
		if t.Strange(float64(len(t.own)-i)/float64(1+len(t.own)), share) {
			return d
		}
	}
	return 2
}

// Codes writes what a network says of a picture, a tensor that spec describes, to dst, in 8 bits for each number; zero is the
// one that stands for 0. Bytes keep their order. Real numbers are scaled, so that the greatest just fits: a cosine does not
// see that. The error is about sizes, or a type that no network gives.
func Codes(dst, tensor []byte, spec infer.TensorSpec) (zero int, err error) {
	if len(tensor) != spec.Bytes() || len(dst) != spec.Elements() {
		return 0, fmt.Errorf("task: codes of tensor %q: %d bytes into %d (want %d into %d)",
			spec.Name, len(tensor), len(dst), spec.Bytes(), spec.Elements())
	}
	switch spec.Type {
	case infer.Uint8:
		copy(dst, tensor)
	case infer.Int8:
		for i, v := range tensor {
			dst[i] = v ^ 0x80
		}
	case infer.Float32:
		scaledCodes(dst, tensor)
	}
	return codesZero(spec)
}

// codesZero is the code that stands for 0 in the codes of a tensor.
func codesZero(spec infer.TensorSpec) (int, error) {
	zero := -1
	switch spec.Type {
	case infer.Uint8:
		zero = spec.ZeroPoint
	case infer.Int8:
		zero = spec.ZeroPoint + 128
	case infer.Float32:
		zero = 128
	}
	if zero < 0 || zero > 255 {
		return 0, fmt.Errorf("task: %v cannot be an embedding: %w", spec, model.ErrUnsupported)
	}
	return zero, nil
}

// scaledCodes makes codes of real numbers. What is no number counts as 0; so does all if the greatest is infinite.
func scaledCodes(dst, tensor []byte) {
	value := func(i int) float64 {
		return float64(math.Float32frombits(binary.LittleEndian.Uint32(tensor[4*i:])))
	}
	most := 0.0
	for i := range dst {
		if v := math.Abs(value(i)); v > most {
			most = v
		}
	}
	for i := range dst {
		dst[i] = 128
		if v := value(i); v == v && most > 0 && !math.IsInf(most, 1) {
			dst[i] = byte(128 + int(math.Floor(float64(127*(v/most))+0.5)))
		}
	}
}

// Distance is 1 minus the cosine of two pictures' codes, of which zero stands for 0: from exact sums, so the same
// everywhere. It is 0 if they are alike, and 2 if they are opposites.
func Distance(a, b []byte, zero int) float64 {
	return distance(a, b[:len(a)], newNorm(a, zero), newNorm(b[:len(a)], zero), zero)
}

// norm is what a distance takes of codes by themselves: their sum, and the sum of the squares of the numbers they stand for.
type norm struct{ sum, squares int64 }

func newNorm(codes []byte, zero int) (n norm) {
	for _, c := range codes {
		n.sum += int64(c)
	}
	n.squares = product(codes, codes, n, n, zero)
	return n
}

// product is the sum of the products of the numbers that a and b stand for.
func product(a, b []byte, na, nb norm, zero int) int64 {
	sum, z := uint32(0), int64(zero)
	b = b[:len(a)]
	for i, v := range a {
		sum += uint32(v) * uint32(b[i])
	}
	return int64(sum) - z*(na.sum+nb.sum) + z*z*int64(len(a))
}

func distance(a, b []byte, na, nb norm, zero int) float64 {
	if na.squares == 0 || nb.squares == 0 { // a picture of which the network says nothing at all
		if na.squares == nb.squares {
			return 0
		}
		return 1
	}
	cos := float64(product(a, b, na, nb, zero)) / math.Sqrt(float64(na.squares)*float64(nb.squares))
	return 1 - min(max(cos, -1), 1)
}
