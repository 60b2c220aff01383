package browser

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/internal/testing/browser/program"
)

const withoutMQTT = "mqtt: {broker: off}\n"

// TestFreshInstall follows the link that `inceptiond run` prints on a terminal where there is nothing yet: the demo's picture is
// there within two seconds, for the quickest of three who look.
func TestFreshInstall(t *testing.T) {
	const most = 2 * time.Second
	if c, err := net.Dial("tcp", "127.0.0.1:8224"); err == nil {
		c.Close()
		missing(t, "somebody else has port 8224")
	}
	link := runOnTerminal(t)
	if !strings.HasPrefix(link, "http://127.0.0.1:8224/#") {
		t.Fatalf("the link is %q", link)
	}
	b := Start(t, "")
	first := b.Open(t)
	best := time.Hour
	for i, tab := range []*Tab{first, first.Another(), first.Another()} {
		if i > 0 {
			link = "http://127.0.0.1:8224/"
		}
		began := time.Now()
		tab.Go(link)
		tab.Until("a live picture", `document.querySelector("article.camera figure:not(.old) img")?.naturalWidth`)
		best = min(best, time.Since(began))
		tab.WantNoErrors(nil)
		tab.Go("about:blank") // nobody looks
	}
	t.Logf("the picture is there after %v", best)
	if best > most {
		t.Errorf("the picture is there after %v, not %v", best, most)
	}
}

// runOnTerminal starts the program as somebody does who has just installed it, and returns the link that it prints.
func runOnTerminal(t *testing.T) (link string) {
	t.Helper()
	script := findProgram(t, "bsdutils", "script")
	dir := t.TempDir()
	cmd := exec.Command(script, "-qfec", "exec "+program.Binary(t)+" run --listen 127.0.0.1:0", "/dev/null")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "HOME="+dir, "XDG_STATE_HOME="+dir, "XDG_RUNTIME_DIR="+dir, "XDG_CONFIG_HOME="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	in, err := cmd.StdinPipe() // the terminal's: without one, script ends
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	t.Cleanup(func() {
		io.WriteString(in, "\x03") // Ctrl+C
		io.Copy(io.Discard, lines)
		cmd.Wait()
	})
	page := regexp.MustCompile(`^page\s+(\S+)`)
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			t.Fatalf("no link was printed: %v", err)
		}
		if found := page.FindStringSubmatch(strings.TrimSpace(line)); found != nil {
			go io.Copy(io.Discard, lines)
			return found[1]
		}
	}
}

// TestSignIn sets a password, signs out, and comes back with it, with a wrong one, and with a link.
func TestSignIn(t *testing.T) {
	const password = "four plain words here"
	p := program.Start(t, withoutMQTT+"web: {listen: '127.0.0.1:{port}'}\ncameras: {demo: {source: demo, demo: {interval: 200ms}}}\n")
	tab := Start(t, "").Open(t)
	tab.Go(p.Link(t))
	tab.live("demo")
	tab.Click("link", "Settings")
	tab.Click("button", "Set a password")
	tab.Fill("New password", "short")
	tab.Press("\r")
	tab.See("12")
	tab.Fill("New password", password)
	tab.Click("button", "Set password")
	tab.See("There is one.")
	tab.Errors() // the short one was refused
	tab.Click("button", "Sign out here")
	tab.Fill("Password", "not the password")
	tab.Press("\r")
	tab.Find("alert", "") // what was wrong
	tab.Errors()
	tab.Fill("Password", password)
	tab.Press("\r")
	tab.live("demo")

	p.Stop(t)
	tab.See("No answer since")
	tab.Errors()
	p.Start(t)
	tab.Until("the picture is back", `document.getElementById("notice").hidden`)
	tab.Errors()
	tab.live("demo") // still signed in
	tab.WantNoErrors(nil)
}

// TestTokens makes a token for a script, which may look and not change, and takes it away.
func TestTokens(t *testing.T) {
	p := program.Start(t, withoutMQTT+"web: {listen: '127.0.0.1:{port}'}\ncameras: {demo: {source: demo, demo: {interval: 200ms}}}\n")
	tab := Start(t, "").Open(t)
	tab.Go(p.Link(t))
	tab.Click("link", "Settings")
	tab.Click("button", "New token")
	tab.Fill("Name", "Home Assistant")
	tab.Click("button", "Make it")
	field := tab.Find("textbox", "Token")
	token := Within[string](tab, field, "function() { return this.value }")
	tab.Click("button", "Done")
	tab.See("Home Assistant may look")
	for _, c := range []struct {
		method, path string
		want         int
	}{{"GET", "api/v1/cameras/demo/picture.jpg", 200}, {"GET", "api/v1/live", 200}, {"POST", "api/v1/config/undo", 403}} {
		if got := withToken(t, p, c.method, c.path, token); got != c.want {
			t.Errorf("with a token that may look: %s %s gives %d, not %d", c.method, c.path, got, c.want)
		}
	}
	tab.Click("button", "Remove Home Assistant")
	tab.See("There is none.")
	if got := withToken(t, p, "GET", "api/v1/live", token); got != http.StatusUnauthorized {
		t.Errorf("a token that was taken away gets %d", got)
	}
	tab.WantNoErrors(nil)
}

// withToken is the status of an answer.
func withToken(t *testing.T, p *program.Program, method, path, token string) int {
	t.Helper()
	r, err := http.NewRequest(method, p.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.SetBasicAuth("anybody", token)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	return answer.StatusCode
}

// TestEvents looks at what has happened: the newest comes by itself, the list can be narrowed, a picture enlarged.
func TestEvents(t *testing.T) {
	p := program.Start(t, withoutMQTT+`web: {listen: '127.0.0.1:{port}'}
cameras:
  one: {source: demo, demo: {interval: 500ms}, snapshot: {interval: 1s, disk: true}}
  two: {source: demo, demo: {interval: 500ms}}
`)
	tab := Start(t, "").Open(t)
	tab.Go(p.Link(t))
	tab.Click("link", "Events")
	tab.Until("events of both", `["one", "two"].every((c) => [...document.querySelectorAll(".events strong")].some((s) => s.textContent.trim() === c))`)
	tab.Choose("Camera", "one")
	tab.Until("those of one camera alone", `[...document.querySelectorAll(".events strong")].every((s) => s.textContent.trim() === "one")`)
	tab.Choose("What", "cameras")
	tab.See("online")
	tab.Choose("What", "decisions")
	tab.Until("a picture", `document.querySelector(".events .thumb img")?.naturalWidth`)
	tab.Until("enlarged", `(() => { const b = document.querySelector(".events .thumb"); b.click(); return document.querySelector("dialog[open] img"); })()`)
	tab.Until("a picture that is large", `document.querySelector("dialog[open] img").naturalWidth >= 320`)
	tab.Press("\u001b")
	tab.Until("closed", `!document.querySelector("dialog[open]")`)
	tab.WantNoErrors(nil)
}

// TestHealth has the doctor look, and reads what he says.
func TestHealth(t *testing.T) {
	p := program.Start(t, withoutMQTT+"web: {listen: '127.0.0.1:{port}'}\ncameras: {demo: {source: demo, demo: {interval: 200ms}}}\n")
	tab := Start(t, "").Open(t)
	tab.Go(p.Link(t))
	tab.Click("link", "Health")
	tab.Click("button", "Check now")
	tab.See("Checked at")
	tab.See("People with this page")
	if n := Eval[int](tab, `document.querySelectorAll(".findings li").length`); n < 3 {
		t.Errorf("the doctor has %d findings", n)
	}
	tab.WantNoErrors(nil)
}

// TestBundle makes a bundle with frames, looks at what is in it, fetches it, and has it forgotten.
func TestBundle(t *testing.T) {
	p := program.Start(t, withoutMQTT+"web: {listen: '127.0.0.1:{port}'}\ncameras: {demo: {source: demo, demo: {interval: 200ms}}}\n")
	tab := Start(t, "").Open(t)
	tab.Go(p.Link(t))
	tab.Click("link", "Health")
	tab.Until("the form", `document.getElementById("bundle-frames")`)
	tab.FillRole("spinbutton", "Frames of each camera", "2")
	tab.Click("button", "Make a bundle")
	tab.See("Making a bundle")
	tab.Until("the list", `document.querySelector("a[download]")`)
	tab.See("frames/demo/0001.rgb24 … 0002.rgb24")
	tab.See("the config in force, without secrets and comments")
	look(t, tab, "health-bundle", Axe(t), true)
	type file struct {
		Type, Name, First string
		Bytes             int
	}
	got := Eval[file](tab, `(async () => {
		const a = document.querySelector("a[download]"), response = await fetch(a.href), data = new Uint8Array(await response.arrayBuffer());
		return { Type: response.headers.get("Content-Type"), Name: a.download, Bytes: data.length, First: new TextDecoder().decode(data.slice(0, 60)) };
	})()`)
	if got.Type != "application/x-tar" || !strings.HasSuffix(got.Name, ".tar") || !strings.HasPrefix(got.First, strings.TrimSuffix(got.Name, ".tar")+"/") || got.Bytes < 2*640*480*3 {
		t.Errorf("fetched: %+v", got)
	}
	tab.Click("link", "Overview")
	tab.Click("link", "Health") // who comes back finds it
	tab.Until("the list", `document.querySelector("a[download]")`)
	tab.Click("button", "Forget it")
	tab.See("The bundle is forgotten.")
	tab.WantNoErrors(nil)
}
