package publish

import "time"

// A second's pause, so that losses by the hundred are not told by the hundred.
var spoolKind = Kind{Name: "spool", Topic: "spool", Scope: OfDevice, QoS: 1, Retained: true, Pause: time.Second}

// SpoolState says where events wait for the broker.
type SpoolState string

// The states of a spool.
const (
	SpoolDisk   SpoolState = "disk"   // where they survive a restart
	SpoolMemory SpoolState = "memory" // where they do not: no spool is set up, or the disk is full or broken
)

// SpoolStatus is how the spool of events is.
type SpoolStatus struct {
	Device     string
	State      SpoolState
	Reason     string // why they are in memory, for people
	Waiting    int    // events that the broker has not acknowledged
	Held       int    // those of them that it would not take
	HeldReason string // why not, for people
	Bytes      int64  // on the disk
	Dropped    SpoolLosses
	Time       time.Time
}

// SpoolLosses count events that were given up, over restarts of the daemon as far as the disk remembers.
type SpoolLosses struct {
	Bytes   uint64 // the oldest, for room on the disk
	Age     uint64 // too old
	Memory  uint64 // the oldest, for room in memory
	Damaged uint64 // unreadable on the disk
}

// Key implements Message.
func (s SpoolStatus) Key() Key { return Key{Kind: spoolKind, Retained: true} }

// AppendJSON appends the spool status message (docs/schema/spool.json) to dst.
func (s SpoolStatus) AppendJSON(dst []byte) []byte {
	return appendJSON(dst, spoolMessage{
		Schema: Schema, Device: s.Device, State: s.State, Reason: s.Reason,
		Waiting: s.Waiting, Held: s.Held, HeldReason: s.HeldReason, Bytes: s.Bytes, Dropped: droppedMessage(s.Dropped), Time: timestamp(s.Time),
	})
}

type (
	spoolMessage struct {
		Schema     int            `json:"schema"`
		Device     string         `json:"device"`
		State      SpoolState     `json:"state"`
		Reason     string         `json:"reason,omitempty"`
		Waiting    int            `json:"waiting"`
		Bytes      int64          `json:"bytes"`
		Held       int            `json:"held"`
		HeldReason string         `json:"held_reason,omitempty"`
		Dropped    droppedMessage `json:"dropped"`
		Time       string         `json:"time"`
	}
	droppedMessage struct {
		Bytes   uint64 `json:"bytes"`
		Age     uint64 `json:"age"`
		Memory  uint64 `json:"memory"`
		Damaged uint64 `json:"damaged"`
	}
)
