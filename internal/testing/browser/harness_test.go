package browser

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; frame-src *; require-trusted-types-for 'script'"

// serve serves pages: the HTML of a body by its path, scripts as they are.
func serve(t *testing.T, pages map[string]string) (url string) {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, there := pages[r.URL.Path]
		switch {
		case strings.HasSuffix(r.URL.Path, "/icon.svg"):
			w.Header().Set("Content-Type", "image/svg+xml")
			io.WriteString(w, `<svg xmlns="http://www.w3.org/2000/svg"/>`)
		case !there:
			http.NotFound(w, r)
		case strings.HasSuffix(r.URL.Path, ".js"):
			w.Header().Set("Content-Type", "text/javascript")
			io.WriteString(w, text)
		default:
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.Header().Set("Content-Security-Policy", policy)
			fmt.Fprintf(w, `<!doctype html><html lang="en"><head><title>Test</title><link rel="icon" href="icon.svg">`+
				`<meta name="viewport" content="width=device-width"></head><body><main><h1>Test</h1>%s</main></body></html>`, text)
		}
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// TestAuditsSeeFaults shows each audit a page with the fault that it looks for, and one without.
func TestAuditsSeeFaults(t *testing.T) {
	url := serve(t, map[string]string{
		"/good":     `<p><a href="good">Here</a> <button>Press</button> <label>Name <input></label></p>`,
		"/axe":      `<input>`,
		"/wide":     `<p><button>Press</button></p><svg width="2000" height="5"></svg>`,
		"/trap":     `<p><button id="a">One</button> <button>Two</button></p><script type="module" src="trap.js"></script>`,
		"/trap.js":  `document.getElementById("a").addEventListener("keydown", (e) => e.preventDefault());`,
		"/dark":     `<p><button id="a">One</button></p><script type="module" src="dark.js"></script>`,
		"/dark.js":  `document.getElementById("a").style.outline = "none";`,
		"/under":    `<p><button>One</button></p><div id="a">over</div><script type="module" src="under.js"></script>`,
		"/under.js": `Object.assign(document.getElementById("a").style, { position: "fixed", inset: "0", background: "white" });`,
		"/gone":     `<p><button id="a">One</button> <button>Two</button> <button>Three</button></p><script type="module" src="gone.js"></script>`,
		"/gone.js":  `document.getElementById("a").addEventListener("keyup", (e) => e.target.remove());`,
		"/again":    `<p><button id="a">One</button> <button>Two</button></p><script type="module" src="again.js"></script>`,
		"/again.js": `document.getElementById("a").addEventListener("keyup", (e) => e.target.replaceWith(e.target.cloneNode(true)));`,
	})
	tab := Start(t, "").Open(t)
	axe := Axe(t)
	audits := map[string]func() []string{
		"axe": func() []string { return tab.Violations(axe, "") }, "wide": tab.Overflows, "walk": tab.Walk,
	}
	for _, test := range []struct{ page, audit, want string }{
		{"good", "", ""},
		{"gone", "", ""},
		{"axe", "axe", "label: "},
		{"wide", "wide", "pixels of 1280"},
		{"trap", "walk", "Two <button>: Tab does not lead to it"},
		{"dark", "walk", "One <button>: its focus cannot be seen"},
		{"under", "walk", "One <button>: it is covered while it has the focus"},
		{"again", "walk", "One <button>: it was replaced while it had the focus"},
	} {
		tab.Go(url + "/" + test.page)
		for name, audit := range audits {
			found := audit()
			sees := slices.ContainsFunc(found, func(s string) bool { return strings.Contains(s, test.want) })
			if name == test.audit && !sees {
				t.Errorf("page %s: %s finds %q, not %q", test.page, name, found, test.want)
			}
			if name != test.audit && test.audit == "" && len(found) > 0 {
				t.Errorf("page %s: %s finds %q", test.page, name, found)
			}
		}
		tab.WantNoErrors(nil)
	}
}

// TestConsoleIsHeard has a page fail in each way that the console tells of.
func TestConsoleIsHeard(t *testing.T) {
	url := serve(t, map[string]string{
		"/style":   `<p style="color: red">red</p>`,
		"/missing": `<img src="nothing.png" alt="">`,
		"/throws":  `<script type="module" src="throws.js"></script>`, "/throws.js": `throw new Error("thrown");`,
		"/rejects": `<script type="module" src="rejects.js"></script>`, "/rejects.js": `Promise.reject(new Error("rejected"));`,
		"/says": `<script type="module" src="says.js"></script>`, "/says.js": `console.error("said"); console.warn("warned");`,
		"/foreign": `<img src="http://localhost:1/picture.png" alt="">`,
		"/quiet":   `<p>quiet</p>`,
	})
	tab := Start(t, "").Open(t)
	for page, want := range map[string]string{
		"style": "Content Security Policy", "missing": "404", "throws": "thrown", "rejects": "rejected", "says": "said", "foreign": "Content Security Policy", "quiet": "",
	} {
		tab.Go(url + "/" + page)
		if want != "" {
			tab.wait("an error in the console", func() (bool, error) {
				tab.mu.Lock()
				defer tab.mu.Unlock()
				return len(tab.entries) > 0, nil
			})
		}
		if got := fmt.Sprint(tab.Errors()); !strings.Contains(got, want) || want == "" && got != "[]" {
			t.Errorf("page %s: the console says %s, want %q", page, got, want)
		}
	}
}

// TestPerson uses each way in which a person acts.
func TestPerson(t *testing.T) {
	url := serve(t, map[string]string{
		"/": `<p><button id="b">Press</button> <label>Name <input id="i" value="old"></label>
			<label>Kind <select id="s"><option>one<option>two</select></label></p>
			<svg id="area" width="200" height="100"></svg><p id="log"></p>
			<iframe src="/inner" title="inner"></iframe><script type="module" src="acts.js"></script>`,
		"/inner": `<p>within</p>`,
		"/acts.js": `const $ = (id) => document.getElementById(id), log = (s) => { $("log").textContent += s + ";"; };
			$("b").addEventListener("click", (e) => log("pressed"));
			$("b").addEventListener("keydown", (e) => log((e.shiftKey ? "Shift+" : "") + e.key));
			$("i").addEventListener("change", () => log($("i").value));
			$("s").addEventListener("change", () => log($("s").value));
			$("area").style.touchAction = "none";
			for (const kind of ["down", "up"]) $("area").addEventListener("pointer" + kind, (e) => {
				const box = $("area").getBoundingClientRect();
				log([e.pointerType, kind, Math.round(e.clientX - box.left), Math.round(e.clientY - box.top)].join(" "));
			});`,
	})
	tab := Start(t, "").Open(t)
	tab.Resize(Phone)
	tab.Go(url + "/")
	tab.Click("button", "Press")
	tab.See("pressed;")
	tab.Fill("Name", "new")
	tab.Tab("button", "Press")
	tab.See("new;")
	tab.Press(kb.ArrowLeft, chromedp.ModifierShift)
	tab.See("Shift+ArrowLeft;")
	tab.Choose("Kind", "two")
	tab.See("two;")
	tab.Tap("button", "Press")
	tab.See("two;pressed;")
	box := Eval[[]float64](tab, `(() => { const b = document.getElementById("area").getBoundingClientRect(); return [b.left, b.top]; })()`)
	at := func(x, y float64) Point { return Point{box[0] + x, box[1] + y} }
	tab.Drag(at(10, 20), at(110, 70))
	tab.See("mouse down 10 20;mouse up 110 70;")
	tab.Swipe(at(20, 10), at(120, 60))
	tab.See("touch down 20 10;touch up 120 60;")
	tab.Tap("button", "Press")
	tab.See("touch up 120 60;pressed;")
	if got := Inside[string](tab, "/inner", "document.body.innerText"); !strings.Contains(got, "within") {
		t.Errorf("the frame says %q", got)
	}
	tab.WantNoErrors(nil)
}
