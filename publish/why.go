package publish

import "time"

var whyKind = Kind{Name: "why", Topic: "why", QoS: 1, Retained: true, Media: "image/jpeg", Live: true}

// Why is a picture of where a model looked, beside the frame that it looked at: it goes with a Snapshot. It has no JSON: what is
// sent is the JPEG. The message is the pointer, and it is never changed once it was published.
type Why struct {
	Device   string
	Camera   string
	Sequence uint64 // of the frame
	Time     time.Time
	JPEG     []byte // whole, as it is sent
	Retain   bool   // the newest is kept
}

// Key implements Message.
func (w *Why) Key() Key { return Key{Kind: whyKind, Camera: w.Camera, Retained: w.Retain} }

// Payload implements Binary.
func (w *Why) Payload() []byte { return w.JPEG }
