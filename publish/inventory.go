package publish

import "slices"

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
}

// Key implements Message.
func (Inventory) Key() Key { return Key{Kind: inventoryKind, Retained: true} }

// Has tells whether camera is in i.
func (i Inventory) Has(camera string) bool {
	return slices.ContainsFunc(i.Cameras, func(l Listed) bool { return l.Name == camera })
}

// Keeps tells whether what is retained of a camera has a place in i, of the kind with the topic: the camera is there, and has
// such messages.
func (i Inventory) Keeps(camera, topic string) bool {
	return slices.ContainsFunc(i.Cameras, func(l Listed) bool { return l.Name == camera && l.keeps(topic) })
}

func (l *Listed) keeps(topic string) bool {
	switch topic {
	case snapshotKind.Topic:
		return l.Retained
	case whyKind.Topic:
		return l.Why && l.Retained
	case teachKind.Topic:
		return l.Taught
	}
	return true
}
