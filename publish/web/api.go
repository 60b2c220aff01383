package web

import "encoding/json"

// What the page's own answers look like. Results, decisions, statuses and events in them are the messages of
// docs/messages.md, byte for byte.

// live answers GET api/v1/live?after=CURSOR: what has changed since then, or all if there is no CURSOR.
type live struct {
	Cursor  string `json:"cursor"`  // for the next call
	Device  string `json:"device"`  // the machine
	Version string `json:"version"` // of the program
	Time    string `json:"time"`    // now, by the machine's clock
	Line    string `json:"line"`    // how all is, for people: "all well", or what is not
	Well    bool   `json:"well"`
	Broker  string `json:"broker"` // "connected", "away", "off"

	Teach bool `json:"teach"` // there is a page for it
	Why   bool `json:"why"`   // there are pictures of why

	// All says that a camera that is not listed is not there; else it has not changed.
	All     bool         `json:"all"`
	Cameras []liveCamera `json:"cameras"`
	Gone    []string     `json:"gone,omitempty"` // cameras that are no more
	Events  []event      `json:"events"`         // newest first, at most 50

	version uint64 // of the memory
}

// liveCamera is what has changed of a camera. What is null has not.
type liveCamera struct {
	Camera
	Status   json.RawMessage `json:"status,omitempty"`
	Decision json.RawMessage `json:"decision,omitempty"`
	Gate     json.RawMessage `json:"gate,omitempty"`
	Settings json.RawMessage `json:"settings,omitempty"`
	Engine   json.RawMessage `json:"engine,omitempty"`
	Result   json.RawMessage `json:"result,omitempty"`  // of the picture below; of a camera of which there is no picture: the newest
	Mask     json.RawMessage `json:"mask,omitempty"`    // of the picture below: maskJSON
	Picture  *shown          `json:"picture,omitempty"` // the newest picture; picture.jpg?sequence= has it
	Rate     float64         `json:"rate"`              // answers a second
	Mean     float64         `json:"inference_ms"`      // of the last answer
}

// shown is a picture that is ready. That of a view is its camera's.
type shown struct {
	Camera   string `json:"camera"` // whose picture.jpg it is
	Sequence uint64 `json:"sequence"`
	Width    int    `json:"width"` // of the upright frame, pixels
	Height   int    `json:"height"`
	Time     string `json:"time"` // of the frame
}

// event is an event and its picture, or the picture alone of one that is not remembered.
type event struct {
	ID      string          `json:"id"`
	Event   json.RawMessage `json:"event,omitempty"`
	Kept    *keptPicture    `json:"kept,omitempty"`
	Picture bool            `json:"picture"` // events/{id}/picture.jpg

	kept string // the ID of the picture on the disk; empty: there is none
}

// keptPicture is a Kept.
type keptPicture struct {
	Camera string `json:"camera"`
	Time   string `json:"time"`
	Label  string `json:"label"`
	Synced bool   `json:"clock_synced"`
}

// maskJSON is which class is where in a picture.
type maskJSON struct {
	PNG     []byte     `json:"png"`     // base64: it is transparent but for the classes that the result lists as segments
	Box     [4]float64 `json:"box"`     // the part of the picture that it shows: x, y, width, height in fractions
	Colours []string   `json:"colours"` // of the segments of the result, in their order: "#rrggbb"
}

// failure is every answer that is none.
type failure struct {
	Error    string    `json:"error"`
	Problems []Problem `json:"problems,omitempty"`
	Worse    bool      `json:"worse,omitempty"` // of teach/{name}/use: it would be done with force
}

// preview answers POST cameras/{c}/preview and models/{m}/test.
type preview struct {
	Sequence    uint64           `json:"sequence,omitempty"`
	Input       []byte           `json:"input"` // PNG, base64
	Width       int              `json:"width"`
	Height      int              `json:"height"`
	Classes     []predictionJSON `json:"classes"`
	Found       json.RawMessage  `json:"found"`          // as results have it
	Mask        json.RawMessage  `json:"mask,omitempty"` // maskJSON
	Shows       [4]float64       `json:"shows"`          // the part of the upright picture that input shows
	InferenceMS float64          `json:"inference_ms"`
	Why         []byte           `json:"why,omitempty"`    // PNG, base64: what speaks for the best class is in the light
	Reason      string           `json:"reason,omitempty"` // the same in words, or why there is no such picture
	Familiar    *float64         `json:"familiar,omitempty"`
	Unknown     bool             `json:"unknown,omitempty"`
	Nearest     *Nearest         `json:"nearest,omitempty"`
}

type predictionJSON struct {
	Index int     `json:"index"`
	Label string  `json:"label"`
	Score float32 `json:"score"`
}
