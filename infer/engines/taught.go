package engines

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// TaughtPrefix starts the name of what was taught on this machine, where a model file is named.
const TaughtPrefix = "taught:"

// taughtModel is the model in the folder of a version.
const taughtModel = "model.tflite"

// taughtCam is the output of a taught model that says where it saw each class.
const taughtCam = 1

// SetTaught makes o the options of what was taught here: of the version that folder, which may be a link, has at the moment when
// the model is loaded.
func (o *Options) SetTaught(folder string) {
	o.File, o.Taught = filepath.Join(folder, taughtModel), folder
}

// UntaughtError says that there is no version of what is to be taught, and what to do. It is an fs.ErrNotExist.
type UntaughtError struct {
	Name   string // of what is to be taught
	Folder string // its own
	Begun  bool   // there is that folder, so that pictures may be there
}

// Remedy is what to type, for people.
func (e *UntaughtError) Remedy() string {
	if e.Begun {
		return fmt.Sprintf("`inceptiond teach train %s`", e.Name)
	}
	return fmt.Sprintf("`inceptiond teach new %s --base MODEL`", e.Name)
}

// Error is "nothing has been taught as gate yet: `inceptiond teach train gate` does it".
func (e *UntaughtError) Error() string {
	if e.Begun {
		return fmt.Sprintf("nothing has been taught as %s yet: %s does it", e.Name, e.Remedy())
	}
	return fmt.Sprintf("nothing is called %s in %s: %s begins it", e.Name, filepath.Dir(e.Folder), e.Remedy())
}

func (e *UntaughtError) Unwrap() error { return fs.ErrNotExist }

// fixed is o with the version of a taught model that is in use now, wherever the link to it leads later. The error is an
// [*UntaughtError] if there is none.
func (o Options) fixed() (Options, error) {
	if o.Taught == "" {
		return o, nil
	}
	folder, err := filepath.EvalSymlinks(o.Taught)
	if errors.Is(err, fs.ErrNotExist) {
		own := filepath.Dir(o.Taught)
		_, begun := os.Stat(own)
		return o, &UntaughtError{Name: filepath.Base(own), Folder: own, Begun: begun == nil}
	}
	if err != nil {
		return o, err
	}
	o.SetTaught(folder)
	return o, nil
}
