package picture

import "fmt"

// Options says how the pictures of one camera are put upright, and what nobody may see of them. The zero value leaves them as
// they are.
type Options struct {
	Rotate int       // degrees clockwise: 0, 90, 180 or 270
	Flip   Flip      // after Rotate
	Mask   []Polygon // parts of the upright picture that are black
}

// Flip says along which axes a frame is mirrored.
type Flip uint8

// The flips.
const (
	FlipNone       Flip = iota
	FlipHorizontal      // left and right change places
	FlipVertical        // top and bottom change places
	FlipBoth
)

// flips are their names.
func flips() []string { return []string{"none", "horizontal", "vertical", "both"} }

// String is the name of the flip in a config: "none", "horizontal", "vertical" or "both".
func (f Flip) String() string {
	if names := flips(); int(f) < len(names) {
		return names[f]
	}
	return fmt.Sprintf("Flip(%d)", uint8(f))
}

// ParseFlip turns a name as String writes it into a Flip.
func ParseFlip(s string) (Flip, error) {
	for f, name := range flips() {
		if s == name {
			return Flip(f), nil
		}
	}
	return 0, fmt.Errorf("picture: unknown flip %q (use one of %v)", s, flips())
}

// orientation is what Rotate and then Flip do.
func (o Options) orientation() (Orientation, error) {
	var rotate Orientation
	switch o.Rotate {
	case 0:
	case 90:
		rotate = Orientation{Transpose: true, FlipX: true}
	case 180:
		rotate = Orientation{FlipX: true, FlipY: true}
	case 270:
		rotate = Orientation{Transpose: true, FlipY: true}
	default:
		return Orientation{}, fmt.Errorf("picture: rotate %d is not 0, 90, 180 or 270", o.Rotate)
	}
	if o.Flip > FlipBoth {
		return Orientation{}, fmt.Errorf("picture: unknown flip %v", o.Flip)
	}
	return rotate.then(Orientation{
		FlipX: o.Flip == FlipHorizontal || o.Flip == FlipBoth,
		FlipY: o.Flip == FlipVertical || o.Flip == FlipBoth,
	}), nil
}

// Orientation is one of the eight ways to put stored pixels upright: swap the axes if Transpose is set, then mirror left
// and right (FlipX) and top and bottom (FlipY). The zero value leaves them as they are.
type Orientation struct {
	Transpose, FlipX, FlipY bool
}

// then is the orientation that does o first and u after it.
func (o Orientation) then(u Orientation) Orientation {
	if u.Transpose { // swapping axes after o's mirrors is swapping them before and mirroring the other way
		o.FlipX, o.FlipY = o.FlipY, o.FlipX
	}
	return Orientation{o.Transpose != u.Transpose, o.FlipX != u.FlipX, o.FlipY != u.FlipY}
}

// inverse is the orientation that undoes o.
func (o Orientation) inverse() Orientation {
	if o.Transpose {
		o.FlipX, o.FlipY = o.FlipY, o.FlipX
	}
	return o
}

// polygon is what becomes of a part of a picture, when o is done to the picture.
func (o Orientation) polygon(p Polygon) Polygon {
	moved := make(Polygon, 0, len(p))
	for i := 0; i+1 < len(p); i += 2 {
		x, y := p[i], p[i+1]
		if o.Transpose {
			x, y = y, x
		}
		if o.FlipX {
			x = 1 - x
		}
		if o.FlipY {
			y = 1 - y
		}
		moved = append(moved, x, y)
	}
	return moved
}

// exif puts a picture with EXIF orientation tag upright (Exif 2.3, tag 274: the side of the scene that the first row and
// the first column show). Numbers other than 1 to 8 mean upright.
func exif(tag int) Orientation {
	switch tag {
	case 2:
		return Orientation{FlipX: true}
	case 3:
		return Orientation{FlipX: true, FlipY: true}
	case 4:
		return Orientation{FlipY: true}
	case 5:
		return Orientation{Transpose: true}
	case 6:
		return Orientation{Transpose: true, FlipX: true}
	case 7:
		return Orientation{Transpose: true, FlipX: true, FlipY: true}
	case 8:
		return Orientation{Transpose: true, FlipY: true}
	}
	return Orientation{}
}
