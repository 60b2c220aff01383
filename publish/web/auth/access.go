package auth

import (
	"crypto/subtle"
	"net/http"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// person is the session of a request that only people may send. If there is none, it has answered nil's reason.
func (a *Auth) person(w http.ResponseWriter, r *http.Request) *session {
	sent := a.who(r)
	switch {
	case sent.token != nil:
		fail(w, http.StatusForbidden, "a token may not do this: sign in with a browser")
	case sent.session == nil:
		unknown(w, r)
	}
	return sent.session
}

// ServePassword answers api/v1/password: a new one (PUT), or none any more (DELETE).
func (a *Auth) ServePassword(w http.ResponseWriter, r *http.Request) {
	if !only(w, r, http.MethodPut, http.MethodDelete) {
		return
	}
	defer a.keep()
	s := a.person(w, r)
	if s == nil {
		return
	}
	if r.Method == http.MethodDelete {
		a.deletePassword(w)
		return
	}
	var in struct{ Password, Old string }
	if !read(w, r, &in) {
		return
	}
	if err := checkPassword(in.Password); err != nil {
		fail(w, http.StatusUnprocessableEntity, err.Error())
		return
	}
	a.mu.Lock()
	there := len(a.state.Password) > 0
	a.mu.Unlock()
	if there && !a.mayReplace(s) && !a.comparePassword(w, r, in.Old) {
		return
	}
	hash, err := a.checks.hash(r.Context(), in.Password)
	if err != nil {
		a.later(w, busyTime)
		return
	}
	a.mu.Lock()
	a.state.Password = hash
	a.keepOnly(s.ID)
	a.dirty = true
	a.mu.Unlock()
	w.WriteHeader(http.StatusNoContent)
}

// mayReplace tells whether a session may set the password without the old one: it came by a link, not long ago.
func (a *Auth) mayReplace(s *session) bool {
	return s.Link && a.options.Now().Sub(s.Created) < freshLink
}

// keepOnly signs all others out, as after a new password, with mu held.
func (a *Auth) keepOnly(id string) {
	var kept []session
	for _, s := range a.state.Sessions {
		if s.ID == id {
			kept = append(kept, s)
		}
	}
	a.state.Sessions = kept
}

func (a *Auth) deletePassword(w http.ResponseWriter) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.site.Public {
		fail(w, http.StatusConflict, "other machines can reach this page, so it keeps its password (web.listen says from where)")
		return
	}
	a.state.Password = nil
	a.dirty = true
	w.WriteHeader(http.StatusNoContent)
}

// token is the one that r shows: as Bearer, or as the password of any user. nil: it shows none that is known.
func (a *Auth) token(r *http.Request) *token {
	_, secret, basic := r.BasicAuth()
	if !basic {
		scheme, rest, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		if !strings.EqualFold(scheme, "Bearer") {
			return nil
		}
		secret = strings.TrimSpace(rest)
	}
	hash := hashOf(secret)
	a.mu.Lock()
	defer a.mu.Unlock()
	for i := range a.state.Tokens {
		t := &a.state.Tokens[i]
		if subtle.ConstantTimeCompare(t.Hash, hash) != 1 {
			continue
		}
		now := a.options.Now()
		a.dirty = a.dirty || now.Sub(t.Used) >= writeUsed
		t.Used = now
		found := *t
		return &found
	}
	return nil
}

// ServeTokens answers api/v1/tokens: all of them and the sessions (GET), a new one (POST), one less of either (DELETE).
func (a *Auth) ServeTokens(w http.ResponseWriter, r *http.Request) {
	if !only(w, r, http.MethodGet, http.MethodPost, http.MethodDelete) {
		return
	}
	defer a.keep()
	s := a.person(w, r)
	if s == nil {
		return
	}
	if a.wanted() {
		fail(w, http.StatusUnauthorized, "a password has to be chosen first")
		return
	}
	switch r.Method {
	case http.MethodPost:
		a.postToken(w, r)
	case http.MethodDelete:
		if !a.drop(r.URL.Query().Get("id")) {
			fail(w, http.StatusNotFound, "there is no such token or session")
			return
		}
		w.WriteHeader(http.StatusNoContent)
	default:
		answer(w, http.StatusOK, a.list(s.ID))
	}
}

// The answers of api/v1/tokens.
type (
	listed struct {
		Tokens   []listedToken   `json:"tokens"`
		Sessions []listedSession `json:"sessions"`
	}
	listedToken struct {
		ID      string     `json:"id"`
		Name    string     `json:"name"`
		Change  bool       `json:"change"`
		Created time.Time  `json:"created"`
		Used    *time.Time `json:"used"` // null: never
	}
	listedSession struct {
		ID      string    `json:"id"`
		Created time.Time `json:"created"`
		Used    time.Time `json:"used"`
		Here    bool      `json:"here"` // it is the asking one
		Agent   string    `json:"agent"`
	}
)

// list is who may come in.
func (a *Auth) list(here string) listed {
	a.mu.Lock()
	defer a.mu.Unlock()
	l := listed{Tokens: []listedToken{}, Sessions: []listedSession{}}
	for _, t := range a.state.Tokens {
		one := listedToken{ID: t.ID, Name: t.Name, Change: t.Change, Created: t.Created}
		if !t.Used.IsZero() {
			one.Used = &t.Used
		}
		l.Tokens = append(l.Tokens, one)
	}
	for _, s := range a.state.Sessions {
		l.Sessions = append(l.Sessions, listedSession{ID: s.ID, Created: s.Created, Used: s.Used, Here: s.ID == here, Agent: s.Agent})
	}
	return l
}

// postToken makes a token, which is shown this once.
func (a *Auth) postToken(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Name   string
		Change bool
	}
	if !read(w, r, &in) {
		return
	}
	name := strings.TrimSpace(in.Name)
	if name == "" || len(name) > maxName || !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl) {
		fail(w, http.StatusUnprocessableEntity, "a token needs a name that says what it is for, of at most 64 bytes")
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.state.Tokens) >= maxTokens {
		fail(w, http.StatusConflict, "there are 32 tokens, which is the most: remove one")
		return
	}
	secret, hash := newSecret()
	a.state.Tokens = append(a.state.Tokens, token{ID: newID(), Name: name, Change: in.Change, Hash: hash, Created: a.options.Now()})
	a.dirty = true
	answer(w, http.StatusOK, map[string]string{"token": secret})
}
