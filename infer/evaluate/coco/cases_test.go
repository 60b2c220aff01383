package coco

import (
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

var write = flag.String("write", "", "write the random cases to this folder, in COCO's formats, for pycocotools")

// cases is how many random cases of each challenge there are.
const cases = 60

// scene is a picture of a random case.
type scene struct {
	truths []Truth
	found  []Found
	boxes  [2][]Box // true, found
	bodies []Body
	points [][Keypoints]Point
}

// randomCase is pictures with crowds, equal scores, sizes at the limits, and classes that are only there or only found. Numbers are
// such that JSON has them exactly.
func randomCase(seed uint64, bodies bool) (list []scene) {
	r := rand.New(rand.NewPCG(seed, 7))
	classes, levels := 1+r.IntN(5), 1+r.IntN(30)
	if bodies {
		classes = 1
	}
	for range 1 + r.IntN(12) {
		var s scene
		for range r.IntN(9) {
			s.addTruth(r, r.IntN(classes), bodies)
		}
		finds := r.IntN(12)
		if r.IntN(12) == 0 {
			finds = 150 // more than count
		}
		for range finds {
			score := float32(1+r.IntN(levels)) / 32
			s.addFound(r, r.IntN(classes+1), score, bodies)
		}
		list = append(list, s)
	}
	return list
}

// randomBox has whole numbers, and often one of the sizes that divide small from medium from large.
func randomBox(r *rand.Rand) Box {
	side := func() float64 {
		return []float64{32, 96, 1, 8 + float64(r.IntN(60)), 20 + float64(r.IntN(200))}[r.IntN(5)]
	}
	return Box{float64(r.IntN(120)), float64(r.IntN(120)), side(), side()}
}

func (s *scene) addTruth(r *rand.Rand, class int, bodies bool) {
	b := randomBox(r)
	t := Truth{Class: class, Area: b.Area(), Crowd: r.IntN(6) == 0}
	if r.IntN(3) == 0 { // of the thing itself, as COCO has it
		t.Area = math.Floor(t.Area * 0.75)
	}
	s.boxes[0] = append(s.boxes[0], b)
	if bodies {
		var body Body
		none := r.IntN(8) == 0
		for i := range body.Points {
			body.Points[i] = Point{b.X + float64(r.IntN(int(b.Width)+1)), b.Y + float64(r.IntN(int(b.Height)+1)), !none && r.IntN(3) > 0}
		}
		body.Box, body.Area = b, t.Area
		t.Skip = labeled(&body) == 0
		s.bodies = append(s.bodies, body)
	}
	s.truths = append(s.truths, t)
}

func labeled(b *Body) (n int) {
	for _, p := range b.Points {
		if p.Labeled {
			n++
		}
	}
	return n
}

func (s *scene) addFound(r *rand.Rand, class int, score float32, bodies bool) {
	b := randomBox(r)
	if n := len(s.boxes[0]); n > 0 && r.IntN(5) > 0 { // near something true
		at := r.IntN(n)
		b = s.boxes[0][at]
		if r.IntN(4) > 0 {
			class = s.truths[at].Class
		}
		if r.IntN(4) > 0 {
			b.X, b.Y = b.X+float64(r.IntN(9)-4), b.Y+float64(r.IntN(9)-4)
			b.Width, b.Height = b.Width+float64(r.IntN(12)), b.Height+float64(r.IntN(12))
		}
	}
	f := Found{Class: class, Score: score, Area: b.Area()}
	s.boxes[1] = append(s.boxes[1], b)
	if bodies {
		f.Class = 0
		var points [Keypoints]Point
		low, high := [2]float64{1e9, 1e9}, [2]float64{-1e9, -1e9}
		for i := range points {
			points[i] = Point{X: b.X + float64(r.IntN(int(b.Width)+1)), Y: b.Y + float64(r.IntN(int(b.Height)+1))}
			if n := len(s.bodies); n > 0 {
				points[i].X = s.bodies[int(score*32)%n].Points[i].X + float64(r.IntN(7)-3)
				points[i].Y = s.bodies[int(score*32)%n].Points[i].Y + float64(r.IntN(7)-3)
			}
			low[0], high[0] = min(low[0], points[i].X), max(high[0], points[i].X)
			low[1], high[1] = min(low[1], points[i].Y), max(high[1], points[i].Y)
		}
		f.Area = (high[0] - low[0]) * (high[1] - low[1])
		s.points = append(s.points, points)
	}
	s.found = append(s.found, f)
}

// like is the likeness of what is found in s to what is there.
func (s *scene) like(f, t int) float64 {
	if len(s.points) > 0 {
		return OKS(&s.points[f], &s.bodies[t])
	}
	return IoU(s.boxes[1][f], s.boxes[0][t], s.truths[t].Crowd)
}

// measure tallies a case.
func measure(list []scene, r Rules) Figures {
	t := NewTally(r)
	for i := range list {
		t.Add(list[i].truths, list[i].found, list[i].like)
	}
	return t.Figures()
}

// stats are f as pycocotools lists them.
func stats(f Figures, bodies bool) []float64 {
	list := []float64{f.AP, f.AP50, f.AP75}
	for _, a := range f.Areas {
		list = append(list, a.AP)
	}
	if bodies {
		list = append(list, f.AR, f.AR50, f.AR75)
	} else {
		list = append(append(list, f.Few...), f.AR)
	}
	for _, a := range f.Areas {
		list = append(list, a.AR)
	}
	return list
}

// TestPycocotools holds the figures of random cases to those that pycocotools gives of them: testdata/README.md.
func TestPycocotools(t *testing.T) {
	if *write != "" {
		writeCases(t, *write)
	}
	data, err := os.ReadFile("testdata/pycocotools.json")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]struct {
		Stats   []float64
		Classes map[int]float64
	}{}
	if err := json.Unmarshal(data, &want); err != nil {
		t.Fatal(err)
	}
	if len(want) != 2*cases {
		t.Fatalf("%d cases", len(want))
	}
	for seed := range cases {
		for kind, bodies := range map[string]bool{"boxes": false, "bodies": true} {
			name := fmt.Sprint(kind, seed)
			rules := Boxes()
			if bodies {
				rules = Bodies()
			}
			f := measure(randomCase(uint64(seed), bodies), rules)
			got := stats(f, bodies)
			for i, v := range want[name].Stats {
				if !(math.Abs(got[i]-v) < 1e-12) {
					t.Errorf("%s: figure %d is %v (want %v)", name, i, got[i], v)
				}
			}
			if len(got) != len(want[name].Stats) || len(f.Classes) != len(want[name].Classes) {
				t.Errorf("%s: %d figures of %d classes, want %+v", name, len(got), len(f.Classes), want[name])
			}
			for _, c := range f.Classes {
				if v := want[name].Classes[c.Class]; !(math.Abs(c.AP-v) < 1e-12) {
					t.Errorf("%s: class %d has %v (want %v)", name, c.Class, c.AP, v)
				}
			}
		}
	}
}

// writeCases writes NAME.truth.json and NAME.found.json of each case.
func writeCases(t *testing.T, dir string) {
	t.Helper()
	for seed := range cases {
		for kind, bodies := range map[string]bool{"boxes": false, "bodies": true} {
			truth, found := cocoFiles(randomCase(uint64(seed), bodies))
			for name, content := range map[string]any{"truth": truth, "found": found} {
				data, err := json.Marshal(content)
				if err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%s%d.%s.json", kind, seed, name)), data, 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

// cocoFiles are a case in COCO's formats.
func cocoFiles(list []scene) (truth, found any) {
	type object = map[string]any
	var images, annotations, results, categories []object
	for c := range 7 {
		categories = append(categories, object{"id": c, "name": fmt.Sprint("class ", c)})
	}
	numbers := func(b Box) []float64 { return []float64{b.X, b.Y, b.Width, b.Height} }
	for i, s := range list {
		images = append(images, object{"id": i, "width": 400, "height": 400})
		for k, v := range s.truths {
			o := object{"id": len(annotations) + 1, "image_id": i, "category_id": v.Class, "bbox": numbers(s.boxes[0][k]), "area": v.Area, "iscrowd": 0}
			if v.Crowd {
				o["iscrowd"] = 1
			}
			if s.bodies != nil {
				var points []float64
				for _, p := range s.bodies[k].Points {
					v := 0.0
					if p.Labeled {
						v = 2
					}
					points = append(points, p.X, p.Y, v)
				}
				o["keypoints"], o["num_keypoints"] = points, labeled(&s.bodies[k])
			}
			annotations = append(annotations, o)
		}
		for k, v := range s.found {
			o := object{"image_id": i, "category_id": v.Class, "score": v.Score, "bbox": numbers(s.boxes[1][k])}
			if s.points != nil {
				var points []float64
				for _, p := range s.points[k] {
					points = append(points, p.X, p.Y, 1)
				}
				o["keypoints"] = points
				delete(o, "bbox")
			}
			results = append(results, o)
		}
	}
	if results == nil {
		results = []object{}
	}
	return object{"info": object{}, "images": images, "annotations": annotations, "categories": categories}, results
}
