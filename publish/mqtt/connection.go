package mqtt

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/eclipse/paho.mqtt.golang/packets"
	"go.uber.org/zap"
)

// maxInFlight is how many messages may be on their way without an acknowledgement.
const maxInFlight = 16

var errNoAck = errors.New("no acknowledgement in time")

// connection is one accepted connection. Only the client's goroutine uses it.
type connection struct {
	client   *Client
	ctx      context.Context
	mqtt     paho.Client
	net      *guardedConn
	lost     <-chan error // one error when the connection is gone
	inFlight []flight     // oldest first
	acked    int          // messages that are not in flight any more
	greeted  int          // acked when the first message of the queue was sent, and at least 1; 0: none was
	retain   bool         // the broker takes retained messages, as far as we know

	subscribing paho.Token // the answer to SUBSCRIBE, until it is there
	parting     bool       // it is to be left for a question
	sweep       *sweep     // nil: there is none, or it is over
	documents   bool       // those that the broker has for Home Assistant are looked at

	retry <-chan time.Time // when it is left to see whether the broker has what it seemed to lack; nil: it lacks nothing
	anew  bool             // it is left for that

	doubtful *message         // it decides whether it is refused, and is sent when the connection has stood the rest before it
	rested   <-chan time.Time // when that is; nil: now

	late   []string         // topics of what is retained and was acknowledged late
	repeat <-chan time.Time // when that is sent once more; nil: there is none

	assured   <-chan time.Time // when online is said once more, and what is in doubt; nil: it is not
	confirmed bool             // that was done, and is to be done again

	heardOf time.Time // when the broker acknowledged something, or accepted us

	heard <-chan time.Time // when all that the broker retains has come; nil until it has answered to SUBSCRIBE

	backlog int           // events left that waited for this connection
	replay  bool          // there was a backlog, and it is not all acknowledged
	paced   time.Time     // when the next event of the backlog may be sent
	held    bool          // there is one, and it is not time yet
	latency time.Duration // from a message to its acknowledgement, of late
}

// flight is a message that paho has and the broker has not acknowledged.
type flight struct {
	message
	token paho.Token
	sent  time.Time
}

// connect connects, and dies with ctx. A broker that takes no retained messages hangs up at a last will that is to be
// retained (MQTT 3.1.1 has no word for it): there the second attempt is without. As a broker that is just being restarted
// looks the same, that has to happen twice before the client goes on like this; and as a cluster without a leader may do even that,
// it is tried again later.
func (c *Client) connect(ctx context.Context) (*connection, error) {
	n := c.node()
	k, err := c.attempt(ctx, true)
	if err == nil || !hungUp(err) {
		n.liveOnly = n.liveOnly && err != nil
		return k, err
	}
	k, second := c.attempt(ctx, false)
	if second != nil {
		return nil, err
	}
	if n.liveOnly {
		return k, nil
	}
	k.mqtt.Disconnect(0)
	if k, again := c.attempt(ctx, true); again == nil || !hungUp(again) {
		return k, again
	}
	if k, second = c.attempt(ctx, false); second != nil {
		return nil, second
	}
	n.liveOnly = true
	c.logger().Warn(noRetain.what, zap.String("mend", noRetain.mend))
	return k, nil
}

// doubtNode plans to leave a node that seems to lack something, and to forget that: a cluster without leaders may hang up at the very
// attempts, subscriptions or messages that tell. The pause gets longer each time, up to an hour, as most brokers are as they seem.
func (k *connection) doubtNode() {
	n := k.client.node()
	if !n.liveOnly && k.client.mayListen() && len(n.terms.Load().cuts) == 0 {
		return
	}
	k.retry = time.After(min(k.client.notice()<<(2*n.looks), time.Hour))
	n.looks = min(n.looks+1, 4)
}

// forget has what the node seemed to lack be tried on the next connection, for which this one is left.
func (k *connection) forget() {
	n := k.client.node()
	k.client.setTerms(n, func(t *terms) { t.cuts = nil })
	n.listens = min(n.listens, maxListens-1)
	k.parting, k.anew, k.retry = true, true, nil
}

// noRetain is how a broker is that hangs up at a retained message.
var noRetain = diagnosis{
	what: "the broker takes no retained messages: who subscribes later sees no state until it changes",
	mend: "allow them on the broker (mosquitto: retain_available true)",
}

// attempt makes one attempt to connect; retain says whether the broker may be asked to retain anything.
func (c *Client) attempt(ctx context.Context, retain bool) (*connection, error) {
	o, err := c.pahoOptions(ctx)
	if err != nil {
		return nil, err
	}
	o.WillRetained = retain
	lost := make(chan error, 1)
	o.SetConnectionLostHandler(func(_ paho.Client, err error) { lost <- err })
	k := &connection{client: c, ctx: ctx, lost: lost, retain: retain}
	open := o.CustomOpenConnectionFn
	o.SetCustomOpenConnectionFn(func(u *url.URL, o paho.ClientOptions) (net.Conn, error) {
		conn, err := open(u, o)
		k.net, _ = conn.(*guardedConn)
		return conn, err
	})
	k.mqtt = paho.NewClient(o)
	k.route()
	token := k.mqtt.Connect()
	select {
	case <-token.Done():
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if err := token.Error(); err != nil {
		return nil, err
	}
	return k, nil
}

// pahoOptions are fresh for each connection: password and certificates may have changed. The session is clean:
// the outbox knows better than the broker what was not delivered, and what the broker kept for us would come late.
func (c *Client) pahoOptions(ctx context.Context) (*paho.ClientOptions, error) {
	tlsConfig, err := c.node().tls.config(c.node().url)
	if err != nil {
		return nil, err
	}
	o := paho.NewClientOptions()
	if c.options.Password != nil {
		if o.Password, err = c.options.Password(); err != nil {
			return nil, fmt.Errorf("mqtt: password: %w", err)
		}
	}
	d := dialer{ctx: ctx, connect: c.connectTCP(), tls: tlsConfig, timeout: c.pace.connect, write: c.pace.write}
	d.packets = packetGuard{codes: max(len(c.filters()), probeTopics), hears: c.inbox != nil || len(c.filters()) > 0}
	o.Servers = []*url.URL{c.node().url}
	o.SetClientID(c.options.ClientID).SetUsername(c.options.Username)
	o.SetProtocolVersion(4) // 3.1.1, and no second attempt with 3.1
	o.SetCleanSession(true)
	o.SetOrderMatters(len(c.options.Subscribe) > 0) // handlers get what comes in order; what paho calls never blocks
	o.SetAutoReconnect(false).SetConnectRetry(false).SetStore(noStore{})
	o.SetConnectTimeout(c.pace.connect).SetWriteTimeout(c.pace.write)
	o.SetKeepAlive(c.options.KeepAlive).SetPingTimeout(min(c.options.KeepAlive, c.pace.ack))
	o.SetWill(c.options.statusTopic(), offline, 1, true)
	o.SetCustomOpenConnectionFn(d.open)
	return o, nil
}

// noStore is a paho.Store that keeps nothing. A store is for another connection to go on with, and ours never do; paho's own would
// keep all messages of QoS 2 that a broker begins to send and does not end.
type noStore struct{}

func (noStore) Open()                             {}
func (noStore) Put(string, packets.ControlPacket) {}
func (noStore) Get(string) packets.ControlPacket  { return nil }
func (noStore) All() []string                     { return nil }
func (noStore) Del(string)                        {}
func (noStore) Close()                            {}
func (noStore) Reset()                            {}

// serve sends what the outbox has until the connection is lost, or until closing is closed and all is sent.
func (k *connection) serve(closing <-chan struct{}) error {
	var flushed <-chan time.Time // set once closing
	for {
		if flushed == nil {
			if err := k.part(); err != nil {
				return err
			}
		}
		if err := k.send(); err != nil {
			return err
		}
		if flushed != nil && len(k.inFlight) == 0 && k.client.spool.Status().ToSend() == 0 {
			return k.disconnect()
		}
		acked, overdue := k.oldest()
		select {
		case <-acked:
			if err := k.settle(); err != nil {
				return err
			}
		case <-overdue:
			return errNoAck
		case <-k.subscribed():
			k.noteSubscriptions()
		case <-k.heard:
			k.endLooks()
		case <-k.assured:
			k.confirm()
		case <-k.retry:
			k.forget()
		case <-k.silent():
			k.breakSilence()
		case <-k.repeat:
			k.repeatLate()
		case <-k.rested:
			k.rested = nil
		case <-k.client.out.filled:
		case <-k.client.spool.Ready():
		case <-k.pause():
		case <-k.askTime():
		case err := <-k.lost:
			return err
		case <-k.ctx.Done():
			return k.ctx.Err()
		case <-closing:
			if k.client.leaving.Load() {
				k.client.out.leave()
			}
			if k.client.withdrawing.Load() {
				k.client.out.withdraw()
			}
			closing, flushed, k.parting, k.retry = nil, time.After(k.client.pace.flush), false, nil
			k.backlog, k.rested = 0, nil // no time to be gentle
			k.client.spool.Hurry()
		case <-flushed:
			return k.disconnect()
		}
	}
}

// send hands messages to paho as long as there are any and not too many are in flight.
func (k *connection) send() error {
	k.held = false
	for len(k.inFlight) < k.window() {
		if !k.mqtt.IsConnectionOpen() { // paho would take the message and lose it
			return k.why(errors.New("connection lost"))
		}
		m, ok := k.undoubted()
		if !ok {
			return nil
		}
		if m.retained && len(m.payload) == 0 && !k.retain { // it has nothing to forget
			k.client.out.cleared(m.topic)
			continue
		}
		k.inFlight = append(k.inFlight, flight{
			message: m,
			token:   k.mqtt.Publish(m.topic, m.qos, m.retained && k.retain, m.payload),
			sent:    time.Now(),
		})
	}
	return nil
}

// window is how many messages may be on their way now.
func (k *connection) window() int {
	switch {
	case k.parting:
		return 0
	case k.acked < k.client.refusals.careful:
		return 1
	}
	return maxInFlight
}

// undoubted is the next message to send, if it need not wait for the connection to rest: see refusals.
func (k *connection) undoubted() (message, bool) {
	if k.doubtful == nil {
		m, ok := k.next()
		if !ok || k.acked >= k.client.refusals.careful || !k.client.refusals.decides(m) {
			return m, ok
		}
		k.doubtful, k.rested = &m, time.After(k.client.pace.rest)
	}
	if k.rested != nil {
		return message{}, false
	}
	m := *k.doubtful
	k.doubtful = nil
	return m, true
}

// next is the next message to send that is not too large for the broker, as far as we know.
func (k *connection) next() (message, bool) {
	for {
		m, ok := k.anyNext()
		if !ok || !k.client.node().terms.Load().tooLarge(m.topic, len(m.payload)) {
			return m, ok
		}
		k.client.setAside(m)
	}
}

// anyNext is the next message: first what the broker is to keep, then events, then the queue.
func (k *connection) anyNext() (message, bool) {
	if m, ok := k.client.out.takeRetained(); ok {
		return m, true
	}
	if m, ok := k.nextEvent(); ok {
		return m, true
	}
	m, ok := k.client.out.takeQueued()
	if ok && k.greeted == 0 {
		k.greeted = max(k.acked, 1)
	}
	return m, ok
}

// oldest returns when the message that is in flight longest is acknowledged, and when it should have been.
func (k *connection) oldest() (acked <-chan struct{}, overdue <-chan time.Time) {
	if len(k.inFlight) == 0 {
		return nil, nil
	}
	f := k.inFlight[0]
	return f.token.Done(), time.After(k.client.pace.ack - time.Since(f.sent))
}

// settle takes the oldest message off the list if it was delivered. paho also completes the tokens of a connection that
// is lost; it marks the connection as lost before, so that one still open afterwards means a true acknowledgement.
func (k *connection) settle() error {
	f := k.inFlight[0]
	if err := f.token.Error(); err != nil {
		return k.why(err)
	}
	if f.qos > 0 && !k.mqtt.IsConnectionOpen() {
		return k.why(errors.New("connection lost"))
	}
	k.inFlight = k.inFlight[1:]
	k.acked++
	if f.qos > 0 {
		k.latency = (k.latency + time.Since(f.sent)) / 2
		k.heardOf = time.Now()
	}
	k.client.published.Add(1)
	k.noteLate(f)
	if f.event != 0 {
		k.acknowledged(f.event)
	}
	if f.retained && len(f.payload) == 0 {
		k.client.out.cleared(f.topic)
	}
	return nil
}

// unacknowledged are the messages that may not have arrived. Those of QoS 0 that were written count as arrived.
func (k *connection) unacknowledged() []message {
	var messages []message
	for _, f := range k.inFlight {
		if f.qos == 0 && f.token.WaitTimeout(0) && f.token.Error() == nil {
			k.client.published.Add(1)
			continue
		}
		messages = append(messages, f.message)
	}
	if k.doubtful != nil {
		messages = append(messages, *k.doubtful)
	}
	return messages
}

// why is the reason for the loss that paho is about to tell, or symptom if it does not.
func (k *connection) why(symptom error) error {
	select {
	case err := <-k.lost:
		return err
	case <-k.ctx.Done():
	case <-time.After(100 * time.Millisecond):
	}
	return symptom
}

// disconnect says offline, since the broker does not send the will of a client that disconnects. A broker gets the time that is
// left to Close; one that has not taken offline by then is cut off without DISCONNECT, and sends the will.
func (k *connection) disconnect() error {
	token := k.mqtt.Publish(k.client.options.statusTopic(), 1, k.retain, offline)
	select {
	case <-token.Done():
	case <-k.ctx.Done():
	}
	if k.ctx.Err() != nil || token.Error() != nil {
		return errNoAck
	}
	k.hangUp()
	return nil
}

// hangUp says DISCONNECT, and waits until the broker has read it: else it would send the will, perhaps when we are back by then.
func (k *connection) hangUp() {
	k.net.patient.Store(true)
	k.mqtt.Disconnect(uint(k.client.pace.write / time.Millisecond))
}
