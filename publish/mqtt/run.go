package mqtt

import (
	"context"
	"errors"
	"time"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/internal/backoff"
)

// run is the client's goroutine: one connection after the other, until Close.
func (c *Client) run() {
	defer close(c.done)
	defer c.cancel()
	pauses := c.pace.pauses()
	said := complaints{client: c}
	for count := int64(0); ; {
		lasted, err := c.session(count)
		if errors.Is(err, errAskAgain) {
			continue
		}
		if lasted > 0 {
			count++
		}
		if c.isClosing() {
			c.logUndelivered()
			return
		}
		d := c.explain(err, lasted)
		pause := pauses.after(lasted, d.refused)
		c.watch()
		if c.takeovers.found() {
			d = c.taken()
			pause = max(pause, c.takeovers.pause())
		} else if lasted > 0 {
			said.reset()
		}
		said.about(d, err, pause)
		c.current.Store(c.nextNode())
		select {
		case <-c.closing:
			c.logUndelivered()
			return
		case <-time.After(pause):
		}
	}
}

// session is one connection, from the dial to its end. lasted is 0 if the broker never accepted it; err is nil if it
// ended by Close. before is how many there were.
func (c *Client) session(before int64) (lasted time.Duration, err error) {
	ctx, cancel := context.WithCancel(c.ctx)
	defer cancel() // cuts the connection, if it is still there
	c.adviseOnCertificate()
	err = c.ask(ctx)
	var k *connection
	if err == nil {
		k, err = c.connect(ctx)
	}
	if err != nil {
		c.inquiry.planned = false
		c.takeovers.reset()
		return 0, err
	}
	start := time.Now()
	k.begin(before)
	err = k.serve(c.closing)
	c.connected.Store(false)
	lasted = time.Since(start)
	c.judge(k, err)
	c.takeovers.judge(k, lasted, err)
	c.out.giveBack(k.unacknowledged())
	return lasted, err
}

func (c *Client) isClosing() bool {
	select {
	case <-c.closing:
		return true
	default:
		return false
	}
}

func (c *Client) logConnected(before int64) {
	dropped, _ := c.out.losses()
	c.logger().Info("connected", zap.String("client_id", c.options.ClientID), zap.String("prefix", c.options.Prefix),
		zap.Int64("reconnects", before), zap.Int("waiting", c.out.waiting()), zap.Int64("dropped", dropped),
		zap.Int("events", c.spool.Status().Waiting))
}

func (c *Client) logUndelivered() {
	if n := c.out.waiting(); n > 0 {
		c.logger().Warn("closed with results undelivered", zap.Int("results", n))
	}
	if s := c.spool.Status(); s.Waiting > 0 {
		c.logger().Warn("closed with events undelivered", append(held(s), zap.Int("events", s.Waiting), zap.Bool("on_disk", s.OnDisk))...)
	}
}

// pauses are the pauses between connections: longer from one failure to the next, and short again after a connection
// that was stable. A little chance is in them, so that many daemons do not come back to a restarted broker in the same
// instant.
type pauses struct {
	retry   backoff.Backoff
	refusal backoff.Backoff // of one length: the least pause after a refusal
	stable  time.Duration
}

func (p pace) pauses() *pauses {
	return &pauses{
		retry:   backoff.Backoff{Min: p.retryMin, Max: p.retryMax},
		refusal: backoff.Backoff{Min: p.refused, Max: p.refused},
		stable:  p.stable,
	}
}

// after is the pause after a connection that lasted so long, 0 if the broker never accepted it.
func (p *pauses) after(lasted time.Duration, refused bool) time.Duration {
	if lasted >= p.stable {
		p.retry.Reset()
	}
	pause := p.retry.Pause()
	if refused {
		pause = max(pause, p.refusal.Pause())
	}
	return pause
}
