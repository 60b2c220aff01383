package pipeline

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/internal/backoff"
)

// A camera that refuses the login is asked again after minutes, so that it does not lock the user out; one that is away,
// after seconds.
func TestPauseAfterRefusal(t *testing.T) {
	c := Camera{
		retry:   backoff.Backoff{Min: time.Second / 2, Max: maxRetry},
		refused: backoff.Backoff{Min: minRefused, Max: maxRefused},
	}
	tries, now := 0, time.Duration(0)
	for ; now < 30*time.Minute; tries++ {
		pause := c.pauseAfter(fmt.Errorf("status 401: %w: %w", capture.ErrLogin, capture.ErrLost))
		if pause < minRefused*3/4 || pause > maxRefused {
			t.Fatalf("a pause of %v", pause)
		}
		now += pause
		if lost := c.pauseAfter(errors.Join(capture.ErrLost)); lost > maxRetry {
			t.Fatalf("a pause of %v after it was lost", lost)
		}
	}
	if tries > 7 { // which takes the shortest of all pauses
		t.Errorf("%d tries in half an hour", tries)
	}
}
