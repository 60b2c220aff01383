package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Bounds of the small files.
const (
	maxNote = 4 << 10 // bytes
	maxBase = 64 << 10
	maxText = 256  // bytes of a text in a note
	maxPath = 4096 // bytes of a text in base.json
)

// Note is what is known of a picture beside its bytes; all of it may be missing.
type Note struct {
	Camera string    `json:"camera,omitempty"`
	Time   time.Time `json:"time,omitzero"` // when it was taken
	Label  string    `json:"label,omitempty"`
	Score  float64   `json:"score,omitempty"` // of Label, which the model said; 0 to 1
	Why    string    `json:"why,omitempty"`   // it was collected, in a word: unsure, changed
}

// parseNote reads a picture's note. One that is damaged says nothing.
func parseNote(text []byte) Note {
	var n Note
	if len(text) > maxNote || json.Unmarshal(text, &n) != nil {
		return Note{}
	}
	tidy := n.tidy()
	if n.Time.Equal(tidy.Time) { // in whatever zone it was written
		n.Time = tidy.Time
	}
	if n != tidy {
		return Note{}
	}
	return n
}

// text is the note as a file; empty: it says nothing.
func (n Note) text() []byte {
	n = n.tidy()
	if n == (Note{}) {
		return nil
	}
	text, err := json.Marshal(n)
	if err != nil {
		return nil
	}
	return append(text, '\n')
}

// tidy is the note within its bounds.
func (n Note) tidy() Note {
	n.Camera, n.Label, n.Why = tidyText(n.Camera), tidyText(n.Label), tidyText(n.Why)
	if !(n.Score >= 0 && n.Score <= 1) { // nor a NaN
		n.Score = 0
	}
	n.Time = n.Time.UTC().Truncate(0)
	if y := n.Time.Year(); y < 1970 || y > 9999 {
		n.Time = time.Time{}
	}
	return n
}

// tidyText is a text without what cannot be shown, and no longer than may be.
func tidyText(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == utf8.RuneError {
			return -1
		}
		return r
	}, s)
	for len(s) > maxText {
		_, size := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-size]
	}
	return s
}

// Base is the model that a name is taught on, and how its camera saw at that time: base.json.
type Base struct {
	Name   string     `json:"name"`             // as the user gave it: a file, pull:NAME, builtin:NAME
	File   string     `json:"file,omitempty"`   // where it was
	SHA256 string     `json:"sha256,omitempty"` // of the file, in hex
	Kind   Kind       `json:"kind,omitempty"`   // what is taught
	Mean   []float32  `json:"mean,omitempty"`   // of its input, if the user gave one: none or one number, or one for each channel
	Std    []float32  `json:"std,omitempty"`    // as Mean
	Camera string     `json:"camera,omitempty"` // that it was begun for; empty: none
	Region [4]float64 `json:"region,omitzero"`  // x, y, width, height, as fractions of the upright frame; zero: all of it
	Fit    string     `json:"fit,omitempty"`    // as in the config
	Rotate int        `json:"rotate,omitempty"` // degrees clockwise
	Flip   string     `json:"flip,omitempty"`   // as in the config
}

// Kind is what a name is of.
type Kind string

// The kinds.
const (
	Classes Kind = ""       // the model learns to tell them apart
	People  Kind = "people" // the model gives embeddings, and knows theirs
)

// baseSchema is the version of base.json.
const baseSchema = 1

type baseFile struct {
	Schema int `json:"schema"`
	Base
}

// parseBase reads base.json.
func parseBase(text []byte) (Base, error) {
	if len(text) > maxBase {
		return Base{}, fmt.Errorf("%s has more than %d bytes", baseName, maxBase)
	}
	var b baseFile
	if err := json.Unmarshal(text, &b); err != nil {
		return Base{}, fmt.Errorf("%s: %w", baseName, err)
	}
	if b.Schema != baseSchema {
		return Base{}, fmt.Errorf("%s: schema %d (this program knows %d)", baseName, b.Schema, baseSchema)
	}
	return b.Base, b.check()
}

// text is base.json.
func (b Base) text() ([]byte, error) {
	if err := b.check(); err != nil {
		return nil, err
	}
	text, err := json.MarshalIndent(baseFile{baseSchema, b}, "", "  ")
	if err == nil && len(text) >= maxBase {
		err = fmt.Errorf("%s would have more than %d bytes", baseName, maxBase)
	}
	return append(text, '\n'), err
}

// check tells whether all of it can be.
func (b Base) check() error {
	for key, s := range map[string]string{"name": b.Name, "file": b.File, "camera": b.Camera, "fit": b.Fit, "flip": b.Flip} {
		if len(s) > maxPath || !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) {
			return fmt.Errorf("%s: %s is no text of at most %d bytes", baseName, key, maxPath)
		}
	}
	if b.SHA256 != "" && !isID(b.SHA256) {
		return fmt.Errorf("%s: sha256 is none", baseName)
	}
	if b.Kind != Classes && b.Kind != People {
		return fmt.Errorf("%s: kind %.80q (this program knows %q, or none for classes)", baseName, b.Kind, People)
	}
	if len(b.Mean) > 3 || len(b.Std) != len(b.Mean) {
		return fmt.Errorf("%s: %d mean and %d std (want as many, and 3 at most)", baseName, len(b.Mean), len(b.Std))
	}
	for _, v := range b.Region {
		if !(v >= 0 && v <= 1) {
			return fmt.Errorf("%s: region: want fractions from 0 to 1", baseName)
		}
	}
	if b.Rotate < 0 || b.Rotate >= 360 || b.Rotate%90 != 0 {
		return fmt.Errorf("%s: rotate: want 0, 90, 180 or 270", baseName)
	}
	return nil
}

// elsewhere is the base without what is of this machine alone.
func (b Base) elsewhere() Base {
	b.Camera = ""
	if b.File != "" {
		b.File = filepath.Base(b.File)
	}
	if strings.HasPrefix(b.Name, "/") {
		b.Name = filepath.Base(b.Name)
	}
	return b
}

var errNoReport = errors.New("the report is no JSON object with classes")

// classesOf lists the classes of a report.
func classesOf(report []byte) ([]string, error) {
	var r struct {
		Classes []struct {
			Label string `json:"label"`
		} `json:"classes"`
	}
	if err := json.Unmarshal(report, &r); err != nil {
		return nil, fmt.Errorf("%w: %w", errNoReport, err)
	}
	var list []string
	for _, c := range r.Classes {
		list = append(list, c.Label)
	}
	if len(list) == 0 {
		return nil, errNoReport
	}
	return list, nil
}

// isID tells whether a text is a SHA-256 as it is written here.
func isID(s string) bool { return len(s) == 64 && isHex(s) }

func isHex(s string) bool { return strings.Trim(s, "0123456789abcdef") == "" }
