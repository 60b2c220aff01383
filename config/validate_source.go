package config

import (
	"encoding/hex"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"
)

const (
	maxSide = 8192 // pixels of a frame
	maxFPS  = 1000
)

// sections pairs every source with whether c has its section, in the order of the documentation.
func (c *Camera) sections() []struct {
	source string
	given  bool
} {
	return []struct {
		source string
		given  bool
	}{
		{SourceDemo, c.Demo != nil},
		{SourceV4L2, c.V4L2 != nil},
		{SourceRPiCam, c.RPiCam != nil},
		{SourceHTTP, c.HTTP != nil},
		{SourceRTSP, c.RTSP != nil},
		{SourceFiles, c.Files != nil},
		{SourceView, c.View != nil},
	}
}

// source checks the choice of the source and its section.
func (k *checker) source(key string, c *Camera) {
	var sources []string
	for _, s := range c.sections() {
		sources = append(sources, s.source)
	}
	k.oneOf(key+".source", c.Source, sources...)
	if !slices.Contains(sources, c.Source) {
		return // the sections cannot be judged
	}
	for _, s := range c.sections() {
		switch {
		case s.given && s.source != c.Source:
			k.fail(key+"."+s.source, "%s is set but source is %s (write source: %s, or remove the section)", s.source, c.Source, s.source)
		case !s.given && s.source == c.Source:
			k.fail(key+"."+s.source, "source is %s but its section is missing", s.source)
		case s.given:
			k.settings(key+"."+s.source, c)
		}
	}
}

// settings checks the section of the chosen source, whose path is key.
func (k *checker) settings(key string, c *Camera) {
	switch c.Source {
	case SourceDemo:
		within(k, key+".width", c.Demo.Width, 32, 4096)
		within(k, key+".height", c.Demo.Height, 32, 4096)
		within(k, key+".interval", c.Demo.Interval, time.Millisecond, time.Hour)
		if c.Demo.Seed < 0 {
			k.fail(key+".seed", "%d is out of range (want 0 or more)", c.Demo.Seed)
		}
	case SourceV4L2:
		k.v4l2(key, c.V4L2)
	case SourceRPiCam:
		within(k, key+".camera", c.RPiCam.Camera, 0, 15)
		k.size(key, c.RPiCam.Width, c.RPiCam.Height)
		within(k, key+".rate", c.RPiCam.Rate, 0.01, maxFPS)
		within(k, key+".timeout", c.RPiCam.Timeout, 100*time.Millisecond, time.Hour)
	case SourceHTTP:
		k.http(key, c.HTTP)
	case SourceRTSP:
		k.rtsp(key, c.RTSP)
	case SourceFiles:
		if len(c.Files.Paths) == 0 {
			k.fail(key+".paths", "no pictures given (want a list of folders, files or patterns such as [pictures, shots/*.jpg])")
		}
		for i, p := range c.Files.Paths {
			if p == "" {
				k.fail(fmt.Sprintf("%s.paths[%d]", key, i), "the path is empty (write . for the folder of this file)")
			}
		}
		within(k, key+".interval", c.Files.Interval, 0, 24*time.Hour)
	}
}

func (k *checker) size(key string, width, height int) {
	within(k, key+".width", width, 16, maxSide)
	within(k, key+".height", height, 16, maxSide)
}

func (k *checker) v4l2(key string, v *V4L2) {
	k.absolute(key+".device", v.Device)
	k.oneOf(key+".format", v.Format, "auto", "MJPG", "YUYV", "UYVY", "NV12", "I420", "GREY", "RGB24", "BGR24")
	k.size(key, v.Width, v.Height)
	within(k, key+".rate", v.Rate, 0, maxFPS)
	within(k, key+".timeout", v.Timeout, 100*time.Millisecond, time.Hour)
	for name := range v.Controls {
		if !plain(name) || name != strings.ToLower(name) {
			k.fail(join(key+".controls", name), "%s is not a control (want a name such as brightness or exposure_time_absolute)", quote(name))
		}
	}
}

func (k *checker) http(key string, h *HTTP) {
	k.address(key+".url", h.URL, "http://camera.local/stream.mjpg")
	k.passwordFile(key, h.Username, h.PasswordFile)
	k.certificate(key, "http", h.URL, h.CAFile, h.Fingerprint)
	within(k, key+".interval", h.Interval, 10*time.Millisecond, 24*time.Hour)
	within(k, key+".max_bytes", h.MaxBytes, 1<<10, 256<<20)
	within(k, key+".timeout", h.Timeout, 100*time.Millisecond, time.Hour)
}

func (k *checker) rtsp(key string, r *RTSP) {
	k.address(key+".url", r.URL, "rtsp://camera.local/stream")
	k.passwordFile(key, r.Username, r.PasswordFile)
	if strings.Contains(r.Username, ":") {
		k.fail(key+".username", "%s has a colon (give the camera a user without)", quote(r.Username))
	}
	k.certificate(key, "rtsp", r.URL, r.CAFile, r.Fingerprint)
	k.oneOf(key+".transport", r.Transport, "tcp", "udp")
	if r.Transport == "udp" && strings.HasPrefix(strings.ToLower(string(r.URL)), "rtsps:") {
		k.fail(key+".transport", "udp is not possible with rtsps:// (want tcp)")
	}
	within(k, key+".timeout", r.Timeout, 100*time.Millisecond, time.Hour)
}

// address checks where a network camera is; example is such a URL, which says the scheme: the one with an s is possible too.
func (k *checker) address(key string, address URL, example string) {
	scheme, _, _ := strings.Cut(example, "://")
	wanted := "want one such as " + example
	u, err := url.Parse(string(address))
	switch {
	case address == "":
		k.fail(key, "no address given (%s)", wanted)
	case strings.Contains(string(address), "@") && (err != nil || u.User != nil):
		k.fail(key, "%q holds a user or password (write it without, and set username and password_file)", address)
	case err != nil: // whose text holds the address, and with it secrets
		k.fail(key, "%q is not an address (%s)", address, wantIPv6(string(address), wanted))
	case u.Scheme != scheme && u.Scheme != scheme+"s":
		k.fail(key, "%q does not start with %s:// or %ss://", address, scheme, scheme)
	case u.Hostname() == "" || !validPort(u.Port(), true):
		k.fail(key, "%q has no proper host or port (%s)", address, wanted)
	}
}

// certificate checks what says whose certificate is trusted; plain is the scheme without TLS.
func (k *checker) certificate(key, plain string, address URL, caFile, fingerprint string) {
	digits := fingerprint
	if _, after, ok := strings.Cut(digits, "="); ok { // as openssl prints it
		digits = after
	}
	digits = strings.NewReplacer(":", "", " ", "").Replace(digits)
	const sha1, sha256 = 40, 64
	switch _, err := hex.DecodeString(digits); {
	case fingerprint == "":
	case len(digits) == sha1:
		k.fail(key+".fingerprint", "%s is a SHA-1 (want the SHA-256: openssl x509 -noout -fingerprint -sha256)", quote(fingerprint))
	case err != nil || len(digits) != sha256:
		k.fail(key+".fingerprint", "%s is no SHA-256 (want 64 hexadecimal digits, with or without colons, in quotes)", quote(fingerprint))
	case caFile != "":
		k.fail(key+".fingerprint", "cannot stand beside ca_file (a fingerprint is enough: remove one of them)")
	}
	if strings.HasPrefix(strings.ToLower(string(address)), plain+":") && (fingerprint != "" || caFile != "") {
		k.fail(key+".url", "%q is without TLS, and ca_file and fingerprint are for %ss:// (write %[2]ss://, or remove them)", address, plain)
	}
}

// views checks the cameras that take the frames of another one. How a frame is turned upright is the camera's business, so
// that it is the same for all who look at it.
func (k *checker) views(cameras map[string]Camera) {
	names := slices.Sorted(maps.Keys(cameras))
	open := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return cameras[name].Source == SourceView })
	for _, name := range names {
		cam, key := cameras[name], join("cameras", name)
		if cam.Source != SourceView || cam.View == nil {
			continue
		}
		of := cam.View.Of
		_, known := cameras[of]
		switch {
		case of == "":
			k.fail(key+".view.of", "no camera given (write the name of the camera whose frames it takes)")
		case !known:
			k.fail(key+".view.of", "there is no camera %s (%s)", quote(of), choice(of, open))
		case cameras[of].Source == SourceView:
			k.fail(key+".view.of", "%s is a view itself (name the camera that it is a view of)", quote(of))
		}
		if cam.Rotate != 0 {
			k.fail(key+".rotate", "belongs to the camera, for all of its views (set it in %s, or remove it)", join("cameras", of))
		}
		if cam.Flip != "none" {
			k.fail(key+".flip", "belongs to the camera, for all of its views (set it in %s, or remove it)", join("cameras", of))
		}
	}
}
