package pull

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/infer/catalogue"
)

// TestFetch has servers of all kinds give a file: the right one is there in the end, or an error says what is wrong, and
// nothing under its name.
func TestFetch(t *testing.T) {
	data := random(1, 300_000)
	full, other := fileOf(t, data), random(2, 300_000)
	page := func(kind string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			fmt.Fprint(w, "<!DOCTYPE html><title>Log in</title>")
		}
	}
	ignoresRange := func(w http.ResponseWriter, _ *http.Request) { w.Write(data) }
	withoutLength := func(data []byte) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.(http.Flusher).Flush()
			w.Write(data)
		}
	}
	wrongPart := func(header string, body []byte) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Range") == "" {
				content(data)(w, r)
				return
			}
			w.Header().Set("Content-Range", header)
			w.WriteHeader(http.StatusPartialContent)
			w.Write(body)
		}
	}
	tests := map[string]struct {
		answers  []http.HandlerFunc
		unknown  bool // the catalogue has no size and no SHA-256
		err      string
		requests int // at least
	}{
		"well":                            {answers: []http.HandlerFunc{content(data)}, requests: 1},
		"well, little known":              {answers: []http.HandlerFunc{content(data)}, unknown: true, requests: 1},
		"without length":                  {answers: []http.HandlerFunc{withoutLength(data)}, requests: 1},
		"without length, little known":    {answers: []http.HandlerFunc{withoutLength(data)}, unknown: true, requests: 1},
		"cut once":                        {answers: []http.HandlerFunc{cutAfter(data, 1000), content(data)}, requests: 2},
		"cut once, little known":          {answers: []http.HandlerFunc{cutAfter(data, 1000), content(data)}, unknown: true, requests: 2},
		"cut at each 70000 bytes":         {answers: []http.HandlerFunc{cutAfter(data, 70_000)}, requests: 5},
		"cut before the first byte":       {answers: []http.HandlerFunc{cutAfter(data, 0)}, err: "the connection ended too soon", requests: maxTries},
		"short without length":            {answers: []http.HandlerFunc{withoutLength(data[:1000]), content(data)}, requests: 2},
		"short without length, unknown":   {answers: []http.HandlerFunc{withoutLength(data[:1000])}, unknown: true, err: "git's blob id is", requests: 1},
		"cut, then no ranges":             {answers: []http.HandlerFunc{cutAfter(data, 1000), ignoresRange}, requests: 2},
		"cut, then another file":          {answers: []http.HandlerFunc{cutAfter(other, 1000), content(data)}, requests: 2},
		"cut, then changed, same tag":     {answers: []http.HandlerFunc{cutAfter(data, 1000), wrongPart(fmt.Sprintf("bytes 1000-%d/%d", len(data)-1, len(data)), other[1000:]), content(data)}, requests: 3},
		"cut, then another place":         {answers: []http.HandlerFunc{cutAfter(data, 1000), wrongPart(fmt.Sprintf("bytes 5-%d/%d", len(data)-1, len(data)), data[5:]), content(data)}, requests: 3},
		"cut, then nonsense":              {answers: []http.HandlerFunc{cutAfter(data, 1000), wrongPart("bytes x", data), content(data)}, requests: 3},
		"cut, then range not satisfiable": {answers: []http.HandlerFunc{cutAfter(data, 1000), status(416, "Content-Range", "bytes */10"), content(data)}, requests: 3},
		"other bytes":                     {answers: []http.HandlerFunc{content(other)}, err: "git's blob id is", requests: 1},
		"other bytes, little known":       {answers: []http.HandlerFunc{content(other)}, unknown: true, err: "git's blob id is", requests: 1},
		"too short a file":                {answers: []http.HandlerFunc{content(data[:1000])}, err: "the server's file has 1000 bytes, and 300000 are right", requests: 1},
		"too long a file":                 {answers: []http.HandlerFunc{content(append(data, 0))}, err: "the server's file has 300001 bytes", requests: 1},
		"too much, without length":        {answers: []http.HandlerFunc{withoutLength(append(data, 0))}, err: "sends more than the 300000 bytes", requests: 1},
		"empty":                           {answers: []http.HandlerFunc{content(nil)}, err: "", requests: 1},
		"a web page":                      {answers: []http.HandlerFunc{page("text/html; charset=utf-8")}, err: "a web page came", requests: 1},
		"a web page, unsaid":              {answers: []http.HandlerFunc{page("application/octet-stream")}, unknown: true, err: "looks like a web page", requests: 1},
		"packed":                          {answers: []http.HandlerFunc{status(200, "Content-Encoding", "gzip")}, err: "has packed the file", requests: 1},
		"not found":                       {answers: []http.HandlerFunc{status(404)}, err: "404 Not Found: the file is not there", requests: 1},
		"forbidden":                       {answers: []http.HandlerFunc{status(403)}, err: "use --from", requests: 1},
		"a part that nobody asked for":    {answers: []http.HandlerFunc{status(206, "Content-Range", "bytes 5-9/10")}, err: "went on with something else", requests: maxTries},
		"range not satisfiable at once":   {answers: []http.HandlerFunc{status(416)}, err: "416", requests: 1},
		"busy once":                       {answers: []http.HandlerFunc{status(503), content(data)}, requests: 2},
		"busy, for a second":              {answers: []http.HandlerFunc{status(429, "Retry-After", "1"), content(data)}, requests: 2},
		"busy for long":                   {answers: []http.HandlerFunc{status(429, "Retry-After", "3600")}, err: "429 Too Many Requests: try again in 1h0m0s", requests: 1},
		"busy for ever":                   {answers: []http.HandlerFunc{status(503)}, err: "503 Service Unavailable: try again later", requests: maxTries},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, dir := serve(t, tt.answers...), filepath.Join(t.TempDir(), "some", "models")
			f := full
			if tt.unknown {
				f = little(f)
			}
			r, err := open(t, s.URL, dir).Fetch(t.Context(), f)
			if n := len(s.asked()); n < tt.requests || n > tt.requests && tt.err != "" {
				t.Errorf("%d requests, want %d", n, tt.requests)
			}
			path := filepath.Join(dir, f.Name)
			if tt.err != "" || name == "empty" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Errorf("error %v, want %q", err, tt.err)
				}
				if _, err := os.Stat(path); err == nil {
					t.Error("there is a file")
				}
				return
			}
			if err != nil || r != (Result{path, int64(len(data)), Fetched}) {
				t.Fatalf("%+v, %v", r, err)
			}
			wantFile(t, path, data)
		})
	}
}

// TestResume has a second program go on where the first was interrupted.
func TestResume(t *testing.T) {
	data := random(1, 300_000)
	f, dir := fileOf(t, data), t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	hang := make(chan struct{})
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"one"`)
		w.Header().Set("Content-Length", fmt.Sprint(len(data)))
		w.Write(data[:100_000])
		w.(http.Flusher).Flush()
		<-hang
	}, content(data))
	defer close(hang)
	first, err := Open(Options{Folder: dir, Source: s.URL, Report: func(p Progress) {
		if p.Have == 100_000 {
			cancel() // Ctrl-C
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = first.Fetch(ctx, f)
	if !errors.Is(err, errInterrupted) || !strings.Contains(err.Error(), "0.1 MB of it are here, and the same command goes on there") {
		t.Errorf("error %v", err)
	}
	if err := first.Close(); err != nil {
		t.Error(err)
	}
	if _, err := open(t, s.URL, dir).Fetch(t.Context(), f); err != nil {
		t.Fatal(err)
	}
	second := s.asked()[1]
	if got := second.Header.Get("Range"); got != "bytes=100000-" {
		t.Errorf("range %q", got)
	}
	if got := second.Header.Get("If-Range"); got != `"one"` {
		t.Errorf("if-range %q", got)
	}
	wantFile(t, filepath.Join(dir, f.Name), data)
}

// TestStall holds downloads that stand still, or nearly, to an end.
func TestStall(t *testing.T) {
	data := random(1, 300_000)
	f := fileOf(t, data)
	send := func(w http.ResponseWriter, r *http.Request, n int, pause time.Duration) {
		w.Header().Set("Content-Length", fmt.Sprint(len(data)))
		for i := range n {
			w.Write(data[i : i+1])
			w.(http.Flusher).Flush()
			select {
			case <-time.After(pause):
			case <-r.Context().Done():
				return
			}
		}
		<-r.Context().Done()
	}
	for name, answer := range map[string]http.HandlerFunc{
		"no answer":    func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"a standstill": func(w http.ResponseWriter, r *http.Request) { send(w, r, 3, 0) },
		"a slow drip":  func(w http.ResponseWriter, r *http.Request) { send(w, r, len(data), 10*time.Millisecond) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, answer)
			p, err := Open(Options{Folder: t.TempDir(), Source: s.URL, Stall: 2 * time.Second})
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			_, err = p.Fetch(t.Context(), f)
			if err == nil || !strings.Contains(err.Error(), "stalled") {
				t.Errorf("error %v", err)
			}
			if name != "no answer" && !strings.Contains(fmt.Sprint(err), "the same command goes on there") {
				t.Errorf("error %v", err)
			}
			s.CloseClientConnections()
		})
	}
}

// TestRedirects follows a few, none for ever, and none from https to http.
func TestRedirects(t *testing.T) {
	data := random(1, 1000)
	f := fileOf(t, data)
	good := serve(t, content(data))
	s := serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, good.URL+"/x", http.StatusFound) })
	dir := t.TempDir()
	if _, err := open(t, s.URL, dir).Fetch(t.Context(), f); err != nil {
		t.Error(err)
	}
	wantFile(t, filepath.Join(dir, f.Name), data)

	loop := serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.Path, http.StatusFound) })
	_, err := open(t, loop.URL, t.TempDir()).Fetch(t.Context(), f)
	if err == nil || !strings.Contains(err.Error(), "redirected 5 times") || len(loop.asked()) > maxRedirects+1 {
		t.Errorf("a loop: %v, %d requests", err, len(loop.asked()))
	}

	// From https to http, though it would bring the right file.
	secure := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, good.URL+"/x", http.StatusFound)
	}))
	defer secure.Close()
	p, asked := open(t, secure.URL, t.TempDir()), len(good.asked())
	p.client.Transport.(*http.Transport).TLSClientConfig = &tls.Config{RootCAs: x509.NewCertPool()}
	p.client.Transport.(*http.Transport).TLSClientConfig.RootCAs.AddCert(secure.Certificate())
	if _, err := p.Fetch(t.Context(), f); !errors.Is(err, errRedirect) || len(good.asked()) != asked {
		t.Errorf("a downgrade: %v, and the other server was asked %d times", err, len(good.asked())-asked)
	}
}

// TestThere looks at what is there already.
func TestThere(t *testing.T) {
	data := random(1, 100_000)
	s := serve(t, content(data))
	for name, f := range map[string]catalogue.File{"all known": fileOf(t, data), "little known": little(fileOf(t, data))} {
		dir := t.TempDir()
		p, path := open(t, s.URL, dir), filepath.Join(dir, f.Name)
		write := func(data []byte) {
			if err := os.WriteFile(path, data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		fetch := func(want State) {
			t.Helper()
			if r, err := p.Fetch(t.Context(), f); err != nil || r.State != want {
				t.Errorf("%s: %+v, %v; want %d", name, r, err, want)
			}
		}
		write(data) // somebody has copied it here
		fetch(There)
		os.Remove(path)
		fetch(Fetched)
		fetch(There)
		wantFile(t, path, data)
		write(append(bytes.Clone(data[1:]), 7))
		fetch(Replaced)
		write(nil)
		fetch(Replaced)
		wantFile(t, path, data)

		// A pin that a power cut has emptied says nothing; another one is not written over.
		os.WriteFile(path+".sha256", nil, 0o644)
		fetch(There)
		wantFile(t, path, data)
		os.WriteFile(path+".sha256", []byte(catalogue.FormatPin(strings.Repeat("0", 64), f.Name)), 0o644)
		if _, err := p.Fetch(t.Context(), f); err == nil || !strings.Contains(err.Error(), "at the first download it was 000") {
			t.Errorf("%s: another pin: %v", name, err)
		}
		p.Close()
	}
}

// TestFolder holds the folder to one program at a time, and to folders and links that are in the way.
func TestFolder(t *testing.T) {
	data := random(1, 1000)
	f, s := fileOf(t, data), serve(t, content(data))
	dir := t.TempDir()
	p := open(t, s.URL, dir)
	if _, err := Open(Options{Folder: dir}); err == nil || !strings.Contains(err.Error(), "another `inceptiond model pull`") {
		t.Errorf("a second one: %v", err)
	}
	outside := filepath.Join(t.TempDir(), "outside")
	if err := os.WriteFile(outside, []byte("theirs"), 0o644); err != nil {
		t.Fatal(err)
	}
	for what, make := range map[string]func(path string) error{
		"a link out of the folder": func(path string) error { return os.Symlink(outside, path) },
		"a second name":            func(path string) error { return os.Link(outside, path) },
		"a folder":                 func(path string) error { return os.Mkdir(path, 0o755) },
	} {
		part := filepath.Join(dir, f.Name+".part")
		if err := make(part); err != nil {
			t.Fatal(err)
		}
		if _, err := p.Fetch(t.Context(), f); err == nil {
			t.Errorf("%s was taken for a part", what)
		}
		os.Remove(part)
	}
	if err := os.Symlink(outside, filepath.Join(dir, f.Name)); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Fetch(t.Context(), f); err == nil || !strings.Contains(err.Error(), "is a link: remove it") {
		t.Errorf("a link: %v", err)
	}
	os.Remove(filepath.Join(dir, f.Name))
	if text, err := os.ReadFile(outside); err != nil || string(text) != "theirs" {
		t.Errorf("the file outside is %q, %v", text, err)
	}
	if _, err := p.Fetch(t.Context(), f); err != nil {
		t.Error(err)
	}
}

// TestImport takes files from a disk, and nothing but the right ones.
func TestImport(t *testing.T) {
	data := random(1, 100_000)
	f, from := fileOf(t, data), t.TempDir()
	path := func(name string) string { return filepath.Join(from, name) }
	for name, data := range map[string][]byte{f.Name: data, "renamed": data, "other": random(2, len(data)), "short": data[:10], "long": append(bytes.Clone(data), 1), "empty": nil} {
		if err := os.WriteFile(path(name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]string{
		"": "", f.Name: "", "renamed": "", "other": "git's blob id is", "short": "10 bytes, and 100000 are right", "long": "100001 bytes",
		"empty": "0 bytes", "none": "there is no file",
	} {
		for what, f := range map[string]catalogue.File{"": f, " (little known)": little(f)} {
			want := want
			if want != "" && strings.Contains(want, "bytes") && f.Size == 0 {
				want = "git's blob id is"
			}
			dir := t.TempDir()
			p := open(t, "http://127.0.0.1:1", dir)
			r, err := p.Import(t.Context(), f, path(name))
			if want == "" {
				if err != nil || r.State != Fetched {
					t.Errorf("%s%s: %+v, %v", name, what, r, err)
				}
				wantFile(t, filepath.Join(dir, f.Name), data)
			} else if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s%s: error %v, want %q", name, what, err, want)
			} else if left, _ := os.ReadDir(dir); len(left) > 0 {
				t.Errorf("%s%s: %v is left", name, what, left)
			}
		}
	}
}

// TestSource refuses what is no folder on the web, and shows no password.
func TestSource(t *testing.T) {
	for _, s := range []string{"", "http", "file:///tmp", "/tmp", "https://", "https://host/?a=b", "https://user:s3cret@host/", "://", "https://host/#x"} {
		if s == "" {
			continue
		}
		if _, err := parseSource(s); err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%q: %v", s, err)
		}
	}
	for _, s := range []string{catalogue.Source, "http://nas.local", "https://host:8080/a/b"} {
		if _, err := parseSource(s); err != nil {
			t.Errorf("%q: %v", s, err)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 11, 28, 8, 0, 0, 0, time.UTC)
	for s, want := range map[string]time.Duration{
		"": 0, "0": 0, "120": 2 * time.Minute, "-5": 0, "soon": 0, "99999999999": 0, "4000000000": 24 * time.Hour,
		"Sat, 28 Nov 2026 08:00:30 GMT": 30 * time.Second, "Sat, 28 Nov 2020 08:00:30 GMT": 0,
	} {
		if got := retryAfter(s, now); got != want {
			t.Errorf("%q: %v, want %v", s, got, want)
		}
	}
}

func FuzzContentRange(f *testing.F) {
	for _, s := range []string{"bytes 0-9/10", "bytes 5-9/*", "bytes */10", "", "bytes 9-5/10", "bytes 0-10/10", "bytes 0-0/18446744073709551615"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		start, total, err := parseContentRange(s)
		if err == nil && (start < 0 || total < 0 || total > 0 && start >= total) {
			t.Errorf("%q: %d, %d", s, start, total)
		}
	})
}
