package metrics

import (
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/inceptiond/inceptiond/internal/testing/freeport"
)

// ask asks for a path, by a connection of its own.
func ask(t *testing.T, method, address, path string) (code int, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, "http://"+address+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Close = true
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(data)
}

// serve serves the figures of a busy program until the test ends.
func serve(t *testing.T, address string) *Server {
	t.Helper()
	before := goleak.IgnoreCurrent()
	s, err := New(gate{}, "1.2.3").Serve(address, nil, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		goleak.VerifyNone(t, before)
	})
	return s
}

func TestServer(t *testing.T) {
	s := serve(t, "127.0.0.1:0")
	code, body := ask(t, "GET", s.Addr(), "/metrics")
	for _, want := range []string{"inceptiond_camera_up{camera=\"drive\"} 1", "\ngo_goroutines ", "\nprocess_resident_memory_bytes "} {
		if code != http.StatusOK || !strings.Contains(body, want) {
			t.Errorf("%d, without %q:\n%s", code, want, body)
		}
	}
	for _, test := range []struct {
		method, path string
		want         int
	}{
		{"HEAD", "/metrics", http.StatusOK},
		{"POST", "/metrics", http.StatusMethodNotAllowed},
		{"GET", "/", http.StatusNotFound},
		{"GET", "/metrics/", http.StatusNotFound},
		{"GET", "/debug/pprof/", http.StatusNotFound},
	} {
		if code, _ := ask(t, test.method, s.Addr(), test.path); code != test.want {
			t.Errorf("%s %s: %d, want %d", test.method, test.path, code, test.want)
		}
	}
}

// Two scrapes at once both get everything.
func TestTwoScrapesAtOnce(t *testing.T) {
	s := serve(t, "127.0.0.1:0")
	var scraping sync.WaitGroup
	for range 2 {
		scraping.Go(func() {
			for range 20 {
				response, err := http.Get("http://" + s.Addr() + "/metrics")
				if err != nil {
					t.Error(err)
					return
				}
				body, err := io.ReadAll(response.Body)
				response.Body.Close()
				if err != nil || response.StatusCode != http.StatusOK || !strings.Contains(string(body), "inceptiond_undervoltage 0\n") {
					t.Errorf("%d, %v: %s", response.StatusCode, err, body)
				}
			}
		})
	}
	scraping.Wait()
	http.DefaultClient.CloseIdleConnections()
}

// A header without end, and a connection that says nothing, keep neither memory nor the end waiting.
func TestServerHasLimits(t *testing.T) {
	s := serve(t, "127.0.0.1:0")
	if s.http.ReadHeaderTimeout == 0 || s.http.ReadTimeout == 0 || s.http.WriteTimeout == 0 || s.http.IdleTimeout == 0 {
		t.Error("a client may take any time")
	}
	silent, err := net.Dial("tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	long, err := net.Dial("tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer long.Close()
	long.SetDeadline(time.Now().Add(time.Minute))
	io.WriteString(long, "GET /metrics HTTP/1.1\r\nHost: x\r\nLong: "+strings.Repeat("x", 2*maxHeader)) // it may hang up first
	if answer, err := io.ReadAll(long); err == nil && !strings.HasPrefix(string(answer), "HTTP/1.1 431 ") {
		t.Errorf("%q", answer)
	}
	if code, _ := ask(t, "GET", s.Addr(), "/metrics"); code != http.StatusOK {
		t.Errorf("others are answered %d", code)
	}
	// Close, which the clean-up calls, gets rid of the silent one.
}

// What keeps us from a port is said with what to do.
func TestServeRefuses(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for address, want := range map[string]string{
		taken.Addr().String(): "address already in use: another program has the port; set metrics.listen to another one",
		"192.0.2.1:9273":      "cannot assign requested address: this machine has no such address now; set metrics.listen to one that it has, or to 0.0.0.0 with that port for all",
	} {
		s, err := New(gate{}, "1.2.3").Serve(address, nil, zap.NewNop())
		if err == nil {
			s.Close()
			t.Fatalf("%s can be had", address)
		}
		if got := err.Error(); got != "metrics: listen on "+address+": "+want {
			t.Errorf("%s", got)
		}
	}
	if text := explain("0.0.0.0:80", &net.OpError{Err: syscall.EACCES}).Error(); !strings.Contains(text, "ports below 1024 are for root") {
		t.Error(text)
	}
}

// That others can read is told, and not for loopback.
func TestServeTellsWhoMayRead(t *testing.T) {
	for address, want := range map[string]int{"127.0.0.1:0": 0, "[::1]:0": 0, "localhost:0": 0, ":0": 1, "0.0.0.0:0": 1} {
		core, logs := observer.New(zapcore.InfoLevel)
		s, err := New(gate{}, "1.2.3").Serve(address, nil, zap.New(core))
		if err != nil {
			if address == "[::1]:0" { // no IPv6 here
				continue
			}
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if n := logs.FilterMessage("metrics can be read by all who reach this machine").Len(); n != want {
			t.Errorf("%s: told %d times, want %d", address, n, want)
		}
	}
}

// From loopback to all addresses, and back, with the same port: the old one makes way. If the new one is impossible, it
// goes on.
func TestServeMakesWay(t *testing.T) {
	port := freeport.Find(t)
	m := New(gate{}, "1.2.3")
	var old *Server
	for _, address := range []string{"127.0.0.1:" + port, "0.0.0.0:" + port, "127.0.0.1:" + port} {
		s, err := m.Serve(address, old, zap.NewNop())
		if err != nil {
			t.Fatal(err)
		}
		if !s.Has(address) || old.Has(old.at()) {
			t.Errorf("%s: has it %v, the old one %v", address, s.Has(address), old.Has(old.at()))
		}
		if old != nil {
			if err := old.Close(); err != nil {
				t.Error(err)
			}
		}
		if code, _ := ask(t, "GET", "127.0.0.1:"+port, "/metrics"); code != http.StatusOK {
			t.Errorf("%s: %d", address, code)
		}
		old = s
	}
	defer old.Close()
	stranger, err := net.Listen("tcp", "127.0.0.2:"+port) // beside 127.0.0.1, but not beside all
	if err != nil {
		t.Fatal(err)
	}
	defer stranger.Close()
	if s, err := m.Serve("0.0.0.0:"+port, old, zap.NewNop()); !errors.Is(err, syscall.EADDRINUSE) {
		t.Fatalf("%v, %v", s, err)
	}
	if !old.Has("127.0.0.1:" + port) {
		t.Error("it does not go on")
	}
	if code, _ := ask(t, "GET", "127.0.0.1:"+port, "/metrics"); code != http.StatusOK {
		t.Errorf("%d", code)
	}
}

// It makes way, and ends, also while more hold connections than it takes.
func TestServeMakesWayWhenFull(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	port := freeport.Find(t)
	m := New(gate{}, "1.2.3")
	old, err := m.Serve("127.0.0.1:"+port, nil, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	for range maxConnections + 3 {
		c, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
	}
	s, err := m.Serve("0.0.0.0:"+port, old, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	if code, _ := ask(t, "GET", "127.0.0.1:"+port, "/metrics"); code != http.StatusOK {
		t.Errorf("%d", code)
	}
	for _, one := range []*Server{old, s} {
		if err := one.Close(); err != nil {
			t.Error(err)
		}
	}
}

// at is the address of s, if there is one.
func (s *Server) at() string {
	if s == nil {
		return ""
	}
	return s.address
}
