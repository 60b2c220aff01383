package web

import (
	"fmt"
	"net/http"
	"runtime/debug"
	"strings"

	"go.uber.org/zap"
)

// secure sets the headers that are on every answer, and answers what next panics on.
func (s *Server) secure(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", contentPolicy(s.options.Load().Embed))
		h.Set("Referrer-Policy", "same-origin") // with no-referrer, the Origin of a form would be null
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		if r.TLS != nil {
			h.Set("Strict-Transport-Security", "max-age=2592000")
			h.Set("Cross-Origin-Opener-Policy", "same-origin")
		}
		defer s.recover(w, r)
		next.ServeHTTP(w, r)
	})
}

// contentPolicy is what a page may load and do, and which sites may show it in a frame.
func contentPolicy(embed []string) string {
	frames := "'none'"
	if len(embed) > 0 {
		frames = strings.Join(embed, " ")
	}
	return "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; form-action 'self'; " +
		"base-uri 'none'; frame-ancestors " + frames + "; require-trusted-types-for 'script'"
}

// recover answers a request whose handler panics: the cameras go on.
func (s *Server) recover(w http.ResponseWriter, r *http.Request) {
	switch what := recover(); what {
	case nil:
	case http.ErrAbortHandler:
		panic(what)
	default:
		s.log.Error("a request has met a fault of the program", zap.String("method", r.Method), zap.String("path", r.URL.Path),
			zap.String("panic", fmt.Sprint(what)), zap.ByteString("stack", debug.Stack()))
		fail(w, refuse(http.StatusInternalServerError, "the daemon has met a fault of its own, which its log tells"))
	}
}
