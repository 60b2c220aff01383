package catalogue

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/inceptiond/inceptiond/internal/regular"
	"github.com/inceptiond/inceptiond/systemd"
)

// system is the folder of root's models, which the service reads: the models of its StateDirectory.
const system = "/var/lib/inceptiond/models"

// Folder is where this user's models belong: of a service in its state directory, of root in /var/lib/inceptiond/models, of
// others in $XDG_DATA_HOME/inceptiond/models, or ~/.local/share/inceptiond/models (XDG Base Directory Specification).
func Folder() (string, error) {
	if state := systemd.StateDirectory(); state != "" {
		return filepath.Join(state, "models"), nil
	}
	if os.Geteuid() == 0 {
		return system, nil
	}
	data := os.Getenv("XDG_DATA_HOME")
	if !filepath.IsAbs(data) {
		home, err := os.UserHomeDir()
		if err != nil {
			return "", fmt.Errorf("there is no folder for models (%w): set XDG_DATA_HOME to a folder of yours", err)
		}
		data = filepath.Join(home, ".local", "share")
	}
	return filepath.Join(data, "inceptiond", "models"), nil
}

// folders are where models are looked for, the user's own first, then those of root.
func folders() []string {
	var list []string
	if own, err := Folder(); err == nil {
		list = append(list, own)
	}
	if !slices.Contains(list, system) {
		list = append(list, system)
	}
	return list
}

// MissingError says which model has not been fetched, and how to fetch it. It is an fs.ErrNotExist.
type MissingError struct {
	File    string // that is not there
	Command string // that fetches it, behind `inceptiond`
	Hidden  string // a folder that only others may look into, where it may be; empty: there is none
}

// Remedy is what to type, for people: what root fetches is for the service, what others fetch is theirs.
func (e *MissingError) Remedy() string {
	command := "inceptiond " + e.Command
	switch {
	case systemd.StateDirectory() != "":
		return "`sudo " + command + "`"
	case os.Geteuid() == 0:
		return "`" + command + "`"
	}
	return "`" + command + "` (with sudo for the service)"
}

// Error is "inception_v3_299_quant.tflite has not been fetched: `inceptiond model pull inception_v3_299_quant` does it".
func (e *MissingError) Error() string {
	s := fmt.Sprintf("%s has not been fetched: %s does it", e.File, e.Remedy())
	if e.Hidden != "" {
		s += fmt.Sprintf("; whether it is in %s only root can tell", e.Hidden)
	}
	return s
}

func (e *MissingError) Unwrap() error { return fs.ErrNotExist }

// Pulled is where the model's file lies on this machine. A [*MissingError] says that it does not.
func (m Model) Pulled() (string, error) { return m.locate(m.File) }

// PulledLabels is where its labels lie.
func (m Model) PulledLabels() (string, error) { return m.locate(m.Labels) }

func (m Model) locate(f File) (string, error) {
	return f.locate(MissingError{File: f.Name, Command: "model pull " + m.Name})
}

// locate finds f in the folders of models. The error is missing, or about a file that is of no use.
func (f File) locate(missing MissingError) (string, error) {
	for _, folder := range folders() {
		path := filepath.Join(folder, f.Name)
		info, err := os.Stat(path)
		switch {
		case err == nil:
			return path, regular.Check(path, info)
		case errors.Is(err, fs.ErrPermission):
			missing.Hidden = folder
		}
	}
	return "", &missing
}
