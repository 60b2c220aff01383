package mqtt

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	paho "github.com/eclipse/paho.mqtt.golang"
	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/internal/order"
	"github.com/inceptiond/inceptiond/publish/homeassistant"
)

const (
	maxPurged   = 100_000 // topics that are listed
	fewRetained = 1000    // fewer come at once from every broker
	purgeBatch  = 100     // messages on their way without an acknowledgement
)

// Leftover is a message that a broker retains.
type Leftover struct {
	Topic string // anything that a broker lets pass
	Bytes int    // of its payload, as far as it was taken from the broker
}

// Purge looks at what a broker retains below the prefix of a daemon, and of its device for Home Assistant, and clears it.
type Purge struct {
	client   *Client // is asked for options and diagnoses; it does not run
	announce homeassistant.Options
	conn     paho.Client
	tried    map[string]bool // topics that were cleared once
}

// Retained is what a broker has of a daemon.
type Retained struct {
	Messages []Leftover // by their topics
	Online   bool       // somebody is online at the prefix
	Others   int        // documents for Home Assistant of the same device under another prefix: they stay
	More     bool       // there are too many for one look
}

// OpenPurge connects to the broker of o under a client id of its own, so that a daemon with the same options is not
// disturbed. The error says what to mend.
func OpenPurge(ctx context.Context, o Options) (*Purge, error) { return openPurge(ctx, o, defaultPace) }

func openPurge(ctx context.Context, o Options, pace pace) (*Purge, error) {
	if o.HomeAssistant == nil {
		o.HomeAssistant = new(homeassistant.Options)
	}
	o, nodes, err := o.checked()
	if err != nil {
		return nil, err
	}
	p := &Purge{announce: *o.HomeAssistant, tried: map[string]bool{}}
	o.Subscribe, o.HomeAssistant, o.ClientID = nil, nil, o.ClientID+"-purge-"+rand.Text()[:8]
	p.client = newClient(o, nodes, pace, zap.NewNop())
	p.client.ctx, p.client.inbox = ctx, new(inbox)
	for _, n := range nodes { // what one of several has, all have
		p.client.current.Store(n)
		failed := p.connect(ctx)
		if failed == nil {
			return p, nil
		}
		err = errors.Join(err, failed)
	}
	return nil, err
}

// connect connects to the current node.
func (p *Purge) connect(ctx context.Context) error {
	po, err := p.client.pahoOptions(ctx)
	if err != nil {
		return err
	}
	po.WillEnabled, po.WillQos, po.WillRetained = false, 0, false
	po.SetOrderMatters(true)
	p.conn = paho.NewClient(po)
	return p.wait(ctx, p.conn.Connect())
}

// Close disconnects.
func (p *Purge) Close() { p.conn.Disconnect(100) }

// List asks the broker what it has. That takes a few seconds, as nothing says that all has come. Some brokers throw away what
// they cannot send at once: they are asked until nothing more comes.
func (p *Purge) List(ctx context.Context) (Retained, error) {
	l := &listing{
		prefix: p.client.options.Prefix, announced: strings.TrimSuffix(p.announce.AllFilter(), "#"),
		found: map[string]int{}, others: map[string]bool{},
	}
	for before := -1; ; {
		if err := p.look(ctx, l); err != nil {
			return Retained{}, err
		}
		r := l.result()
		if n := len(r.Messages); n == before || n < fewRetained || r.More {
			return r, nil
		}
		before = len(r.Messages)
	}
}

// look has all come once that the broker sends of what it has. With QoS 0 that is the most: mosquitto sends a thousand
// messages of the others at most.
func (p *Purge) look(ctx context.Context, l *listing) error {
	below, home := l.prefix+"/#", p.announce.AllFilter()
	token := p.conn.SubscribeMultiple(map[string]byte{below: 0, home: 0}, l.hear)
	if err := p.wait(ctx, token); err != nil {
		return err
	}
	if code, ok := token.(*paho.SubscribeToken).Result()[below]; !ok || code >= subscribeRefused {
		return fmt.Errorf("mqtt: the broker refuses the subscription: in its access rules let %s read %s and %s",
			p.client.options.who(), below, home)
	}
	if err := l.await(ctx, p.client.pace.sweep); err != nil {
		return p.failed(err)
	}
	return p.wait(ctx, p.conn.Unsubscribe(below, home))
}

// Clear has the broker forget messages, and returns those that it still has afterwards. It gives up when somebody comes
// online at the prefix.
func (p *Purge) Clear(ctx context.Context, messages []Leftover) (left []Leftover, err error) {
	for {
		messages = slices.DeleteFunc(slices.Clone(messages), func(m Leftover) bool { return p.tried[m.Topic] })
		if err := p.clear(ctx, messages); err != nil {
			return nil, err
		}
		now, err := p.List(ctx)
		switch {
		case err != nil:
			return nil, err
		case now.Online:
			return now.Messages, ErrOnline
		}
		messages = now.Messages
		if !slices.ContainsFunc(messages, func(m Leftover) bool { return !p.tried[m.Topic] }) {
			return messages, nil
		}
	}
}

// ErrOnline is for a purge of what somebody uses.
var ErrOnline = errors.New("mqtt: a daemon is online at the prefix")

// clear sends empty messages. Those whose topics a broker might hang up at come last.
func (p *Purge) clear(ctx context.Context, messages []Leftover) error {
	order.Stable(messages, func(a, b Leftover) int { return cmp.Compare(oddity(a.Topic), oddity(b.Topic)) })
	for batch := range slices.Chunk(messages, purgeBatch) {
		var tokens []paho.Token
		for _, m := range batch {
			p.tried[m.Topic] = true
			if oddity(m.Topic) < noTopic {
				tokens = append(tokens, p.conn.Publish(m.Topic, 1, true, []byte{}))
			}
		}
		for _, token := range tokens {
			if err := p.wait(ctx, token); err != nil {
				return err
			}
		}
		if !p.conn.IsConnectionOpen() {
			return p.failed(errors.New("connection lost"))
		}
	}
	return nil
}

// How odd a topic is.
const (
	oddTopic = 1 // brokers differ in whether they let it pass
	noTopic  = 2 // it cannot be published on
)

func oddity(topic string) int {
	switch {
	case topic == "" || len(topic) > maxTopic || !utf8.ValidString(topic) || strings.ContainsAny(topic, "+#\x00"):
		return noTopic
	case !clean(topic):
		return oddTopic
	}
	return 0
}

// wait waits for the token of a request. Its error says what to mend.
func (p *Purge) wait(ctx context.Context, token paho.Token) error {
	ctx, cancel := context.WithTimeout(ctx, p.client.pace.ack)
	defer cancel()
	if err := wait(ctx, token); err != nil {
		return p.failed(err)
	}
	return nil
}

// failed says what an error means, and what helps.
func (p *Purge) failed(err error) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	d := p.client.diagnose(err, 0)
	err = fmt.Errorf("mqtt: %s: %s: %w", p.client.node().shown(), d.what, err)
	if d.mend != "" {
		err = fmt.Errorf("%w (%s)", err, d.mend)
	}
	return err
}

// listing is what comes while a purge looks.
type listing struct {
	prefix    string
	announced string // what topics for Home Assistant begin with

	mu     sync.Mutex // what follows is put in by paho's goroutine
	found  map[string]int
	last   time.Time // when something came
	online bool
	others map[string]bool // topics of documents of another prefix
	more   bool
}

// hear notes a message that was retained, on a topic that was asked for.
func (l *listing) hear(_ paho.Client, m paho.Message) {
	topic := m.Topic()
	below, home := strings.HasPrefix(topic, l.prefix+"/"), strings.HasPrefix(topic, l.announced)
	if !m.Retained() || !below && !home {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last = time.Now()
	if _, again := l.found[topic]; again {
		return
	}
	if topic == l.prefix+"/status" {
		l.online = string(m.Payload()) == online
	}
	if status := homeassistant.StatusOf(m.Payload()); home && !below && status != "" && status != l.prefix+"/status" {
		l.others[topic] = true
		return
	}
	if l.more = l.more || len(l.found) == maxPurged; !l.more {
		l.found[topic] = len(m.Payload())
	}
}

// await waits until nothing has come for a while. A broker that does not stop is let be when there is too much.
func (l *listing) await(ctx context.Context, quiet time.Duration) error {
	l.mu.Lock()
	l.last = time.Now()
	l.mu.Unlock()
	for {
		l.mu.Lock()
		rest, more := time.Until(l.last.Add(quiet)), l.more
		l.mu.Unlock()
		if rest <= 0 || more {
			return nil
		}
		select {
		case <-time.After(rest):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (l *listing) result() Retained {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := Retained{Online: l.online, Others: len(l.others), More: l.more}
	for _, topic := range slices.Sorted(maps.Keys(l.found)) {
		r.Messages = append(r.Messages, Leftover{topic, l.found[topic]})
	}
	return r
}
