package mqtt

import (
	"fmt"
	"slices"
	"strings"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/publish"
	"github.com/inceptiond/inceptiond/publish/homeassistant"
)

// announcement are the options of what is announced to Home Assistant.
func (o Options) announcement() *homeassistant.Options {
	h := o.HomeAssistant.WithDefaults()
	h.Device, h.Prefix, h.Commands = o.Device, o.Prefix, nil
	if o.Control != nil {
		h.Commands = o.Commands
	}
	return &h
}

// checkAnnouncement tells whether Home Assistant and a broker understand the topics of h.
func checkAnnouncement(h homeassistant.Options) error {
	if err := h.Check(); err != nil {
		return fmt.Errorf("mqtt: %w", err)
	}
	for _, topic := range []string{h.Discovery, h.StatusTopic} {
		if err := CheckPrefix(topic); err != nil {
			return err
		}
	}
	return nil
}

// homeFilters are what the next connection hears of Home Assistant: that it was started, and the documents that are there.
func (c *Client) homeFilters() []string {
	if h := c.options.HomeAssistant; h != nil && c.mayListen() {
		return []string{h.StatusTopic, h.Filter()}
	}
	return nil
}

// listenToHome has what comes by homeFilters go to the outbox, which never holds up paho's goroutines.
func (k *connection) listenToHome() {
	filters, out := k.client.homeFilters(), k.client.out
	if filters == nil {
		return
	}
	k.documents = true
	k.mqtt.AddRoute(filters[0], func(_ paho.Client, m paho.Message) { out.born(m.Payload(), m.Retained()) })
	k.mqtt.AddRoute(filters[1], func(_ paho.Client, m paho.Message) { out.found(m.Topic(), m.Payload(), m.Retained()) })
}

// endDocuments ends the look at the documents that the broker has. What it did not give back to us of our own it has thrown
// away: MQTT 3.1.1 has no way to refuse a message.
func (k *connection) endDocuments() {
	c, h := k.client, k.client.options.HomeAssistant
	k.documents = false
	k.mqtt.Unsubscribe(h.Filter())
	lost := slices.DeleteFunc(c.out.unheard(), func(topic string) bool {
		return slices.ContainsFunc(k.inFlight, func(f flight) bool { return f.topic == topic })
	})
	if n := c.node(); len(lost) > 0 && !n.homeTold {
		n.homeTold = true
		c.logger().Warn("the broker does not give announcements for Home Assistant on", zap.Strings("topics", lost), zap.String("mend",
			fmt.Sprintf("in the broker's access rules let %s read and write %s (mosquitto: topic readwrite %[2]s in acl_file)",
				c.options.who(), strings.TrimSuffix(h.Topic(""), "config")+"#")))
	}
}

// Withdraw has Close take back what was announced to Home Assistant: nobody will do so any more.
func (c *Client) Withdraw() { c.withdrawing.Store(true) }

// Announced is when what was announced to Home Assistant was sent, for the client that takes this one's place: see
// Options.Announced.
func (c *Client) Announced() map[string]time.Time {
	c.out.mu.Lock()
	defer c.out.mu.Unlock()
	if c.out.announcer == nil {
		return nil
	}
	return c.out.announcer.Sent()
}

// report is a message of a kind that comes again and again.
type report struct {
	key     publish.Key
	payload []byte
}

// announce has the outbox announce what there is. It is called before anything else.
func (b *outbox) announce(a *homeassistant.Announcer) {
	b.announcer, b.reports = a, map[string]report{}
}

// born takes a message of Home Assistant's status topic.
func (b *outbox) born(payload []byte, retained bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.announcer.Heard(time.Now(), payload, retained)
	b.signal()
}

// found takes a document that the broker gives us.
func (b *outbox) found(topic string, payload []byte, retained bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.announcer.Found(topic, payload, retained)
	b.signal()
}

// unheard are the topics of documents that the broker did not give back.
func (b *outbox) unheard() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.announcer.Unheard()
}

// withdraw empties all documents, as the last thing that is sent.
func (b *outbox) withdraw() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.announcer != nil {
		b.announcer.Withdraw()
		b.signal()
	}
}

// The methods below are called with mu held.

// sendAhead has what was said of cameras be sent before other documents of them, even if there is something newer by then: a
// decision ends with the old classes before Home Assistant hears of the new ones.
func (b *outbox) sendAhead(cameras []string) {
	for _, r := range b.order {
		if b.connected && r.due && r.pause == 0 && slices.Contains(cameras, r.camera) {
			b.ahead, r.due = append(b.ahead, r.message), false
		}
	}
	b.signal()
}

// announceAgain is the next document that is told again to someone new.
func (b *outbox) announceAgain(now time.Time) (message, bool) {
	if b.announcer == nil {
		return message{}, false
	}
	return b.documentOf(b.announcer.Again(now))
}

// announceChange is the next document that says something new. If there is none, there is a signal when there may be one.
func (b *outbox) announceChange(now time.Time) (message, bool) {
	if b.announcer == nil {
		return message{}, false
	}
	if wake := b.announcer.Wake(now); wake.After(now) && wake != b.wake {
		b.wake = wake
		time.AfterFunc(wake.Sub(now), b.signal)
	}
	return b.documentOf(b.announcer.Changed(now))
}

// documentOf is d as a message. Behind it comes, once more, all that it announces: whoever reads it did not listen before.
func (b *outbox) documentOf(d homeassistant.Document, ok bool) (message, bool) {
	if !ok {
		return message{}, false
	}
	if len(d.Payload) > 0 {
		b.again = true
		for _, r := range b.order {
			r.due = r.due || r.camera == d.Camera && len(r.payload) > 0
		}
		for _, r := range b.reports {
			if r.key.Camera == d.Camera && b.connected {
				b.enqueue(r.key, r.payload)
			}
		}
	}
	return message{topic: d.Topic, payload: append([]byte{}, d.Payload...), qos: 1, retained: true}, true
}
