package mqtt

import (
	"context"
	"errors"
	"time"

	"go.uber.org/zap"
)

// run is the client's goroutine: one connection after the other, until Close.
func (c *Client) run() {
	defer close(c.done)
	defer c.cancel()
	c.pauses.began = time.Now()
	for count, pause := int64(0), c.startPause(); c.rest(pause); {
		lasted, err := c.session(count)
		c.pauses.ended(time.Now(), lasted)
		if pause = 0; errors.Is(err, errAskAgain) {
			continue
		}
		if lasted > 0 {
			count++
		}
		if c.isClosing() {
			break
		}
		d := c.explain(err, lasted)
		pause = c.pauses.next(time.Now(), d.refused)
		c.watch()
		if c.takeovers.found() {
			d = c.taken()
			pause = max(pause, c.takeovers.pause())
		} else if lasted > 0 {
			c.node().said.reset()
		}
		c.complain(d, err, pause)
		c.moveOn()
	}
	c.logUndelivered()
}

// rest waits, and tells whether there is anything to do then.
func (c *Client) rest(pause time.Duration) bool {
	if pause == 0 {
		return true
	}
	select {
	case <-c.closing:
		return false
	case <-time.After(pause):
		return true
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
		c.node().inquiry.planned = false
		c.takeovers.failed(c.node())
		return 0, err
	}
	start := time.Now()
	k.begin(before)
	err = k.serve(c.closing)
	c.connected.Store(false)
	lasted = time.Since(start)
	c.judge(k, err)
	c.takeovers.judge(k, lasted, err)
	k.doubt()
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
