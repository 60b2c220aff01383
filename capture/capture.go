// Package capture says what a camera is: a [Source] of frames in one of a few pixel formats.
//
// The package holds the seam and nothing else: no operating system, no network. Each kind of camera is a package below
// it (v4l2, rpicam, httpcam, rtsp, files, demo) with an Open function of its own. Package picture decodes what a camera sends,
// once for all who look at it; package view lets several look at one camera. A reader of a Source looks like this:
//
//	var f capture.Frame
//	for {
//		err := src.Read(ctx, &f)
//		switch {
//		case errors.Is(err, capture.ErrBadFrame):
//			continue // count it
//		case err != nil:
//			return err // io.EOF: no more pictures; anything else: close, wait, open again
//		}
//		use(&f)
//	}
package capture

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Source is one open camera. It is used by one goroutine at a time, save that Close may be called while Read blocks.
type Source interface {
	// Format is what the device really agreed to, not what was asked for. For a source whose pictures differ
	// (files, http) it is the format of the last frame read, zero before the first.
	Format() Format

	// Read waits for the next frame and copies it into f.Pix, which it grows if needed; every field of f is set.
	// The caller owns f and may keep it: the source holds on to none of its memory.
	//
	// It returns ctx.Err() soon after ctx ends; io.EOF after the last picture of a source that has one; an error
	// that wraps ErrBadFrame for a frame that was cut short or damaged (f is then undefined, read on); an error
	// that wraps ErrLost when the device is gone or silent. After any error but ErrBadFrame and ctx.Err(), the
	// source is of no more use: close it.
	Read(ctx context.Context, f *Frame) error

	// Close releases the device. It may be called more than once; later calls do nothing.
	Close() error
}

var (
	// ErrBadFrame marks a frame that was truncated or corrupt. The next one may be whole.
	ErrBadFrame = errors.New("bad frame")

	// ErrLost marks a device that has gone away or sends nothing any more. Opening it again may help.
	ErrLost = errors.New("camera lost")

	// ErrLogin marks a device that refuses the user or password. It comes together with ErrLost. Many cameras lock a user
	// out who fails a few times: the next try is to come much later.
	ErrLogin = errors.New("login refused")

	// ErrCertificate marks a device whose certificate is not trusted; the error says its fingerprint. It comes together with
	// ErrLost.
	ErrCertificate = errors.New("certificate not trusted")
)

// Frame is one picture, in the memory of its owner.
type Frame struct {
	Pix      []byte    // the picture's bytes as Format describes them
	Format   Format    // of this frame
	Sequence uint64    // counts this source's frames from 1; a gap is frames that never arrived
	Time     time.Time // when the frame arrived, with a monotonic reading
	Name     string    // of a still picture: its file's path, or what the demo source drew; else empty
}

// Format describes the bytes of a frame.
type Format struct {
	Pixel  PixelFormat
	Width  int     // pixels
	Height int     // pixels
	Stride int     // bytes from one row to the next (of the first plane); 0 for MJPG
	Rate   float64 // frames per second the device promises; 0 if unknown

	// FullRange says that the luma of YUYV, UYVY, NV12 and I420 goes from 0 to 255; otherwise it goes from 16 to 235,
	// as is usual for video. It has no meaning for the other formats: JPEG has full range always.
	FullRange bool
}

// String is the size, the pixel format and, if it is known, the rate: "640x480 YUYV 30 fps".
func (f Format) String() string {
	s := fmt.Sprintf("%dx%d %v", f.Width, f.Height, f.Pixel)
	if f.Rate > 0 {
		s += fmt.Sprintf(" %.3g fps", f.Rate)
	}
	return s
}

// PixelFormat is a V4L2 pixel format: a FourCC in little-endian order (linux/videodev2.h, v4l2_fourcc).
type PixelFormat uint32

// The pixel formats that package picture can decode.
const (
	MJPG  PixelFormat = 'M' | 'J'<<8 | 'P'<<16 | 'G'<<24 // V4L2_PIX_FMT_MJPEG: one JPEG a frame, Huffman tables optional
	YUYV  PixelFormat = 'Y' | 'U'<<8 | 'Y'<<16 | 'V'<<24 // V4L2_PIX_FMT_YUYV: 4:2:2 packed, Y0 U Y1 V
	UYVY  PixelFormat = 'U' | 'Y'<<8 | 'V'<<16 | 'Y'<<24 // V4L2_PIX_FMT_UYVY: 4:2:2 packed, U Y0 V Y1
	NV12  PixelFormat = 'N' | 'V'<<8 | '1'<<16 | '2'<<24 // V4L2_PIX_FMT_NV12: 4:2:0, a Y plane, then U V interleaved
	I420  PixelFormat = 'Y' | 'U'<<8 | '1'<<16 | '2'<<24 // V4L2_PIX_FMT_YUV420: 4:2:0, planes Y, U, V
	GREY  PixelFormat = 'G' | 'R'<<8 | 'E'<<16 | 'Y'<<24 // V4L2_PIX_FMT_GREY: 8-bit luminance
	RGB24 PixelFormat = 'R' | 'G'<<8 | 'B'<<16 | '3'<<24 // V4L2_PIX_FMT_RGB24: R G B
	BGR24 PixelFormat = 'B' | 'G'<<8 | 'R'<<16 | '3'<<24 // V4L2_PIX_FMT_BGR24: B G R
)

// PixelFormats lists every supported format, the cheapest to turn into a tensor first.
func PixelFormats() []PixelFormat {
	return []PixelFormat{RGB24, BGR24, GREY, NV12, I420, YUYV, UYVY, MJPG}
}

// String is the format's FourCC, "YUYV"; the two RGB orders and I420 have their usual names instead.
func (p PixelFormat) String() string {
	switch p {
	case RGB24:
		return "RGB24"
	case BGR24:
		return "BGR24"
	case I420:
		return "I420"
	}
	b := []byte{byte(p), byte(p >> 8), byte(p >> 16), byte(p >> 24)}
	for i, c := range b {
		if c < ' ' || c > '~' {
			b[i] = '?'
		}
	}
	return string(b)
}

// ParsePixelFormat turns a name as String writes it into a supported PixelFormat.
func ParsePixelFormat(s string) (PixelFormat, error) {
	for _, p := range PixelFormats() {
		if p.String() == s {
			return p, nil
		}
	}
	return 0, fmt.Errorf("capture: pixel format %q is not supported (use one of %v)", s, PixelFormats())
}

// minStride is the number of bytes that one row of the first plane needs.
func (f Format) minStride() int {
	switch f.Pixel {
	case YUYV, UYVY:
		return (f.Width + 1) / 2 * 4
	case RGB24, BGR24:
		return f.Width * 3
	case NV12:
		return (f.Width + 1) / 2 * 2 // a chroma row has a U and a V for every two pixels
	case I420, GREY:
		return f.Width
	}
	return 0
}

// Size is the number of bytes a whole frame of this format has at least: 0 for MJPG, whose frames differ. For the
// planar formats the chroma planes follow the luma plane at once: NV12 with the same stride, I420 with half of it
// (rounded up). It returns an error if the format is not supported, has no pixels, or its rows overlap.
func (f Format) Size() (int, error) {
	const maxSide = 1 << 14 // pixels a side: keeps the products below within 32 bits
	if f.Width < 1 || f.Height < 1 || f.Width > maxSide || f.Height > maxSide || f.Stride < 0 || f.Stride > 4*maxSide {
		return 0, fmt.Errorf("capture: %dx%d, stride %d is no usable picture size", f.Width, f.Height, f.Stride)
	}
	if f.Pixel == MJPG {
		return 0, nil
	}
	if f.minStride() == 0 {
		return 0, fmt.Errorf("capture: pixel format %v is not supported (use one of %v)", f.Pixel, PixelFormats())
	}
	if f.Stride < f.minStride() {
		return 0, fmt.Errorf("capture: stride %d is less than the %d bytes of a row of %v", f.Stride, f.minStride(), f)
	}
	half := (f.Height + 1) / 2
	last := func(rows, stride, row int) int { return (rows-1)*stride + row }
	switch f.Pixel {
	case NV12:
		return f.Height*f.Stride + last(half, f.Stride, f.minStride()), nil
	case I420:
		s := (f.Stride + 1) / 2
		return f.Height*f.Stride + half*s + last(half, s, (f.Width+1)/2), nil
	}
	return last(f.Height, f.Stride, f.minStride()), nil
}

// Check tells whether f.Pix holds a whole frame; the error wraps ErrBadFrame if it is too short.
func (f *Frame) Check() error {
	n, err := f.Format.Size()
	if err != nil {
		return err
	}
	if f.Format.Pixel == MJPG {
		n = 4 // SOI and EOI
	}
	if len(f.Pix) < n {
		return fmt.Errorf("capture: %d of %d bytes of %v: %w", len(f.Pix), n, f.Format, ErrBadFrame)
	}
	return nil
}

// Packed is the format of a w by h picture whose rows follow each other without a gap.
func Packed(p PixelFormat, w, h int) Format {
	f := Format{Pixel: p, Width: w, Height: h}
	f.Stride = f.minStride()
	return f
}
