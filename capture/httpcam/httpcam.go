// Package httpcam reads network cameras over HTTP: an endless MJPEG stream (multipart/x-mixed-replace), or still pictures
// that are fetched again and again. What the camera sends decides which, not what it says of it.
//
// Cameras are small programs that were tried with one browser. So the package takes what they send as it is meant: heads
// that net/http refuses (repair.go), lengths and boundaries that are wrong (pictures.go, body.go), logins by Digest or Basic
// (login.go), certificates that no authority has signed (trust.go).
package httpcam

import (
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/internal/pump"
	"github.com/inceptiond/inceptiond/capture/internal/trust"
	"github.com/inceptiond/inceptiond/capture/picture/still"
)

// Options says where the camera is and how to ask it.
type Options struct {
	URL         string        // http or https; a user and password in it are used if Username is empty. Errors show neither those nor the query
	Username    string        // for Digest or Basic, as the camera asks; empty: none
	Password    string        // belongs to Username
	CAFile      string        // PEM, instead of the system's authorities; also the camera's own certificate
	Fingerprint string        // SHA-256 of the camera's certificate, which is then trusted, and no other: see package trust
	Interval    time.Duration // from one still picture to the next; 0: 1 s. A stream has its own pace
	MaxBytes    int           // of one picture; 0: 16 MiB
	Timeout     time.Duration // to connect, and without a good frame (on top of Interval) until the camera is lost; 0: 10 s

	roots *x509.CertPool // of tests; nil: the system's authorities
}

func (o Options) withDefaults() Options {
	o.Interval = cmp.Or(o.Interval, time.Second)
	o.MaxBytes = cmp.Or(o.MaxBytes, 16<<20)
	o.Timeout = cmp.Or(o.Timeout, 10*time.Second)
	return o
}

func (o Options) trust() (*trust.Trust, error) {
	return trust.New(trust.Options{CAFile: o.CAFile, Fingerprint: o.Fingerprint, Roots: o.roots})
}

// Check tells whether the options' files can be used.
func (o Options) Check() error {
	_, err := o.trust()
	return err
}

// source is a camera. The pump's goroutine uses all that follows once; Close ends it by cancel.
type source struct {
	*pump.Pump
	o        Options
	url      *url.URL // without user and password
	client   *http.Client
	login    *login
	trust    *trust.Trust
	distrust atomic.Bool     // the camera's Content-Length is wrong
	ctx      context.Context // of all requests; ends with Close
	cancel   context.CancelFunc
	once     sync.Once

	answer *answer   // that is being read; nil between stills
	reader *reader   // of its pictures
	data   []byte    // the picture that is being read
	due    time.Time // when to fetch the next still
	good   bool      // there has been a good picture
	about  atomic.Pointer[about]
}

// Open asks the camera and waits for the first good frame. The error wraps capture.ErrLost if another try later may do,
// capture.ErrLogin too if that should be much later, and capture.ErrCertificate.
func Open(ctx context.Context, o Options) (capture.Source, error) {
	s, err := newSource(o.withDefaults())
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, s.cancel)
	if err = s.ask(); err != nil {
		err = s.wrap(err, capture.ErrLost)
	}
	if !stop() {
		err = ctx.Err()
	}
	if err != nil {
		s.cancel()
		s.closeAnswer()
		s.client.CloseIdleConnections()
		return nil, err
	}
	s.Pump = pump.Start("httpcam: "+s.where(), s.o.Timeout+s.o.Interval, s.fill) // stills may call themselves a stream
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
	u.User, u.Fragment = nil, ""
	s := &source{o: o, url: u, reader: newReader(o.MaxBytes)}
	if s.trust, err = o.trust(); err != nil {
		return nil, fmt.Errorf("httpcam: %w", err)
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.login = &login{next: s.transport(), user: o.Username, password: o.Password, origin: origin(u)}
	s.client = &http.Client{Transport: s.login, CheckRedirect: redirect}
	return s, nil
}

// where is the address for messages: its query may hold a key.
func (s *source) where() string { return address(s.url) }

// wrap says which camera err came from, and makes it an error of the given kind: ErrLost or ErrBadFrame.
func (s *source) wrap(err, kind error) error {
	switch {
	case errors.Is(err, kind):
		return fmt.Errorf("httpcam: %s: %w", s.where(), err)
	case errors.Is(err, capture.ErrLogin), errors.Is(err, capture.ErrCertificate):
		return fmt.Errorf("httpcam: %s: %w: %w", s.where(), err, kind)
	}
	return fmt.Errorf("httpcam: %s: %v: %w", s.where(), err, kind)
}

// About says how the camera answers, for people, and what could be better; empty if nothing.
func (s *source) About() (text, advice string) {
	if p := s.about.Load(); p != nil {
		return p.text, p.advice
	}
	return "", ""
}

// about is what About says.
type about struct{ text, advice string }

// describe is called at the first good picture.
func (s *source) describe() {
	a := &about{text: fmt.Sprintf("still pictures, one every %v", s.o.Interval)}
	if s.answer != nil && s.answer.streams(s.reader) {
		a.text = "a stream of pictures"
	}
	switch {
	case s.login.was == "":
	case s.login.was == "Basic" && s.url.Scheme == "http":
		a.advice = "whoever listens in the network can read the password: have the camera ask for Digest, or use https://"
		fallthrough
	default:
		a.text += ", login by " + s.login.was
	}
	if s.login.was == "" && s.o.Username != "" {
		a.text += ", which want no login"
	}
	s.about.Store(a)
}

// fill reads the next picture, for the pump.
func (s *source) fill(f *capture.Frame) error {
	err := s.next()
	if err == nil {
		err = still.DecodeBytes(s.data, f)
	}
	if err == nil {
		if !s.good {
			s.good = true
			s.describe()
		}
		return nil
	}
	return s.wrap(err, s.kind(err))
}

// kind tells whether after err the next picture may do (ErrBadFrame: the pump knows when to give up), or the camera is to
// be asked anew (ErrLost).
func (s *source) kind(err error) error {
	streams := s.answer != nil && s.answer.streams(s.reader)
	switch {
	case s.ctx.Err() != nil, errors.Is(err, capture.ErrLogin), errors.Is(err, capture.ErrCertificate):
		return capture.ErrLost
	case !s.good && errors.As(err, new(foreign)):
		return capture.ErrLost // what is no camera will not become one by asking
	case errors.Is(err, capture.ErrBadFrame), !streams:
		return capture.ErrBadFrame
	}
	return capture.ErrLost
}

// Close ends the connection.
func (s *source) Close() error {
	s.once.Do(func() {
		s.Stop()
		s.cancel() // ends reads of the body
		s.Join()
		s.closeAnswer() // the camera has nothing more to say
		s.client.CloseIdleConnections()
	})
	return nil
}
