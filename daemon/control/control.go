// Package control says what may be asked of a running daemon, and how it answers: one way in for signals, subscribers, pins
// and pages. What may be asked of a camera is a table ([Rules]); what of that outlives the daemon is kept in a [Store].
package control

import (
	"context"
	"errors"
)

// Kind is what is to be done.
type Kind string

// The kinds of commands about the daemon.
const (
	Reload   Kind = "reload"   // read the config file again
	Shutdown Kind = "shutdown" // stop all cameras and end
)

// The kinds of commands about a camera. Their names are those of topics.
const (
	Paused   Kind = "paused"   // close the camera, or open it again
	Enter    Kind = "enter"    // the score from which on a class is decided
	Classify Kind = "classify" // the next frame goes to the model, whatever the gate says
	Trigger  Kind = "trigger"  // open the gate, as motion does
	Snapshot Kind = "snapshot" // a picture of the next frame
	Teach    Kind = "teach"    // the next frames become pictures of a class to teach
	Train    Kind = "train"    // make a model of the pictures that there are
)

// Command is something that a daemon is to do.
type Command struct {
	Kind   Kind
	Camera string // that it is about; empty: the daemon
	Value  string // as the kind's Rule wants it; empty for the daemon's
}

// Outcome is what became of a command that was carried out.
type Outcome struct {
	// Refused says why nothing was changed, a line each: all that is wrong with a config file. It is empty after a
	// command that was obeyed.
	Refused []string
	// Unchanged: it was obeyed, and all was so before.
	Unchanged bool
}

// ErrNoCamera is about a command for a camera that there is none of.
var ErrNoCamera = errors.New("there is no such camera")

// Controller carries out commands. It may be called from several goroutines at once.
type Controller interface {
	// Do carries out c, after those that came before, and blocks until its outcome is known: a reload until the new
	// config is in force or refused, a shutdown only until it has begun, a command about a camera for as long as the disk
	// takes. The error is ctx's, ErrNoCamera, or says that the daemon does not know the command or has ended.
	Do(ctx context.Context, c Command) (Outcome, error)
}
