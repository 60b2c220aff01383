package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/internal/testing/freeport"
	"github.com/inceptiond/inceptiond/internal/testing/syncbuf"
)

// TestWebLink comes into the page of a daemon that others can reach, by what the command prints.
func TestWebLink(t *testing.T) {
	for _, name := range []string{"STATE_DIRECTORY", "RUNTIME_DIRECTORY"} {
		t.Setenv(name, "")
	}
	dir := t.TempDir()
	t.Setenv("XDG_STATE_HOME", dir)
	file, port := filepath.Join(dir, "inceptiond.yaml"), freeport.Find(t)
	writeText(t, file, "device: gate-pi\nmqtt: {broker: off}\nweb: {listen: '0.0.0.0:"+port+"'}\ncameras: {demo: {source: demo}}\n")
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	var log syncbuf.Buffer
	exit := make(chan int, 1)
	go func() {
		exit <- execute(ctx, []string{"run", "-c", file, "--output", "none"}, streams{nil, io.Discard, &log})
	}()

	first := awaitLink(t, file, "", &log)
	page := "http://127.0.0.1:" + port + "/"
	if status := signIn(t, page, first); status != http.StatusOK { // and wants a password next
		t.Errorf("the first link: %d", status)
	}
	if status := signIn(t, page, first); status != http.StatusForbidden {
		t.Errorf("the first link, again: %d", status)
	}
	if status := signIn(t, page, awaitLink(t, file, first, &log)); status != http.StatusOK {
		t.Errorf("the second link: %d", status)
	}
	interrupt()
	select {
	case code := <-exit:
		if code != exitOK {
			t.Errorf("ended with %d:\n%s", code, &log)
		}
	case <-time.After(time.Minute):
		t.Fatalf("does not end:\n%s", &log)
	}
	if out, code := webLink(t, file); code != exitError || !strings.Contains(out, "no daemon with a page runs here") {
		t.Errorf("after the end: %d %s", code, out)
	}
}

// webLink runs the command, and returns what it has printed.
func webLink(t *testing.T, file string) (string, int) {
	t.Helper()
	var out, stderr bytes.Buffer
	code := execute(t.Context(), []string{"web", "link", "-c", file}, streams{nil, &out, &stderr})
	return out.String() + stderr.String(), code
}

// awaitLink waits for a link other than one that is known. It is what the command prints for this machine.
func awaitLink(t *testing.T, file, known string, log fmt.Stringer) string {
	t.Helper()
	for end := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		out, code := webLink(t, file)
		for line := range strings.Lines(out) {
			if line = strings.TrimSpace(line); code == exitOK && line != known && strings.HasPrefix(line, "http://127.0.0.1:") {
				return line
			}
		}
		if time.Now().After(end) {
			t.Fatalf("no link: %d %s\n%s", code, out, log)
		}
	}
}

// signIn pastes a link into the page's form.
func signIn(t *testing.T, page, link string) int {
	t.Helper()
	r, err := http.Post(page+"session", "application/json", strings.NewReader(fmt.Sprintf(`{"code":%q}`, link)))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	return r.StatusCode
}

// TestFindLinks looks for the link of the installed service, of a daemon that was started by hand, and of none.
func TestFindLinks(t *testing.T) {
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/healthz" {
			w.WriteHeader(http.StatusNoContent)
		}
	}))
	defer page.Close()
	other := httptest.NewServer(http.NotFoundHandler()) // has the port by now
	defer other.Close()
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	good := "http://no-such-machine.invalid/#K7QM-2RTD-9X4C\n" + page.URL + "/#K7QM-2RTD-9X4C\n"

	dir := t.TempDir()
	for _, name := range []string{"STATE_DIRECTORY", "RUNTIME_DIRECTORY"} {
		t.Setenv(name, "")
	}
	t.Setenv("XDG_STATE_HOME", dir)
	missing := filepath.Join(dir, "missing")
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		writeText(t, path, text)
		return path
	}
	config := file("inceptiond.yaml", "device: gate-pi\n")
	off := file("off.yaml", "device: gate-pi\nweb: {listen: ''}\n")
	wrong := file("wrong.yaml", "device: {}\n")
	for _, test := range []struct {
		name, installed, config, byHand string
		want                            string // in the links, or the error
	}{
		{"the service", file("link", good), "", "", good},
		{"the service, though one was started by hand", file("link", good), "", page.URL + "/#2222-2222-2222\n", good},
		{"by hand", missing, config, good, good},
		{"by hand, though there is a service", file("other", page.URL+"/#2222-2222-2222\n"), config, good, good},
		{"no daemon", missing, config, "", "no daemon with a page runs here, or its page cannot be opened, as its log then says (of the service: systemctl status inceptiond; by hand: inceptiond run)"},
		{"the page is off", missing, off, good, "the page is off: set web.listen"},
		{"killed", file("killed", gone.URL+"/#K7QM-2RTD-9X4C\n"), "", "", "the daemon has ended without taking its link away"},
		{"killed, and its port taken", file("taken", other.URL+"/#K7QM-2RTD-9X4C\n"), "", "", "another program answers at " + other.URL},
		{"no link", file("none", "hello\n"), "", "", "none holds no link"},
		{"an empty file", file("empty", ""), "", "", "it has no address"},
		{"a folder", dir, "", "", "is a folder"},
		{"a config with a mistake", missing, wrong, "", "wrong.yaml"},
	} {
		byHand := filepath.Join(dir, "inceptiond", "gate-pi", "web", "link")
		os.Remove(byHand)
		if test.byHand != "" {
			file("inceptiond/gate-pi/web/link", test.byHand)
		}
		got, err := findLinks(t.Context(), test.installed, test.config)
		if err != nil {
			got = err.Error()
		}
		if (err == nil) != (test.want == good) || !strings.Contains(got, test.want) {
			t.Errorf("%s: got %s, want %s", test.name, got, test.want)
		}
	}
}

// TestLinkOfOthers asks for a link that only root may read.
func TestLinkOfOthers(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may read all files")
	}
	path := filepath.Join(t.TempDir(), "web-link")
	writeText(t, path, "http://127.0.0.1:8224/#K7QM-2RTD-9X4C\n")
	if err := os.Chmod(path, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := findLinks(t.Context(), path, ""); err == nil || !strings.Contains(err.Error(), "sudo does it") {
		t.Errorf("got %v", err)
	}
}
