package truth

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/inceptiond/inceptiond/infer/evaluate/coco"
)

// YOLO reads the text file of one picture: on each line the number of a class, and the middle, width and height of a box, in fractions of
// the picture; or the corners of an outline, of which it takes the box around it; or a box and the keypoints of a body. It adds the
// classes that it meets to s, and the picture.
func (s *Set) YOLO(text string) error {
	p := Picture{Fractions: true}
	number := 0
	for line := range strings.Lines(strings.TrimPrefix(text, "\ufeff")) {
		number++
		fields := strings.Fields(line)
		if len(fields) == 0 {
			continue
		}
		o, err := s.yoloObject(fields)
		if err == nil {
			err = p.add(o)
		}
		if err != nil {
			return fmt.Errorf("line %d: %w", number, err)
		}
	}
	s.Pictures = append(s.Pictures, p)
	return nil
}

func (s *Set) yoloObject(fields []string) (o Object, err error) {
	const box, body = 4, 4 + 3*coco.Keypoints
	class, err := strconv.Atoi(fields[0])
	if err != nil || class < 0 || class >= maxClasses {
		return o, fmt.Errorf("%q is no number of a class", fields[0])
	}
	var values []float64
	for _, f := range fields[1:] {
		v, err := strconv.ParseFloat(f, 64)
		if err != nil || !(v >= -1 && v <= 2) { // boxes may reach beyond the picture by a little
			return o, fmt.Errorf("%q is no fraction of the picture (want the class, then x and y of the middle, width and height, 0 to 1)", f)
		}
		values = append(values, v)
	}
	o.Class = s.numbered(class)
	switch n := len(values); {
	case n == box, n == body:
		o.Box = coco.Box{X: values[0] - values[2]/2, Y: values[1] - values[3]/2, Width: values[2], Height: values[3]}
	case n >= 6 && n%2 == 0:
		o.Box = around(values)
	default:
		return o, fmt.Errorf("%d numbers after the class (want %d for a box, or pairs for an outline)", n, box)
	}
	if err := check(o.Box); err != nil {
		return o, err
	}
	o.Area = o.Box.Area()
	if len(values) == body {
		return o, o.addBody(values[box:], nil)
	}
	return o, nil
}

// around is the box around points.
func around(points []float64) coco.Box {
	left, top, right, bottom := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for i := 0; i+1 < len(points); i += 2 {
		left, right = min(left, points[i]), max(right, points[i])
		top, bottom = min(top, points[i+1]), max(bottom, points[i+1])
	}
	return coco.Box{X: left, Y: top, Width: right - left, Height: bottom - top}
}

// numbered is the index of the class of a number.
func (s *Set) numbered(number int) int {
	return s.class(Class{Index: number}, func(c Class) bool { return c.Index == number })
}

// class is the index of the class that is wanted, which is added if it is new.
func (s *Set) class(c Class, same func(Class) bool) int {
	for i := range s.Classes {
		if same(s.Classes[i]) {
			return i
		}
	}
	s.Classes = append(s.Classes, c)
	return len(s.Classes) - 1
}

// Names reads the names of classes, one a line, which programs put beside YOLO's files as classes.txt, obj.names or labels.txt; these are
// the classes of s then, by their numbers.
func (s *Set) Names(text string) {
	for line := range strings.Lines(strings.TrimPrefix(text, "\ufeff")) {
		if len(s.Classes) == maxClasses {
			return
		}
		s.Classes = append(s.Classes, Class{strings.TrimSpace(line), len(s.Classes)})
	}
}
