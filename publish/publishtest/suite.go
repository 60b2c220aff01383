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

// All is true for every kind.
func All(publish.Kind) bool { return true }

const (
	patience = time.Minute     // until a delivery is called lost
	atOnce   = 5 * time.Second // far more than Publish and Close take, even on a busy machine
)

// Publisher holds a publisher to what publish.Publisher promises. takes tells the kinds that it delivers; it has to
// ignore the others. It must deliver results.
func Publisher(t *testing.T, takes func(publish.Kind) bool, open Open) {
	t.Run("delivers", func(t *testing.T) { delivers(t, open) })
	t.Run("keeps nothing of the caller's", func(t *testing.T) { keepsNothing(t, open) })
	t.Run("takes concurrent calls", func(t *testing.T) { concurrent(t, open) })
	t.Run("takes a cancelled context", func(t *testing.T) { cancelled(t, open) })
	t.Run("closes", func(t *testing.T) { closes(t, open) })
	t.Run("ignores what it does not know", func(t *testing.T) { ignores(t, takes, open) })
	for _, m := range Samples("said") {
		kind := m.Key().Kind
		if !takes(kind) {
			continue
		}
		t.Run("delivers "+kind.Name, func(t *testing.T) { deliversSample(t, m, open) })
		if kind.Retained {
			t.Run("delivers the newest "+kind.Name, func(t *testing.T) { deliversNewest(t, kind, open) })
		}
		if kind == event("").Key().Kind {
			t.Run("delivers every event", func(t *testing.T) { deliversEvery(t, open) })
		}
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
	r.Different = &publish.Different{Score: 1.25}
	r.Familiarity = &publish.Familiarity{Familiar: 0.5, NearestID: "id", NearestClass: "class"}
	r.Detections = []publish.Detection{{Label: "found-as-published", Predictions: []publish.Prediction{{Label: "seen-as-published"}}}}
	mustPublish(t, p, r)
	r.Detections[0].Predictions[0].Label, r.Detections[0].Label = "scribbled-over", "scribbled-over"
	r.Different.Score = 9876.5
	r.Predictions[0].Label = "scribbled-over"
	r.Camera, r.Engine, r.Decision.Label = "scribbled-over", "scribbled-over", "scribbled-over"
	*r.Familiarity = publish.Familiarity{Familiar: 1, NearestID: "scribbled-over", NearestClass: "scribbled-over"}
	r.Decision.Reason = append(r.Decision.Reason[:0], "scribbled-ov"...)
	mustClose(t, p)
	Eventually(t, "as-published", func() bool { return strings.Contains(delivered(), "as-published") })
	if text := delivered(); strings.Contains(text, "scribbled-ov") || strings.Contains(text, "9876.5") {
		t.Error("what belongs to the caller was kept")
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
				r := Result(camera, fmt.Sprintf("label-%d-%d.", g, i))
				for _, m := range append(Samples(camera), r) { // the others as well, some of them under the same key
					if err := p.Publish(t.Context(), m); err != nil {
						t.Errorf("Publish: %v", err)
					}
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
	late := []publish.Message{Unknown{}}
	for _, m := range Samples("late") {
		late = append(late, m)
	}
	for _, m := range late {
		if err := p.Publish(t.Context(), m); !errors.Is(err, publish.ErrClosed) {
			t.Errorf("Publish of %s after Close: %v, want publish.ErrClosed", m.Key().Kind.Name, err)
		}
	}
}

func ignores(t *testing.T, takes func(publish.Kind) bool, open Open) {
	p, delivered := open(t)
	mustPublish(t, p, Unknown{})
	for _, m := range Samples("not-for-it") {
		if !takes(m.Key().Kind) {
			mustPublish(t, p, m)
		}
	}
	mustPublish(t, p, Result("camera", "afterwards"))
	Eventually(t, "afterwards", func() bool { return strings.Contains(delivered(), "afterwards") })
	mustClose(t, p)
	if text := delivered(); strings.Contains(text, "not-for-it") || strings.Contains(text, "unknown") {
		t.Errorf("delivered: %s", text)
	}
}

func deliversSample(t *testing.T, m publish.Message, open Open) {
	p, delivered := open(t)
	defer mustClose(t, p)
	mustPublish(t, p, m)
	Eventually(t, m.Key().Kind.Name, func() bool { return strings.Contains(delivered(), "said") })
}

// Of retained messages some may be left out, but the newest of a key comes, and comes last.
func deliversNewest(t *testing.T, kind publish.Kind, open Open) {
	p, delivered := open(t)
	defer mustClose(t, p)
	const count = 20
	last := fmt.Sprintf("change-%d.", count-1)
	for i := range count {
		for _, m := range Samples(fmt.Sprintf("change-%d.", i)) {
			if m.Key().Kind == kind {
				mustPublish(t, p, m)
			}
		}
	}
	Eventually(t, last, func() bool { return strings.Contains(delivered(), last) })
	if text := delivered(); strings.LastIndex(text, "change-") != strings.Index(text, last) {
		t.Errorf("%s is not the last: %s", last, text)
	}
}

func deliversEvery(t *testing.T, open Open) {
	p, delivered := open(t)
	defer mustClose(t, p)
	const count = 100
	for i := range count {
		mustPublish(t, p, event(fmt.Sprintf("change-%d.", i)))
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

func mustPublish(t *testing.T, p publish.Publisher, m publish.Message) {
	t.Helper()
	start := time.Now()
	if err := p.Publish(t.Context(), m); err != nil {
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
