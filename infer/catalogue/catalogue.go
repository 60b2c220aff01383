// Package catalogue is a table of quantized networks that anybody may have, and knows where they lie on this machine. In
// a config, and wherever else a model file is named, they are called pull:NAME.
//
// It opens no connection: package pull fetches, and only when a person asks for it.
package catalogue

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/inceptiond/inceptiond/internal/text"
)

// Prefix starts the name of a model of the catalogue where a path may stand: "pull:inception_v3_299_quant".
const Prefix = "pull:"

// Source is where the files come from: the repository google-coral/test_data at one commit, so that they never change.
const Source = "https://raw.githubusercontent.com/google-coral/test_data/104342d2d3480b3e66203073dac24f4e2dbb4c41/"

// License of all models and label files, as that repository has it (SPDX).
const License = "Apache-2.0"

// Model is a network with uint8 input.
type Model struct {
	Name    string
	File    File
	Labels  File    // a label for each class, of classifiers a background among them
	Task    string  // classify or detect
	Input   int     // pixels, both ways
	Classes int     // those of Labels
	MACs    int64   // products of one run
	Pi4     float64 // milliseconds of one run on a Raspberry Pi 4 with four threads, predicted (docs/performance.md)
	Pi5     float64 // the same on a Raspberry Pi 5
}

// File is one file of [Source], or one that is known by its SHA-256 alone: see [Hashed].
type File struct {
	Name   string // its path there, and its name in the folder of models
	URL    string // where it lies; empty: at Source, or nobody knows
	Size   int64  // bytes; 0: not known
	About  int64  // bytes, roughly, where Size is not known
	Blob   string // git's blob id, in hexadecimal: SHA-1 of "blob", a space, the size, a zero byte, and the bytes; empty: not known
	SHA256 string // in hexadecimal; empty: not known
}

// maxUnknown is the most bytes of a file whose size is not known; the largest has about 43 million.
const maxUnknown = 64 << 20

// Limit is the most bytes that the file can have.
func (f File) Limit() int64 {
	if f.Blob == "" {
		return maxHashed
	}
	return cmp.Or(f.Size, maxUnknown)
}

// Expect is the size as far as it is known, in bytes.
func (f File) Expect() int64 { return cmp.Or(f.Size, f.About) }

// All are the models of the catalogue, in the order in which a person reads them. It is the caller's to change.
func All() []Model { return append([]Model(nil), table...) }

// Find returns the model of a name, which may begin with [Prefix]. The error names the one that was probably meant.
func Find(name string) (Model, error) {
	name = strings.TrimPrefix(name, Prefix)
	for _, m := range table {
		if m.Name == name {
			return m, nil
		}
	}
	if near := nearest(name); near != "" {
		return Model{}, fmt.Errorf("there is no model %s in the catalogue (did you mean %s?)", quote(name), near)
	}
	return Model{}, fmt.Errorf("there is no model %s in the catalogue (`inceptiond model list` shows what there is)", quote(name))
}

// maxName is more bytes than any name has.
const maxName = 100

// quote shows a name, not at length.
func quote(name string) string {
	if len(name) > maxName {
		name = name[:maxName] + "…"
	}
	return fmt.Sprintf("%q", name)
}

// nearest is the name that a person who wrote name has probably meant, or "". What people leave out, the ending .tflite,
// the size or "_quant", costs nothing.
func nearest(name string) string {
	if len(name) > maxName {
		return ""
	}
	word := plain(strings.TrimSuffix(name, ".tflite"))
	best, limit := "", len(word)/3+1 // so many changes make another word
	for _, m := range table {
		full := plain(m.Name)
		if len(word) > 3 && strings.HasPrefix(full, word) {
			return m.Name
		}
		if n := min(text.Distance(word, full), text.Distance(word, strings.TrimSuffix(full, "quant"))); n < limit {
			best, limit = m.Name, n
		}
	}
	return best
}

// plain is name in small letters, without what joins its words.
func plain(name string) string {
	return strings.NewReplacer("_", "", "-", "", " ", "", ".", "").Replace(strings.ToLower(name))
}
