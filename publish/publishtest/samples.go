package publishtest

import (
	"strings"
	"time"

	"github.com/inceptiond/inceptiond/publish"
)

// sampleTime is when everything in this package happens.
var sampleTime = time.Date(2026, 3, 14, 15, 26, 53, 589e6, time.UTC)

// Result is a valid result of camera with one prediction.
func Result(camera, label string) *publish.Result {
	return &publish.Result{
		Device:    "device",
		Camera:    camera,
		Sequence:  1,
		Time:      sampleTime,
		Monotonic: 42 * time.Second,
		Stages: publish.Stages{
			Wait: 100 * time.Microsecond, Preprocess: time.Millisecond,
			Inference: 30 * time.Millisecond, Total: 32 * time.Millisecond,
		},
		Model:       publish.Model{Name: "model", SHA256: strings.Repeat("0123456789abcdef", 4)},
		Engine:      "cpu",
		Predictions: []publish.Prediction{{Index: 3, Label: label, Score: 0.75}},
		Decision:    &publish.Voting{Label: "label", Vote: "label", Votes: 4, Need: 4, Window: 5, Reason: []byte(label)},
	}
}

// State is the state of a camera whose last change r is.
func State(r *publish.Result) publish.State {
	s := publish.State{
		Device: r.Device, Camera: r.Camera, Sequence: r.Sequence,
		Time: r.Time, Monotonic: r.Monotonic, Model: r.Model,
	}
	if len(r.Predictions) > 0 {
		s.Found, s.Top = true, r.Predictions[0]
	}
	return s
}

// Samples are valid messages, one of each kind that the daemon publishes, with text in their JSON. The status of the
// spool is missing: the publisher that has a spool tells it by itself.
func Samples(text string) []publish.JSON {
	r := Result("camera", text)
	return []publish.JSON{
		r,
		State(r),
		publish.CameraStatus{Device: "device", Camera: "camera", State: publish.CameraLost, Reason: text, Time: sampleTime},
		publish.EngineStatus{
			Device: "device", Camera: "camera", Model: r.Model, State: publish.EngineFallback,
			Wanted: "tflite", Engine: "cpu", Reason: text, Time: sampleTime,
		},
		publish.ConfigStatus{
			Device: "device", Boot: "boot", State: publish.ConfigRefused, Problems: []string{text}, Models: []publish.Model{r.Model}, Time: sampleTime,
		},
		publish.Decision{
			Device: "device", Camera: "camera", Sequence: 1, Time: sampleTime, Monotonic: r.Monotonic, Label: "label", Score: 0.75,
			Votes: 1, Window: 1, Reason: text, Model: r.Model,
		},
		publish.Teach{
			Device: "device", Camera: "camera", Name: "name", Classes: []publish.TaughtClass{{Label: "label", Pictures: 3}},
			State: publish.TeachFailed, Reason: text, Time: sampleTime,
		},
		event(text),
	}
}

func event(value string) publish.Event {
	return publish.Event{
		Device: "device", Camera: "camera", Kind: publish.EventCamera, Value: value, Time: sampleTime, Monotonic: time.Minute,
	}
}

// Unknown is a message that no publisher knows what to do with: its kind is in no table, and it has no text.
type Unknown struct{}

// Key implements publish.Message.
func (Unknown) Key() publish.Key {
	return publish.Key{Kind: publish.Kind{Name: "unknown", Topic: "unknown"}, Camera: "camera", Retained: true}
}
