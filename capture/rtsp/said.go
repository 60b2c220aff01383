package rtsp

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/inceptiond/inceptiond/capture"
)

// said takes what ffmpeg writes to standard error, line by line, and makes of it what a person can act on. It keeps a few
// lines, however much comes. One that means that no good frame can follow ends ffmpeg.
type said struct {
	o      Options
	cam    address
	kill   func()        // ends ffmpeg
	ready  chan struct{} // closed by begin: kill may be called
	hidden []string      // what no message may show

	mu      sync.Mutex
	line    []byte   // that is being written
	errors  []string // the last lines that ffmpeg calls errors, at most keptErrors
	fault   string   // what the first line meant that is known; empty if there was none
	verdict string   // why ffmpeg was killed; empty if it was not
	answers bool     // the camera has said what it sends
	codec   string   // of the pictures, as the camera calls it: "H264"; empty: not known
	begun   bool     // a frame has come
	size    string   // "w:640 h:480 pixfmt:yuv420p" of the pictures that are decoded; empty before the first
}

const (
	keptErrors  = 3
	maxSaidLine = 512 // bytes of a line that are looked at
	maxShown    = 160 // characters of it that a message has
)

func newSaid(o Options, cam address, kill func()) *said {
	s := &said{o: o, cam: cam, kill: kill, ready: make(chan struct{})}
	if cam.login != "" {
		s.hidden = append(s.hidden, cam.login)
	}
	if len(o.Password) > 3 {
		s.hidden = append(s.hidden, o.Password)
	}
	if cam.url.RawQuery != "" {
		s.hidden = append(s.hidden, cam.url.RawQuery)
	}
	return s
}

// begin says that ffmpeg has been started.
func (s *said) begin() { close(s.ready) }

// Write never fails.
func (s *said) Write(p []byte) (int, error) {
	n := len(p)
	for len(p) > 0 {
		part, rest, ended := bytes.Cut(p, []byte("\n"))
		s.line = append(s.line, part[:min(len(part), maxSaidLine-len(s.line))]...)
		if ended {
			s.heard(strings.TrimSpace(string(s.line)))
			s.line = s.line[:0]
		}
		p = rest
	}
	return n, nil
}

// level is how ffmpeg marks a line: "[rtsp @ 0x55d0c0] [error] method DESCRIBE failed: 404 Not Found".
var level = regexp.MustCompile(`\[(quiet|panic|fatal|error|warning|info|verbose|debug)\] ?`)

// size is in the line that ffmpeg's source of a filter graph writes when decoded pictures begin, and again when they change.
var size = regexp.MustCompile(`\bw:\d+ h:\d+ pixfmt:\w+`)

// heard takes one line.
func (s *said) heard(line string) {
	mark := level.FindStringSubmatch(line)
	s.mu.Lock()
	verdict := ""
	if mark == nil {
		s.described(line)
	} else {
		verdict = s.judge(mark[1], level.ReplaceAllString(line, ""))
	}
	if s.verdict == "" {
		s.verdict = verdict
	}
	s.mu.Unlock()
	if verdict != "" {
		s.end()
	}
}

// end kills ffmpeg, once it has been started.
func (s *said) end() {
	go func() { // ffmpeg's end waits for whoever calls Write
		<-s.ready
		s.kill()
	}()
}

// described notes a line of the camera's description (SDP), which has no level: "a=rtpmap:96 H264/90000".
func (s *said) described(line string) {
	if _, about, found := strings.Cut(line, "a=rtpmap:"); found && s.codec == "" {
		_, name, _ := strings.Cut(about, " ")
		name, _, _ = strings.Cut(name, "/")
		s.codec = s.clean(strings.ToUpper(name))
	}
}

// judge notes a line of a level, and returns why ffmpeg must end, or nothing.
func (s *said) judge(level, text string) (verdict string) {
	if found := size.FindString(text); found != "" {
		before := s.size
		if s.size = found; before != "" && before != found {
			return fmt.Sprintf("the pictures changed from %s to %s", pretty(before), pretty(found))
		}
		return ""
	}
	if strings.HasSuffix(text, "] SDP:") {
		s.answers = true
	}
	if _, to, found := strings.Cut(text, ": Redirecting to "); found {
		return fmt.Sprintf("the camera sends us to %s: write that address into the config if it is right", s.clean(to))
	}
	if s.fault == "" {
		s.fault = s.meaning(text)
	}
	if (level == "error" || level == "fatal" || level == "panic") && text != "" {
		if len(s.errors) == keptErrors {
			s.errors = append(s.errors[:0], s.errors[1:]...)
		}
		s.errors = append(s.errors, s.clean(text))
	}
	return ""
}

// pretty makes "640x480 yuv420p" of "w:640 h:480 pixfmt:yuv420p".
func pretty(size string) string {
	return strings.NewReplacer("w:", "", " h:", "x", "pixfmt:", "").Replace(size)
}

// clean makes text fit for a message: without the login, the query and numbers in memory, and without what a terminal would
// obey, since a camera's words may be in it; at most maxShown characters.
func (s *said) clean(text string) string {
	for _, secret := range s.hidden {
		text = strings.ReplaceAll(text, secret, "")
	}
	text = strings.Map(func(r rune) rune {
		if r == unicode.ReplacementChar || !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, pointer.ReplaceAllString(text, ""))
	if shown := []rune(text); len(shown) > maxShown {
		text = string(shown[:maxShown]) + "…"
	}
	return text
}

// pointer is what ffmpeg's parts have behind their names: "[rtsp @ 0x55d0c0]".
var pointer = regexp.MustCompile(` @ 0x[0-9a-f]+`)

// silence ends ffmpeg because no frame has come for too long.
func (s *said) silence() {
	s.mu.Lock()
	if s.verdict == "" {
		s.verdict = s.silenceVerdict()
	}
	s.mu.Unlock()
	s.end()
}

func (s *said) silenceVerdict() string {
	why := ""
	switch {
	case s.fault != "":
		why = s.fault
	case !s.answers:
		why = "the camera takes the connection, but does not answer: is this its port for RTSP?"
	case s.o.KeyFrames:
		why = "the camera is silent, or sends key frames more rarely: set a longer timeout, or let it send them more often (I frame interval or GOP in its settings)"
	case s.begun:
		return fmt.Sprintf("no frame for %v", s.o.Timeout)
	case s.codec != "" && !slices.Contains(usual, s.codec):
		why = "the camera sends " + s.codec + ": set it to H.264 or H.265"
	case len(s.errors) > 0:
		why = "what comes cannot be decoded; does the camera send key frames? ffmpeg says: " + s.errors[len(s.errors)-1]
	case s.size != "":
		why = "what comes cannot be decoded; does the camera send key frames?"
	case s.o.Transport == "udp":
		why = "nothing comes: if a firewall keeps UDP from this machine, set transport: tcp"
	default:
		why = "the camera sends nothing: does its own viewer show a picture?"
	}
	return fmt.Sprintf("no frame for %v: %s", s.o.Timeout, why)
}

// usual are the codecs of cameras by their names in RTP (RFC 6184, 7798, 2435, 6416).
var usual = []string{"H264", "H265", "JPEG", "MP4V-ES"}

// frame notes that a frame has come.
func (s *said) frame() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.begun = true
}

// wrong is why ffmpeg was killed; empty if it was not.
func (s *said) wrong() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.verdict
}

// reason says why there are no more frames: err is the reader's, and state how ffmpeg ended.
func (s *said) reason(err error, state string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.fault == tooOld:
		return ErrTooOld
	case s.verdict != "":
		state = s.verdict
	case s.fault != "":
		state = s.fault
	case !s.answers && len(s.errors) > 0 && strings.Contains(s.errors[len(s.errors)-1], "Invalid data found"):
		state = "what answers there does not speak RTSP: is this the camera's port for it?"
	case len(s.errors) > 0:
		state = "ffmpeg " + state + ": " + strings.Join(s.errors, "; ")
	case errors.Is(err, errStream):
		state = strings.TrimPrefix(err.Error(), "rtsp: ")
	case s.begun:
		state = "the camera ended the stream"
	default:
		state = "ffmpeg " + state
	}
	if s.cam.login != "" && (s.fault == refusals["401"] || s.fault == refusals["403"]) {
		return fmt.Errorf("rtsp: %s: %s: %w: %w", s.cam, state, capture.ErrLogin, capture.ErrLost)
	}
	return fmt.Errorf("rtsp: %s: %s: %w", s.cam, state, capture.ErrLost)
}
