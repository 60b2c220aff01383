package auth

import (
	"bytes"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"
	"time"
)

// cookie is what one of ours is for. Its name has the instance before that, and -tls where the browser speaks TLS: it would not let
// a page without TLS replace such a cookie (RFC 6265bis), and nobody could sign in there any more.
type cookie string

const (
	sessionCookie cookie = ""
	knownCookie   cookie = "-known" // of a browser that was signed in before: it lets nobody in, but is no stranger's
)

// knownTime is as long as browsers keep a cookie at most.
const knownTime = 400 * 24 * time.Hour

// maxCookies is how many of a name are looked at: there is one for each folder in which a proxy shows the page.
const maxCookies = 8

func (a *Auth) cookieName(c cookie, tls bool) string {
	name := "inceptiond-" + a.options.Instance + string(c)
	if tls {
		name += "-tls"
	}
	return name
}

// hashes are those of what the cookies of a request hold.
func (a *Auth) hashes(r *http.Request, c cookie) (hashes [][]byte) {
	for _, tls := range []bool{true, false} {
		list := r.CookiesNamed(a.cookieName(c, tls))
		for _, found := range list[:min(len(list), maxCookies)] {
			hashes = append(hashes, hashOf(found.Value))
		}
	}
	return hashes
}

func contains(hashes [][]byte, hash []byte) bool {
	return slices.ContainsFunc(hashes, func(h []byte) bool { return bytes.Equal(h, hash) })
}

// setCookie gives a cookie to the browser, or takes it away: time 0. It has no Path: the browser takes that of the request, which is the
// page's, whatever a proxy makes of it. A browser that speaks TLS to a proxy tells us by the Origin of what it sends. mu is held
// or not: nothing of a's that changes is used.
func (a *Auth) setCookie(w http.ResponseWriter, r *http.Request, c cookie, value string, age time.Duration) {
	tls := r.TLS != nil || strings.HasPrefix(r.Header.Get("Origin"), "https://")
	seconds := int(age / time.Second)
	if seconds == 0 {
		seconds = -1
	}
	http.SetCookie(w, &http.Cookie{
		Name: a.cookieName(c, tls), Value: value, MaxAge: seconds, HttpOnly: true, Secure: tls, SameSite: http.SameSiteLaxMode,
	})
}

// knownAs names the browser of a request, if it was signed in before; empty: it was not. mu is held.
func (a *Auth) knownAs(r *http.Request) string {
	for _, hash := range a.hashes(r, knownCookie) {
		if contains(a.state.Known, hash) {
			return hex.EncodeToString(hash)
		}
	}
	return ""
}
