package publishtest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/publish"
)

// Open starts a fresh publisher for one test. delivered is the text of all that it has given away so far, labels and
// reasons included; it may be called at any time, also after Close.
type Open func(t *testing.T) (p publish.Publisher, delivered func() string)

const (
	patience = 10 * time.Second // until a delivery is called lost
	atOnce   = 5 * time.Second  // far more than Publish and Close take, even on a busy machine
)

// Publisher holds a publisher to what publish.Publisher promises.
func Publisher(t *testing.T, open Open) {
	t.Run("delivers", func(t *testing.T) { delivers(t, open) })
	t.Run("keeps nothing of the caller's", func(t *testing.T) { keepsNothing(t, open) })
	t.Run("takes concurrent calls", func(t *testing.T) { concurrent(t, open) })
	t.Run("takes a cancelled context", func(t *testing.T) { cancelled(t, open) })
	t.Run("closes", func(t *testing.T) { closes(t, open) })
	t.Run("tells camera statuses", func(t *testing.T) { statuses(t, open) })
	t.Run("tells engine statuses", func(t *testing.T) { engines(t, open) })
	t.Run("tells the config's status", func(t *testing.T) { config(t, open) })
	t.Run("tells every event", func(t *testing.T) { events(t, open) })
}

// Result is a valid result of camera with one prediction.
func Result(camera, label string) publish.Result {
	return publish.Result{
		Device:    "device",
		Camera:    camera,
		Sequence:  1,
		Time:      time.Date(2026, 3, 14, 15, 26, 53, 589e6, time.UTC),
		Monotonic: 42 * time.Second,
		Stages: publish.Stages{
			Wait: 100 * time.Microsecond, Preprocess: time.Millisecond,
			Inference: 30 * time.Millisecond, Total: 32 * time.Millisecond,
		},
		Model:       publish.Model{Name: "model", SHA256: strings.Repeat("0123456789abcdef", 4)},
		Engine:      "cpu",
		Predictions: []publish.Prediction{{Index: 3, Label: label, Score: 0.75}},
	}
}

// Eventually polls until done, and fails the test with what if that takes longer than ten seconds.
func Eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !done(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within %v: %s", patience, what)
		}
	}
}

func delivers(t *testing.T, open Open) {
	p, delivered := open(t)
	defer mustClose(t, p)
	mustPublish(t, p, Result("camera", "first-label"))
	none := Result("camera", "")
	none.Predictions = nil
	mustPublish(t, p, none)
	mustPublish(t, p, Result("camera", "last-label"))
	Eventually(t, "first-label and last-label", func() bool {
		text := delivered()
		return strings.Contains(text, "first-label") && strings.Contains(text, "last-label")
	})
}

func keepsNothing(t *testing.T, open Open) {
	p, delivered := open(t)
	r := Result("camera", "as-published")
	mustPublish(t, p, r)
	r.Predictions[0].Label = "scribbled-over"
	mustClose(t, p)
	Eventually(t, "as-published", func() bool { return strings.Contains(delivered(), "as-published") })
	if strings.Contains(delivered(), "scribbled-over") {
		t.Error("a slice of the caller's was kept")
	}
}

func concurrent(t *testing.T, open Open) {
	p, delivered := open(t)
	defer mustClose(t, p)
	const goroutines, each = 4, 10
	var wg sync.WaitGroup
	for g := range goroutines {
		wg.Go(func() {
			camera := fmt.Sprintf("camera%d", g)
			for i := range each {
				if err := p.Publish(t.Context(), Result(camera, fmt.Sprintf("label-%d-%d.", g, i))); err != nil {
					t.Errorf("Publish: %v", err)
				}
			}
		})
	}
	wg.Wait()
	Eventually(t, "all labels of all goroutines", func() bool {
		text := delivered()
		for g := range goroutines {
			for i := range each {
				if !strings.Contains(text, fmt.Sprintf("label-%d-%d.", g, i)) {
					return false
				}
			}
		}
		return true
	})
}

// A daemon that stops still has its last words to say.
func cancelled(t *testing.T, open Open) {
	p, delivered := open(t)
	defer mustClose(t, p)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := p.Publish(ctx, Result("camera", "last-words")); err != nil {
		t.Fatalf("Publish: %v", err)
	}
	Eventually(t, "last-words", func() bool { return strings.Contains(delivered(), "last-words") })
}

func closes(t *testing.T, open Open) {
	p, _ := open(t)
	mustClose(t, p)
	mustClose(t, p)
	if err := p.Publish(t.Context(), Result("camera", "label")); !errors.Is(err, publish.ErrClosed) {
		t.Errorf("Publish after Close: %v, want publish.ErrClosed", err)
	}
	if s, ok := p.(publish.StatusPublisher); ok {
		err := s.PublishStatus(t.Context(), publish.CameraStatus{Device: "device", Camera: "camera"})
		if !errors.Is(err, publish.ErrClosed) {
			t.Errorf("PublishStatus after Close: %v, want publish.ErrClosed", err)
		}
	}
	if e, ok := p.(publish.EnginePublisher); ok {
		if err := e.PublishEngine(t.Context(), engine("late")); !errors.Is(err, publish.ErrClosed) {
			t.Errorf("PublishEngine after Close: %v, want publish.ErrClosed", err)
		}
	}
	if e, ok := p.(publish.EventPublisher); ok {
		if err := e.PublishEvent(t.Context(), event("late")); !errors.Is(err, publish.ErrClosed) {
			t.Errorf("PublishEvent after Close: %v, want publish.ErrClosed", err)
		}
	}
}

func statuses(t *testing.T, open Open) {
	p, delivered := open(t)
	defer mustClose(t, p)
	s, ok := p.(publish.StatusPublisher)
	if !ok {
		t.Skip("not a StatusPublisher")
	}
	err := s.PublishStatus(t.Context(), publish.CameraStatus{
		Device: "device", Camera: "camera", State: publish.CameraLost, Reason: "cable-pulled", Time: time.Now(),
	})
	if err != nil {
		t.Fatalf("PublishStatus: %v", err)
	}
	Eventually(t, "cable-pulled", func() bool { return strings.Contains(delivered(), "cable-pulled") })
}

func engine(reason string) publish.EngineStatus {
	return publish.EngineStatus{
		Device: "device", Camera: "camera", State: publish.EngineFallback, Wanted: "tflite", Engine: "cpu", Reason: reason, Time: time.Now(),
	}
}

func engines(t *testing.T, open Open) {
	p, delivered := open(t)
	defer mustClose(t, p)
	e, ok := p.(publish.EnginePublisher)
	if !ok {
		t.Skip("not an EnginePublisher")
	}
	if err := e.PublishEngine(t.Context(), engine("worker-killed")); err != nil {
		t.Fatalf("PublishEngine: %v", err)
	}
	Eventually(t, "worker-killed", func() bool { return strings.Contains(delivered(), "worker-killed") })
}

func event(value string) publish.Event {
	return publish.Event{
		Device: "device", Camera: "camera", Kind: publish.EventCamera, Value: value, Time: time.Now(), Monotonic: time.Minute,
	}
}

func events(t *testing.T, open Open) {
	p, delivered := open(t)
	defer mustClose(t, p)
	e, ok := p.(publish.EventPublisher)
	if !ok {
		t.Skip("not an EventPublisher")
	}
	const count = 100
	for i := range count {
		if err := e.PublishEvent(t.Context(), event(fmt.Sprintf("change-%d.", i))); err != nil {
			t.Fatalf("PublishEvent: %v", err)
		}
	}
	Eventually(t, "every change, in order", func() bool {
		text := delivered()
		for i := range count {
			_, after, found := strings.Cut(text, fmt.Sprintf("change-%d.", i))
			if !found {
				return false
			}
			text = after
		}
		return true
	})
}

func config(t *testing.T, open Open) {
	p, delivered := open(t)
	c, ok := p.(publish.ConfigPublisher)
	if !ok {
		mustClose(t, p)
		t.Skip("not a ConfigPublisher")
	}
	status := publish.ConfigStatus{
		Device: "device", State: publish.ConfigRefused, Problems: []string{"key-misspelt"}, Time: time.Now(),
	}
	if err := c.PublishConfig(t.Context(), status); err != nil {
		t.Fatalf("PublishConfig: %v", err)
	}
	Eventually(t, "key-misspelt", func() bool { return strings.Contains(delivered(), "key-misspelt") })
	mustClose(t, p)
	if err := c.PublishConfig(t.Context(), status); !errors.Is(err, publish.ErrClosed) {
		t.Errorf("PublishConfig after Close: %v, want publish.ErrClosed", err)
	}
}

func mustPublish(t *testing.T, p publish.Publisher, r publish.Result) {
	t.Helper()
	start := time.Now()
	if err := p.Publish(t.Context(), r); err != nil {
		t.Fatalf("Publish: %v", err)
	}
	if took := time.Since(start); took > atOnce {
		t.Errorf("Publish took %v", took)
	}
}

func mustClose(t *testing.T, p publish.Publisher) {
	t.Helper()
	start := time.Now()
	if err := p.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	if took := time.Since(start); took > atOnce {
		t.Errorf("Close took %v", took)
	}
}
