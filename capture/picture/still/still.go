// Package still reads single pictures: JPEG, PNG and BMP, told apart by their first bytes.
//
// A JPEG becomes an MJPG frame as it is, so that all JPEGs are decoded in one place later; its EXIF data stays in it. It
// must be whole, which [jpeg.Whole] decides for every source. PNG and BMP become RGB24; what is transparent in them shows
// white, like on paper. They are decoded row by row, and one that would take too much memory for this machine is made
// smaller by a whole factor on the way. What is none of the three is named, with what to do about it.
package still

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"time"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/picture/internal/raster"
	"github.com/inceptiond/inceptiond/capture/picture/jpeg"
)

// maxBytes is the largest file that is read: less where pictures get less memory, since it stays in memory.
const maxBytes = 64 << 20

// Decode reads one picture and sets all of f but its Name; Sequence is 1 and Time is now. The error wraps
// capture.ErrBadFrame if the picture is damaged, too large or of another kind; otherwise it is r's own.
func Decode(r io.Reader, f *capture.Frame) error {
	limit := min(maxBytes, raster.Machine().Total/2)
	b := bufio.NewReader(io.LimitReader(r, limit+1))
	start, err := b.Peek(len(jpegStart))
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	var pix []byte
	if string(start) == jpegStart { // the frame will be the file
		pix = f.Pix[:0]
	}
	if file, ok := r.(interface{ Stat() (fs.FileInfo, error) }); ok {
		if info, err := file.Stat(); err == nil {
			pix = slices.Grow(pix, int(min(info.Size(), limit)+bytes.MinRead))
		}
	}
	data := bytes.NewBuffer(pix)
	if _, err := data.ReadFrom(b); err != nil {
		return err
	}
	if int64(data.Len()) > limit {
		return bad("the file has more than %d MiB: make the picture smaller", limit>>20)
	}
	if string(start) != jpegStart {
		return DecodeBytes(data.Bytes(), f)
	}
	format, err := readJPEG(data.Bytes())
	if err != nil {
		return err
	}
	return set(f, data.Bytes(), format)
}

// DecodeBytes is Decode for a picture in memory. It copies: f keeps none of data.
func DecodeBytes(data []byte, f *capture.Frame) error {
	pix, format, err := decode(data, f.Pix[:0], raster.Machine())
	if err != nil {
		return err
	}
	return set(f, pix, format)
}

// set makes f a frame of pix.
func set(f *capture.Frame, pix []byte, format capture.Format) error {
	*f = capture.Frame{Pix: pix, Format: format, Sequence: 1, Time: time.Now()}
	return f.Check()
}

// jpegStart starts every JPEG: its start marker (ISO/IEC 10918-1, B.1.1.3).
const jpegStart = "\xFF\xD8"

// readJPEG finds out the format of a JPEG, which must be whole.
func readJPEG(data []byte) (capture.Format, error) {
	w, h, err := jpeg.Whole(data)
	if err == nil {
		err = checkSides(w, h)
	}
	return capture.Packed(capture.MJPG, w, h), err
}

// decode makes the picture's frame in the memory of pix.
func decode(data, pix []byte, b raster.Budget) ([]byte, capture.Format, error) {
	switch data = trim(data); {
	case len(data) == 0:
		return pix, capture.Format{}, bad("it is empty")
	case bytes.HasPrefix(data, []byte(jpegStart)):
		format, err := readJPEG(data)
		if err != nil {
			return pix, format, err
		}
		return append(pix, data...), format, nil
	case bytes.HasPrefix(data, []byte(pngSignature)):
		return decodeRGB("png", data, pix, b, decodePNG)
	case bytes.HasPrefix(data, []byte("BM")):
		return decodeRGB("bmp", data, pix, b, decodeBMP)
	}
	return pix, capture.Format{}, unknown(data)
}

// maxLeading is how many bytes before a picture are looked over for its start.
const maxLeading = 4 << 10

// trim drops what some cameras send before a picture: line breaks, the rest of a header, anything that is no file of
// another kind.
func trim(data []byte) []byte {
	known := func(p []byte) bool {
		return bytes.HasPrefix(p, []byte(jpegStart)) || bytes.HasPrefix(p, []byte(pngSignature)) || bytes.HasPrefix(p, []byte("BM"))
	}
	if known(data) {
		return data
	}
	if p := bytes.TrimLeft(data, " \t\r\n\x00"); known(p) || len(p) == 0 {
		return p
	}
	if foreign(data).name != "" {
		return data
	}
	for i := range data[:min(len(data), maxLeading)] {
		if p := data[i:]; bytes.HasPrefix(p, []byte(jpegStart+"\xFF")) || bytes.HasPrefix(p, []byte(pngSignature)) {
			return p
		}
	}
	return data
}

// decodeRGB decodes with the function of one format.
func decodeRGB(name string, data, pix []byte, b raster.Budget,
	decode func(data, pix []byte, b raster.Budget) (*raster.Canvas, error)) ([]byte, capture.Format, error) {
	c, err := decode(data, pix[:cap(pix)], b)
	if err != nil && !errors.Is(err, capture.ErrBadFrame) {
		err = bad("%s: %v", name, err)
	}
	if err != nil {
		return pix, capture.Format{}, err
	}
	return c.Pix, capture.Packed(capture.RGB24, c.Width, c.Height), nil
}

// checkSize refuses a picture with no or too many pixels.
func checkSize(w, h int) error {
	if err := raster.CheckPixels(w, h); err != nil {
		return bad("%v", err)
	}
	return checkSides(w, h)
}

// checkSides refuses a picture that is too wide or too high for a frame.
func checkSides(w, h int) error {
	if _, err := capture.Packed(capture.RGB24, w, h).Size(); err != nil {
		return bad("%v", err)
	}
	return nil
}

func bad(format string, args ...any) error {
	return fmt.Errorf("picture: %s: %w", fmt.Sprintf(format, args...), capture.ErrBadFrame)
}
