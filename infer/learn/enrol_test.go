package learn

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/task"
)

// plane is a network whose embeddings are a direction: how red and how green a picture is. Of one that is black it says nothing.
type plane struct{ runs int }

func (p *plane) Run(_ context.Context, in []byte, outs [][]byte) (infer.By, error) {
	p.runs++
	var sums [2]float32
	for i, v := range in {
		if i%3 < 2 {
			sums[i%3] += float32(v)
		}
	}
	for i, s := range sums {
		binary.LittleEndian.PutUint32(outs[1][4*i:], math.Float32bits(s))
	}
	return infer.By{}, nil
}

func planeNetwork() Embedder {
	return Embedder{
		SHA256: strings.Repeat("ab", 32), At: 1,
		Input:   infer.TensorSpec{Shape: []int{1, 8, 8, 3}, Type: infer.Uint8},
		Outputs: []infer.TensorSpec{{Shape: []int{1, 5}, Type: infer.Uint8}, {Shape: []int{1, 2}, Type: infer.Float32}},
	}
}

// face is a picture in a direction, 0 to 90 degrees, unlike all others of another number.
func face(degrees float64, i byte) []byte {
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	return bmp(8, 8, func(x, y int) [3]byte { return [3]byte{byte(250*cos + 0.5), byte(250*sin + 0.5), i} })
}

// facesOf are pictures of somebody in several directions.
func facesOf(name string, degrees ...float64) (set []Picture) {
	for i, d := range degrees {
		set = append(set, pictureOf(face(d, byte(i)), name))
	}
	return set
}

func enrolled(t *testing.T, set []Picture, o Options) *Version {
	t.Helper()
	v, err := Enrol(t.Context(), planeNetwork(), &plane{}, set, o, nil)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// Three people, 9 degrees between the pictures of one (0.157 apart): nobody is taken for another, and who knows what would be better says so.
func TestEnrol(t *testing.T) {
	var stages []string
	set := slices.Concat(facesOf("bert", 41, 50), facesOf("anna", 0, 9, 18), facesOf("cleo", 72, 81, 90))
	o := Defaults()
	o.Name, o.BaseFile, o.Program, o.MaxDistance = "family", "plane.tflite", "1.0", 0.2
	v, err := Enrol(t.Context(), planeNetwork(), &plane{}, set, o, func(p Progress) {
		if !slices.Contains(stages, p.Stage) {
			stages = append(stages, p.Stage)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	r := &v.Report
	if !slices.Equal(stages, []string{StagePictures, StageModel}) || v.Model != nil || v.ID != r.SHA256[:12] || !slices.Equal(v.Labels, []string{"anna", "bert", "cleo"}) {
		t.Errorf("%q, version %s of %q", stages, v.ID, v.Labels)
	}
	people, err := task.ParsePeople(v.People, 0.2)
	if err != nil || people.Network() != planeNetwork().SHA256 {
		t.Fatal(people, err)
	}
	for i, degrees := range []float64{9, 45.5, 81} {
		sin, cos := math.Sincos(degrees * math.Pi / 180)
		if w := people.Who([]float32{float32(cos), float32(sin)}); w.Person != i || w.Distance > 0.01 {
			t.Errorf("%v degrees: %+v", degrees, w)
		}
	}
	// Left out, the pictures at the ends are 13.5 degrees from the mean of the others (0.235), those in the middle 0, and Bert's 9 (0.157); the
	// nearest of strangers is 32 degrees off (0.55), but that from Bert's mean to the nearest of the others is 26.5 or 27.5 (0.46).
	if r.Right != 4 || r.Total != 8 || !slices.Equal(r.Confusion[1], []int{0, 2, 0}) || !slices.Equal(r.Confusion[0], []int{1, 0, 0}) {
		t.Errorf("%d of %d right, %v", r.Right, r.Total, r.Confusion)
	}
	p := r.People
	if p == nil || p.Suggested < 0.33 || p.Suggested > 0.36 || p.Strangers != 8 {
		t.Fatalf("%+v", p)
	}
	for _, at := range p.Distances {
		right, accepted := 0, 0
		if at.MaxDistance > 0.24 {
			right = 8
		} else if at.MaxDistance > 0.16 {
			right = 4
		}
		if at.MaxDistance > 0.78 { // all
			accepted = 8
		}
		if at.Right != right || at.Wrong != 0 || at.Accepted < accepted || at.Accepted > 0 && at.MaxDistance < 0.45 {
			t.Errorf("%+v, want %d right", at, right)
		}
	}
	if w := warningOf(v, WarnDistance); !strings.Contains(w.Text, "max_distance: 0.2 4 of 8 pictures") || !strings.Contains(w.Text, "it is 8 and 0") {
		t.Errorf("%q", w.Text)
	}
	if w := warningOf(v, WarnTooLittle); !slices.Equal(w.Classes, []string{"bert"}) {
		t.Errorf("%+v", w)
	}
	backwards := slices.Clone(set)
	slices.Reverse(backwards)
	if again := enrolled(t, backwards, o); again.ID != v.ID || !bytes.Equal(again.People, v.People) {
		t.Error("the order of the pictures tells")
	}
	fitsSchema(t, r)
}

// What a user should know is said, with the pictures that it is about.
func TestEnrolWarns(t *testing.T) {
	wrong := face(88, 50) // among Anna's, and looks like Cleo
	far := face(60, 51)
	copied := face(0.5, 52)
	for _, c := range []struct {
		name string
		set  []Picture
		kind string
		want string // in the text
		also []byte // a picture that is named
	}{
		{"somebody else's", slices.Concat(facesOf("anna", 0, 10, 20), []Picture{pictureOf(wrong, "anna")}, facesOf("cleo", 70, 80, 90)), WarnWrongLabel, "nearer to cleo", wrong},
		{"far off", slices.Concat(facesOf("anna", 0, 10, 20), []Picture{pictureOf(far, "anna")}), WarnWrongLabel, "is far from the others of anna", far},
		{"near-copies", slices.Concat(facesOf("anna", 0, 20, 10), []Picture{pictureOf(copied, "anna")}), WarnNearCopies, "of 4 pictures of anna, 1 are near-copies", copied},
		{"the same file", slices.Concat(facesOf("anna", 0, 20, 10), facesOf("anna", 0)), WarnNearCopies, "of 4 pictures of anna, 1 are near-copies", nil},
		{"one picture", facesOf("anna", 0), WarnTooLittle, "anna has 1 picture: often not recognized", nil},
		{"one scene", facesOf("anna", 0, 1, 2), WarnNoEstimate, "all pictures of anna are of one scene", nil},
		{"look alike", slices.Concat(facesOf("anna", 0, 10, 20), facesOf("bea", 15, 25, 35)), WarnLookSame, "anna and bea look alike", nil},
		{"not told apart", slices.Concat(facesOf("anna", 0, 10, 20, 40, 60), facesOf("bea", 5, 15, 25, 45, 65)), WarnBadBase, "is it one for faces", nil},
		{"no face", slices.Concat(facesOf("anna", 0, 10, 20), []Picture{pictureOf(bmp(8, 8, func(x, y int) [3]byte { return [3]byte{} }), "anna")}), WarnSkipped, "all zero", nil},
	} {
		v := enrolled(t, c.set, Defaults())
		w := warningOf(v, c.kind)
		if !strings.Contains(w.Text, c.want) || c.also != nil && !slices.Contains(w.Pictures, fmt.Sprintf("%x", sha256.Sum256(c.also))) && c.kind != WarnNearCopies {
			t.Errorf("%s: %q about %q, of %+v", c.name, w.Text, w.Pictures, v.Report.Warnings)
		}
		fitsSchema(t, &v.Report)
	}
	if good := enrolled(t, slices.Concat(facesOf("anna", 0, 10, 20), facesOf("cleo", 70, 80, 90)), Defaults()); len(good.Report.Warnings) != 0 {
		t.Errorf("%+v", good.Report.Warnings)
	}
}

// One person alone can be enrolled; how near strangers would come nobody can tell.
func TestEnrolOne(t *testing.T) {
	v := enrolled(t, facesOf("anna", 0, 10, 20), Defaults())
	if p := v.Report.People; p.Suggested != 0 || p.Strangers != 0 || v.Report.Right != 3 {
		t.Errorf("%+v, %d of %d", p, v.Report.Right, v.Report.Total)
	}
}

// Pictures of one camera within a minute are one.
func TestEnrolMoments(t *testing.T) {
	set := facesOf("anna", 0, 15, 30)
	for i := range set {
		set[i].Camera, set[i].Time = "gate", time.Unix(1000+20*int64(i), 0)
	}
	if r := enrolled(t, set, Defaults()).Report; r.Total != 0 || r.Classes[0].NearCopies != 2 {
		t.Errorf("%d asked, %+v", r.Total, r.Classes)
	}
}

func TestEnrolRefuses(t *testing.T) {
	held := func(o *Options) { o.Held = facesOf("anna", 0.2) }
	for _, c := range []struct {
		name   string
		set    []Picture
		change func(*Options)
		want   string
	}{
		{"nobody", nil, nil, "there are pictures of 0 people (it takes 1 to 100)"},
		{"a name", facesOf("Anna B", 0), nil, `a class cannot be called "Anna B"`},
		{"nothing readable", []Picture{pictureOf([]byte("x"), "anna")}, nil, "none of the pictures of anna can be used"},
		{"held out", facesOf("anna", 0, 10), held, "which is held out for tests"},
	} {
		o := Defaults()
		if c.change != nil {
			c.change(&o)
		}
		_, err := Enrol(t.Context(), planeNetwork(), &plane{}, c.set, o, nil)
		if refusal := new(Refusal); !errors.As(err, &refusal) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v (want %q)", c.name, err, c.want)
		}
	}
	o := Defaults()
	o.MaxDistance = 2
	if _, err := Enrol(t.Context(), planeNetwork(), &plane{}, facesOf("anna", 0), o, nil); err == nil {
		t.Error("a distance of 2: good")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Enrol(ctx, planeNetwork(), &plane{}, facesOf("anna", 0), Defaults(), nil); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// Of more pictures than are used the rest is named.
func TestEnrolMany(t *testing.T) {
	o := Defaults()
	o.MaxPictures = 4
	v := enrolled(t, facesOf("anna", 0, 5, 10, 15, 20, 25), o)
	if r := v.Report; len(r.NotUsed) != 2 || r.Classes[0].Used != 4 || warningOf(v, WarnNotUsed).Text == "" {
		t.Errorf("%+v, %+v", r.NotUsed, r.Classes)
	}
	fitsSchema(t, &v.Report)
}
