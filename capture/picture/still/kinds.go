package still

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

// unknown is the error for a picture, or whatever it is, that is not decoded: it says what it is and what to do.
func unknown(data []byte) error {
	if kind := foreign(data); kind.name != "" {
		return bad("it is %s: %s", kind.name, kind.advice)
	}
	return bad("it is no JPEG, PNG or BMP (starts with %q)", data[:min(8, len(data))])
}

// kind is one of the many kinds of files that cameras and people send.
type kind struct{ name, advice string }

// What to do about them.
const (
	convert    = "convert it to JPEG or PNG"
	savePicked = "save a JPEG or PNG instead"
	forStills  = "a picture is wanted: take one from it, e.g. ffmpeg -i FILE -frames:v 1 picture.jpg"
	forVideo   = "a camera that sends video needs another address, of JPEG pictures (MJPEG), or source: rtsp"
	developed  = "develop it, or take the JPEG that the camera saves beside it"
)

// foreign names the kind of a file by its first bytes; empty if it is none that is known.
func foreign(data []byte) kind {
	for _, m := range magics() {
		if m.offset <= len(data) && bytes.HasPrefix(data[m.offset:], []byte(m.bytes)) {
			return m.kind
		}
	}
	switch {
	case len(data) >= 12 && string(data[4:8]) == "ftyp":
		return box(data)
	case len(data) >= 12 && string(data[:4]) == "RIFF":
		return kind{"a RIFF file (" + fmt.Sprintf("%q", data[8:12]) + ")", convert}
	case len(data) >= 16 && string(data[:2]) == "BA" && string(data[14:16]) == "BM":
		return kind{"a set of bitmaps (OS/2)", savePicked}
	case len(data) > 376 && data[0] == 0x47 && data[188] == 0x47 && data[376] == 0x47:
		return kind{"video (MPEG transport stream)", forVideo}
	}
	if k := annexB(data); k.name != "" {
		return k
	}
	return text(data)
}

// magic is what a kind of file has at an offset.
type magic struct {
	offset int
	bytes  string
	kind
}

// magics lists what files begin with. What is longer comes first where two begin alike.
func magics() []magic {
	raw := func(name string) kind { return kind{"a raw photo (" + name + ")", developed} }
	return []magic{
		{0, "GIF87a", kind{"a GIF", convert}},
		{0, "GIF89a", kind{"a GIF", convert}},
		{8, "WEBP", kind{"a WebP picture", "convert it to JPEG or PNG, e.g. dwebp FILE -o picture.png"}},
		{8, "AVI ", kind{"video (AVI)", forStills}},
		{8, "WAVE", kind{"sound (WAV)", savePicked}},
		{0, "II*\x00\x10\x00\x00\x00CR", raw("CR2")},
		{0, "IIRO", raw("ORF")},
		{0, "IIU\x00", raw("RW2")},
		{0, "FUJIFILMCCD-RAW", raw("RAF")},
		{0, "II\xBC", kind{"a JPEG XR picture", convert}},
		{0, "II*\x00", kind{"a TIFF, or a raw photo such as DNG", "convert it to JPEG or PNG"}},
		{0, "MM\x00*", kind{"a TIFF, or a raw photo such as DNG or NEF", "convert it to JPEG or PNG"}},
		{0, "II+\x00", kind{"a TIFF", convert}},
		{0, "MM\x00+", kind{"a TIFF", convert}},
		{0, "\x00\x00\x00\x0CJXL \r\n\x87\n", kind{"a JPEG XL picture", convert}},
		{0, "\xFF\x0A", kind{"a JPEG XL picture", convert}},
		{0, "\x00\x00\x00\x0CjP  \r\n\x87\n", kind{"a JPEG 2000 picture", convert}},
		{0, "\xFF\x4F\xFF\x51", kind{"a JPEG 2000 picture", convert}},
		{0, "\x8AMNG\r\n\x1A\n", kind{"an animation (MNG)", convert}},
		{0, "\x8BJNG\r\n\x1A\n", kind{"a JNG picture", convert}},
		{0, "%PDF", kind{"a PDF", "convert its page to JPEG or PNG, e.g. pdftoppm -png FILE page"}},
		{0, "%!PS", kind{"PostScript", convert}},
		{0, "8BPS", kind{"a Photoshop document", savePicked}},
		{0, "gimp xcf", kind{"a GIMP document", savePicked}},
		{0, "\x00\x00\x01\x00", kind{"an icon (ICO)", convert}},
		{0, "\x00\x00\x02\x00", kind{"a cursor (CUR)", convert}},
		{0, "qoif", kind{"a QOI picture", convert}},
		{0, "v/1\x01", kind{"an OpenEXR picture", convert}},
		{0, "#?RADIANCE", kind{"a Radiance HDR picture", convert}},
		{0, "DDS ", kind{"a DDS texture", convert}},
		{0, "BPG\xFB", kind{"a BPG picture", convert}},
		{0, "FLIF", kind{"a FLIF picture", convert}},
		{0, "\x1A\x45\xDF\xA3", kind{"video (Matroska or WebM)", forStills}},
		{0, "#EXTM3U", kind{"a playlist of video (HLS)", forVideo}},
		{0, "FLV\x01", kind{"video (FLV)", forVideo}},
		{0, "\x00\x00\x01\xBA", kind{"video (MPEG)", forVideo}},
		{0, "\x00\x00\x01\xB3", kind{"video (MPEG)", forVideo}},
		{0, "OggS", kind{"video or sound (Ogg)", forStills}},
		{0, "PK\x03\x04", kind{"a zip archive", "take the pictures out of it"}},
		{0, "\x1F\x8B", kind{"compressed (gzip)", "take the picture out of it: gunzip FILE"}},
	}
}

// box names a file of the family of ISO/IEC 14496-12 by its brands: the major one, and those it is compatible with.
func box(data []byte) kind {
	length := min(int(data[2])<<8|int(data[3]), len(data), 256)
	brands := []string{string(data[8:12])}
	for i := 16; i+4 <= length; i += 4 {
		brands = append(brands, string(data[i:i+4]))
	}
	has := func(names ...string) bool {
		return slices.ContainsFunc(brands, func(b string) bool { return slices.Contains(names, b) })
	}
	switch {
	case has("avif", "avis"):
		return kind{"an AVIF picture", "convert it to JPEG or PNG, e.g. avifdec FILE picture.png"}
	case has("heic", "heix", "heim", "heis", "hevc", "hevx"):
		return kind{"a HEIC picture, as iPhones take them", "convert it, e.g. heif-convert FILE picture.jpg, or set the phone's " +
			"camera to Most Compatible"}
	case has("mif1", "msf1"):
		return kind{"a picture of the HEIF family", convert}
	case has("crx "):
		return kind{"a raw photo (CR3)", developed}
	}
	return kind{"video (MP4 or QuickTime)", forStills}
}

// annexB names a stream of H.264 or H.265 (annex B of both), which begins with a start code and one of the units that come
// first.
func annexB(data []byte) kind {
	unit, ok := bytes.CutPrefix(data, []byte{0, 0, 0, 1})
	if !ok {
		unit, ok = bytes.CutPrefix(data, []byte{0, 0, 1})
	}
	if !ok || len(unit) < 2 || unit[0]&0x80 != 0 {
		return kind{}
	}
	if hevc := unit[0] >> 1; unit[0]&1 == 0 && unit[1] == 1 && (hevc <= 21 || 32 <= hevc && hevc <= 40) {
		return kind{"video (H.265)", forVideo}
	}
	switch unit[0] & 31 {
	case 1, 2, 3, 4, 5, 6, 7, 8, 9:
		return kind{"video (H.264)", forVideo}
	}
	return kind{}
}

// text names what is written in letters.
func text(data []byte) kind {
	const most = 512
	start := strings.ToLower(strings.TrimLeft(string(bytes.TrimPrefix(data[:min(len(data), most)], []byte("\xEF\xBB\xBF"))), " \t\r\n"))
	switch {
	case strings.Contains(start, "<svg"):
		return kind{"an SVG drawing", "convert it to PNG, e.g. rsvg-convert FILE -o picture.png"}
	case strings.HasPrefix(start, "<!doctype html"), strings.HasPrefix(start, "<html"), strings.HasPrefix(start, "<head"),
		strings.Contains(start, "<html"):
		return kind{"a web page (HTML)", "the address or file is not that of a picture; a camera may want a login"}
	case strings.HasPrefix(start, "<?xml"):
		return kind{"XML", "the address or file is not that of a picture"}
	case strings.HasPrefix(start, "{\""), strings.HasPrefix(start, "[{"):
		return kind{"JSON", "the address or file is not that of a picture"}
	case strings.HasPrefix(start, "version https://git-lfs"):
		return kind{"a pointer of Git LFS", "fetch the picture itself: git lfs pull"}
	}
	return kind{}
}
