// Package publish says what a result is, and what takes results away: a [Publisher].
//
// The JSON of every message is made here ([Result.AppendJSON] and its like) so that all publishers say the same;
// docs/messages.md documents it. Publishers live below: mqtt (a broker's client), lines (standard output), and broker,
// the embedded MQTT broker for a machine that has none.
package publish

import (
	"context"
	"errors"
	"time"
)

// ErrClosed is what a closed publisher answers.
var ErrClosed = errors.New("publish: closed")

// Publisher takes results away. It may be called from several goroutines at once.
type Publisher interface {
	// Publish hands r over and returns at once: it never waits for the network. r and its slices belong to the
	// caller again when it returns. An error means that this result will not be delivered by this publisher;
	// after Close it is ErrClosed.
	Publish(ctx context.Context, r Result) error

	// Close delivers what it can within a short deadline, then releases everything. More calls do nothing.
	Close() error
}

// StatusPublisher is a Publisher that can also tell how a camera is. The same rules hold as for Publish.
type StatusPublisher interface {
	PublishStatus(ctx context.Context, s CameraStatus) error
}

// ConfigPublisher is a Publisher that can also tell what became of the config file. The same rules hold as for Publish.
type ConfigPublisher interface {
	PublishConfig(ctx context.Context, s ConfigStatus) error
}

// Result is what one frame was found to show.
type Result struct {
	Device    string        // the machine's name, the same for all of its cameras
	Camera    string        // the camera's name in the config
	Sequence  uint64        // of the frame, as the camera counts
	Time      time.Time     // when the frame arrived
	Monotonic time.Duration // the same moment on the machine's clock since boot (CLOCK_MONOTONIC)
	Picture   string        // a still picture's path or title, else empty
	Stages    Stages
	Model     Model
	Engine    string // "cpu", "tflite", …
	// Predictions are the best classes at or above the threshold, best first; empty if there is none.
	Predictions []Prediction
}

// Stages is where the time of a result went.
type Stages struct {
	Wait       time.Duration // the frame lay ready until the pipeline took it
	Preprocess time.Duration // decode, crop, rotate, colour, resize
	Inference  time.Duration // the engine's Run
	Total      time.Duration // from arrival to the moment the result was handed to the publishers
}

// Model names the model that answered.
type Model struct {
	Name   string // its name in the config
	SHA256 string // of its file, in hexadecimal
}

// Prediction is one class and how sure the model is of it.
type Prediction struct {
	Index int     // of the model's output
	Label string  // empty if the model has no labels
	Score float32 // 0 to 1 for a softmax output
}

// CameraState is how a camera is.
type CameraState string

// The states of a camera.
const (
	CameraConnecting CameraState = "connecting" // not opened yet
	CameraOnline     CameraState = "online"     // frames arrive
	CameraLost       CameraState = "lost"       // gone or silent; opened again with growing pauses
	CameraEnded      CameraState = "ended"      // its pictures are all done
	CameraStopped    CameraState = "stopped"    // the daemon has stopped, or does without the camera after a reload
)

// CameraStatus is a change in how a camera is.
type CameraStatus struct {
	Device string
	Camera string
	State  CameraState
	Reason string // the error behind a lost camera, for people
	Time   time.Time
}

// ConfigState is what became of the config file when it was last read.
type ConfigState string

// The states of the config.
const (
	ConfigApplied ConfigState = "applied" // it is in force
	ConfigRefused ConfigState = "refused" // it cannot be used; the one before goes on
)

// ConfigStatus is the outcome of reading the config file, at the start or for a reload.
type ConfigStatus struct {
	Device   string
	State    ConfigState
	Problems []string // all that is wrong with a refused file, a line each
	Time     time.Time
}
