package mqtt

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"go.uber.org/zap"
)

const (
	maxIncoming      = 64       // messages that wait for a handler
	maxPayload       = 16 << 10 // bytes of a message that handlers get
	subscribeRefused = 0x80     // return code of SUBACK (MQTT 3.1.1, section 3.9.3)
)

// Subscription is something that a client wants to hear. The filters of a client must not overlap: a message that
// several of them match may be handled several times.
type Subscription struct {
	Filter   string // a topic filter (MQTT 3.1.1, section 4.7) below the prefix: +/paused/set
	Absolute bool   // the filter is not below the prefix: homeassistant/status
	QoS      byte   // 0, 1 or 2

	// Handle takes a message. A client handles one message after the other, whatever their subscriptions, in the order
	// in which they came, in a goroutine that does nothing else. So Handle may take its time; but if more than 64
	// messages wait meanwhile, the newest are ignored. It may publish. ctx ends when the client is closed.
	Handle func(ctx context.Context, in Incoming)
}

// Incoming is a message that has come. It belongs to its handler.
type Incoming struct {
	Topic     string // below the prefix, unless the subscription is absolute
	Payload   []byte // at most 16 KiB; anything, as it came from anybody
	Retained  bool   // the broker had kept it: it was sent some time before we subscribed
	Duplicate bool   // it may have come before
}

// filter is the whole topic filter of s.
func (s Subscription) filter(prefix string) string {
	if s.Absolute {
		return s.Filter
	}
	return prefix + "/" + s.Filter
}

// check tells whether a broker could make sense of s.
func (s Subscription) check(prefix string) error {
	filter := s.filter(prefix)
	switch {
	case s.Filter == "" || len(filter) > maxTopic || !clean(filter):
		return fmt.Errorf("mqtt: topic filter %q: want printable text", s.Filter)
	case s.QoS > 2:
		return fmt.Errorf("mqtt: topic filter %q with QoS %d: want 0, 1 or 2", s.Filter, s.QoS)
	case s.Handle == nil:
		return fmt.Errorf("mqtt: topic filter %q without a handler", s.Filter)
	}
	levels := strings.Split(filter, "/")
	for i, level := range levels {
		if strings.ContainsAny(level, "+#") && len(level) > 1 || level == "#" && i < len(levels)-1 {
			return fmt.Errorf("mqtt: topic filter %q: + and # stand for whole levels, and # for the last ones", s.Filter)
		}
	}
	return nil
}

// inbox is what waits for the handlers. paho's goroutines put, its own goroutine takes.
type inbox struct {
	queue  chan delivery
	ctx    context.Context // of the handlers
	cancel context.CancelFunc
	done   chan struct{} // closed when the goroutine has ended

	handled atomic.Int64
	ignored atomic.Int64
}

// delivery is a message on its way to its handler.
type delivery struct {
	handle func(context.Context, Incoming)
	in     Incoming
}

// newInbox starts the goroutine, which close ends.
func newInbox() *inbox {
	b := &inbox{queue: make(chan delivery, maxIncoming), done: make(chan struct{})}
	b.ctx, b.cancel = context.WithCancel(context.Background())
	go b.run()
	return b
}

func (b *inbox) run() {
	defer close(b.done)
	for {
		select {
		case <-b.ctx.Done():
			return
		case d := <-b.queue:
			if b.ctx.Err() != nil {
				return
			}
			b.handled.Add(1)
			d.handle(b.ctx, d.in)
		}
	}
}

// offer takes a message if there is room for it.
func (b *inbox) offer(d delivery) bool {
	select {
	case b.queue <- d:
		return true
	default:
		return false
	}
}

// close begins the end: no other message is handled. A handler at work is told by its context.
func (b *inbox) close() { b.cancel() }

// await waits until the handler at work has returned, for a moment: one that does not is left alone.
func (b *inbox) await() {
	const patience = 100 * time.Millisecond
	select {
	case <-b.done:
	case <-time.After(patience):
	}
}

// hear puts a message of s into the inbox, from a goroutine of paho's, which it never holds up.
func (c *Client) hear(s Subscription, m paho.Message) {
	topic := m.Topic()
	if !s.Absolute {
		topic = strings.TrimPrefix(topic, c.options.Prefix+"/")
	}
	switch {
	case len(m.Payload()) > maxPayload:
		c.ignore(fmt.Sprintf("it has more than %d bytes", maxPayload))
	case len(m.Topic()) > maxTopic || !clean(m.Topic()) || strings.ContainsAny(m.Topic(), "+#"):
		c.ignore("its topic is malformed")
	case !c.inbox.offer(delivery{s.Handle, Incoming{topic, m.Payload(), m.Retained(), m.Duplicate()}}):
		c.ignore("too many wait to be handled")
	}
}

// ignore counts a message that is not handled, and says why once a minute.
func (c *Client) ignore(why string) {
	ignored := c.inbox.ignored.Add(1)
	if c.ignoreLog.due() {
		c.logger().Warn("a message from the broker is ignored", zap.String("why", why), zap.Int64("ignored", ignored))
	}
}

// route tells paho where incoming messages go. Nothing may be under way yet.
func (k *connection) route() {
	for _, s := range k.client.options.Subscribe {
		k.mqtt.AddRoute(s.filter(k.client.options.Prefix), func(_ paho.Client, m paho.Message) { k.client.hear(s, m) })
	}
}

// subscribe asks for what the client wants to hear: anew on every connection, as the session is clean. serve gets the
// answer.
func (k *connection) subscribe() {
	filters := k.client.filters()
	if len(filters) == 0 {
		return
	}
	if k.client.sweepDue() {
		k.startSweep()
	}
	k.listen()
	k.subscribing = k.mqtt.SubscribeMultiple(filters, nil)
}

// endLooks is for when all that the broker retains has come. A broker that lets us hear nothing, or not all, is no trouble.
func (k *connection) endLooks() {
	if k.sweep != nil {
		k.endSweep()
	}
	if k.documents {
		k.endDocuments()
	}
}

// filters are those of the next SUBSCRIBE. There is one of it on a connection, so that its answer has as many return codes.
func (c *Client) filters() map[string]byte {
	filters := map[string]byte{}
	if c.sweepDue() {
		filters = sweepFilters(c.options.Prefix)
	}
	for _, s := range c.options.Subscribe {
		filters[s.filter(c.options.Prefix)] = s.QoS
	}
	for _, filter := range c.homeFilters() {
		filters[filter] = 0 // as in sweepFilters
	}
	status := c.options.statusTopic()
	if _, swept := filters[status]; !swept && c.mayListen() {
		filters[status] = 0
	}
	return filters
}

// maxListens is how many connections in a row may end at subscriptions that the client can do without, until it does. There are
// brokers that hang up on a subscription they do not like.
const maxListens = 3

// mayListen tells whether the next connection hears what the client can do without: how it is, and Home Assistant.
func (c *Client) mayListen() bool { return c.node().listens < maxListens }

// listen has what comes by these subscriptions go to the outbox.
func (k *connection) listen() {
	if !k.client.mayListen() {
		return
	}
	topics := append(k.client.homeFilters(), k.client.options.statusTopic())
	k.listenToHome()
	k.listenToStatus()
	n := k.client.node()
	if n.listens++; n.listens == maxListens {
		k.client.logger().Warn("the broker hangs up at subscriptions: if it does once more, the daemon does without them, and does not hear "+
			"starts of Home Assistant, nor a last will of its own that comes late", zap.Strings("topics", topics),
			zap.String("mend", "in the broker's access rules let "+k.client.options.who()+" read them"))
	}
}

// subscribed ends when the broker has answered to subscribe; there may be nothing to wait for.
func (k *connection) subscribed() <-chan struct{} {
	if k.subscribing == nil {
		return nil
	}
	return k.subscribing.Done()
}

// noteSubscriptions warns of what the broker does not let us hear. The connection goes on without that.
func (k *connection) noteSubscriptions() {
	token := k.subscribing
	k.subscribing = nil
	if !k.mqtt.IsConnectionOpen() {
		return // the answer was not the broker's
	}
	if k.sweep != nil || k.documents {
		k.heard = time.After(k.client.pace.sweep)
	}
	if err := token.Error(); err != nil {
		if len(k.client.options.Subscribe) > 0 || k.documents {
			k.client.logger().Warn("not subscribed", zap.Error(err))
		}
		return
	}
	granted := token.(*paho.SubscribeToken).Result()
	k.client.node().listens = 0
	wanted := k.client.homeFilters()
	for _, s := range k.client.options.Subscribe {
		wanted = append(wanted, s.filter(k.client.options.Prefix))
	}
	for _, filter := range wanted {
		if code, ok := granted[filter]; !ok || code >= subscribeRefused {
			k.client.logger().Warn("the broker refuses a subscription", zap.String("topic", filter), zap.String("mend",
				fmt.Sprintf("in the broker's access rules let %s read it (mosquitto: topic read %s in acl_file)", k.client.options.who(), filter)))
		}
	}
}
