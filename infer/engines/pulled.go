package engines

import (
	"crypto/sha256"
	"fmt"
	"strings"

	"github.com/inceptiond/inceptiond/infer/catalogue"
	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/internal/regular"
)

// storedFile is a file that `inceptiond model pull` fetches.
type storedFile struct {
	catalogue.File
	at      string // where it lies
	command string // what fetches it, behind `inceptiond`
}

// stored is the model file that path names, if it is one that is fetched, else nil: path is that of a file then. Of a model of the
// catalogue it is the label file if labels says so.
func stored(path string, labels bool) (*storedFile, error) {
	if f, ok, err := catalogue.ByHash(path); ok {
		at := ""
		if err == nil {
			at, err = f.Place()
		}
		return &storedFile{f, at, f.PullCommand()}, err
	}
	if !strings.HasPrefix(path, catalogue.Prefix) {
		return nil, nil
	}
	m, err := catalogue.Find(path)
	if err != nil {
		return nil, err
	}
	f, find := m.File, m.Pulled
	if labels {
		f, find = m.Labels, m.PulledLabels
	}
	at, err := find()
	return &storedFile{f, at, "model pull " + m.Name}, err
}

// place is where the file lies that a path names.
func place(path string) (string, error) {
	switch f, err := stored(path, false); {
	case err != nil:
		return "", err
	case f != nil:
		return f.at, nil
	}
	return path, nil
}

// verify tells whether data, read from f, is still what was fetched; sum is its SHA-256.
func (f *storedFile) verify(sum string, data []byte) error {
	if err := f.Verify(f.at, sum, data); err != nil {
		return fmt.Errorf("%w: `inceptiond %s` fetches it anew", err, f.command)
	}
	return nil
}

// labels names the label file that o asks for: that of the catalogue if o names none.
func (o *Options) labels() string {
	if o.Labels == "" && strings.HasPrefix(o.File, catalogue.Prefix) {
		return o.File
	}
	return o.Labels
}

// verify tells whether data, read from the file that path names, is what it must be: still what was fetched, if it was, and of
// this SHA-256, if it is not empty. m is the model in it; it is nil if err says why there is none. Of what may be any file it
// gives back err.
func verify(path, want string, data []byte, m *model.Model, err error) error {
	f, gone := stored(path, false)
	switch {
	case gone != nil:
		return gone
	case f == nil && want == "":
		return err
	}
	sum := ""
	if m != nil {
		sum = m.SHA256
	} else {
		sum = hash(data)
	}
	if f != nil {
		if changed := f.verify(sum, data); changed != nil {
			return changed
		}
	}
	if want != "" && want != sum {
		return &OtherError{Has: sum, Want: want}
	}
	return err
}

// hash is the SHA-256 of data, in hexadecimal.
func hash(data []byte) string { return fmt.Sprintf("%x", sha256.Sum256(data)) }

// OtherError says that a model file is another than the one that was asked for by its SHA-256.
type OtherError struct{ Has, Want string }

// Error names both.
func (e *OtherError) Error() string {
	return fmt.Sprintf("its SHA-256 is %s, and sha256 asks for %s: %s", e.Has, e.Want, e.Remedy())
}

// Remedy is how to have the right file, for people.
func (e *OtherError) Remedy() string {
	return fmt.Sprintf("take the file that has it (`inceptiond %s` fetches it, as file: %s%s), or write what the file has, if that is the right one",
		catalogue.Hashed(e.Want, "").PullCommand(), catalogue.HashPrefix, e.Want)
}

// maxPulledLabels is more bytes than a label file that is fetched has.
const maxPulledLabels = 1 << 20

// readPulledLabels reads the label file that path names, if it is one that is fetched.
func readPulledLabels(path string) ([]byte, error) {
	f, err := stored(path, true)
	if err != nil {
		return nil, err
	}
	data, err := regular.Read(f.at, maxPulledLabels)
	if err != nil {
		return nil, err
	}
	return data, f.verify(hash(data), data)
}
