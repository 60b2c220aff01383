// Package truth reads what pictures show, as people have written it down: COCO's JSON, the text files of YOLO, the XML of Pascal VOC,
// and masks as PNG. A reader takes what others have written, so it bounds what it takes, and says what is wrong with it, and where.
package truth

import (
	"fmt"
	"math"

	"github.com/inceptiond/inceptiond/infer/evaluate/coco"
)

// Set is what pictures show.
type Set struct {
	Classes  []Class
	Pictures []Picture
}

// Class is a kind of object.
type Class struct {
	Name   string // empty: nobody has named it
	Number int    // as the file has it
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
	maxObjects  = 1 << 22
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
