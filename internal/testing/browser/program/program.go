// Package program runs bin/inceptiond for the tests of its page, and counts its results.
package program

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/internal/testing/freeport"
)

// patience is how long anything may take that is waited for.
const patience = time.Minute

// Program is a daemon that runs.
type Program struct {
	URL    string // of its page, ends with a slash
	Port   string
	File   string // its config file
	PID    int
	dir    string
	cmd    *exec.Cmd
	exited chan error

	mu      sync.Mutex
	results map[string][]Result
	log     bytes.Buffer
}

// Result is what is kept of a result.
type Result struct {
	Sequence uint64
	Time     time.Time // of the frame
	Label    string
}

// Start runs the program that `make build` has built with a config, in which {port} is the port of the page, and stops it when
// the test ends. It returns when the page answers, if there is one.
func Start(t testing.TB, config string) *Program {
	t.Helper()
	p := Prepare(t, config)
	p.Start(t)
	return p
}

// Prepare makes the program's folder and its config file.
func Prepare(t testing.TB, config string) *Program {
	t.Helper()
	dir, port := t.TempDir(), freeport.Find(t)
	p := &Program{URL: "http://127.0.0.1:" + port + "/", Port: port, File: filepath.Join(dir, "inceptiond.yaml"), dir: dir}
	config = strings.ReplaceAll(config, "{port}", port)
	if err := os.WriteFile(p.File, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	return p
}

// Binary is the program that `make build` has built. Below dir, the folder of a package in the module of the browser, lies root.
func Binary(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	for err == nil && dir != "/" {
		path := filepath.Join(dir, "bin", "inceptiond")
		if _, missing := os.Stat(path); missing == nil {
			return path
		}
		dir = filepath.Dir(dir)
	}
	t.Fatal("no bin/inceptiond: run make build")
	return ""
}

// Start runs the program, again after Stop.
func (p *Program) Start(t testing.TB) {
	t.Helper()
	p.cmd = exec.Command(Binary(t), "run", "-c", p.File, "--output", "json")
	p.cmd.Dir = p.dir
	p.cmd.Env = p.environment()
	for _, dir := range []string{"/state", "/run"} {
		if err := os.MkdirAll(p.dir+dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.results = make(map[string][]Result)
	p.cmd.Stderr = logWriter{p}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p.PID = p.cmd.Process.Pid
	p.exited = make(chan error, 1)
	exited := p.exited
	go func() {
		p.read(out)
		exited <- p.cmd.Wait()
	}()
	t.Cleanup(func() {
		p.Stop(t)
		if t.Failed() {
			t.Logf("the log of the daemon:\n%s", p.Log())
		}
	})
	p.await(t)
}

// environment gives the program folders of its own.
func (p *Program) environment() []string {
	return append(os.Environ(), "STATE_DIRECTORY="+p.dir+"/state", "RUNTIME_DIRECTORY="+p.dir+"/run")
}

// await waits until the page answers, or the first result of a program that has none.
func (p *Program) await(t testing.TB) {
	t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		if r, err := http.Get(p.URL + "healthz"); err == nil {
			r.Body.Close()
			return
		}
		p.mu.Lock()
		answered := len(p.results) > 0
		p.mu.Unlock()
		if answered && strings.Contains(p.config(), `listen: ""`) {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("no page at %s:\n%s", p.URL, p.Log())
		}
	}
}

func (p *Program) config() string {
	text, _ := os.ReadFile(p.File)
	return string(text)
}

// Stop interrupts the program, and waits for its end.
func (p *Program) Stop(t testing.TB) {
	t.Helper()
	if p.exited == nil {
		return
	}
	p.cmd.Process.Signal(os.Interrupt)
	select {
	case err := <-p.exited:
		if err != nil {
			t.Errorf("the daemon ended with %v", err)
		}
	case <-time.After(patience):
		p.cmd.Process.Kill()
		t.Errorf("the daemon did not end")
	}
	p.exited = nil
}

type logWriter struct{ p *Program }

func (w logWriter) Write(b []byte) (int, error) {
	w.p.mu.Lock()
	defer w.p.mu.Unlock()
	return w.p.log.Write(b)
}

// Log is what the program has said so far.
func (p *Program) Log() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.log.String()
}

// read counts results.
func (p *Program) read(out io.Reader) {
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var r struct {
			Camera      string
			Sequence    uint64
			Time        time.Time
			Predictions []struct{ Label string }
		}
		if json.Unmarshal(lines.Bytes(), &r) != nil || r.Sequence == 0 {
			continue
		}
		result := Result{Sequence: r.Sequence, Time: r.Time}
		if len(r.Predictions) > 0 {
			result.Label = r.Predictions[0].Label
		}
		p.mu.Lock()
		p.results[r.Camera] = append(p.results[r.Camera], result)
		p.mu.Unlock()
	}
}

// Results are those of a camera so far.
func (p *Program) Results(camera string) []Result {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.results[camera]
}

// Await waits until a camera has n results more than it had.
func (p *Program) Await(t testing.TB, camera string, n int) {
	t.Helper()
	n += len(p.Results(camera))
	for end := time.Now().Add(patience); len(p.Results(camera)) < n; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("camera %s has %d results, not %d:\n%s", camera, len(p.Results(camera)), n, p.Log())
		}
	}
}

// Gaps lists the frames of a camera that had no result, from one of its results on.
func (p *Program) Gaps(camera string, from int) (gaps []string) {
	list := p.Results(camera)
	for i := max(1, from); i < len(list); i++ {
		if before, now := list[i-1].Sequence, list[i].Sequence; now != before+1 {
			gaps = append(gaps, fmt.Sprintf("%d after %d", now, before))
		}
	}
	return gaps
}

// Link is the address that signs in once.
func (p *Program) Link(t testing.TB) string {
	t.Helper()
	cmd := exec.Command(Binary(t), "web", "link", "-c", p.File)
	cmd.Env = p.environment()
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("inceptiond web link: %v", err)
	}
	first, _, _ := strings.Cut(string(out), "\n")
	return first
}

// Client is signed in by a link.
func (p *Program) Client(t testing.TB) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar, Timeout: patience}
	_, code, _ := strings.Cut(p.Link(t), "#")
	body := fmt.Sprintf(`{"code":%q}`, code)
	r, err := client.Post(p.URL+"session", "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if r.StatusCode/100 != 2 { // 200: a password has to be set first
		text, _ := io.ReadAll(r.Body)
		t.Fatalf("signing in with a link: %s %s", r.Status, text)
	}
	return client
}
