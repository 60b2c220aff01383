package web

import (
	"context"
	"net/http"
)

// errNoTeacher is the answer to all below teach where there is no Teacher.
var errNoTeacher = refuse(http.StatusNotFound, "nothing is taught here")

// teachRoutes are what may be asked of the Teacher.
func (s *Server) teachRoutes() []route {
	json, get, post, remove := []string{asJSON}, http.MethodGet, http.MethodPost, http.MethodDelete
	const lesson = api + "teach/{name}"
	return []route{
		{method: get, path: api + "teach", need: forLook, serve: s.taught(serveLessons)},
		{method: post, path: api + "teach", need: forChange, body: json, serve: s.taught(serveNewLesson)},
		{method: get, path: lesson, need: forLook, serve: s.taught(serveLesson)},
		{method: remove, path: lesson, need: forChange, time: applyTime, serve: s.taught(serveRemoveLesson)},
		{method: post, path: lesson + "/forget", need: forChange, body: json, time: applyTime, serve: s.taught(serveForget)},

		{method: get, path: lesson + "/samples", need: forLook, serve: s.taught(serveSamples)},
		{method: post, path: lesson + "/samples", need: forChange, body: append(json, pictureTypes...), limit: maxPicture, serve: s.taught(s.servePutSamples)},
		{method: remove, path: lesson + "/samples", need: forChange, serve: s.taught(serveDeleteSamples)},
		{method: get, path: lesson + "/samples/{id}", need: forLook, serve: s.taught(serveSample)},
		{method: post, path: lesson + "/take", need: forChange, body: json, serve: s.taught(serveTake)},
		{method: remove, path: lesson + "/take", need: forChange, serve: s.taught(serveStopTaking)},

		{method: get, path: lesson + "/train", need: forLook, serve: s.taught(serveTraining)},
		{method: post, path: lesson + "/train", need: forChange, body: json, serve: s.taught(serveTrain)},
		{method: remove, path: lesson + "/train", need: forChange, serve: s.taught(serveCancelTraining)},
		{method: post, path: lesson + "/use", need: forChange, body: json, time: applyTime, serve: s.taught(serveUse)},
		{method: post, path: lesson + "/rollback", need: forChange, time: applyTime, serve: s.taught(serveRollback)},
		{method: post, path: lesson + "/test", need: forChange, time: applyTime, serve: s.taught(serveTested)},
	}
}

// taught has f answer a request about a name, if there is a Teacher.
func (s *Server) taught(f func(t Teacher, name string, w http.ResponseWriter, r *http.Request) error) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		t := s.daemon.Teacher()
		if t == nil {
			return errNoTeacher
		}
		name := r.PathValue("name")
		if name != "" && !isTaughtName(name) {
			return ErrNone
		}
		return f(t, name, w, r)
	}
}

// isTaughtName tells whether a name or a class may be called so: it is the name of a folder.
func isTaughtName(name string) bool {
	if len(name) == 0 || len(name) > 64 {
		return false
	}
	for _, c := range []byte(name) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' {
			return false
		}
	}
	return true
}

const nameRule = "1 to 64 of a to z, 0 to 9, - and _"

// act has the Teacher do something that is soon done, and answers that it is.
func act(w http.ResponseWriter, r *http.Request, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(r.Context(), askTime)
	defer cancel()
	return done(w, do(ctx))
}

// actLong has the Teacher do something that goes on when whoever asked for it has gone, and answers with what becomes of the name.
func actLong(t Teacher, name string, w http.ResponseWriter, r *http.Request, do func(context.Context) error) error {
	ctx, cancel := lasting(r)
	defer cancel()
	if err := do(ctx); err != nil {
		return err
	}
	return answerLesson(ctx, t, name, w)
}

func done(w http.ResponseWriter, err error) error {
	if err == nil {
		w.WriteHeader(http.StatusNoContent)
	}
	return err
}

func answerLesson(ctx context.Context, t Teacher, name string, w http.ResponseWriter) error {
	l, err := t.Lesson(ctx, name)
	if err != nil {
		return err
	}
	return answer(w, http.StatusOK, l.listed())
}

// listed is l with lists that are never null in JSON.
func (l Lesson) listed() Lesson {
	l.Classes, l.Cameras, l.Collect = orNone(l.Classes), orNone(l.Cameras), orNone(l.Collect)
	l.Current, l.Previous, l.Newest = l.Current.listed(), l.Previous.listed(), l.Newest.listed()
	return l
}

// listed is a copy of v with lists that are never null in JSON; nil: that of nil.
func (v *Version) listed() *Version {
	if v == nil {
		return nil
	}
	made := *v
	made.Classes = orNone(v.Classes)
	made.Mistakes, made.Warnings = make([]Mistake, len(v.Mistakes)), make([]TeachWarning, len(v.Warnings))
	for i, m := range v.Mistakes {
		m.Pictures = orNone(m.Pictures)
		made.Mistakes[i] = m
	}
	for i, warning := range v.Warnings {
		warning.Classes, warning.Pictures = orNone(warning.Classes), orNone(warning.Pictures)
		made.Warnings[i] = warning
	}
	return &made
}

func serveLessons(t Teacher, _ string, w http.ResponseWriter, r *http.Request) error {
	list, err := ask(r, t.Lessons)
	if err != nil {
		return err
	}
	all := make([]Lesson, len(list))
	for i, l := range list {
		all[i] = l.listed()
	}
	return answer(w, http.StatusOK, struct {
		Lessons []Lesson `json:"lessons"`
	}{all})
}

func serveNewLesson(t Teacher, _ string, w http.ResponseWriter, r *http.Request) error {
	var asked struct {
		Name   string `json:"name"`
		Camera string `json:"camera"`
	}
	if err := read(r, &asked); err != nil {
		return err
	}
	if !isTaughtName(asked.Name) {
		return refuse(http.StatusUnprocessableEntity, "a name is %s", nameRule)
	}
	ctx, cancel := context.WithTimeout(r.Context(), askTime)
	defer cancel()
	if err := t.NewLesson(ctx, asked.Name, asked.Camera); err != nil {
		return err
	}
	return answerLesson(ctx, t, asked.Name, w)
}

func serveLesson(t Teacher, name string, w http.ResponseWriter, r *http.Request) error {
	ctx, cancel := context.WithTimeout(r.Context(), askTime)
	defer cancel()
	return answerLesson(ctx, t, name, w)
}

func serveRemoveLesson(t Teacher, name string, w http.ResponseWriter, r *http.Request) error {
	ctx, cancel := lasting(r)
	defer cancel()
	return done(w, t.RemoveLesson(ctx, name))
}

func serveForget(t Teacher, name string, w http.ResponseWriter, r *http.Request) error {
	var asked struct {
		Class string `json:"class"`
	}
	if err := read(r, &asked); err != nil {
		return err
	}
	if !isTaughtName(asked.Class) {
		return ErrNone
	}
	return actLong(t, name, w, r, func(ctx context.Context) error { return t.Forget(ctx, name, asked.Class) })
}

// serveTraining answers how far a training is.
func serveTraining(t Teacher, name string, w http.ResponseWriter, r *http.Request) error {
	l, err := ask(r, func(ctx context.Context) (Lesson, error) { return t.Lesson(ctx, name) })
	if err != nil {
		return err
	}
	if l.Training == nil {
		l.Training = &Trained{State: "none"}
	}
	return answer(w, http.StatusOK, l.Training)
}

func serveTrain(t Teacher, name string, w http.ResponseWriter, r *http.Request) error {
	var o TrainOptions
	if err := read(r, &o); err != nil {
		return err
	}
	if o.Variants < 0 || o.Variants > maxVariants {
		return refuse(http.StatusUnprocessableEntity, "variants are 0 (as many as usual) to %d", maxVariants)
	}
	ctx, cancel := context.WithTimeout(r.Context(), askTime)
	defer cancel()
	if err := t.Train(ctx, name, o); err != nil {
		return err
	}
	return answerLesson(ctx, t, name, w)
}

const maxVariants = 16

func serveCancelTraining(t Teacher, name string, w http.ResponseWriter, r *http.Request) error {
	return act(w, r, func(ctx context.Context) error { return t.CancelTraining(ctx, name) })
}

func serveUse(t Teacher, name string, w http.ResponseWriter, r *http.Request) error {
	var asked struct {
		Version string `json:"version"` // empty: the newest
		Force   bool   `json:"force"`
	}
	if err := read(r, &asked); err != nil {
		return err
	}
	return actLong(t, name, w, r, func(ctx context.Context) error { return t.Use(ctx, name, asked.Version, asked.Force) })
}

func serveRollback(t Teacher, name string, w http.ResponseWriter, r *http.Request) error {
	return actLong(t, name, w, r, func(ctx context.Context) error { return t.Rollback(ctx, name) })
}

// serveTested answers the pictures that are held out.
func serveTested(t Teacher, name string, w http.ResponseWriter, r *http.Request) error {
	ctx, cancel := context.WithTimeout(r.Context(), applyTime)
	defer cancel()
	tested, err := t.Test(ctx, name)
	if err != nil {
		return err
	}
	tested.Classes, tested.Wrong = orNone(tested.Classes), orNone(tested.Wrong)
	rows := make([][]int, len(tested.Confusion))
	for i, row := range tested.Confusion {
		rows[i] = orNone(row)
	}
	tested.Confusion = rows
	return answer(w, http.StatusOK, tested)
}
