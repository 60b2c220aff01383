package pull

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/inceptiond/inceptiond/infer/catalogue"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// random are n bytes that look like nothing; the same seed gives the same.
func random(seed uint64, n int) []byte {
	r := rand.New(rand.NewPCG(seed, 0))
	data := make([]byte, n)
	for i := range data {
		data[i] = byte(r.Uint32())
	}
	return data
}

// fileOf is the entry of the catalogue for a file of these bytes, with all that can be known.
func fileOf(t *testing.T, data []byte) catalogue.File {
	t.Helper()
	id, err := catalogue.Blob(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	return catalogue.File{Name: "net.tflite", Size: int64(len(data)), Blob: id, SHA256: fmt.Sprintf("%x", sha256.Sum256(data))}
}

// little is f with the blob id alone, as the catalogue has it of large files.
func little(f catalogue.File) catalogue.File {
	f.Size, f.SHA256, f.About = 0, "", f.Size
	return f
}

// server answers the requests for one file, and keeps them.
type server struct {
	*httptest.Server
	mutex    sync.Mutex
	requests []*http.Request
}

// serve has the answers given in turn, the last one again and again.
func serve(t *testing.T, answers ...http.HandlerFunc) *server {
	t.Helper()
	s := &server{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mutex.Lock()
		n := len(s.requests)
		s.requests = append(s.requests, r)
		s.mutex.Unlock()
		answers[min(n, len(answers)-1)](w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

// asked are the requests so far.
func (s *server) asked() []*http.Request {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return append([]*http.Request(nil), s.requests...)
}

// content serves data well, as a web server does it: with ranges, an entity tag and a length.
func content(data []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", fmt.Sprintf(`"%x"`, sha256.Sum256(data)))
		w.Header().Set("Content-Type", "application/octet-stream")
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
	}
}

// cutAfter serves the beginning of data, all its headers, and hangs up.
func cutAfter(data []byte, n int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		content(data)(&cutter{w, n}, r)
		panic(http.ErrAbortHandler)
	}
}

// cutter passes on the first bytes.
type cutter struct {
	http.ResponseWriter
	left int
}

func (c *cutter) Write(p []byte) (int, error) {
	n, err := c.ResponseWriter.Write(p[:min(len(p), c.left)])
	if c.left -= n; c.left == 0 && err == nil {
		c.ResponseWriter.(http.Flusher).Flush()
		err = errors.New("cut")
	}
	return n, err
}

// status answers with a status, and these header fields.
func status(code int, fields ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(fields); i += 2 {
			w.Header().Set(fields[i], fields[i+1])
		}
		w.WriteHeader(code)
		fmt.Fprintln(w, "no")
	}
}

// open opens a Puller for a server and a folder.
func open(t *testing.T, source, folder string) *Puller {
	t.Helper()
	p, err := Open(Options{Folder: folder, Source: source, Pause: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

// wantFile holds a file to its bytes, its mode and its pin.
func wantFile(t *testing.T, path string, data []byte) {
	t.Helper()
	got, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(got, data) {
		t.Errorf("%s: %d bytes, %v; want the %d bytes of the catalogue", path, len(got), err, len(data))
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode() != fileMode {
		t.Errorf("%s: mode %v, %v", path, info.Mode(), err)
	}
	pin, err := os.ReadFile(path + ".sha256")
	if want := fmt.Sprintf("%x  %s\n", sha256.Sum256(data), filepath.Base(path)); err != nil || string(pin) != want {
		t.Errorf("pin: %q, %v; want %q", pin, err, want)
	}
	for _, ending := range []string{".part", ".part.etag", ".import", ".sha256.new"} {
		if _, err := os.Stat(path + ending); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v; want it gone", path+ending, err)
		}
	}
}
