package web

import (
	"context"
	"net/http"

	"github.com/inceptiond/inceptiond/daemon/control"
)

// ask gives what is asked of the daemon a deadline.
func ask[T any](r *http.Request, f func(context.Context) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeout(r.Context(), askTime)
	defer cancel()
	return f(ctx)
}

// serveCommand gives a camera a command.
func (s *Server) serveCommand(w http.ResponseWriter, r *http.Request) error {
	c, err := s.camera(r)
	if err != nil {
		return err
	}
	var asked struct {
		Command control.Kind `json:"command"`
		Value   string       `json:"value"`
	}
	if err := read(r, &asked); err != nil {
		return err
	}
	rule, ok := control.RuleOf(asked.Command)
	if !ok {
		return answer(w, http.StatusOK, outcome{"refused", "there is no command " + control.Shown(string(asked.Command))})
	}
	value, err := rule.Parse(asked.Value)
	if err != nil {
		return answer(w, http.StatusOK, outcome{"refused", err.Error()})
	}
	done, err := ask(r, func(ctx context.Context) (control.Outcome, error) {
		return s.daemon.Do(ctx, control.Command{Kind: asked.Command, Camera: c.Name, Value: value})
	})
	switch {
	case err != nil:
		return err
	case len(done.Refused) > 0:
		return answer(w, http.StatusOK, outcome{"refused", done.Refused[0]})
	case done.Unchanged:
		return answer(w, http.StatusOK, outcome{Outcome: "unchanged"})
	}
	return answer(w, http.StatusOK, outcome{Outcome: "done"})
}

// outcome answers POST cameras/{c}/commands.
type outcome struct {
	Outcome string `json:"outcome"` // "done", "unchanged", "refused"
	Reason  string `json:"reason,omitempty"`
}

// serveModels lists the models of the config, and the files that they may have.
func (s *Server) serveModels(w http.ResponseWriter, r *http.Request) error {
	list, err := ask(r, s.daemon.Models)
	if err != nil {
		return err
	}
	files, err := ask(r, s.daemon.ModelFiles)
	if err != nil {
		return err
	}
	for i := range list {
		list[i].Classes, list[i].Cameras = orNone(list[i].Classes), orNone(list[i].Cameras)
	}
	return answer(w, http.StatusOK, struct {
		Models []Model  `json:"models"`
		Files  []string `json:"files"`
	}{orNone(list), orNone(files)})
}

// serveDevices lists the cameras that can be found on the machine.
func (s *Server) serveDevices(w http.ResponseWriter, r *http.Request) error {
	list, err := ask(r, s.daemon.Devices)
	if err != nil {
		return err
	}
	for i := range list {
		list[i].Formats = orNone(list[i].Formats)
	}
	return answer(w, http.StatusOK, struct {
		Devices []Device `json:"devices"`
	}{orNone(list)})
}

// orNone is a list that is never null in JSON.
func orNone[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
