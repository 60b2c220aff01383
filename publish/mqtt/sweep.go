package mqtt

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/publish"
)

const (
	maxSwept      = 1000 // retained messages that one sweep looks at
	sweepAttempts = 2    // connections: there are brokers that hang up on a subscription they do not like
)

// sweep finds what a broker retains of cameras that are gone, as after a `kill -9` and a changed config: for a moment a
// connection subscribes to what cameras have below its prefix. What is found goes through the outbox, which knows the
// cameras that there are.
type sweep struct {
	prefix string

	mu    sync.Mutex // what follows is put in by paho's goroutines
	found []ghost
	alone bool // nobody was online here when we came: what is below the prefix is ours, under whatever name
}

// ghost is a retained message that looks like one of ours. A picture does not say whose it is: its device is empty.
type ghost struct{ topic, camera, device string }

// sweepFilters are those of all kinds that are retained for cameras, and the status of who is at the prefix. For what is asked once,
// over a connection that holds, QoS 0 is enough, and costs a cluster nothing: NATS makes a replicated consumer for each filter
// of more, and has none left after some hundred devices.
func sweepFilters(prefix string) map[string]byte {
	filters := map[string]byte{prefix + "/status": 0}
	for _, kind := range cameraKinds() {
		filter := prefix + "/+/" + kind.Topic
		if kind.Names != "" {
			filter += "/+"
		}
		filters[filter] = 0
	}
	return filters
}

// cameraKinds are the kinds that a broker retains for each camera.
func cameraKinds() []publish.Kind {
	return slices.DeleteFunc(publish.Kinds(), func(k publish.Kind) bool { return !k.Retained || k.Scope != publish.OfCamera })
}

// hear notes a message, if it was retained and is ours.
func (s *sweep) hear(_ paho.Client, m paho.Message) {
	if !m.Retained() {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if m.Topic() == s.prefix+"/status" {
		s.alone = string(m.Payload()) == offline
		return
	}
	camera, device, ok := recognize(strings.TrimPrefix(m.Topic(), s.prefix+"/"), m.Payload())
	if ok && len(s.found) < maxSwept {
		s.found = append(s.found, ghost{m.Topic(), camera, device})
	}
}

// ghosts are those of what was found that this daemon may clear.
func (s *sweep) ghosts(device string) (ghosts []ghost) {
	s.mu.Lock()
	defer s.mu.Unlock()
	cameras := map[string]bool{} // that have left something that says whose it is
	for _, g := range s.found {
		if g.device != "" && (g.device == device || s.alone) {
			cameras[g.camera] = true
		}
	}
	for _, g := range s.found {
		if cameras[g.camera] && (g.device == "" || g.device == device || s.alone) {
			ghosts = append(ghosts, g)
		}
	}
	return ghosts
}

// ownFields are the fields by which a retained message of a camera is known, beside schema, device and camera.
var ownFields = map[string][]string{
	"status":   {"state", "time"},
	"engine":   {"wanted", "model", "restarts"},
	"state":    {"label", "sequence", "model"},
	"decision": {"label", "votes", "window", "model"},
	"gate":     {"state", "duty", "time"},
	"settings": {"paused", "changed", "kept"},
	"teach":    {"name", "classes", "inbox", "state"},
}

// recognize tells whether a message below the prefix is one that a daemon retains for a camera, and of which. The shape
// of its topic is not enough: others may have topics there too, and daemons prefixes that begin with ours.
func recognize(topic string, payload []byte) (camera, device string, ok bool) {
	camera, level, _ := strings.Cut(topic, "/")
	if kind, found := unnamed(level); found {
		return camera, "", camera != "" && kind.looks(payload)
	}
	wanted, fields := ownFields[level], map[string]json.RawMessage{}
	if len(payload) > maxPayload || json.Unmarshal(payload, &fields) != nil || wanted == nil {
		return "", "", false
	}
	for _, name := range append(slices.Clone(wanted), "schema") {
		if _, there := fields[name]; !there {
			return "", "", false
		}
	}
	text := func(name string) (s string) {
		json.Unmarshal(fields[name], &s)
		return s
	}
	return camera, text("device"), camera != "" && text("camera") == camera && text("device") != ""
}

// shape is what a message of a kind looks like that does not say whose it is.
type shape struct{ publish.Kind }

// unnamed is such a kind, if the topic below a camera's is of one.
func unnamed(topic string) (of shape, found bool) {
	level, name, deeper := strings.Cut(topic, "/")
	for _, k := range cameraKinds() {
		if k.Topic == level && (k.Media != "" || k.Names != "") {
			return shape{k}, deeper == (k.Names != "") && !strings.Contains(name, "/")
		}
	}
	return of, false
}

// looks tells whether a payload is a picture, or a plain number.
func (s shape) looks(payload []byte) bool {
	switch s.Media {
	case "image/jpeg":
		return bytes.HasPrefix(payload, []byte{0xff, 0xd8})
	case "image/png":
		return bytes.HasPrefix(payload, []byte("\x89PNG"))
	}
	_, err := strconv.ParseUint(string(payload), 10, 32)
	return len(payload) < 10 && err == nil
}

// sweepDue tells whether the next connection is to look. It does not once that is done, or was in vain.
func (c *Client) sweepDue() bool {
	return c.options.Sweep && !c.swept && c.node().sweeps < sweepAttempts
}

// startSweep begins to listen: subscribe asks for it.
func (k *connection) startSweep() {
	k.client.node().sweeps++
	k.sweep = &sweep{prefix: k.client.options.Prefix}
	for filter := range sweepFilters(k.sweep.prefix) {
		k.mqtt.AddRoute(filter, k.sweep.hear)
	}
}

// endSweep clears what was found of cameras that are gone.
func (k *connection) endSweep() {
	s, c := k.sweep, k.client
	k.sweep, c.swept = nil, true
	for filter := range sweepFilters(s.prefix) {
		if !c.hears(filter) {
			k.mqtt.Unsubscribe(filter)
		}
	}
	if cameras := c.out.sweep(s.ghosts(c.options.Device)); len(cameras) > 0 {
		c.logger().Info("cleared what older configs have left on the broker", zap.Strings("cameras", cameras))
	}
}

// hears tells whether filter is one of the subscriptions that stay.
func (c *Client) hears(filter string) bool {
	return filter == c.options.statusTopic() || slices.ContainsFunc(c.options.Subscribe, func(s Subscription) bool { return s.filter(c.options.Prefix) == filter })
}

// The methods of the outbox below have the broker forget: with an empty message that it is to retain (MQTT 3.1.1, section
// 3.3.1.3). One of these is in the place of the message that was there until the broker has acknowledged it, or there
// is something new to tell.

// takeInventory notes which cameras there are. Of those that are not there any more only the status stays: it says stopped.
// Pictures go, too, of a camera whose newest is not to be kept any more.
func (b *outbox) takeInventory(i publish.Inventory) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return publish.ErrClosed
	}
	b.noteListing(i)
	if b.announcer != nil {
		b.sendAhead(b.announcer.Describe(i))
	}
	status := publish.CameraStatus{}.Key().Kind.Topic
	for _, r := range b.order {
		if r.camera != "" && r.kind != status && !i.Keeps(r.camera, b.below(r.camera, r.topic)) {
			b.clear(r)
		}
	}
	b.inherited = slices.DeleteFunc(b.inherited, func(g ghost) bool {
		level := b.below(g.camera, g.topic)
		if level == status || i.Keeps(g.camera, level) {
			return false
		}
		b.clearGhost(g)
		return true
	})
	return nil
}

// sweep clears the topics of cameras that are gone, and pictures that are not to be kept any more, and tells whose they were. What has
// a place is remembered: its camera may go before it has told anything new there.
func (b *outbox) sweep(found []ghost) (cameras []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.inventory == nil {
		return nil // nobody has told what there is
	}
	for _, g := range found {
		switch {
		case b.retained[g.topic] != nil:
			continue
		case b.inventory.Expects(g.camera, b.below(g.camera, g.topic)):
			b.inherited = append(b.inherited, g)
			continue
		}
		b.clearGhost(g)
		if !slices.Contains(cameras, g.camera) {
			cameras = append(cameras, g.camera)
		}
	}
	return cameras
}

// below is what a topic of a camera is below the camera's.
func (b *outbox) below(camera, topic string) string {
	return strings.TrimPrefix(topic, b.prefix+"/"+camera+"/")
}

// leave clears everything but the daemon's own status, as the last thing that is sent.
func (b *outbox) leave() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.left = true
	for _, g := range b.inherited {
		b.clearGhost(g)
	}
	for _, r := range b.order {
		b.clear(r)
	}
}

// clearGhost clears what somebody else has left, unless something was told there since. It is called with mu held.
func (b *outbox) clearGhost(g ghost) {
	if b.retained[g.topic] != nil {
		return
	}
	r := &retained{message: message{topic: g.topic, qos: 1, retained: true}}
	b.retained[g.topic] = r
	b.order = append(b.order, r)
	b.clear(r)
}

// clear is called with mu held.
func (b *outbox) clear(r *retained) {
	r.payload, r.due, r.pause, r.next = []byte{}, true, 0, time.Time{}
	b.signal()
}

// cleared drops what the broker has forgotten, unless there is something new.
func (b *outbox) cleared(topic string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if r := b.retained[topic]; r != nil && len(r.payload) == 0 {
		delete(b.retained, topic)
		b.order = slices.DeleteFunc(b.order, func(other *retained) bool { return other == r })
	}
	if b.announcer != nil {
		b.announcer.Cleared(topic)
	}
}
