// Package control says what may be asked of a running daemon, and how it answers: one way in for signals, and for
// whoever else may command it later.
package control

import "context"

// Kind is what is to be done.
type Kind string

// The kinds of commands.
const (
	Reload   Kind = "reload"   // read the config file again
	Shutdown Kind = "shutdown" // stop all cameras and end
)

// Command is something that a daemon is to do.
type Command struct {
	Kind Kind
}

// Outcome is what became of a command that was carried out.
type Outcome struct {
	// Refused says why nothing was changed, a line each: all that is wrong with a config file. It is empty after a
	// command that was obeyed.
	Refused []string
}

// Controller carries out commands. It may be called from several goroutines at once.
type Controller interface {
	// Do carries out c, after those that came before, and blocks until its outcome is known: a reload until the new
	// config is in force or refused, a shutdown only until it has begun. The error is ctx's, or says that the daemon
	// does not know the command or has ended.
	Do(ctx context.Context, c Command) (Outcome, error)
}
