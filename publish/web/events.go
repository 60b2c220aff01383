package web

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/publish"
)

// eventsAtOnce is how many are listed if nobody says.
const eventsAtOnce = 100

// eventList answers GET api/v1/events, newest first: events, and behind them the pictures on the disk of those before.
type eventList struct {
	Events []event `json:"events"`
	More   bool    `json:"more"` // there are older ones
}

// eventQuery says which events are wanted.
type eventQuery struct {
	before uint64 // older ones than the event with this number; 0: all
	kept   string // those after the picture on the disk with this ID, and no events; empty: all
	limit  int
	camera string // empty: all
	kind   string // empty: all
}

func eventQueryOf(r *http.Request) (q eventQuery, err error) {
	query := r.URL.Query()
	limit, err := number(r, "limit", eventsAtOnce)
	if err != nil {
		return q, err
	}
	q = eventQuery{limit: int(min(max(limit, 1), maxEvents)), camera: query.Get("camera"), kind: query.Get("kind")}
	if q.before, err = number(r, "before", 0); err != nil {
		q.kept = query.Get("before")
	}
	return q, nil
}

// wants tells whether an event is wanted.
func (q *eventQuery) wants(h *happened) bool {
	return (q.before == 0 || h.Number.Sequence < q.before) && (q.camera == "" || h.Camera == q.camera) && (q.kind == "" || string(h.Kind) == q.kind)
}

// serveEvents lists events, those before one if it is named.
func (s *Server) serveEvents(w http.ResponseWriter, r *http.Request) error {
	q, err := eventQueryOf(r)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(r.Context(), askTime)
	defer cancel()
	select {
	case s.reading <- struct{}{}: // one at a time: a card is slow
		defer func() { <-s.reading }()
	case <-ctx.Done():
		return refuse(http.StatusServiceUnavailable, "the disk with the pictures is too slow; try again later")
	}
	list, told := s.memory.list(q)
	for i := range list.Events {
		if e := &list.Events[i]; !e.Picture && e.kept != "" {
			_, e.Picture = s.daemon.FindKept(e.kept)
		}
	}
	if !list.More && (q.kind == "" || q.kind == string(publish.EventDecision)) {
		if err := s.addKept(ctx, &list, q, told); err != nil {
			return err
		}
	}
	return answer(w, http.StatusOK, list)
}

// list are the newest events that are wanted. It also tells of which pictures on the disk the events are remembered, or were
// listed before.
func (m *memory) list(q eventQuery) (list eventList, told map[string]bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	list, told = eventList{Events: []event{}}, map[string]bool{}
	for _, h := range slices.Backward(m.events) {
		told[h.kept] = true
		if q.kept != "" || !q.wants(h) {
			continue
		}
		if len(list.Events) == q.limit {
			list.More = true
			break
		}
		list.Events = append(list.Events, h.event())
	}
	for _, b := range m.past {
		if q.before != 0 && b.number >= q.before {
			told[b.kept] = true
		}
	}
	return list, told
}

// addKept goes on with pictures on the disk, but for those that are told.
func (s *Server) addKept(ctx context.Context, list *eventList, q eventQuery, told map[string]bool) error {
	for k, err := range s.daemon.KeptPictures(ctx, q.camera, q.kept) {
		switch {
		case errors.Is(err, ErrNone):
			return refuse(http.StatusBadRequest, "before is the id of no event")
		case ctx.Err() != nil:
			list.More = len(list.Events) > 0 // as far as could be read in time
			return nil
		case err != nil:
			s.log.Warn("pictures on the disk cannot be listed", zap.Error(err))
		case told[k.ID]:
		case len(list.Events) == q.limit:
			list.More = true
			return nil
		default:
			kept := &keptPicture{Camera: k.Camera, Time: stamp(k.Time), Label: k.Label, Synced: k.Synced}
			list.Events = append(list.Events, event{ID: k.ID, Kept: kept, Picture: true})
		}
	}
	return nil
}

// serveEventPicture answers with the picture of an event, from the disk if it is remembered no more.
func (s *Server) serveEventPicture(w http.ResponseWriter, r *http.Request) error {
	given, err := s.pictured(r.PathValue("id"))
	if err != nil {
		return err
	}
	jpeg := given.Picture
	w.Header().Set("Content-Type", "image/jpeg")
	w.Header().Set("Content-Length", strconv.Itoa(len(jpeg)))
	_, _ = w.Write(jpeg) // who has gone does not get it
	return nil
}

var errNoEventPicture = refuse(http.StatusNotFound, "there is no picture of that event, or none any more")

// pictured is the picture of the event with an ID, from the disk if it is remembered no more.
func (s *Server) pictured(event string) (Given, error) {
	given, kept := s.memory.pictureOf(event)
	if given.Picture == nil && kept != "" {
		is, _ := s.daemon.FindKept(kept)
		jpeg, err := s.daemon.ReadKept(kept)
		if err != nil && !errors.Is(err, ErrNone) {
			s.log.Warn("a picture on the disk cannot be read", zap.String("id", kept), zap.Error(err))
		}
		given = Given{jpeg, is.Camera, is.Time}
	}
	if len(given.Picture) == 0 {
		return given, errNoEventPicture
	}
	return given, nil
}

// pictureOf is the picture of the event with an ID, or where it may be on the disk; neither: there is none.
func (m *memory) pictureOf(id string) (given Given, kept string) {
	number, err := strconv.ParseUint(id, 10, 64)
	if err != nil {
		return Given{}, id
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, h := range m.events {
		if h.Number.Sequence == number {
			return Given{h.jpeg, h.Camera, h.Time}, h.kept
		}
	}
	for _, b := range m.past {
		if b.number == number {
			return Given{}, b.kept
		}
	}
	return Given{}, ""
}
