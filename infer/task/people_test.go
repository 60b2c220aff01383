package task

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/infer"
)

// peopleOf are people in a plane, each in a direction in degrees, called a, b, …
func peopleOf(t testing.TB, most float64, degrees ...float64) *People {
	t.Helper()
	var names []string
	var vectors [][]float32
	for i, d := range degrees {
		names, vectors = append(names, string(rune('a'+i))), append(vectors, direction(d, 1))
	}
	p, err := NewPeople(names, vectors, id(7), most)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// direction is a vector of some length.
func direction(degrees, length float64) []float32 {
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	return []float32{float32(length * cos), float32(length * sin)}
}

// apart is the distance of two directions, by geometry.
func apart(degrees float64) float64 { return 2 * math.Sin(math.Abs(degrees)*math.Pi/360) }

func TestWho(t *testing.T) {
	const most = 0.35 // 20.2 degrees
	for _, c := range []struct {
		name   string
		people []float64
		at     float64
		person int
		near   float64 // degrees to the nearest
		second float64 // and to the next
	}{
		{"exactly", []float64{0, 90}, 0, 0, 0, 90},
		{"near", []float64{0, 90}, 100, 1, 10, 100},
		{"just near enough", []float64{0, 90}, 20.1, 0, 20.1, 69.9},
		{"just too far", []float64{0, 90}, 20.2, -1, 20.2, 69.8},
		{"nobody", []float64{0, 90}, 180, -1, 90, 180},
		{"between two", []float64{0, 30, 60}, 14, 0, 14, 16},
		{"the last of three", []float64{0, 30, 60}, 65, 2, 5, 35},
		{"alone", []float64{0}, 5, 0, 5, 0},
		{"alone, and a stranger", []float64{0}, 50, -1, 50, 0},
	} {
		p := peopleOf(t, most, c.people...)
		for _, length := range []float64{1e-20, 0.5, 1, 1e30} { // which says nothing
			w := p.Who(direction(c.at, length))
			near := apart(c.near)
			score := 0.0
			if c.person >= 0 {
				score = 1 - near*near/(2*most*most)
			}
			const off = 1e-3 // of vectors in float32, whose directions are that much off at 0
			if w.Person != c.person || math.Abs(w.Distance-near) > off || math.Abs(w.Second-apart(c.second)) > off || math.Abs(w.Score-score) > off {
				t.Errorf("%s, length %v: %+v (want person %d, distance %v, second %v, score %v)", c.name, length, w, c.person, near, apart(c.second), score)
			}
		}
	}
}

// What no direction is, is nobody's.
func TestWhoHostile(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	p := peopleOf(t, 1.99, 0, 90)
	for _, e := range [][]float32{{0, 0}, {nan, 1}, {nan, nan}, {inf, 0}, {inf, -inf}, {float32(math.Inf(-1)), 1}} {
		if got, want := p.Who(e), (Who{-1, 0, 2, 2}); got != want {
			t.Errorf("%v: %+v", e, got)
		}
		if d := Apart(e, direction(0, 1)); d != 2 {
			t.Errorf("%v: apart %v", e, d)
		}
		if mean, ok := Mean(direction(0, 1), e); ok {
			t.Errorf("%v: mean %v", e, mean)
		}
	}
	for _, e := range [][]float32{{math.MaxFloat32, math.MaxFloat32}, {math.SmallestNonzeroFloat32, 0}} { // numbers all the same
		if got := p.Who(e); got.Person < 0 || got.Distance > 1 {
			t.Errorf("%v: %+v", e, got)
		}
	}
}

func TestMean(t *testing.T) {
	if mean, ok := Mean(direction(10, 100), direction(20, 1), direction(30, 0.01)); !ok || Apart(mean, direction(20, 1)) > 1e-3 {
		t.Errorf("%v, %v: lengths count", mean, ok)
	}
	if _, ok := Mean(direction(10, 1), direction(190, 5)); ok {
		t.Error("opposites have a mean")
	}
	if _, ok := Mean(); ok {
		t.Error("nothing has a mean")
	}
}

// A task with people says who it is, gives each a score, and leaves nothing of that for the next frame.
func TestDecodeWho(t *testing.T) {
	spec := tensor(infer.Float32, 1, 2)
	as, err := New([]infer.TensorSpec{spec}, Options{Reading: Reading{Kind: Embed}, People: peopleOf(t, 0.35, 0, 15, 90)})
	if err != nil {
		t.Fatal(err)
	}
	var f Findings
	decode := func(degrees float64) {
		t.Helper()
		if err := as.Decode(&f, [][]byte{floats(direction(degrees, 3)...)}); err != nil {
			t.Fatal(err)
		}
	}
	decode(5)
	if f.Who.Person != 0 || len(f.Classes) != 3 || f.Classes[0] != float32(f.Who.Score) || !(f.Classes[1] > 0.5 && f.Classes[1] < f.Classes[0]) || f.Classes[2] != 0 {
		t.Errorf("%+v, scores %v", f.Who, f.Classes)
	}
	decode(-90)
	if f.Who.Person != -1 || slices.Max(f.Classes) != 0 || len(f.Classes) != 3 {
		t.Errorf("%+v, scores %v", f.Who, f.Classes)
	}
	if n := testing.AllocsPerRun(10, func() { decode(5) }); n > 4 { // those of the test
		t.Errorf("%v allocations", n)
	}
	outs := [][]byte{floats(1, 0)}
	if n := testing.AllocsPerRun(10, func() { as.Decode(&f, outs) }); n != 0 {
		t.Errorf("%v allocations a frame", n)
	}
	alone, err := New([]infer.TensorSpec{spec}, Options{Reading: Reading{Kind: Embed}})
	if err != nil {
		t.Fatal(err)
	}
	if err := alone.Decode(&f, outs); err != nil || f.Who.Person != -1 || len(f.Classes) != 0 {
		t.Errorf("without people: %+v, scores %v, %v", f.Who, f.Classes, err)
	}
}

func TestPeopleOfAnotherModel(t *testing.T) {
	people := peopleOf(t, 0.35, 0)
	for want, o := range map[string]Options{
		"people of 2 features, and the model gives 3": {Reading: Reading{Kind: Embed}, People: people},
		"people are for models of the task embed":     {People: people},
	} {
		if _, err := New([]infer.TensorSpec{tensor(infer.Float32, 1, 3)}, o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v (want %q)", err, want)
		}
	}
}

func TestNewPeople(t *testing.T) {
	one := direction(0, 1)
	for want, c := range map[string]struct {
		names   []string
		vectors [][]float32
		most    float64
	}{
		"0 of them":                {nil, nil, 1},
		"a name of 0 bytes":        {[]string{""}, [][]float32{one}, 1},
		"a name of 256 bytes":      {[]string{strings.Repeat("a", 256)}, [][]float32{one}, 1},
		"2 numbers for 2 people":   {[]string{"a", "b"}, [][]float32{one}, 1},
		"of 2 and of 3 features":   {[]string{"a", "b"}, [][]float32{one, {1, 0, 0}}, 1},
		"1 numbers for 1 people":   {[]string{"a"}, [][]float32{{1}}, 1},
		"a vector of length 2":     {[]string{"a"}, [][]float32{{2, 0}}, 1},
		"a vector of length NaN":   {[]string{"a"}, [][]float32{{float32(math.NaN()), 0}}, 1},
		"a distance of 2 (want":    {[]string{"a"}, [][]float32{one}, 2},
		"a distance of 0 (want":    {[]string{"a"}, [][]float32{one}, 0},
		"a distance of NaN (want":  {[]string{"a"}, [][]float32{one}, math.NaN()},
		"1025 of them (want 1 to ": {make([]string, 1025), nil, 1},
	} {
		if _, err := NewPeople(c.names, c.vectors, "", c.most); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v (want %q)", err, want)
		}
	}
}

func TestPeopleFile(t *testing.T) {
	p := peopleOf(t, 0.35, 0, 33, 90)
	data, err := p.AppendBinary([]byte("x"))
	if err != nil {
		t.Fatal(err)
	}
	data = data[1:]
	back, err := ParsePeople(data, 0.5)
	if err != nil || back.MaxDistance() != 0.5 || back.Network() != id(7) || !slices.Equal(back.Names(), p.Names()) || !slices.Equal(back.vectors, p.vectors) {
		t.Fatalf("%+v, %v", back, err)
	}
	for n := range data {
		if _, err := ParsePeople(data[:n], 0.5); err == nil {
			t.Errorf("cut at %d: good", n)
		}
	}
	if _, err := ParsePeople(append(data, 0), 0.5); err == nil {
		t.Error("a byte more: good")
	}
	for name, damage := range map[string]func(b []byte){
		"people":   func(b []byte) { binary.LittleEndian.PutUint32(b[40:], math.MaxUint32) },
		"features": func(b []byte) { binary.LittleEndian.PutUint32(b[44:], math.MaxUint32) },
		"length":   func(b []byte) { copy(b[len(b)-8:], floats(3, 4)) },
		"numbers":  func(b []byte) { copy(b[len(b)-4:], floats(float32(math.NaN()))) },
		"version":  func(b []byte) { b[7]++ },
	} {
		bad := bytes.Clone(data)
		damage(bad)
		if _, err := ParsePeople(bad, 0.5); err == nil {
			t.Errorf("damaged %s: good", name)
		}
	}
	p.network = "zz"
	if _, err := p.AppendBinary(nil); err == nil {
		t.Error("people of no network: good")
	}
}

func FuzzParsePeople(f *testing.F) {
	data, err := peopleOf(f, 0.35, 0, 33).AppendBinary(nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := ParsePeople(data, 0.35)
		if err != nil {
			return
		}
		again, err := p.AppendBinary(nil)
		if err != nil || !bytes.Equal(again, data) {
			t.Errorf("%q, then %q: %v", data, again, err)
		}
		if w := p.Who(p.vector(0)); w.Person < 0 || w.Distance > 0.1 {
			t.Errorf("%+v", w)
		}
	})
}

func BenchmarkWho(b *testing.B) { // 100 people of 512 features
	var names []string
	var vectors [][]float32
	for i := range 100 {
		v := make([]float32, 512)
		v[i] = 1
		names, vectors = append(names, "someone"), append(vectors, v)
	}
	p, err := NewPeople(names, vectors, "", 0.35)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		p.Who(vectors[7])
	}
}
