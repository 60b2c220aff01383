package model

import (
	"errors"
	"fmt"
)

var (
	// ErrMalformed is wrapped by every error that says that the bytes are no sound model.
	ErrMalformed = errors.New("malformed")

	// ErrUnsupported is wrapped by every error about a sound model that cannot be run: Parse does not read it, or an
	// engine lacks something. The error around it names the operator or tensor, and what to do.
	ErrUnsupported = errors.New("model is not supported")

	// ErrMemory is an ErrUnsupported: the model needs more memory than the limit that was given allows.
	ErrMemory = fmt.Errorf("%w", ErrUnsupported)
)

// ParseError is every error of Parse: no engine helps against it. It wraps ErrMalformed, ErrUnsupported or ErrMemory.
type ParseError struct {
	kind  error
	where string // the tensor or operator, if it is about one
	text  string
}

func (e *ParseError) Error() string {
	kind := "malformed"
	if errors.Is(e.kind, ErrUnsupported) {
		kind = "unsupported"
	}
	if e.where == "" {
		return fmt.Sprintf("model: %s: %s", kind, e.text)
	}
	return fmt.Sprintf("model: %s: %s: %s", kind, e.where, e.text)
}

// Unwrap is the kind of error.
func (e *ParseError) Unwrap() error { return e.kind }

func malformed(format string, args ...any) *ParseError {
	return &ParseError{kind: ErrMalformed, text: fmt.Sprintf(format, args...)}
}

func unsupported(format string, args ...any) *ParseError {
	return &ParseError{kind: ErrUnsupported, text: fmt.Sprintf(format, args...)}
}

// in says which part of the model e is about.
func (e *ParseError) in(kind string, index int, name string) *ParseError {
	e.where = label(kind, index, name)
	return e
}

// label names a part of the model in an error. The name comes from the file: it may be long and hold anything.
func label(kind string, index int, name string) string {
	const maxName = 80
	if len(name) > maxName {
		name = name[:maxName] + "…"
	}
	return fmt.Sprintf("%s %d %q", kind, index, name)
}
