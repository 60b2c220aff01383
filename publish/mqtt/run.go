package mqtt

import (
	"context"
	"math/rand/v2"
	"time"

	"go.uber.org/zap"
)

// run is the client's goroutine: one connection after the other, until Close.
func (c *Client) run() {
	defer close(c.done)
	defer c.cancel()
	retry := backoff{min: c.pace.retryMin, max: c.pace.retryMax}
	said := complaints{log: c.log}
	for count := int64(0); ; {
		lasted, err := c.session(count)
		if lasted > 0 {
			count++
			said.reset()
		}
		if lasted >= c.pace.stable {
			retry.reset()
		}
		if c.isClosing() {
			c.logUndelivered()
			return
		}
		d := c.diagnose(err, lasted)
		pause := retry.next()
		if d.refused {
			pause = max(pause, jitter(c.pace.refused))
		}
		said.about(d, err, pause)
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
	k, err := c.connect(ctx)
	if err != nil {
		return 0, err
	}
	start := time.Now()
	c.logConnected(before)
	c.connected.Store(true)
	c.reconnects.Store(before)
	c.out.renew()
	k.rewind()
	err = k.serve(c.closing)
	c.connected.Store(false)
	c.out.giveBack(k.unsure())
	return time.Since(start), err
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
	c.log.Info("connected", zap.String("client_id", c.options.ClientID), zap.String("prefix", c.options.Prefix),
		zap.Int64("reconnects", before), zap.Int("waiting", c.out.waiting()), zap.Int64("dropped", dropped),
		zap.Int("events", c.spool.Status().Waiting))
}

func (c *Client) logUndelivered() {
	if n := c.out.waiting(); n > 0 {
		c.log.Warn("closed with results undelivered", zap.Int("results", n))
	}
	if s := c.spool.Status(); s.Waiting > 0 {
		c.log.Warn("closed with events undelivered", zap.Int("events", s.Waiting), zap.Bool("on_disk", s.OnDisk))
	}
}

// backoff is a pause that doubles from min to max. Each is shortened by chance, up to a half, so that many daemons do
// not come back to a restarted broker in the same instant.
type backoff struct{ min, max, current time.Duration }

func (b *backoff) next() time.Duration {
	b.current = min(max(2*b.current, b.min), b.max)
	return jitter(b.current)
}

func (b *backoff) reset() { b.current = 0 }

// jitter is a random time from half of d to d.
func jitter(d time.Duration) time.Duration { return d/2 + rand.N(d/2+1) }
