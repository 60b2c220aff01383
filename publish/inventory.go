package publish

var inventoryKind = Kind{Name: "inventory", Scope: OfDevice, Retained: true}

// Inventory is what there is to be told about. It has no topic and no JSON: publishers take from it what is theirs to
// announce, and what is gone.
type Inventory struct {
	Cameras []string // the names of all of them
}

// Key implements Message.
func (Inventory) Key() Key { return Key{Kind: inventoryKind, Retained: true} }
