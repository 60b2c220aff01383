package replay

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/inceptiond/inceptiond/daemon/bundle"
)

// Stage is a part of the way of a frame, in order.
type Stage int

// The stages. What is different at one of them mostly is so at all that follow.
const (
	Frame    Stage = iota // the picture itself
	Tensor                // what the model was given
	Outputs               // what it answered
	Findings              // what that means
	Decision              // and what is decided by it
	Messages              // all else that was published
	stages                // how many there are
)

// String is the stage's name.
func (s Stage) String() string {
	return [...]string{"frame", "tensor", "outputs", "findings", "decision", "messages"}[s]
}

// MarshalText is String, for JSON.
func (s Stage) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Difference is where two runs of the same frame part.
type Difference struct {
	Stage Stage  `json:"stage"`
	What  string `json:"what,omitempty"`   // within the stage: "predictions[0].score"; empty: all of it
	A     string `json:"before,omitempty"` // what the one run has there, in short
	B     string `json:"now,omitempty"`    // and the other
}

// The greatest differences between float32 models by kernels of two kinds, or by two engines: of numbers in an output in parts of the
// greatest of them, as the engine's tests hold it to others, and of scores, shares and places, which are made of them.
const (
	outputTolerance  = 1e-4
	findingTolerance = 1e-3
)

// comparer compares steps of two runs.
type comparer struct {
	loose      bool   // the answers were computed in two ways, which float32 may tell apart
	main, then []bool // by output of the camera's model, and of a second one: it has float32
	other      bool   // the models are others: that messages name them is no difference

	greatest float64 // the greatest difference within an output, in parts of its greatest number, that loose let pass
	unseen   int     // outputs that differ, nobody knows by how much: only hashes are there
	passed   bool    // something was let pass
}

// compare lists the differences of two steps of the same frame, in the order of the stages, at most one for each.
func (c *comparer) compare(a, b *bundle.Step) (list []Difference) {
	add := func(s Stage, what, a, b string) { list = append(list, Difference{s, what, a, b}) }
	if a.SHA256 != b.SHA256 {
		add(Frame, "", short(a.SHA256), short(b.SHA256))
	}
	if what, x, y := tensors(a, b); x != y {
		add(Tensor, what, short(x), short(y))
	}
	if what, x, y := c.outputs(a, b); x != y {
		add(Outputs, what, x, y)
	}
	one, other := c.stages(a), c.stages(b)
	for s := Findings; s < stages; s++ {
		if what, x, y, same := c.values(s.String(), one[s], other[s]); !same {
			add(s, strings.TrimPrefix(strings.TrimPrefix(what, s.String()), "."), x, y)
		}
	}
	return list
}

// tensors is the first tensor that differs: the frame's, or that of a crop.
func tensors(a, b *bundle.Step) (what, x, y string) {
	if a.Tensor != b.Tensor {
		return "", a.Tensor, b.Tensor
	}
	if len(a.Crops) != len(b.Crops) {
		return "crops of the second model", fmt.Sprint(len(a.Crops)), fmt.Sprint(len(b.Crops))
	}
	for i := range a.Crops {
		if x, y := a.Crops[i].Tensor, b.Crops[i].Tensor; x != y {
			return fmt.Sprintf("crop %d", i+1), x, y
		}
	}
	return "", "", ""
}

// outputs is the first output that differs, by more than may be.
func (c *comparer) outputs(a, b *bundle.Step) (what, x, y string) {
	if what, x, y = c.seen(&a.Seen, &b.Seen, c.main); x != y {
		return what, x, y
	}
	for i := range min(len(a.Crops), len(b.Crops)) {
		if what, x, y = c.seen(&a.Crops[i], &b.Crops[i], c.then); x != y {
			return fmt.Sprintf("crop %d, %s", i+1, what), x, y
		}
	}
	return "", "", ""
}

// seen is outputs for one run of a model, of which is told which outputs have float32.
func (c *comparer) seen(a, b *bundle.Seen, floats []bool) (what, x, y string) {
	for i := range max(len(a.Outputs), len(b.Outputs)) {
		x, y := at(a.Outputs, i), at(b.Outputs, i)
		if x == y {
			continue
		}
		what := fmt.Sprintf("output %d", i)
		va, vb := at(a.Values, i), at(b.Values, i)
		known := len(va) > 0 && len(va) == len(vb)
		switch {
		case !at(floats, i) || x == "" || y == "" || !known && !c.loose:
			return what, short(x), short(y)
		case !known:
			c.unseen, c.passed = c.unseen+1, true
			continue
		}
		by, most, first := apart(va, vb)
		if c.loose && by <= outputTolerance*most {
			c.greatest, c.passed = max(c.greatest, by/most), true
			continue
		}
		return fmt.Sprintf("%s, by up to %.2g of %.2g, first%s", what, by, most, first.where), first.a, first.b
	}
	return "", "", ""
}

// at is an element of a list; where there is none the zero value.
func at[T any](list []T, i int) (v T) {
	if i < len(list) {
		v = list[i]
	}
	return v
}

// numbers are two that differ.
type numbers struct{ where, a, b string }

// apart is by how much numbers of float32 differ at most, the greatest of them, and the first two that differ.
func apart(a, b []byte) (by, most float64, first numbers) {
	most = math.SmallestNonzeroFloat32
	for i := 0; i+4 <= len(a); i += 4 {
		x, y := float(a[i:]), float(b[i:])
		if x == y || math.IsNaN(x) && math.IsNaN(y) {
			most = max(most, math.Abs(x))
			continue
		}
		if first.where == "" {
			first = numbers{fmt.Sprintf(" at %d", i/4), fmt.Sprintf("%.9g", x), fmt.Sprintf("%.9g", y)}
		}
		if d := math.Abs(x - y); !(d <= math.MaxFloat64) { // one of them is no number
			by = math.Inf(1)
		} else {
			by, most = max(by, d), max(most, math.Abs(x), math.Abs(y))
		}
	}
	return by, most, first
}

// stages is what a step's messages say, by the stages that it belongs to.
func (c *comparer) stages(s *bundle.Step) (by [stages]any) {
	findings, decisions, messages := map[string]any{}, map[string]any{}, map[string]any{}
	kinds, times := []any{}, map[string]int{}
	for _, m := range s.Messages {
		_, kind, _ := strings.Cut(m.Topic, "/")
		kinds = append(kinds, kind)
		name := kind
		if times[kind]++; times[kind] > 1 {
			name = fmt.Sprintf("%s %d", kind, times[kind])
		}
		var v map[string]any
		if json.Unmarshal(m.Payload, &v) != nil { // a count, or a picture
			messages[name] = string(m.Payload) + m.SHA256
			continue
		}
		c.forget(v)
		switch kind {
		case "result":
			decisions["result"] = v["decision"]
			delete(v, "decision")
			maps.Copy(findings, v)
		case "decision":
			decisions["decision"] = v
		default:
			messages[name] = v
		}
	}
	messages["all"] = kinds
	by[Findings], by[Decision], by[Messages] = findings, decisions, messages
	return by
}

// forget takes out of a message what is no evidence: which device it was, who answered, which is told beside it, and the model's name,
// where that is another on purpose.
func (c *comparer) forget(v map[string]any) {
	delete(v, "device")
	delete(v, "engine")
	delete(v, "stages")
	delete(v, "clock_synced")
	if c.other {
		delete(v, "model")
	}
}

// values compares two values of JSON, and tells the first place where they differ.
func (c *comparer) values(where string, a, b any) (what, x, y string, same bool) {
	switch a := a.(type) {
	case map[string]any:
		if b, ok := b.(map[string]any); ok {
			return c.objects(where, a, b)
		}
	case []any:
		if b, ok := b.([]any); ok {
			return c.lists(where, a, b)
		}
	case float64:
		if b, ok := b.(float64); ok && c.near(a, b) {
			return "", "", "", true
		}
	case string:
		if b, ok := b.(string); ok && c.alike(a, b) {
			return "", "", "", true
		}
	default:
		if a == b {
			return "", "", "", true
		}
	}
	return where, said(a), said(b), false
}

func (c *comparer) objects(where string, a, b map[string]any) (what, x, y string, same bool) {
	keys := slices.Collect(maps.Keys(a))
	for key := range b {
		if _, there := a[key]; !there {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	for _, key := range keys {
		x, inA := a[key]
		y, inB := b[key]
		if !inA || !inB {
			return where + "." + key, orNothing(x, inA), orNothing(y, inB), false
		}
		if what, x, y, same := c.values(where+"."+key, x, y); !same {
			return what, x, y, false
		}
	}
	return "", "", "", true
}

func (c *comparer) lists(where string, a, b []any) (what, x, y string, same bool) {
	for i := range min(len(a), len(b)) {
		if what, x, y, same := c.values(fmt.Sprintf("%s[%d]", where, i), a[i], b[i]); !same {
			return what, x, y, false
		}
	}
	if len(a) != len(b) {
		return where, said(a), said(b), false
	}
	return "", "", "", true
}

// near tells whether two numbers are the same, or nearly where that is enough.
func (c *comparer) near(a, b float64) bool {
	if a == b {
		return true
	}
	if !c.loose || math.Abs(a-b) > findingTolerance*max(1, math.Abs(a), math.Abs(b)) {
		return false
	}
	c.passed = true
	return true
}

// alike tells whether two texts are the same; where that is enough, but for the last place of the scores in them, which are cut.
func (c *comparer) alike(a, b string) bool {
	if a == b {
		return true
	}
	if !c.loose {
		return false
	}
	x, y := strings.FieldsFunc(a, between), strings.FieldsFunc(b, between)
	if len(x) != len(y) {
		return false
	}
	for i := range x {
		if x[i] != y[i] && !cents(x[i], y[i]) {
			return false
		}
	}
	c.passed = true
	return true
}

func between(r rune) bool { return r == ' ' || r == ',' || r == ';' }

// cents tells whether two numbers with two decimals differ by one in the last of them.
func cents(a, b string) bool {
	var x, y float64
	if !strings.Contains(a, ".") || json.Unmarshal([]byte(a), &x) != nil || json.Unmarshal([]byte(b), &y) != nil {
		return false
	}
	return math.Abs(x-y) < 0.0101
}

// short is the beginning of a hash.
func short(hash string) string {
	if hash == "" {
		return "nothing"
	}
	return hash[:min(len(hash), 12)]
}

func orNothing(v any, there bool) string {
	if !there {
		return "nothing"
	}
	return said(v)
}

// maxText is the longest value that is told, in bytes.
const maxText = 120

// said is a value in JSON, cut where it is long.
func said(v any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return fmt.Sprint(v)
	}
	s := strings.TrimSpace(b.String())
	if len(s) > maxText {
		return strings.ToValidUTF8(s[:maxText], "") + "…"
	}
	return s
}

// float is the first number of float32 in b.
func float(b []byte) float64 { return float64(math.Float32frombits(binary.LittleEndian.Uint32(b))) }
