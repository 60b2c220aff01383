package auth

import (
	"crypto/subtle"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// freshLink is how long a session that came by a link may set the password without the old one.
const freshLink = time.Hour

// cookie is the name of the one that a session has.
func (a *Auth) cookie() string { return "inceptiond-" + a.options.Instance }

// session is the one that r belongs to; nil: nobody is signed in.
func (a *Auth) session(r *http.Request) *session {
	for _, c := range r.CookiesNamed(a.cookie()) {
		if len(c.Value) > 128 {
			continue
		}
		hash := hashOf(c.Value)
		a.mu.Lock()
		s := a.findSession(hash)
		a.mu.Unlock()
		if s != nil {
			return s
		}
	}
	return nil
}

// findSession is a copy of the session with a hash, which is noted as used; nil: there is none. mu is held.
func (a *Auth) findSession(hash []byte) *session {
	now := a.options.Now()
	for i := range a.state.Sessions {
		s := &a.state.Sessions[i]
		if subtle.ConstantTimeCompare(s.Hash, hash) != 1 {
			continue
		}
		if now.Sub(s.Created) >= sessionTime {
			a.state.Sessions = slices.Delete(a.state.Sessions, i, i+1)
			a.changed()
			return nil
		}
		late := now.Sub(s.Used) >= writeUsed
		s.Used = now
		found := *s
		if late {
			a.changed()
		}
		return &found
	}
	return nil
}

// signIn begins a session, and sends its cookie. It has no Path: the browser takes that of the request, which is the page's,
// whatever a proxy makes of it.
func (a *Auth) signIn(w http.ResponseWriter, r *http.Request, link bool) {
	secret, hash := newSecret()
	now := a.options.Now()
	a.mu.Lock()
	a.state.Sessions = append(a.state.Sessions, session{ID: newID(), Hash: hash, Created: now, Used: now, Agent: agent(r.UserAgent()), Link: link})
	if len(a.state.Sessions) > maxSessions {
		oldest := 0
		for i, s := range a.state.Sessions {
			if s.Used.Before(a.state.Sessions[oldest].Used) {
				oldest = i
			}
		}
		a.state.Sessions = slices.Delete(a.state.Sessions, oldest, oldest+1)
	}
	a.changed()
	secure := a.site.Secure
	a.mu.Unlock()
	a.limit.succeeded(address(r.RemoteAddr))
	http.SetCookie(w, &http.Cookie{
		Name: a.cookie(), Value: secret, MaxAge: int(sessionTime / time.Second), HttpOnly: true, Secure: secure, SameSite: http.SameSiteLaxMode,
	})
}

// ServeSession answers session: who is signed in (GET), signing in (POST) and out (DELETE).
func (a *Auth) ServeSession(w http.ResponseWriter, r *http.Request) {
	if !only(w, r, http.MethodGet, http.MethodPost, http.MethodDelete) {
		return
	}
	switch r.Method {
	case http.MethodPost:
		a.postSession(w, r)
	case http.MethodDelete:
		if s := a.session(r); s != nil {
			a.drop(s.ID)
		}
		http.SetCookie(w, &http.Cookie{Name: a.cookie(), MaxAge: -1, HttpOnly: true, SameSite: http.SameSiteLaxMode})
		w.WriteHeader(http.StatusNoContent)
	default:
		a.getSession(w, r)
	}
}

func (a *Auth) getSession(w http.ResponseWriter, r *http.Request) {
	s := a.session(r)
	a.mu.Lock()
	password := "unset"
	switch {
	case len(a.state.Password) > 0:
		password = "set"
	case a.site.Public:
		password = "wanted"
	}
	a.mu.Unlock()
	answer(w, http.StatusOK, map[string]any{
		"signed_in": s != nil, "change": s != nil && password != "wanted", "password": password, "device": a.options.Device,
	})
}

// postSession signs in by a code or the password.
func (a *Auth) postSession(w http.ResponseWriter, r *http.Request) {
	var in struct{ Code, Password string }
	if !read(w, r, &in) || !a.mayTry(w, r) {
		return
	}
	byLink := in.Code != ""
	if byLink {
		if !a.useCode(in.Code) {
			a.wrong(w, r, "this link does not work: each works once (on the machine: sudo inceptiond web link)")
			return
		}
	} else if !a.comparePassword(w, r, in.Password) {
		return
	}
	a.signIn(w, r, byLink)
	if a.wanted() {
		answer(w, http.StatusOK, map[string]string{"password": "wanted"})
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// mayTry tells whether the sender of r may try a secret now. If not, it has answered.
func (a *Auth) mayTry(w http.ResponseWriter, r *http.Request) bool {
	wait := a.limit.wait(address(r.RemoteAddr))
	if wait > 0 {
		a.later(w, wait)
		return false
	}
	return true
}

func (a *Auth) later(w http.ResponseWriter, wait time.Duration) {
	seconds := strconv.Itoa(int(math.Ceil(max(1, wait.Seconds()))))
	w.Header().Set("Retry-After", seconds)
	fail(w, http.StatusTooManyRequests, "too many wrong tries: wait "+seconds+" seconds")
}

// wrong answers a wrong secret, and counts it.
func (a *Auth) wrong(w http.ResponseWriter, r *http.Request, sentence string) {
	a.limit.failed(address(r.RemoteAddr))
	fail(w, http.StatusForbidden, sentence)
}

// comparePassword tells whether a password is the right one. If not, it has answered.
func (a *Auth) comparePassword(w http.ResponseWriter, r *http.Request, password string) bool {
	a.mu.Lock()
	hash := a.state.Password
	a.mu.Unlock()
	if len(hash) == 0 {
		a.wrong(w, r, "there is no password here: people come in by a link (on the machine: sudo inceptiond web link)")
		return false
	}
	right, err := a.checks.compare(r.Context(), hash, password, a.limit.stranger(address(r.RemoteAddr)))
	switch {
	case err != nil:
		a.later(w, 5*time.Second)
		return false
	case !right:
		a.wrong(w, r, "this is not the password")
		return false
	}
	return true
}

// drop ends a session or takes a token away; false: there is neither of that number.
func (a *Auth) drop(id string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	n := len(a.state.Sessions) + len(a.state.Tokens)
	a.state.Sessions = slices.DeleteFunc(a.state.Sessions, func(s session) bool { return s.ID == id })
	a.state.Tokens = slices.DeleteFunc(a.state.Tokens, func(t token) bool { return t.ID == id })
	if len(a.state.Sessions)+len(a.state.Tokens) == n {
		return false
	}
	a.changed()
	return true
}

// agent is a browser's name for people: "Firefox on Linux". Others have the first word of theirs.
func agent(header string) string {
	find := func(names ...string) string {
		for _, n := range names {
			sign, name, _ := strings.Cut(n, "=")
			if strings.Contains(header, sign) {
				return name
			}
		}
		return ""
	}
	browser := find("Edg/=Edge", "OPR/=Opera", "Firefox/=Firefox", "Chrome/=Chrome", "Safari/=Safari", "curl/=curl")
	system := find("Android=Android", "iPhone=iPhone", "iPad=iPad", "Windows=Windows", "Mac OS=macOS", "Linux=Linux")
	switch {
	case browser == "":
		return "a browser"
	case system == "":
		return browser
	}
	return browser + " on " + system
}
