package web

import (
	"net/http"
	"slices"
	"strconv"
)

// eventsAtOnce is how many are listed if nobody says.
const eventsAtOnce = 100

// eventList answers GET api/v1/events, newest first.
type eventList struct {
	Events []event `json:"events"`
	More   bool    `json:"more"` // there are older ones
}

// serveEvents lists events, those before one if it is named.
func (s *Server) serveEvents(w http.ResponseWriter, r *http.Request) error {
	before, err := number(r, "before", 0)
	if err != nil {
		return err
	}
	limit, err := number(r, "limit", eventsAtOnce)
	if err != nil {
		return err
	}
	query := r.URL.Query()
	list := s.memory.list(before, int(min(max(limit, 1), maxEvents)), func(h *happened) bool {
		camera, kind := query.Get("camera"), query.Get("kind")
		return (camera == "" || h.Camera == camera) && (kind == "" || string(h.Kind) == kind)
	})
	return answer(w, http.StatusOK, list)
}

// list are up to limit events, newest first, of those that want is true for; those before one if it is not 0.
func (m *memory) list(before uint64, limit int, want func(*happened) bool) eventList {
	m.mu.Lock()
	defer m.mu.Unlock()
	list := eventList{Events: []event{}}
	for _, h := range slices.Backward(m.events) {
		if before != 0 && h.Number.Sequence >= before || !want(h) {
			continue
		}
		if len(list.Events) == limit {
			list.More = true
			break
		}
		list.Events = append(list.Events, h.event())
	}
	return list
}

// serveEventPicture answers with the picture of an event.
func (s *Server) serveEventPicture(w http.ResponseWriter, r *http.Request) error {
	id, err := strconv.ParseUint(r.PathValue("id"), 10, 64)
	jpeg := s.memory.pictureOf(id)
	if err != nil || jpeg == nil {
		return refuse(http.StatusNotFound, "there is no picture of that event, or none any more")
	}
	w.Header().Set("Content-Type", "image/jpeg")
	w.Header().Set("Content-Length", strconv.Itoa(len(jpeg)))
	_, _ = w.Write(jpeg) // who has gone does not get it
	return nil
}

// pictureOf is the picture of the event with a number; nil: there is none.
func (m *memory) pictureOf(number uint64) []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, h := range m.events {
		if h.Number.Sequence == number {
			return h.jpeg
		}
	}
	return nil
}
