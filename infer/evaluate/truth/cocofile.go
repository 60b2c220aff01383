package truth

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/inceptiond/inceptiond/infer/evaluate/coco"
	"github.com/inceptiond/inceptiond/internal/order"
)

// COCO reads COCO's instances or keypoints (https://cocodataset.org/#format-data): of the file the lists images, annotations and
// categories. It takes them one by one, so that hundreds of megabytes, most of which are outlines, need little memory. bodies says
// that keypoints are wanted. Pictures come by their numbers, as pycocotools takes them.
func COCO(r io.Reader, bodies bool) (*Set, error) {
	c := cocoReader{dec: json.NewDecoder(r), bodies: bodies, images: newIDs(), categories: newIDs()}
	if err := c.read(); err != nil {
		return nil, fmt.Errorf("COCO's JSON: %w", err)
	}
	return &c.set, nil
}

// cocoReader reads one file.
type cocoReader struct {
	dec        *json.Decoder
	bodies     bool
	set        Set
	numbers    []int64 // of pictures; those that are none are 0
	images     ids
	categories ids
	waiting    []waiting // annotations, as they may come before what they speak of
	lists      [3]bool
}

// waiting is an annotation whose picture and category may come later.
type waiting struct {
	image, category int // of ids
	object          Object
}

// ids gives numbers to ids as JSON has them: each is kept once, however many annotations have it.
type ids struct {
	numbers map[string]int
	names   []string
	places  []int // of what has the id, in its list; -1: it has not come yet
}

func newIDs() ids { return ids{numbers: map[string]int{}} }

// number is that of an id.
func (d *ids) number(id string) int {
	n, known := d.numbers[id]
	if !known {
		n = len(d.names)
		d.numbers[id] = n
		d.names, d.places = append(d.names, id), append(d.places, -1)
	}
	return n
}

// place notes where what has an id is. The error is about a second one.
func (d *ids) place(id string, at int) error {
	n := d.number(id)
	if d.places[n] >= 0 {
		return fmt.Errorf("id %s is there twice", id)
	}
	d.places[n] = at
	return nil
}

// The lists of a file.
const (
	listImages = iota
	listAnnotations
	listCategories
)

func (c *cocoReader) read() error {
	if err := c.open('{'); err != nil {
		return fmt.Errorf("%w (want an object with images, annotations and categories)", err)
	}
	for c.dec.More() {
		key, err := c.dec.Token()
		if err != nil {
			return err
		}
		switch key {
		case "images":
			err = c.list(listImages, c.image)
		case "annotations":
			err = c.list(listAnnotations, c.annotation)
		case "categories":
			err = c.list(listCategories, c.category)
		default:
			err = c.skip()
		}
		if err != nil {
			return fmt.Errorf("%v: %w", key, err)
		}
	}
	if _, err := c.dec.Token(); err != nil {
		return err
	}
	for i, name := range []string{"images", "annotations", "categories"} {
		if !c.lists[i] {
			return fmt.Errorf("there is no list %q: are these instances?", name)
		}
	}
	return c.settle()
}

// open takes the beginning of a list or an object.
func (c *cocoReader) open(want json.Delim) error {
	t, err := c.dec.Token()
	if err != nil {
		return err
	}
	if t != want {
		return fmt.Errorf("it begins with %v", t)
	}
	return nil
}

// skip passes over a value of any size, but not of any depth.
func (c *cocoReader) skip() error {
	const deepest = 1000
	for depth := 0; depth <= deepest; {
		t, err := c.dec.Token()
		if err != nil {
			return err
		}
		switch t {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if depth == 0 {
			return nil
		}
	}
	return fmt.Errorf("more than %d lists and objects in each other", deepest)
}

// list reads a list whose elements one takes.
func (c *cocoReader) list(which int, one func() error) error {
	if c.lists[which] {
		return errors.New("it is there twice")
	}
	c.lists[which] = true
	if err := c.open('['); err != nil {
		return fmt.Errorf("%w (want a list)", err)
	}
	for n := 1; c.dec.More(); n++ {
		if err := one(); err != nil {
			return fmt.Errorf("number %d: %w", n, err)
		}
	}
	_, err := c.dec.Token()
	return err
}

func (c *cocoReader) image() error {
	var v struct {
		ID     json.RawMessage `json:"id"`
		File   string          `json:"file_name"`
		Width  float64         `json:"width"`
		Height float64         `json:"height"`
	}
	if err := c.dec.Decode(&v); err != nil {
		return err
	}
	id, err := identify(v.ID, "id")
	switch {
	case err != nil:
		return err
	case len(c.set.Pictures) == maxPictures:
		return fmt.Errorf("more than %d pictures", maxPictures)
	case !(v.Width >= 0 && v.Height >= 0 && v.Width <= maxPixels && v.Height <= maxPixels):
		return fmt.Errorf("id %s: it is %v wide and %v high", id, v.Width, v.Height)
	}
	if err := c.images.place(id, len(c.set.Pictures)); err != nil {
		return err
	}
	number, _ := strconv.ParseInt(id, 10, 64) // of others the order is that of the file
	c.numbers = append(c.numbers, number)
	c.set.Pictures = append(c.set.Pictures, Picture{File: v.File, Width: v.Width, Height: v.Height})
	return nil
}

func (c *cocoReader) category() error {
	var v struct {
		ID   json.RawMessage `json:"id"`
		Name string          `json:"name"`
	}
	if err := c.dec.Decode(&v); err != nil {
		return err
	}
	id, err := identify(v.ID, "id")
	if err != nil {
		return err
	}
	if err := c.categories.place(id, len(c.set.Classes)); err != nil {
		return err
	}
	if len(c.set.Classes) == maxClasses {
		return fmt.Errorf("more than %d categories", maxClasses)
	}
	number, err := strconv.Atoi(id)
	if err != nil && v.Name == "" {
		return fmt.Errorf("id %s has no name", id)
	}
	c.set.Classes = append(c.set.Classes, Class{v.Name, max(number-1, -1)}) // COCO counts its 90 from 1, models from 0
	return nil
}

// annotation takes an object.
func (c *cocoReader) annotation() error {
	var v struct {
		ID        json.RawMessage `json:"id"`
		Image     json.RawMessage `json:"image_id"`
		Category  json.RawMessage `json:"category_id"`
		Box       []float64       `json:"bbox"`
		Area      *float64        `json:"area"`
		Crowd     yes             `json:"iscrowd"`
		Keypoints keypoints       `json:"keypoints"`
		Labeled   *int            `json:"num_keypoints"`
	}
	v.Keypoints.wanted = c.bodies
	if err := c.dec.Decode(&v); err != nil {
		return err
	}
	w := waiting{object: Object{Crowd: bool(v.Crowd)}}
	image, errImage := identify(v.Image, "image_id")
	category, errCategory := identify(v.Category, "category_id")
	if err := errors.Join(errImage, errCategory); err != nil {
		return fmt.Errorf("id %s: %w", v.ID, err)
	}
	if len(v.Box) != 4 {
		return fmt.Errorf("id %s: bbox has %d numbers (want x, y, width and height)", v.ID, len(v.Box))
	}
	w.image, w.category = c.images.number(image), c.categories.number(category)
	o := &w.object
	o.Box = coco.Box{X: v.Box[0], Y: v.Box[1], Width: v.Box[2], Height: v.Box[3]}
	o.Area = o.Box.Area()
	if v.Area != nil {
		o.Area = *v.Area
	}
	if err := check(o.Box); err != nil {
		return fmt.Errorf("id %s: %w", v.ID, err)
	}
	if !(o.Area >= 0 && o.Area <= maxPixels*maxPixels) {
		return fmt.Errorf("id %s: its area is %v", v.ID, o.Area)
	}
	if c.bodies {
		if err := o.addBody(v.Keypoints.values, v.Labeled); err != nil {
			return fmt.Errorf("id %s: %w", v.ID, err)
		}
		if len(c.waiting) == maxBodies {
			return fmt.Errorf("more than %d bodies", maxBodies)
		}
	}
	if len(c.waiting) == maxObjects {
		return fmt.Errorf("more than %d objects", maxObjects)
	}
	c.waiting = append(c.waiting, w)
	return nil
}

// addBody takes the keypoints of a body: x, y and 0 for one that nobody knows the place of, else 1 or 2. labeled is how many are known,
// if the file says so.
func (o *Object) addBody(values []float64, labeled *int) error {
	if len(values) != 3*coco.Keypoints {
		return fmt.Errorf("keypoints have %d numbers (want %d: x, y and whether it is seen, of %d)", len(values), 3*coco.Keypoints, coco.Keypoints)
	}
	o.Body = &coco.Body{Box: o.Box, Area: o.Area}
	for i := range o.Body.Points {
		x, y, known := values[3*i], values[3*i+1], values[3*i+2] > 0
		if err := check(coco.Box{X: x, Y: y}); err != nil {
			return fmt.Errorf("keypoint %d: %w", i, err)
		}
		o.Body.Points[i] = coco.Point{X: x, Y: y, Labeled: known}
		if known {
			o.Labeled++
		}
	}
	if labeled != nil {
		o.Labeled = *labeled
	}
	return nil
}

// settle gives the annotations to their pictures, and puts these in order.
func (c *cocoReader) settle() error {
	for i := range c.waiting {
		w := &c.waiting[i]
		picture, class := c.images.places[w.image], c.categories.places[w.category]
		switch {
		case picture < 0:
			return fmt.Errorf("annotations: number %d is of image %s, which is not there", i+1, c.images.names[w.image])
		case class < 0:
			return fmt.Errorf("annotations: number %d is of category %s, which is not there", i+1, c.categories.names[w.category])
		}
		w.object.Class = class
		if err := c.set.Pictures[picture].add(w.object); err != nil {
			return fmt.Errorf("annotations: image %s: %w", c.images.names[w.image], err)
		}
	}
	places := make([]int, len(c.numbers))
	for i := range places {
		places[i] = i
	}
	order.Stable(places, func(a, b int) int { return cmp.Compare(c.numbers[a], c.numbers[b]) })
	sorted := make([]Picture, len(places))
	for i, at := range places {
		sorted[i] = c.set.Pictures[at]
	}
	c.set.Pictures = sorted
	return nil
}

// identify is an id: a number, or a name as some programs write it.
func identify(raw json.RawMessage, what string) (string, error) {
	const longest = 200
	id := string(bytes.TrimSpace(raw))
	if id == "" || id == "null" || id[0] == '{' || id[0] == '[' || len(id) > longest {
		return "", fmt.Errorf("it has no %s", what)
	}
	return id, nil
}

// yes is true of true and of numbers but 0.
type yes bool

// UnmarshalJSON is [json.Unmarshaler]'s.
func (y *yes) UnmarshalJSON(data []byte) error {
	switch s := string(data); s {
	case "0", "false", "null":
		*y = false
	case "1", "true":
		*y = true
	default:
		return fmt.Errorf("iscrowd is %.20s (want 0 or 1)", s)
	}
	return nil
}

// keypoints are read only if they are wanted.
type keypoints struct {
	wanted bool
	values []float64
}

// UnmarshalJSON is [json.Unmarshaler]'s.
func (k *keypoints) UnmarshalJSON(data []byte) error {
	if !k.wanted {
		return nil
	}
	return json.Unmarshal(data, &k.values)
}
