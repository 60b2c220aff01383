package mqtt

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/inceptiond/inceptiond/daemon/control"
	"github.com/inceptiond/inceptiond/publish"
	"github.com/inceptiond/inceptiond/publish/homeassistant"
	"github.com/inceptiond/inceptiond/publish/mqtt/spool"
)

// Options say which broker, who we are there, and what goes out.
type Options struct {
	// Brokers is where the broker can be had. Of several addresses, those of a cluster, the client takes one after the other until
	// one lets it in, and stays with that; in which order, its id says.
	Brokers []Address
	Device  string // the machine's name: part of the client id and of the default prefix

	Prefix   string // of every topic; empty: inceptiond/<Device>
	ClientID string // one per broker; empty: inceptiond-<Device>

	Username string
	// Password is called before each connection, so that a changed password works without a restart. nil: none.
	Password func() (string, error)
	TLS      TLS // for mqtts and wss

	KeepAlive time.Duration // between signs of life, whole seconds; 0: 30 s
	QoS       byte          // of results: 0, 1 or 2
	MaxRate   float64       // results per second and camera; 0: all
	Queue     int           // results kept while the broker is slow or away; 0: 1000

	Subscribe []Subscription // what to hear; nil: nothing

	// Commands are the permissions that subscribers have to command the cameras, as control.Rules names them, and Control is
	// who obeys; it is called from one goroutine. Empty, or nil: nobody may anything. They take a publish.Inventory to know
	// the cameras.
	Commands []string
	Control  control.Controller

	// HomeAssistant has the client announce to it what a publish.Inventory lists. The fields Device, Prefix and Commands are
	// filled in here. nil: it does not. Announced is when the client whose place the new one takes did so.
	HomeAssistant *homeassistant.Options
	Announced     map[string]time.Time

	// Ask has the client ask the broker, if it speaks MQTT 5, what may be written and how large a message may be: events that it
	// would throw away wait in the spool. It takes a publish.Inventory to know the topics.
	Ask bool

	// Sweep clears what cameras that are gone have left on the broker, once. It takes a publish.Inventory to know which.
	Sweep bool

	// After is the number of the last event of a client of this process whose place the new one takes.
	After publish.Number

	Spool Spool               // of events
	Now   func() spool.Moment // the machine's clocks, called by several goroutines; nil: the process's own
}

// Spool says where events wait until the broker has acknowledged them, and how many. See the package spool.
type Spool struct {
	Dir       string        // empty: in memory
	NoDir     string        // why Dir is empty, if there should be one
	MaxBytes  int64         // on the disk; 0: 16 MiB
	MaxAge    time.Duration // 0: a week
	MaxWrites int           // forced writes to the disk per minute; 0: one for each event, before it is sent
}

// TLS names the files of an encrypted connection. They are read before each connection. The zero value trusts the
// system's certificate authorities.
type TLS struct {
	CAFile     string // PEM, instead of the system's authorities
	CertFile   string // PEM, our certificate, if the broker asks for one
	KeyFile    string // PEM, its key
	ServerName string // expected in the broker's certificate, where its Address has none; empty: the host of its URL
}

const (
	defaultKeepAlive = 30 * time.Second
	maxKeepAlive     = 65535 * time.Second // 16 bits in the packet
	defaultQueue     = 1000
	defaultMaxBytes  = 16 << 20
	defaultMaxAge    = 7 * 24 * time.Hour
	maxName          = 1000  // bytes of a level
	maxTopic         = 65535 // bytes of a topic: MQTT 3.1.1, section 1.5.3
)

// defaultPorts are also the list of the schemes that dial knows.
var defaultPorts = map[string]string{
	"mqtt": "1883", "tcp": "1883",
	"mqtts": "8883", "ssl": "8883",
	"ws": "80", "wss": "443",
}

// withDefaults fills what is left out and checks all the rest.
func (o Options) withDefaults() (Options, []*node, error) {
	if err := checkLevel("device", o.Device); err != nil {
		return o, nil, err
	}
	if o.Prefix == "" {
		o.Prefix = "inceptiond/" + o.Device
	}
	if err := CheckPrefix(o.Prefix); err != nil {
		return o, nil, err
	}
	if o.ClientID == "" {
		o.ClientID = "inceptiond-" + o.Device
	}
	if o.KeepAlive == 0 {
		o.KeepAlive = defaultKeepAlive
	}
	if o.Queue == 0 {
		o.Queue = defaultQueue
	}
	o.Spool.MaxBytes = cmp.Or(o.Spool.MaxBytes, defaultMaxBytes)
	o.Spool.MaxAge = cmp.Or(o.Spool.MaxAge, defaultMaxAge)
	if o.Now == nil {
		o.Now = processClock()
	}
	if o.HomeAssistant != nil {
		o.HomeAssistant = o.announcement()
	}
	nodes, err := o.newNodes()
	if err != nil {
		return o, nil, err
	}
	return o, nodes, o.check()
}

func (o Options) check() error {
	switch {
	case !clean(o.ClientID) || len(o.ClientID) > maxName:
		return fmt.Errorf("mqtt: client id %q: want printable text", o.ClientID)
	case o.Password != nil && o.Username == "":
		return errors.New("mqtt: a password without a username: set mqtt.username too")
	case o.KeepAlive < time.Second || o.KeepAlive > maxKeepAlive:
		return fmt.Errorf("mqtt: keep-alive %v: want 1s to %v", o.KeepAlive, maxKeepAlive)
	case o.QoS > 2:
		return fmt.Errorf("mqtt: QoS %d: want 0, 1 or 2", o.QoS)
	case !(o.MaxRate >= 0): // NaN too
		return fmt.Errorf("mqtt: rate of %v results per second: want 0 (all) or more", o.MaxRate)
	case o.Queue < 1:
		return fmt.Errorf("mqtt: queue of %d results: want 1 or more", o.Queue)
	case o.Spool.MaxBytes < spool.MinBytes:
		return fmt.Errorf("mqtt: spool of %d bytes: want %d or more", o.Spool.MaxBytes, spool.MinBytes)
	case o.Spool.MaxAge < 0 || o.Spool.MaxWrites < 0:
		return fmt.Errorf("mqtt: spool with an age of %v and %d writes a minute: want 0 or more", o.Spool.MaxAge, o.Spool.MaxWrites)
	}
	for _, s := range o.Subscribe {
		if err := s.check(o.Prefix); err != nil {
			return err
		}
	}
	if o.HomeAssistant != nil {
		return checkAnnouncement(*o.HomeAssistant)
	}
	return nil
}

// who we are for the broker, as its access rules say it.
func (o Options) who() string {
	if o.Username == "" {
		return "everybody"
	}
	return fmt.Sprintf("the user %q", o.Username)
}

// minInterval is the least time between two results of a camera.
func (o Options) minInterval() time.Duration {
	if o.MaxRate == 0 {
		return 0
	}
	return time.Duration(min(float64(time.Second)/o.MaxRate, float64(time.Hour)))
}

// CheckPrefix tells whether topics can begin with prefix: it holds every level to checkLevel.
func CheckPrefix(prefix string) error {
	for level := range strings.SplitSeq(prefix, "/") {
		if err := checkLevel("level", level); err != nil {
			return fmt.Errorf("mqtt: prefix %q: %w", prefix, err)
		}
	}
	if len(prefix) > maxName {
		return fmt.Errorf("mqtt: prefix of %d bytes: too long for a topic", len(prefix))
	}
	if strings.HasPrefix(prefix, "$") {
		return fmt.Errorf("mqtt: prefix %q: topics with $ belong to the broker", prefix)
	}
	return nil
}

// checkLevel accepts what may be one level of a topic (MQTT 3.1.1, section 4.7). what names it in the error.
func checkLevel(what, level string) error {
	switch {
	case level == "":
		return fmt.Errorf("mqtt: empty %s name", what)
	case len(level) > maxName:
		return fmt.Errorf("mqtt: %s name of %d bytes: too long for a topic", what, len(level))
	case strings.ContainsAny(level, "+#/"):
		return fmt.Errorf("mqtt: %s name %q: + # and / have a meaning in topics", what, level)
	case !clean(level):
		return fmt.Errorf("mqtt: %s name %q: want printable text", what, level)
	}
	return nil
}

// clean tells whether s is UTF-8 without control characters.
func clean(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl)
}
