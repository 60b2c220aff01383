package cpu

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/infer/model"
)

// TestDocumented wants docs/operators.md to have each operator of the engine, and no others, in its table.
func TestDocumented(t *testing.T) {
	data, err := os.ReadFile("../../docs/operators.md")
	if err != nil {
		t.Fatal(err)
	}
	var documented, there []string
	name := regexp.MustCompile(`[A-Z][A-Za-z0-9_]+`)
	for line := range strings.Lines(string(data)) {
		if cells := strings.Split(line, "|"); len(cells) > 3 {
			documented = append(documented, name.FindAllString(cells[1], -1)...)
		}
	}
	for op := range model.Op(1 << 8) {
		if operators[op] != nil || renames(op) {
			there = append(there, op.String())
		}
	}
	for name := range customs {
		there = append(there, name)
	}
	for name := range natives {
		there = append(there, name)
	}
	slices.Sort(documented)
	slices.Sort(there)
	for _, name := range there {
		if !slices.Contains(documented, name) {
			t.Errorf("%s is not documented", name)
		}
	}
	if n := len(slices.Compact(slices.Clone(documented))); n != len(documented) || n != len(there) {
		t.Errorf("%d operators are documented (%d of them once), %d are there: %v", len(documented), n, len(there), documented)
	}
}
