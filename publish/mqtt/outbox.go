package mqtt

import (
	"slices"
	"sync"
	"time"

	"github.com/inceptiond/inceptiond/publish"
)

// message is one MQTT message on its way out.
type message struct {
	topic    string
	payload  []byte
	qos      byte
	retained bool
	event    uint64 // its id in the spool; 0: not an event
}

// The payloads of <prefix>/status.
const (
	online  = "online"
	offline = "offline"
)

// outbox is what waits to be sent. Many goroutines put, the client's goroutine takes. It never grows beyond its limit of
// results plus one state, status and engine status per camera, and one of the config: of those only the newest counts.
type outbox struct {
	prefix   string
	qos      byte          // of results
	limit    int           // results kept
	interval time.Duration // least time between two results of a camera

	filled chan struct{} // holds one token when there may be something to take

	mu        sync.Mutex
	closed    bool
	onlineDue bool
	config    kept
	spool     kept
	spoolNext time.Time // not earlier, so that losses by the hundred are not told by the hundred
	cameras   map[string]*camera
	order     []*camera // in order of appearance
	results   []message // oldest first
	dropped   int64     // results that had to go
	limited   int64     // results above the rate
}

// camera is what the broker is to retain about a camera.
type camera struct {
	state, status, engine kept
	shown                 publish.State
	nextResult            time.Time // earlier ones are above the rate
}

// kept is a message that the broker is to keep. The zero value is none yet.
type kept struct {
	message
	due bool // not sent yet on this connection
}

func (k *kept) put(topic string, payload []byte) {
	*k = kept{message{topic: topic, payload: payload, qos: 1, retained: true}, true}
}

func (k *kept) exists() bool { return k.topic != "" }

// renew makes it due again.
func (k *kept) renew() { k.due = k.exists() }

// take tells whether it was due; it is not any more.
func (k *kept) take() bool {
	was := k.due
	k.due = false
	return was
}

func newOutbox(o Options) *outbox {
	return &outbox{
		prefix: o.Prefix, qos: o.QoS, limit: o.Queue, interval: o.minInterval(),
		filled:  make(chan struct{}, 1),
		cameras: make(map[string]*camera),
	}
}

// putResult queues r's message, and the camera's state if r changes it. It tells how many older results had to go.
func (b *outbox) putResult(r publish.Result, now time.Time) (dropped int, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	cam, err := b.camera(r.Camera)
	if err != nil {
		return 0, err
	}
	if state := r.State(); !cam.state.exists() || !cam.shown.SameLabel(state) {
		cam.shown = state
		cam.state.put(b.topic(r.Camera, "state"), state.AppendJSON(nil))
	}
	if now.Before(cam.nextResult) {
		b.limited++
	} else {
		cam.nextResult = nextSlot(cam.nextResult, now, b.interval)
		b.results = append(b.results, message{
			topic: b.topic(r.Camera, "result"), payload: r.AppendJSON(nil), qos: b.qos,
		})
		dropped = b.dropOldest()
	}
	b.signal()
	return dropped, nil
}

// putStatus makes s the camera's status.
func (b *outbox) putStatus(s publish.CameraStatus) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	cam, err := b.camera(s.Camera)
	if err != nil {
		return err
	}
	cam.status.put(b.topic(s.Camera, "status"), s.AppendJSON(nil))
	b.signal()
	return nil
}

// putConfig makes s the config's status.
func (b *outbox) putConfig(s publish.ConfigStatus) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return publish.ErrClosed
	}
	b.config.put(b.prefix+"/config", s.AppendJSON(nil))
	b.signal()
	return nil
}

// putEngine makes s the status of the camera's engine.
func (b *outbox) putEngine(s publish.EngineStatus) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	cam, err := b.camera(s.Camera)
	if err != nil {
		return err
	}
	cam.engine.put(b.topic(s.Camera, "engine"), s.AppendJSON(nil))
	b.signal()
	return nil
}

// putSpool makes s the status of the spool.
func (b *outbox) putSpool(s publish.SpoolStatus) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.spool.put(b.prefix+"/spool", s.AppendJSON(nil))
	b.signal()
}

// takeRetained removes the next message that the broker is to keep: online first, then the config's and the spool's
// status, and then what cameras have.
func (b *outbox) takeRetained() (message, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.onlineDue {
		b.onlineDue = false
		return message{topic: b.prefix + "/status", payload: []byte(online), qos: 1, retained: true}, true
	}
	if b.config.take() {
		return b.config.message, true
	}
	if b.spool.due && b.spoolTurn() {
		return b.spool.message, b.spool.take()
	}
	for _, cam := range b.order {
		for _, k := range []*kept{&cam.status, &cam.engine, &cam.state} {
			if k.take() {
				return k.message, true
			}
		}
	}
	return message{}, false
}

// takeResult removes the oldest result.
func (b *outbox) takeResult() (message, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.results) == 0 {
		return message{}, false
	}
	m := b.results[0]
	b.results[0] = message{} // for the garbage collector
	b.results = b.results[1:]
	return m, true
}

// giveBack puts results first in the queue that were taken and perhaps not delivered. Retained messages and events need
// no way back: a new connection sends them all.
func (b *outbox) giveBack(unsure []message) {
	b.mu.Lock()
	defer b.mu.Unlock()
	unsure = slices.DeleteFunc(unsure, func(m message) bool { return m.retained || m.event != 0 })
	b.results = slices.Concat(unsure, b.results)
	b.dropOldest()
}

// renew makes everything due that the broker is to retain: a new connection may lead to a broker that forgot.
func (b *outbox) renew() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.onlineDue = true
	b.config.renew()
	b.spool.renew()
	b.spoolNext = time.Time{}
	for _, cam := range b.order {
		cam.state.renew()
		cam.status.renew()
		cam.engine.renew()
	}
}

// close refuses everything from now on. What is inside can still be taken.
func (b *outbox) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
}

// waiting is the number of results inside.
func (b *outbox) waiting() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.results)
}

// losses are the results that were dropped and those that were above the rate.
func (b *outbox) losses() (dropped, limited int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.dropped, b.limited
}

// The methods below are called with mu held.

func (b *outbox) camera(name string) (*camera, error) {
	if b.closed {
		return nil, publish.ErrClosed
	}
	if cam := b.cameras[name]; cam != nil {
		return cam, nil
	}
	if err := checkLevel("camera", name); err != nil {
		return nil, err
	}
	cam := new(camera)
	b.cameras[name] = cam
	b.order = append(b.order, cam)
	return cam, nil
}

// spoolTurn tells whether the spool's status may be told now; if not, there is a signal when it may.
func (b *outbox) spoolTurn() bool {
	const pause = time.Second
	now := time.Now()
	if wait := b.spoolNext.Sub(now); wait > 0 {
		time.AfterFunc(wait, b.signal)
		return false
	}
	b.spoolNext = now.Add(pause)
	return true
}

func (b *outbox) dropOldest() int {
	n := max(len(b.results)-b.limit, 0)
	clear(b.results[:n])
	b.results = b.results[n:]
	b.dropped += int64(n)
	return n
}

func (b *outbox) topic(camera, kind string) string { return b.prefix + "/" + camera + "/" + kind }

func (b *outbox) signal() {
	select {
	case b.filled <- struct{}{}:
	default:
	}
}

// nextSlot is when the next result may follow one at now. A result that comes a little late does not push all later
// ones back, so that frames at 10.1 a second pass a limit of 10 at almost that rate.
func nextSlot(slot, now time.Time, interval time.Duration) time.Time {
	if late := now.Sub(slot); late >= 0 && late < interval {
		return slot.Add(interval)
	}
	return now.Add(interval)
}
