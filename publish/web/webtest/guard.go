package webtest

import (
	"encoding/json"
	"net/http"
)

// Open is a guard that lets everybody in: for tests of what is behind it.
type Open struct {
	LookOnly bool // nobody may change anything
}

// Site implements web.Guard.
func (Open) Site(next http.Handler) http.Handler { return next }

// Allow implements web.Guard.
func (o Open) Allow(w http.ResponseWriter, _ *http.Request, change bool) bool {
	if change && o.LookOnly {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusForbidden)
		_, _ = w.Write([]byte(`{"error":"you may only look"}`))
		return false
	}
	return true
}

// ServeSession implements web.Guard.
func (Open) ServeSession(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet {
		reply(w, map[string]any{"signed_in": true, "password": "unset", "change": true, "link": false, "device": device})
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// ServePassword implements web.Guard.
func (Open) ServePassword(w http.ResponseWriter, _ *http.Request) {
	w.WriteHeader(http.StatusNoContent)
}

// ServeTokens implements web.Guard.
func (Open) ServeTokens(w http.ResponseWriter, r *http.Request) {
	switch r.Method {
	case http.MethodGet:
		reply(w, map[string]any{"tokens": []any{}, "sessions": []any{}})
	case http.MethodPost:
		reply(w, map[string]any{"token": "there-are-none-here"})
	default:
		w.WriteHeader(http.StatusNoContent)
	}
}

// Close implements web.Guard.
func (Open) Close() error { return nil }

func reply(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // who has gone does not hear it
}
