package coco

import (
	"math"
	"slices"
	"testing"
)

// square is a box of 100 pixels each way, so far to the right.
func square(x float64) Box { return Box{x, 0, 100, 100} }

// byHand is a picture for cases that can be reckoned by hand.
func byHand(truths []Truth, at []float64, found []Found, boxes ...float64) scene {
	var s scene
	for i, t := range truths {
		t.Area = 1e4
		s.truths, s.boxes[0] = append(s.truths, t), append(s.boxes[0], square(at[i]))
	}
	for i, f := range found {
		f.Area = 1e4
		s.found, s.boxes[1] = append(s.found, f), append(s.boxes[1], square(boxes[i]))
	}
	return s
}

// TestByHand holds figures to those that were reckoned by hand. A point of recall is a 101st part.
func TestByHand(t *testing.T) {
	const third = 100. / 3 // so far apart, squares have an IoU of 0.5; 17.6 apart of 0.7
	one := []Truth{{}}
	two := []Truth{{}, {}}
	at := []float64{0, 500}
	for _, c := range []struct {
		name     string
		pictures []scene
		ap, ap50 float64
		ar       float64
	}{
		{"right", []scene{byHand(one, at, []Found{{Score: .9}}, 0)}, 1, 1, 1},
		{"nothing is found", []scene{byHand(one, at, nil)}, 0, 0, 0},
		{"nothing is there", []scene{byHand(nil, nil, []Found{{Score: .9}}, 0)}, None, None, None},
		{"one of two", []scene{byHand(two, at, []Found{{Score: .9}}, 0)}, 51. / 101, 51. / 101, .5},                                                       // recall 0 … 0.50
		{"a false one after it", []scene{byHand(one, at, []Found{{Score: .9}, {Score: .8}}, 0, 500)}, 1, 1, 1},                                            // all of recall was there before
		{"a false one before it", []scene{byHand(one, at, []Found{{Score: .8}, {Score: .9}}, 0, 500)}, .5, .5, 1},                                         // precision 1/2 everywhere
		{"twice", []scene{byHand(two, at, []Found{{Score: .9}, {Score: .8}}, 0, 0)}, 51. / 101, 51. / 101, .5},                                            // the second is of none
		{"IoU 0.7", []scene{byHand(one, at, []Found{{Score: .9}}, 17.6)}, .5, 1, .5},                                                                      // right at 0.5 to 0.7
		{"IoU a little below 0.5", []scene{byHand(one, at, []Found{{Score: .9}}, third+.1)}, 0, 0, 0},                                                     //
		{"another class", []scene{byHand(one, at, []Found{{Score: .9, Class: 1}}, 0)}, 0, 0, 0},                                                           // there is none of class 1: it has no figure
		{"a crowd", []scene{byHand([]Truth{{}, {Crowd: true}}, at, []Found{{Score: .9}, {Score: .8}, {Score: .95}}, 0, 500, 500)}, 1, 1, 1},               // nobody need find it, and anybody may
		{"equal scores", []scene{byHand(one, at, []Found{{Score: .5}}, 500), byHand(one, at, []Found{{Score: .5}}, 0)}, .5 * 51 / 101, .5 * 51 / 101, .5}, // the first picture's comes first
	} {
		f := measure(c.pictures, Boxes())
		if math.Abs(f.AP-c.ap) > 1e-12 || math.Abs(f.AP50-c.ap50) > 1e-12 || math.Abs(f.AR-c.ar) > 1e-12 {
			t.Errorf("%s: AP %v, at 0.5 %v, AR %v (want %v, %v, %v)", c.name, f.AP, f.AP50, f.AR, c.ap, c.ap50, c.ar)
		}
	}
}

// TestMatches tells which find is of which truth: by score, the most alike, and one that counts before one that does not.
func TestMatches(t *testing.T) {
	truths := []Truth{{}, {Crowd: true}, {}, {Class: 1}}
	at := []float64{0, 10, 20, 0}
	found := []Found{{Score: .5}, {Score: .9}, {Score: .7}, {Score: .6}, {Score: .8, Class: 1}, {Score: .4}}
	s := byHand(truths, at, found, 0, 1, 9, 300, 40, 12)
	got := NewTally(Boxes()).Add(s.truths, s.found, s.like)
	// 0.9 takes the square at 0, 0.7 that at 20; 0.5 and 0.4 are left with the crowd; 0.6 is nowhere, and the other class has IoU 0.43.
	if want := []int{1, 0, 2, -1, -1, 1}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestIoU(t *testing.T) {
	for _, c := range []struct {
		a, b  Box
		crowd bool
		want  float64
	}{
		{Box{0, 0, 10, 10}, Box{0, 0, 10, 10}, false, 1},
		{Box{0, 0, 10, 10}, Box{5, 0, 10, 10}, false, 1. / 3},
		{Box{0, 0, 10, 10}, Box{5, 0, 10, 10}, true, .5},
		{Box{0, 0, 10, 10}, Box{10, 0, 10, 10}, false, 0},
		{Box{0, 0, 0, 0}, Box{0, 0, 10, 10}, true, 0},
		{Box{0, 0, 10, 10}, Box{math.NaN(), 0, 10, 10}, false, 0},
	} {
		if got := IoU(c.a, c.b, c.crowd); math.Abs(got-c.want) > 1e-15 {
			t.Errorf("%v, %v, crowd %v: %v (want %v)", c.a, c.b, c.crowd, got, c.want)
		}
	}
}

// TestLikenesses: the thresholds are those of numpy.linspace, not multiples of 0.05.
func TestLikenesses(t *testing.T) {
	want := []float64{0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.8999999999999999, 0.95}
	for i, w := range want {
		if got := likeness(i); got != w {
			t.Errorf("%d is %v (want %v)", i, got, w)
		}
	}
}

// naive is the average precision at a threshold, by the definition and nothing else: a class and a range of sizes at a time.
func naive(list []scene, class int, area Area, threshold float64, most int) (average float64, truths int) {
	type verdict struct {
		score float32
		right bool
	}
	var all []verdict
	for i := range list {
		s := &list[i]
		counts := func(t int) bool {
			v := s.truths[t]
			return !v.Crowd && !v.Skip && v.Area >= area.Min && v.Area <= area.Max
		}
		for t := range s.truths {
			if s.truths[t].Class == class && counts(t) {
				truths++
			}
		}
		var finds []int
		for f := range s.found {
			if s.found[f].Class == class {
				finds = append(finds, f)
			}
		}
		slices.SortStableFunc(finds, func(a, b int) int {
			switch x, y := s.found[a].Score, s.found[b].Score; {
			case x > y:
				return -1
			case x < y:
				return 1
			}
			return 0
		})
		taken := map[int]bool{}
		for _, f := range finds[:min(len(finds), most)] {
			best := -1
			for _, counting := range []bool{true, false} {
				for t := range s.truths {
					if s.truths[t].Class != class || counts(t) != counting || taken[t] && !s.truths[t].Crowd || s.like(f, t) < min(threshold, 1-1e-10) {
						continue
					}
					if best < 0 || s.like(f, t) >= s.like(f, best) {
						best = t
					}
				}
				if best >= 0 {
					break
				}
			}
			size := s.found[f].Area
			switch {
			case best >= 0:
				taken[best] = true
				if counts(best) {
					all = append(all, verdict{s.found[f].Score, true})
				}
			case size >= area.Min && size <= area.Max:
				all = append(all, verdict{s.found[f].Score, false})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b verdict) int {
		switch {
		case a.score > b.score:
			return -1
		case a.score < b.score:
			return 1
		}
		return 0
	})
	sum := 0.0
	for point := range 101 {
		best, right := 0.0, 0
		for n, v := range all {
			if v.right {
				right++
			}
			if float64(right)/float64(truths) >= float64(point)*.01 || point == 100 && right == truths {
				best = max(best, float64(right)/float64(n+1))
			}
		}
		sum += best
	}
	return sum / 101, truths
}

// FuzzNaive holds figures of any case to the definition.
func FuzzNaive(f *testing.F) {
	for seed := range 20 {
		f.Add(uint64(1000+seed), seed%4 == 0)
	}
	f.Fuzz(func(t *testing.T, seed uint64, bodies bool) {
		rules := Boxes()
		if bodies {
			rules = Bodies()
		}
		list := randomCase(seed, bodies)
		got := measure(list, rules)
		sums, n := make([]float64, len(rules.Areas)), make([]int, len(rules.Areas))
		classes := map[int]float64{}
		for class := range 7 {
			for a, area := range rules.Areas {
				sum, there := 0.0, 0
				for i := range thresholds {
					var average float64
					average, there = naive(list, class, area, likeness(i), rules.Most)
					sum += average / thresholds
				}
				if there > 0 {
					sums[a] += sum
					n[a]++
				}
				if a == 0 && there > 0 {
					classes[class] = sum
				}
			}
		}
		for a := range sums {
			want, is := -1.0, got.AP
			if n[a] > 0 {
				want = sums[a] / float64(n[a])
			}
			if a > 0 {
				is = got.Areas[a-1].AP
			}
			if math.Abs(is-want) > 1e-9 {
				t.Errorf("%s: %v, want %v", rules.Areas[a].Name, is, want)
			}
		}
		for _, c := range got.Classes {
			if math.Abs(c.AP-classes[c.Class]) > 1e-9 {
				t.Errorf("class %d: %v, want %v", c.Class, c.AP, classes[c.Class])
			}
			delete(classes, c.Class)
		}
		if len(classes) > 0 {
			t.Errorf("no figures of %v", classes)
		}
	})
}

// TestAverage: a picture that counts twice is as good as two, one that does not count is as good as none.
func TestAverage(t *testing.T) {
	for seed := range uint64(30) {
		list := randomCase(500+seed, false)
		all := NewTally(Boxes())
		weights := make([]int32, len(list))
		var drawn []scene
		for i := range list {
			all.Add(list[i].truths, list[i].found, list[i].like)
			weights[i] = int32((seed + uint64(i)*7) % 3)
			for range weights[i] {
				drawn = append(drawn, list[i])
			}
		}
		got, want := all.Average(weights), measure(drawn, Boxes()).AP
		// Equal scores of two copies stand side by side: as if both came at once, which the curve of single finds need not say.
		if math.Abs(got-want) > 0.02 {
			t.Errorf("case %d: %v, want %v", seed, got, want)
		}
		if got, want := all.Average(nil), all.Figures().AP; got != want {
			t.Errorf("case %d: without weights %v, want %v", seed, got, want)
		}
	}
}
