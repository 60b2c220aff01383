package browser

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/internal/testing/freeport"
	"github.com/inceptiond/inceptiond/publish/web"
	"github.com/inceptiond/inceptiond/publish/web/webtest"
)

// live waits until the overview has shown several pictures of a camera, one after the other.
func (tab *Tab) live(camera string) {
	tab.t.Helper()
	tab.Until("three live pictures", `(() => {
		const image = document.querySelector("article[aria-labelledby='camera-`+camera+`'] figure:not(.old) img");
		if (image && image.complete && image.naturalWidth) (window.shownPictures ||= new Set()).add(image.src);
		return window.shownPictures && window.shownPictures.size >= 3;
	})()`)
}

// TestProxy opens the page through an nginx that has it below a path, and goes through all pages.
func TestProxy(t *testing.T) {
	_, link := playGuarded(t, web.Options{})
	page, code := split(t, link)
	prefix := "http://" + startNginx(t, host(page)) + "/cams/pi/"
	tab := Start(t, "").Open(t)
	tab.Go(prefix + "#" + code)
	tab.live(webtest.Drive)
	for _, name := range []string{"Events", "Health", "Settings", "Overview"} {
		tab.Click("link", name)
		tab.Find("heading", name)
	}
	tab.live(webtest.Drive)
	tab.Go(prefix + "setup?camera=drive")
	tab.Find("button", "Try")
	outside := Eval[[]string](tab, fmt.Sprintf(`performance.getEntriesByType("resource").map((e) => e.name).filter((n) => !n.startsWith("blob:") && !n.startsWith(%q))`, prefix))
	if len(outside) > 0 {
		t.Errorf("the page asks beside the prefix: %q", outside)
	}
	tab.Go(prefix + "settings")
	tab.Click("button", "Sign out here")
	tab.Find("dialog", "Sign in")
	tab.WantNoErrors(nil)
}

// startNginx starts an nginx that has the page at a host:port below /cams/pi/, as docs/page.md says, and returns its own.
func startNginx(t *testing.T, page string) (address string) {
	t.Helper()
	program := findProgram(t, "nginx-light", "nginx", "/usr/sbin/nginx")
	dir := t.TempDir()
	address = "127.0.0.1:" + freeport.Find(t)
	config := fmt.Sprintf(`daemon off; worker_processes 1; pid %[1]s/pid; error_log %[1]s/error.log;
events {}
http {
	access_log off; client_body_temp_path %[1]s; proxy_temp_path %[1]s; fastcgi_temp_path %[1]s; uwsgi_temp_path %[1]s; scgi_temp_path %[1]s;
	server {
		listen %[2]s;
		location /cams/pi/ {
			proxy_pass http://%[3]s/;
			proxy_set_header Host $http_host;
		}
	}
}
`, dir, address, page)
	if os.Geteuid() == 0 {
		config = "user root; " + config
	}
	file := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "-c", file, "-p", dir)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Signal(os.Interrupt)
		cmd.Wait()
	})
	for end := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		if c, err := net.Dial("tcp", address); err == nil {
			c.Close()
			return address
		}
		if time.Now().After(end) {
			t.Fatal("nginx does not listen")
		}
	}
}

// TestNames opens the page over plain HTTP by a name that it may have, and by one that somebody else has let point at it.
func TestNames(t *testing.T) {
	d, link := playGuarded(t, web.Options{Hosts: []string{"pi.test"}})
	page, code := split(t, link)
	_, port, _ := net.SplitHostPort(host(page))
	b := Start(t, "MAP *.test 127.0.0.1")
	tab := b.Open(t)
	tab.Go("http://pi.test:" + port + "/")
	tab.Fill("Code of a link", strings.ToLower(code))
	tab.Press("\r")
	tab.live(webtest.Drive)
	tab.Click("button", "Pause drive")
	tab.wait("the camera is paused", func() (bool, error) { return paused(d, webtest.Drive), nil })
	tab.WantNoErrors(nil)

	tab.Go("http://rebound.test:" + port + "/")
	tab.See("web.hosts")
	if status := Eval[int](tab, `fetch("api/v1/live").then((r) => r.status)`); status != http.StatusMisdirectedRequest {
		t.Errorf("a name that is not ours gets %d", status)
	}
}

// TestOtherSites has pages of other sites, one of them on another port of the same machine, try what they can with the cookie of
// somebody who is signed in.
func TestOtherSites(t *testing.T) {
	d, link := playGuarded(t, web.Options{})
	page, _ := split(t, link)
	evil := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, `<!doctype html><title>Evil</title><link rel="icon" href="data:,"><form method="post" enctype="text/plain" action="%sapi/v1/cameras/drive/commands">
			<input name='{"command":"paused","value":"ON","x":"' value='"}'><button>Win</button></form>`, page)
	}))
	defer evil.Close()
	b := Start(t, "")
	tab := b.Open(t)
	tab.Go(link)
	tab.live(webtest.Drive)
	for _, origin := range []string{evil.URL, strings.Replace(evil.URL, "127.0.0.1", "localhost", 1)} {
		other := tab.Another()
		other.Go(origin + "/")
		for _, mode := range []string{"no-cors", "cors"} {
			for _, kind := range []string{"text/plain", "application/json"} {
				Eval[string](other, fmt.Sprintf(`fetch(%q, { method: "POST", mode: %q, credentials: "include", headers: { "Content-Type": %q },
					body: '{"command":"paused","value":"ON"}' }).then((r) => r.type + r.status, (e) => String(e))`, page+"api/v1/cameras/drive/commands", mode, kind))
			}
		}
		read := Eval[string](other, fmt.Sprintf(`fetch(%q, { credentials: "include" }).then((r) => r.text(), () => "refused")`, page+"api/v1/config"))
		if read != "refused" {
			t.Errorf("%s can read %q", origin, read)
		}
		seen := Eval[bool](other, fmt.Sprintf(`new Promise((done) => {
			const image = new Image();
			image.onload = () => done(true);
			image.onerror = () => done(false);
			image.src = %q;
		})`, page+"api/v1/cameras/drive/picture.jpg"))
		if seen {
			t.Errorf("%s can show a camera's picture", origin)
		}
		other.Click("button", "Win")
		other.See("error")
		other.Close()
	}
	if paused(d, webtest.Drive) {
		t.Error("another site has paused a camera")
	}
	tab.live(webtest.Drive)
}

// paused says whether a camera of a daemon that is played is.
func paused(d *webtest.Daemon, camera string) bool {
	for _, c := range d.Overview().Cameras {
		if c.Name == camera {
			return c.State == "paused"
		}
	}
	return false
}

// TestFrame shows the page in a frame of a site that web.embed names, on another port of the same host, and not in that of
// another.
func TestFrame(t *testing.T) {
	var page string
	dashboard := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, `<!doctype html><html lang="en"><title>Dashboard</title><link rel="icon" href="data:,"><h1>Dashboard</h1><iframe src="%s" title="Cameras" width="900" height="700"></iframe>`, page)
	}
	named, other := httptest.NewServer(http.HandlerFunc(dashboard)), httptest.NewServer(http.HandlerFunc(dashboard))
	defer named.Close()
	defer other.Close()
	_, link := playGuarded(t, web.Options{Embed: []string{named.URL}})
	page, _ = split(t, link)
	b := Start(t, "")
	tab := b.Open(t)
	tab.Go(link)
	tab.live(webtest.Drive)

	tab.Go(named.URL + "/")
	tab.wait("a live picture in the frame", func() (bool, error) {
		return try(tab, inside[bool](host(page), `Boolean(document.querySelector("article[aria-labelledby='camera-drive'] figure:not(.old) img[src^='blob:']")?.naturalWidth)`))
	})
	tab.WantNoErrors(nil)
	tab.Go(other.URL + "/")
	tab.wait("what forbids the frame", func() (bool, error) {
		for _, e := range tab.Errors() {
			if strings.Contains(e.Text, "frame-ancestors") {
				return true, nil
			}
		}
		return false, nil
	})
}

// TestManyTabs has one browser show the page in 14 tabs at once.
func TestManyTabs(t *testing.T) {
	_, link := playGuarded(t, web.Options{})
	page, _ := split(t, link)
	first := Start(t, "").Open(t)
	first.Go(link)
	first.live(webtest.Drive)
	tabs := []*Tab{first}
	for len(tabs) < 14 {
		tab := first.Another()
		if tab.Go(page); len(tabs)%4 == 0 {
			tab.Go(page + "teach?name=" + webtest.TaughtGate)
		}
		tabs = append(tabs, tab)
	}
	for i, tab := range tabs {
		if i > 0 && i%4 == 0 {
			tab.Until("what is taught", `document.querySelector(".grid img")?.naturalWidth && document.querySelector(".side .picture img").naturalWidth`)
			continue
		}
		Eval[int](tab, "delete window.shownPictures; 0")
		tab.live(webtest.Drive)
	}
	for _, tab := range tabs {
		tab.WantNoErrors(nil)
	}
}
