package rtsp

import (
	"regexp"
	"strings"
)

// tooOld is what lines mean that only an old ffmpeg writes.
const tooOld = "ffmpeg is too old"

// refusal is how ffmpeg says that the camera has answered with an error: "method DESCRIBE failed: 404 Not Found".
var refusal = regexp.MustCompile(`method [A-Z_]+ failed: ([0-9]{3})`)

// refusals are answers of a camera by their codes (RFC 2326, section 11), and what to do about them.
var refusals = map[string]string{
	"401": "the camera refuses the user or the password (401): check both; some cameras have users of their own for RTSP",
	"403": "the camera refuses this user (403): check what the user may see",
	"404": "there is no such stream (404): check the path of the URL; the camera's manual or settings have it",
	"453": "the camera has not enough bandwidth (453): end other viewers, or take its smaller stream",
	"454": "the camera has forgotten the session (454)",
	"461": "the camera does not send over this transport (461): set the other one, tcp or udp",
	"503": "the camera is busy (503): end other viewers; many cameras serve few",
}

// meanings are parts of ffmpeg's lines and what to do about them. The first that fits counts.
var meanings = []struct{ part, means string }{
	{"Nonmatching transport in server reply", "the camera does not send over this transport: set the other one, tcp or udp"},
	{"Unable to open an input RTP port", "no free UDP port: set transport: tcp"},
	{"matches no streams", "the camera sends no pictures at this address, only sound or data: check the path of the URL"},
	{"Cannot allocate memory", "its pictures are too large for this machine's memory: take the camera's smaller stream"},
	{"get_buffer() failed", "its pictures are too large: take the camera's smaller stream"},
	{"exceeds specified max pixel count", "its pictures are too large: take the camera's smaller stream"},
	{"Unrecognized option", tooOld},
	{"Option not found", tooOld},
	{"unknown keyword 'option'", tooOld},
	{"Decoder not found", "this ffmpeg cannot decode what the camera sends: set the camera to H.264 or H.265"},
	{"Decoder (codec none) not found", "the camera sends something that ffmpeg does not know: set the camera to H.264 or H.265"},
	{"Unknown decoder", "this ffmpeg cannot decode what the camera sends: set the camera to H.264 or H.265"},
	{"Connection reset by peer", "the camera closed the connection"},
	{"Connection timed out", "the camera does not answer any more"},
}

// meaning is what a line of ffmpeg means for a person; empty if it is not known.
func (s *said) meaning(text string) string {
	if found := refusal.FindStringSubmatch(text); found != nil {
		if found[1] == "401" && s.cam.login == "" {
			return "the camera wants a user and password (401): set username and password_file"
		}
		return refusals[found[1]]
	}
	for _, m := range meanings {
		if strings.Contains(text, m.part) {
			return m.means
		}
	}
	return ""
}
