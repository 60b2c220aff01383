package pipeline

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/internal/text"
	"github.com/inceptiond/inceptiond/publish"
)

// SnapshotOptions say of which decisions a camera makes pictures, and who gets them. nil, in place of them: it makes none.
type SnapshotOptions struct {
	Classes  []string // those that are worth a picture, by names as in decide.Options.Ignore; empty: all
	Interval time.Duration
	Picture  picture.EncoderOptions

	MQTT   bool // they are published
	Retain bool // there, the newest is kept
	Disk   bool // they are kept on the disk

	// Why makes a JPEG of where the model looked in a picture, by LookOptions.Inner of its frame, for the best class of the
	// answer; that is published too. It is called in the goroutine that makes pictures. nil: there are none.
	Why func(p *picture.Picture, inner []byte, class int) ([]byte, error)
}

// snapping is the part of a camera that makes pictures: answerFrames says of which frames, and encode, a goroutine of its
// own, makes them. Between the two is a slot for one, a copy of the frame; the newest replaces one that waits. A frame that
// no picture is made of costs nothing.
type snapping struct {
	options *SnapshotOptions
	wanted  map[string]bool // labels that are worth a picture; nil: all are
	encoder *picture.Encoder
	asked   atomic.Bool // somebody wants a picture of the next frame

	// Of answerFrames.
	due   string        // what was decided with the frame at work, if that is worth a picture
	last  time.Duration // the frame, since the boot, of the last change that a picture was made of
	began bool          // there was one

	slot chan *snapshot // holds one
}

// snapshot is a picture to be made.
type snapshot struct {
	*picture.Picture        // a copy
	label            string // what was decided with it; empty: somebody asked for it
	synced           bool   // its time can be trusted
	inner            []byte // of the model's answer; nil: nobody wants to see where it looked, or it has not answered
	best             int    // the class that the model is for, with inner
}

// newSnapping makes what a camera needs for pictures of what is decided, whose labels find finds. The error is about Snapshot.
func newSnapping(o *SnapshotOptions, find func(entry string) (labels []string, err error)) (*snapping, error) {
	s := &snapping{options: o, slot: make(chan *snapshot, 1)}
	if o == nil {
		return s, nil
	}
	var errs []error
	for _, entry := range o.Classes {
		labels, err := find(entry)
		if err != nil {
			errs = append(errs, text.Prefix("snapshot.", err))
		}
		if s.wanted == nil {
			s.wanted = map[string]bool{}
		}
		for _, label := range labels {
			s.wanted[label] = true
		}
	}
	encoder, err := picture.NewEncoder(o.Picture)
	if err != nil {
		errs = append(errs, fmt.Errorf("snapshot: %w", err))
	}
	s.encoder = encoder
	return s, errors.Join(errs...)
}

// errNoSnapshots is the answer to who asks a camera for a picture that makes none.
var errNoSnapshots = errors.New("the camera makes no pictures: it needs a section snapshot, with mqtt: true or disk: true")

// Snapshot has a picture made of the next frame, for all who get those of changes. It may be called at any time, from any
// goroutine. It is an error if the camera makes none, or has no frames now; if it is lost before the next one, there is none.
func (c *Camera) Snapshot() error {
	if !c.snapping.used() {
		return errNoSnapshots
	}
	err := c.Away()
	if err == nil {
		c.snapping.asked.Store(true)
	}
	return err
}

// used tells whether anybody gets pictures.
func (s *snapping) used() bool { return s.options != nil && (s.options.MQTT || s.options.Disk) }

// decided notes that a label was decided with the frame at work, whose time since the boot is given.
func (s *snapping) decided(label string, now time.Duration) {
	if !s.used() || label == "" || s.wanted != nil && !s.wanted[label] || s.began && now-s.last < s.options.Interval {
		return
	}
	s.due, s.last, s.began = label, now, true
}

// take copies the picture at work if one is to be made of it.
func (s *snapping) take(p *picture.Picture, look *Look, answered bool) {
	if s.due == "" && !s.asked.Load() {
		return
	}
	s.asked.Store(false)
	next := &snapshot{Picture: p.Copy(), label: s.due, synced: synchronized()}
	s.due = ""
	if answered && s.options.Why != nil {
		next.inner, next.best = bytes.Clone(look.Inner()), look.bestClass()
	}
	select {
	case <-s.slot: // one that waits is not made any more
	default:
	}
	s.slot <- next // for which there is room: nobody else puts any in
}

// sendSnapshots makes the pictures, until no more frames are answered.
func (c *Camera) sendSnapshots() {
	for s := range c.snapping.slot {
		data, err := c.snapping.encoder.Encode(s.Picture)
		var why []byte
		if err == nil && s.inner != nil {
			if why, err = c.snapping.options.Why(s.Picture, s.inner, s.best); err != nil {
				c.often.Warn("no picture made of where the model looked", zap.Error(err))
				err = nil
			}
		}
		frame := s.Frame()
		s.Forget()
		if errors.Is(err, capture.ErrBadFrame) && s.label == "" {
			c.snapping.asked.Store(true) // the next may be better
		}
		if err != nil {
			c.often.Warn("no picture made", zap.Uint64("sequence", frame.Sequence), zap.Error(err))
			continue
		}
		o := c.snapping.options
		c.publish(context.Background(), &publish.Snapshot{
			Device: c.device, Camera: c.name, Sequence: frame.Sequence, Label: s.label, Time: frame.Time, Synced: s.synced, JPEG: data,
			MQTT: o.MQTT, Retain: o.Retain, Disk: o.Disk,
		})
		if why != nil {
			c.publish(context.Background(), &publish.Why{
				Device: c.device, Camera: c.name, Sequence: frame.Sequence, Time: frame.Time, JPEG: why, Retain: o.Retain,
			})
		}
	}
}
