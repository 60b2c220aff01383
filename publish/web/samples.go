package web

import (
	"context"
	"io"
	"math"
	"net/http"
	"strconv"
	"time"
)

const (
	samplesAtOnce = 100  // are listed if nobody says
	maxSamples    = 500  // are listed, or moved, at once
	maxTake       = 1000 // pictures are taken of a camera at once
	maxEvery      = 3600 // s from one to the next
)

var pictureTypes = []string{"image/jpeg", "image/png"}

// sampleID tells whether a picture may have that ID: a SHA-256 in hexadecimal.
func sampleID(id string) bool {
	if len(id) != 64 {
		return false
	}
	for _, c := range []byte(id) {
		if (c < 'a' || c > 'f') && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}

// check refuses a place that there cannot be.
func (p Place) check() error {
	classed := p.Shelf == ShelfPictures || p.Shelf == ShelfHeld
	switch {
	case !classed && p.Shelf != ShelfInbox && p.Shelf != ShelfNormal:
		return refuse(http.StatusUnprocessableEntity, "shelf is inbox, pictures, held or normal")
	case !classed && p.Class != "":
		return refuse(http.StatusUnprocessableEntity, "pictures of the shelf %s have no class", p.Shelf)
	case classed && !isTaughtName(p.Class):
		return refuse(http.StatusUnprocessableEntity, "a class is %s", nameRule)
	case p.Class == "none" || p.Class == "unknown":
		return refuse(http.StatusUnprocessableEntity, "no class can be called %s, which is the word for no decision or something unknown; take another, such as other", p.Class)
	}
	return nil
}

// sampleQuery is which pictures a request wants.
func sampleQuery(r *http.Request) (q SampleQuery, err error) {
	query := r.URL.Query()
	q = SampleQuery{Place: Place{Shelf(query.Get("shelf")), query.Get("class")}, Order: SampleOrder(query.Get("order"))}
	if q.Shelf == "" {
		q.Shelf = ShelfInbox
	}
	switch q.Order {
	case "":
		q.Order = SamplesNewest
	case SamplesNewest, SamplesUnsure, SamplesWrong:
	default:
		return q, refuse(http.StatusBadRequest, "order is newest, unsure or wrong")
	}
	if of := q.Place; of.Class != "" || of.Shelf == ShelfInbox || of.Shelf == ShelfNormal {
		err = of.check()
	} else {
		of.Class = "all"
		err = of.check()
	}
	if err != nil {
		return q, err
	}
	offset, err := number(r, "offset", 0)
	if err != nil {
		return q, err
	}
	limit, err := number(r, "limit", samplesAtOnce)
	q.Offset, q.Limit = int(min(offset, math.MaxInt32)), int(min(max(limit, 1), maxSamples))
	return q, err
}

// serveSamples lists pictures of a name.
func serveSamples(t Teacher, name string, w http.ResponseWriter, r *http.Request) error {
	q, err := sampleQuery(r)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(r.Context(), askTime)
	defer cancel()
	list, total, err := t.ListSamples(ctx, name, q)
	if err != nil {
		return err
	}
	return answer(w, http.StatusOK, struct {
		Samples []Sample `json:"samples"`
		Total   int      `json:"total"`
	}{orNone(list), total})
}

// serveSample answers with a picture.
func serveSample(t Teacher, name string, w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	if !sampleID(id) {
		return ErrNone
	}
	picture, err := ask(r, func(ctx context.Context) ([]byte, error) { return t.ReadSample(ctx, name, id) })
	if err != nil {
		return err
	}
	switch media := http.DetectContentType(picture); media {
	case "image/jpeg", "image/png":
		w.Header().Set("Content-Type", media)
	default: // somebody has put another file there
		return refuse(http.StatusUnprocessableEntity, "this is no JPEG or PNG")
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(picture)))
	_, _ = w.Write(picture) // who has gone does not get it
	return nil
}

// servePutSamples takes a picture, that of an event, or what is in a box of a camera's, or has pictures that are there moved.
func (s *Server) servePutSamples(t Teacher, name string, w http.ResponseWriter, r *http.Request) error {
	if typed(r, pictureTypes...) {
		return serveUpload(t, name, w, r)
	}
	var asked struct {
		IDs    []string   `json:"ids"`
		Event  string     `json:"event"`
		Camera string     `json:"camera"`
		Box    [4]float64 `json:"box"`
		To     Place      `json:"to"`
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	if err := read(r, &asked); err != nil {
		return err
	}
	ways := 0
	for _, given := range []bool{len(asked.IDs) > 0, asked.Event != "", asked.Camera != ""} {
		if given {
			ways++
		}
	}
	if ways != 1 {
		return refuse(http.StatusUnprocessableEntity, "say which pictures: ids, an event, or a camera and a box")
	}
	if err := asked.To.check(); err != nil {
		return err
	}
	if asked.Camera != "" {
		return s.serveTeachObject(t, name, asked.Camera, asked.Box, asked.To, w, r)
	}
	if asked.Event != "" {
		return s.serveTeachEvent(t, name, asked.Event, asked.To, w, r)
	}
	if err := checkIDs(asked.IDs); err != nil {
		return err
	}
	return act(w, r, func(ctx context.Context) error { return t.MoveSamples(ctx, name, asked.IDs, asked.To) })
}

// checkIDs refuses IDs of pictures that there cannot be.
func checkIDs(ids []string) error {
	if len(ids) == 0 || len(ids) > maxSamples {
		return refuse(http.StatusUnprocessableEntity, "name 1 to %d pictures", maxSamples)
	}
	for _, id := range ids {
		if !sampleID(id) {
			return ErrNone
		}
	}
	return nil
}

// serveUpload takes a picture that comes with a request, all of it.
func serveUpload(t Teacher, name string, w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	to := Place{Shelf(query.Get("shelf")), query.Get("class")}
	if err := to.check(); err != nil {
		return err
	}
	picture, err := io.ReadAll(r.Body) // no more than the limit of the route
	if err != nil {
		return err
	}
	return answerAdded(w, r, func(ctx context.Context) (Added, error) { return t.AddSample(ctx, name, Given{Picture: picture}, to) })
}

// serveTeachEvent takes the picture of an event.
func (s *Server) serveTeachEvent(t Teacher, name, event string, to Place, w http.ResponseWriter, r *http.Request) error {
	given, err := s.pictured(event)
	if err != nil {
		return err
	}
	return answerAdded(w, r, func(ctx context.Context) (Added, error) { return t.AddSample(ctx, name, given, to) })
}

// answerAdded has a picture added, and answers which.
func answerAdded(w http.ResponseWriter, r *http.Request, add func(context.Context) (Added, error)) error {
	added, err := ask(r, add)
	if err != nil {
		return err
	}
	return answer(w, http.StatusOK, added)
}

// serveDeleteSamples deletes the pictures that the query names.
func serveDeleteSamples(t Teacher, name string, w http.ResponseWriter, r *http.Request) error {
	ids := r.URL.Query()["id"]
	if err := checkIDs(ids); err != nil {
		return err
	}
	return act(w, r, func(ctx context.Context) error { return t.DeleteSamples(ctx, name, ids) })
}

// serveTake takes pictures of a running camera.
func serveTake(t Teacher, name string, w http.ResponseWriter, r *http.Request) error {
	var asked struct {
		Camera string  `json:"camera"`
		Count  int     `json:"count"`   // 0: 1
		EveryS float64 `json:"every_s"` // from one to the next
		To     Place   `json:"to"`
	}
	if err := read(r, &asked); err != nil {
		return err
	}
	asked.Count = max(asked.Count, 1)
	switch {
	case asked.Count > maxTake:
		return refuse(http.StatusUnprocessableEntity, "count is %d at most", maxTake)
	case asked.EveryS < 0, asked.EveryS > maxEvery, asked.Count > 1 && asked.EveryS == 0:
		return refuse(http.StatusUnprocessableEntity, "every_s is above 0, and %d at most", maxEvery)
	}
	if err := asked.To.check(); err != nil {
		return err
	}
	take := Take{Camera: asked.Camera, Count: asked.Count, Every: time.Duration(asked.EveryS * float64(time.Second))}
	return answerAdded(w, r, func(ctx context.Context) (Added, error) { return t.Take(ctx, name, take, asked.To) })
}

func serveStopTaking(t Teacher, name string, w http.ResponseWriter, r *http.Request) error {
	return act(w, r, func(ctx context.Context) error { return t.StopTaking(ctx, name) })
}
