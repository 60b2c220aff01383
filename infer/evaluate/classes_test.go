package evaluate

import (
	"errors"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/infer"
)

func TestFind(t *testing.T) {
	labels := infer.Labels{"background", "tabby, tabby cat", "Egyptian cat", "crane", "crane", "maillot, tank suit", "maillot", "Parus major (Great Tit)", "0", "T-shirt", "t shirt", "Grüner Specht"}
	c := newClasses(&Subject{Name: "model", Labels: labels, Classes: len(labels)})
	for name, want := range map[string]int{
		"": none, "background": 0, "Background": 0, "tabby, tabby cat": 1, "tabby_tabby_cat": 1, "tabby": 1, "Tabby Cat": 1, "egyptian-cat": 2,
		"crane": 3, "4": 3, "3": 3, "maillot": 6, "tank suit": 5, "great tit": 7, "Parus_major": 7, "0": 8, "1": 1, "011": 11, "T-shirt": 9, "t shirt": 10, "GRÜNER_specht": 11,
	} {
		if got, err := c.find(name); err != nil || got != want {
			t.Errorf("%q is %d, %v (want %d)", name, got, err, want)
		}
	}
	for name, says := range map[string]string{
		"tshirt":       `"tshirt" may be several classes of model: "T-shirt", "t shirt"`,
		"egyptian":     `"egyptian" is no class of model (did you mean "Egyptian cat"?)`,
		"egyptian cta": `did you mean "Egyptian cat"?`,
		"12":           `"12" is no class of model`,
		"-1":           `"-1" is no class`,
		"zeppelin":     `"zeppelin" is no class of model`,
		"_":            `"_" is no class of model`,
	} {
		_, err := c.find(name)
		if bad := new(ClassError); !errors.As(err, &bad) || bad.Class != name || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v (want %q)", name, err, says)
		}
	}
}

// TestFindOfFew: a model of few classes names them all, one without labels has numbers.
func TestFindOfFew(t *testing.T) {
	subjects := []Subject{{Name: "door", Labels: infer.Labels{"open", "shut"}, Classes: 2}, {Name: "bare", Classes: 2}}
	err := Check(subjects, []string{"ajar", "1"})
	if err == nil || err.Error() != "\"ajar\" is no class of door (did you mean \"open\", \"shut\"?)\n\"ajar\" is no class of bare (did you mean \"0\", \"1\"?)" {
		t.Error(err)
	}
	if err := Check(subjects, []string{"0", "", "1"}); err != nil {
		t.Error(err)
	}
}

// FuzzFind: any name of any labels finds a class or none, and says so; what it finds has that name in some form.
func FuzzFind(f *testing.F) {
	f.Add("cat\ndog\ntabby, cat (big)", "big")
	f.Add("0\n1\n01", "01")
	f.Add("a b\nA_B", "ab")
	f.Fuzz(func(t *testing.T, text, name string) {
		labels := infer.Labels(strings.Split(text, "\n"))
		if len(labels) > 50 || len(text) > 1000 || len(name) > 100 {
			return
		}
		c := newClasses(&Subject{Name: "model", Labels: labels, Classes: len(labels)})
		i, err := c.find(name)
		if err != nil {
			if err.Error() == "" || i != none {
				t.Fatalf("%d, %v", i, err)
			}
			return
		}
		if i == none && name != "" || i >= len(labels) || i != none && c.first[i] != i {
			t.Fatalf("%q is %d of %q", name, i, labels)
		}
		for j, l := range labels {
			if l == name && name != "" && labels[i] != l {
				t.Fatalf("%q is %d, not %d", name, i, j)
			}
		}
	})
}
