package httpcam

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"
)

func TestRepairHead(t *testing.T) {
	tests := []struct {
		name, raw, want string
		length          int64
		distrust        bool
	}{
		{"proper", "HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 5\r\n\r\n", "HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 5\r\n\r\n", 5, false},
		{"line feeds", "HTTP/1.0 404 Not Found\nA: b\n\n", "HTTP/1.0 404 Not Found\r\nA: b\r\n\r\n", -1, false},
		{"no reason", "HTTP/1.1 200\r\n\r\n", "HTTP/1.1 200 \r\n\r\n", -1, false},
		{"blanks", "HTTP/1.1   401   Unauthorized \r\nA :  b \r\n\r\n", "HTTP/1.1 401 Unauthorized\r\nA: b\r\n\r\n", -1, false},
		{"shoutcast", "ICY 200 OK\r\n\r\n", "HTTP/1.0 200 OK\r\n\r\n", -1, false},
		{"no version", "HTTP 200 OK\r\n\r\n", "HTTP/1.0 200 OK\r\n\r\n", -1, false},
		{"other version", "HTTP/1.10 200 OK\r\n\r\n", "HTTP/1.0 200 OK\r\n\r\n", -1, false},
		{"nameless", "HTTP/1.1 200 OK\r\nTue, 12 Jun 2012 01:56:34 GMT\r\nrubbish\r\n: x\r\nA: b\r\n\r\n", "HTTP/1.1 200 OK\r\nA: b\r\n\r\n", -1, false},
		{"folded", "HTTP/1.1 200 OK\r\n at first\r\nA: b\r\n\t c\r\n  d\r\nx y: z\r\n e\r\n\r\n", "HTTP/1.1 200 OK\r\nA: b c d\r\n\r\n", -1, false},
		{"lengths that agree", "HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\nContent-Length: 5\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", 5, false},
		{"lengths that do not", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n", -1, false},
		{"no number", "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n", -1, false},
		{"too large a number", "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n", -1, false},
		{"not believed", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "HTTP/1.1 200 OK\r\n" + lengthKept + ": 5\r\nConnection: close\r\n\r\n", -1, true},
		{"believed all the same", "HTTP/1.1 401 No\r\nContent-Length: 5\r\n\r\n", "HTTP/1.1 401 No\r\nContent-Length: 5\r\n\r\n", 5, true},
		{"a stream of 0", "HTTP/1.1 200 OK\r\nContent-Type: Multipart/x\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Type: Multipart/x\r\n" + lengthKept + ": 0\r\nConnection: close\r\n\r\n", -1, false},
		{"not ours", "HTTP/1.1 200 OK\r\n" + lengthKept + ": 7\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n", -1, false},
		{"chunked and a length", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: CHUNKED\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", -1, false},
		{"chunked, old", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n", -1, false},
		{"no body", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", "HTTP/1.1 304 Not Modified\r\n\r\n", 0, false},
		{"no head", "", "HTTP/1.0 200 OK\r\n\r\n", -1, false},
		{"only a status", "200 OK\r\n\r\n", "HTTP/1.0 200 OK\r\n\r\n", -1, false},
		{"a header without a status", "Content-Type: image/jpeg\r\nContent-Length: 5\r\n\r\n", "HTTP/1.0 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: 5\r\n\r\n", 5, false},
		{"no status", "HELLO\r\n\r\n", "HELLO\r\n\r\n", -1, false},
	}
	for _, tt := range tests {
		head, length := repairHead([]byte(tt.raw), tt.distrust, false)
		if string(head) != tt.want || length != tt.length {
			t.Errorf("%s: %q, %d; want %q, %d", tt.name, head, length, tt.want, tt.length)
		}
	}
}

// answers is a connection that gives the next of them after each request.
type answers struct {
	net.Conn
	list []io.Reader
	now  io.Reader
}

func (c *answers) Read(p []byte) (int, error) { return c.now.Read(p) }

func (c *answers) Write(p []byte) (int, error) {
	c.now, c.list = io.MultiReader(c.now, c.list[0]), c.list[1:]
	return len(p), nil
}

// converse makes a request for each answer, and reads the bodies.
func converse(list ...io.Reader) (bodies []string, end error) {
	c := newRepairConn(&answers{list: list, now: strings.NewReader("")}, new(atomic.Bool))
	b := bufio.NewReader(c)
	for range list {
		_, _ = c.Write([]byte("GET / HTTP/1.1\r\n\r\n"))
		res, err := http.ReadResponse(b, nil)
		if err != nil {
			return bodies, err
		}
		body, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
		bodies = append(bodies, string(body))
		if err != nil {
			return bodies, err
		}
	}
	return bodies, nil
}

func TestRepairConn(t *testing.T) {
	const ok = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n"
	tests := []struct {
		name, first, second string
		want, text          string // of the bodies; of the error
	}{
		{"two", ok + "one", ok + "two", "one two", ""},
		{"blank lines before the second", ok + "one", "\r\n\r\n\n" + ok + "two", "one two", ""},
		{"blank lines behind the first", ok + "one\r\n\r\n", ok + "two", "one two", ""},
		{"blank lines before the first", "\r\n" + ok + "one", ok + "two", "one two", ""},
		{"interim", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + ok + "one", ok + "two", "one two", ""},
		{"to the end", ok + "one", "HTTP/1.0 200 OK\n\ntwo", "one two", ""},
		{"chunked", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n0\r\n\r\n", ok + "two", "one two", ""},
		{"not chunked", ok + "one", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n<two>", "one <two>", ""},
		{"RTSP", "RTSP/1.0 200 OK\r\n\r\n", "", "", "source: rtsp"},
		{"TLS", "\x15\x03\x01\x00\x02\x02\x46", "", "", "https://"},
		{"endless head", "HTTP/1.1 200 OK\r\n" + strings.Repeat("A: b\r\n", 20000), "", "", "header of its answer"},
		{"blank lines without end", strings.Repeat("\r\n", 40000), "", "", "header of its answer"},
		{"interim without end", strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 4000), "", "", "header of its answer"},
		{"cut", "HTTP/1.1 200 OK\r\nA:", "", "", "unexpected EOF"},
	}
	for _, tt := range tests {
		for name, r := range map[string]func(string) io.Reader{
			"whole":     func(s string) io.Reader { return strings.NewReader(s) },
			"in pieces": func(s string) io.Reader { return iotest.OneByteReader(strings.NewReader(s)) },
		} {
			got, err := converse(r(tt.first), r(tt.second))
			if strings.Join(got, " ") != tt.want || (err == nil) != (tt.text == "") || err != nil && !strings.Contains(err.Error(), tt.text) {
				t.Errorf("%s, %s: %q, %v; want %q, %q", tt.name, name, got, err, tt.want, tt.text)
			}
		}
	}
}

// FuzzRepair: what comes out is the same however the bytes are cut, a head that has a status is one that net/http takes, and
// repairing it again changes nothing.
func FuzzRepair(f *testing.F) {
	f.Add([]byte("HTTP/1.1 200 OK\r\nTue, 12 Jun 2012 01:56:34 GMT\r\nContent-Length:3\r\n\r\none\r\nHTTP/1.0 200\n\ntwo"))
	f.Add([]byte("ICY 200 OK\nA: b\n c\nTransfer-Encoding: chunked\n\n3\r\none\r\n0\r\n\r\n"))
	f.Add([]byte("\xff\xd8\xff\xe0"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<16 {
			return
		}
		a, err := converse(bytes.NewReader(data))
		b, err2 := converse(iotest.HalfReader(bytes.NewReader(data)))
		if strings.Join(a, "|") != strings.Join(b, "|") || (err == nil) != (err2 == nil) {
			t.Fatalf("in pieces: %q, %v; %q, %v", a, err, b, err2)
		}
		head, _ := repairHead(data, false, false)
		if _, code, _ := statusLine(data); code == 0 {
			return
		}
		if again, _ := repairHead(head, false, false); !bytes.Equal(head, again) && !bytes.Contains(head, []byte(lengthKept)) {
			t.Fatalf("%q becomes %q", head, again)
		}
		if res, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(head)), nil); err != nil {
			t.Fatalf("%q: %v", head, err)
		} else if err := res.Body.Close(); err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Fatal(err)
		}
	})
}
