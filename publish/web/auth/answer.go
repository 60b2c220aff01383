package auth

import (
	"encoding/json"
	"io"
	"mime"
	"net/http"
)

// maxBody is the most bytes of a request that are read.
const maxBody = 8 << 10

// answer sends v as JSON.
func answer(w http.ResponseWriter, status int, v any) {
	text, err := json.Marshal(v)
	if err != nil { // v holds plain data only
		panic(err)
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	w.Write(append(text, '\n'))
}

// fail answers with a sentence.
func fail(w http.ResponseWriter, status int, sentence string) {
	answer(w, status, map[string]string{"error": sentence})
}

// read decodes the JSON of a request into v. If it cannot, it has answered.
func read(w http.ResponseWriter, r *http.Request, v any) bool {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		fail(w, http.StatusUnsupportedMediaType, "the body has to be application/json")
		return false
	}
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		fail(w, http.StatusRequestEntityTooLarge, "the body is too long, or did not come whole")
		return false
	}
	if err := json.Unmarshal(text, v); err != nil {
		fail(w, http.StatusBadRequest, "the body is no such JSON: "+err.Error())
		return false
	}
	return true
}

// only answers requests with other methods than those listed; false: it has.
func only(w http.ResponseWriter, r *http.Request, methods ...string) bool {
	allow := ""
	for _, m := range methods {
		if r.Method == m || r.Method == http.MethodHead && m == http.MethodGet {
			return true
		}
		if allow != "" {
			allow += ", "
		}
		allow += m
	}
	w.Header().Set("Allow", allow)
	fail(w, http.StatusMethodNotAllowed, "this takes "+allow)
	return false
}
