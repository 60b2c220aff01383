// Package rtspserver is an RTSP camera for tests (RFC 2326): it plays a clip in a loop, over TCP or UDP, to whoever logs
// in, and can misbehave in the ways that cameras do.
//
// It is a server of our own because no real one lies on request; capture/rtsp is tested against GStreamer's too.
package rtspserver

import (
	"bufio"
	"context"
	"crypto/md5"
	"crypto/tls"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// Login is what a camera asks of its viewers.
type Login int

// The ways to log in that RTSP has from HTTP (RFC 2617).
const (
	Open Login = iota
	Basic
	Digest
)

const (
	realm = "camera"
	nonce = "0f3a5c"
)

// Camera says what the server plays, and how it behaves. The zero value of each field is a camera in good health.
type Camera struct {
	Clip     Clip
	Login    Login
	User     string
	Password string
	TLS      *tls.Config

	SDP     string                // instead of the clip's
	Refuse  map[string]string     // answer to a method instead of what it asks for: {"DESCRIBE": "503 Service Unavailable"}
	Headers map[string]string     // added to the answer to a method: {"DESCRIBE": "Location: rtsp://other/\r\n"}
	Play    func(w *Player) error // instead of the clip; returns when the stream is over
	Hijack  func(c net.Conn)      // takes every connection; nothing of RTSP is left
}

// Path is where a Camera's clip is.
const Path = "/stream"

// Server is a running camera.
type Server struct {
	Addr string // host:port
	cam  Camera
	ln   net.Listener
	ctx  context.Context
	stop context.CancelFunc
	wg   sync.WaitGroup

	mu       sync.Mutex
	requests []string // the first lines, without version
}

// Start serves cam at addr ("127.0.0.1:0": any free port) until the test ends or Close is called.
func Start(t testing.TB, addr string, cam Camera) *Server {
	t.Helper()
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{Addr: ln.Addr().String(), cam: cam, ln: ln}
	if cam.TLS != nil {
		s.ln = tls.NewListener(ln, cam.TLS)
	}
	s.ctx, s.stop = context.WithCancel(context.Background())
	s.wg.Go(s.accept)
	t.Cleanup(s.Close)
	return s
}

// URL is the clip's address, without user and password.
func (s *Server) URL() string {
	if s.cam.TLS != nil {
		return "rtsps://" + s.Addr + Path
	}
	return "rtsp://" + s.Addr + Path
}

// Close ends the server and all its connections, as a camera that loses its power.
func (s *Server) Close() {
	s.stop()
	_ = s.ln.Close()
	s.wg.Wait()
}

// Requests are the requests so far: "DESCRIBE rtsp://127.0.0.1:8554/stream".
func (s *Server) Requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.requests...)
}

func (s *Server) accept() {
	for {
		c, err := s.ln.Accept()
		if err != nil {
			return
		}
		s.wg.Go(func() {
			stop := context.AfterFunc(s.ctx, func() { _ = c.Close() })
			defer stop()
			defer c.Close()
			if s.cam.Hijack != nil {
				s.cam.Hijack(c)
				return
			}
			v := &viewer{s: s, conn: c, r: bufio.NewReader(c)}
			v.serve()
		})
	}
}

// viewer is a connection to the server.
type viewer struct {
	s    *Server
	conn net.Conn
	r    *bufio.Reader

	mu     sync.Mutex // guards writes to conn
	udp    *net.UDPConn
	cancel context.CancelFunc // ends the stream; nil before PLAY
	done   chan struct{}      // closed when the stream has ended
}

type request struct {
	method, url string
	header      textproto.MIMEHeader
}

// serve answers requests until the connection ends.
func (v *viewer) serve() {
	defer func() {
		if v.cancel != nil {
			v.cancel()
			_ = v.conn.Close()
			<-v.done
		}
		if v.udp != nil {
			_ = v.udp.Close()
		}
	}()
	for {
		req, err := v.read()
		if err != nil || v.answer(req) != nil {
			return
		}
	}
}

// read reads the next request and passes over interleaved packets, which are the viewer's receiver reports.
func (v *viewer) read() (*request, error) {
	for {
		head, err := v.r.Peek(4)
		if err != nil {
			return nil, err
		}
		if head[0] != '$' {
			break
		}
		if _, err := v.r.Discard(4 + int(head[2])<<8 + int(head[3])); err != nil {
			return nil, err
		}
	}
	r := textproto.NewReader(v.r)
	line, err := r.ReadLine()
	if err != nil {
		return nil, err
	}
	method, rest, _ := strings.Cut(line, " ")
	url, _, _ := strings.Cut(rest, " ")
	header, err := r.ReadMIMEHeader()
	if err != nil {
		return nil, err
	}
	v.s.mu.Lock()
	v.s.requests = append(v.s.requests, method+" "+url)
	v.s.mu.Unlock()
	return &request{method, url, header}, nil
}

// reply writes an answer; headers end with "\r\n" each.
func (v *viewer) reply(req *request, status, headers, body string) error {
	headers += v.s.cam.Headers[req.method]
	if body != "" {
		headers += fmt.Sprintf("Content-Length: %d\r\n", len(body))
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	_, err := io.WriteString(v.conn, "RTSP/1.0 "+status+"\r\nCSeq: "+req.header.Get("Cseq")+"\r\n"+headers+"\r\n"+body)
	return err
}

func (v *viewer) answer(req *request) error {
	cam := &v.s.cam
	if status := cam.Refuse[req.method]; status != "" {
		return v.reply(req, status, "", "")
	}
	if req.method != "OPTIONS" && !v.loggedIn(req) {
		return v.reply(req, "401 Unauthorized", cam.challenge(), "")
	}
	path := req.url[strings.Index(req.url, "://")+3:]
	if i := strings.IndexByte(path, '/'); i >= 0 {
		path = path[i:]
	}
	if req.method != "OPTIONS" && !strings.HasPrefix(path, Path) {
		return v.reply(req, "404 Not Found", "", "")
	}
	switch req.method {
	case "OPTIONS":
		return v.reply(req, "200 OK", "Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER\r\n", "")
	case "DESCRIBE":
		sdp := cam.SDP
		if sdp == "" {
			sdp = cam.Clip.sdp()
		}
		return v.reply(req, "200 OK", "Content-Base: "+req.url+"/\r\nContent-Type: application/sdp\r\n", sdp)
	case "SETUP":
		return v.setup(req)
	case "PLAY":
		return v.play(req)
	case "TEARDOWN":
		_ = v.reply(req, "200 OK", "", "")
		return io.EOF
	}
	return v.reply(req, "200 OK", "", "") // GET_PARAMETER keeps the session alive
}

func (v *viewer) setup(req *request) error {
	transport := req.header.Get("Transport")
	if strings.Contains(transport, "/TCP") {
		return v.reply(req, "200 OK", "Session: 1;timeout=60\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n", "")
	}
	_, after, found := strings.Cut(transport, "client_port=")
	digits, _, _ := strings.Cut(after, "-")
	port, err := strconv.Atoi(digits)
	if !found || err != nil {
		return v.reply(req, "461 Unsupported Transport", "", "")
	}
	host, _, _ := net.SplitHostPort(v.conn.RemoteAddr().String())
	v.udp, err = net.DialUDP("udp", nil, &net.UDPAddr{IP: net.ParseIP(host), Port: port})
	if err != nil {
		return err
	}
	from := v.udp.LocalAddr().(*net.UDPAddr).Port
	return v.reply(req, "200 OK", fmt.Sprintf("Session: 1;timeout=60\r\n"+
		"Transport: RTP/AVP;unicast;client_port=%d-%d;server_port=%d-%d\r\n", port, port+1, from, from+1), "")
}

func (v *viewer) play(req *request) error {
	if err := v.reply(req, "200 OK", "Session: 1\r\n", ""); err != nil || v.cancel != nil {
		return err
	}
	ctx, cancel := context.WithCancel(v.s.ctx)
	v.cancel, v.done = cancel, make(chan struct{})
	p := &Player{ctx: ctx, v: v}
	play := v.s.cam.Play
	if play == nil {
		play = func(p *Player) error { return p.Clip(v.s.cam.Clip) }
	}
	go func() {
		defer close(v.done)
		_ = play(p)
		_ = v.conn.Close()
	}()
	return nil
}

func (c *Camera) challenge() string {
	if c.Login == Basic {
		return `WWW-Authenticate: Basic realm="` + realm + "\"\r\n"
	}
	return `WWW-Authenticate: Digest realm="` + realm + `", nonce="` + nonce + "\"\r\n"
}

// loggedIn checks the Authorization header. In Digest without qop, the response is MD5 of MD5(user:realm:password), the
// nonce and MD5(method:uri), with colons between (RFC 2069).
func (v *viewer) loggedIn(req *request) bool {
	cam := &v.s.cam
	kind, rest, _ := strings.Cut(req.header.Get("Authorization"), " ")
	switch cam.Login {
	case Open:
		return true
	case Basic:
		return kind == "Basic" && rest == basic(cam.User, cam.Password)
	}
	field := func(name string) string {
		_, after, _ := strings.Cut(rest, name+`="`)
		value, _, _ := strings.Cut(after, `"`)
		return value
	}
	sum := func(s string) string {
		h := md5.Sum([]byte(s))
		return hex.EncodeToString(h[:])
	}
	want := sum(sum(cam.User+":"+realm+":"+cam.Password) + ":" + nonce + ":" + sum(req.method+":"+field("uri")))
	return kind == "Digest" && field("username") == cam.User && field("response") == want
}

// Player sends the packets of a stream.
type Player struct {
	ctx      context.Context
	v        *viewer
	sequence uint16
}

// Done is closed when the viewer has gone or the server closes.
func (p *Player) Done() <-chan struct{} { return p.ctx.Done() }

// Wait waits for d; the error says that the stream is over.
func (p *Player) Wait(d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-p.ctx.Done():
		return p.ctx.Err()
	}
}

// Raw writes p on the connection of the requests, between packets.
func (p *Player) Raw(b []byte) error {
	p.v.mu.Lock()
	defer p.v.mu.Unlock()
	_, err := p.v.conn.Write(b)
	return err
}

// Packet sends one RTP packet (RFC 3550) with a payload.
func (p *Player) Packet(marker bool, timestamp uint32, payload []byte) error {
	p.sequence++
	b := make([]byte, 0, 16+len(payload))
	if p.v.udp == nil {
		n := 12 + len(payload)
		b = append(b, '$', 0, byte(n>>8), byte(n)) // RFC 2326, section 10.12
	}
	kind := byte(96)
	if marker {
		kind |= 0x80
	}
	b = append(b, 0x80, kind, byte(p.sequence>>8), byte(p.sequence),
		byte(timestamp>>24), byte(timestamp>>16), byte(timestamp>>8), byte(timestamp), 0, 0, 0, 1)
	b = append(b, payload...)
	if p.v.udp != nil {
		_, err := p.v.udp.Write(b)
		if err != nil && p.ctx.Err() == nil {
			return nil // the viewer's port is not open yet, or no more: its connection tells
		}
		return err
	}
	return p.Raw(b)
}

// basic is the value of HTTP's Basic login.
func basic(user, password string) string {
	return base64.StdEncoding.EncodeToString([]byte(user + ":" + password))
}
