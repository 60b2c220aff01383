package mqtt

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/daemon/control"
	"github.com/inceptiond/inceptiond/publish"
)

const (
	maxCommand  = 256         // bytes of a command's message
	maxCommands = 5           // a camera takes in each commandTime
	commandTime = time.Second // from one of them to the next but four
)

// commands are what subscribers ask of the cameras: <camera>/<command>/set, answered on <camera>/ack. What they know is of the
// goroutine of the inbox, but for the counts.
type commands struct {
	client  *Client
	allowed []string // permissions
	control control.Controller
	recent  map[string]*recent // by the camera's name, of those that there are

	applied, unchanged, refused atomic.Int64
}

// recent are the times of a camera's last commands.
type recent struct {
	at   [maxCommands]time.Time
	next int
	told bool // that there are too many
}

// take tells whether one more may come now. Of those that may not, only the first is to be answered.
func (r *recent) take(now time.Time) (ok, tell bool) {
	if oldest := r.at[r.next]; !oldest.IsZero() && now.Sub(oldest) < commandTime {
		tell, r.told = !r.told, true
		return false, tell
	}
	r.at[r.next], r.told = now, false
	r.next = (r.next + 1) % maxCommands
	return true, false
}

// newCommands makes what answers commands; without a permission nobody may give any.
func newCommands(c *Client) *commands {
	if len(c.options.Commands) == 0 || c.options.Control == nil {
		return nil
	}
	return &commands{client: c, allowed: c.options.Commands, control: c.options.Control, recent: map[string]*recent{}}
}

// subscriptions are those of all commands, also of those that are not allowed: they are answered.
func (c *commands) subscriptions() (list []Subscription) {
	if c == nil {
		return nil
	}
	for _, r := range control.Rules() {
		list = append(list, Subscription{Filter: "+/" + string(r.Kind) + "/set", QoS: 1, Handle: func(ctx context.Context, in Incoming) {
			c.handle(ctx, r, in, time.Now())
		}})
	}
	return list
}

// handle carries out a command and answers it. One for a camera that there is none of gets no answer: a stranger would have
// us make a topic of any name.
func (c *commands) handle(ctx context.Context, r control.Rule, in Incoming, now time.Time) {
	if len(in.Payload) == 0 {
		return // somebody cleared a retained one
	}
	ack := publish.Ack{Device: c.client.options.Device, Command: string(r.Kind), Time: now}
	ack.Camera, _, _ = strings.Cut(in.Topic, "/")
	value, id, err := parseCommand(in.Payload, r.Object)
	ack.Value, ack.ID = control.Shown(value), id
	if !c.client.out.has(ack.Camera) {
		c.refused.Add(1)
		c.client.ignore(fmt.Sprintf("it is a command for a camera that there is none of: %s", control.Shown(ack.Camera)))
		return
	}
	if ok, tell := c.of(ack.Camera).take(now); !ok {
		if c.refused.Add(1); tell {
			c.answer(ctx, ack, fmt.Errorf("more than %d commands in a second", maxCommands))
		}
		return
	}
	if err == nil {
		err = c.may(r, in)
	}
	outcome := control.Outcome{}
	if err == nil {
		outcome, err = c.control.Do(ctx, control.Command{Kind: r.Kind, Camera: ack.Camera, Value: value})
	}
	if err == nil && len(outcome.Refused) > 0 {
		err = errors.New(strings.Join(outcome.Refused, "; "))
	}
	c.count(outcome, err)
	if ack.Outcome = publish.AckApplied; outcome.Unchanged {
		ack.Outcome = publish.AckUnchanged
	}
	c.answer(ctx, ack, err)
}

// answer publishes what became of a command; err: it was refused.
func (c *commands) answer(ctx context.Context, ack publish.Ack, err error) {
	if err != nil {
		ack.Outcome, ack.Reason = publish.AckRefused, err.Error()
	}
	c.client.logger().Info("command", zap.String("camera", ack.Camera), zap.String("command", ack.Command), zap.String("value", ack.Value),
		zap.String("outcome", string(ack.Outcome)), zap.String("reason", ack.Reason))
	c.client.Publish(ctx, ack)
}

func (c *commands) count(o control.Outcome, err error) {
	switch {
	case err != nil:
		c.refused.Add(1)
	case o.Unchanged:
		c.unchanged.Add(1)
	default:
		c.applied.Add(1)
	}
}

// counts may be called from any goroutine.
func (c *commands) counts() Commands {
	return Commands{Applied: c.applied.Load(), Unchanged: c.unchanged.Load(), Refused: c.refused.Load()}
}

// of is what we know of a camera's commands.
func (c *commands) of(camera string) *recent {
	if c.recent[camera] == nil {
		c.recent[camera] = new(recent)
	}
	return c.recent[camera]
}

// may tells whether a command may be given, and given like this.
func (c *commands) may(r control.Rule, in Incoming) error {
	switch {
	case in.Retained:
		return errors.New("it was retained, and a broker gives such a command again on each connection: send it without retain, " +
			"and clear this one (mosquitto_pub -r -n)")
	case !slices.Contains(c.allowed, r.Permission):
		return fmt.Errorf("it is not allowed (mqtt.commands has no %s)", r.Permission)
	}
	return nil
}

// parseCommand is what a command's message says: a value, or JSON with a value and perhaps an id that comes back in the answer.
// object: the value is itself an object.
func parseCommand(payload []byte, object bool) (value, id string, err error) {
	switch {
	case len(payload) > maxCommand:
		return string(payload), "", fmt.Errorf("%d bytes (want %d at most)", len(payload), maxCommand)
	case !utf8.Valid(payload):
		return string(payload), "", errors.New("it is no UTF-8")
	case !bytes.HasPrefix(payload, []byte("{")):
		return string(payload), "", nil
	case object:
		return parseObject(payload)
	}
	var m struct {
		Value any    `json:"value"`
		ID    string `json:"id"`
	}
	d := json.NewDecoder(bytes.NewReader(payload))
	d.UseNumber()
	d.DisallowUnknownFields()
	if err := d.Decode(&m); err != nil || d.InputOffset() != int64(len(bytes.TrimRight(payload, " \t\r\n"))) {
		return string(payload), "", errors.New(`it is not as wanted: {"value": "ON", "id": "n1"}, or ON alone`)
	}
	switch v := m.Value.(type) {
	case string:
		return v, m.ID, nil
	case json.Number:
		return v.String(), m.ID, nil
	}
	return string(payload), m.ID, errors.New(`its value is no text and no number`)
}

// parseObject is parseCommand for a value that is an object: it may stand alone, with the id in it.
func parseObject(payload []byte) (value, id string, err error) {
	var m map[string]json.RawMessage
	if err := json.Unmarshal(payload, &m); err != nil {
		return string(payload), "", errors.New("it is no JSON")
	}
	if raw, there := m["id"]; there {
		if err := json.Unmarshal(raw, &id); err != nil {
			return string(payload), "", errors.New("its id is no text")
		}
		delete(m, "id")
	}
	if raw, there := m["value"]; there && len(m) == 1 {
		return string(raw), id, nil
	}
	text, err := json.Marshal(m)
	return string(text), id, err
}
