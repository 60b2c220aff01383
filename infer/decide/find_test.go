package decide

import (
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/inceptiond/inceptiond/infer/task"
)

// Those who wait for labels name them as the config does, and hear of labels that never come.
func TestFind(t *testing.T) {
	d := newDecider(t, usual(func(o *Options) {
		o.Groups = map[string][]string{"dogs": {"dog", "puppy", "hound"}}
		o.Ignore = []string{"sofa"}
	}))
	for entry, want := range map[string]string{
		"dogs": "dogs", "DOGS": "dogs", "cat": "cat", "C*": "cat", "*": "dogs cat",
		"puppy": `the class "puppy" is in the group dogs: name the group instead`,
		"sofa":  `"sofa" is ignored, and never decided`,
		"rat":   `no class or group is called "rat" (the nearest is "cat")`,
		"99":    "there is no class 99",
	} {
		found, err := d.Find(entry, animals)
		got := strings.Join(found, " ")
		if err != nil {
			got = strings.TrimPrefix(err.Error(), "classes: ")
		}
		if !strings.HasPrefix(got, want) {
			t.Errorf("%q: %s, want %s", entry, got, want)
		}
	}
	number, err := d.Find(strconv.Itoa(indexOf("cat")), animals)
	if err != nil || !slices.Equal(number, []string{"cat"}) {
		t.Errorf("by its number: %q, %v", number, err)
	}
}

// It may be asked while frames are decided.
func TestFindMeanwhile(t *testing.T) {
	d := newDecider(t, usual(func(o *Options) { o.Cooldown = 1 }))
	var deciding sync.WaitGroup
	deciding.Go(func() {
		f := &task.Findings{Classes: make([]float32, len(animals))}
		for i := range 1000 {
			clear(f.Classes)
			f.Classes[i%len(animals)] = 0.9
			d.Step(1, f)
			d.SetEnter(0.4)
		}
	})
	for range 100 {
		if _, err := d.Find("cat", animals); err != nil {
			t.Error(err)
		}
	}
	deciding.Wait()
}
