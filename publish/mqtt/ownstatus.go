package mqtt

import (
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
)

// A cluster may send the last will of a connection that is over when its client is already back at another node: that node said
// online, and then the one that was cut off, hung, or was told late that the client has moved says offline. So a client hears its
// own status, and says online once more when somebody says otherwise; and whatever it hears, also once more when every node must
// have noticed that an old connection is gone (see connection.confirm).

const (
	contradictDelay = 250 * time.Millisecond // until offline has come to all who listen: a quicker answer might overtake it
	contradictPause = time.Second            // from one time online is said once more to the next
)

// A node that is cut off from the others of its cluster may answer pings, take what it need not acknowledge, and hand on nothing. Who has
// nothing to tell that is acknowledged would stay there for ever: so online is also said once more when there was no acknowledgement
// for a while, and a node that does not acknowledge that is left.

// silent ends when there was no acknowledgement for a while.
func (k *connection) silent() <-chan time.Time {
	return time.After(time.Until(k.heardOf.Add(k.client.pace.silence)))
}

// breakSilence has online be said once more.
func (k *connection) breakSilence() {
	k.heardOf = time.Now()
	k.client.out.repeatOnline()
}

// statusTopic is where it is said whether the client is there.
func (o Options) statusTopic() string { return o.Prefix + "/status" }

// listenToStatus has what is said of the client itself go to the outbox, and to the sweep, if there is one.
func (k *connection) listenToStatus() {
	s, out := k.sweep, k.client.out
	k.mqtt.AddRoute(k.client.options.statusTopic(), func(c paho.Client, m paho.Message) {
		if s != nil {
			s.hear(c, m)
		}
		if string(m.Payload()) == offline && !m.Retained() {
			out.contradict()
		}
	})
}

// contradict has online be said once more, as somebody has said offline: at most once a second.
func (b *outbox) contradict() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.doubted {
		return
	}
	b.doubted = true
	wait := max(time.Until(b.contradicted.Add(contradictPause)), contradictDelay)
	time.AfterFunc(wait, b.repeatOnline)
}

// repeatOnline has online be said once more, if there is a connection: a new one says it anyway.
func (b *outbox) repeatOnline() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.doubted, b.contradicted = false, time.Now()
	b.again = b.again || b.connected
	b.signal()
}
