package browser

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// pages are those of the navigation and below, by what their addresses end with.
var pages = []string{"", "events", "health", "settings", "setup", "setup?camera=drive", "model"}

// fileName is a page's name for a file.
func fileName(page string) string {
	switch name, query, _ := strings.Cut(page, "?"); {
	case query != "":
		return name + "-camera"
	case name == "":
		return "overview"
	default:
		return name
	}
}

// state is one in which a page may be found.
type state struct {
	name    string
	empty   bool // of a daemon that has no cameras and of which there is nothing to tell
	trouble func(path string) Trouble
	// ready is a JavaScript expression that holds when the state is on show.
	ready   string
	allowed func(Entry) bool // errors in the console that belong to it
}

// settled holds when a page shows what it got.
const settled = `document.getElementById("content").children.length > 0 && document.getElementById("device").textContent !== "inceptiond"`

var states = []state{
	{name: "full", ready: settled},
	{name: "empty", empty: true, ready: settled},
	{name: "loading", trouble: func(string) Trouble { return Silence }, ready: "true"},
	{name: "away", trouble: func(string) Trouble { return NobodyThere }, ready: `!document.getElementById("notice").hidden || document.querySelector(".empty")`,
		allowed: func(e Entry) bool { return strings.Contains(e.Text, "ERR_CONNECTION_REFUSED") }},
	{name: "refused", trouble: func(path string) Trouble {
		if strings.HasPrefix(path, "live") {
			return Nothing
		}
		return Refusal
	}, ready: `document.body.innerText.includes("Overview")`,
		allowed: func(e Entry) bool { return e.Source == "network" && strings.Contains(e.Text, "409") }},
}

// TestStates looks at each page in each state on each screen, in both colour schemes.
func TestStates(t *testing.T) {
	b, axe := Start(t, ""), Axe(t)
	for _, page := range pages {
		for _, s := range states {
			t.Run(fileName(page)+"/"+s.name, func(t *testing.T) {
				tab := b.Open(t)
				url := standIn(t, s.empty)
				if s.trouble != nil {
					tab.Disturb(s.trouble)
				}
				tab.Go(url + page)
				tab.Until("the state "+s.name, s.ready)
				look(t, tab, fileName(page)+"-"+s.name, axe)
				tab.WantNoErrors(s.allowed)
			})
		}
	}
}

// look audits a tab on each screen in both colour schemes, and keeps a picture of each.
func look(t *testing.T, tab *Tab, name, axe string) {
	t.Helper()
	for _, size := range []Size{Desktop, Phone, Small} {
		tab.Resize(size)
		for _, scheme := range []string{"light", "dark"} {
			tab.Prefer(scheme)
			where := fmt.Sprintf("%s %s %s", name, size.Name, scheme)
			report(t, where, "axe-core", tab.Violations(axe))
			if size != Small || scheme == "light" {
				shot(t, tab, strings.ReplaceAll(where, " ", "-"))
			}
		}
		report(t, name+" "+size.Name, "too wide", tab.Overflows())
		report(t, name+" "+size.Name, "keyboard", tab.Walk())
	}
}

func report(t *testing.T, where, kind string, found []string) {
	t.Helper()
	slices.Sort(found)
	if found = slices.Compact(found); len(found) > 0 {
		t.Errorf("%s: %s:\n\t%s", where, kind, strings.Join(found, "\n\t"))
	}
}

// shot keeps a picture of the whole page in build/web-test.
func shot(t *testing.T, tab *Tab, name string) {
	t.Helper()
	if err := os.WriteFile(kept(t, name+".png"), tab.Shot(true), 0o644); err != nil {
		t.Fatal(err)
	}
}
