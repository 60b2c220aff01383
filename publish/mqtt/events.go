package mqtt

import (
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/publish"
	"github.com/inceptiond/inceptiond/publish/mqtt/spool"
)

// numbers gives each event its number, in the order in which events enter the spool.
//
// The first of a process is the time since boot in microseconds: no earlier process of this boot can have counted so far,
// even if it was killed, or had no disk to remember its numbers on.
type numbers struct {
	mu   sync.Mutex
	boot string
	last uint64
}

// openSpool opens the spool and begins to count.
func (c *Client) openSpool() {
	o := c.options.Spool
	c.spool = spool.Open(spool.Options{
		Dir: o.Dir, NoDir: o.NoDir, MaxBytes: o.MaxBytes, MaxAge: o.MaxAge, MaxWrites: o.MaxWrites,
		Now: c.options.Now, Report: c.spoolChanged(),
	})
	now := c.options.Now()
	c.numbers.boot = now.Boot
	first := uint64(max(now.Monotonic, 0).Microseconds())
	if o := c.options.After; o.Boot == now.Boot {
		first = o.Sequence
	}
	c.numbers.last = max(c.spool.Last(now.Boot), first)
	c.out.putOwn(c.spoolStatus(c.spool.Status()))
}

// publishEvent writes e to the spool, from which it is sent until the broker has acknowledged it. It never waits for the
// network, and for the disk a few milliseconds at most.
func (c *Client) publishEvent(e publish.Event) error {
	key := e.Key()
	if err := checkCamera(key); err != nil {
		return err
	}
	if c.isClosing() {
		return publish.ErrClosed
	}
	if err := c.putEvent(key.Topic(), e); errors.Is(err, spool.ErrClosed) {
		return publish.ErrClosed
	} else if err != nil {
		return fmt.Errorf("mqtt: %w", err)
	}
	c.spool.Await()
	return nil
}

// putEvent gives e the next number, and puts it into the spool.
func (c *Client) putEvent(topic string, e publish.Event) error {
	n := &c.numbers
	n.mu.Lock()
	defer n.mu.Unlock()
	e.Number = publish.Number{Boot: n.boot, Sequence: n.last + 1}
	err := c.spool.Put(spool.Record{
		Moment:   spool.Moment{Boot: n.boot, Monotonic: e.Monotonic, Time: e.Time, ClockSynced: e.ClockSynced},
		Sequence: e.Number.Sequence, Topic: topic, Payload: e.AppendJSON(nil),
	})
	if err == nil {
		n.last++
	}
	return err
}

// spoolChanged returns what logs a change of the spool and has it published.
func (c *Client) spoolChanged() func(spool.Status) {
	var before spool.Status
	var lastLoss time.Time
	return func(s spool.Status) {
		switch {
		case s.Reason != nil && (before.Reason == nil || s.Reason.Error() != before.Reason.Error()):
			mend := "see mqtt.spool.path: room, permissions, read-only?"
			if c.options.Spool.Dir == "" {
				mend = "set mqtt.spool.path to a folder, or to off if they may be lost"
			}
			c.logger().Warn("events are in memory only, and are lost if the daemon ends", zap.Error(s.Reason),
				zap.String("spool", c.options.Spool.Dir), zap.String("mend", mend))
		case s.OnDisk && !before.OnDisk:
			c.logger().Info("events are kept on the disk", zap.String("spool", c.options.Spool.Dir), zap.Int("waiting", s.Waiting))
		}
		if s.Losses != before.Losses && time.Since(lastLoss) > time.Minute {
			lastLoss = time.Now()
			c.logger().Warn("events were given up", zap.Uint64("for_bytes", s.Losses.Bytes), zap.Uint64("for_age", s.Losses.Age),
				zap.Uint64("for_memory", s.Losses.Memory), zap.Uint64("damaged", s.Losses.Damaged))
		}
		if (s.Held > 0) != (before.Held > 0) {
			c.tellHeld(s)
		}
		before = s
		c.out.putOwn(c.spoolStatus(s))
	}
}

// tellHeld logs that events wait which the broker would not take, or do so no more.
func (c *Client) tellHeld(s spool.Status) {
	if s.Held == 0 {
		c.logger().Info("no event is held any more", zap.Int("waiting", s.Waiting))
		return
	}
	c.logger().Warn("events wait until the broker takes them: others do not wait for them", zap.String("reason", c.node().terms.Load().reason()),
		zap.Int("held", s.Held))
}

// held is what a line of the log says of events that are held, if there are any.
func held(s spool.Status) []zap.Field {
	if s.Held == 0 {
		return nil
	}
	return []zap.Field{zap.Int("held", s.Held)}
}

// spoolStatus is s as a message.
func (c *Client) spoolStatus(s spool.Status) publish.SpoolStatus {
	m := publish.SpoolStatus{
		Device: c.options.Device, State: publish.SpoolMemory, Waiting: s.Waiting, Held: s.Held, Bytes: s.Bytes,
		Dropped: publish.SpoolLosses(s.Losses), Time: time.Now(),
	}
	if s.OnDisk {
		m.State = publish.SpoolDisk
	}
	if s.Reason != nil {
		m.Reason = s.Reason.Error()
	}
	if s.Held > 0 {
		m.HeldReason = c.node().terms.Load().reason()
	}
	return m
}

// rewind begins a connection with the oldest event that was not acknowledged on an earlier one.
func (k *connection) rewind() {
	k.backlog = k.client.spool.Rewind()
	k.replay = k.backlog > 0
	now := time.Now()
	k.paced = now.Add(k.client.pauses.replayPause(now))
	k.client.out.putOwn(k.client.spoolStatus(k.client.spool.Status()))
}

// nextEvent takes the next event from the spool, if there is one and it is time.
func (k *connection) nextEvent() (message, bool) {
	now := time.Now()
	if k.backlog > 0 {
		if k.eventsInFlight() >= k.replayWindow() {
			return message{}, false // an acknowledgement is next
		}
		if now.Before(k.paced) {
			k.held = true
			return message{}, false
		}
	}
	id, r, ok := k.client.spool.Next()
	if !ok {
		return message{}, false
	}
	if k.backlog > 0 {
		k.backlog--
		k.paced = now.Add(k.client.pace.replay)
	}
	return message{topic: k.client.options.Prefix + "/" + r.Topic, payload: r.Payload, qos: 1, event: id}, true
}

// replayWindow is how many events of the backlog may be on their way: as many as the broker acknowledges in a second, as far as we
// know, so that it gets fewer the more it has to do with those of others, and none is so late that it counts as lost.
func (k *connection) replayWindow() int {
	return int(min(maxInFlight, max(1, time.Second/max(k.latency, time.Millisecond))))
}

func (k *connection) eventsInFlight() (n int) {
	for _, f := range k.inFlight {
		if f.event != 0 {
			n++
		}
	}
	return n
}

// pause ends when an event that is held back may be sent.
func (k *connection) pause() <-chan time.Time {
	if !k.held {
		return nil
	}
	return time.After(time.Until(k.paced))
}

// acknowledged forgets an event: the broker has it.
func (k *connection) acknowledged(event uint64) {
	k.client.spool.Ack(event)
	if !k.replay || k.backlog > 0 {
		return
	}
	if s := k.client.spool.Status(); s.ToSend() == 0 {
		k.replay = false
		k.client.logger().Info("the broker has acknowledged all events that waited", held(s)...)
		k.client.out.putOwn(k.client.spoolStatus(s))
	}
}

// LastNumber is that of the newest event, for the client that takes this one's place: see Options.After.
func (c *Client) LastNumber() publish.Number {
	n := &c.numbers
	n.mu.Lock()
	defer n.mu.Unlock()
	return publish.Number{Boot: n.boot, Sequence: n.last}
}

// processClock counts from now on, and calls that a boot of its own.
func processClock() func() spool.Moment {
	boot, start := rand.Text(), time.Now()
	return func() spool.Moment {
		return spool.Moment{Boot: boot, Monotonic: time.Since(start), Time: time.Now()}
	}
}
