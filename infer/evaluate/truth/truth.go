// Package truth reads what pictures show, as people have written it down: COCO's JSON, the text files of YOLO, the XML of Pascal VOC,
// and masks as PNG. A reader takes what others have written, so it bounds what it takes, and says what is wrong with it, and where.
package truth

import (
	"fmt"
	"math"
	"slices"

	"github.com/inceptiond/inceptiond/infer/evaluate/coco"
)

// Set is what pictures show.
type Set struct {
	Classes  []Class
	Pictures []Picture
}

// Class is a kind of object.
type Class struct {
	Name  string // empty: nobody has named it
	Index int    // as models count, if nobody has named their classes; -1: not known
}

// Picture is what one picture shows.
type Picture struct {
	File string // as the set names it; empty: the file is that of one picture
	// Width and Height are those of the upright picture that boxes are pixels of. 0: they are pixels of the picture as it is.
	Width, Height float64
	Fractions     bool // boxes are fractions of the picture
	Objects       []Object
}

// Object is a thing that a picture shows.
type Object struct {
	Class     int // index in Set.Classes
	Box       coco.Box
	Area      float64 // of the thing itself, if that is known; else of its box
	Crowd     bool    // many of them in one box
	Difficult bool    // nobody is asked to find it
	Body      *coco.Body
	Labeled   int // keypoints of Body
}

// The most that is taken.
const (
	maxPictures = 1 << 20
	maxObjects  = 1 << 20 // COCO's largest file has 860 thousand
	maxBodies   = 1 << 19
	maxIn       = 10_000 // objects of one picture
	maxClasses  = 1 << 16
	maxPixels   = 1e7 // any number of pixels
)

// check says what is wrong with a box.
func check(b coco.Box) error {
	for _, v := range [4]float64{b.X, b.Y, b.Width, b.Height} {
		if !(math.Abs(v) <= maxPixels) {
			return fmt.Errorf("its box has %v", v)
		}
	}
	if b.Width < 0 || b.Height < 0 {
		return fmt.Errorf("its box is %v wide and %v high (want x, y, width and height)", b.Width, b.Height)
	}
	return nil
}

// add adds an object to p. The error is about too many.
func (p *Picture) add(o Object) error {
	if len(p.Objects) == maxIn {
		return fmt.Errorf("more than %d objects in one picture", maxIn)
	}
	p.Objects = append(p.Objects, o)
	return nil
}

// Scaled is p with boxes that are fractions in pixels of a picture of that size.
func (p *Picture) Scaled(width, height float64) *Picture {
	scaled := &Picture{File: p.File, Width: width, Height: height, Objects: make([]Object, len(p.Objects))}
	for i, o := range p.Objects {
		o.Box = coco.Box{X: o.Box.X * width, Y: o.Box.Y * height, Width: o.Box.Width * width, Height: o.Box.Height * height}
		o.Area = o.Box.Area()
		if o.Body != nil {
			body := coco.Body{Points: o.Body.Points, Box: o.Box, Area: o.Area}
			for k := range body.Points {
				body.Points[k].X *= width
				body.Points[k].Y *= height
			}
			o.Body = &body
		}
		scaled.Objects[i] = o
	}
	return scaled
}

// Only leaves out all classes, and objects of them, but those that are wanted. It is false if none is.
func (s *Set) Only(wanted func(Class) bool) bool {
	places := make([]int, len(s.Classes))
	var kept []Class
	for i, c := range s.Classes {
		places[i] = -1
		if wanted(c) {
			places[i] = len(kept)
			kept = append(kept, c)
		}
	}
	s.Classes = kept
	for i := range s.Pictures {
		p := &s.Pictures[i]
		p.Objects = slices.DeleteFunc(p.Objects, func(o Object) bool { return places[o.Class] < 0 })
		for k := range p.Objects {
			p.Objects[k].Class = places[p.Objects[k].Class]
		}
	}
	return len(kept) > 0
}
