package browser

import (
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/publish/web"
	"github.com/inceptiond/inceptiond/publish/web/webtest"
)

// pages are those of the navigation and below, by what their addresses end with.
var pages = []string{"", "events", "health", "settings", "setup", "setup?camera=drive", "model", "teach", "teach?name=gate"}

// fileName is a page's name for a file.
func fileName(page string) string {
	switch name, query, _ := strings.Cut(page, "?"); {
	case query != "":
		key, value, _ := strings.Cut(query, "=")
		if value == webtest.Field {
			key = value
		}
		return name + "-" + key
	case name == "":
		return "overview"
	default:
		return name
	}
}

// state is one in which a page may be found.
type state struct {
	name    string
	daemon  webtest.State
	guard   web.Guard                 // nil: everybody is in
	trouble func(path string) Trouble // nil: none
	ready   string                    // a JavaScript expression that holds when the state is on show
	allowed func(Entry) bool          // errors in the console that belong to it
	pages   []string                  // nil: pages
}

const (
	// settled holds when a page shows what it got.
	settled = `document.getElementById("content").children.length && (document.getElementById("health").textContent || document.querySelector("#content > .empty"))`
	shown   = `document.querySelector("#pages a")`
	asked   = `document.querySelector("dialog[open]")`
	told    = `!document.getElementById("notice").hidden || document.querySelector(".empty, .wrong:not([hidden])")`
)

var states = []state{
	{name: "full", daemon: webtest.Full, ready: settled},
	{name: "empty", daemon: webtest.Empty, ready: settled, allowed: notTaught},
	{name: "loading", daemon: webtest.Loading, ready: settled, allowed: notTaught},
	{name: "error", daemon: webtest.Error, ready: settled,
		allowed: func(e Entry) bool { return strings.HasSuffix(e.URL, "/devices") && strings.Contains(e.Text, "422") }},
	{name: "tasks", daemon: webtest.Tasks, ready: settled, pages: []string{
		"", "events", "health", "model", "setup?camera=" + webtest.Porch, "setup?camera=" + webtest.Field, "teach", "teach?name=" + webtest.TaughtFamily}},
	{name: "silent", daemon: webtest.Full, trouble: func(string) Trouble { return Silence }, ready: shown},
	{name: "away", daemon: webtest.Full, trouble: func(string) Trouble { return NobodyThere }, ready: told,
		allowed: func(e Entry) bool { return strings.Contains(e.Text, "ERR_CONNECTION_REFUSED") }},
	{name: "refused", daemon: webtest.Full, trouble: refuseAllButLive, ready: settled,
		allowed: func(e Entry) bool { return e.Source == "network" && strings.Contains(e.Text, "409") }},
	{name: "signed-out", daemon: webtest.Full, guard: closed{"set"}, ready: asked},
	{name: "no-password", daemon: webtest.Full, guard: closed{"unset"}, ready: asked},
	{name: "password-wanted", daemon: webtest.Full, guard: closed{"wanted"}, ready: asked},
}

// notTaught allows that a name is asked about that is not taught.
func notTaught(e Entry) bool {
	return strings.HasSuffix(e.URL, "/teach/gate") && strings.Contains(e.Text, "404")
}

func refuseAllButLive(path string) Trouble {
	if strings.HasPrefix(path, "live") {
		return Nothing
	}
	return Refusal
}

// closed is a guard at whose page somebody stands who is not signed in.
type closed struct{ password string }

func (c closed) Site(next http.Handler) http.Handler { return next }

func (c closed) Allow(w http.ResponseWriter, _ *http.Request, _ bool) bool {
	http.Error(w, `{"error":"signed out"}`, http.StatusUnauthorized)
	return false
}

func (c closed) ServeSession(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, `{"signed_in":%t,"password":%q,"change":true,"device":"gate-pi"}`, c.password == "wanted", c.password)
}

func (c closed) ServePassword(w http.ResponseWriter, r *http.Request) { c.Allow(w, r, true) }
func (c closed) ServeTokens(w http.ResponseWriter, r *http.Request)   { c.Allow(w, r, true) }
func (c closed) Close() error                                         { return nil }

// TestStates looks at each page in each state on each screen, in both colour schemes.
func TestStates(t *testing.T) {
	b, axe := Start(t, ""), Axe(t)
	for _, s := range states {
		t.Run(s.name, func(t *testing.T) {
			url := play(t, s.daemon, s.guard)
			list := s.pages
			if list == nil {
				list = pages
			}
			for _, page := range list {
				if s.guard != nil && page != pages[0] {
					continue // the same dialog is over each
				}
				t.Run(fileName(page), func(t *testing.T) {
					t.Parallel()
					tab := b.Open(t)
					defer tab.Close()
					if s.trouble != nil {
						tab.Disturb(s.trouble)
					}
					tab.Go(url + page)
					tab.Until("the state "+s.name, s.ready)
					look(t, tab, fileName(page)+"-"+s.name, axe, s.trouble == nil && s.guard == nil)
					tab.WantNoErrors(s.allowed)
				})
			}
		})
	}
}

// look audits a tab on each screen, and keeps a picture of each; both: in both colour schemes, else in one in turn.
func look(t *testing.T, tab *Tab, name, axe string, both bool) {
	t.Helper()
	for i, size := range []Size{Desktop, Phone, Small} {
		tab.Resize(size)
		for j, scheme := range []string{"light", "dark"} {
			if !both && i%2 != j {
				continue
			}
			tab.Prefer(scheme)
			where := fmt.Sprintf("%s %s %s", name, size.Name, scheme)
			rules := "" // all
			if both && scheme == "dark" {
				rules = "color-contrast" // what else may differ from the light one?
			}
			report(t, where, "axe-core", tab.Violations(axe, rules))
			shot(t, tab, strings.ReplaceAll(where, " ", "-"))
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
