package publish

import "time"

var snapshotKind = Kind{Name: "snapshot", Topic: "snapshot", QoS: 1, Retained: true, Media: "image/jpeg", Live: true}

// Snapshot is a picture, mostly the one of a change. It has no JSON: what is sent is the JPEG. The message is the
// pointer, and it is never changed once it was published.
type Snapshot struct {
	Device   string
	Camera   string
	Sequence uint64 // of the frame
	Label    string // what was decided then; empty: nothing, or somebody asked for the picture
	Time     time.Time
	Synced   bool   // Time can be trusted
	JPEG     []byte // whole, as it is sent
	MQTT     bool   // it is for the broker
	Retain   bool   // there, the newest is kept
	Disk     bool   // it is for the disk
}

// Key implements Message.
func (s *Snapshot) Key() Key { return Key{Kind: snapshotKind, Camera: s.Camera, Retained: s.Retain} }

// Payload implements Binary.
func (s *Snapshot) Payload() []byte { return s.JPEG }
