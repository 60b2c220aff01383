package pipeline

import (
	"github.com/inceptiond/inceptiond/infer/task"
	"github.com/inceptiond/inceptiond/publish"
)

// mask is which class is where in the latest picture, but for the bars of a letterbox; nil: the model does not say. It is good until
// the next picture.
func (l *Look) mask() *publish.Mask {
	m := &l.findings.Map
	left, top, right, bottom := l.findings.Pictured()
	if left >= right || top >= bottom {
		return nil
	}
	w, h := float64(m.Width), float64(m.Height)
	part := task.Box{X: float64(left) / w, Y: float64(top) / h, Width: float64(right-left) / w, Height: float64(bottom-top) / h}
	l.masked = publish.Mask{
		Width: right - left, Height: bottom - top, Stride: m.Width, Classes: m.Classes[top*m.Width+left:], Box: corners(frame{l.pre}.Upright(part)),
	}
	return &l.masked
}
