package task

// Object is one thing that a detector has found.
type Object struct {
	Index int     // its class, as the model counts them, a background left out
	Score float32 // 0 to 1
	Box   Box     // fractions of the upright frame, limited to it
}

// Area is all that a frame shows of one class.
type Area struct {
	Index int     // as the model counts classes, a background among them
	Share float64 // of the picture's pixels, 0 to 1
	Box   Box     // around all of it: fractions of the upright frame, limited to it
}

// Posture is how one person stands: keypoints in COCO's order.
type Posture struct {
	Score     float32 // 0 to 1
	Keypoints [Keypoints]Keypoint
}

// Keypoints is how many keypoints a person has: nose, eyes, ears, shoulders, elbows, wrists, hips, knees and ankles, the left one of
// a pair first.
const Keypoints = 17

// Keypoint is a point of a body. One that the model gave no numbers for is all zero.
type Keypoint struct{ X, Y, Score float32 } // fractions of the upright frame, limited to it; 0 to 1

// Void is what a [Map] has where the model gives the number of none of its classes.
const Void = 255

// Map has a class for each pixel of a segmentation, row by row from the upper left. It has the size of the model's output, and
// shows what the model's input shows: bars of a letterbox, too.
type Map struct {
	Width, Height int
	Classes       []uint8 // Void: none
}

// resize makes room for pixels of a size.
func (m *Map) resize(width, height int) {
	m.Width, m.Height = width, height
	m.Classes = sized(m.Classes, width*height)
}

// Frame tells how the latest picture lies in the model's input.
type Frame interface {
	// Upright is which part of the upright frame a part of the input shows, both in fractions. It is linear, and so leaves the frame
	// where a box does, or where a letterbox has bars.
	Upright(part Box) Box
	// Shown is the part of the input that is picture and no bar of a letterbox, in fractions of it.
	Shown() Box
}

// whole is a Frame that fills the input.
type whole struct{}

func (whole) Upright(part Box) Box { return part }
func (whole) Shown() Box           { return Box{Width: 1, Height: 1} }

// limited is b as far as it lies inside the frame; ok: something does.
func (b Box) limited() (inside Box, ok bool) {
	left, top := min(max(b.X, 0), 1), min(max(b.Y, 0), 1)
	right, bottom := min(max(b.X+b.Width, 0), 1), min(max(b.Y+b.Height, 0), 1)
	inside = Box{left, top, right - left, bottom - top}
	return inside, inside.Width > 0 && inside.Height > 0 // not if anything is NaN
}
