package web

import (
	"context"
	"errors"
	"net/http"
	"strings"
)

// changedFile answers a PUT that would overwrite what somebody else has written.
type changedFile struct {
	Error  string `json:"error"`
	Text   string `json:"text"` // what the file has now
	SHA256 string `json:"sha256"`
}

// serveConfig answers with the config file.
func (s *Server) serveConfig(w http.ResponseWriter, r *http.Request) error {
	file, err := ask(r, s.daemon.ReadConfig)
	if err != nil {
		return err
	}
	if file.SHA256 != "" {
		w.Header().Set("ETag", `"`+file.SHA256+`"`)
	}
	return answer(w, http.StatusOK, file)
}

// checkConfig answers what is wrong with a text, after changes of it.
func (s *Server) checkConfig(w http.ResponseWriter, r *http.Request) error {
	var asked struct {
		Text    *string  `json:"text"` // absent: that of the file
		Changes []Change `json:"changes"`
	}
	if err := read(r, &asked); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(r.Context(), askTime)
	defer cancel()
	if asked.Text == nil {
		file, err := s.daemon.ReadConfig(ctx)
		if err != nil {
			return err
		}
		asked.Text = &file.Text
	}
	text := []byte(*asked.Text)
	if len(asked.Changes) > 0 {
		edited, err := s.daemon.EditConfig(ctx, text, asked.Changes)
		if err != nil {
			return err
		}
		text = edited
	}
	if err := tooLarge(text); err != nil {
		return err
	}
	return answer(w, http.StatusOK, struct {
		Text     string    `json:"text"`
		Problems []Problem `json:"problems"`
	}{string(text), orNone(s.daemon.CheckConfig(ctx, text))})
}

// tooLarge refuses a text that is no config file any more.
func tooLarge(text []byte) error {
	if len(text) > maxConfig {
		return refuse(http.StatusRequestEntityTooLarge, "a config file has %d bytes at most", maxConfig)
	}
	return nil
}

// applyConfig writes the config file and puts it in force, if it still is the one that was read.
func (s *Server) applyConfig(w http.ResponseWriter, r *http.Request) error {
	match, ok := r.Header["If-Match"]
	if !ok || len(match) != 1 || match[0] == "*" {
		return refuse(http.StatusPreconditionRequired, `say which file is to be overwritten: If-Match: "<its sha256>", or "" if there is none`)
	}
	var asked struct {
		Text string `json:"text"`
	}
	if err := read(r, &asked); err != nil {
		return err
	}
	if err := tooLarge([]byte(asked.Text)); err != nil {
		return err
	}
	ctx, cancel := lasting(r)
	defer cancel()
	applied, err := s.daemon.ApplyConfig(ctx, []byte(asked.Text), strings.Trim(match[0], `"`))
	if errors.Is(err, ErrChanged) {
		file, lost := s.daemon.ReadConfig(ctx)
		if lost != nil {
			return lost
		}
		return answer(w, http.StatusPreconditionFailed, changedFile{err.Error(), file.Text, file.SHA256})
	}
	return s.answerApplied(w, applied, err)
}

// undoConfig puts the text before the last one in force.
func (s *Server) undoConfig(w http.ResponseWriter, r *http.Request) error {
	ctx, cancel := lasting(r)
	defer cancel()
	applied, err := s.daemon.UndoConfig(ctx)
	if errors.Is(err, ErrNone) {
		return refuse(http.StatusNotFound, "there is no text from before")
	}
	return s.answerApplied(w, applied, err)
}

// lasting is for what goes on when whoever asked for it has gone.
func lasting(r *http.Request) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(r.Context()), applyTime)
}

func (s *Server) answerApplied(w http.ResponseWriter, a Applied, err error) error {
	if err != nil {
		return err
	}
	s.seen.forget()
	if a.SHA256 != "" {
		w.Header().Set("ETag", `"`+a.SHA256+`"`)
	}
	a.Kept, a.Started, a.Stopped = orNone(a.Kept), orNone(a.Started), orNone(a.Stopped)
	return answer(w, http.StatusOK, a)
}
