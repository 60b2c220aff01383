package mqtt

import (
	"errors"
	"strings"
	"syscall"

	"go.uber.org/zap"
)

// refusals finds the message at which a broker hangs up each time: MQTT 3.1.1 has no other way to refuse one that is above the
// broker's limit, or on a topic that may not be written. Such a message would be sent anew on every connection, and all that is
// behind it would wait for ever.
//
// After a connection that ended with messages on their way, the next one sends them one at a time. A message that was alone on its
// way when three connections in a row ended, behind others that were acknowledged, is set aside: what is on its topic and at
// least as long is left out from then on, until the client is closed. Only the client's goroutine uses it.
type refusals struct {
	careful int // messages at the beginning of the next connection that go one at a time
	suspect message
	strikes int
	limits  map[string]int // by topic: bytes of payload of the shortest message that was refused
}

const maxStrikes = 3

// judge looks at how a connection ended.
func (r *refusals) judge(k *connection, err error) (refused *message) {
	if !hungUp(err) && !errors.Is(err, syscall.EPIPE) || len(k.inFlight) == 0 {
		r.careful, r.strikes = 0, 0
		return nil
	}
	// What was on its way comes again behind what is retained.
	r.careful = k.acked + 2*maxInFlight
	m := k.inFlight[0].message
	switch {
	case len(k.inFlight) > 1 || k.acked == 0: // the first one may have met a broker that does not run well
		return nil
	case !sameMessage(m, r.suspect):
		r.suspect, r.strikes = m, 1
		return nil
	}
	if r.strikes++; r.strikes < maxStrikes {
		return nil
	}
	r.suspect, r.strikes = message{}, 0
	if r.limits == nil {
		r.limits = map[string]int{}
	}
	r.limits[m.topic] = len(m.payload)
	return &m
}

// sameMessage tells whether b is a sent anew; of what is retained, a newer one is the same.
func sameMessage(a, b message) bool {
	return a.topic == b.topic && a.event == b.event && (a.retained || len(a.payload) == len(b.payload))
}

// refuses tells whether the broker is known to hang up at m.
func (r *refusals) refuses(m message) bool {
	limit, known := r.limits[m.topic]
	return known && len(m.payload) >= limit
}

// setAside forgets a message that the broker never takes, and counts it.
func (c *Client) setAside(m message) {
	c.refused.Add(1)
	if m.event != 0 {
		c.spool.Ack(m.event)
	}
}

// judge learns from the end of a connection, and tells of a message that is refused.
func (c *Client) judge(k *connection, err error) {
	m := c.refusals.judge(k, err)
	if m == nil {
		return
	}
	rights := m.topic
	if strings.HasPrefix(m.topic, c.options.Prefix+"/") {
		rights = c.options.Prefix + "/#"
	}
	c.log.Warn("the broker hangs up at a message each time: it, and longer ones on its topic, are left out",
		zap.String("topic", m.topic), zap.Int("bytes", len(m.payload)), zap.Bool("event", m.event != 0),
		zap.String("mend", "raise the broker's limit of a packet (mosquitto: max_packet_size), or in its access rules let "+
			c.options.who()+" write to "+rights+"; then start inceptiond anew"))
}
