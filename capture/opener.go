package capture

import (
	"context"
	"time"
)

// Opener is a camera that can be opened, again and again after it was lost. It holds data only: two Openers that are
// equal (reflect.DeepEqual) open the same camera in the same way. The options of every kind of camera are one.
type Opener interface {
	// Open opens the camera. It gives up when ctx ends.
	Open(ctx context.Context) (Source, error)

	// Silence is the longest that a camera in good health takes to open, or for a frame.
	Silence() time.Duration

	// String says for people what is opened: "V4L2 /dev/video0".
	String() string
}
