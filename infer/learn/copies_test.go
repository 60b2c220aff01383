package learn

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// pointed is a picture whose codes point in a direction of their own.
func pointed(id, class int, codes ...byte) *seen {
	return &seen{Picture: &Picture{Class: kinds[class]}, id: fmt.Sprintf("%064d", id), class: class, codes: codes}
}

// TestJoin finds near-copies by their codes and by their time.
func TestJoin(t *testing.T) {
	start := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	at := func(s *seen, camera string, seconds int) *seen {
		s.Camera, s.Time = camera, start.Add(time.Duration(seconds)*time.Second)
		return s
	}
	list := []*seen{
		at(pointed(0, 0, 9, 0, 0), "gate", 0),
		at(pointed(1, 0, 0, 9, 0), "gate", 60),  // within a minute of 0
		at(pointed(2, 0, 0, 0, 9), "gate", 100), // not of 0, which began
		at(pointed(3, 0, 9, 9, 0), "yard", 0),   // another camera
		pointed(4, 0, 90, 90, 1),                // like 3
		pointed(5, 0, 9, 0, 9),
		at(pointed(6, 0, 0, 9, 9), "", 0),
		at(pointed(7, 0, 9, 9, 9), "", 0),          // of no camera
		at(pointed(8, 1, 9, 0, 0), "gate", 0),      // another class
		at(pointed(9, 1, 9, 1, 0), "gate", 100000), // like 8
	}
	own := join(list, 2, 0)
	var units, copies []int
	var first []bool
	for _, s := range list {
		units, copies, first = append(units, s.unit), append(copies, s.copy), append(first, s.first)
	}
	if want := []int{0, 0, 1, 2, 2, 3, 4, 5, 0, 0}; !slices.Equal(units, want) {
		t.Errorf("units %v, want %v", units, want)
	}
	if want := []int{0, 1, 2, 3, 3, 4, 5, 6, 0, 0}; !slices.Equal(copies, want) {
		t.Errorf("copies %v, want %v", copies, want)
	}
	if want := []bool{true, false, true, true, false, true, true, true, true, false}; !slices.Equal(first, want) {
		t.Errorf("first %v, want %v", first, want)
	}
	if len(own) != 10 || own[0] < 0.29 || own[8] > 0.02 { // of 0 the nearest is 3, of 8 its only copy
		t.Errorf("own %v", own)
	}
}

// TestDeal: near-copies are in one fold, and every class is in every training.
func TestDeal(t *testing.T) {
	var list []*seen
	for i := range 24 {
		list = append(list, &seen{class: i % 3, unit: i / 3 / 2, copy: i / 3, first: i/3%2 == 0})
	}
	for i, s := range list { // one class of a single moment, one of a single scene
		switch i % 3 {
		case 1:
			s.unit = 0
		case 2:
			s.unit, s.copy = 0, 0
		}
	}
	deal(list, 3)
	for i, a := range list {
		if (a.fold == noFold) != (a.class == 2) || a.fold >= folds {
			t.Errorf("picture %d of class %d is in fold %d", i, a.class, a.fold)
		}
		for _, b := range list[:i] {
			if a.class == b.class && a.copy == b.copy && a.fold != b.fold {
				t.Errorf("near-copies %d are in two folds", i)
			}
			if a.class == 0 && b.class == 0 && a.unit == b.unit && a.fold != b.fold {
				t.Errorf("pictures of a minute %d are in two folds", i)
			}
		}
	}
	for kept := range folds {
		weights := make([]float64, 3)
		for _, one := range rowsWithout(list, 3, kept) {
			weights[one.class] += one.weight
		}
		for c, w := range weights {
			if w < 0.3333 || w > 0.3334 {
				t.Errorf("without fold %d class %d has the weight %v", kept, c, w)
			}
		}
	}
}

// TestRowsWithout: each unit counts the same, whatever it has.
func TestRowsWithout(t *testing.T) {
	two := [][]float32{{0}, {0}}
	list := []*seen{
		{class: 0, unit: 0, fold: 0, features: []float32{1}, variants: two}, {class: 0, unit: 1, fold: 1}, {class: 0, unit: 1, fold: 1},
		{class: 1, unit: 0, fold: 2},
	}
	want := []float64{1. / 12, 1. / 12, 1. / 12, 1. / 8, 1. / 8, 1. / 2}
	for i, one := range rowsWithout(list, 2, noFold-1) {
		if d := one.weight - want[i]; d > 1e-15 || d < -1e-15 {
			t.Errorf("row %d has the weight %v, want %v", i, one.weight, want[i])
		}
	}
	for i, one := range rowsWithout(list, 2, 0) {
		if (one.weight == 0) != (i < 3) {
			t.Errorf("without fold 0, row %d has the weight %v", i, one.weight)
		}
	}
}

// TestChoose: the pictures that differ most, and variants as far as they fit.
func TestChoose(t *testing.T) {
	var list []*seen
	for i := range 30 { // three directions, ten times
		codes := []byte{1, 1, 1}
		codes[i%3] = byte(200 - i/3)
		list = append(list, pointed(i, 0, codes...), pointed(100+i, 1, codes...))
	}
	o := Options{Variants: 4, MaxRows: 1000, MaxPictures: 3}
	used, left, variants := choose(list, 2, 0, &o)
	if len(used) != 6 || len(left) != 54 || variants != 4 {
		t.Fatalf("%d used, %d left, %d variants", len(used), len(left), variants)
	}
	for c := range 2 {
		some := ofClass(used, c)
		for i, a := range some {
			for _, b := range some[:i] {
				if slices.Index(a.codes, slices.Max(a.codes)) == slices.Index(b.codes, slices.Max(b.codes)) {
					t.Errorf("class %d has two of a kind: %v and %v", c, a.codes, b.codes)
				}
			}
		}
	}
	for _, c := range []struct{ pictures, rows, used, variants int }{
		{200, 300, 60, 4}, {200, 299, 60, 3}, {200, 119, 60, 0}, {200, 60, 60, 0}, {200, 59, 58, 0}, {10, 60, 20, 2}, {200, 10, 10, 0},
	} {
		o := Options{Variants: 4, MaxRows: c.rows, MaxPictures: c.pictures}
		used, left, variants := choose(slices.Clone(list), 2, 0, &o)
		if len(used) != c.used || len(left) != 60-c.used || variants != c.variants {
			t.Errorf("%+v: %d used, %d left, %d variants", c, len(used), len(left), variants)
		}
		again := slices.Clone(list)
		slices.Reverse(again)
		again, _ = ordered(again, 2)
		if same, _, _ := choose(again, 2, 0, &o); !slices.Equal(same, used) {
			t.Errorf("%+v: others in another order", c)
		}
	}
}

// TestTemperature finds the one that logits were spoiled with.
func TestTemperature(t *testing.T) {
	for _, spoiled := range []float64{0.2, 1, 3} {
		var logits [][]float64
		var class []int
		for i := range 400 { // 3 of 4 are right, so the honest logits are ln 9 apart: 0.75 to 0.0833
			z := make([]float64, 4)
			z[i%4] = 2.197 * spoiled
			said := i % 4
			if i%16 < 4 {
				said = (i + 1 + i/16%3) % 4
			}
			logits, class = append(logits, z), append(class, said)
		}
		if got := temperature(logits, class); got < spoiled*0.9 || got > spoiled*1.12 {
			t.Errorf("%v, want %v", got, spoiled)
		}
	}
	if got := temperature(nil, nil); got != 1 {
		t.Errorf("of nothing: %v", got)
	}
}
