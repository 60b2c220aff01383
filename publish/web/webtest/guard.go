package webtest

import (
	"encoding/json"
	"net/http"
)

// Open is a guard that lets everybody in: for tests of what is behind it.
type Open struct{}

// Site implements web.Guard.
func (Open) Site(next http.Handler) http.Handler { return next }

// Allow implements web.Guard.
func (Open) Allow(http.ResponseWriter, *http.Request, bool) bool { return true }

// ServeSession implements web.Guard.
func (Open) ServeSession(w http.ResponseWriter, _ *http.Request) {
	reply(w, map[string]any{"signed_in": true, "password": "unset", "change": true, "device": device})
}

// ServePassword implements web.Guard.
func (Open) ServePassword(w http.ResponseWriter, _ *http.Request) {
	w.WriteHeader(http.StatusNoContent)
}

// ServeTokens implements web.Guard.
func (Open) ServeTokens(w http.ResponseWriter, _ *http.Request) {
	reply(w, map[string]any{"tokens": []any{}, "sessions": []any{}})
}

// Close implements web.Guard.
func (Open) Close() error { return nil }

func reply(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // who has gone does not hear it
}
