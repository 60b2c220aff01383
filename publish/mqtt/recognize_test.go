package mqtt

import (
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// ports are the four kinds that a broker may have, by the scheme that is right for each.
func ports(t *testing.T, ca *authority) map[string]string {
	cert, key := ca.issue(t, "broker", "127.0.0.1")
	plain := startMosquitto(t, "allow_anonymous true")
	encrypted := startMosquitto(t, fmt.Sprintf("certfile %s\nkeyfile %s\nallow_anonymous true", cert, key))
	carry := http.HandlerFunc(func(answer http.ResponseWriter, request *http.Request) { bridge(answer, request, plain.addr) })
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	ws, wss := httptest.NewServer(carry), httptest.NewUnstartedServer(carry)
	wss.TLS = &tls.Config{Certificates: []tls.Certificate{pair}}
	wss.Config.ErrorLog = log.New(io.Discard, "", 0)
	wss.StartTLS()
	t.Cleanup(ws.Close)
	t.Cleanup(wss.Close)
	return map[string]string{"mqtt": plain.addr, "mqtts": encrypted.addr, "ws": ws.Listener.Addr().String(), "wss": wss.Listener.Addr().String()}
}

// Whoever mistakes one kind of port for another is told which it is, by the daemon and by a probe.
func TestWrongKindOfPort(t *testing.T) {
	ca := newAuthority(t)
	addresses := ports(t, ca)
	for key, want := range map[string]string{ // the port, and how it is called
		"mqtt as mqtts":  "the port speaks MQTT without TLS",
		"mqtt as ws":     "the port speaks MQTT, but not over WebSocket",
		"mqtt as wss":    "the port speaks MQTT without TLS",
		"mqtts as mqtt":  "the port speaks TLS",
		"mqtts as ws":    "the port speaks TLS",
		"mqtts as wss":   "the port speaks MQTT over TLS, but not over WebSocket",
		"ws as mqtt":     "a web server answers there",
		"ws as mqtts":    "", // in Go's words, or that a web server answers
		"ws as wss":      "", // the same
		"wss as mqtt":    "the port speaks TLS",
		"wss as mqtts":   "a web server answers there",
		"wss as ws":      "the port speaks TLS",
		"mqtt as mqtt":   "connected",
		"mqtts as mqtts": "connected",
		"ws as ws":       "connected",
		"wss as wss":     "connected",
	} {
		t.Run(key, func(t *testing.T) {
			t.Parallel() // some wait for an answer
			right, scheme, _ := strings.Cut(key, " as ")
			p := testPace
			if want != "connected" {
				p.connect = time.Second
			}
			o := testOptions(scheme + "://" + addresses[right])
			o.Device = strings.ReplaceAll(key, " ", "-")
			if strings.HasSuffix(scheme, "s") && scheme != "ws" {
				o.TLS.CAFile = ca.file
			}
			if want != "connected" {
				r, err := runProbe(t.Context(), o, Wanted{}, p)
				if f := r.failed(); err != nil || f == nil || !strings.Contains(f.Found, want) || f.Mend == "" {
					t.Errorf("a probe says %+v, want %q", f, want)
				}
			}
			_, logs := openClient(t, o, p)
			eventually(t, want, func() bool { return logs.FilterMessageSnippet(want).Len() > 0 })
			if n := warnings(logs, want); want != "connected" && n != 1 {
				t.Errorf("%d warnings, want 1", n)
			}
		})
	}
}

// What nobody recognizes stays what it was, and is looked at once.
func TestUnknownPort(t *testing.T) {
	var looks atomic.Int64
	o := testOptions(rude(t, func(conn net.Conn) {
		first := make([]byte, 1)
		if _, err := io.ReadFull(conn, first); err == nil && first[0] != 0x10 {
			looks.Add(1)
		}
		conn.Close()
	}))
	c, logs := openClient(t, o, testPace)
	eventually(t, "several attempts", func() bool { return logs.FilterMessageSnippet("hung up").Len() > 5 })
	closeInTime(t, c)
	if n := looks.Load(); n != int64(len(guesses["mqtt"])) {
		t.Errorf("%d looks, want %d", n, len(guesses["mqtt"]))
	}
}

// A web server whose headers do not end gets no memory of ours.
func TestEndlessHeaders(t *testing.T) {
	const answer = "HTTP/1.1 101 Switching Protocols\r\n"
	server := rude(t, func(conn net.Conn) {
		io.WriteString(conn, answer)
		for line := []byte("X-Padding: " + strings.Repeat("x", 50_000) + "\r\n"); ; {
			if _, err := conn.Write(line); err != nil {
				conn.Close()
				return
			}
		}
	})
	_, logs := openClient(t, testOptions(strings.Replace(server, "mqtt:", "ws:", 1)), testPace)
	eventually(t, "a warning", func() bool { return warnings(logs, "its headers do not end") == 1 })
}

// A web server without MQTT says so.
func TestNoWebSocket(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	expectFailure(t, testOptions("ws"+strings.TrimPrefix(server.URL, "http")), "log in", "answers 404", "path")
}
