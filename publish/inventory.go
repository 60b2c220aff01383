package publish

import (
	"slices"
	"strings"
)

var inventoryKind = Kind{Name: "inventory", Scope: OfDevice, Retained: true}

// Inventory is what there is to be told about. It has no topic and no JSON: publishers take from it what is theirs to
// announce, and what is gone.
type Inventory struct {
	Cameras []Listed // all of them, in the order of their names
	Page    string   // where people see the page from other machines; empty: nowhere
}

// Listed is a camera of an Inventory.
type Listed struct {
	Name      string
	Classes   []string // that may be decided, as a Decision calls them
	Snapshots bool     // pictures of it are published
	Retained  bool     // the newest of them is kept
	Normal    bool     // it compares its scene with normal ones
	Why       bool     // with them, pictures of where the model looked
	Taught    bool     // its model was taught here, or its pictures are collected for one

	Task       string   // of its model; empty: TaskClassify
	Counts     []string // labels of the things that it counts, as far as they are known beforehand
	CountsMore bool     // it counts things of other labels too, as they come
	Shares     []string // labels of the areas whose shares it tells, as far as they are known beforehand
	SegmentMap bool     // it tells which class is where
}

// Classifies tells whether the camera's model is a classifier.
func (l *Listed) Classifies() bool { return l.Task == "" || l.Task == TaskClassify }

// Tells tells whether the camera decides for a label: a class, or who somebody is.
func (l *Listed) Tells() bool { return l.Classifies() || l.Task == TaskEmbed && len(l.Classes) > 0 }

// CountTopics are the levels of topics that Counts have, in their order.
func (l *Listed) CountTopics() []string { return Levels(l.Counts) }

// Key implements Message.
func (Inventory) Key() Key { return Key{Kind: inventoryKind, Retained: true} }

// Has tells whether camera is in i.
func (i Inventory) Has(camera string) bool {
	return slices.ContainsFunc(i.Cameras, func(l Listed) bool { return l.Name == camera })
}

// Keeps tells whether what is retained of a camera has a place in i, at a topic below the camera's: the camera is there, and has
// such messages.
func (i Inventory) Keeps(camera, topic string) bool { return i.keeps(camera, topic, true) }

// Expects is Keeps for what somebody else has left there: of things whose labels are not known beforehand nothing is expected.
func (i Inventory) Expects(camera, topic string) bool { return i.keeps(camera, topic, false) }

func (i Inventory) keeps(camera, topic string, more bool) bool {
	return slices.ContainsFunc(i.Cameras, func(l Listed) bool { return l.Name == camera && l.keeps(topic, more) })
}

func (l *Listed) keeps(topic string, more bool) bool {
	kind, name, _ := strings.Cut(topic, "/")
	switch kind {
	case snapshotKind.Topic:
		return l.Retained
	case whyKind.Topic:
		return l.Why && l.Retained
	case teachKind.Topic:
		return l.Taught
	case segmentMapKind.Topic:
		return l.SegmentMap
	case countKind.Topic:
		return l.CountsMore && more || slices.Contains(l.CountTopics(), name)
	}
	return true
}
