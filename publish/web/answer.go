package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/inceptiond/inceptiond/daemon/control"
)

// refusal is an error that says which status it is answered with.
type refusal struct {
	status   int
	sentence string
	problems []Problem
	worse    bool // a version is refused that can be forced
}

func (r *refusal) Error() string { return r.sentence }

// refuse makes a refusal. The sentence is for people, in the form of an error.
func refuse(status int, format string, args ...any) error {
	return &refusal{status: status, sentence: fmt.Sprintf(format, args...)}
}

// answer writes v as JSON.
func answer(w http.ResponseWriter, status int, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(append(text, '\n')) // who has gone does not hear it
	return nil
}

// fail answers a request that err has come of.
func fail(w http.ResponseWriter, err error) {
	r := refused(err)
	if r.status == http.StatusServiceUnavailable || r.status == http.StatusTooManyRequests {
		w.Header().Set("Retry-After", "2")
	}
	_ = answer(w, r.status, failure{Error: r.sentence, Problems: r.problems, Worse: r.worse}) // it is always JSON
}

// refused says how an error is answered.
func refused(err error) *refusal {
	var (
		as     *refusal
		config *ConfigError
		teach  *Refused
		large  *http.MaxBytesError
	)
	switch {
	case errors.As(err, &as):
		return as
	case errors.As(err, &config):
		return &refusal{status: http.StatusUnprocessableEntity, sentence: config.Error(), problems: config.Problems}
	case errors.As(err, &teach):
		return &refusal{status: http.StatusConflict, sentence: teach.Error(), problems: teach.problems(), worse: teach.Worse}
	case errors.As(err, &large):
		return &refusal{status: http.StatusRequestEntityTooLarge, sentence: fmt.Sprintf("that is more than the %d bytes that are taken here", large.Limit)}
	case errors.Is(err, ErrNone), errors.Is(err, control.ErrNoCamera):
		return &refusal{status: http.StatusNotFound, sentence: err.Error()}
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return &refusal{status: http.StatusServiceUnavailable, sentence: "that takes too long now; try again"}
	}
	return &refusal{status: http.StatusUnprocessableEntity, sentence: err.Error()}
}

// read takes the JSON that came with a request.
func read(r *http.Request, v any) error {
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	err := d.Decode(v)
	if err == nil {
		if _, more := d.Token(); more != io.EOF {
			err = errors.New("there is more than one value")
		}
	}
	var large *http.MaxBytesError
	if err == nil || errors.As(err, &large) {
		return err
	}
	return refuse(http.StatusBadRequest, "this is not the JSON that is wanted: %s", strings.TrimPrefix(err.Error(), "json: "))
}

// typed tells whether what came with a request is of one of some media types.
func typed(r *http.Request, types ...string) bool {
	is, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		return false
	}
	for _, t := range types {
		if is == t {
			return true
		}
	}
	return false
}
