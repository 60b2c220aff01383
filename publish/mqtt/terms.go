package mqtt

import (
	"maps"
	"strings"
)

// terms are what a broker does not take, as far as we know. They do not change: there are new ones.
type terms struct {
	prefix  string
	write   map[string]bool // by topic: it may be written, as the broker says
	packet  int             // bytes of the largest packet that it takes; 0: there is no limit known
	payload int             // bytes of the largest payload; 0: there is no limit known
	cuts    map[string]int  // by topic: bytes of the shortest payload at which it hangs up
}

// denies tells whether topic may not be written.
func (t *terms) denies(topic string) bool {
	may, told := t.write[topic]
	return told && !may
}

// tooLarge tells whether the broker would drop, or hang up at, a message with so many bytes of payload.
func (t *terms) tooLarge(topic string, payload int) bool {
	cut, known := t.cuts[topic]
	return known && payload >= cut || t.payload > 0 && payload > t.payload || t.packet > 0 && packetSize(topic, payload) > t.packet
}

// packetSize is that of a PUBLISH of QoS 1 or 2 (MQTT 3.1.1, section 3.3).
func packetSize(topic string, payload int) int {
	rest := 2 + len(topic) + 2 + payload
	size := 2 + rest
	for rest >= 128 {
		size++
		rest /= 128
	}
	return size
}

// hold tells whether an event, on a topic below the prefix, has to wait.
func (t *terms) hold(topic string, payload int) bool {
	topic = t.prefix + "/" + topic
	return t.denies(topic) || t.tooLarge(topic, payload)
}

// reason says for people why events wait; empty if none has to.
func (t *terms) reason() string {
	var why []string
	events := maps.Clone(t.write)
	maps.DeleteFunc(events, func(topic string, _ bool) bool { return !strings.HasSuffix(topic, "/event") })
	if topics := named(t.prefix, events); len(topics) > 0 {
		why = append(why, "the broker does not let us write "+list(topics))
	}
	if t.packet > 0 || t.payload > 0 || len(t.cuts) > 0 {
		why = append(why, "they are larger than the broker takes")
	}
	return strings.Join(why, ", or ")
}

// setTerms puts new terms of a node in force, for what is sent there from now on.
func (c *Client) setTerms(n *node, change func(*terms)) {
	next := *n.terms.Load()
	change(&next)
	n.terms.Store(&next)
	if n == c.node() {
		c.spool.Hold(next.hold)
	}
}
