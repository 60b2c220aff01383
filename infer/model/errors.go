package model

import (
	"errors"
	"fmt"
)

var (
	// ErrMalformed is wrapped by every error of Parse that says the bytes are no sound model.
	ErrMalformed = errors.New("malformed")

	// ErrUnsupported is wrapped by every error of Parse about a sound file that this package does not read, or that
	// is beyond the limits.
	ErrUnsupported = errors.New("unsupported")
)

// parseError is every error of Parse.
type parseError struct {
	kind  error  // ErrMalformed or ErrUnsupported
	where string // the tensor or operator, if it is about one
	text  string
}

func (e *parseError) Error() string {
	if e.where == "" {
		return fmt.Sprintf("model: %v: %s", e.kind, e.text)
	}
	return fmt.Sprintf("model: %v: %s: %s", e.kind, e.where, e.text)
}

func (e *parseError) Unwrap() error { return e.kind }

func malformed(format string, args ...any) *parseError {
	return &parseError{kind: ErrMalformed, text: fmt.Sprintf(format, args...)}
}

func unsupported(format string, args ...any) *parseError {
	return &parseError{kind: ErrUnsupported, text: fmt.Sprintf(format, args...)}
}

// in says which part of the model e is about.
func (e *parseError) in(kind string, index int, name string) *parseError {
	e.where = label(kind, index, name)
	return e
}

// label names a part of the model in an error. The name comes from the file: it may be long and hold anything.
func label(kind string, index int, name string) string {
	const most = 80
	if len(name) > most {
		name = name[:most] + "…"
	}
	return fmt.Sprintf("%s %d %q", kind, index, name)
}
