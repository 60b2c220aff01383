package mqtt

import (
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/inceptiond/inceptiond/publish"
	"github.com/inceptiond/inceptiond/publish/homeassistant"
)

// message is one MQTT message on its way out.
type message struct {
	topic    string
	payload  []byte
	qos      byte
	retained bool
	live     bool   // it is for now or never
	event    uint64 // its id in the spool; 0: not an event
}

// The payloads of <prefix>/status.
const (
	online  = "online"
	offline = "offline"
)

// outbox is what waits to be sent. Many goroutines put, the client's goroutine takes. It holds the last payload of each
// topic that the broker retains, which every new connection sends again, and a queue with a limit for all the rest.
type outbox struct {
	prefix   string
	qos      byte          // of results
	limit    int           // of the queue
	interval time.Duration // least time between two results of a camera

	filled chan struct{} // holds one token when there may be something to take

	mu        sync.Mutex
	closed    bool
	connected bool      // there is a connection: what is for now can be sent
	left      bool      // all that is retained is cleared, and nothing new comes
	onlineDue bool      // as the first message of a connection
	again     bool      // online, once more: somebody was told what there is, or otherwise
	ahead     []message // that are sent first, also if there is something newer to retain by then
	cameras   map[string]*camera
	inventory *publish.Inventory   // what there is; nil: nobody has told
	retained  map[string]*retained // by topic
	order     []*retained          // the same, as they are sent
	inherited []ghost              // what a broker has of our cameras that nobody has told since we came
	queue     []message            // oldest first
	dropped   int64                // results that had to go
	limited   int64                // results above the rate

	listed  chan struct{} // closed when somebody has told
	renamed int           // counts changes of the topics that there are

	doubted      bool      // somebody has said offline, and is contradicted in a moment
	contradicted time.Time // when that was last done

	announcer *homeassistant.Announcer // nil: nothing is announced
	reports   map[string]report        // the newest of each topic, while something is announced
	wake      time.Time                // there is a signal then
}

// camera is what the outbox knows of a camera.
type camera struct {
	rank       int       // 1 for the first that appeared
	nextResult time.Time // earlier ones are above the rate
}

// retained is the last message of a topic that the broker keeps.
type retained struct {
	message
	camera string        // that it is about; empty: none
	kind   string        // last level of the topics of its kind
	rank   [2]int        // of the camera and of the kind: what is sent first, is less
	pause  time.Duration // least time from one to the next on a connection
	next   time.Time     // not to be sent earlier on this connection
	due    bool          // not sent yet on this connection
}

func newOutbox(o Options) *outbox {
	return &outbox{
		prefix: o.Prefix, qos: o.QoS, limit: o.Queue, interval: o.minInterval(),
		filled: make(chan struct{}, 1), listed: make(chan struct{}),
		cameras: make(map[string]*camera), retained: make(map[string]*retained),
	}
}

// put takes m until it can be sent: in the place of the one before if it is retained, else at the end of the queue. It
// tells how many older messages had to go from there. What is only for those who listen now does not wait for a connection.
func (b *outbox) put(m publish.Message, now time.Time) (dropped int, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return 0, publish.ErrClosed
	}
	key := m.Key()
	cam, err := b.camera(key)
	switch {
	case err != nil:
		return 0, err
	case key.Retained:
		b.retain(key, cam, payloadOf(m))
		return 0, nil
	case key.Kind.Report && b.announcer != nil:
		b.reports[b.topic(key)] = report{key, payloadOf(m)}
	}
	if key.Kind.Live && !b.connected {
		return 0, nil
	}
	if _, result := m.(*publish.Result); result && !cam.inRate(now, b.interval) {
		b.limited++
		return 0, nil
	}
	return b.enqueue(key, payloadOf(m)), nil
}

// has tells whether there is a camera of that name.
func (b *outbox) has(camera string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.inventory != nil && b.inventory.Has(camera)
}

// payloadOf is what is sent of m.
func payloadOf(m publish.Message) []byte {
	switch m := m.(type) {
	case publish.JSON:
		return m.AppendJSON(nil)
	case publish.Binary:
		return m.Payload()
	}
	return nil
}

// putOwn is put for a retained message of the client's own, about no camera. It may also be one of the last.
func (b *outbox) putOwn(m publish.JSON) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.retain(m.Key(), new(camera), m.AppendJSON(nil))
}

// takeRetained removes the next message that the broker is to keep: online first, then what is about the machine, and
// then what cameras have. Documents for Home Assistant come in front of what they announce; but one that says something new
// comes behind what was said before it.
func (b *outbox) takeRetained() (message, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	if b.onlineDue {
		b.onlineDue = false
		return b.online(), true
	}
	if len(b.ahead) > 0 {
		m := b.ahead[0]
		b.ahead = b.ahead[1:]
		return m, true
	}
	if m, ok := b.announceAgain(now); ok {
		return m, true
	}
	if b.again {
		b.again = false
		return b.online(), true
	}
	for _, r := range b.order {
		if r.due && b.mayFollow(r) {
			r.due = false
			return r.message, true
		}
	}
	return b.announceChange(now)
}

// takeQueued removes the oldest message of the queue.
func (b *outbox) takeQueued() (message, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.queue) == 0 {
		return message{}, false
	}
	m := b.queue[0]
	b.queue[0] = message{} // for the garbage collector
	b.queue = b.queue[1:]
	return m, true
}

// giveBack ends a connection: it puts messages first in the queue that were taken from it and perhaps not delivered.
// Retained ones and events need no way back, as a new connection sends them all; what was for now is over.
func (b *outbox) giveBack(unacknowledged []message) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.connected = false
	unacknowledged = slices.DeleteFunc(unacknowledged, func(m message) bool { return m.retained || m.event != 0 })
	b.queue = slices.DeleteFunc(slices.Concat(unacknowledged, b.queue), func(m message) bool { return m.live })
	b.dropOldest()
}

// renew begins a connection: everything is due that the broker is to retain, as it may be a broker that forgot.
func (b *outbox) renew() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.connected, b.onlineDue, b.again, b.ahead = true, true, false, nil
	for _, r := range b.order {
		r.due, r.next = true, time.Time{}
	}
	if b.announcer != nil {
		b.announcer.Connected()
	}
}

// close refuses everything from now on. What is inside can still be taken.
func (b *outbox) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
}

// waiting is the length of the queue.
func (b *outbox) waiting() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.queue)
}

// losses are the messages that had to go from the queue, and the results that were above the rate.
func (b *outbox) losses() (dropped, limited int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.dropped, b.limited
}

// The methods below are called with mu held.

// camera is the one that key is about; the first of its name gets the next rank. What is about no camera has rank 0.
// The error is about a key that is no topic.
func (b *outbox) camera(key publish.Key) (*camera, error) {
	if key.Name != "" {
		if err := checkLevel(key.Kind.Name, key.Name); err != nil {
			return nil, err
		}
	}
	if cam := b.cameras[key.Camera]; cam != nil {
		return cam, nil
	}
	if err := checkCamera(key); err != nil {
		return nil, err
	}
	cam := new(camera)
	if key.Camera != "" {
		b.cameras[key.Camera] = cam
		cam.rank = len(b.cameras)
	}
	return cam, nil
}

// checkCamera tells whether key's camera can be in a topic.
func checkCamera(key publish.Key) error {
	if key.Camera != "" {
		return checkLevel("camera", key.Camera)
	}
	if key.Kind.Scope == publish.OfCamera {
		return errors.New("mqtt: " + key.Kind.Name + " of no camera")
	}
	return nil
}

// retain makes payload the last one of key's topic.
func (b *outbox) retain(key publish.Key, cam *camera, payload []byte) {
	if b.left {
		return
	}
	topic := b.topic(key)
	r := b.retained[topic]
	if r == nil {
		r = &retained{camera: key.Camera, kind: key.Kind.Topic, rank: [2]int{cam.rank, rankOf(key.Kind)}}
		b.retained[topic] = r
		at, _ := slices.BinarySearchFunc(b.order, r.rank, func(other *retained, rank [2]int) int {
			if slices.Compare(other.rank[:], rank[:]) <= 0 { // behind those of the same rank
				return -1
			}
			return 1
		})
		b.order = slices.Insert(b.order, at, r)
	}
	r.message, r.due, r.pause = message{topic: topic, payload: payload, qos: b.qosOf(key), retained: true}, true, key.Kind.Pause
	b.signal()
}

// rankOf is the place of kind in the table of kinds; those that are not in it come last.
func rankOf(kind publish.Kind) int {
	kinds := publish.Kinds()
	if i := slices.Index(kinds, kind); i >= 0 {
		return i
	}
	return len(kinds)
}

// mayFollow tells whether r may be sent now, and if so when the next may follow; if not, there is a signal when it may. What is left
// at the end has no time to wait.
func (b *outbox) mayFollow(r *retained) bool {
	if r.pause == 0 || b.closed {
		return true
	}
	now := time.Now()
	if wait := r.next.Sub(now); wait > 0 {
		time.AfterFunc(wait, b.signal)
		return false
	}
	r.next = now.Add(r.pause)
	return true
}

// enqueue puts a message at the end of the queue, and tells how many older ones had to go. Pictures are large: of those of a
// camera only the newest waits for a slow broker.
func (b *outbox) enqueue(key publish.Key, payload []byte) (dropped int) {
	topic := b.topic(key)
	if key.Kind.Media != "" {
		b.queue = slices.DeleteFunc(b.queue, func(m message) bool { return m.topic == topic })
	}
	b.queue = append(b.queue, message{topic: topic, payload: payload, qos: b.qosOf(key), live: key.Kind.Live})
	b.signal()
	return b.dropOldest()
}

// online says that the daemon is there.
func (b *outbox) online() message {
	return message{topic: b.prefix + "/status", payload: []byte(online), qos: 1, retained: true}
}

func (b *outbox) dropOldest() int {
	n := max(len(b.queue)-b.limit, 0)
	clear(b.queue[:n])
	b.queue = b.queue[n:]
	b.dropped += int64(n)
	return n
}

func (b *outbox) topic(key publish.Key) string { return b.prefix + "/" + key.Topic() }

func (b *outbox) qosOf(key publish.Key) byte {
	if key.Kind.QoS == publish.AsConfigured {
		return b.qos
	}
	return byte(key.Kind.QoS)
}

func (b *outbox) signal() {
	select {
	case b.filled <- struct{}{}:
	default:
	}
}

// inRate tells whether a result at now is in the rate of one per interval, and if so counts it.
func (c *camera) inRate(now time.Time, interval time.Duration) bool {
	if now.Before(c.nextResult) {
		return false
	}
	c.nextResult = nextSlot(c.nextResult, now, interval)
	return true
}

// nextSlot is when the next result may follow one at now. A result that comes a little late does not push all later
// ones back, so that frames at 10.1 a second pass a limit of 10 at almost that rate.
func nextSlot(slot, now time.Time, interval time.Duration) time.Time {
	if late := now.Sub(slot); late >= 0 && late < interval {
		return slot.Add(interval)
	}
	return now.Add(interval)
}
