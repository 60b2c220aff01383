package decide

import (
	"time"

	"github.com/inceptiond/inceptiond/infer/task"
)

// Top is the best class of one frame, whatever is decided: no groups, no votes, and nothing is ignored.
type Top struct {
	Found   bool          // a class reached the threshold
	Class   task.Class    // the best of those, with its score in the frame that changed it; zero unless Found
	Since   time.Duration // when it changed, as Step was told
	Changed bool          // this frame changed it: to another class, from a class to none, or back; the first always does
}

// follower follows the top class.
type follower struct {
	Top       // the last
	threshold float32
	known     bool          // there was a frame
	best      [1]task.Class // room for the best class of a frame
}

// step takes another frame. A class that only changes its score keeps the Top as it is. Of equal scores the class with the
// lower index counts.
func (t *follower) step(now time.Duration, f *task.Findings) Top {
	next := Top{Since: now, Changed: true}
	if best := task.TopK(t.best[:0], f, 1, t.threshold); len(best) > 0 {
		next.Found, next.Class = true, best[0]
	}
	if t.known && next.Found == t.Found && next.Class.Index == t.Class.Index {
		next = t.Top
		next.Changed = false
	}
	t.Top, t.known = next, true
	return next
}
