package auth

import (
	"crypto/subtle"
	"math"
	"net/http"
	"slices"
	"strconv"
	"time"
)

const (
	freshLink = time.Hour       // how long a session that came by a link may set the password without the old one
	busyTime  = 5 * time.Second // until somebody tries again who has not had a turn
)

// session is the one that r belongs to; nil: nobody is signed in.
func (a *Auth) session(r *http.Request) *session {
	for _, hash := range a.hashes(r, sessionCookie) {
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
			a.dirty = true
			return nil
		}
		a.dirty = a.dirty || now.Sub(s.Used) >= writeUsed
		s.Used = now
		found := *s
		return &found
	}
	return nil
}

// signIn begins a session in the place of the one that the browser has.
func (a *Auth) signIn(w http.ResponseWriter, r *http.Request, link bool) {
	secret, hash := newSecret()
	now, before := a.options.Now(), a.hashes(r, sessionCookie)
	a.mu.Lock()
	defer a.mu.Unlock()
	list := slices.DeleteFunc(a.state.Sessions, func(s session) bool {
		return now.Sub(s.Created) >= sessionTime || contains(before, s.Hash)
	})
	list = append(list, session{ID: newID(), Hash: hash, Created: now, Used: now, Agent: agent(r.UserAgent()), Link: link})
	a.state.Sessions = slices.Clone(last(list, maxSessions))
	a.dirty = true
	a.setCookie(w, r, sessionCookie, secret, sessionTime)
	if a.knownAs(r) == "" {
		secret, hash := newSecret()
		a.state.Known = slices.Clone(last(append(a.state.Known, hash), maxKnown))
		a.setCookie(w, r, knownCookie, secret, knownTime)
	}
}

// ServeSession answers session: who is signed in (GET), signing in (POST) and out (DELETE).
func (a *Auth) ServeSession(w http.ResponseWriter, r *http.Request) {
	if !only(w, r, http.MethodGet, http.MethodPost, http.MethodDelete) {
		return
	}
	defer a.keep()
	switch r.Method {
	case http.MethodPost:
		a.postSession(w, r)
	case http.MethodDelete:
		if s := a.session(r); s != nil {
			a.drop(s.ID)
		}
		a.setCookie(w, r, sessionCookie, "", 0)
		w.WriteHeader(http.StatusNoContent)
	default:
		a.getSession(w, r)
	}
}

func (a *Auth) getSession(w http.ResponseWriter, r *http.Request) {
	sent := a.who(r)
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
		"signed_in": sent != (whoSent{}), "change": sent.session != nil && password != "wanted" || sent.token != nil && sent.token.Change,
		"link": sent.session != nil && a.mayReplace(sent.session), "password": password, "device": a.options.Device,
	})
}

// postSession signs in by a code or the password.
func (a *Auth) postSession(w http.ResponseWriter, r *http.Request) {
	var in struct{ Code, Password string }
	if !read(w, r, &in) {
		return
	}
	byLink := in.Code != ""
	if byLink && !a.compareCode(w, r, in.Code) || !byLink && !a.comparePassword(w, r, in.Password) {
		return
	}
	a.signIn(w, r, byLink)
	if a.wanted() {
		answer(w, http.StatusOK, map[string]string{"password": "wanted"})
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (a *Auth) later(w http.ResponseWriter, wait time.Duration) {
	seconds := strconv.Itoa(int(math.Ceil(max(1, wait.Seconds()))))
	w.Header().Set("Retry-After", seconds)
	fail(w, http.StatusTooManyRequests, "too many wrong tries: wait "+seconds+" seconds, or sign in with a link")
}

// compareCode tells whether a code is the one that works. If not, it has answered. The right one works however often somebody
// else was wrong, and so its owner comes in at any time: 60 bits are not guessed.
func (a *Auth) compareCode(w http.ResponseWriter, r *http.Request, code string) bool {
	if a.useCode(code) {
		return true
	}
	if wait := a.limit.try(address(r)); wait > 0 {
		a.later(w, wait)
		return false
	}
	fail(w, http.StatusForbidden, "this link does not work: each works once (on the machine: sudo inceptiond web link)")
	return false
}

// comparePassword tells whether a password is the right one. If not, it has answered. A browser that was signed in before has its
// own count of failures and does not wait for strangers, also those who come through the same proxy.
func (a *Auth) comparePassword(w http.ResponseWriter, r *http.Request, password string) bool {
	a.mu.Lock()
	hash, visitor := a.state.Password, a.knownAs(r)
	a.mu.Unlock()
	stranger := visitor == ""
	if stranger {
		visitor = address(r)
	}
	if wait := a.limit.try(visitor); wait > 0 {
		a.later(w, wait)
		return false
	}
	if len(hash) == 0 {
		fail(w, http.StatusForbidden, "there is no password here: people come in by a link (on the machine: sudo inceptiond web link)")
		return false
	}
	right, err := a.checks.compare(r.Context(), hash, password, stranger)
	switch {
	case err != nil:
		a.limit.spare(visitor)
		a.later(w, busyTime)
	case !right:
		fail(w, http.StatusForbidden, "this is not the password")
	default:
		a.limit.succeeded(visitor)
	}
	return right
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
	a.dirty = true
	return true
}
