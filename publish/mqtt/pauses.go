package mqtt

import (
	"math/rand/v2"
	"time"

	"github.com/inceptiond/inceptiond/internal/loopback"
	"github.com/inceptiond/inceptiond/publish"
)

// pauses are those between attempts to connect. They are drawn at random from a window that grows with the outage, so that those
// who lost a broker in the same instant do not come back in one: after a short outage it is small, for all to be back soon; after a
// long one it is wide, as many may wait ("full jitter": https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter).
// Of several addresses each is tried once, a moment after the other, before such a pause. Only the client's goroutine uses it.
type pauses struct {
	pace    pace
	nodes   int
	began   time.Time // when the outage did, as far as connections since then have not made up for it
	tried   int       // attempts in vain since the last connection
	refused bool      // one of this round was refused
}

// forgiven is how many times what it lasted a connection that was not stable makes up for of the outage before it.
const forgiven = 10

// ended notes the end of a connection that lasted so long, 0: it never came about. One that was stable ends the outage before it,
// one that was not makes up for a part of it: nodes that are started anew one after the other are no long outage, and a cluster that
// breaks down under those who come back is one.
func (p *pauses) ended(now time.Time, lasted time.Duration) {
	switch {
	case lasted == 0:
		p.tried++
		return
	case lasted >= p.pace.stable:
		p.began = now
	default:
		p.began = p.began.Add((1 + forgiven) * lasted) // it does not grow while there is a connection
	}
	if p.tried, p.refused = 0, false; p.began.After(now) {
		p.began = now
	}
}

// roundOver tells whether each address has been tried since the last connection, or since the last pause.
func (p *pauses) roundOver() bool { return p.nodes < 2 || p.tried%p.nodes == 0 }

// next is the pause before the next attempt.
func (p *pauses) next(now time.Time, refused bool) time.Duration {
	p.refused = p.refused || refused
	if !p.roundOver() {
		return jitter(p.pace.between)
	}
	pause := jitter(p.window(now))
	if p.refused {
		pause = max(pause, p.pace.refused-rand.N(p.pace.refused/5+1))
	}
	p.refused = false
	return pause
}

// window is what the pause between two rounds is drawn from: as long as the outage at first, then a fifth of it.
func (p *pauses) window(now time.Time) time.Duration {
	outage := now.Sub(p.began)
	short := max(p.pace.retryMin, min(outage, 3*p.pace.retryMin))
	return min(max(short, outage/5), p.pace.retryMax)
}

// replayPause is how long the events that wait have to, once there is a connection: others come back at the same time.
func (p *pauses) replayPause(now time.Time) time.Duration { return rand.N(p.window(now)/8 + 1) }

// jitter is a random part of a window, and not next to nothing.
func jitter(window time.Duration) time.Duration {
	least := window / 20
	return least + rand.N(window-least+1)
}

// startPause is how long a client waits before its first connection if its machine has just been switched on: after a power cut
// others are, too. A broker on the same machine has no others.
func (c *Client) startPause() time.Duration {
	const just = 3 * time.Minute
	if c.pace.start == 0 || c.options.Now().Monotonic > just || c.options.After != (publish.Number{}) || loopback.Host(c.node().url.Hostname()) {
		return 0
	}
	return rand.N(c.pace.start)
}
