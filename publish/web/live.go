package web

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/inceptiond/inceptiond/publish"
)

const (
	liveTime   = time.Second // that an answer waits for news, at most
	liveEvents = 50
	maxViewers = 32
	viewerTime = 5 * time.Second // without a request, after which somebody looks no more
)

// viewers are those who look now. Each has a number, which is in its cursors.
type viewers struct {
	instance string // of this server: a cursor of one before says nothing to us

	mu   sync.Mutex
	last uint64
	seen map[uint64]time.Time // those who have come back, by when
}

func newViewers() *viewers {
	var b [6]byte
	rand.Read(b[:]) // never fails, says its documentation
	return &viewers{instance: hex.EncodeToString(b[:]), seen: map[uint64]time.Time{}}
}

// cursor is how far a viewer has come.
type cursor struct{ viewer, version uint64 }

func (v *viewers) format(c cursor) string {
	return fmt.Sprintf("%s.%d.%d", v.instance, c.viewer, c.version)
}

// parse is the cursor that format wrote; the zero one for anything else.
func (v *viewers) parse(text string) cursor {
	part := strings.Split(text, ".")
	if len(part) != 3 || part[0] != v.instance {
		return cursor{}
	}
	viewer, err1 := strconv.ParseUint(part[1], 10, 64)
	version, err2 := strconv.ParseUint(part[2], 10, 64)
	v.mu.Lock()
	defer v.mu.Unlock()
	if err1 != nil || err2 != nil || viewer > v.last {
		return cursor{}
	}
	return cursor{viewer, version}
}

// enter lets somebody look: who comes back goes on under its number, others get one. It is false if there are too many.
func (v *viewers) enter(viewer uint64, now time.Time) (uint64, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.leave(now)
	if _, known := v.seen[viewer]; !known && len(v.seen) >= maxViewers {
		return 0, false
	}
	if viewer == 0 {
		v.last++
		return v.last, true
	}
	v.seen[viewer] = now
	return viewer, true
}

// leave forgets who has not come back. It is called with mu held.
func (v *viewers) leave(now time.Time) {
	for who, last := range v.seen {
		if now.Sub(last) > viewerTime {
			delete(v.seen, who)
		}
	}
}

// count is how many look now.
func (v *viewers) count(now time.Time) int {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.leave(now)
	return len(v.seen)
}

// serveLive answers what has changed since a cursor, as soon as something has, and after a second anyway.
func (s *Server) serveLive(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	at := s.viewers.parse(query.Get("after"))
	viewer, ok := s.viewers.enter(at.viewer, time.Now())
	if !ok {
		return refuse(http.StatusServiceUnavailable, "%d pages are open, which is as many as this machine can serve; close one", maxViewers)
	}
	pictures, look := query.Get("pictures") != "0", query.Get("look") == "1"
	cameras := s.refresh()
	if pictures {
		s.studio.ask(wanted(cameras, query["camera"]), look)
	}
	s.awaitNews(r, at, pictures)
	news := s.memory.news(at.version, time.Now(), look)
	if !pictures {
		news.bare()
	}
	news.Cursor = s.viewers.format(cursor{viewer, news.version})
	s.describe(&news)
	return answer(w, http.StatusOK, news)
}

// wanted are the cameras of a list that are among names, or all if there are no names.
func wanted(cameras []Camera, names []string) (list []Camera) {
	for _, c := range cameras {
		if len(names) == 0 || slices.Contains(names, c.Name) {
			list = append(list, c)
		}
	}
	return list
}

// awaitNews waits until there is something that who has a cursor does not know, or a second.
func (s *Server) awaitNews(r *http.Request, at cursor, pictures bool) {
	limit := time.NewTimer(liveTime)
	defer limit.Stop()
	for at != (cursor{}) {
		news := s.memory.wait(at.version, pictures)
		if news == nil {
			return
		}
		select {
		case <-news:
		case <-limit.C:
			return
		case <-r.Context().Done():
			return
		}
	}
}

// news is what has changed since a version; with look also pictures that were not answered.
func (m *memory) news(since uint64, now time.Time, look bool) live {
	m.mu.Lock()
	defer m.mu.Unlock()
	if since < m.floor || since > m.version {
		since = 0
	}
	n := live{All: since == 0, Cameras: []liveCamera{}, Events: []event{}, version: m.version}
	for _, e := range m.roster {
		if c, changed := m.changes(e, since, now, look); changed {
			n.Cameras = append(n.Cameras, c)
		}
	}
	for name, version := range m.gone {
		if version > since && !n.All {
			n.Gone = append(n.Gone, name)
		}
	}
	slices.Sort(n.Gone)
	for _, h := range slices.Backward(m.events) {
		if len(n.Events) >= liveEvents {
			break
		}
		if h.version > since {
			n.Events = append(n.Events, h.event())
		}
	}
	return n
}

// bare leaves out what is for nothing without the pictures.
func (n *live) bare() {
	for i := range n.Cameras {
		n.Cameras[i].Mask = nil
	}
}

// orNull is a text in JSON, where none is null.
func orNull(text []byte) json.RawMessage {
	if text == nil {
		return json.RawMessage("null")
	}
	return text
}

// changes are those of a camera since a version.
func (m *memory) changes(e rosterEntry, since uint64, now time.Time, look bool) (c liveCamera, changed bool) {
	is := m.cameras[e.Name]
	c = liveCamera{Camera: e.Camera, Rate: rounded(is.rate.rate(now)), Mean: publish.Milliseconds(is.result.Stages.Inference)}
	changed = since == 0 || e.version > since
	for kind, text := range map[string]*json.RawMessage{
		"camera-status": &c.Status, "decision": &c.Decision, "gate": &c.Gate, "settings": &c.Settings, "engine-status": &c.Engine,
	} {
		if r := is.messages[kind]; r != nil && r.version > since {
			*text, changed = r.textOf(), true
		}
	}
	newest, at := is.newest(look)
	switch {
	case newest != nil && at > since:
		changed = true
		c.Picture = m.shownOf(e.Camera, newest, look)
		c.Result, c.Mask = orNull(newest.result), orNull(newest.mask)
	case newest == nil && is.resultAt > since:
		c.Result, changed = is.result.AppendJSON(nil), true
	}
	return c, changed
}

// shownOf says where the picture of a camera's pair is: that of a view mostly is its camera's.
func (m *memory) shownOf(c Camera, p *pair, look bool) *shown {
	s := &shown{Camera: c.Name, Sequence: p.sequence, Width: p.width, Height: p.height, Time: stamp(p.time)}
	if of, _ := m.cameras[c.Of].newest(look); of.same(p) {
		s.Camera = c.Of
	}
	return s
}

// event is h as answers have it.
func (h *happened) event() event {
	return event{ID: h.id(), Event: h.textOf(), Picture: h.jpeg != nil, kept: h.kept}
}

func (h *happened) id() string { return strconv.FormatUint(h.Number.Sequence, 10) }

// textOf is the event in JSON. It is called with the memory locked.
func (h *happened) textOf() []byte {
	if h.text == nil {
		h.text = h.AppendJSON(nil)
	}
	return h.text
}

// stamp is a time as messages have it.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// rounded is x with two decimals.
func rounded(x float64) float64 { return float64(int64(x*100+0.5)) / 100 }
