// Package publish says what the daemon tells, a [Message] each time, and what takes messages away: a [Publisher].
//
// Each kind of message has a file of its own here, with its type, its JSON and its [Key], and a place in the table of
// kinds ([Kinds]). Publishers read that table, so that all of them say the same, and a kind that is new costs its own
// file, its schema in docs/schema and its part of docs/messages.md.
//
// Publishers live below: mqtt (a broker's client), lines (standard output), and broker, the embedded MQTT broker for a
// machine that has none. Package publishtest holds them to what is promised here.
package publish

import (
	"context"
	"errors"
)

// ErrClosed is what a closed publisher answers.
var ErrClosed = errors.New("publish: closed")

// Publisher takes messages away. It may be called from several goroutines at once.
type Publisher interface {
	// Publish hands m over and returns at once: it never waits for the network, and for a disk a few milliseconds at
	// most. m and all that it refers to belong to the caller again when it returns; but a retained message must never
	// be changed any more, since whoever joins later is given it again. A publisher ignores messages of kinds that it
	// does not know. An error means that this message will not be delivered by this publisher; after Close it is
	// ErrClosed, whatever the kind.
	Publish(ctx context.Context, m Message) error

	// Close delivers what it can within a short deadline, then releases everything. More calls do nothing.
	Close() error
}
