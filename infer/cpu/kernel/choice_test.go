package kernel

import (
	"cmp"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// TestTable: a line's name is its set's, none comes twice, the last is plain Go, and whatever can run is there by name.
func TestTable(t *testing.T) {
	var seen, run []string
	for _, c := range table() {
		if slices.Contains(seen, c.name) {
			t.Errorf("%s comes twice", c.name)
		}
		seen = append(seen, c.name)
		set, err := ByName(c.name)
		if lack := c.lacks(); lack != "" {
			if err == nil || !strings.Contains(err.Error(), lack) || !strings.Contains(err.Error(), c.name) {
				t.Errorf("%s lacks %s: %v", c.name, lack, err)
			}
			continue
		}
		run = append(run, c.name)
		if err != nil || set.Name != c.name {
			t.Errorf("%s: %+v, %v", c.name, set, err)
		}
	}
	if last := seen[len(seen)-1]; last != "go" || plain.lacks() != "" {
		t.Errorf("the last set is %s", last)
	}
	if chosen, _ := Choice(); !slices.Equal(run, Names()) || chosen != run[0] || Best().Name != chosen {
		t.Errorf("%v of %v can run, %s is chosen", Names(), seen, chosen)
	}
}

func TestByName(t *testing.T) {
	_, err := ByName("abacus")
	if err == nil || !strings.Contains(err.Error(), `"abacus"`) || !strings.HasSuffix(err.Error(), "go)") {
		t.Errorf("unknown name: %v", err)
	}
}

func TestChoice(t *testing.T) {
	with, without := feature{"wheels", true}, feature{"wings", false}
	for _, test := range []struct {
		table  []candidate
		chosen string
		why    []Refusal
	}{
		{[]candidate{plain}, "go", nil},
		{[]candidate{{name: "car", needs: []feature{with}}, plain}, "car", nil},
		{[]candidate{{name: "plane", needs: []feature{with, without, {"jets", false}}}, {name: "car"}, plain}, "car", []Refusal{{"plane", "wings"}}},
		{[]candidate{{name: "plane", needs: []feature{without}}, {name: "rocket", needs: []feature{{"fuel", false}}}, plain}, "go",
			[]Refusal{{"plane", "wings"}, {"rocket", "fuel"}}},
	} {
		if chosen, why := choose(test.table); chosen != test.chosen || !slices.Equal(why, test.why) {
			t.Errorf("%s for %v (want %s for %v)", chosen, why, test.chosen, test.why)
		}
	}
}

// TestDocumented: docs/performance.md says what each set needs, in the table's order, and the man page has its name.
func TestDocumented(t *testing.T) {
	figures, man := read(t, "../../../docs/performance.md"), read(t, "../../../docs/man/inceptiond.1")
	last := 0
	for _, c := range table() {
		var needs []string
		for _, f := range c.needs {
			needs = append(needs, f.name)
		}
		architecture := runtime.GOARCH
		if len(table()) == 1 {
			architecture = "others"
		}
		row := fmt.Sprintf("| %s | `%s` | %s |\n", architecture, c.name, cmp.Or(strings.Join(needs, ", "), "nothing"))
		at := strings.Index(figures, row)
		if at <= last {
			t.Errorf("docs/performance.md has no %q, or not in this order", row)
		}
		last = at
		if !strings.Contains(man, ".Ql "+c.name+"\n") && !strings.Contains(man, ".Ql "+c.name+" ") {
			t.Errorf("the man page has no %q", c.name)
		}
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
