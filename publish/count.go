package publish

import "strconv"

var countKind = Kind{Name: "count", Topic: "count", Names: "label", QoS: 1, Retained: true}

// Count is how many things of a label there are.
type Count struct {
	Label string
	N     int
}

// ShareOf is which share of the picture has a label.
type ShareOf struct {
	Label string
	Share float64 // 0 to 1
}

// Counted is how many things of one label a camera is said to show, as part of a Decision, for those who want the plain number.
type Counted struct {
	Camera string
	Topic  string // of the label: see CountTopics
	N      int
}

// Key implements Message.
func (c Counted) Key() Key {
	return Key{Kind: countKind, Camera: c.Camera, Name: c.Topic, Retained: true}
}

// AppendJSON appends the number (docs/schema/count.json) to dst.
func (c Counted) AppendJSON(dst []byte) []byte { return strconv.AppendInt(dst, int64(c.N), 10) }

// CountChange is a count that is decided otherwise than before.
type CountChange struct {
	Count
	Previous int
	First    bool   // nothing was decided of it before
	Reason   string // for people
}

// CountEvent is the event of a count that has changed with d.
func CountEvent(d Decision, c CountChange) Event {
	e := Event{
		Device: d.Device, Camera: d.Camera, Kind: EventCount, Time: d.Time, Monotonic: d.Monotonic, Model: d.Model,
		Label: c.Label, Value: strconv.Itoa(c.N), Reason: c.Reason,
	}
	if !c.First {
		e.Previous = strconv.Itoa(c.Previous)
	}
	return e
}

// CountTopics gives labels the levels of topics that they have in counts.
type CountTopics struct {
	of    map[string]string // by label
	taken map[string]bool
}

// maxCountTopic is the longest level of a topic that is made of a label, but for what tells it from another one.
const maxCountTopic = 64

// Of is the level of a label, always the same one: lower case, with _ for all but a to z and 0 to 9. Of two that would be alike, the
// one that was asked for later ends in _2.
func (t *CountTopics) Of(label string) string {
	if level := t.of[label]; level != "" {
		return level
	}
	if t.of == nil {
		t.of, t.taken = map[string]string{}, map[string]bool{}
	}
	plain := plainLevel(label)
	level := plain
	for n := 2; t.taken[level]; n++ {
		level = plain + "_" + strconv.Itoa(n)
	}
	t.of[label], t.taken[level] = level, true
	return level
}

// Levels are the levels of topics that labels have, in their order.
func Levels(labels []string) []string {
	var topics CountTopics
	levels := make([]string, len(labels))
	for i, label := range labels {
		levels[i] = topics.Of(label)
	}
	return levels
}

// plainLevel is a label as a level of a topic.
func plainLevel(label string) string {
	var level []byte
	for _, r := range label {
		switch {
		case len(level) == maxCountTopic:
			return string(level)
		case 'A' <= r && r <= 'Z':
			r += 'a' - 'A'
		case !('a' <= r && r <= 'z' || '0' <= r && r <= '9'):
			r = '_'
		}
		level = append(level, byte(r))
	}
	if len(level) == 0 {
		return "_"
	}
	return string(level)
}

// countsMessage are counts by their labels, nil if there are none to tell.
func countsMessage(list []Count) map[string]int {
	if list == nil {
		return nil
	}
	counts := make(map[string]int, len(list))
	for _, c := range list {
		counts[c.Label] += c.N
	}
	return counts
}

// sharesMessage are shares by their labels, nil if there are none to tell.
func sharesMessage(list []ShareOf) map[string]float64 {
	if list == nil {
		return nil
	}
	shares := make(map[string]float64, len(list))
	for _, s := range list {
		shares[s.Label] = Fraction(s.Share)
	}
	return shares
}
