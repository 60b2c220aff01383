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

// printer is a publisher that takes the statuses of cameras, and ignores all the rest.
type printer struct{}

func (printer) Publish(_ context.Context, m publish.Message) error {
	if s, ok := m.(publish.CameraStatus); ok {
		fmt.Println("camera", s.Camera, "is", s.State)
	}
	return nil
}

func (printer) Close() error { return nil }

func ExamplePublisher() {
	var p publish.Publisher = printer{}
	for _, m := range []publish.Message{
		publish.CameraStatus{Camera: "drive", State: publish.CameraOnline},
		&publish.Result{Camera: "drive"},
		door{"garage", true},
	} {
		if err := p.Publish(context.Background(), m); err != nil {
			fmt.Println(err)
		}
	}
	// Output: camera drive is online
}

func ExampleResult_State() {
	r := publish.Result{
		Device: "gate-pi", Camera: "drive", Sequence: 7, Time: time.Date(2026, 3, 14, 15, 26, 53, 0, time.UTC),
		Predictions: []publish.Prediction{{Index: 7, Label: "great tit", Score: 0.9}, {Index: 9, Label: "robin", Score: 0.1}},
	}
	before := r.State()
	r.Predictions[0].Score = 0.5
	fmt.Println(r.State().SameLabel(before))
	r.Predictions = r.Predictions[1:]
	fmt.Println(r.State().SameLabel(before), r.State().Top.Label)
	e := publish.LabelEvent(r.State(), &before)
	fmt.Println(e.Kind, e.Before.Label, "->", e.Top.Label)
	// Output:
	// true
	// false robin
	// label great tit -> robin
}
