package publish_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"maps"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/inceptiond/inceptiond/publish"
	"github.com/inceptiond/inceptiond/publish/publishtest"
)

var update = flag.Bool("update", false, "write the golden files")

// example is a result with every field set.
func example() *publish.Result {
	return &publish.Result{
		Device:    "gate-pi",
		Camera:    "drive",
		Sequence:  1042,
		Time:      time.Date(2026, 3, 14, 16, 26, 53, 589_793_238, time.FixedZone("", 3600)),
		Monotonic: 8_123_456_789 * time.Microsecond,
		Picture:   "parcel.jpg",
		Stages: publish.Stages{
			Wait: 412 * time.Microsecond, Preprocess: 1_250_400 * time.Nanosecond,
			Inference: 35 * time.Millisecond, Total: 36_901 * time.Microsecond,
		},
		Model:  publish.Model{Name: "birds", SHA256: strings.Repeat("0123456789abcdef", 4)},
		Engine: "cpu",
		Image:  publish.Size{Width: 1280, Height: 720},
		Predictions: []publish.Prediction{
			{Index: 7, Label: "great tit", Score: 0.87890625},
			{Index: 0, Label: "background", Score: 0.0625},
		},
		Decision: &publish.Voting{
			Label: "dog", Vote: "cat", Votes: 2, Need: 4, Window: 5, Pending: true, Reason: []byte("cat 2 of 5, score 0.66, margin 0.31"),
		},
	}
}

// messages are the real messages of every kind, by the name of their golden file.
func messages() map[string]publish.JSON {
	full, none, odd := example(), example(), example()
	none.Picture, none.Predictions = "", nil
	none.Decision = &publish.Voting{Votes: 1, Need: 4, Window: 5, Pending: true, Reason: []byte("none 1 of 5, dog 0.30 below 0.50")}
	familiar := example()
	familiar.Familiarity = &publish.Familiarity{Familiar: 0.0384, NearestID: full.Model.SHA256, NearestClass: "open"}
	odd.Camera = "bad \xff utf-8"
	odd.Decision = nil
	odd.Predictions = []publish.Prediction{
		{Index: 1, Label: "caf\xc3 <&> \"quoted\"\n", Score: float32(math.NaN())},
		{Index: 2, Score: float32(math.Inf(1))},
		{Index: 3, Score: float32(math.Inf(-1))},
	}
	lost := publish.CameraStatus{
		Device: full.Device, Camera: full.Camera, State: publish.CameraLost,
		Reason: "v4l2: read /dev/video0: no such device", Time: full.Time,
	}
	number := publish.Number{Boot: "5c1d7f3a-0a4e-4f0b-9a51-2f6f0c9e8d11", Sequence: 8_123_456_789}
	engine := publish.Event{
		Number: number, Device: full.Device, Kind: publish.EventEngine, Time: full.Time, Monotonic: full.Monotonic, ClockSynced: true,
		Value: "cpu", Previous: "tflite", Reason: "tflite: no answer in 10s", Model: full.Model,
	}
	camera := engine
	camera.Camera, camera.Kind, camera.Model = full.Camera, publish.EventCamera, publish.Model{}
	camera.Value, camera.Previous, camera.Reason = "connecting", "", ""
	robin := example()
	robin.Predictions = []publish.Prediction{{Index: 9, Label: "robin", Score: 0.5}}
	before := publishtest.State(robin)
	label := func(now publish.State, before *publish.State) publish.Event {
		e := publish.LabelEvent(now, before)
		e.Number = number
		return e
	}
	spool := publish.SpoolStatus{
		Device: full.Device, State: publish.SpoolMemory, Reason: "spool: write: no space left on device", Waiting: 12, Held: 5,
		HeldReason: "the broker does not let us write inceptiond/gate-pi/drive/event", Bytes: 8192,
		Dropped: publish.SpoolLosses{Bytes: 1, Age: 2, Memory: 3, Damaged: 4}, Time: full.Time,
	}
	online := publish.CameraStatus{Device: full.Device, Camera: full.Camera, State: publish.CameraOnline, Time: full.Time}
	refused := publish.ConfigStatus{
		Device: full.Device, Boot: number.Boot, State: publish.ConfigRefused, Time: full.Time,
		Problems: []string{"/etc/inceptiond/inceptiond.yaml:12: cameras.drive.top_k: 0 is out of range (want 1 to 100)"},
	}
	applied := publish.ConfigStatus{
		Device: full.Device, Boot: number.Boot, State: publish.ConfigApplied, Models: []publish.Model{full.Model}, Time: full.Time,
	}
	fallback := publish.EngineStatus{
		Device: full.Device, Camera: full.Camera, Model: full.Model, State: publish.EngineFallback, Wanted: "tflite", Engine: "cpu",
		Reason: "tflite: worker did not answer within 1s and was killed: worker is lost", Restarts: 3, Time: full.Time,
	}
	down := fallback
	down.State, down.Engine = publish.EngineDown, ""
	second := down
	second.Then = &publish.EngineStatus{
		Model: publish.Model{Name: "breeds", SHA256: full.Model.SHA256}, State: publish.EngineRunning, Wanted: "cpu", Engine: "cpu", Time: full.Time,
	}
	crops := 4.1234
	half, warm, yes, no := 0.5, 61.3, true, false
	dog := publish.Decision{
		Device: full.Device, Camera: full.Camera, Sequence: 1042, Time: full.Time, Monotonic: full.Monotonic, Model: full.Model,
		Label: "dog", Score: 0.81, Second: "cat", SecondScore: 0.39, Votes: 4, Window: 5, Reason: "dog 4 of 5, score 0.81, margin 0.42",
	}
	away := dog
	away.Label, away.Score, away.Second, away.SecondScore, away.Votes = "", 0, "", 0, 0
	away.Previous, away.Reason = "dog", "lost for 1m0s"
	changed := dog
	changed.Different = publish.LookDifferent
	undecided := dog
	undecided.Different = publish.LookUndecided
	normal := away
	normal.Different = publish.LookNormal
	differs := publish.Event{
		Device: full.Device, Camera: full.Camera, Kind: publish.EventDifferent, Time: full.Time, Monotonic: full.Monotonic, ClockSynced: true, Number: number,
		Value: publish.LabelDifferent, Reason: "different 4 of 5, score 1.42, upper left", Score: 1.42, Model: full.Model,
	}
	same := differs
	same.Value, same.Previous, same.Reason, same.Score = "", publish.LabelDifferent, "paused", 0
	compared := *full
	compared.Different = &publish.Different{Score: 1.42345, Box: [4]float64{0.1, 1. / 7, 0.25, 0.5}}
	decided := func(d publish.Decision) publish.Event {
		e := publish.DecisionEvent(d)
		e.Number = number
		return e
	}
	all := map[string]publish.JSON{
		"change":                 publish.Change{Device: full.Device, Camera: full.Camera, Type: "dog", Label: "dog", Previous: publish.NoLabel, Score: &half, Reason: "dog 4 of 5, score 0.50, margin 0.42", Time: full.Time},
		"change-none":            publish.Change{Camera: full.Camera, Type: publish.ChangeOther, Label: publish.NoLabel, Previous: "dog", Reason: "none 4 of 5, dog 0.20 below 0.35", Time: full.Time},
		"gate":                   publish.GateStatus{Device: full.Device, Camera: full.Camera, State: publish.GateIdle, Reason: "no motion for 42s, a frame every 1m0s", Duty: half, DutyReason: "81.2 °C", Time: full.Time},
		"gate-open":              publish.GateStatus{Device: full.Device, Camera: full.Camera, State: publish.GateOpen, Duty: 1, Time: full.Time},
		"settings":               publish.Settings{Device: full.Device, Camera: full.Camera, Enter: 0.6, Changed: []string{"enter"}, Kept: true, Time: full.Time},
		"settings-as-configured": publish.Settings{Device: full.Device, Camera: full.Camera, Enter: 0.5, Kept: true, Time: full.Time},
		"ack":                    publish.Ack{Device: full.Device, Camera: full.Camera, Command: "enter", ID: "n1", Outcome: publish.AckRefused, Value: "1.5", Reason: "1.5 is out of range (want 0 to 1)", Time: full.Time},
		"ack-applied":            publish.Ack{Device: full.Device, Camera: full.Camera, Command: "classify", Outcome: publish.AckApplied, Value: "PRESS", Time: full.Time},
		"gpio": publish.GPIOStatus{Device: full.Device, Inputs: map[string]publish.GPIOInput{"pir": {Active: true}, "door": {Error: "there is no line DOOR"}},
			Outputs: map[string]publish.GPIOOutput{"lamp": {On: true, Reason: "drive: dog"}, "bell": {Error: "line 22 is used by spi0"}}, Time: full.Time},
		"gpio-none":     publish.GPIOStatus{Device: full.Device, DryRun: true, Time: full.Time},
		"result-taught": familiar,
		"teach": publish.Teach{Device: full.Device, Camera: full.Camera, Name: "gate", Version: "0123456789ab",
			Classes: []publish.TaughtClass{{Label: "open", Pictures: 12}, {Label: "shut", Pictures: 14}}, Inbox: 3,
			Accuracy: &publish.TaughtRight{Low: 0.81, High: 0.99, Right: 25, Total: 26}, State: publish.TeachIdle, Time: full.Time},
		"teach-training":       publish.Teach{Device: full.Device, Camera: full.Camera, Name: "gate", State: publish.TeachTraining, Progress: 0.42, Time: full.Time},
		"teach-failed":         publish.Teach{Device: full.Device, Camera: full.Camera, Name: "gate", State: publish.TeachFailed, Reason: "the class open has 2 pictures (want 3 or more)", Time: full.Time},
		"stats":                publish.Stats{Device: full.Device, Camera: full.Camera, FramesPerSecond: 15.016, ResultsPerSecond: math.NaN(), Time: full.Time},
		"stats-then":           publish.Stats{Device: full.Device, Camera: full.Camera, FramesPerSecond: 15, ResultsPerSecond: 5, CropsPerSecond: &crops, Time: full.Time},
		"system":               publish.System{Device: full.Device, Temperature: &warm, LowVoltage: &yes, Throttled: &no, Duty: half, Broker: "mqtts://b.example:8883", Time: full.Time},
		"system-unknown":       publish.System{Device: full.Device, Duty: 1, Time: full.Time},
		"decision":             dog,
		"decision-different":   changed,
		"decision-undecided":   undecided,
		"decision-normal":      normal,
		"event-different":      differs,
		"event-same":           same,
		"result-different":     &compared,
		"decision-none":        away,
		"event-decision":       decided(dog),
		"event-decision-none":  decided(away),
		"engine-status":        fallback,
		"engine-status-down":   down,
		"engine-status-then":   second,
		"result":               full,
		"result-none":          none,
		"result-odd":           odd,
		"state":                publishtest.State(full),
		"state-none":           publishtest.State(none),
		"state-odd":            publishtest.State(odd),
		"camera-status":        lost,
		"camera-status-online": online,
		"config-status":        refused,
		"config-status-good":   applied,
		"event":                label(publishtest.State(full), &before),
		"event-first":          label(publishtest.State(full), nil),
		"event-none":           label(publishtest.State(none), &before),
		"event-odd":            label(publishtest.State(odd), &before),
		"event-camera":         camera,
		"event-engine":         engine,
		"spool":                spool,
		"spool-disk":           publish.SpoolStatus{Device: "gate-pi", State: publish.SpoolDisk, Time: full.Time},
	}
	maps.Copy(all, taskMessages(number))
	return all
}

func TestMessagesMatchTheGoldenFiles(t *testing.T) {
	for name, message := range messages() {
		got := message.AppendJSON(nil)
		file := filepath.Join("testdata", name+".json")
		if *update {
			if err := os.WriteFile(file, append(got, '\n'), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if string(got)+"\n" != string(want) {
			t.Errorf("%s: got\n%s\nwant\n%s(go test ./publish -update rewrites it)", name, got, want)
		}
	}
}

func TestAppendJSONKeepsWhatWasThere(t *testing.T) {
	for name, message := range messages() {
		got := message.AppendJSON([]byte("x\n"))
		if !bytes.HasPrefix(got, []byte("x\n")) || !json.Valid(got[2:]) || bytes.HasSuffix(got, []byte("\n")) {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestMessagesAreHeldToTheSchemas(t *testing.T) {
	for name, message := range messages() {
		t.Run(name, func(t *testing.T) {
			schema := message.Key().Kind.Name
			if !strings.HasPrefix(name, schema) {
				t.Errorf("a message of the kind %s", schema)
			}
			validate(t, schema, message.AppendJSON(nil))
			undocumented(t, schema, message.AppendJSON(nil))
		})
	}
}

// Whoever lists the states of a camera lists those of its schema.
func TestCameraStates(t *testing.T) {
	text, err := os.ReadFile("../docs/schema/camera-status.json")
	if err != nil {
		t.Fatal(err)
	}
	var schema struct {
		Properties struct {
			State struct{ Enum []publish.CameraState }
		}
	}
	if err := json.Unmarshal(text, &schema); err != nil || !slices.Equal(schema.Properties.State.Enum, publish.CameraStates()) {
		t.Errorf("%v, %v", schema.Properties.State.Enum, err)
	}
}

func TestSchemasRefuseOtherMessages(t *testing.T) {
	for _, test := range []struct{ name, from, to string }{
		{"result", `"schema":1`, `"schema":2`},
		{"result", `15:26:53.589Z`, `15:26:53Z`},
		{"result", `15:26:53.589Z`, `15:26:99.589Z`},
		{"result", `"sequence":1042`, `"sequence":-1`},
		{"result", `"inference_ms":35,`, ``},
		{"result", `"engine":"cpu",`, ``},
		{"result", `"label":"great tit"`, `"label":null`},
		{"state", `"label":"great tit",`, ``},
		{"camera-status", `"lost"`, `"asleep"`},
		{"config-status", `"refused"`, `"ignored"`},
		{"engine-status", `"fallback"`, `"standby"`},
		{"engine-status", `"wanted":"tflite",`, ``},
		{"event", `"sequence":8123456789`, `"sequence":0`},
		{"event", `"previous_index":9,`, ``},
		{"event", `"clock_synced":false,`, ``},
		{"event", `"camera":"drive",`, ``},
		{"result", `"pending":true,`, ``},
		{"result", `"label":"dog"`, `"label":7`},
		{"decision", `"votes":4,`, ``},
		{"decision-different", `"different":true`, `"different":"yes"`},
		{"result-different", `"score":1.4235,`, ``},
		{"result-different", `[0.1,`, `[1.1,`},
		{"event-different", `"score":1.42`, `"points":1.42`},
		{"decision", `"score":0.81`, `"score":1.01`},
		{"decision", `"previous":null,`, ``},
		{"event-decision", `,"score":0.81`, ``},
		{"event-decision", `"camera":"drive",`, ``},
		{"spool", `"memory","reason"`, `"paper","reason"`},
		{"spool", `"age":2,`, ``},
		{"change", `"previous":"none",`, ``},
		{"gate", `"idle"`, `"ajar"`},
		{"gate", `"duty":0.5`, `"duty":0`},
		{"settings", `"enter":0.6`, `"enter":1.6`},
		{"ack", `"refused"`, `"ignored"`},
		{"gpio", `"on":true,`, ``},
		{"result-taught", `"familiar":0.0384`, `"familiar":0`},
		{"result-taught", `"class":"open"`, `"class":""`},
		{"teach", `"idle"`, `"busy"`},
		{"teach", `"low":0.81,`, ``},
		{"teach", `"name":"gate"`, `"name":"../gate"`},
		{"stats", `"frames_per_second":15.02`, `"frames_per_second":-1`},
		{"system", `"duty":0.5`, `"duty":2`},
		{"result-detect", `"box":[0.237,`, `"box":[1.237,`},
		{"result-detect", `"distance":0.21`, `"metres":0.21`},
		{"result-detect", `"counts":{"car":1`, `"counts":{"car":0`},
		{"result-segment", `"share":0.169`, `"share":16.9`},
		{"result-pose", `[0.586,0.328,0.64]`, `[0.586,0.328]`},
		{"result-stranger", `"label":null`, `"label":""`},
		{"decision-counts", `"person":0`, `"person":-1`},
		{"decision-shares", `"bird":0.15`, `"bird":1.5`},
		{"event-count", `"value":"2"`, `"value":"two"`},
		{"event-count", `,"label":"dog"`, ``},
		{"count", `2`, `2.5`},
	} {
		message := messages()[test.name]
		good := string(message.AppendJSON(nil))
		bad := strings.Replace(good, test.from, test.to, 1)
		if bad == good {
			t.Fatalf("%s is not in %s", test.from, good)
		}
		if err := check(t, message.Key().Kind.Name, []byte(bad)); err == nil {
			t.Errorf("%s accepts %q for %q", test.name, test.to, test.from)
		}
	}
}

// An example in docs/messages.md is a fence whose second word names its schema.
func TestDocumentedExamplesAreValid(t *testing.T) {
	doc, err := os.ReadFile("../docs/messages.md")
	if err != nil {
		t.Fatal(err)
	}
	fence := regexp.MustCompile("(?ms)^```json ([a-z-]+)\n(.*?)^```$")
	seen := map[string]bool{}
	for _, m := range fence.FindAllSubmatch(doc, -1) {
		kind := string(m[1])
		seen[kind] = true
		validate(t, kind, m[2])
		undocumented(t, kind, m[2])
	}
	for _, kind := range jsonKinds() {
		if !seen[kind.Name] {
			t.Errorf("docs/messages.md has no example of %s", kind.Name)
		}
	}
}

// Every field of the schemas is explained in docs/messages.md.
func TestEveryFieldIsDocumented(t *testing.T) {
	doc, err := os.ReadFile("../docs/messages.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range jsonKinds() {
		for _, path := range properties("", readSchema(t, kind.Name)) {
			if !bytes.Contains(doc, []byte("`"+path+"`")) {
				t.Errorf("docs/messages.md does not explain `%s` of %s", path, kind.Name)
			}
		}
	}
}

func FuzzResultIsAlwaysJSON(f *testing.F) {
	f.Add("drive", "great tit", float32(0.5), int64(0), int64(1))
	f.Add("\x00\xff", "\u2028\"\\", float32(math.Inf(-1)), int64(math.MinInt64), int64(math.MaxInt64))
	f.Fuzz(func(t *testing.T, camera, label string, score float32, unix, nanos int64) {
		r := example()
		r.Camera, r.Predictions[0].Label, r.Predictions[0].Score = camera, label, score
		r.Task = []string{publish.TaskDetect, publish.TaskSegment, publish.TaskPose, publish.TaskEmbed, label}[uint64(unix)%5]
		wide := [4]float64{float64(score), math.NaN(), math.Inf(1), float64(nanos)}
		who := &publish.Identity{Label: label, Score: float64(score), Distance: math.Inf(1)}
		r.Detections = []publish.Detection{{Label: label, Score: score, Box: wide, Identity: who}}
		r.Segments, r.Poses = []publish.Segment{{Share: float64(score), Box: wide}}, []publish.PoseFound{{Score: score}}
		r.Identity, r.Embedding, r.Counts = who, []float32{score}, []publish.Count{{Label: label, N: 1}}
		r.Time, r.Monotonic, r.Stages.Wait = time.Unix(unix, 0), time.Duration(nanos), -time.Duration(nanos)
		event := publish.LabelEvent(publishtest.State(r), nil)
		event.Number.Boot = camera
		r.Decision.Vote, r.Decision.Reason = label, []byte(label)
		decision := publish.Decision{Camera: camera, Label: label, Previous: label, Reason: label, Time: r.Time, Monotonic: r.Monotonic}
		for _, b := range [][]byte{r.AppendJSON(nil), decision.AppendJSON(nil), publish.DecisionEvent(decision).AppendJSON(nil), publishtest.State(r).AppendJSON(nil), event.AppendJSON(nil)} {
			if !json.Valid(b) || bytes.ContainsRune(b, '\n') {
				t.Fatalf("%q", b)
			}
		}
	})
}

func schemaFile(kind string) string { return filepath.Join("..", "docs", "schema", kind+".json") }

func check(t *testing.T, kind string, message []byte) error {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.AssertFormat()
	schema, err := c.Compile(schemaFile(kind))
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(message))
	if err != nil {
		t.Fatalf("%v in %s", err, message)
	}
	return schema.Validate(value)
}

func validate(t *testing.T, kind string, message []byte) {
	t.Helper()
	if err := check(t, kind, message); err != nil {
		t.Errorf("%s: %v\n%s", kind, err, message)
	}
}

// undocumented reports fields that the schema does not name. The schemas themselves allow them, for receivers must.
func undocumented(t *testing.T, kind string, message []byte) {
	t.Helper()
	var value any
	if err := json.Unmarshal(message, &value); err != nil {
		t.Fatal(err)
	}
	known := properties("", readSchema(t, kind))
	for _, path := range fields("", value) {
		if !slices.ContainsFunc(known, func(k string) bool { return samePath(k, path) }) {
			t.Errorf("docs/schema/%s.json does not name %s", kind, path)
		}
	}
}

func readSchema(t *testing.T, kind string) map[string]any {
	t.Helper()
	text, err := os.ReadFile(schemaFile(kind))
	if err != nil {
		t.Fatal(err)
	}
	var schema map[string]any
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	return schema
}

// properties are the dotted paths of all fields of a schema: stages.wait_ms, predictions.label.
func properties(prefix string, schema map[string]any) []string {
	if items, ok := schema["items"].(map[string]any); ok {
		return properties(prefix, items)
	}
	var paths []string
	named, _ := schema["properties"].(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(named)) {
		paths = append(paths, prefix+name)
		paths = append(paths, properties(prefix+name+".", named[name].(map[string]any))...)
	}
	if other, ok := schema["additionalProperties"].(map[string]any); ok {
		if other["properties"] == nil {
			paths = append(paths, prefix+anyName) // a value
		}
		paths = append(paths, properties(prefix+anyName+".", other)...)
	}
	return paths
}

// anyName stands in a path for a name that is the user's.
const anyName = "<name>"

// samePath tells whether path is, or leads to, one that known stands for.
func samePath(known, path string) bool {
	k, p := strings.Split(known, "."), strings.Split(path, ".")
	if len(k) > len(p) && slices.Index(k, anyName) == len(p)-1 {
		k = k[:len(p)] // the name itself
	}
	return slices.EqualFunc(k, p, func(k, p string) bool { return k == p || k == anyName })
}

// fields are the dotted paths of all fields of a message.
func fields(prefix string, value any) []string {
	var paths []string
	switch v := value.(type) {
	case []any:
		for _, item := range v {
			paths = append(paths, fields(prefix, item)...)
		}
	case map[string]any:
		for name, inner := range v {
			paths = append(paths, prefix+name)
			paths = append(paths, fields(prefix+name+".", inner)...)
		}
	}
	return paths
}

func BenchmarkResultAppendJSON(b *testing.B) {
	r := example()
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		buf = r.AppendJSON(buf[:0])
	}
}
