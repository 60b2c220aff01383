// Package httpcam reads network cameras over HTTP: an endless MJPEG stream (multipart/x-mixed-replace), or still pictures
// that are fetched again and again. The camera's Content-Type decides which.
//
// Of the ways to log in it knows Basic only, which shows the password to the network unless the URL is https. Cameras
// that insist on Digest answer 401; most can be told to accept Basic.
package httpcam

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/internal/pump"
	"github.com/inceptiond/inceptiond/capture/picture/still"
)

// maxRedirects is how often a camera may send us elsewhere.
const maxRedirects = 5

// Options says where the camera is and how to ask it.
type Options struct {
	URL      string        // http or https; a user and password in it are used if Username is empty. Errors show neither those nor the query
	Username string        // for HTTP Basic authentication; empty: none
	Password string        // belongs to Username
	Interval time.Duration // from one still picture to the next; 0: 1 s. A stream has its own pace
	MaxBytes int           // of one picture; 0: 16 MiB
	Timeout  time.Duration // to connect, and without a good frame (on top of Interval) until the camera is lost; 0: 10 s

	tls *tls.Config // of tests; nil: the system's authorities
}

func (o Options) withDefaults() Options {
	o.Interval = cmp.Or(o.Interval, time.Second)
	o.MaxBytes = cmp.Or(o.MaxBytes, 16<<20)
	o.Timeout = cmp.Or(o.Timeout, 10*time.Second)
	return o
}

// source is a connection to a camera. The pump's goroutine uses body and parts; Close ends it by cancel.
type source struct {
	*pump.Pump
	o      Options
	url    *url.URL // without user and password
	client *http.Client
	ctx    context.Context // of all requests; ends with Close
	cancel context.CancelFunc
	once   sync.Once

	body  io.ReadCloser // of the stream, or of the first still; nil between stills
	parts *partReader   // of the stream; nil for stills
	data  []byte        // the picture that is being read
	due   time.Time     // when to fetch the next still
}

// Open asks the camera and waits for the first good frame. The error wraps capture.ErrLost if another try later may do.
func Open(ctx context.Context, o Options) (capture.Source, error) {
	s, err := newSource(o.withDefaults())
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, s.cancel)
	err = s.connect()
	if !stop() {
		err = errors.Join(ctx.Err(), s.closeBody())
	}
	if err != nil {
		s.cancel()
		s.client.CloseIdleConnections()
		return nil, err
	}
	timeout := s.o.Timeout
	if s.parts == nil {
		timeout += s.o.Interval
	}
	s.Pump = pump.Start("httpcam: "+s.where(), timeout, s.fill)
	if err := s.Wait(ctx); err != nil {
		_ = s.Close() // never fails
		return nil, err
	}
	return s, nil
}

func newSource(o Options) (*source, error) {
	u, err := url.Parse(o.URL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, errors.New("httpcam: the camera's address must look like http://host/path") // err would show a password
	}
	if u.User != nil && o.Username == "" {
		o.Username = u.User.Username()
		o.Password, _ = u.User.Password()
	}
	u.User = nil
	s := &source{o: o, url: u}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.client = &http.Client{
		CheckRedirect: redirect,
		Transport: &http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			DialContext:            (&net.Dialer{Timeout: o.Timeout}).DialContext,
			TLSHandshakeTimeout:    o.Timeout,
			ResponseHeaderTimeout:  o.Timeout,
			TLSClientConfig:        o.tls,
			DisableCompression:     true, // pictures are compressed already
			MaxResponseHeaderBytes: 64 << 10,
		},
	}
	return s, nil
}

// where is the address for messages: its query may hold a key.
func (s *source) where() string { return s.url.Scheme + "://" + s.url.Host + s.url.EscapedPath() }

// redirect follows a camera to another page, but not from https to http: that would show the password.
func redirect(next *http.Request, past []*http.Request) error {
	if len(past) > maxRedirects {
		return fmt.Errorf("more than %d redirections", maxRedirects)
	}
	if next.URL.Scheme != "https" && past[0].URL.Scheme == "https" {
		return errors.New("it redirects from https to http")
	}
	return nil
}

// connect makes a request and finds out whether the answer is a stream.
func (s *source) connect() error {
	r, err := s.get()
	if err != nil {
		return s.wrap(err, capture.ErrLost)
	}
	s.body = r.Body
	kind := r.Header.Get("Content-Type")
	media, params, err := mime.ParseMediaType(kind)
	if err != nil { // cameras send boundaries that need quotes and have none
		media, _, _ = strings.Cut(kind, ";")
		_, boundary, _ := strings.Cut(kind, "boundary=")
		params = map[string]string{"boundary": boundary}
	}
	switch media = strings.ToLower(strings.TrimSpace(media)); {
	case strings.HasPrefix(media, "multipart/"):
		s.parts = newPartReader(r.Body, params["boundary"], s.o.MaxBytes)
		return nil
	case strings.HasPrefix(media, "image/"), media == "application/octet-stream", media == "":
		return nil
	}
	return errors.Join(fmt.Errorf("httpcam: %s sends %q, which is neither an MJPEG stream nor a picture: "+
		"look for the address of the stream or snapshot in the camera's manual", s.where(), media), s.closeBody())
}

// get makes a request. The body of the response is the caller's to close.
func (s *source) get() (*http.Response, error) {
	s.due = time.Now().Add(s.o.Interval) // whatever becomes of this one
	req, err := http.NewRequestWithContext(s.ctx, http.MethodGet, s.url.String(), nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "multipart/x-mixed-replace, image/*")
	if s.o.Username != "" {
		req.SetBasicAuth(s.o.Username, s.o.Password)
	}
	r, err := s.client.Do(req)
	if err != nil {
		return nil, err
	}
	if err := s.status(r); err != nil {
		_ = r.Body.Close()
		return nil, err
	}
	return r, nil
}

// status turns an answer other than 200 into an error that says what to do.
func (s *source) status(r *http.Response) error {
	hint := ""
	switch code := r.StatusCode; {
	case code == http.StatusOK:
		return nil
	case code == http.StatusUnauthorized && strings.HasPrefix(strings.ToLower(r.Header.Get("WWW-Authenticate")), "digest"):
		hint = ": the camera wants Digest authentication, which is not supported: allow Basic in its settings"
	case code == http.StatusUnauthorized && s.o.Username == "":
		hint = ": set a user and password"
	case code == http.StatusUnauthorized, code == http.StatusForbidden:
		hint = ": check the user and password, and what the user may see"
	case code == http.StatusNotFound:
		hint = ": check the path"
	}
	return fmt.Errorf("status %s%s", r.Status, hint)
}

// wrap says which camera err came from, and makes it an error of the given kind: ErrLost or ErrBadFrame. Errors of
// net/http repeat the URL: only their cause is kept.
func (s *source) wrap(err, kind error) error {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	if errors.Is(err, kind) {
		return fmt.Errorf("httpcam: %s: %w", s.where(), err)
	}
	return fmt.Errorf("httpcam: %s: %v: %w", s.where(), err, kind)
}

// fill reads the next picture, for the pump.
func (s *source) fill(f *capture.Frame) error {
	var err error
	if s.parts != nil {
		s.data, err = s.parts.next(s.data)
	} else {
		err = s.fetch()
	}
	if err == nil {
		err = still.DecodeBytes(s.data, f)
	}
	switch {
	case err == nil:
		return nil
	case errors.Is(err, capture.ErrBadFrame), s.parts == nil && s.ctx.Err() == nil:
		return s.wrap(err, capture.ErrBadFrame) // another fetch may do: the pump knows when to give up
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		err = errors.New("the camera ended the stream")
	}
	return s.wrap(err, capture.ErrLost)
}

// fetch reads a still picture into s.data when it is due.
func (s *source) fetch() error {
	if s.body == nil {
		t := time.NewTimer(time.Until(s.due))
		defer t.Stop()
		select {
		case <-t.C:
		case <-s.ctx.Done():
			return s.ctx.Err()
		}
		r, err := s.get()
		if err != nil {
			return err
		}
		s.body = r.Body
	}
	data, err := appendAll(s.data[:0], s.body, s.o.MaxBytes)
	s.data = data
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = fmt.Errorf("the picture was cut short after %d bytes", len(data))
	}
	return errors.Join(err, s.closeBody())
}

// appendAll appends what r holds to p; more than limit bytes are a bad frame.
func appendAll(p []byte, r io.Reader, limit int) ([]byte, error) {
	r = io.LimitReader(r, int64(limit)+1)
	for {
		if len(p) == cap(p) {
			p = append(p, 0)[:len(p)]
		}
		n, err := r.Read(p[len(p):cap(p)])
		p = p[:len(p)+n]
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return p, err
		}
	}
	if len(p) > limit {
		return p, tooLarge(limit)
	}
	return p, nil
}

func tooLarge(limit int) error {
	return fmt.Errorf("a picture of more than %d bytes: %w", limit, capture.ErrBadFrame)
}

func (s *source) closeBody() error {
	if s.body == nil {
		return nil
	}
	err := s.body.Close()
	s.body = nil
	return err
}

// Close ends the connection.
func (s *source) Close() error {
	s.once.Do(func() {
		s.Stop()
		s.cancel() // ends reads of the body
		s.Join()
		_ = s.closeBody() // the camera has nothing more to say
		s.client.CloseIdleConnections()
	})
	return nil
}
