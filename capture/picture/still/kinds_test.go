package still

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/capture"
)

// boxed is the start of a file of the family of ISO/IEC 14496-12 with a major brand and compatible ones.
func boxed(brands ...string) string {
	s := "ftyp" + brands[0] + "\x00\x00\x00\x00" + strings.Join(brands[1:], "")
	return fmt.Sprintf("\x00\x00\x00%c", len(s)+4) + s + "\x00\x00\x00\x08mdat"
}

// TestKinds: what is no picture of ours is named, with what to do.
func TestKinds(t *testing.T) {
	for _, c := range []struct{ data, name, advice string }{
		{boxed("heic", "mif1", "heic"), "HEIC", "heif-convert"},
		{boxed("mif1", "mif1", "heic"), "HEIC", "Most Compatible"},
		{boxed("msf1", "hevc"), "HEIC", "convert"},
		{boxed("heix"), "HEIC", "convert"},
		{boxed("avif", "avif", "mif1"), "AVIF", "convert"},
		{boxed("mif1", "avif", "miaf"), "AVIF", "convert"},
		{boxed("mif1", "miaf"), "HEIF", "convert"},
		{boxed("crx "), "CR3", "develop"},
		{boxed("isom", "mp42"), "MP4", "ffmpeg"},
		{boxed("qt  "), "QuickTime", "ffmpeg"},
		{"RIFF\x10\x00\x00\x00WEBPVP8 ", "WebP", "dwebp"},
		{"RIFF\x10\x00\x00\x00AVI LIST", "AVI", "ffmpeg"},
		{"GIF87a\x01\x00", "GIF", "convert"},
		{"GIF89a\x01\x00", "GIF", "convert"},
		{"II*\x00\x08\x00\x00\x00", "TIFF", "convert"},
		{"MM\x00*\x00\x00\x00\x08", "DNG", "convert"},
		{"II*\x00\x10\x00\x00\x00CR\x02\x00", "CR2", "develop"},
		{"IIRO\x08\x00\x00\x00", "ORF", "develop"},
		{"FUJIFILMCCD-RAW 0201", "RAF", "develop"},
		{"\x00\x00\x00\x0CJXL \r\n\x87\n", "JPEG XL", "convert"},
		{"\xFF\x0A\xFA\x7F", "JPEG XL", "convert"},
		{"\x00\x00\x00\x0CjP  \r\n\x87\n", "JPEG 2000", "convert"},
		{"\xFF\x4F\xFF\x51\x00\x29", "JPEG 2000", "convert"},
		{"<svg xmlns=\"http://www.w3.org/2000/svg\">", "SVG", "rsvg-convert"},
		{"\xEF\xBB\xBF<?xml version=\"1.0\"?>\n<svg width=\"1\">", "SVG", "convert"},
		{"%PDF-1.7\n", "PDF", "pdftoppm"},
		{"\n <!DOCTYPE HTML><title>Login</title>", "web page", "login"},
		{"<html><body>", "web page", "login"},
		{"<?xml version=\"1.0\"?><ResponseStatus>", "XML", "not that of a picture"},
		{"\x00\x00\x00\x01\x67\x42\x00\x1f", "H.264", "MJPEG"},
		{"\x00\x00\x01\x09\xf0\x00", "H.264", "rtsp"},
		{"\x00\x00\x00\x01\x65\x88\x84", "H.264", "MJPEG"},
		{"\x00\x00\x00\x01\x40\x01\x0c", "H.265", "MJPEG"},
		{"\x00\x00\x00\x01\x46\x01\x50", "H.265", "MJPEG"},
		{strings.Repeat("G"+strings.Repeat("\xFF", 187), 3), "transport stream", "MJPEG"},
		{"\x1A\x45\xDF\xA3\x01", "Matroska", "ffmpeg"},
		{"FLV\x01\x05", "FLV", "MJPEG"},
		{"PK\x03\x04\x14", "zip", "out of it"},
		{"\x1F\x8B\x08", "gzip", "gunzip"},
		{"\x00\x00\x01\x00\x01\x00", "icon", "convert"},
		{"8BPS\x00\x01", "Photoshop", "save"},
		{"BA\x28\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00BM", "OS/2", "save"},
		{"BAD REQUEST: no such camera", "no JPEG, PNG or BMP", "BAD REQU"},
		{"version https://git-lfs.github.com/spec/v1", "Git LFS", "git lfs pull"},
		{"\xFF\xD8\xFF\xF7\x00\x0B\x08\x00\x01\x00\x01\x01\x01\x11\x00", "JPEG-LS", "baseline"},
		{"\xFF\xD8\xFF\xC3\x00\x0B\x08\x00\x01\x00\x01\x01\x01\x11\x00", "lossless", "baseline"},
		{"\xFF\xD8\xFF\xC5\x00\x0B\x08\x00\x01\x00\x01\x01\x01\x11\x00", "hierarchical", "baseline"},
		{"\xFF\xD8\xFF\xC1\x00\x0B\x0C\x00\x01\x00\x01\x01\x01\x11\x00", "12 bits", "baseline"},
		{"\xFF\xD8\xFF\xC0\x00\x0B\x08\x00\x00\x00\x01\x01\x01\x11\x00", "DNL", "baseline"},
		{"\x89PNG\r\n\x1a\n\x00\x00\x00\x04CgBI\x50\x00\x20\x02\x2B\xD5\xB3\x7F", "CgBI", "usual PNG"},
		{"", "empty", ""},
		{"\r\n\r\n", "empty", ""},
		{"not a picture", "no JPEG, PNG or BMP", `"not a pi"`},
		{"\x00\x00\x00\x01\xFF\xFF", "no JPEG, PNG or BMP", ""},
	} {
		err := DecodeBytes([]byte(c.data), new(capture.Frame))
		if text := fmt.Sprint(err); !errors.Is(err, capture.ErrBadFrame) || !strings.Contains(text, c.name) || !strings.Contains(text, c.advice) {
			t.Errorf("%.20q: %v, want %q and %q", c.data, err, c.name, c.advice)
		}
		err = Decode(strings.NewReader(c.data), new(capture.Frame))
		if !errors.Is(err, capture.ErrBadFrame) || !strings.Contains(fmt.Sprint(err), c.name) {
			t.Errorf("%.20q, read: %v, want %q", c.data, err, c.name)
		}
		for n := range len(c.data) { // whatever is there of it, nothing is looked at beyond
			if err := DecodeBytes([]byte(c.data[:n]), new(capture.Frame)); !errors.Is(err, capture.ErrBadFrame) {
				t.Errorf("%d bytes of %.20q: %v", n, c.data, err)
			}
		}
	}
}

// TestLeadingBytes: what cameras send before a picture does not hide it.
func TestLeadingBytes(t *testing.T) {
	m := image.NewGray(image.Rect(0, 0, 33, 20))
	for _, kind := range []string{"jpeg", "png", "bmp"} {
		whole := encode(t, kind, m)
		for _, before := range []string{"", "\n", "\r\n", "\r\n\r\n", " ", "\x00\x00\x00\x00"} {
			testLeading(t, kind, before, whole)
		}
		if kind == "bmp" { // two letters are too little to be found in anything
			continue
		}
		for _, before := range []string{"\xFF", "\xFF\xFF", "X-Timestamp: 1.5\r\n\r\n", "\x01\x02\x03\xFF\x00", strings.Repeat("x", 4000)} {
			testLeading(t, kind, before, whole)
		}
	}
	if err := DecodeBytes(append(bytes.Repeat([]byte{'x'}, 5000), encode(t, "jpeg", m)...), new(capture.Frame)); err == nil {
		t.Error("a picture behind 5000 bytes was found")
	}
}

func testLeading(t *testing.T, kind, before string, whole []byte) {
	t.Helper()
	data := append([]byte(before), whole...)
	for way, read := range map[string]func(f *capture.Frame) error{
		"bytes":  func(f *capture.Frame) error { return DecodeBytes(data, f) },
		"reader": func(f *capture.Frame) error { return Decode(bytes.NewReader(data), f) },
	} {
		var f capture.Frame
		if err := read(&f); err != nil || f.Format.Width != 33 || f.Format.Height != 20 {
			t.Errorf("%s with %.20q before it, %s: %v, %v", kind, before, way, f.Format, err)
		}
	}
}
