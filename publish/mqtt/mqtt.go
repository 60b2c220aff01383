// Package mqtt publishes messages on an MQTT 3.1.1 broker, under the topics that docs/messages.md lists, and hears what
// others say there ([Subscription]).
//
// A [Client] is one goroutine that owns one connection, and an outbox between it and the callers of Publish. The
// pipeline only ever touches the outbox: a broker that is slow, silent or away costs dropped results (the oldest go
// first, and they are counted), never time. Events are not dropped: they go through a spool, which keeps them until the
// broker has acknowledged them.
//
// # Why paho does not reconnect for us
//
// paho can (AutoReconnect, ConnectRetry), but then a message's token completes without an error when the connection
// is lost, and nobody knows whether it was delivered; a QoS 0 message is silently dropped; the first connection is
// retried at a fixed pace; and a changed password is not read. Here every connection is a new paho client with fresh
// options: what was not acknowledged on it goes back to the outbox, what the broker retains is sent anew, and
// subscriptions are made anew.
package mqtt

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/internal/backoff"
	"github.com/inceptiond/inceptiond/publish"
	"github.com/inceptiond/inceptiond/publish/homeassistant"
	"github.com/inceptiond/inceptiond/publish/mqtt/spool"
)

// Client publishes on a broker, and hears what it has subscribed to. It is a publish.Publisher.
type Client struct {
	options Options
	nodes   []*node              // in the order in which they are tried
	current atomic.Pointer[node] // the one that is tried, or was taken; the goroutine sets it
	pace    pace
	out     *outbox
	spool   *spool.Spool
	numbers numbers

	inbox    *inbox    // nil without subscriptions
	commands *commands // nil if nobody may give any
	swept    bool      // what is gone was cleared; the goroutine's
	doubted  []string  // topics whose older messages may come late; the goroutine's

	closeOnce   sync.Once
	leaving     atomic.Bool        // Leave was called
	withdrawing atomic.Bool        // Withdraw was called
	closing     chan struct{}      // closed by Close: send what is left, then go
	ctx         context.Context    // over when even that took too long; the connection dies with it
	cancel      context.CancelFunc // of ctx
	done        chan struct{}      // closed by the client's goroutine as it ends

	refusals refusals // the goroutine's
	refused  atomic.Int64

	asked       atomic.Int64 // questions
	setAsideLog minutely
	takeovers   takeovers
	pauses      pauses // the goroutine's

	advised struct { // of our certificate; the goroutine's
		mend string
		when time.Time
	}

	connected  atomic.Bool
	published  atomic.Int64
	reconnects atomic.Int64
	dropLog    minutely
	ignoreLog  minutely
}

var _ publish.Publisher = (*Client)(nil)

// Stats count what a client did since it was opened.
type Stats struct {
	Connected  bool   // now
	Broker     string // the address that it is connected to, without secrets; empty: none
	Published  int64  // messages that the broker acknowledged, or with QoS 0 that were sent
	Dropped    int64  // results that fell out of the full queue
	Limited    int64  // results above the rate, left out on purpose
	Waiting    int    // results in the queue now
	Reconnects int64  // connections after the first
	Handled    int64  // messages that came and were handed to their handlers
	Ignored    int64  // messages that came and were not: too large, too many at once or malformed
	Refused    int64  // messages that were set aside, as the broker hangs up at them
	Commands   Commands
	Spool      spool.Status
}

// Commands count what became of commands.
type Commands struct{ Applied, Unchanged, Refused int64 }

// pace is how patient a client is. Tests have less time.
type pace struct {
	connect  time.Duration // until the broker has accepted us
	ask      time.Duration // until the broker has answered all questions
	fresh    time.Duration // an answer that is younger holds for the next connection
	askMin   time.Duration // first pause before it is asked again; doubled up to askMax
	askMax   time.Duration
	watch    time.Duration // whether somebody takes our id
	taken    time.Duration // pause after that; if it is certain, doubled up to takenMax
	takenMax time.Duration
	write    time.Duration // until the network has taken a packet
	ack      time.Duration // until the broker has acknowledged a message
	late     time.Duration // what is acknowledged later than that is perhaps not retained
	repeat   time.Duration // longest pause until it is sent once more
	notice   time.Duration // that a broker may need beyond what MQTT gives it, to notice that a connection is gone
	silence  time.Duration // without an acknowledgement, until there is something to acknowledge
	rest     time.Duration // of a connection that has to stand it before the message that perhaps ends it
	start    time.Duration // first connections of machines that are switched on together are spread over this time
	between  time.Duration // longest pause from one address to the next
	retryMin time.Duration // longest pause at the beginning of an outage; it grows with the outage to retryMax
	retryMax time.Duration
	refused  time.Duration // least pause after a refusal: a person has to mend that
	stable   time.Duration // a connection that lasts so long makes the pauses short again
	look     time.Duration // until the port is looked at, while nobody lets us in
	home     homeassistant.Pace
	replay   time.Duration // from one event to the next after an outage
	sweep    time.Duration // from SUBACK until all that is retained has come
	flush    time.Duration // for Close, to send what is left
	close    time.Duration // for Close, until it gives up on a broker that does not answer, or does not take offline
}

// defaultPace is back on a broker within ten seconds after a short outage, of 15 seconds or less; after a longer one within a
// fifth of its length more, and a minute at most.
var defaultPace = pace{
	connect: 5 * time.Second, ask: 3 * time.Second, fresh: 30 * time.Second, askMin: time.Minute, askMax: 10 * time.Minute,
	watch: 8 * time.Second, taken: 8 * time.Second, takenMax: time.Minute, write: 5 * time.Second, ack: 10 * time.Second,
	late: 4 * time.Second, repeat: 30 * time.Second, notice: 5 * time.Second, silence: 5 * time.Minute, rest: time.Second,
	start: 5 * time.Second, between: time.Second, retryMin: time.Second, retryMax: time.Minute, refused: 6 * time.Second,
	stable: 30 * time.Second, look: 10 * time.Second,
	replay: 10 * time.Millisecond, sweep: 2 * time.Second, home: homeassistant.DefaultPace,
	flush: 2 * time.Second, close: 3 * time.Second,
}

// Open starts a client and returns at once: it connects in the background, and keeps trying while the broker is away.
// The errors are about o and the files it names, and final.
func Open(o Options, log *zap.Logger) (*Client, error) { return open(o, defaultPace, log) }

// Check returns the error that Open would return, and starts nothing.
func Check(o Options) error {
	_, _, err := o.checked()
	return err
}

// checked fills in the defaults, and looks at everything that needs no connection.
func (o Options) checked() (Options, []*node, error) {
	o, nodes, err := o.withDefaults()
	if err != nil {
		return o, nil, err
	}
	for _, n := range nodes {
		if _, err := n.tls.config(n.url); err != nil {
			return o, nil, err
		}
	}
	return o, nodes, nil
}

func open(o Options, p pace, log *zap.Logger) (*Client, error) {
	o, nodes, err := o.checked()
	if err != nil {
		return nil, err
	}
	c := newClient(o, nodes, p, log)
	c.out, c.closing, c.done = newOutbox(o), make(chan struct{}), make(chan struct{})
	c.ctx, c.cancel = context.WithCancel(context.Background())
	if o.HomeAssistant != nil {
		c.out.announce(homeassistant.NewAnnouncer(*o.HomeAssistant, p.home, o.Announced))
	}
	c.takeovers.pauses = backoff.Backoff{Min: p.taken, Max: p.takenMax}
	c.openSpool()
	c.commands = newCommands(c)
	c.options.Subscribe = append(slices.Clone(o.Subscribe), c.commands.subscriptions()...)
	if len(c.options.Subscribe) > 0 {
		c.inbox = newInbox()
	}
	go c.run()
	return c, nil
}

// newClient is a client that does not run.
func newClient(o Options, nodes []*node, p pace, log *zap.Logger) *Client {
	for _, n := range nodes {
		n.log = log.With(zap.String("broker", n.shown()))
		n.terms.Store(&terms{prefix: o.Prefix})
		n.inquiry.retry = backoff.Backoff{Min: p.askMin, Max: p.askMax}
	}
	c := &Client{options: o, nodes: nodes, pace: p, pauses: pauses{pace: p, nodes: len(nodes)}}
	c.current.Store(nodes[0])
	return c
}

// node is the address that is tried, or was taken.
func (c *Client) node() *node { return c.current.Load() }

// logger says of which address it tells.
func (c *Client) logger() *zap.Logger { return c.node().log }

// Publish takes m for the broker, under the topic of its key: an event into the spool, what is retained in the place of
// the one before, and the rest into the queue. It ignores what has no JSON, but for pictures that are for the broker. It never waits for the network, and for the
// disk of the spool a few milliseconds at most. The error is ErrClosed, or about a name that cannot be in a topic or an
// event that is too large.
func (c *Client) Publish(_ context.Context, m publish.Message) error {
	switch m := m.(type) {
	case publish.Event:
		return c.publishEvent(m)
	case publish.Inventory:
		return c.out.takeInventory(m)
	case publish.JSON:
		return c.put(m)
	case *publish.Snapshot:
		if m.MQTT {
			return c.put(m)
		}
	case publish.Binary:
		return c.put(m)
	}
	if c.isClosing() {
		return publish.ErrClosed
	}
	return nil
}

// put is Publish for what the outbox takes.
func (c *Client) put(m publish.Message) error {
	dropped, err := c.out.put(m, time.Now())
	if dropped > 0 {
		c.logDropped()
	}
	return err
}

// Stats may be called at any time.
func (c *Client) Stats() Stats {
	s := Stats{
		Connected: c.connected.Load(), Published: c.published.Load(),
		Waiting: c.out.waiting(), Reconnects: c.reconnects.Load(), Refused: c.refused.Load(), Spool: c.spool.Status(),
	}
	if s.Connected {
		s.Broker = c.node().shown()
	}
	s.Dropped, s.Limited = c.out.losses()
	if c.commands != nil {
		s.Commands = c.commands.counts()
	}
	if c.inbox != nil {
		s.Handled, s.Ignored = c.inbox.handled.Load(), c.inbox.ignored.Load()
	}
	return s
}

// Leave has Close clear what the broker retains of us, but for offline: nobody will say any more how things are under this
// prefix.
func (c *Client) Leave() { c.leaving.Store(true) }

// Close sends what is left, says offline and disconnects. That takes as long as a busy broker does with its last
// acknowledgements, but 3 s at most: then it cuts the connection, and the broker says offline for us. Where there is no
// connection it takes less than a second. Events that are left stay in the spool. No message is handled after it has returned;
// a handler at work gets a tenth of a second to end. Its error is always nil.
func (c *Client) Close() error {
	c.closeOnce.Do(func() {
		c.out.close()
		if c.inbox != nil {
			c.inbox.close()
		}
		close(c.closing)
		patience := c.pace.close
		if !c.connected.Load() {
			patience = min(patience, 800*time.Millisecond)
		}
		time.AfterFunc(patience, c.cancel)
	})
	select {
	case <-c.done:
	case <-time.After(c.pace.close + 100*time.Millisecond):
		// paho holds the goroutine for up to the write time-out; it ends by itself.
	}
	if c.inbox != nil {
		c.inbox.await()
	}
	if err := c.spool.Close(); err != nil {
		c.logger().Warn("closed while events were being written", zap.Error(err))
	}
	return nil
}

// logDropped warns at most once a minute.
func (c *Client) logDropped() {
	if !c.dropLog.due() {
		return
	}
	dropped, _ := c.out.losses()
	c.logger().Warn("the queue is full, the oldest results are dropped",
		zap.Int("queue", c.options.Queue), zap.Int64("dropped", dropped), zap.Bool("connected", c.connected.Load()))
}

// minutely is due once a minute. The zero value is due at once.
type minutely struct{ last atomic.Int64 } // in Unix seconds

func (m *minutely) due() bool {
	now, last := time.Now().Unix(), m.last.Load()
	return now-last >= 60 && m.last.CompareAndSwap(last, now)
}
