package pipeline

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/capture/capturetest"
	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/decide"
	"github.com/inceptiond/inceptiond/infer/infertest"
	"github.com/inceptiond/inceptiond/infer/task"
	"github.com/inceptiond/inceptiond/internal/clock"
	"github.com/inceptiond/inceptiond/publish"
)

// foundLabels are the labels of the models of finder.
var foundLabels = infer.Labels{"person", "dog", "cat", "dog"}

// maxFound is how many objects those models find at most; those that segment have an area of areaSide x areaSide pixels.
const (
	maxFound = 30
	areaSide = 10
)

// finder is the look of a model of a kind, which finds in frame after frame what a script says, and in the last of it for ever: objects
// as in "dog .9 .4, cat .6", areas as in "dog .15, cat .5".
func finder(t testing.TB, kind task.Kind, o ObjectOptions, script ...string) *Look {
	t.Helper()
	var outs []infer.TensorSpec
	for _, shape := range map[task.Kind][][]int{
		task.Classify: {{1, len(foundLabels)}},
		task.Segment:  {{1, areaSide, areaSide, len(foundLabels)}},
		task.Pose:     {{1, 1, 17, 3}},
		task.Detect:   {{1, maxFound, 4}, {1, maxFound}, {1, maxFound}, {1}},
	}[kind] {
		outs = append(outs, infer.TensorSpec{Shape: shape, Type: infer.Float32})
	}
	n := 0
	engine := infertest.NewFake(8, 8)
	engine.Outs = outs
	engine.Answer = func(_ context.Context, _ []byte, outs [][]byte) error {
		if len(script) == 0 {
			return nil
		}
		shows := script[min(n, len(script)-1)]
		n++
		answer := map[task.Kind]func([][]byte, string) error{task.Detect: answerObjects, task.Segment: answerAreas}[kind]
		return answer(outs, shows)
	}
	o.MaxResults = max(o.MaxResults, 1)
	look, err := NewLook(LookOptions{
		Model: NewModel(ModelOptions{
			Name: "found", SHA256: "00", Labels: foundLabels, Engine: engine,
			Task: task.Options{Reading: task.Reading{Kind: kind, Outputs: [4]int{0, 1, 2, 3}, Classes: len(foundLabels)}},
		}),
		TopK: 1, Objects: &o,
	})
	if err != nil {
		t.Fatal(err)
	}
	return look
}

// each calls do with all that a frame of a script shows.
func each(shows string, do func(class int, number float32)) error {
	for part := range strings.SplitSeq(shows, ", ") {
		words := strings.Fields(part)
		for _, word := range words[min(1, len(words)):] {
			number, err := strconv.ParseFloat(word, 32)
			class := slices.Index(foundLabels, words[0])
			if err != nil || class < 0 {
				return fmt.Errorf("%q is nothing that a frame shows", shows)
			}
			do(class, float32(number))
		}
	}
	return nil
}

func put(to []byte, i int, number float32) {
	binary.LittleEndian.PutUint32(to[4*i:], math.Float32bits(number))
}

func answerObjects(outs [][]byte, shows string) error {
	n := 0
	err := each(shows, func(class int, score float32) {
		for side, at := range []float32{0.25, 0.25, 0.75, 0.75} {
			put(outs[0], 4*n+side, at)
		}
		put(outs[1], n, float32(class))
		put(outs[2], n, score)
		n++
	})
	put(outs[3], 0, float32(n))
	return err
}

func answerAreas(outs [][]byte, shows string) error {
	const pixels = areaSide * areaSide
	clear(outs[0])
	for i := range pixels {
		put(outs[0], i*len(foundLabels), 0.5) // a person
	}
	at := 0
	return each(shows, func(class int, share float32) {
		for range int(math.Round(float64(share * pixels))) {
			put(outs[0], at*len(foundLabels)+class, 1)
			at++
		}
	})
}

// countsTold are what a camera has told of amounts, and its results, in order.
func countsTold(t *testing.T, messages []publish.Message) (list []string) {
	t.Helper()
	for _, m := range messages {
		switch m := m.(type) {
		case publish.Decision:
			list = append(list, fmt.Sprintf("decision %s: %s", amountsOf(t, m), m.Reason))
		case publish.Counted:
			list = append(list, fmt.Sprintf("%s %s", m.Key().Topic(), m.AppendJSON(nil)))
		case *publish.Result:
			list = append(list, fmt.Sprintf("result: %s", m.Decision.Reason))
		case publish.Event:
			if m.Kind == publish.EventCount {
				list = append(list, fmt.Sprintf("event %s %s after %q: %s", m.Label, m.Value, m.Previous, m.Reason))
			}
		case *publish.Snapshot:
			list = append(list, "snapshot "+m.Label)
		}
	}
	return list
}

// amountsOf are the amounts of a decision, as its message has them.
func amountsOf(t *testing.T, d publish.Decision) string {
	t.Helper()
	var m struct{ Counts, Shares json.RawMessage }
	if err := json.Unmarshal(d.AppendJSON(nil), &m); err != nil {
		t.Error(err)
	}
	return string(m.Counts) + string(m.Shares)
}

// showing runs a camera with a finder's look, for a frame of each entry of the script.
func showing(t *testing.T, kind task.Kind, o ObjectOptions, options Options, script ...string) *rig {
	t.Helper()
	options.Look = finder(t, kind, o, script...)
	options.Opener, options.KeepAll = openers(capturetest.New(t, levels(slices.Repeat([]byte{192}, len(script))...)...)), true
	r := newRigOf(t, infertest.NewMean(nil), 0.5, options)
	r.run(t, nil)
	return r
}

// compareTold compares what was told.
func compareTold(t *testing.T, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("told\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// votes are usual rules for counts, with so many votes.
func votes(need, window int) decide.Options {
	return decide.Options{Enter: 0.5, Leave: 0.35, Need: need, Window: window}
}

// A change of a count is told before the frame's result, as part of the decision and as a plain number, and its event after it.
func TestCountsAreTold(t *testing.T) {
	r := showing(t, task.Detect, ObjectOptions{Threshold: 0.5, MaxResults: 20, Only: []string{"dog", "person"}}, Options{Decide: votes(2, 2)},
		"dog .9 .8", "dog .9 .8, cat .9", "dog .9 .8, person .9", "dog .9 .4, person .9", "dog .9", "dog .9", "dog .9")
	compareTold(t, countsTold(t, r.record.Messages()), []string{
		"result: dog 2, 1 of 2; person 0, 1 of 2",
		`decision {"dog":2,"person":0}: dog 2, 2 of 2; person 0, 2 of 2`, "front/count/dog 2", "front/count/person 0", "result: dog 2, 2 of 2; person 0, 2 of 2",
		`event dog 2 after "": dog 2, 2 of 2`, `event person 0 after "": person 0, 2 of 2`,
		"result: person 1, 1 of 2",
		`decision {"dog":2,"person":1}: person 1, 2 of 2`, "front/count/person 1", "result: person 1, 2 of 2", `event person 1 after "0": person 1, 2 of 2`,
		"result: dog 1, 1 of 2; person 0, 1 of 2",
		`decision {"dog":1,"person":0}: dog 1, 2 of 2; person 0, 2 of 2`, "front/count/dog 1", "front/count/person 0", "result: dog 1, 2 of 2; person 0, 2 of 2",
		`event dog 1 after "2": dog 1, 2 of 2`, `event person 0 after "1": person 0, 2 of 2`,
		"result: dog 1, 2 of 2",
	})
	decisions, results := r.record.Decisions(), r.record.Results()
	for i, at := range []int{1, 3, 5} { // the frames that have changed something
		d, frame := decisions[i], results[at]
		if d.Sequence != frame.Sequence || !d.Time.Equal(frame.Time) || d.Monotonic != frame.Monotonic || d.Votes != 2 || d.Window != 2 ||
			d.Label != "" || d.First != (i == 0) || d.Model != frame.Model || d.Device != "test" {
			t.Errorf("decision %d is %+v", i, d)
		}
	}
	if v := results[0].Decision; v.Label != "" || v.Vote != "" || v.Votes != 1 || v.Need != 2 || v.Window != 2 || !v.Pending || results[1].Decision.Pending {
		t.Errorf("the first result has %+v", v)
	}
	for _, e := range r.record.Events() {
		if e.Kind == publish.EventCount && (e.Model != results[0].Model || e.Device != "test" || e.Monotonic == 0) {
			t.Errorf("event %+v", e)
		}
	}
	if n := r.camera.Status().Changes; n != 5 {
		t.Errorf("%d changes", n)
	}
}

// What a model without classes shows has no state but none, and no events of it; whatever comes, that is told once.
func TestNoStateWithoutClasses(t *testing.T) {
	for _, kind := range []task.Kind{task.Detect, task.Segment, task.Pose} {
		var script []string
		if kind != task.Pose {
			script = []string{"dog .2", "dog .9", "cat .3"}
		}
		options := Options{Decide: votes(1, 1), Look: finder(t, kind, ObjectOptions{}, script...), KeepAll: true}
		options.Opener = openers(capturetest.New(t, levels(192, 10, 192, 10)...))
		r := newRigOf(t, infertest.NewMean(nil), 0.5, options)
		r.run(t, nil)
		states := r.record.States()
		if len(states) != 1 || states[0].Found {
			t.Errorf("%s: states %+v", kind, states)
		}
		for _, e := range r.record.Events() {
			if e.Kind == publish.EventLabel || e.Kind == publish.EventDecision {
				t.Errorf("%s: event %+v", kind, e)
			}
		}
		if d := r.record.Decisions(); len(d) == 0 || d[0].Label != "" || kind == task.Pose && (len(d) != 1 || amountsOf(t, d[0]) != "" || d[0].Reason != "none 1 of 1") {
			t.Errorf("%s: decisions %+v", kind, d)
		}
	}
}

// Things that are not listed count all the same: from leave on up to what is decided, and beyond as many as a result lists.
func TestCountsBeyondTheList(t *testing.T) {
	r := showing(t, task.Detect, ObjectOptions{Threshold: 0.6, MaxResults: 2}, Options{Decide: votes(1, 1)},
		"dog .9 .8 .7 .55", "dog .4 .4 .36 .36", "dog .9 .9 .9 .9 .9 .34", "cat .45")
	var got []string
	for _, res := range r.record.Results() {
		got = append(got, fmt.Sprintf("%d listed, %v: %s", len(res.Detections), res.Counts, res.Decision.Reason))
	}
	compareTold(t, got, []string{
		"2 listed, [{dog 2}]: dog 4, 1 of 1", "0 listed, []: dog 4, 1 of 1, score 0.36 holds", "2 listed, [{dog 2}]: dog 5, 1 of 1",
		"0 listed, []: dog 0, 1 of 1",
	})
}

// What is decided is 0 as soon as it holds no more, of all labels, also of those of which nothing was known yet; then it begins anew.
func TestCountsEnd(t *testing.T) {
	r := showing(t, task.Detect, ObjectOptions{Only: []string{"dog", "cat", "person"}}, Options{Decide: votes(2, 2)}, "dog .9 .9", "dog .9 .9, cat .9, person .9")
	before := len(r.record.Messages())
	r.camera.EndDecision("paused")
	r.camera.EndDecision("again") // changes nothing
	compareTold(t, countsTold(t, r.record.Messages()[before:]), []string{
		`decision {"cat":0,"dog":0,"person":0}: paused`, "front/count/dog 0", "front/count/cat 0", "front/count/person 0",
		`event dog 0 after "2": paused`, `event cat 0 after "": paused`, `event person 0 after "": paused`,
	})
	last, frame := r.record.Decisions()[1], r.record.Results()[1]
	if last.Sequence != 2 || last.Votes != 0 || last.Window != 2 || !last.Time.After(frame.Time) || last.Monotonic <= frame.Monotonic || last.First {
		t.Errorf("%+v", last)
	}

	fresh := newRigOf(t, infertest.NewMean(nil), 0.5, Options{Look: finder(t, task.Detect, ObjectOptions{Only: []string{"dog"}}), Opener: openers(), Decide: votes(2, 2)})
	fresh.camera.EndDecision("outside its hours")
	compareTold(t, countsTold(t, fresh.record.Messages()), []string{
		`decision {"dog":0}: outside its hours`, "front/count/dog 0", `event dog 0 after "": outside its hours`,
	})
}

// Shares are told with the decision alone.
func TestSharesAreTold(t *testing.T) {
	r := showing(t, task.Segment, ObjectOptions{MaxResults: 1, Only: []string{"dog", "cat"}}, Options{Decide: votes(2, 2)},
		"dog .16", "dog .14, cat .5", "dog .14, cat .5", "dog .12, cat .5", "cat .5")
	compareTold(t, countsTold(t, r.record.Messages()), []string{
		"result: dog 15 %, 1 of 2; cat 0 %, 1 of 2",
		`decision {"dog":0.15}: dog 15 %, 2 of 2`, "result: dog 15 %, 2 of 2; cat 50 %, 1 of 2",
		`decision {"cat":0.5,"dog":0.15}: cat 50 %, 2 of 2`, "result: cat 50 %, 2 of 2",
		"result: dog 10 %, 1 of 2",
		"result: dog 0 %, 1 of 2",
	})
	before := len(r.record.Messages())
	r.camera.EndDecision("paused")
	compareTold(t, countsTold(t, r.record.Messages()[before:]), []string{`decision {"cat":0,"dog":0}: paused`})
}

// The score from which on things count can be changed, also to one below that from which on they are listed.
func TestSetEnterOfCounts(t *testing.T) {
	r := newRigOf(t, infertest.NewMean(nil), 0.5, Options{
		Look: finder(t, task.Detect, ObjectOptions{Threshold: 0.5, MaxResults: 9}, "dog .3 .2"), Decide: votes(1, 1), Opener: openers(),
	})
	r.camera.health.opened(1)
	frame := capturetest.Grey(7)
	p := picture.Of(&frame)
	answer := func() string {
		r.camera.answerOne(t.Context(), p, time.Now())
		res := r.record.Results()
		return fmt.Sprintf("%d listed: %s", len(res[len(res)-1].Detections), res[len(res)-1].Decision.Reason)
	}
	var got []string
	for _, enter := range []float64{0.5, 0.2, 0.25, 0.5} {
		r.camera.SetEnter(enter)
		answer() // by which it is known
		got = append(got, answer())
	}
	compareTold(t, got, []string{"0 listed: none 1 of 1", "0 listed: dog 2, 1 of 1", "0 listed: dog 1, 1 of 1", "0 listed: none 1 of 1"})
}

// Labels that come are told as they come, each at a topic of its own.
func TestLabelsThatCome(t *testing.T) {
	r := showing(t, task.Detect, ObjectOptions{Threshold: 0.5, MaxResults: 9}, Options{Decide: votes(2, 2)}, "", "dog .9", "", "cat .9", "cat .9", "")
	compareTold(t, countsTold(t, r.record.Messages()), []string{
		"result: none 1 of 2",
		"decision {}: none 2 of 2", "result: dog 1, 1 of 2",
		"result: none 2 of 2",
		"result: cat 1, 1 of 2",
		`decision {"cat":1}: cat 1, 2 of 2`, "front/count/cat 1", "result: cat 1, 2 of 2", `event cat 1 after "": cat 1, 2 of 2`,
		"result: cat 0, 1 of 2",
	})
}

// A camera that takes the place of another goes on to tell of what that one told.
func TestSucceed(t *testing.T) {
	before := showing(t, task.Detect, ObjectOptions{}, Options{Decide: votes(1, 1)}, "dog .9, cat .9")
	options := Options{Decide: votes(1, 1), Look: finder(t, task.Detect, ObjectOptions{}, "cat .9 .8"), KeepAll: true}
	options.Opener = openers(capturetest.New(t, levels(192)...))
	next := newRigOf(t, infertest.NewMean(nil), 0.5, options)
	next.camera.Succeed(before.camera)
	next.run(t, nil)
	compareTold(t, countsTold(t, next.record.Messages()), []string{
		`decision {"cat":2,"dog":0}: dog 0, 1 of 1; cat 2, 1 of 1`, "front/count/dog 0", "front/count/cat 2", "result: dog 0, 1 of 1; cat 2, 1 of 1",
		`event dog 0 after "": dog 0, 1 of 1`, `event cat 2 after "": cat 2, 1 of 1`,
	})
	other := newRigOf(t, infertest.NewMean(nil), 0.5, Options{Look: finder(t, task.Segment, ObjectOptions{}), Opener: openers()})
	other.camera.Succeed(before.camera) // which told of something else
	if labels := other.camera.counting.tally.Labels(); labels != nil {
		t.Errorf("it tells of %q", labels)
	}
}

// What is counted is known beforehand if the options list it: classes as they are counted, each once.
func TestCounted(t *testing.T) {
	grouped := votes(1, 1)
	grouped.Groups, grouped.Ignore = map[string][]string{"pets": {"dog", "cat"}}, []string{"person"}
	for _, c := range []struct {
		kind         task.Kind
		only         []string
		rules        decide.Options
		want, shared []string
		more, others bool
	}{
		{task.Detect, nil, votes(1, 1), nil, nil, true, false},
		{task.Detect, []string{"dog", "person", "0"}, votes(1, 1), []string{"dog", "person"}, nil, false, false},
		{task.Detect, []string{"dog", "person", "cat"}, grouped, []string{"pets"}, nil, false, false},
		{task.Segment, []string{"dog"}, votes(1, 1), nil, []string{"dog"}, false, false},
		{task.Segment, nil, votes(1, 1), nil, nil, false, true},
		{task.Classify, nil, votes(1, 1), nil, nil, false, false},
		{task.Pose, nil, votes(1, 1), nil, nil, false, false},
	} {
		camera := newCamera(t, Options{Look: finder(t, c.kind, ObjectOptions{Only: c.only}), Opener: openers(), Decide: c.rules})
		if got, more := camera.Counted(); !slices.Equal(got, c.want) || more != c.more {
			t.Errorf("%s of %q: counted %q, more %v (want %q, %v)", c.kind, c.only, got, more, c.want, c.more)
		}
		if got, more := camera.Shared(); !slices.Equal(got, c.shared) || more != c.others {
			t.Errorf("%s of %q: shared %q, more %v (want %q, %v)", c.kind, c.only, got, more, c.shared, c.others)
		}
	}
}

// A count that rises is worth a picture of its frame, if its label is.
func TestSnapshotsOfCounts(t *testing.T) {
	shots := &SnapshotOptions{Picture: picture.EncoderOptions{Quality: 80}, MQTT: true, Classes: []string{"dog"}}
	r := showing(t, task.Detect, ObjectOptions{}, Options{Decide: votes(1, 1), Snapshot: shots}, "person .9")
	if got := snapshots(r); got != "" {
		t.Errorf("pictures of %s", got)
	}
	r = showing(t, task.Detect, ObjectOptions{}, Options{Decide: votes(1, 1), Snapshot: shots}, "person .9, dog .9")
	if got := snapshots(r); got != "dog" {
		t.Errorf("pictures of %s", got)
	}
	c := r.camera
	c.snapping.due = ""
	c.counting.list, _ = c.counting.tally.Step(time.Hour, nil)
	c.tellCounts(publish.Decision{}, true) // it falls
	c.counting.list, _ = c.counting.tally.Step(time.Hour, []decide.Seen{{Label: "dog", Score: 1}})
	c.tellCounts(publish.Decision{}, false) // nobody saw it
	if c.snapping.due != "" {
		t.Errorf("a picture of %s is due", c.snapping.due)
	}
}

// snapshots are the labels of a rig's pictures.
func snapshots(r *rig) string {
	var labels []string
	for _, m := range r.record.Messages() {
		if s, ok := m.(*publish.Snapshot); ok {
			labels = append(labels, s.Label)
		}
	}
	return strings.Join(labels, " ")
}

// The gate stays open while a count may change.
func TestCountsArePending(t *testing.T) {
	r := showing(t, task.Detect, ObjectOptions{}, Options{Decide: votes(2, 2)}, "", "", "dog .9")
	if got := r.camera.counting.pending(); got != "dog" {
		t.Errorf("pending is %q", got)
	}
	r = showing(t, task.Detect, ObjectOptions{}, Options{Decide: votes(2, 2)}, "", "", "dog .9", "")
	if got := r.camera.counting.pending(); got != "" {
		t.Errorf("pending is %q", got)
	}
}

// A frame in which things are counted allocates nothing, also while votes come and go.
func TestCountingAllocatesNothing(t *testing.T) {
	clock, err := clock.New()
	if err != nil {
		t.Fatal(err)
	}
	for kind, script := range map[task.Kind][]string{
		task.Detect:  {"dog .9 .8 .4, cat .9", "dog .9 .8 .4", "person .6, dog .9"},
		task.Segment: {"dog .15, cat .5", "dog .1", "cat .9"},
	} {
		look := finder(t, kind, ObjectOptions{Threshold: 0.5, MaxResults: 2, Only: []string{"dog", "cat", "person"}}, script...)
		look.options.Model.Engine.(*infertest.Fake).Answer = canned(t, look, script)
		c := newCamera(t, Options{
			Name: "front", Device: "test", Opener: openers(), Look: look, Clock: clock, Out: nowhere{}, Log: zap.NewNop(), Often: zap.NewNop(), Decide: votes(4, 5),
		})
		c.health.opened(1)
		frame := capturetest.Grey(7)
		p := picture.Of(&frame)
		few := func() {
			for range 2 * len(script) {
				p.Set(&frame)
				c.answerOne(t.Context(), p, time.Now())
			}
		}
		few()
		if n := testing.AllocsPerRun(20, few); n != 0 {
			t.Errorf("%s: %v allocations in %d frames", kind, n, 2*len(script))
		}
	}
}

// canned gives the answers of a finder's look, which are made once.
func canned(t *testing.T, look *Look, script []string) func(context.Context, []byte, [][]byte) error {
	t.Helper()
	answer, outputs := answerObjects, look.options.Model.Engine.Outputs()
	if len(outputs) == 1 {
		answer = answerAreas
	}
	var all [][][]byte
	for _, shows := range script {
		outs := infer.Buffers(outputs)
		if err := answer(outs, shows); err != nil {
			t.Fatal(err)
		}
		all = append(all, outs)
	}
	n := 0
	return func(_ context.Context, _ []byte, outs [][]byte) error {
		for i, out := range all[n%len(all)] {
			copy(outs[i], out)
		}
		n++
		return nil
	}
}
