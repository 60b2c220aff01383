package web

import (
	"context"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/inceptiond/inceptiond/daemon/bundle"
)

// How long a bundle may take to be made, and is kept for who has asked for it; and how long it may take to fetch.
const (
	bundleTime  = 3 * time.Minute
	keepBundle  = 10 * time.Minute
	bundleFetch = 5 * time.Minute
)

// Bundler makes evidence that can be sent to others.
type Bundler interface {
	// Bundle gathers what another person needs to see what this daemon sees, without secrets. It calls tell with what it is about. The
	// error is ErrNone if there is no such camera, or about the wish.
	Bundle(ctx context.Context, wish BundleWish, tell func(doing string)) (*bundle.Bundle, error)
}

// BundleWish is what somebody wants in a bundle.
type BundleWish struct {
	Frames  int      // of each camera; 0: none, as they show what the camera sees
	Cameras []string // whose frames; empty: all

	Files func() []BundleFile // are to be in it, too, as they are then; nil: none
}

// BundleFile is a file for a bundle, of JSON, which may have secrets in it.
type BundleFile struct {
	Name, About string
	Data        []byte
}

// bundler has bundles made, one at a time, and keeps the last until it is fetched, for a while.
type bundler struct {
	make  func(ctx context.Context, wish BundleWish, tell func(string)) (*bundle.Bundle, error)
	ctx   context.Context // of the server: its end ends a bundle
	works sync.WaitGroup

	mu     sync.Mutex
	is     bundleAnswer
	made   *bundle.Bundle     // nil: there is none
	cancel context.CancelFunc // of the one under way, or of keeping one
}

// bundleAnswer answers GET api/v1/bundle.
type bundleAnswer struct {
	Running bool          `json:"running"`
	Doing   string        `json:"doing,omitempty"` // what it is about, while it is being made
	Error   string        `json:"error,omitempty"` // why there is none
	Name    string        `json:"name,omitempty"`  // of the file; empty: there is none
	Bytes   int64         `json:"bytes,omitempty"` // of it
	Until   string        `json:"until,omitempty"` // it can be fetched
	Files   []bundle.File `json:"files"`           // what is in it
	LeftOut []string      `json:"left_out"`        // what is not, and why
}

func (b *bundler) serve(w http.ResponseWriter, _ *http.Request) error {
	b.mu.Lock()
	is := b.is
	b.mu.Unlock()
	is.Files, is.LeftOut = orNone(is.Files), orNone(is.LeftOut)
	return answer(w, http.StatusOK, is)
}

// start begins a bundle, in place of the one that is kept.
func (b *bundler) start(wish BundleWish) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.is.Running:
		return refuse(http.StatusConflict, "a bundle is being made already")
	case b.ctx.Err() != nil:
		return b.ctx.Err()
	}
	b.forget()
	ctx, cancel := context.WithTimeout(b.ctx, bundleTime)
	b.is, b.cancel = bundleAnswer{Running: true, Doing: "beginning"}, cancel
	b.works.Go(func() {
		defer cancel()
		b.run(ctx, wish)
	})
	return nil
}

func (b *bundler) run(ctx context.Context, wish BundleWish) {
	made, err := b.gather(ctx, wish)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.is = bundleAnswer{}
	if err != nil {
		b.is.Error = refused(err).sentence
		return
	}
	ctx, b.cancel = context.WithTimeout(b.ctx, keepBundle)
	b.made = made
	b.is = bundleAnswer{
		Name: made.Name() + ".tar", Bytes: made.Size(), Files: made.All(), LeftOut: made.Manifest.LeftOut, Until: stamp(time.Now().Add(keepBundle)),
	}
	b.works.Go(func() {
		<-ctx.Done()
		b.drop(made)
	})
}

// gather makes a bundle. A fault of the program in it is an error like others.
func (b *bundler) gather(ctx context.Context, wish BundleWish) (made *bundle.Bundle, err error) {
	defer func() {
		if what := recover(); what != nil {
			err = fmt.Errorf("the bundle has met a fault of its own: %v", what)
		}
	}()
	return b.make(ctx, wish, func(doing string) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.is.Doing = doing
	})
}

// drop forgets a bundle, unless it is forgotten already.
func (b *bundler) drop(made *bundle.Bundle) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.made == made {
		b.forget()
	}
}

// forget forgets the bundle that is kept. The caller holds b.mu.
func (b *bundler) forget() {
	if b.cancel != nil {
		b.cancel()
	}
	b.is, b.made, b.cancel = bundleAnswer{}, nil, nil
}

// serveDrop ends a bundle that is being made, or forgets the one that is kept.
func (b *bundler) serveDrop(w http.ResponseWriter, _ *http.Request) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.is.Running {
		b.cancel() // what comes of it is an error
	} else {
		b.forget()
	}
	return answer(w, http.StatusOK, struct{}{})
}

// serveFile answers with the bundle.
func (b *bundler) serveFile(w http.ResponseWriter, _ *http.Request) error {
	b.mu.Lock()
	made, name, size := b.made, b.is.Name, b.is.Bytes
	b.mu.Unlock()
	if made == nil {
		return refuse(http.StatusNotFound, "there is no bundle: make one")
	}
	head := w.Header()
	head.Set("Content-Type", "application/x-tar")
	head.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	head.Set("Content-Length", strconv.FormatInt(size, 10))
	_ = made.Write(w) // who has gone does not hear it
	return nil
}

// serveMakeBundle begins a bundle.
func (s *Server) serveMakeBundle(w http.ResponseWriter, r *http.Request) error {
	var asked struct {
		Frames  int      `json:"frames"`
		Cameras []string `json:"cameras"`
	}
	if err := read(r, &asked); err != nil {
		return err
	}
	wish := BundleWish{Frames: asked.Frames, Cameras: asked.Cameras, Files: s.bundleFiles}
	if err := s.bundler.start(wish); err != nil {
		return err
	}
	return answer(w, http.StatusAccepted, struct{}{})
}

// bundleFiles are what the page knows: how all is, the last events, and the newest result of each camera.
func (s *Server) bundleFiles() []BundleFile {
	files := []BundleFile{{Name: bundle.StatusName, About: "how all was when the bundle was made", Data: s.statusText()}}
	m := s.memory
	m.mu.Lock()
	defer m.mu.Unlock()
	var events []byte
	for _, h := range m.events {
		events = append(h.AppendJSON(events), '\n')
	}
	if events != nil {
		files = append(files, BundleFile{bundle.EventsName, "the last events", events})
	}
	var names []string
	for name, c := range m.cameras {
		if c.resultAt > 0 {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		result := &m.cameras[name].result.Result
		files = append(files, BundleFile{bundle.ResultsName(name), "the newest result of camera " + name, append(result.AppendJSON(nil), '\n')})
	}
	return files
}
