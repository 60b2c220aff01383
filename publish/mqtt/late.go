package mqtt

import (
	"slices"
	"time"
)

// A cluster may acknowledge a message that it was to retain and could not: NATS does if the stream of what is retained has no leader
// for five seconds (mqttHandlePubRetain in its server/mqtt.go, 2.15: it logs that, and goes on). MQTT 3.1.1 has no word for it, but such
// an acknowledgement is late. So what was acknowledged late is sent once more after a while, unless there is something newer.

// noteLate notes that a retained message was acknowledged, if that was late.
func (k *connection) noteLate(f flight) {
	if !f.retained || time.Since(f.sent) < k.client.pace.late {
		return
	}
	k.late = append(k.late, f.topic)
	if k.repeat == nil {
		k.repeat = time.After(jitter(k.client.pace.repeat))
	}
}

// repeatLate has the newest of what was acknowledged late be sent once more.
func (k *connection) repeatLate() {
	k.client.out.repeat(k.late)
	k.late, k.repeat = nil, nil
}

// A message may also come late, behind newer ones of its topic: a node that is cut off from the others hands on what it was given when
// it reaches them again, though its client has long gone to another one. NATS does: what one of its servers asks another to store waits in
// the connection between them, which is given up after 90 seconds. So the topics of what was on its way when a connection was lost are in
// doubt, and what is retained on them is sent once more when every node must have noticed the loss, and again when that has lasted
// three times as long.

// doubt puts what this connection leaves behind in doubt: what is not acknowledged, and what was acknowledged late.
func (k *connection) doubt() {
	topics := k.late
	for _, f := range k.inFlight {
		if f.retained {
			topics = append(topics, f.topic)
		}
	}
	for _, topic := range topics {
		if !slices.Contains(k.client.doubted, topic) {
			k.client.doubted = append(k.client.doubted, topic)
		}
	}
}

// notice is how long a broker takes to notice that a connection is gone: one and a half keep-alives (MQTT 3.1.1, section 3.1.2.10), and a bit.
func (c *Client) notice() time.Duration { return c.options.KeepAlive*3/2 + c.pace.notice }

// confirm says online once more, as the connection before this one cannot be mistaken for alive any more, and what is in doubt.
func (k *connection) confirm() {
	c := k.client
	c.out.repeatOnline()
	c.out.repeat(c.doubted)
	k.assured = nil
	if k.confirmed = !k.confirmed; k.confirmed && len(c.doubted) > 0 {
		k.assured = time.After(2 * c.notice())
		return
	}
	c.doubted = nil
}

// repeat has what is retained on topics be sent once more on this connection.
func (b *outbox) repeat(topics []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, topic := range topics {
		if r := b.retained[topic]; r != nil {
			r.due = true
		} else if topic == b.prefix+"/status" {
			b.again = b.connected
		}
	}
	b.signal()
}
