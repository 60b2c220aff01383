package browser

import (
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/inceptiond/inceptiond/internal/testing/shared"
)

// Axe is the source of axe-core, which .ci/axe-core fetches into build. Without it the test is skipped; where CI=true it
// fails instead.
func Axe(t testing.TB) string {
	t.Helper()
	source, err := os.ReadFile(filepath.Join(shared.Root(t), "build", "axe-core", "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		missing(t, fmt.Sprintf("no axe-core: run .ci/axe-core (%v)", err))
	}
	return string(source)
}

// Violations lists what axe-core finds on the page as it is, by one of its rules, or by all if that is empty.
func (tab *Tab) Violations(axe, rule string) []string {
	tab.t.Helper()
	if !Eval[bool](tab, "typeof axe === 'object'") {
		Eval[int](tab, axe+";0")
	}
	return Eval[[]string](tab, fmt.Sprintf(`axe.run(document, Object.assign({ resultTypes: ["violations"] }, %q && { runOnly: [%[1]q] }))
		.then((found) => found.violations.flatMap((v) => v.nodes.map((n) => v.id + ": " + v.help + ": " + n.target.join(" ") + " " +
			n.html.slice(0, 200) + " " + (n.failureSummary || "").replace(/\s+/g, " "))))`, rule))
}

// Overflows lists what makes the page wider than the window.
func (tab *Tab) Overflows() []string {
	tab.t.Helper()
	return Eval[[]string](tab, `(() => {
		const root = document.documentElement;
		if (root.scrollWidth <= root.clientWidth && root.clientWidth <= screen.width) return [];
		const wide = [...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > screen.width + 0.5);
		return [root.scrollWidth + " pixels of " + screen.width, ...wide.slice(0, 5).map((e) => e.outerHTML.slice(0, 120))];
	})()`)
}

//go:embed walk.js
var walk string

// walked is where the key Tab has led to.
type walked struct {
	End    bool     `json:"end"`    // out of the page, or to where it has been
	What   string   `json:"what"`   // for people
	Faults []string `json:"faults"` // of its focus
}

// Walk presses the key Tab from the beginning of the page to its end, and lists what a person without a mouse would miss:
// controls that it does not lead to, focus that cannot be seen, and places where it stays.
func (tab *Tab) Walk() []string {
	tab.t.Helper()
	Eval[int](tab, walk+";0")
	var faults []string
	for range 500 {
		tab.Press("\t")
		at := Eval[walked](tab, "walkStep()")
		for _, f := range at.Faults {
			faults = append(faults, at.What+": "+f)
		}
		if at.End {
			return append(faults, Eval[[]string](tab, "walkMissed()")...)
		}
	}
	return append(faults, "the key Tab comes to no end")
}
