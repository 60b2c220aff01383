package publish

import "time"

// segmentMapPause: the broker keeps one, and nobody looks at more of them.
const segmentMapPause = time.Second

var segmentMapKind = Kind{Name: "segment_map", Topic: "segment_map", QoS: 1, Retained: true, Pause: segmentMapPause, Media: "image/png"}

// SegmentMap is a picture of which class is where. It has no JSON: what is sent is the PNG, with a palette, whose numbers are those
// of the classes. The message is the pointer, and it is never changed once it was published.
type SegmentMap struct {
	Camera string
	PNG    []byte // whole, as it is sent
}

// Key implements Message.
func (s *SegmentMap) Key() Key {
	return Key{Kind: segmentMapKind, Camera: s.Camera, Retained: true}
}

// Payload implements Binary.
func (s *SegmentMap) Payload() []byte { return s.PNG }
