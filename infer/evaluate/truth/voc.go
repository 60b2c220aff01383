package truth

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/inceptiond/inceptiond/infer/evaluate/coco"
)

// VOC reads the XML of one picture, as Pascal VOC and LabelImg write it. The first pixel is number 1 in it, and a box has its last one
// in it. It adds the classes that it meets to s, and the picture.
func (s *Set) VOC(text string) error {
	v := vocReader{set: s, numbers: map[string]float64{}}
	if err := v.read(text); err != nil {
		return err
	}
	if !v.annotation {
		return errors.New("it is no annotation of Pascal VOC: no element <annotation>")
	}
	s.Pictures = append(s.Pictures, v.picture)
	return nil
}

// vocReader reads elements. There are parsers of XML for everything; this takes what such files have: no namespaces, no documents types.
type vocReader struct {
	set        *Set
	path       []string // elements that are open
	annotation bool
	picture    Picture
	name       string
	numbers    map[string]float64 // of the object that is open
}

// maxDepth is how deep elements may be in each other.
const maxDepth = 32

func (v *vocReader) read(text string) error {
	for text != "" {
		content, rest, more := strings.Cut(text, "<")
		if err := v.content(strings.TrimSpace(content)); err != nil {
			return err
		}
		if !more {
			break
		}
		switch {
		case strings.HasPrefix(rest, "!--"):
			_, text, _ = strings.Cut(rest, "-->")
			continue
		case strings.HasPrefix(rest, "!["):
			return errors.New("it has a section of CDATA, which no program for such files writes")
		}
		tag, rest, whole := strings.Cut(rest, ">")
		if !whole {
			return fmt.Errorf("<%.20s does not end", tag)
		}
		text = rest
		if err := v.tag(tag); err != nil {
			return err
		}
	}
	if len(v.path) > 0 {
		return fmt.Errorf("<%s> does not end", v.path[len(v.path)-1])
	}
	return nil
}

// tag opens or closes an element.
func (v *vocReader) tag(tag string) error {
	if tag == "" || tag[0] == '?' || tag[0] == '!' {
		return nil
	}
	if name, end := strings.CutPrefix(tag, "/"); end {
		n := len(v.path) - 1
		if name = strings.TrimSpace(name); n < 0 || v.path[n] != name {
			return fmt.Errorf("</%.20s> ends nothing", name)
		}
		var err error
		if v.in("annotation", "object") {
			err = v.object()
		}
		v.path = v.path[:n]
		return err
	}
	fields := strings.Fields(tag)
	if strings.HasSuffix(tag, "/") || len(fields) == 0 {
		return nil
	}
	if len(v.path) == maxDepth {
		return fmt.Errorf("more than %d elements in each other", maxDepth)
	}
	v.path = append(v.path, fields[0])
	v.annotation = v.annotation || v.in("annotation")
	if v.in("annotation", "object") {
		v.name = ""
		clear(v.numbers)
	}
	return nil
}

// in tells whether the open elements are these.
func (v *vocReader) in(path ...string) bool { return slices.Equal(v.path, path) }

// content takes the text of the innermost element.
func (v *vocReader) content(text string) error {
	n := len(v.path)
	if n == 0 || text == "" {
		return nil
	}
	last := v.path[n-1]
	switch {
	case v.in("annotation", "object", "name"):
		v.name = plain(text)
		return nil
	case v.in("annotation", "size", "width"), v.in("annotation", "size", "height"), v.in("annotation", "object", "bndbox", last), v.in("annotation", "object", "difficult"):
	default:
		return nil
	}
	number, err := strconv.ParseFloat(text, 64)
	if err != nil || !(number >= -maxPixels && number <= maxPixels) {
		return fmt.Errorf("<%s> is %.40q (want a number)", last, text)
	}
	switch {
	case v.in("annotation", "size", "width"):
		v.picture.Width = max(number, 0)
	case v.in("annotation", "size", "height"):
		v.picture.Height = max(number, 0)
	default:
		v.numbers[last] = number
	}
	return nil
}

// plain is a text without the five entities that XML has itself.
func plain(text string) string {
	return strings.NewReplacer("&lt;", "<", "&gt;", ">", "&quot;", `"`, "&apos;", "'", "&amp;", "&").Replace(text)
}

// object takes the object that ends.
func (v *vocReader) object() error {
	if v.name == "" {
		return errors.New("an object has no <name>")
	}
	for _, side := range []string{"xmin", "ymin", "xmax", "ymax"} {
		if _, there := v.numbers[side]; !there {
			return fmt.Errorf("object %q has no <%s>", v.name, side)
		}
	}
	left, top := v.numbers["xmin"]-1, v.numbers["ymin"]-1
	o := Object{Box: coco.Box{X: left, Y: top, Width: v.numbers["xmax"] - left, Height: v.numbers["ymax"] - top}, Difficult: v.numbers["difficult"] != 0}
	if err := check(o.Box); err != nil {
		return fmt.Errorf("object %q: %w", v.name, err)
	}
	o.Area = o.Box.Area()
	if len(v.set.Classes) == maxClasses {
		return fmt.Errorf("more than %d classes", maxClasses)
	}
	o.Class = v.set.class(Class{v.name, -1}, func(c Class) bool { return c.Name == v.name })
	return v.picture.add(o)
}
