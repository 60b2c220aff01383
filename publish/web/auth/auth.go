// Package auth says who may see the page and change something: people by a link that works once or by a password, programs
// by a token. What it keeps is one file; of secrets it keeps hashes alone.
package auth

import (
	"errors"
	"net"
	"net/http"
	"slices"
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
	Secure bool     // by TLS
}

// Auth is all that is known of who may come in. It may be used from several goroutines at once.
type Auth struct {
	options Options
	log     *zap.Logger
	machine []string // names of this machine
	limit   *limiter
	checks  *checker

	mu     sync.Mutex
	site   Site
	cross  *http.CrossOriginProtection
	state  state
	dirty  bool // state is not written yet
	code   string
	closed bool
}

// Open reads what was kept. A damaged file is said in the log, and all begins anew: a link lets its owner in again. The
// error is about a folder or file that cannot be written.
func Open(o Options, log *zap.Logger) (*Auth, error) {
	a := &Auth{options: o, log: log, machine: machineNames(), limit: newLimiter(o.Now), checks: newChecker()}
	if err := a.load(); err != nil {
		log.Warn("passwords, sessions and tokens cannot be read, all begin anew", zap.Error(err))
	}
	a.renew()
	return a, a.Move(o.Site)
}

// Move says that the page is elsewhere, or goes by other names.
func (a *Auth) Move(s Site) error {
	cross := http.NewCrossOriginProtection()
	var errs []error
	for _, h := range s.Hosts {
		errs = append(errs, cross.AddTrustedOrigin("https://"+h))
	}
	cross.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fail(w, http.StatusForbidden, "another site has sent this request (if that is a proxy, it has to pass the header Host on, or web.hosts has to name it)")
	}))
	a.mu.Lock()
	defer a.mu.Unlock()
	a.site, a.cross = s, cross
	errs = append(errs, a.writeLink())
	return errors.Join(errs...)
}

// Site answers requests that come under a name that is not ours, as after a rebinding of DNS, or from another site; the
// others go to next.
func (a *Auth) Site(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !a.knows(r.Host) {
			fail(w, http.StatusMisdirectedRequest, "this machine is not called "+shown(r.Host)+" here: add that name to web.hosts in the config file, or use an address")
			return
		}
		a.mu.Lock()
		cross := a.cross
		a.mu.Unlock()
		cross.Handler(next).ServeHTTP(w, r)
	})
}

// knows tells whether the page may be called by a Host header.
func (a *Auth) knows(host string) bool {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	if strings.HasPrefix(name, "[") && strings.HasSuffix(name, "]") {
		name = name[1 : len(name)-1]
	}
	if address, _, _ := strings.Cut(name, "%"); net.ParseIP(address) != nil {
		return true
	}
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Contains(a.machine, name) || slices.ContainsFunc(a.site.Hosts, func(h string) bool { return strings.EqualFold(h, name) })
}

// Allow tells whether whoever sent r is signed in and, with change, may change something. If not, it has answered.
func (a *Auth) Allow(w http.ResponseWriter, r *http.Request, change bool) bool {
	if r.Header.Get("Authorization") != "" {
		return a.allowToken(w, r, change)
	}
	if a.session(r) == nil {
		fail(w, http.StatusUnauthorized, "nobody is signed in here")
		return false
	}
	if a.wanted() {
		fail(w, http.StatusUnauthorized, "a password has to be chosen first")
		return false
	}
	return true
}

// allowToken is Allow for programs.
func (a *Auth) allowToken(w http.ResponseWriter, r *http.Request, change bool) bool {
	t := a.token(r)
	switch {
	case t == nil:
		w.Header().Set("WWW-Authenticate", `Basic realm="inceptiond"`)
		fail(w, http.StatusUnauthorized, "the token is not known here: make one under Settings")
		return false
	case change && !t.Change:
		fail(w, http.StatusForbidden, "this token may look, and change nothing")
		return false
	}
	return true
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
	defer a.mu.Unlock()
	if a.closed {
		return nil
	}
	a.closed = true
	return errors.Join(a.write(), a.removeLink())
}
