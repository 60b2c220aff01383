package service

import (
	"fmt"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/publish"
	"github.com/inceptiond/inceptiond/publish/publishtest"
)

// decisions are the decisions of a camera so far.
func (a *atWork) decisions(camera string) (list []publish.Decision) {
	for _, d := range a.record.Decisions() {
		if d.Camera == camera {
			list = append(list, d)
		}
	}
	return list
}

// awaitDecision waits until a camera has decided once more.
func (a *atWork) awaitDecision(camera string, before int) []publish.Decision {
	a.t.Helper()
	publishtest.Eventually(a.t, "a decision of "+camera, func() bool { return len(a.decisions(camera)) > before })
	return a.decisions(camera)
}

// Classes that change end what was decided, before anybody hears of the new ones. A camera that goes on keeps its decision;
// one that changes otherwise begins anew, and says nothing of that.
func TestReloadOfDecisions(t *testing.T) {
	text := "mqtt: {broker: off}\ncameras:\n  a: {demo: {seed: 7, interval: 1h}, decision: {enter: 0.2, leave: 0.1, margin: 0%s}}\n  b: {demo: {seed: 7, interval: 1h}, decision: {enter: 0.2, margin: 0}%s}\n"
	s := startService(t, fmt.Sprintf(text, "", ""))
	a, b := s.awaitDecision("a", 0), s.awaitDecision("b", 0)
	if len(a) != 1 || a[0].Label == "" || !a[0].First || len(b) != 1 {
		t.Fatalf("at first %+v, %+v", a, b)
	}

	s.reload(fmt.Sprintf(text, ", groups: {shape: ['*']}", ""))
	a = s.awaitDecision("a", 2)
	if end := a[1]; end.Label != "" || end.Previous != a[0].Label || end.Reason != "classes changed" || end.Sequence != a[0].Sequence {
		t.Errorf("the old classes end with %+v", end)
	}
	if next := a[2]; next.Label != "shape" || next.Previous != "" || !next.First {
		t.Errorf("the new classes begin with %+v", next)
	}
	if got := s.decisions("b"); len(got) != 1 {
		t.Errorf("the camera that goes on tells %+v", got[1:])
	}

	s.reload(fmt.Sprintf(text, ", groups: {shape: ['*']}", ", top_k: 2"))
	if b = s.awaitDecision("b", 1); len(b) != 2 || b[1].Label == "" || b[1].Previous != "" || !b[1].First {
		t.Errorf("the camera that changes otherwise tells %+v", b[1:])
	}
	if got := s.decisions("a"); len(got) != 3 {
		t.Errorf("the camera that goes on tells %+v", got[3:])
	}
	for _, event := range s.record.Events() {
		if event.Kind == publish.EventDecision && event.Camera == "a" && event.Value == "" && event.Reason != "classes changed" {
			t.Errorf("event %+v", event)
		}
	}
}

// Names of classes are checked against the model, and a config with wrong ones is refused as a whole.
func TestReloadRefusesUnknownClasses(t *testing.T) {
	text := "mqtt: {broker: off}\ncameras:\n  a: {demo: {seed: 7, interval: 1h}%s}\n"
	s := startService(t, fmt.Sprintf(text, ""))
	s.awaitDecision("a", 0)
	s.reload(fmt.Sprintf(text, ", decision: {ignore: [rign], groups: {x: [circel]}}"))
	configs := s.record.Configs()
	last := configs[len(configs)-1]
	if got := strings.Join(last.Problems, "\n"); last.State != publish.ConfigRefused ||
		!strings.Contains(got, `camera "a": decision.groups.x: no class is called "circel" (the nearest is "`) ||
		!strings.Contains(got, `camera "a": decision.ignore: no class or group is called "rign" (the nearest is "`) || len(last.Problems) != 2 {
		t.Errorf("%s: %s", last.State, got)
	}
}
