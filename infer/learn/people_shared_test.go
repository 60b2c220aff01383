package learn

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/infer/cpu"
	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/infer/task"
	"github.com/inceptiond/inceptiond/internal/testing/faces"
	"github.com/inceptiond/inceptiond/internal/testing/shared"
)

var peopleFolder = flag.String("people", "", "measure with the faces in this folder, a folder for each person, instead of the shared ones")

// TestPeopleShared measures how well the shared face network tells people apart, with the mean of their pictures and with the nearest one: the
// table of docs/people.md.
func TestPeopleShared(t *testing.T) {
	dir := shared.Dir(t)
	set := []Picture{}
	for name, list := range faces.Shared(t) {
		for _, data := range list {
			set = append(set, pictureOf(data, name))
		}
	}
	if *peopleFolder != "" {
		set = facesIn(t, *peopleFolder)
	}
	by := embeddingsOf(t, filepath.Join(dir, "models/zoo/face_recognition_resnet_int8.tflite"), set)
	var table strings.Builder
	fmt.Fprintf(&table, "| pictures of each | known by | %s |\n|---|---|%s\n", joined(" | ", func(d float64) string { return fmt.Sprintf("at %.2f", d) }),
		joined("", func(float64) string { return "---|" }))
	most := 0
	for _, list := range by {
		most = max(most, len(list)-1)
	}
	for n := 1; n <= min(most, 4); n++ {
		for _, way := range []string{"mean", "nearest"} {
			m := measure(by, n, way == "mean")
			fmt.Fprintf(&table, "| %d | %s | %s |\n", n, way, joined(" | ", m.text))
			if rejected, accepted := m.at(0.35); *peopleFolder == "" && way == "mean" && (rejected > 0.02 || accepted > 0.02) {
				t.Errorf("%d pictures: at 0.35 %.1f %% are not recognized, %.1f %% of strangers taken", n, 100*rejected, 100*accepted)
			}
		}
	}
	t.Logf("\n%s", table.String())
	if *writeFigures && *peopleFolder == "" {
		writeFigure(t, "people.md", "make people-bench", table.String())
	}
}

// The distances that are measured.
var measured = []float64{0.25, 0.30, 0.35, 0.40}

func joined(by string, each func(float64) string) string {
	var list []string
	for _, d := range measured {
		list = append(list, each(d))
	}
	return strings.Join(list, by)
}

// measurement is the distances of pictures to their own person, and to strangers.
type measurement struct{ own, others []float64 }

// at is the share of the known that are not recognized, and of the strangers that are taken for somebody, at a distance.
func (m *measurement) at(most float64) (rejected, accepted float64) {
	for _, d := range m.own {
		rejected += float64(count(d > most)) / float64(len(m.own))
	}
	for _, d := range m.others {
		accepted += float64(count(d <= most)) / float64(len(m.others))
	}
	return rejected, accepted
}

func (m *measurement) text(most float64) string {
	rejected, accepted := m.at(most)
	return fmt.Sprintf("%.1f %%, %.1f %%", 100*rejected, 100*accepted)
}

// measure enrols each person with n of their pictures, many times drawn anew, and asks for the others, and for those of everybody else.
func measure(by map[string][][]float32, n int, mean bool) *measurement {
	const draws = 60
	r, m := rand.New(rand.NewPCG(1, 2)), &measurement{}
	var names []string
	for name := range by {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		for range draws {
			order := r.Perm(len(by[name]))
			var known [][]float32
			for _, i := range order[:n] {
				known = append(known, by[name][i])
			}
			if mean {
				v, _ := task.Mean(known...)
				known = [][]float32{v}
			}
			for _, i := range order[n:] {
				m.own = append(m.own, nearestOf(known, by[name][i]))
			}
			for _, other := range names {
				if other == name {
					continue
				}
				for _, v := range by[other] {
					m.others = append(m.others, nearestOf(known, v))
				}
			}
		}
	}
	return m
}

func nearestOf(known [][]float32, v []float32) float64 {
	least := none
	for _, k := range known {
		least = min(least, task.Apart(k, v))
	}
	return least
}

// embeddingsOf are what a network says of pictures, by person.
func embeddingsOf(t *testing.T, file string, set []Picture) map[string][][]float32 {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	m, err := model.Parse(data, model.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	e, err := cpu.New(m, cpu.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	network := Embedder{SHA256: m.SHA256, Input: e.Input(), Outputs: e.Outputs()}
	n := &enrolment{network: network, embedding: make([]byte, e.Outputs()[0].Bytes())}
	if n.shower, err = newShower(e.Input(), 1, e, Defaults().Preprocess); err != nil {
		t.Fatal(err)
	}
	n.outs[0] = n.embedding
	by := map[string][][]float32{}
	for i := range set {
		p := &seen{Picture: &set[i]}
		if err := n.show(t.Context(), p); err != nil {
			t.Fatal(err)
		}
		by[p.Class] = append(by[p.Class], p.features)
	}
	return by
}

// facesIn are the pictures of a folder that has a folder for each person.
func facesIn(t *testing.T, dir string) (set []Picture) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*", "*.[jp][pn]*g"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no pictures in %s: %v", dir, err)
	}
	for _, file := range files {
		set = append(set, fileOf(file, filepath.Base(filepath.Dir(file))))
	}
	return set
}
