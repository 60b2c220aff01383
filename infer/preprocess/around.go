package preprocess

// Margins for Around. Faces for recognition are cut with the one (32 of 160 pixels: davidsandberg/facenet, align_dataset_mtcnn.py).
// Classifiers know objects with more around them: of 64 crops of photographs that ssd_mobilenet_v1_coco found something in,
// GoogLeNet and MobileNet v2 named 56 rightly with the other one, 48 with half of it, 43 with none, and 38 of those that were also
// stretched to a square.
const (
	FaceMargin   = 0.125
	ObjectMargin = 0.25
)

// Around is the region that shows what is in a box, of a frame of width by height pixels, to a model whose input is so many times as
// wide as it is high (proportions). margin, a share of the box's sides, is left on each side of it. Then the region grows around its
// middle until it has the proportions, so that Fit distorts, cuts and adds nothing. It stays in the frame: near the edge it
// moves, and where it would be larger than the frame it is cut. It has at least a pixel.
func Around(box Region, margin, proportions float64, width, height int) Region {
	w, h := float64(width), float64(height)
	across, down := max(box.Width*w*(1+2*margin), 1), max(box.Height*h*(1+2*margin), 1)
	across, down = max(across, down*proportions), max(down, across/proportions)
	var r Region
	r.X, r.Width = within(box.X+box.Width/2, across/w)
	r.Y, r.Height = within(box.Y+box.Height/2, down/h)
	return r
}

// within is a stretch of some length around middle, moved and cut so that it lies between 0 and 1.
func within(middle, length float64) (from, n float64) {
	length = min(length, 1)
	return min(max(middle-length/2, 0), 1-length), length
}
