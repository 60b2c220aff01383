package web

import "net/http"

// Guard knows who may ask what. Package auth has the one of the page.
type Guard interface {
	// Site answers requests that come under a name that is not ours, or from another site; the others go to next.
	Site(next http.Handler) http.Handler

	// Allow tells whether whoever sent r is signed in and, with change, may change something. If not, it has answered: 401, 403
	// or, before there is the password that is wanted, 401 too.
	Allow(w http.ResponseWriter, r *http.Request, change bool) bool

	// ServeSession, ServePassword and ServeTokens answer session, api/v1/password and api/v1/tokens, whatever the method. They see
	// by themselves to who may do that.
	ServeSession(w http.ResponseWriter, r *http.Request)
	ServePassword(w http.ResponseWriter, r *http.Request)
	ServeTokens(w http.ResponseWriter, r *http.Request)

	// Close writes what is not written yet.
	Close() error
}
