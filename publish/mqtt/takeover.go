package mqtt

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/internal/backoff"
	"github.com/inceptiond/inceptiond/publish/mqtt/mqtt5"
)

// takeovers finds whether another client uses our id: a broker throws out the older of two (MQTT 3.1.1, section 3.1.4), which
// comes back and throws out the other, for ever. Over MQTT 3.1.1 that looks like any end of a connection; over MQTT 5 it has
// a reason. In a cluster both wander from node to node, in the same order, so that this is about no node of its own. Only the
// client's goroutine uses it.
type takeovers struct {
	strikes int   // connections in a row that the broker has ended soon, for no reason that we know
	calm    int   // those of them that it did not end at our first message, which would be a reason of its own
	proven  bool  // it has ended a session that did nothing, or said why
	watched bool  // it was asked, in this row
	by      *node // that ended the last of them
	pauses  backoff.Backoff
}

const (
	watchStrikes = 3 // then it is asked
	maxTakeovers = 4 // then it is believed, where it cannot be asked
	soon         = 90 * time.Second
)

// judge looks at how a connection ended that lasted so long; at a message that the broker refuses is another matter.
func (t *takeovers) judge(k *connection, lasted time.Duration, err error) {
	switch {
	case errors.Is(err, errAskAgain):
	case lasted > soon || !hungUp(err) || k.client.refusals.strikes > 0:
		t.reset()
	default:
		t.by = k.client.node()
		t.strikes++
		if k.acked > 0 || len(k.inFlight) == 0 {
			t.calm++
		}
	}
}

// failed is for an attempt that failed at a node: if that had thrown us out, it was started anew, and was away for a moment.
func (t *takeovers) failed(n *node) {
	if t.by == n {
		t.reset()
	}
}

// reset is for a connection that had a good life.
func (t *takeovers) reset() {
	*t = takeovers{pauses: t.pauses}
	t.pauses.Reset()
}

// found tells whether our id is taken.
func (t *takeovers) found() bool { return t.proven || t.calm >= maxTakeovers }

// pause is how long to leave the broker alone then. Who only believes is back in the time that is promised.
func (t *takeovers) pause() time.Duration {
	if !t.proven {
		return t.pauses.Min
	}
	return t.pauses.Pause()
}

// taken is what to say of it.
func (c *Client) taken() diagnosis {
	d := diagnosis{refused: true, what: "another client seems to use our client id: the broker throws us out again and again",
		mend: fmt.Sprintf("give each client of the broker an id of its own: set mqtt.client_id to something other than %q, "+
			"or change /etc/machine-id if this machine is a copy of another", c.options.ClientID)}
	if c.takeovers.proven {
		d.what = "another client uses our client id: the broker throws us out again and again"
	}
	return d
}

// answers tells whether the node that has thrown us out is there, and has a word for a client: that it takes connections is not
// enough, as what may stand before it takes them while it is away, too (a balancer, or the port of a container).
func (c *Client) answers(ctx context.Context) bool {
	dial, _, err := c.asker(ctx, c.options.ClientID)
	if err != nil {
		return false
	}
	conn, err := dial(ctx)
	if err != nil {
		return false
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	if saysMQTT(conn) {
		return true
	}
	k, err := c.attempt(ctx, !c.node().liveOnly) // it may have none for strangers
	if err == nil {
		k.mqtt.Disconnect(0)
	}
	return err == nil
}

// watch asks the broker whether somebody takes our id, if that may be: it has the id for a while, in place of the pause, and does
// nothing with it.
func (c *Client) watch() {
	t := &c.takeovers
	if t.strikes < watchStrikes || t.proven {
		return
	}
	ctx, cancel := context.WithTimeout(c.ctx, c.pace.watch)
	defer cancel()
	go func() {
		select {
		case <-c.closing:
			cancel()
		case <-ctx.Done():
		}
	}()
	if !c.answers(ctx) { // it is the broker that is gone: in a cluster that is started anew node after node, say
		t.reset()
	}
	if t.watched || t.strikes == 0 {
		return
	}
	t.watched = true
	dial, login, err := c.asker(ctx, c.options.ClientID)
	if err != nil {
		return
	}
	err = mqtt5.Watch(ctx, dial, login)
	once := errors.Is(err, mqtt5.ErrHungUp)
	if once { // a broker that was just being started anew does so once
		err = mqtt5.Watch(ctx, dial, login)
	}
	t.proven = err == nil || errors.Is(err, mqtt5.ErrHungUp)
	if errors.Is(err, context.DeadlineExceeded) || once && !t.proven { // nobody came, or the broker was away
		t.reset()
	}
	c.logger().Debug("watched whether another client takes our id", zap.Bool("taken", t.proven), zap.Error(err))
}
