package mqtt

import (
	"bytes"
	"maps"
	"strings"

	"go.uber.org/zap"
)

// refusals finds the message at which a broker hangs up each time: MQTT 3.1.1 has no other way to refuse one that is above the
// broker's limit, or on a topic that may not be written. Such a message would be sent anew on every connection, and all that is
// behind it would wait for ever.
//
// After a connection that ended with messages on their way, the next one sends them one at a time, until they have come again. A
// message at which three connections in a row ended, alone on its way and behind others that were acknowledged, is set aside: what
// is on its topic and at least as long is left out from then on; events of that kind wait in the spool. Before the last of the
// three times the connection rests: one that ends by itself, as those of a broker that is started again and again do, ends then,
// and says nothing about the message. And after a while it is tried again, less often each time: a cluster that is looking for its
// leaders may have ended all three. Of several nodes all this holds for those where it happened, one after the other: the first
// that takes the message keeps us. Connections that end later, or at other messages of the kind, are the network's or the
// broker's. Only the client's goroutine uses it.
type refusals struct {
	careful int // messages at the beginning of the next connection that go one at a time
	suspect message
	strikes int
	struck  []*node // where the strikes happened
}

const maxStrikes = 3

// judge looks at how a connection ended.
func (r *refusals) judge(k *connection, err error) (refused *message) {
	again := k.acked < r.careful // it ended where what was on its way came again
	if !hungUp(err) || len(k.inFlight) == 0 {
		r.careful, r.strikes = 0, 0
		return nil
	}
	r.careful = k.comesAgain()
	m := k.inFlight[0].message
	switch {
	case len(k.inFlight) > 1 || k.acked == 0: // the first one may have met a broker that does not run well
		return nil
	case !again || !sameMessage(m, r.suspect):
		r.suspect, r.strikes, r.struck = m, 1, []*node{k.client.node()}
		return nil
	}
	r.struck = append(r.struck, k.client.node())
	if r.strikes++; r.strikes < maxStrikes {
		return nil
	}
	r.suspect, r.strikes = message{}, 0
	return &m
}

// decides tells whether m is refused if the next connection ends at it, too.
func (r *refusals) decides(m message) bool {
	return r.strikes == maxStrikes-1 && sameMessage(m, r.suspect)
}

// comesAgain is how many messages the next connection sends until all that is on its way on this one has come again: behind
// what is retained, and events that wait.
func (k *connection) comesAgain() int {
	before := k.acked
	if k.greeted > 0 {
		before = min(before, k.greeted+k.client.spool.Status().Waiting)
	}
	return before + 2*maxInFlight
}

// sameMessage tells whether b is a sent anew; of what is retained, a newer one is the same.
func sameMessage(a, b message) bool {
	return a.topic == b.topic && a.event == b.event && (a.retained && b.retained || bytes.Equal(a.payload, b.payload))
}

// setAside leaves out a message that is too large for the broker, and counts it. An event waits in the spool, which hands
// out no more of its kind.
func (c *Client) setAside(m message) {
	c.refused.Add(1)
	t := c.node().terms.Load()
	if _, told := t.cuts[m.topic]; !told && c.setAsideLog.due() {
		c.logger().Warn("a message is too large for the broker, and is left out", zap.String("topic", m.topic), zap.Int("bytes", len(m.payload)),
			zap.String("mend", "raise the broker's limit (mosquitto: message_size_limit, max_packet_size); or set top_k lower"))
	}
}

// judge learns from the end of a connection, and tells of a message that is refused.
func (c *Client) judge(k *connection, err error) {
	m := c.refusals.judge(k, err)
	if m == nil {
		return
	}
	for _, n := range c.refusals.struck {
		c.setTerms(n, func(t *terms) {
			t.cuts = maps.Clone(t.cuts)
			if t.cuts == nil {
				t.cuts = map[string]int{}
			}
			t.cuts[m.topic] = len(m.payload)
		})
	}
	rights := m.topic
	if strings.HasPrefix(m.topic, c.options.Prefix+"/") {
		rights = c.options.Prefix + "/#"
	}
	c.logger().Warn("the broker hangs up at a message each time: it, and longer ones on its topic, are left out",
		zap.String("topic", m.topic), zap.Int("bytes", len(m.payload)), zap.Bool("event", m.event != 0),
		zap.String("mend", "raise the broker's limit of a packet (mosquitto: max_packet_size), or in its access rules let "+
			c.options.who()+" write to "+rights+"; then start inceptiond anew"))
}
