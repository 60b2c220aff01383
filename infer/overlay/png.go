package overlay

import (
	"bufio"
	"errors"
	"image"
	"image/png"
	"os"
)

// WritePNG writes an image to a file.
func WritePNG(path string, img image.Image) (err error) {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	w := bufio.NewWriter(file)
	if err := png.Encode(w, img); err != nil {
		return err
	}
	return w.Flush()
}
