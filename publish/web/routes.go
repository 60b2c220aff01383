package web

import (
	"net/http"
	"path"
	"slices"
	"strings"
	"time"
)

// Who may ask.
type need int

const (
	forAll    need = iota // nobody has to be signed in, or the handler sees to it
	forLook               // who is signed in, or has a token
	forChange             // whose session or token may change something
)

// What may come with a request.
const (
	maxBody    = 64 << 10
	maxConfig  = 1 << 20
	maxPicture = 8 << 20
)

// How long an answer may take.
const (
	askTime    = 5 * time.Second
	applyTime  = 2 * time.Minute
	answerTime = 15 * time.Second // of all that is not said otherwise, with what is sent and received
)

// route is something that may be asked.
type route struct {
	method string
	path   string
	need   need
	body   []string // media types of what comes with it; nil: nothing has to
	limit  int64    // bytes of it; 0: maxBody
	time   time.Duration
	serve  func(w http.ResponseWriter, r *http.Request) error
}

const (
	api    = "/api/v1/"
	asJSON = "application/json"
)

// routes is the table of all that may be asked; docs/schema/openapi.json describes what is below api.
func (s *Server) routes() []route {
	json, get, post := []string{asJSON}, http.MethodGet, http.MethodPost
	list := []route{
		{method: get, path: "/healthz", serve: serveHealth},
		{method: get, path: "/assets/{hash}/{name}", serve: s.assets.serveAsset},

		{method: get, path: api + "live", need: forLook, serve: s.serveLive},
		{method: get, path: api + "status", need: forLook, serve: s.serveStatus},
		{method: get, path: api + "events", need: forLook, serve: s.serveEvents},
		{method: get, path: api + "events/{id}/picture.jpg", need: forLook, serve: s.serveEventPicture},
		{method: get, path: api + "openapi.json", need: forLook, serve: serveOpenAPI},

		{method: get, path: api + "cameras/{camera}/picture.jpg", need: forLook, serve: s.servePicture},
		{method: get, path: api + "cameras/{camera}/input.png", need: forLook, serve: s.serveInput},
		{method: get, path: api + "cameras/{camera}/why", need: forLook, serve: s.serveWhy},
		{method: get, path: api + "cameras/{camera}/why.png", need: forLook, serve: s.serveWhyPicture},
		{method: post, path: api + "cameras/{camera}/preview", need: forChange, body: json, serve: s.servePreview},
		{method: post, path: api + "cameras/{camera}/commands", need: forChange, body: json, serve: s.serveCommand},

		{method: get, path: api + "config", need: forChange, serve: s.serveConfig},
		{method: http.MethodPut, path: api + "config", need: forChange, body: json, limit: 2 * maxConfig, time: applyTime, serve: s.applyConfig},
		{method: post, path: api + "config/check", need: forChange, body: json, limit: 2 * maxConfig, serve: s.checkConfig},
		{method: post, path: api + "config/undo", need: forChange, time: applyTime, serve: s.undoConfig},

		{method: get, path: api + "doctor", need: forLook, serve: s.doctor.serve},
		{method: post, path: api + "doctor", need: forChange, serve: s.doctor.serveStart},
		{method: get, path: api + "bundle", need: forChange, serve: s.bundler.serve},
		{method: post, path: api + "bundle", need: forChange, body: json, serve: s.serveMakeBundle},
		{method: http.MethodDelete, path: api + "bundle", need: forChange, serve: s.bundler.serveDrop},
		{method: get, path: api + "bundle/file", need: forChange, time: bundleFetch, serve: s.bundler.serveFile},
		{method: get, path: api + "models", need: forLook, serve: s.serveModels},
		{method: post, path: api + "models/{model}/test", need: forChange, body: pictureTypes, limit: maxPicture, serve: s.serveTest},
		{method: get, path: api + "devices", need: forLook, serve: s.serveDevices},
	}
	for _, name := range pages() {
		list = append(list, route{method: get, path: "/" + name, serve: s.assets.servePage})
	}
	list = append(list, s.teachRoutes()...)
	return append(list, s.guardRoutes()...)
}

// guardRoutes are those that the guard answers, who sees by itself to who may ask.
func (s *Server) guardRoutes() (list []route) {
	add := func(path string, serve http.HandlerFunc, methods ...string) {
		for _, m := range methods {
			r := route{method: m, path: path, serve: func(w http.ResponseWriter, r *http.Request) error { serve(w, r); return nil }}
			if m == http.MethodPost || m == http.MethodPut {
				r.body = []string{asJSON}
			}
			list = append(list, r)
		}
	}
	add("/session", s.guard.ServeSession, http.MethodGet, http.MethodPost, http.MethodDelete)
	add(api+"password", s.guard.ServePassword, http.MethodPut, http.MethodDelete)
	add(api+"tokens", s.guard.ServeTokens, http.MethodGet, http.MethodPost, http.MethodDelete)
	return list
}

// mux answers each path by the method.
func (s *Server) mux(list []route) http.Handler {
	paths := map[string]map[string]route{}
	for _, r := range list {
		if r.path == "/" {
			r.path = "/{$}" // and not all that is below
		}
		if paths[r.path] == nil {
			paths[r.path] = map[string]route{}
		}
		paths[r.path][r.method] = r
	}
	mux := http.NewServeMux()
	for path, methods := range paths {
		mux.Handle(path, s.byMethod(methods))
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// A ServeMux would redirect to the path in its clean form, which is another one below the prefix of a proxy.
		if _, pattern := mux.Handler(r); pattern == "" || path.Clean(r.URL.Path) != r.URL.Path || r.Method == http.MethodConnect {
			fail(w, refuse(http.StatusNotFound, "there is nothing at this address"))
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// byMethod answers requests to a path.
func (s *Server) byMethod(methods map[string]route) http.Handler {
	var allowed []string
	for m := range methods {
		allowed = append(allowed, m)
	}
	slices.Sort(allowed)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		method := r.Method
		if method == http.MethodHead {
			method = http.MethodGet
		}
		route, ok := methods[method]
		if !ok {
			w.Header().Set("Allow", strings.Join(allowed, ", "))
			fail(w, refuse(http.StatusMethodNotAllowed, "this address takes %s", strings.Join(allowed, " and ")))
			return
		}
		s.serveRoute(route, w, r)
	})
}

// serveRoute answers a request, if who sent it may ask.
func (s *Server) serveRoute(route route, w http.ResponseWriter, r *http.Request) {
	if route.need != forAll && !s.guard.Allow(w, r, route.need == forChange) {
		return
	}
	if route.body != nil && !typed(r, route.body...) {
		fail(w, refuse(http.StatusUnsupportedMediaType, "this address takes %s", strings.Join(route.body, " or ")))
		return
	}
	limit := route.limit
	if limit == 0 {
		limit = maxBody
	}
	r.Body = http.MaxBytesReader(w, r.Body, limit)
	if route.time > 0 {
		control, end := http.NewResponseController(w), time.Now().Add(route.time+answerTime)
		_, _ = control.SetReadDeadline(end), control.SetWriteDeadline(end) // without a connection, as in a test, there are none
	}
	if err := route.serve(w, r); err != nil {
		fail(w, err)
	}
}

func serveHealth(w http.ResponseWriter, _ *http.Request) error {
	w.WriteHeader(http.StatusNoContent)
	return nil
}
