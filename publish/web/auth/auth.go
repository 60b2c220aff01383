// Package auth says who may see the page and change something: people by a link that works once or by a password, programs
// by a token. What it keeps is one file; of secrets it keeps hashes alone.
package auth

import (
	"errors"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"
)

// Options say who is let in, and where that is kept.
type Options struct {
	Device   string
	Instance string // tells the cookies of several daemons on a machine apart: cookies know no ports
	Folder   string // where access.json is kept; empty: in memory
	LinkFile string // gets the links that work once; empty: none
	Now      func() time.Time
	Site
}

// Site is where the page is. It may change while it is there.
type Site struct {
	Hosts  []string // names that it may be called by, besides addresses, localhost and the machine's name
	Links  []string // where it is, for people: "http://127.0.0.1:8224/"
	Public bool     // other machines can reach it: then there must be a password
}

// Auth is all that is known of who may come in. It may be used from several goroutines at once.
type Auth struct {
	options  Options
	log      *zap.Logger
	hostname func() (string, error)
	limit    *limiter
	checks   *checker

	writing sync.Mutex // of whoever writes state to its file

	mu     sync.Mutex
	site   Site
	cross  *http.CrossOriginProtection
	state  state
	dirty  bool // state is not written yet
	failed bool // the last time that it was to be written
	code   string
	linked string // what the links' file has from us
	closed bool
}

// Open reads what was kept. A damaged file is said in the log and put aside, and all begins anew: a link lets its owner in
// again. The error is about a link that cannot be written.
func Open(o Options, log *zap.Logger) (*Auth, error) {
	a := &Auth{options: o, log: log, hostname: os.Hostname, limit: newLimiter(o.Now), checks: newChecker()}
	if err := a.load(); err != nil {
		log.Warn("passwords, sessions and tokens cannot be read, all begin anew: a link lets you in", zap.Error(err))
	}
	a.renew()
	return a, a.Move(o.Site)
}

// Move says that the page is elsewhere, or goes by other names. The error is about a link that cannot be written.
func (a *Auth) Move(s Site) error {
	cross := newCross(s.Hosts)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.site, a.cross = s, cross
	return a.writeLink()
}

// Allow tells whether whoever sent r is signed in and, with change, may change something. If not, it has answered.
func (a *Auth) Allow(w http.ResponseWriter, r *http.Request, change bool) bool {
	defer a.keep()
	sent := a.who(r)
	switch {
	case sent.session != nil && a.wanted():
		fail(w, http.StatusUnauthorized, "a password has to be chosen first")
	case sent.session != nil:
		return true
	case sent.token == nil:
		unknown(w, r)
	case change && !sent.token.Change:
		fail(w, http.StatusForbidden, "this token may look, and change nothing")
	default:
		return true
	}
	return false
}

// whoSent is who sent a request: a person, a program, or nobody that is known.
type whoSent struct {
	session *session
	token   *token
}

// who looks for a session first: what a browser shows for a proxy's own sign-in may be no token.
func (a *Auth) who(r *http.Request) whoSent {
	if s := a.session(r); s != nil {
		return whoSent{session: s}
	}
	return whoSent{token: a.token(r)}
}

// unknown answers a request of nobody that is known. To a browser it says nothing of passwords of its own: it would ask for one.
func unknown(w http.ResponseWriter, r *http.Request) {
	scheme := "Basic"
	if strings.HasPrefix(r.UserAgent(), "Mozilla/") {
		scheme = "Bearer"
	}
	w.Header().Set("WWW-Authenticate", scheme+` realm="inceptiond"`)
	if r.Header.Get("Authorization") != "" {
		fail(w, http.StatusUnauthorized, "the token is not known here: make one under Settings")
		return
	}
	fail(w, http.StatusUnauthorized, "nobody is signed in here")
}

// wanted tells whether a password has to be chosen before anything else.
func (a *Auth) wanted() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.site.Public && len(a.state.Password) == 0
}

// Close writes what is not written yet, and takes the link away.
func (a *Auth) Close() error {
	a.mu.Lock()
	closed := a.closed
	a.closed = true
	a.dirty = a.dirty || a.failed
	a.mu.Unlock()
	if closed {
		return nil
	}
	err := a.write()
	a.mu.Lock()
	defer a.mu.Unlock()
	return errors.Join(err, a.dropLink())
}
