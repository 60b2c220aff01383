// Package bundle is evidence that travels: one file in which somebody who has met a fault sends what another person needs to see
// it too.
//
// A [Bundle] is a list of small files in memory and a [Manifest] that names them. It is made by [New] and [Bundle.Add], shown to
// who shall agree to it, and only then written ([Bundle.Write]); [Read] takes one that came from anywhere. In the file it is a plain
// tar with one folder, which tar and jq open as well (docs/bundle.md).
//
// If frames were asked for, each camera has a list of [Step]: frame after frame what was seen, what the model's tensors were and what
// was published, so that the same can be done again elsewhere, and compared.
package bundle

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Version is that of the format. Fields and files may be added under the same number; where one changes its meaning it is another.
const Version = 1

// What a bundle may have.
const (
	MaxFrameBytes = 64 << 20 // of all pictures together
	MaxBytes      = 96 << 20 // of all files together
	MaxFiles      = 4096
)

// The names of the files that a bundle may have, beside those of cameras.
const (
	ManifestName = "manifest.json"
	ConfigName   = "config.yaml"
	DoctorName   = "doctor.json"
	LogName      = "log.jsonl"
	StatusName   = "status.json"
	EventsName   = "events.jsonl"
	MessagesName = "messages.jsonl"
)

// ResultsName, DecisionsName, StepsName and StartName are the names of what is about one camera.
func ResultsName(camera string) string   { return "results/" + camera + ".jsonl" }
func DecisionsName(camera string) string { return "decisions/" + camera + ".jsonl" }
func StepsName(camera string) string     { return "frames/" + camera + ".jsonl" }
func StartName(camera string) string     { return "start/" + camera + ".json" }

// LabelsName is the name of a model's labels.
func LabelsName(model string) string { return "labels/" + model + ".txt" }

// FrameName is that of a camera's n-th picture, from 1.
func FrameName(camera string, n int, extension string) string {
	return fmt.Sprintf("frames/%s/%04d.%s", camera, n, extension)
}

// Manifest says what a bundle is, and what is in it. Its JSON is docs/schema/bundle.json.
type Manifest struct {
	Bundle  int       `json:"bundle"`  // Version
	Created time.Time `json:"created"` // UTC, whole seconds
	Device  string    `json:"device"`
	Version string    `json:"version"` // of inceptiond
	Go      string    `json:"go"`
	OS      string    `json:"os"`
	Arch    string    `json:"arch"`
	Kernels string    `json:"kernels"`         // of the engine cpu: "avx512vnni"
	Fused   bool      `json:"fused"`           // they multiply and add with one rounding, which float32 models may tell apart
	CPU     string    `json:"cpu"`             // the processor's name; empty: it does not say
	Teach   string    `json:"teach,omitempty"` // the folder of what was taught there, if the config needs it

	Models  []Model  `json:"models"`
	Cameras []Camera `json:"cameras"`
	Files   []File   `json:"files"`    // all but the manifest
	LeftOut []string `json:"left_out"` // what somebody may miss, and why it is not there
}

// Model is a model of the config.
type Model struct {
	Name   string `json:"name"` // in the config
	File   string `json:"file"` // as the config has it: a path, "builtin:demo", "pull:…"
	SHA256 string `json:"sha256"`
	Bytes  int64  `json:"bytes"`
	People string `json:"people,omitempty"` // the version of those that it knows; empty: it knows nobody
}

// Camera is a camera of the config.
type Camera struct {
	Name   string `json:"name"`
	Model  string `json:"model"`
	Frames int    `json:"frames"`           // that the bundle has
	Normal string `json:"normal,omitempty"` // a hash of which pictures are normal; empty: it compares with none
}

// File is one of the files in a bundle.
type File struct {
	Name   string `json:"name"` // below the bundle's folder, with /
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
	About  string `json:"about"` // what it is, for people
}

// Step is something that happened to a camera and changed what it says: a frame that was answered, or, with Interrupt, the end of
// what was decided. It is a line of frames/<camera>.jsonl.
type Step struct {
	Sequence  uint64        `json:"sequence"`     // of the frame; of the last answered one if this is none
	Time      time.Time     `json:"time"`         // when the frame arrived, in UTC, to the nanosecond
	Monotonic time.Duration `json:"monotonic_ns"` // the same moment since the machine's boot, by which is decided
	Enter     float64       `json:"enter"`        // the score from which on a class was decided

	Interrupt string `json:"interrupt,omitempty"` // why what was decided ended; then there is no frame
	Gate      string `json:"gate,omitempty"`      // what had the frame passed: "all", "motion", "first", …
	Engine    string `json:"engine,omitempty"`    // who answered: "cpu", "tflite", …
	Kernels   string `json:"kernels,omitempty"`   // and by which inner loops

	Picture
	Seen
	Crops    []Seen    `json:"crops,omitempty"` // what a second model saw of what the first one found, in its order
	Messages []Message `json:"messages"`        // all that this made the camera publish, in order
}

// Picture is a frame as the look saw it, and where its bytes are.
type Picture struct {
	File   string `json:"file,omitempty"`
	Format string `json:"format,omitempty"` // "JPEG", a pixel format such as "YUYV", or "planes"
	Width  int    `json:"width,omitempty"`  // as stored, pixels
	Height int    `json:"height,omitempty"`
	SHA256 string `json:"sha256,omitempty"` // of File

	Stride    int     `json:"stride,omitempty"`     // bytes from one row to the next, of pixel formats
	FullRange bool    `json:"full_range,omitempty"` // of pixel formats: see capture.Format
	Name      string  `json:"picture,omitempty"`    // of a still picture: its path or title
	Transpose bool    `json:"transpose,omitempty"`  // of planes: their axes are swapped to put them upright,
	FlipX     bool    `json:"flip_x,omitempty"`     // and then left and right,
	FlipY     bool    `json:"flip_y,omitempty"`     // and top and bottom are
	Levels    []Level `json:"levels,omitempty"`     // of planes: one after the other in File
}

// FormatJPEG and FormatPlanes are values of Picture.Format; others are pixel formats.
const (
	FormatJPEG   = "JPEG"
	FormatPlanes = "planes"
)

// Level is a decoded JPEG at 1/Reduction of its size. Its planes follow each other without gaps: rows of one byte a sample, or
// three for "rgb"; those of chroma have a sample for SubX by SubY pixels, rounded up.
type Level struct {
	Reduction int    `json:"reduction"` // 1, 2, 4 or 8
	Colour    string `json:"colour"`    // "grey", "ycc" or "rgb"
	Width     int    `json:"width"`
	Height    int    `json:"height"`
	SubX      int    `json:"sub_x"`
	SubY      int    `json:"sub_y"`
}

// Seen is what a model was given and what came of it, each as the SHA-256 of its bytes in hexadecimal.
type Seen struct {
	Tensor  string   `json:"tensor,omitempty"`
	Outputs []string `json:"outputs,omitempty"` // by output; empty: nobody reads it
	Values  [][]byte `json:"values,omitempty"`  // the outputs' bytes, in base64, if they are MaxValues together at most

	// Kept is what the model had kept from runs before, in base64, where that is not what the run before it in the list has left: others
	// use it too. It is MaxKept at most. That before the first run is in start/<camera>.json.
	Kept []byte `json:"kept,omitempty"`
}

// MaxValues is up to how many bytes outputs are kept, and not only their hashes.
const MaxValues = 16 << 10

// MaxKept is up to how many bytes are recorded of what a model keeps from run to run.
const MaxKept = 256 << 10

// Message is something that was published. The times of a result's stages are 0, and an event's clock_synced is false: they are
// the machine's.
type Message struct {
	Topic   string          `json:"topic"`             // below the prefix: drive/result
	Payload json.RawMessage `json:"payload,omitempty"` // JSON
	SHA256  string          `json:"sha256,omitempty"`  // in its place: of a payload that is none
}

// Bundle is a bundle in memory.
type Bundle struct {
	Manifest Manifest
	contents map[string][]byte
}

// New makes a bundle without files of what m says.
func New(m Manifest) *Bundle {
	m.Bundle, m.Created, m.Files = Version, m.Created.UTC().Truncate(time.Second), []File{}
	return &Bundle{Manifest: m, contents: map[string][]byte{}}
}

// Add adds a file, whose data is the bundle's from now on.
func (b *Bundle) Add(name, about string, data []byte) error {
	if err := checkName(name); err != nil {
		return err
	}
	if _, twice := b.contents[name]; twice {
		return fmt.Errorf("bundle: there is a file %s already", name)
	}
	if len(b.contents) == MaxFiles || b.Bytes()+int64(len(data)) > MaxBytes {
		return fmt.Errorf("bundle: %s: %w", name, ErrFull)
	}
	b.contents[name] = data
	b.Manifest.Files = append(b.Manifest.Files, File{name, int64(len(data)), Hash(data), about})
	return nil
}

// ErrFull is about a file for which there is no room.
var ErrFull = errors.New("the bundle is full")

// AddJSON adds a file of one value.
func (b *Bundle) AddJSON(name, about string, v any) error {
	data, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("bundle: %s: %w", name, err)
	}
	return b.Add(name, about, append(data, '\n'))
}

// Leave notes what is not in the bundle, and why.
func (b *Bundle) Leave(format string, args ...any) {
	b.Manifest.LeftOut = append(b.Manifest.LeftOut, fmt.Sprintf(format, args...))
}

// File is the content of a file, which must not be changed; ok: there is one.
func (b *Bundle) File(name string) (data []byte, ok bool) {
	data, ok = b.contents[name]
	return data, ok
}

// Listing is a list of files for people: the frames of a camera, one after the other, are one line.
func Listing(files []File) (list []File) {
	for i := 0; i < len(files); i++ {
		one, first := files[i], i
		folder := frameFolder(one.Name)
		for folder != "" && i+1 < len(files) && frameFolder(files[i+1].Name) == folder {
			i++
			one.Bytes += files[i].Bytes
		}
		if i > first {
			one.Name += " … " + strings.TrimPrefix(files[i].Name, folder)
			one.About = fmt.Sprintf("%d frames, as the model's look saw them", i-first+1)
		}
		list = append(list, one)
	}
	return list
}

// frameFolder is the folder of a camera's frames that a file is in, with its /; empty: it is in none.
func frameFolder(name string) string {
	if i := strings.LastIndexByte(name, '/'); i > len("frames/") && strings.HasPrefix(name, "frames/") {
		return name[:i+1]
	}
	return ""
}

// Bytes are those of all files, without the manifest.
func (b *Bundle) Bytes() (n int64) {
	for _, f := range b.Manifest.Files {
		n += f.Bytes
	}
	return n
}

// Name is that of the bundle's folder; with .tar behind it, of its file.
func (b *Bundle) Name() string {
	device := strings.Map(func(r rune) rune {
		if r < 128 && nameByte(byte(r)) {
			return r
		}
		return '_'
	}, b.Manifest.Device)
	device = strings.Trim(device, ".")
	return "inceptiond-" + cmp.Or(device[:min(len(device), 64)], "device") + "-" + b.Manifest.Created.Format("20060102T150405Z")
}

// Hash is the SHA-256 of data in hexadecimal.
func Hash(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// Steps are those of a camera, in order; none if no frames of it are there.
func (b *Bundle) Steps(camera string) ([]Step, error) {
	name := StepsName(camera)
	data := b.contents[name]
	if n := bytes.Count(data, []byte("\n")); n > maxSteps {
		return nil, refused("%s: %d lines (want at most %d)", name, n, maxSteps)
	}
	var steps []Step
	line, used := 0, map[string]bool{}
	for text := range bytes.Lines(data) {
		line++
		var s Step
		err := decode(text, MaxStep, &s)
		if err == nil {
			err = s.check()
		}
		_, there := b.contents[s.File]
		switch {
		case err != nil:
		case s.File != "" && !there:
			err = fmt.Errorf("there is no file %.80q", s.File)
		case used[s.File]: // which would take the time of as many frames as there are lines
			err = fmt.Errorf("%.80q is another frame already", s.File)
		}
		if err != nil {
			return nil, refused("%s, line %d: %w", name, line, err)
		}
		used[s.File] = s.File != ""
		steps = append(steps, s)
	}
	return steps, nil
}

// MaxStep is the most bytes of a line of steps, and maxStart of what a camera begins with.
const (
	MaxStep  = 4 << 20
	maxStart = 1 << 20
)

// Start decodes what a camera had in mind before its first step into v; false: the bundle does not say.
func (b *Bundle) Start(camera string, v any) (there bool, err error) {
	name := StartName(camera)
	data, there := b.contents[name]
	if !there {
		return false, nil
	}
	if err := decode(data, maxStart, v); err != nil {
		return false, refused("%s: %w", name, err)
	}
	return true, nil
}

// Fits tells whether a line of steps can be read again.
func Fits(line []byte) bool { return len(line) <= MaxStep && !crowded(line) }

// decode is json.Unmarshal of text that need not be trusted: it takes not much more memory than that has bytes.
func decode(text []byte, most int, v any) error {
	switch {
	case len(text) > most:
		return fmt.Errorf("%d bytes (want at most %d)", len(text), most)
	case crowded(text):
		return fmt.Errorf("too many values (want at most %d)", maxValues)
	}
	return json.Unmarshal(text, v)
}

// maxSteps is the most lines of a camera: more than there can be files, as interruptions have none.
const maxSteps = 2 * MaxFiles

// check says what is wrong with a step, as far as it alone tells.
func (s *Step) check() error {
	if err := s.checkLists(); err != nil {
		return err
	}
	switch {
	case s.Interrupt == "" && s.File == "":
		return errors.New("neither a frame nor an interruption")
	case s.Interrupt != "" && (s.File != "" || s.Tensor != "" || len(s.Outputs)+len(s.Values)+len(s.Crops)+len(s.Levels) > 0):
		return errors.New("a frame and an interruption in one")
	case s.Interrupt != "":
		return nil
	case s.Width < 1 || s.Height < 1 || s.Width > maxSide || s.Height > maxSide:
		return fmt.Errorf("a frame of %dx%d pixels", s.Width, s.Height)
	case s.Format == FormatPlanes && (len(s.Levels) == 0 || len(s.Levels) > 4):
		return fmt.Errorf("planes of %d sizes", len(s.Levels))
	}
	return nil
}

// maxList is the most crops, outputs and messages of a step.
const maxList = 1024

// checkLists wants lists that take little more memory than the bytes that were read.
func (s *Step) checkLists() error {
	if len(s.Crops) > maxList || len(s.Messages) > maxList {
		return fmt.Errorf("%d crops and %d messages (want at most %d)", len(s.Crops), len(s.Messages), maxList)
	}
	for i := range s.Messages {
		if s.Messages[i].Topic == "" {
			return fmt.Errorf("message %d has no topic", i+1)
		}
	}
	for i := -1; i < len(s.Crops); i++ {
		seen := &s.Seen
		if i >= 0 {
			seen = &s.Crops[i]
		}
		if len(seen.Outputs) > maxList || len(seen.Values) > maxList || i >= 0 && seen.Tensor == "" {
			return fmt.Errorf("crop %d: %d outputs and %d values of %.80q (want at most %d, of a hash)", i+1, len(seen.Outputs), len(seen.Values), seen.Tensor, maxList)
		}
	}
	return nil
}

// maxSide is the most pixels of a side, as capture has it.
const maxSide = 1 << 14

// AppendStep appends the line of s to dst.
func AppendStep(dst []byte, s *Step) []byte {
	line, err := json.Marshal(s)
	if err != nil { // no number in it can be what JSON cannot say
		panic("bundle: step: " + err.Error())
	}
	return append(append(dst, line...), '\n')
}

// Camera is the camera of a name; nil: there is none.
func (m *Manifest) Camera(name string) *Camera {
	if i := slices.IndexFunc(m.Cameras, func(c Camera) bool { return c.Name == name }); i >= 0 {
		return &m.Cameras[i]
	}
	return nil
}
