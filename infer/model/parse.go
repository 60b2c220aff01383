package model

import "errors"

var (
	// ErrMalformed is wrapped by every error of Parse that says the bytes are no sound model.
	ErrMalformed = errors.New("malformed model")

	// ErrUnsupported is wrapped by every error of Parse about a sound file that this package does not read.
	ErrUnsupported = errors.New("unsupported model")
)

// Limits bounds what Parse accepts; the zero value of a field means its default.
type Limits struct {
	// Memory is the most bytes that all tensors computed at run time may have together (default 1 GiB); the error
	// says the figure asked for.
	Memory int
}

// Parse checks data, the bytes of a .tflite file, and describes it. The model keeps data: it must not change.
func Parse(data []byte, l Limits) (*Model, error) {
	return nil, errors.New("model: not written yet")
}
