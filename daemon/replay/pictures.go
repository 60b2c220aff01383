package replay

import (
	"errors"
	"fmt"
	"image/color"
	"path/filepath"

	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/daemon/pipeline"
	"github.com/inceptiond/inceptiond/infer/overlay"
	"github.com/inceptiond/inceptiond/infer/preprocess"
	"github.com/inceptiond/inceptiond/infer/task"
)

// Pictures writes what cameras and their models saw to a folder, for people.
type Pictures struct {
	Folder string
	Mark   string // behind the name of each file; empty: nothing
	N      int    // how many there are
}

// Write writes two pictures of a frame, of that number from 1: the frame, upright, with the part of it that the model sees and what it
// found, and the pixels that the model sees.
func (w *Pictures) Write(camera string, frame int, p *picture.Picture, s *pipeline.Sight) error {
	whole, err := preprocess.Upright(p)
	if err != nil {
		return err
	}
	part := task.Box{X: s.Shows[0], Y: s.Shows[1], Width: s.Shows[2], Height: s.Shows[3]}
	overlay.Marks(whole, []overlay.Mark{{Box: part, Words: "the model sees", Colour: color.RGBA{255, 255, 0, 255}, Dashed: true}})
	overlay.Draw(whole, s.Findings, func(class int) string { return s.Labels.Name(class) }, nil) // above, as its labels say more
	name := fmt.Sprintf("%s-%04d", camera, frame)
	err = errors.Join(
		overlay.WritePNG(filepath.Join(w.Folder, name+"-frame"+w.Mark+".png"), whole),
		overlay.WritePNG(filepath.Join(w.Folder, name+"-model"+w.Mark+".png"), preprocess.Image(s.RGB, s.Width, s.Height)))
	if err == nil {
		w.N += 2
	}
	return err
}
