package httpcam

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/internal/digest"
)

// login answers a camera that wants to know who asks. The first request goes without a password; the camera's answer says
// how to log in, and Digest is preferred to Basic, which shows the password to whoever listens. Later requests log in at
// once. A camera that refuses without saying how, as no RFC has it, gets Basic.
//
// The password goes to the scheme, host and port of the camera's URL and nowhere else, whatever it redirects to. A wrong
// one is sent once a try: cameras lock users out who fail a few times.
type login struct {
	next           http.RoundTripper
	user, password string // user is empty: there is none
	origin         string // who may have them

	session *digest.Session // nil: the camera has not asked yet
	was     string          // how the camera let us in, for people
}

// origin is the scheme, host and port of an address.
func origin(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return u.Scheme + "://" + net.JoinHostPort(strings.ToLower(u.Hostname()), port)
}

// RoundTrip implements http.RoundTripper, for one goroutine at a time.
func (l *login) RoundTrip(req *http.Request) (*http.Response, error) {
	if l.user == "" || origin(req.URL) != l.origin {
		return l.next.RoundTrip(req)
	}
	// A nonce may have become too old: the camera says so by stale, or only by another nonce. Hence a second try where the
	// first was not with a new nonce, and a third where the camera says that the password was right.
	fresh := false
	for range 3 {
		res, err := l.send(req)
		if err != nil {
			return nil, err
		}
		again := l.judge(res, fresh)
		if !again {
			return res, nil
		}
		drain(res)
		fresh = true
	}
	return l.send(req)
}

// CloseIdleConnections is for http.Client, which has its transport close them.
func (l *login) CloseIdleConnections() { (&http.Client{Transport: l.next}).CloseIdleConnections() }

// send makes a request, logged in if there is a session.
func (l *login) send(req *http.Request) (*http.Response, error) {
	if l.session != nil {
		req = req.WithContext(req.Context())
		req.Header = req.Header.Clone()
		req.Header.Set("Authorization", l.session.Authorization(req.Method, req.URL.RequestURI()))
	}
	return l.next.RoundTrip(req)
}

// judge looks at an answer and tells whether to ask again, with the session that it has made then. fresh: the request was
// with a nonce of now.
func (l *login) judge(res *http.Response, fresh bool) (again bool) {
	if res.StatusCode != http.StatusUnauthorized && (res.StatusCode != http.StatusForbidden || l.session != nil) {
		if l.session != nil && res.StatusCode == http.StatusOK {
			l.was = l.session.String()
			l.session.Info(res.Header.Get("Authentication-Info"))
		}
		return false
	}
	challenges := digest.Parse(res.Header.Values("WWW-Authenticate"))
	c := digest.Choose(challenges)
	if c == nil && len(challenges) == 0 {
		c = &digest.Challenge{Scheme: "Basic"}
	}
	tried := l.session
	l.session = nil
	switch {
	case c == nil, tried != nil && c.Is("Basic"): // what was tried was the password
		return false
	case tried != nil && fresh && !c.Stale:
		return false
	}
	l.session = digest.NewSession(c, l.user, l.password)
	return true
}

// drain reads the rest of an answer that is of no use, so that its connection can be used again, if it is short.
func drain(res *http.Response) {
	const most, patience = 64 << 10, time.Second
	if 0 < res.ContentLength && res.ContentLength <= most {
		stop := time.AfterFunc(patience, func() { _ = res.Body.Close() })
		_, _ = io.CopyN(io.Discard, res.Body, most)
		stop.Stop()
	}
	_ = res.Body.Close()
}

// refused is the error for an answer that denies us the pictures: it says what to do. It wraps capture.ErrLogin if the
// password has been sent.
func (s *source) refused(res *http.Response) error {
	challenges := digest.Parse(res.Header.Values("WWW-Authenticate"))
	fail := func(text string) error { return fmt.Errorf("status %.100s: %s", res.Status, text) }
	switch at := origin(res.Request.URL); {
	case s.o.Username == "" && res.StatusCode == http.StatusForbidden:
		return fail("the camera denies it: does it want a user and password, or does it let only some addresses in?")
	case s.o.Username == "":
		return fail("the camera wants a login: set a user and password")
	case at != s.login.origin:
		return fail("the camera redirects to " + at + ", which wants a login; the password goes to the camera's own address only: " +
			"set url to where it redirects")
	case len(challenges) > 0 && digest.Choose(challenges) == nil:
		return fail(fmt.Sprintf("the camera offers %.100q, and only Digest and Basic are supported: allow one of them in its settings", ways(challenges)))
	case res.StatusCode == http.StatusForbidden:
		return fmt.Errorf("%w: %w", fail("the camera denies it: check the user and password, and what the user may see; is the user locked for a while?"), capture.ErrLogin)
	}
	return fmt.Errorf("%w: %w", fail("check the user and password; many cameras lock a user for a while after some wrong ones"), capture.ErrLogin)
}

// ways lists what a camera offers.
func ways(challenges []digest.Challenge) string {
	var names []string
	for _, c := range challenges {
		names = append(names, strings.TrimSpace(c.Scheme+" "+c.Algorithm))
	}
	return strings.Join(names, ", ")
}
