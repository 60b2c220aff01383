package config

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Validate checks a Config that was put together or changed in Go; what Load and Parse return has been checked. The
// error is an *Error without lines.
func (c *Config) Validate() error { return newError("config", c.check()) }

// check finds every impossible value. The problems have keys but no lines.
func (c *Config) check() []Problem {
	var k checker
	c.checkWith(&k)
	return k.problems
}

func (c *Config) checkWith(k *checker) {
	if c.Device != "" {
		k.name("device", c.Device)
	}
	k.oneOf("log.level", c.Log.Level, "debug", "info", "warn", "error")
	k.oneOf("log.format", c.Log.Format, "auto", "console", "json")
	k.mqtt(&c.MQTT)

	models := slices.Sorted(maps.Keys(c.Models))
	for _, name := range models {
		k.name(join("models", name), name)
		k.model(join("models", name), c.Models[name])
	}
	if len(c.Cameras) == 0 {
		k.fail("cameras", "no camera (add one, or remove the key for the demo camera)")
	}
	for _, name := range slices.Sorted(maps.Keys(c.Cameras)) {
		cam, key := c.Cameras[name], join("cameras", name)
		k.name(key, name)
		k.camera(key, &cam)
		k.known(key+".model", cam.Model, models)
		k.then(key+".then", &cam, models)
	}
	k.shared(c.Cameras)
	k.views(c.Cameras)
	k.automation(c)
	k.web(&c.Web)
	k.teach(c)
}

// checker collects problems. Its methods check one section each; key is the section's path.
type checker struct {
	problems []Problem
	choices  map[string][]string // of keys that have a few; nil: nobody wants to know
}

func (k *checker) fail(key, format string, args ...any) {
	k.problems = append(k.problems, Problem{Key: key, Message: fmt.Sprintf(format, args...)})
}

func (k *checker) model(key string, m Model) {
	k.file(key+".file", m.File)
	k.sha256(key+".sha256", m)
	if m.Labels != "" {
		k.file(key+".labels", m.Labels)
	}
	k.oneOf(key+".engine", m.Engine, "auto", "cpu", "tflite")
	k.oneOf(key+".fallback", m.Fallback, "cpu", "none")
	if m.Deadline != 0 {
		within(k, key+".deadline", m.Deadline, 10*time.Millisecond, 10*time.Minute)
	}
	if m.XNNPACK && m.Engine == "cpu" {
		k.fail(key+".xnnpack", "is for TensorFlow Lite, but engine is cpu (remove one of them)")
	}
	if m.EdgeTPU != nil {
		k.edgeTPU(key, m)
	}
	within(k, key+".threads", m.Threads, 0, 64)
	within(k, key+".memory_limit", m.MemoryLimit, 1<<20, math.MaxInt32&^(1<<20-1)) // an int has 32 bits on a Pi Zero
	for i, s := range m.Std {
		if s <= 0 {
			k.fail(fmt.Sprintf("%s.std[%d]", key, i), "%v is out of range (want more than 0)", s)
		}
	}
	channels := func(key string, n int) {
		if n != 0 && n != 1 && n != 3 {
			k.fail(key, "%d numbers (want one for all channels, or three: red, green, blue)", n)
		}
	}
	k.oneOf(key+".scores", m.Scores, "auto", "softmax", "sigmoid", "raw")
	k.task(key, m)
	k.taught(key, m)
	channels(key+".mean", len(m.Mean))
	channels(key+".std", len(m.Std))
	switch {
	case len(m.Mean) == 0 && len(m.Std) > 0:
		k.fail(key+".mean", "is missing beside std (set both or neither)")
	case len(m.Std) == 0 && len(m.Mean) > 0:
		k.fail(key+".std", "is missing beside mean (set both or neither)")
	}
}

var edgeTPUDevice = regexp.MustCompile(`^(any|(usb|pci)(:[0-9]{1,4})?|/.+)$`)

func (k *checker) edgeTPU(key string, m Model) {
	switch {
	case m.Engine == "cpu":
		k.fail(key+".edgetpu", "is for TensorFlow Lite, but engine is cpu (remove one of them)")
	case m.XNNPACK:
		k.fail(key+".edgetpu", "cannot be used with xnnpack (remove one of them)")
	}
	if !edgeTPUDevice.MatchString(m.EdgeTPU.Device) {
		k.fail(key+".edgetpu.device", "%s is no device (want any, usb, pci, usb:1 or a path such as /dev/apex_0)", quote(m.EdgeTPU.Device))
	}
	if m.EdgeTPU.File != "" {
		k.file(key+".edgetpu.file", m.EdgeTPU.File)
	}
}

func (k *checker) camera(key string, c *Camera) {
	k.source(key, c)
	within(k, key+".top_k", c.TopK, 1, 100)
	within(k, key+".threshold", c.Threshold, 0, 1)
	k.shows(key, c)
	k.oneOf(key+".fast_decode", string(c.FastDecode), string(SwitchOff), string(SwitchOn), string(SwitchAuto))
	within(k, key+".max_rate", c.MaxRate, 0, 1000)
	k.objects(key+".objects", &c.Objects)
}

func (k *checker) objects(key string, o *Objects) {
	within(k, key+".threshold", o.Threshold, 0, 1)
	within(k, key+".max_results", o.MaxResults, 1, 100)
	k.words(key+".only", o.Only)
}

// known checks the name of a model.
func (k *checker) known(key, model string, models []string) {
	if !slices.Contains(models, model) {
		k.fail(key, "there is no model %s (%s)", quote(model), choice(model, models))
	}
}

// shows is about what a camera shows to its model, but for the mask.
func (k *checker) shows(key string, c *Camera) {
	k.region(key+".region", c.Region)
	if !slices.Contains([]int{0, 90, 180, 270}, c.Rotate) {
		k.fail(key+".rotate", "%d is not possible (want 0, 90, 180 or 270)", c.Rotate)
	}
	k.oneOf(key+".flip", c.Flip, "none", "horizontal", "vertical", "both")
	k.oneOf(key+".fit", c.Fit, "stretch", "crop", "letterbox")
}

// CheckView is what is wrong with what a camera shows to its model, and has listed of what that finds, as in a file: region, fit,
// rotate, flip, mask, objects, and then but for its model. Keys begin with that of the camera.
func (c *Camera) CheckView(key string) []Problem {
	var k checker
	k.shows(key, c)
	k.polygons(key+".mask", c.Mask)
	k.objects(key+".objects", &c.Objects)
	if c.Then != nil {
		k.crops(key+".then", c.Then)
	}
	return k.problems
}

func (k *checker) region(key string, r Region) {
	within(k, key+".x", r.X, 0, 1)
	within(k, key+".y", r.Y, 0, 1)
	side := func(name, start string, from, size float64) {
		const slack = 1e-9 // 0.7 + 0.3 may be a little more than 1
		switch {
		case size <= 0 || size > 1:
			k.fail(key+"."+name, "%v is out of range (want more than 0, at most 1: a fraction of the frame)", size)
		case from >= 0 && from <= 1 && from+size > 1+slack:
			k.fail(key+"."+name, "%s %v and %s %v reach beyond the frame (want a sum of at most 1)", start, from, name, size)
		}
	}
	side("width", "x", r.X, r.Width)
	side("height", "y", r.Y, r.Height)
}

// shared finds devices that two cameras would open; a device has one reader.
func (k *checker) shared(cameras map[string]Camera) {
	first := map[string]string{} // device to camera
	for _, name := range slices.Sorted(maps.Keys(cameras)) {
		cam, key := cameras[name], join("cameras", name)
		var device string
		switch {
		case cam.Source == SourceV4L2 && cam.V4L2 != nil:
			device, key = path.Clean(cam.V4L2.Device), key+".v4l2.device"
		case cam.Source == SourceRPiCam && cam.RPiCam != nil:
			device, key = fmt.Sprintf("rpicam camera %d", cam.RPiCam.Camera), key+".rpicam.camera"
		default:
			continue
		}
		if other, taken := first[device]; taken {
			k.fail(key, "%s opens the same (a device has one reader: choose another, or remove one camera)", join("cameras", other))
			continue
		}
		first[device] = name
	}
}

// oneOf checks a value that has a few choices.
func (k *checker) oneOf(key, value string, choices ...string) {
	if k.choices != nil {
		k.choices[key] = choices
	}
	if !slices.Contains(choices, value) {
		k.fail(key, "%s is not possible (%s)", quote(value), choice(value, choices))
	}
}

// oneOfOrNone is oneOf for a value that may be empty.
func (k *checker) oneOfOrNone(key, value string, choices ...string) {
	if value != "" {
		k.oneOf(key, value, choices...)
	}
	if k.choices != nil {
		k.choices[key] = append([]string{""}, choices...)
	}
}

// choice says which of the choices was meant, else all of them.
func choice(value string, choices []string) string {
	if s := suggest(value, choices); s != "" {
		return "did you mean " + s + "?"
	}
	return "want " + list(choices)
}

// name checks a name that becomes a level of a topic.
func (k *checker) name(key, name string) {
	if len(name) > 64 || !plain(name) {
		k.fail(key, "%s cannot be a name (want 1 to 64 of a-z, A-Z, 0-9, - and _: it becomes part of a topic)", quote(name))
	}
}

// file checks the path of a file that is needed.
func (k *checker) file(key, path string) {
	name, builtin := strings.CutPrefix(path, builtinPrefix)
	hash, byHash := strings.CutPrefix(path, hashPrefix)
	switch {
	case path == "":
		k.fail(key, "no file given (write its path, or %sdemo)", builtinPrefix)
	case builtin && name != "demo":
		k.fail(key, "there is nothing built in as %s (want %sdemo, or the path of a file)", quote(name), builtinPrefix)
	case byHash && !isSHA256(hash):
		k.fail(key, "%s is no SHA-256 (%s)", quote(hash), wantSHA256)
	}
}

// sha256 checks the hash that a model's file must have.
func (k *checker) sha256(key string, m Model) {
	named, byHash := strings.CutPrefix(m.File, hashPrefix)
	switch {
	case m.SHA256 == "":
	case !isSHA256(m.SHA256):
		k.fail(key, "%s is no SHA-256 (%s)", quote(m.SHA256), wantSHA256)
	case byHash && m.SHA256 != named:
		k.fail(key, "is another one than file names (remove one of them: %s and the hash are enough)", hashPrefix)
	}
}

// wantSHA256 says how a hash is written.
const wantSHA256 = "want 64 of 0-9 and a-f, as sha256sum prints them"

func isSHA256(s string) bool { return len(s) == 64 && strings.Trim(s, "0123456789abcdef") == "" }

// passwordFile checks a pair of user name and password file.
func (k *checker) passwordFile(key, username, file string) {
	if file != "" && username == "" {
		k.fail(key+".username", "is missing beside password_file (a password needs a user)")
	}
}

// absolute checks a path that must not depend on the folder of the config file.
func (k *checker) absolute(key, path string) {
	if !filepath.IsAbs(path) {
		k.fail(key, "%s is not a device (want a path such as /dev/video0)", quote(path))
	}
}

// within checks a number, duration or size; both bounds are allowed.
func within[T cmp.Ordered](k *checker, key string, v, min, max T) {
	if !(v >= min && v <= max) { // catches NaN
		k.fail(key, "%v is out of range (want %v to %v)", v, min, max)
	}
}
