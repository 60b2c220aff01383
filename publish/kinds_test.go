package publish_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/publish"
)

// jsonKinds are those that have a schema.
func jsonKinds() []publish.Kind {
	return slices.DeleteFunc(publish.Kinds(), func(k publish.Kind) bool { return k.Media != "" })
}

func TestKindsAreWhole(t *testing.T) {
	names := map[string]bool{}
	for _, k := range publish.Kinds() {
		if k.Name == "" || k.Topic == "" || names[k.Name] || k.QoS < publish.AsConfigured || k.QoS > 2 {
			t.Errorf("kind %+v", k)
		}
		names[k.Name] = true
		if k.Pause != 0 && !k.Retained {
			t.Errorf("%s has a pause, and is not retained", k.Name)
		}
	}
	for name, m := range messages() {
		key := m.Key()
		if !slices.Contains(publish.Kinds(), key.Kind) {
			t.Errorf("%s: its kind is not in the table: %+v", name, key.Kind)
		}
		if key.Retained != key.Kind.Retained {
			t.Errorf("%s: retained %t, and its kind %t", name, key.Retained, key.Kind.Retained)
		}
		if alone := key.Camera == ""; alone && key.Kind.Scope == publish.OfCamera || !alone && key.Kind.Scope == publish.OfDevice {
			t.Errorf("%s of the camera %q", name, key.Camera)
		}
		delete(names, key.Kind.Name)
	}
	for _, k := range publish.Kinds() {
		if k.Media != "" { // a picture
			delete(names, k.Name)
		}
	}
	for name := range names {
		t.Errorf("no golden file has a message of the kind %s", name)
	}
}

func TestKeysCompare(t *testing.T) {
	a, b := publish.CameraStatus{Camera: "a", State: publish.CameraOnline}, publish.CameraStatus{Camera: "a", State: publish.CameraLost}
	if a.Key() != b.Key() {
		t.Error("two statuses of a camera have different keys")
	}
	for _, other := range []publish.Message{publish.CameraStatus{Camera: "b"}, publish.EngineStatus{Camera: "a"}, publish.State{Camera: "a"}} {
		if a.Key() == other.Key() {
			t.Errorf("%+v has the key of %+v", other, a)
		}
	}
}

func TestTopics(t *testing.T) {
	kind := publish.Kind{Topic: "count"}
	for want, key := range map[string]publish.Key{
		"count":           {Kind: kind},
		"drive/count":     {Kind: kind, Camera: "drive"},
		"drive/count/dog": {Kind: kind, Camera: "drive", Name: "dog"},
		"count/dog":       {Kind: kind, Name: "dog"},
	} {
		if got := key.Topic(); got != want {
			t.Errorf("%+v: %s, want %s", key, got, want)
		}
	}
}

// Every kind has a schema, and every schema but the doctor's, which is no message, a kind.
func TestEveryKindHasASchema(t *testing.T) {
	files, err := filepath.Glob("../docs/schema/*.json")
	if err != nil {
		t.Fatal(err)
	}
	got := []string{"doctor"}
	for _, k := range jsonKinds() {
		got = append(got, k.Name)
	}
	var want []string
	others := []string{"bench", "bundle", "bundle-step", "classify", "command", "evaluate", "model-info", "model-list", "openapi", "replay", "teach-report"} // what commands print, and what we hear
	for _, file := range files {
		if name := strings.TrimSuffix(filepath.Base(file), ".json"); !slices.Contains(others, name) {
			want = append(want, name)
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("kinds %q, schemas %q", got, want)
	}
}

// The table of topics in docs/messages.md says of every kind what the table of kinds says.
func TestTopicsAreDocumented(t *testing.T) {
	doc, err := os.ReadFile("../docs/messages.md")
	if err != nil {
		t.Fatal(err)
	}
	row := regexp.MustCompile("(?m)^\\| `<prefix>/([^`]+)` \\| \\[[^]]*\\]\\(#([a-z-]+)\\) \\|.*\\| ([^|]+) \\| ([^|]+) \\|$")
	var documented []string
	for _, m := range row.FindAllSubmatch(doc, -1) {
		documented = append(documented, strings.Join([]string{string(m[1]), string(m[3]), string(m[4])}, " "))
	}
	var want []string
	for _, k := range publish.Kinds() {
		rest := " " + map[publish.QoS]string{publish.AsConfigured: "`mqtt.qos`", 0: "0", 1: "1", 2: "2"}[k.QoS]
		switch {
		case k.Retained && k.Live:
			rest += " `snapshot.retain`" // as configured
		case k.Retained:
			rest += " yes"
		default:
			rest += " no"
		}
		if k.Names != "" {
			rest = "/<" + k.Names + ">" + rest
		}
		if k.Scope != publish.OfDevice {
			want = append(want, "<camera>/"+k.Topic+rest)
		}
		if k.Scope != publish.OfCamera {
			want = append(want, k.Topic+rest)
		}
	}
	slices.Sort(documented)
	slices.Sort(want)
	if !slices.Equal(documented, want) {
		t.Errorf("docs/messages.md has the topics\n%s\nwant\n%s", strings.Join(documented, "\n"), strings.Join(want, "\n"))
	}
}

func TestWhy(t *testing.T) {
	w := &publish.Why{Camera: "drive", JPEG: []byte{0xff, 0xd8}}
	var b publish.Binary = w
	if key := b.Key(); key.Retained || key.Topic() != "drive/why" || key.Kind.Media != "image/jpeg" || !slices.Contains(publish.Kinds(), key.Kind) {
		t.Errorf("%+v", key)
	}
	if w.Retain = true; !w.Key().Retained || len(b.Payload()) != 2 {
		t.Errorf("%+v", w.Key())
	}
}

// What is retained of a camera is kept for as long as the camera has such messages.
func TestKeeps(t *testing.T) {
	for _, test := range []struct {
		is   publish.Listed
		want string
	}{
		{publish.Listed{}, "state"},
		{publish.Listed{Retained: true}, "state snapshot"},
		{publish.Listed{Why: true}, "state"},
		{publish.Listed{Retained: true, Why: true, Taught: true}, "state snapshot why teach"},
	} {
		test.is.Name = "drive"
		i := publish.Inventory{Cameras: []publish.Listed{{Name: "yard"}, test.is}}
		var got []string
		for _, topic := range []string{"state", "snapshot", "why", "teach"} {
			if i.Keeps("drive", topic) {
				got = append(got, topic)
			}
		}
		if strings.Join(got, " ") != test.want || i.Keeps("gone", "state") {
			t.Errorf("%+v keeps %q, want %q", test.is, got, test.want)
		}
	}
}

func TestSnapshots(t *testing.T) {
	s := &publish.Snapshot{Camera: "drive", JPEG: []byte{0xff, 0xd8}}
	var b publish.Binary = s
	if key := b.Key(); key.Retained || key.Topic() != "drive/snapshot" || key.Kind.Media != "image/jpeg" || !slices.Contains(publish.Kinds(), key.Kind) {
		t.Errorf("%+v", key)
	}
	if s.Retain = true; !s.Key().Retained || len(b.Payload()) != 2 {
		t.Errorf("%+v", s.Key())
	}
}
