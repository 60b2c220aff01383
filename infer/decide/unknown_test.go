package decide

import (
	"slices"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/infer/task"
)

// known wants the candidate Unknown.
func known(o *Options) { o.Unknown = true }

// What is unknown votes for Unknown alone, by the same rules as all others, whatever the model's scores are.
func TestUnknown(t *testing.T) {
	for name, test := range map[string]struct {
		options Options
		frames  []string // scores; with a ? it is unknown
		want    []string // what is decided after each; - : nothing yet, or none
	}{
		"at once":    {usual(known), []string{"dog .9", "?dog .9", "dog .9"}, []string{"dog", "unknown", "dog"}},
		"votes":      {usual(known, of(2, 2)), []string{"dog .9", "dog .9", "?", "?dog .99", "dog .9", "dog .9"}, []string{"-", "dog", "dog", "unknown", "unknown", "dog"}},
		"not wanted": {usual(), []string{"?dog .9"}, []string{"dog"}},
		"ignored":    {usual(known, func(o *Options) { o.Ignore = []string{"unknown"} }), []string{"dog .9", "?dog .9"}, []string{"dog", "-"}},
		"beside groups": {usual(known, func(o *Options) {
			o.Groups, o.IgnoreOthers = map[string][]string{"dogs": {"dog", "puppy"}}, true
		}), []string{"puppy .9", "?", "cat .9"}, []string{"dogs", "unknown", "-"}},
		"with its own dwell": {usual(known, func(o *Options) {
			hour := time.Hour
			o.Classes = map[string]Own{"unknown": {Dwell: &hour}}
		}), []string{"?", "dog .9"}, []string{"unknown", "unknown"}},
	} {
		d := newDecider(t, test.options)
		var got []string
		for i, text := range test.frames {
			var f *task.Findings
			if text[0] == '?' {
				f = scores(t, text[1:])
				f.Unknown = true
			} else {
				f = scores(t, text)
			}
			is, _ := d.Step(time.Duration(i)*time.Second, f)
			label := is.Label
			if label == "" {
				label = "-"
			}
			got = append(got, label)
			if best := is.Top; f.Unknown && len(text) > 1 && (!best.Found || best.Class.Index != 0) {
				t.Errorf("%s: frame %d: the top class is %+v, and not the model's own", name, i, best)
			}
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

func TestUnknownSays(t *testing.T) {
	d := newDecider(t, usual(known, of(2, 2)))
	f := scores(t, "dog .9")
	f.Unknown = true
	is, _ := d.Step(0, f)
	if got := string(is.AppendReason(nil)); got != "unknown 1 of 2, score 1.00, margin 1.00" {
		t.Error(got)
	}
	if got := d.Labels(); got[len(got)-1] != Unknown {
		t.Errorf("labels %q", got)
	}
	if found, err := d.Find("unknown", animals); err != nil || !slices.Equal(found, []string{Unknown}) {
		t.Errorf("found %q, %v", found, err)
	}
	for name, o := range map[string]Options{
		"groups.Unknown: this is the word for what is none of the classes: give it another name": usual(known, func(o *Options) { o.Groups = map[string][]string{"Unknown": {"dog"}} }),
		"ignore: nothing is left that could be decided":                                          usual(known, func(o *Options) { o.Ignore = slices.Clone(animals) }),
	} {
		if _, err := New(o, animals); err == nil || err.Error() != name {
			t.Errorf("%v, want %s", err, name)
		}
	}
	if allocations := testing.AllocsPerRun(100, func() { d.Step(time.Second, f) }); allocations != 0 {
		t.Errorf("%v allocations", allocations)
	}
}
