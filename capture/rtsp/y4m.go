package rtsp

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/inceptiond/inceptiond/capture"
)

// frames reads a stream in the format YUV4MPEG2: a line that says what its frames are, then for each frame a line "FRAME" and
// the planes Y, U and V (mjpegtools, yuv4mpeg(5)). Only 4:2:0 with 8 bits is known, which is what ffmpeg is asked for.
type frames struct {
	r      *bufio.Reader
	format capture.Format // zero before the first frame
	size   int            // of a frame, in bytes
}

// errStream marks a stream that is no YUV4MPEG2.
var errStream = errors.New("rtsp: ffmpeg's pictures cannot be read")

// maxLine is the longest line that is believed, in bytes.
const maxLine = 256

func newFrames(r io.Reader) *frames { return &frames{r: bufio.NewReaderSize(r, 64<<10)} }

// next reads a frame into f.Pix, which it grows if needed. The error is io.EOF at the end of the stream, wraps errStream, or
// is the reader's.
func (r *frames) next(f *capture.Frame) error {
	if r.size == 0 {
		line, err := r.line()
		if err != nil {
			return err
		}
		if r.format, err = parseHeader(line); err != nil {
			return err
		}
		if r.size, err = r.format.Size(); err != nil {
			return fmt.Errorf("%w: %v", errStream, err)
		}
	}
	line, err := r.line()
	if err != nil {
		return err
	}
	if line != "FRAME" && !strings.HasPrefix(line, "FRAME ") {
		return fmt.Errorf("%w: %q where a frame must begin", errStream, line)
	}
	f.Format = r.format
	if cap(f.Pix) < r.size {
		f.Pix = make([]byte, r.size)
	}
	f.Pix = f.Pix[:r.size]
	_, err = io.ReadFull(r.r, f.Pix)
	return err
}

// line reads a line of at most maxLine bytes, without its end.
func (r *frames) line() (string, error) {
	var b []byte
	for len(b) <= maxLine {
		c, err := r.r.ReadByte()
		if err != nil {
			return "", err
		}
		if c == '\n' {
			return string(b), nil
		}
		b = append(b, c)
	}
	return "", fmt.Errorf("%w: a line of more than %d bytes", errStream, maxLine)
}

// parseHeader reads the first line: "YUV4MPEG2 W640 H480 F25:1 Ip A1:1 C420jpeg XCOLORRANGE=FULL".
func parseHeader(line string) (capture.Format, error) {
	fields := strings.Fields(line)
	if len(fields) == 0 || fields[0] != "YUV4MPEG2" {
		return capture.Format{}, fmt.Errorf("%w: %q where YUV4MPEG2 must be", errStream, line)
	}
	w, h, colours, full := 0, 0, "420jpeg", false
	for _, field := range fields[1:] {
		var err error
		switch value := field[1:]; field[0] {
		case 'W':
			w, err = strconv.Atoi(value)
		case 'H':
			h, err = strconv.Atoi(value)
		case 'C':
			colours = value
		case 'X':
			full = full || value == "COLORRANGE=FULL"
		}
		if err != nil {
			return capture.Format{}, fmt.Errorf("%w: %q in %q", errStream, field, line)
		}
	}
	switch colours {
	case "420", "420jpeg", "420mpeg2", "420paldv": // they differ by a fraction of a chroma sample
	default:
		return capture.Format{}, fmt.Errorf("%w: samples %q, want 4:2:0 with 8 bits", errStream, colours)
	}
	f := capture.Packed(capture.I420, w, h)
	f.FullRange = full
	if w > 0 && h > maxPixels/w {
		return f, fmt.Errorf("%w: %dx%d has more than %d megapixels", errStream, w, h, maxPixels/1000000)
	}
	_, err := f.Size()
	if err != nil {
		return f, fmt.Errorf("%w: %v", errStream, err)
	}
	return f, nil
}
