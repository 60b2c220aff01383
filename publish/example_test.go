package publish_test

import (
	"context"
	"fmt"
	"time"

	"github.com/inceptiond/inceptiond/publish"
)

// door is a message of a new kind: a type, its key, and its JSON.
type door struct {
	name string
	open bool
}

func (d door) Key() publish.Key {
	kind := publish.Kind{Name: "door", Topic: "door", Scope: publish.OfDevice, QoS: 1, Retained: true, Lines: true}
	return publish.Key{Kind: kind, Name: d.name, Retained: true}
}

func (d door) AppendJSON(dst []byte) []byte { return fmt.Appendf(dst, `{"open":%t}`, d.open) }

func ExampleMessage() {
	var m publish.JSON = door{"garage", true}
	fmt.Println(m.Key().Topic(), string(m.AppendJSON(nil)))
	fmt.Println(m.Key() == door{"garage", false}.Key(), m.Key() == door{"house", true}.Key())
	// Output:
	// door/garage {"open":true}
	// true false
}

// relay is a publisher: it switches a light on while a camera shows a person, and ignores all the rest.
type relay struct{ on bool }

func (r *relay) Publish(_ context.Context, m publish.Message) error {
	if s, ok := m.(publish.State); ok {
		r.on = s.Found && s.Top.Label == "person" // and here it would set a pin, without waiting
	}
	return nil
}

func (r *relay) Close() error { r.on = false; return nil }

func ExamplePublisher() {
	light := new(relay)
	var p publish.Publisher = light
	for _, m := range []publish.Message{
		publish.CameraStatus{Camera: "drive", State: publish.CameraOnline},
		publish.State{Camera: "drive", Found: true, Top: publish.Prediction{Label: "person", Score: 0.9}},
		door{"garage", true},
		publish.State{Camera: "drive"},
	} {
		if err := p.Publish(context.Background(), m); err != nil {
			fmt.Println(err)
		}
		fmt.Printf("%s: %t\n", m.Key().Kind.Name, light.on)
	}
	// Output:
	// camera-status: false
	// state: true
	// door: true
	// state: false
}

func ExampleLabelEvent() {
	at := time.Date(2026, 3, 14, 15, 26, 53, 0, time.UTC)
	before := publish.State{Camera: "drive", Found: true, Top: publish.Prediction{Index: 7, Label: "great tit", Score: 0.9}}
	now := publish.State{Camera: "drive", Time: at, Found: true, Top: publish.Prediction{Index: 9, Label: "robin", Score: 0.6}}
	e := publish.LabelEvent(now, &before)
	fmt.Println(e.Camera, e.Kind, e.Before.Label, "->", e.Top.Label)
	fmt.Println(publish.LabelEvent(now, nil).Before == nil)
	// Output:
	// drive label great tit -> robin
	// true
}
