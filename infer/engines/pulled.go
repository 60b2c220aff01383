package engines

import (
	"crypto/sha256"
	"fmt"
	"strings"

	"github.com/inceptiond/inceptiond/infer/catalogue"
	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/internal/regular"
)

// place is where the model file lies that a path names: where `inceptiond model pull` has put it, if it is of the
// catalogue.
func place(path string) (string, error) {
	if _, at, ok, err := pulled(path); ok {
		return at, err
	}
	return path, nil
}

// labels names the label file that o asks for: that of the catalogue if o names none.
func (o *Options) labels() string {
	if o.Labels == "" && strings.HasPrefix(o.File, catalogue.Prefix) {
		return o.File
	}
	return o.Labels
}

// pulled is the model of the catalogue that a path names, and where it lies; there is none if the path names a file.
func pulled(path string) (m catalogue.Model, at string, ok bool, err error) {
	if !strings.HasPrefix(path, catalogue.Prefix) {
		return m, "", false, nil
	}
	if m, err = catalogue.Find(path); err == nil {
		at, err = m.Pulled()
	}
	return m, at, true, err
}

// verifyPulled tells whether data, read from a model file of the catalogue, is still what was fetched. m is the model in it;
// it is nil if err says why there is none. Of other files it gives back err.
func verifyPulled(path string, data []byte, m *model.Model, err error) error {
	want, at, ok, gone := pulled(path)
	switch {
	case !ok:
		return err
	case gone != nil:
		return gone
	}
	sum := ""
	if m != nil {
		sum = m.SHA256
	} else {
		sum = fmt.Sprintf("%x", sha256.Sum256(data))
	}
	if changed := want.File.Verify(at, sum, data); changed != nil {
		return fmt.Errorf("%w: `inceptiond model pull %s` fetches it anew", changed, want.Name)
	}
	return err
}

// maxPulledLabels is more bytes than a label file of the catalogue has.
const maxPulledLabels = 1 << 20

// readPulledLabels reads the label file of the model of the catalogue that path names.
func readPulledLabels(path string) ([]byte, error) {
	m, err := catalogue.Find(path)
	if err != nil {
		return nil, err
	}
	at, err := m.PulledLabels()
	if err != nil {
		return nil, err
	}
	data, err := regular.Read(at, maxPulledLabels)
	if err != nil {
		return nil, err
	}
	if err := m.Labels.Verify(at, fmt.Sprintf("%x", sha256.Sum256(data)), data); err != nil {
		return nil, fmt.Errorf("%w: `inceptiond model pull %s` fetches it anew", err, m.Name)
	}
	return data, nil
}
