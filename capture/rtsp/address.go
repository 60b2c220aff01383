package rtsp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"strings"
	"syscall"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/internal/trust"
	"github.com/inceptiond/inceptiond/internal/localname"
)

// What ffmpeg has room for: rtsp.c keeps an address in 1024 bytes, and user and password in 128, and cuts off the rest.
const (
	maxAddress = 900 // bytes
	maxLogin   = 127 // bytes, as they are written in a URL
)

// address is where a camera is.
type address struct {
	url   *url.URL // without user and password
	login string   // for a URL: "user:password@", or empty
	host  string   // "camera.lan:554": with a port, for dialling
	dial  string   // what ffmpeg dials: host as in the URL, an address that was found for it, or the tunnel's end
}

// address checks o.
func (o Options) address() (address, error) {
	u, err := url.Parse(o.URL)
	switch {
	case err != nil || u.Hostname() == "" || u.Scheme != "rtsp" && u.Scheme != "rtsps":
		return address{}, errors.New("rtsp: the camera's address must look like rtsp://host/path") // err would show a password
	case o.Transport != "tcp" && o.Transport != "udp":
		return address{}, fmt.Errorf("rtsp: transport %q: want tcp or udp", o.Transport)
	case u.Scheme == "rtsps" && o.Transport == "udp":
		return address{}, errors.New("rtsp: rtsps:// cannot have transport udp: want tcp")
	}
	a := address{url: u, dial: u.Host}
	user := u.User
	if o.Username != "" {
		user = url.UserPassword(o.Username, o.Password)
	}
	u.User = nil
	if user != nil {
		password, _ := user.Password()
		if strings.Contains(user.Username(), ":") {
			return address{}, errors.New("rtsp: a user with a colon cannot log in: give the camera a user without")
		}
		a.login = escape(user.Username()) + ":" + escape(password) + "@"
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"rtsp": "554", "rtsps": "322"}[u.Scheme]
	}
	a.host = net.JoinHostPort(u.Hostname(), port)
	switch {
	case len(u.String()) > maxAddress:
		return address{}, fmt.Errorf("rtsp: the camera's address has more than %d bytes", maxAddress)
	case len(a.login) > maxLogin+1:
		return address{}, fmt.Errorf("rtsp: the user and password are too long for ffmpeg: want at most %d bytes together, "+
			"where all but letters and digits count as three", maxLogin-1)
	}
	return a, nil
}

// escape writes s as part of a URL: everything but what RFC 3986 calls unreserved becomes %XX.
func escape(s string) string {
	return strings.ReplaceAll(url.QueryEscape(s), "+", "%20")
}

// String is the address for messages: its query may hold a key.
func (a address) String() string { return a.url.Scheme + "://" + a.url.Host + a.url.EscapedPath() }

// script is what ffmpeg reads on its standard input: one camera, and how to open it (the format of ffmpeg's demuxer
// concat). The user and password are nowhere but here.
func (a address) script(o Options) []byte {
	u := "rtsp://" + a.login + a.dial + a.url.EscapedPath()
	if a.url.RawQuery != "" {
		u += "?" + a.url.RawQuery
	}
	return fmt.Appendf(nil, "ffconcat version 1.0\nfile '%s'\n"+
		"option rtsp_transport %s\noption timeout %d\noption allowed_media_types video\n"+
		"option analyzeduration 0\noption fpsprobesize 0\noption max_streams 8\n",
		strings.ReplaceAll(u, "'", `'\''`), o.Transport, o.Timeout.Microseconds())
}

// reach connects to the camera before ffmpeg does: an address that nobody can reach is told from a camera that has
// something against us, names in .local are found, and TLS is ours, as ffmpeg looks at no certificate (5.1 cannot).
func (s *source) reach(ctx context.Context) error {
	outer := ctx
	ctx, cancel := context.WithTimeout(ctx, s.o.Timeout)
	defer cancel()
	dial := s.o.dial
	if dial == nil {
		dial = localname.Dialer(&net.Dialer{})
	}
	conn, err := dial(ctx, "tcp", s.cam.host)
	if err != nil {
		return s.unreachable(outer, err)
	}
	if s.cam.url.Scheme == "rtsps" {
		s.tunnel, err = newTunnel(ctx, conn, s.trust.Config(s.cam.url.Hostname()))
		if err != nil {
			return s.unreachable(outer, trust.Explain(err, "rtsp"))
		}
		s.cam.dial = s.tunnel.addr()
		return nil
	}
	if localname.Is(s.cam.url.Hostname()) {
		s.cam.dial = conn.RemoteAddr().String() // ffmpeg may find no such names
	}
	return conn.Close()
}

// unreachable says why the camera could not be reached, and what to do; if ctx, the caller's, has ended, that is why.
func (s *source) unreachable(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	text := err.Error()
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) {
		text = fmt.Sprintf("no answer for %v: is the camera on, and in the same network?", s.o.Timeout)
	} else if hint := advice(err); hint != "" {
		text += ": " + hint
	}
	if errors.Is(err, capture.ErrCertificate) {
		return fmt.Errorf("rtsp: %s: %w: %w", s.cam, err, capture.ErrLost)
	}
	return fmt.Errorf("rtsp: %s: %s: %w", s.cam, text, capture.ErrLost)
}

// advice is what to do about an error of a dialler; empty if nothing is known.
func advice(err error) string {
	var dns *net.DNSError
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return "is RTSP switched on in the camera's settings, and is this its port?"
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return "is the camera on, and in the same network?"
	case errors.As(err, &dns) && dns.IsNotFound:
		return "check the name, or write the camera's IP address"
	case errors.Is(err, io.EOF), errors.Is(err, syscall.ECONNRESET): // instead of a handshake
		return "it does not speak TLS there: write rtsp://, or the port of rtsps"
	}
	return ""
}
