package quantize

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/internal/text"
)

const (
	fewPictures  = 32 // below which ranges may miss much
	likePictures = 4. // deviation of pictures from each other, in levels, below which they show the same
	hugeChannel  = 16 // times as far as the next one: it takes four of the eight bits from the others
	maxNamed     = 3  // examples in a warning
)

func (j *job) warn(format string, args ...any) {
	j.report.Warnings = append(j.report.Warnings, fmt.Sprintf(format, args...))
}

// likeness tells how much pictures differ from each other.
type likeness struct {
	n             int
	sums, squares []float64 // of parts of the picture
}

// add takes a picture.
func (l *likeness) add(pixels []byte) {
	const parts = 256
	if l.sums == nil {
		l.sums, l.squares = make([]float64, parts), make([]float64, parts)
	}
	l.n++
	size := max(1, len(pixels)/parts)
	for k := range min(parts, len(pixels)/size) {
		sum := 0
		for _, v := range pixels[k*size : (k+1)*size] {
			sum += int(v)
		}
		mean := float64(sum) / float64(size)
		l.sums[k] += mean
		l.squares[k] += mean * mean
	}
}

// deviation is by how many levels the same part of two pictures differs, on average.
func (l *likeness) deviation() float64 {
	total := 0.
	for k := range l.sums {
		mean := l.sums[k] / float64(l.n)
		total += max(0, l.squares[k]/float64(l.n)-mean*mean)
	}
	return math.Sqrt(total / float64(max(1, len(l.sums))))
}

func (j *job) warnPictures(same *likeness) {
	if n := j.o.Pictures.N; n < fewPictures {
		j.warn("ranges were measured with %s: 100 or more that show what the model is to see give better ones", text.Plural(n, "picture"))
	}
	if d := same.deviation(); same.n > 1 && d < likePictures {
		j.warn("all pictures are nearly the same (they differ by %.1f of 255 levels): ranges hold for what they show alone", d)
	}
	if j.o.Test.N == 0 {
		j.warn("no pictures are left to test with: agreement is that of pictures that ranges were measured with")
	}
}

// warnRanges tells of ranges that are odd.
func (j *job) warnRanges() {
	var dead, huge []string
	deadChannels, allChannels := 0, 0
	for _, t := range j.plan.open() {
		s, name := j.spreads[t], j.ready.Tensors[t].Name
		deadChannels, allChannels = deadChannels+s.dead(), allChannels+len(s.lows)
		if s.low == s.high {
			dead = append(dead, fmt.Sprintf("%.60q", name))
		}
		if c, times := s.widest(); times >= hugeChannel && len(s.lows) > 2 {
			huge = append(huge, fmt.Sprintf("%.60q (channel %d reaches %.0f times as far as any other)", name, c, times))
		}
	}
	if len(dead) > 0 {
		j.warn("%s the same number wherever one looks, in all pictures: %s (are mean %v and std %v those of the training?)",
			plural(len(dead), "tensor has", "tensors have"), some(dead), j.o.Mean, j.o.Std)
	}
	if allChannels > 0 && deadChannels*4 > allChannels {
		j.warn("%d of %d channels have the same number in all pictures: more pictures, or others, may wake them", deadChannels, allChannels)
	}
	if len(huge) > 0 {
		j.warn("%s few levels for most channels: %s", plural(len(huge), "tensor has", "tensors have"), some(huge))
	}
}

// agreed is the share of the float model's sure answers that a model of 8 bits is to give too.
const agreed = 0.98

// warnAgreement tells of answers that are not those of the float model.
func (j *job) warnAgreement() {
	hint := "more pictures, and such as it is to see, may help; else the float model is the one to take"
	if j.o.Uint8 {
		hint = "int8, with a scale for each channel of weights, is the better format for this model (leave out --uint8)"
	}
	for i := range j.report.Outputs {
		if o := &j.report.Outputs[i]; share(o.SureSame, o.Sure) < agreed {
			j.warn("where the float model gives its best class %g or more, that is the best class of 8 bits too in %s only: %s", sure, ratio(o.SureSame, o.Sure), hint)
		}
	}
}

// warnWeights tells of weights that share one scale although some need a much larger one.
func (j *job) warnWeights(m *made) {
	var huge []string
	for i := range j.ready.Operators {
		r := j.plan.rules[i]
		if j.plan.why[i] != "" || r.kind != weighted || j.plan.bytes == model.Int8 && r.axis >= 0 {
			continue
		}
		w := &j.ready.Tensors[j.ready.Operators[i].Inputs[1]]
		if times := unevenness(w, max(r.axis, 0)); times >= hugeChannel {
			huge = append(huge, fmt.Sprintf("%.60q (one reaches %.0f times as far as half of them do)", w.Name, times))
		}
	}
	if len(huge) > 0 {
		hint := ""
		if j.plan.bytes == model.Uint8 {
			hint = "; int8, with a scale for each channel, does not have that trouble"
		}
		j.warn("%s one scale for channels that differ much: %s%s", plural(len(huge), "weight tensor has", "weight tensors have"), some(huge), hint)
	}
}

// unevenness is how many times as far as the middle one the widest channel of weights reaches.
func unevenness(w *model.Tensor, axis int) float64 {
	values, err := numbers(w)
	if err != nil {
		return 0
	}
	n := w.Shape[axis]
	reach := reaches(values, n, channels(w.Shape, axis, n))
	slices.Sort(reach)
	if reach[n/2] == 0 {
		return 0
	}
	return reach[n-1] / reach[n/2]
}

// plural is "1 tensor has" or "3 tensors have".
func plural(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, more)
}

// some are the first of a list.
func some(list []string) string {
	if len(list) > maxNamed {
		return strings.Join(list[:maxNamed], ", ") + ", …"
	}
	return strings.Join(list, ", ")
}
