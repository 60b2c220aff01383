package publish

import "time"

// Message is something that the daemon tells. Most of its types are small values; a result, of which there is one for
// every frame, is a pointer, so that its maker can use it again.
type Message interface {
	// Key tells what the message is about. It is the same as often as it is asked.
	Key() Key
}

// JSON is a Message that has a text in JSON, as its schema in docs/schema says.
type JSON interface {
	Message
	// AppendJSON appends the text, which is one line without its end, to dst.
	AppendJSON(dst []byte) []byte
}

// Binary is a Message that is no text: a picture. Its Kind says what it is.
type Binary interface {
	Message
	// Payload is what is sent. It must not be changed.
	Payload() []byte
}

// Key is what a message is about. Keys can be compared: of the retained messages with the same key only the newest
// counts, it takes the place of all before.
type Key struct {
	Kind     Kind
	Camera   string // its name in the config; empty: the message is not about one camera
	Name     string // what of the camera, or of the machine, where a kind has several of them; mostly empty
	Retained bool   // the newest is kept, for those who come later
}

// Topic is where messages with this key go, below the prefix of all topics: drive/state.
func (k Key) Topic() string {
	topic := k.Kind.Topic
	if k.Camera != "" {
		topic = k.Camera + "/" + topic
	}
	if k.Name != "" {
		topic += "/" + k.Name
	}
	return topic
}

// Kind is a sort of message, and all that publishers have to know of it.
type Kind struct {
	Name     string        // of the schema too, which is docs/schema/<Name>.json; a Binary has none
	Topic    string        // last level of its topics, but for the Name of a Key
	Names    string        // what the Name of its Keys is: label; empty: they have none
	Scope    Scope         // what it is about
	QoS      QoS           // of its delivery over MQTT
	Retained bool          // the newest of each key is retained, if its Key says so too
	Pause    time.Duration // least time between two retained ones with the same key, of which the newest wins; 0: none
	Lines    bool          // it is shown on standard output
	Live     bool          // it is for who listens now: unless it is retained, it does not wait for the broker
	Report   bool          // it comes again and again by itself: the newest is told to Home Assistant when that starts
	Media    string        // the media type of a Binary: image/jpeg; empty: it is JSON
}

// Scope is what the messages of a kind may be about.
type Scope int

// The scopes.
const (
	OfCamera Scope = iota // always one camera
	OfDevice              // never one camera
	OfBoth                // either
)

// QoS is MQTT's quality of service: 0, 1 or 2, or as the config says.
type QoS int

// AsConfigured is the QoS that mqtt.qos sets.
const AsConfigured QoS = -1

// Kinds is the table of all kinds, in the order in which the newest messages are sent over a new connection.
func Kinds() []Kind {
	return []Kind{
		configKind, spoolKind, gpioKind, cameraKind, engineKind, settingsKind, gateKind, teachKind, stateKind, decisionKind, countKind,
		snapshotKind, whyKind, segmentMapKind, eventKind, changeKind, resultKind, ackKind, statsKind, systemKind,
	}
}
