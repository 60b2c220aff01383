package mqtt

import (
	"context"
	"crypto/rand"
	"errors"
	"maps"
	"net"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/internal/backoff"
	"github.com/inceptiond/inceptiond/publish"
	"github.com/inceptiond/inceptiond/publish/mqtt/mqtt5"
)

// A client asks the broker what may be written (package mqtt5) before it connects, under the id that it will have, as the
// broker's rules may go by that: events must not get lost that the broker would acknowledge and throw away. While something
// is denied it asks again from time to time: for that it leaves the broker for a moment, without a word to anybody.

const (
	inventoryTime = time.Second    // to hear what there is to publish
	largestAsked  = 16 << 10       // bytes of payload
	askSoon       = time.Minute    // until the next question after one that was not answered
	askLate       = time.Hour      // after one that this broker cannot answer: it may have been ill
	askHardly     = 24 * time.Hour // after the next such one
)

// errAskAgain ends a connection for a question.
var errAskAgain = errors.New("the broker is asked again")

// inquiry is the state of a client's questions. Only its goroutine uses it.
type inquiry struct {
	when      time.Time // of the last answer; zero: none
	until     time.Time // no question before
	again     time.Time // of the next question, if the answer was not all that could be wished
	retry     backoff.Backoff
	unable    bool     // the last question could not be answered
	proven    bool     // see mqtt5.Question
	forbidden bool     // we may not even write what nobody else does
	listings  int      // the outbox's, when it was asked
	planned   bool     // the next connection goes on with what the last one did
	freed     []string // topics that may be written since the last question
}

// askDue tells whether there is a question before the next connection.
func (c *Client) askDue(now time.Time) bool {
	q := &c.node().inquiry
	switch {
	case !c.options.Ask || now.Before(q.until):
		return false
	case q.when.IsZero() || now.Sub(q.when) >= c.pace.fresh:
		return true
	}
	return c.askAgain(now)
}

// askAgain tells whether the connection is to be left for a question.
func (c *Client) askAgain(now time.Time) bool {
	q := &c.node().inquiry
	if !c.options.Ask || now.Before(q.until) {
		return false
	}
	return q.listings != c.out.listings() || !q.again.IsZero() && !now.Before(q.again)
}

// ask asks the broker for its terms, if it is time for that. Its error is that there is no connection to the broker.
func (c *Client) ask(ctx context.Context) error {
	if !c.askDue(time.Now()) {
		return nil
	}
	c.out.awaitListing(ctx, inventoryTime)
	question, listings := c.question()
	ctx, cancel := context.WithTimeout(ctx, c.pace.ask)
	defer cancel()
	dial, login, err := c.asker(ctx, c.options.ClientID)
	if err != nil {
		return err
	}
	c.asked.Add(1)
	var unreached error
	answer, err := mqtt5.Ask(ctx, func(ctx context.Context) (conn net.Conn, err error) {
		conn, err = dial(ctx)
		unreached = err
		return conn, err
	}, login, question)
	if unreached != nil && len(answer.Write) == 0 {
		return unreached
	}
	c.learn(answer, err, listings)
	return nil
}

// question is what to ask: for all that there is and was, and for the events that wait.
func (c *Client) question() (q mqtt5.Question, listings int) {
	i, retained, listings := c.out.listing()
	q = mqtt5.Question{
		Own: c.options.Prefix + "/doctor/" + rand.Text()[:8], Proven: c.node().inquiry.proven,
		Topics: c.options.topics(i), Payload: largestAsked,
	}
	for _, topic := range c.spool.Topics() {
		q.Topics = append(q.Topics, c.options.Prefix+"/"+topic)
	}
	q.Topics = append(q.Topics, retained...)
	seen := map[string]bool{}
	q.Topics = slices.DeleteFunc(q.Topics, func(topic string) bool {
		again := seen[topic]
		seen[topic] = true
		return again
	})
	q.Topics = q.Topics[:min(len(q.Topics), maxAsked)]
	return q, listings
}

// learn takes an answer over, or what there is of it.
func (c *Client) learn(a mqtt5.Answer, err error, listings int) {
	q, now := &c.node().inquiry, time.Now()
	q.when, q.listings, q.proven = now, listings, a.Proven
	before := c.node().terms.Load()
	write := maps.Clone(before.write)
	switch {
	case err == nil:
		q.until, q.unable, write = time.Time{}, false, a.Write
	case errors.Is(err, mqtt5.ErrUnspoken), errors.Is(err, mqtt5.ErrEager), errors.Is(err, mqtt5.ErrNoQoS2), errors.Is(err, mqtt5.ErrUnproven),
		errors.Is(err, mqtt5.ErrForbidden):
		q.until, write = now.Add(askLate), nil
		if q.unable {
			q.until = now.Add(askHardly)
		}
		q.unable = !errors.Is(err, mqtt5.ErrForbidden) // a person may mend that
	default:
		q.until = now.Add(askSoon)
		if write == nil {
			write = map[string]bool{}
		}
		maps.Copy(write, a.Write)
	}
	if err != nil {
		c.logger().Debug("the broker does not tell all that may be written", zap.Error(err), zap.Int("topics", len(a.Write)))
	}
	c.tellForbidden(errors.Is(err, mqtt5.ErrForbidden))
	c.setTerms(c.node(), func(t *terms) { t.write, t.packet, t.payload = write, a.Packet, a.Limit })
	q.freed = slices.DeleteFunc(denied(before.write), c.node().terms.Load().denies)
	c.tellTerms(before)
	c.planQuestion(now)
}

// tellForbidden logs that the broker does not let us write where nobody else does, if that is new: most likely not elsewhere either.
func (c *Client) tellForbidden(is bool) {
	q := &c.node().inquiry
	if is && !q.forbidden {
		c.logger().Warn("the broker does not let us write below "+c.options.Prefix+"/doctor/, and so cannot be asked for the rest: "+
			"if it throws away what is published elsewhere below the prefix, events are lost", zap.String("mend", c.rightsHint(nil)))
	}
	q.forbidden = is
}

// planQuestion sets when to ask again: while something is denied, or too large.
func (c *Client) planQuestion(now time.Time) {
	q, t := &c.node().inquiry, c.node().terms.Load()
	if len(denied(t.write)) == 0 && c.spool.Status().Held == 0 {
		q.again = time.Time{}
		q.retry.Reset()
		return
	}
	q.again = now.Add(q.retry.Pause())
}

// tellTerms logs what may not be written, if that is something else than before.
func (c *Client) tellTerms(before *terms) {
	now := c.node().terms.Load()
	was, is := denied(before.write), denied(now.write)
	switch {
	case slices.Equal(was, is):
	case len(is) == 0:
		c.logger().Info("the broker takes everything now")
	default:
		c.logger().Warn("the broker throws away what is published on these topics: events wait in the spool until it takes them, the rest is lost",
			zap.Strings("topics", named(c.options.Prefix, now.write)), zap.String("mend", c.rightsHint(now.write)))
	}
}

// part leaves the broker for a question, or to see whether it has what it seemed to lack, as soon as nothing is under way: then it
// returns errAskAgain.
func (k *connection) part() error {
	k.parting = k.parting || k.client.askAgain(time.Now())
	busy := len(k.inFlight) > 0 || k.subscribing != nil || k.sweep != nil || k.documents
	if !k.parting || busy {
		return nil
	}
	k.client.node().inquiry.planned = !k.anew
	k.hangUp()
	return errAskAgain
}

// askTime ends when there is a question.
func (k *connection) askTime() <-chan time.Time {
	again := k.client.node().inquiry.again
	if again.IsZero() || k.parting {
		return nil
	}
	return time.After(time.Until(again))
}

// begin begins a connection: all that is retained is sent, or only what may be written since the last question.
func (k *connection) begin(before int64) {
	c, q := k.client, &k.client.node().inquiry
	if q.planned {
		c.out.resume(q.freed)
	} else {
		c.logConnected(before)
		c.out.renew()
		if before > 0 {
			k.assured = time.After(c.notice())
		}
	}
	q.planned, q.freed, k.heardOf = false, nil, time.Now()
	c.connected.Store(true)
	c.reconnects.Store(before)
	k.rewind()
	k.doubtNode()
	k.subscribe()
}

// The methods of the outbox below are about what there is to ask for.

// awaitListing waits until somebody has told what there is, but not for long.
func (b *outbox) awaitListing(ctx context.Context, patience time.Duration) {
	select {
	case <-b.listed:
	case <-ctx.Done():
	case <-time.After(patience):
	}
}

// noteListing takes over what there is. It is called with mu held.
func (b *outbox) noteListing(i publish.Inventory) {
	if b.inventory == nil {
		close(b.listed)
	}
	if b.inventory == nil || !slices.EqualFunc(b.inventory.Cameras, i.Cameras, sameTopics) {
		b.renamed++
		b.signal()
	}
	b.inventory = &i
}

// sameTopics tells whether the same is published of two cameras.
func sameTopics(a, b publish.Listed) bool {
	return a.Name == b.Name && a.Snapshots == b.Snapshots && a.Why == b.Why && a.Taught == b.Taught &&
		a.Classifies() == b.Classifies() && a.Tells() == b.Tells() && a.SegmentMap == b.SegmentMap && slices.Equal(a.Counts, b.Counts)
}

// listings counts the changes of what there is.
func (b *outbox) listings() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.renamed
}

// listing is what there is, the topics of what the broker is to keep, and how often that has changed.
func (b *outbox) listing() (i publish.Inventory, retained []string, listings int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.inventory != nil {
		i = *b.inventory
	}
	for _, r := range b.order {
		retained = append(retained, r.topic)
	}
	return i, retained, b.renamed
}

// resume begins a connection that goes on with the one before. Due is only what is on these topics, which the broker did not take.
func (b *outbox) resume(freed []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.connected = true
	for _, topic := range freed {
		switch r := b.retained[topic]; {
		case r != nil:
			r.due, r.next = true, time.Time{}
		case topic == b.prefix+"/status":
			b.onlineDue = true
		case b.announcer != nil && !strings.HasPrefix(topic, b.prefix+"/"):
			b.announcer.Connected()
		}
	}
}
