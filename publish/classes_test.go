package publish_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/inceptiond/inceptiond/publish"
)

func TestClassName(t *testing.T) {
	long := strings.Repeat("ü", 254)
	for label, want := range map[string]string{
		"dog": "dog", " golden retriever\t": "golden retriever", "\u00a0\u2003\x1ccat\x1f\n": "cat",
		"": "none", " \u3000": "none", "none": "none", "None": "None", "151": "151",
		long + "ab": long + "a", long + " b": long, "caf\xe9": "caf\uFFFD",
	} {
		if got := publish.ClassName(label); got != want {
			t.Errorf("%q: %q, want %q", label, got, want)
		}
	}
}

func FuzzClassName(f *testing.F) {
	f.Add(" dog\x1f ")
	f.Add(strings.Repeat("€ ", 200))
	f.Fuzz(func(t *testing.T, label string) {
		name := publish.ClassName(label)
		if n := utf8.RuneCountInString(name); n == 0 || n > publish.MaxClassName || !utf8.ValidString(name) || publish.ClassName(name) != name {
			t.Errorf("%q: %q", label, name)
		}
	})
}

func TestClassNames(t *testing.T) {
	var hundred []string
	for i := range publish.MaxListed {
		hundred = append(hundred, fmt.Sprint(i))
	}
	for name, test := range map[string]struct {
		classes, want []string
		listed        bool
	}{
		"two":                          {[]string{"cat", "dog"}, []string{"cat", "dog", "none"}, true},
		"twice":                        {[]string{"cat", " cat", "dog", "cat"}, []string{"cat", "dog", "none"}, true},
		"one called none":              {[]string{"none", "cat"}, []string{"cat", "none"}, true},
		"no classes":                   {nil, []string{"none"}, true},
		"a hundred":                    {hundred, append(slices.Clone(hundred), "none"), true},
		"a hundred, one of them twice": {append(slices.Clone(hundred), "7"), append(slices.Clone(hundred), "none"), true},
		"one more":                     {append(slices.Clone(hundred), "100"), nil, false},
	} {
		got, listed := publish.ClassNames(test.classes)
		if !slices.Equal(got, test.want) || listed != test.listed {
			t.Errorf("%s: %q, %t", name, got, listed)
		}
	}
}

func TestDecisionChange(t *testing.T) {
	d := publish.Decision{Device: "gate-pi", Camera: "drive", Label: "dog", Score: 0.8, Previous: "cat", Reason: "dog 4 of 5"}
	if c := publish.DecisionChange(d, true); c.Type != "dog" || c.Label != "dog" || c.Previous != "cat" || *c.Score != 0.8 || c.Reason != d.Reason || c.Camera != "drive" {
		t.Errorf("%+v", c)
	}
	d.Label, d.Score, d.Previous = "", 0, ""
	if c := publish.DecisionChange(d, true); c.Type != "none" || c.Label != "none" || c.Previous != "none" || c.Score != nil {
		t.Errorf("none: %+v", c)
	}
	d.Label = "dog"
	if c := publish.DecisionChange(d, false); c.Type != "changed" || c.Label != "dog" {
		t.Errorf("of many classes: %+v", c)
	}
}
