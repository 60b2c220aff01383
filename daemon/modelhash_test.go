package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/infer/demomodel"
)

// TestModelsByHash fetches a model and its labels by their SHA-256, runs a config with them, exchanges the model for another one as a
// roll-out does, with the old one kept until nothing names it, and removes what is left.
func TestModelsByHash(t *testing.T) {
	state, dir := t.TempDir(), t.TempDir()
	t.Setenv("STATE_DIRECTORY", state)
	t.Setenv("NO_PROXY", "127.0.0.1")
	newer := append(bytes.Clone(demomodel.Model()), 0) // the same network, another file
	files := map[string][]byte{"/old.tflite": demomodel.Model(), "/new.tflite": newer, "/labels.txt": demomodel.Labels(), "/page.tflite": []byte("<html>log in")}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		data, ok := files[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		w.Write(data)
	}))
	t.Cleanup(server.Close)
	sum := func(path string) string { return fmt.Sprintf("%x", sha256.Sum256(files[path])) }
	older, next, labels := sum("/old.tflite"), sum("/new.tflite"), sum("/labels.txt")
	run := func(want int, args ...string) string {
		t.Helper()
		var out bytes.Buffer
		if code := execute(t.Context(), args, streams{nil, &out, &out}); code != want {
			t.Errorf("%q ended with %d, want %d: %s", args, code, want, &out)
		}
		return out.String()
	}
	says := func(said, want string) {
		t.Helper()
		if !strings.Contains(said, want) {
			t.Errorf("it said %q, want %q", said, want)
		}
	}
	config := filepath.Join(dir, "inceptiond.yaml")
	write := func(model string) {
		t.Helper()
		text := fmt.Sprintf("models: {shapes: {file: 'sha256:%s', labels: 'sha256:%s'}}\ncameras: {yard: {source: demo, model: shapes}}\nmqtt: {broker: off}\n", model, labels)
		if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}

	// What is not there, or not right.
	write(older)
	says(run(exitError, "config", "check", config), "sha256:"+older+" has not been fetched: `sudo inceptiond model pull https://HOST/FILE --sha256 "+older+"` does it")
	says(run(exitUsage, "model", "pull", server.URL+"/old.tflite"), "add --sha256 HASH")
	says(run(exitUsage, "model", "pull", server.URL+"/old.tflite", "--sha256", "123"), "want 64 hexadecimal digits")
	says(run(exitUsage, "model", "pull", "old.tflite", "--sha256", older), "is no web address")
	says(run(exitUsage, "model", "pull", "https://me:secret@host/old.tflite", "--sha256", older), "everybody on this machine could read")
	says(run(exitUsage, "model", "pull", server.URL+"/old.tflite", "--sha256", older, "--sha256", next), "2 hashes for 1 addresses")
	says(run(exitError, "model", "pull", server.URL+"/new.tflite", "--sha256", older), "new.tflite: not the file that was asked for: its SHA-256 is "+next+", and "+older+" is right")
	says(run(exitError, "model", "pull", server.URL+"/page.tflite", "--sha256", older), "a web page came, and no file")
	says(run(exitError, "model", "pull", server.URL+"/none.tflite", "--sha256", older), "the file is not there")
	if left, _ := filepath.Glob(filepath.Join(state, "models", "sha256-*"+"[0-9a-f]")); len(left) > 0 {
		t.Errorf("%v is there, and nothing right has come", left)
	}

	// The first one.
	said := run(exitOK, "model", "pull", server.URL+"/old.tflite", server.URL+"/labels.txt", "--sha256", strings.ToUpper(older), "--sha256", labels)
	says(said, "sha256:"+older+"  ")
	says(said, "fetched and checked: "+filepath.Join(state, "models", "sha256-"+labels))
	says(run(exitOK, "model", "pull", server.URL+"/old.tflite", "--sha256", older), "was there, and is right")
	says(run(exitOK, "config", "check", config), "1 camera")
	says(run(exitOK, "model", "info", "sha256:"+older), older)
	says(run(exitOK, "__complete", "model", "info", "sha"), "sha256:"+older)

	// The next one beside it, and back.
	run(exitOK, "model", "pull", "https://models.example/new.tflite", "--sha256", next, "--from", writeTo(t, filepath.Join(dir, "new.tflite"), newer))
	list := run(exitOK, "model", "list", "--json")
	checkSchema(t, "model-list", list)
	var report catalogueReport
	if err := json.Unmarshal([]byte(list), &report); err != nil || len(report.Kept) != 3 {
		t.Errorf("%v, %+v", err, report.Kept)
	}
	says(run(exitOK, "model", "list"), "sha256:"+next+"  model")
	write(next)
	run(exitOK, "config", "check", config)
	write(older)
	run(exitOK, "config", "check", config)

	// What nothing names goes, and nothing goes if that is not known.
	run(exitConfig, "model", "prune", "-c", writeTo(t, filepath.Join(dir, "bad.yaml"), []byte("models: [")))
	says(run(exitOK, "model", "prune", "-c", config, "--older", "1h"), "sha256:"+next+"  "+fmt.Sprintf("%d kB, too new", (len(newer)+500)/1000))
	says(run(exitOK, "model", "prune", "-c", config, "--dry-run"), "would be removed")
	said = run(exitOK, "model", "prune", "-c", config)
	for sum, what := range map[string]string{older: "in use", labels: "in use", next: "removed"} {
		says(said, "sha256:"+sum)
		at := strings.Index(said, sum)
		if line, _, _ := strings.Cut(said[at:], "\n"); !strings.HasSuffix(line, what) {
			t.Errorf("%s, want %s", line, what)
		}
	}
	run(exitOK, "config", "check", config)
	write(next)
	says(run(exitError, "config", "check", config), "has not been fetched")

	// A file that somebody has changed.
	write(older)
	writeTo(t, filepath.Join(state, "models", "sha256-"+older), newer)
	says(run(exitError, "config", "check", config), "is not what was fetched (damaged, or changed): `inceptiond model pull https://HOST/FILE --sha256 "+older)
	says(run(exitOK, "model", "pull", server.URL+"/old.tflite", "--sha256", older), "was damaged; fetched anew and checked")
	writeTo(t, filepath.Join(state, "models", "sha256-"+labels), []byte("others\n"))
	says(run(exitError, "config", "check", config), "labels: "+filepath.Join(state, "models", "sha256-"+labels)+" is not what was fetched")
}

// writeTo writes a file, and returns its path.
func writeTo(t *testing.T, path string, data []byte) string {
	t.Helper()
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}
