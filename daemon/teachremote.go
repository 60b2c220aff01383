package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/inceptiond/inceptiond/daemon/teach"
	"github.com/inceptiond/inceptiond/daemon/wiring"
	"github.com/inceptiond/inceptiond/infer/learn/store"
	"github.com/inceptiond/inceptiond/internal/backoff"
)

// pageClient asks the page of a running daemon, as somebody with its link does.
type pageClient struct {
	page    string // http://127.0.0.1:8224/
	http    *http.Client
	cookies map[string]string // of the session, by name
}

// errNoDaemon is about a page that nobody can be asked of.
var errNoDaemon = errors.New("no daemon with a page runs here")

// errEnded is about a daemon that has answered, and does not any more.
var errEnded = errors.New("the daemon has ended meanwhile, or does not answer any more, and its log says why (of the service: journalctl -u inceptiond)")

// signIn signs in to the page of the daemon with this config file.
func (t *teaching) signIn(ctx context.Context) (*pageClient, error) {
	if t.installed() {
		return signInTo(ctx, "")
	}
	return signInTo(ctx, t.file)
}

// signInTo signs in to the page of the daemon with a config file, if there is one, else of any daemon. The error wraps errNoDaemon if there
// is none.
func signInTo(ctx context.Context, file string) (*pageClient, error) {
	links, err := findLinks(ctx, installedLink, file)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errNoDaemon, err)
	}
	for link := range strings.Lines(links) {
		page, code, _ := strings.Cut(strings.TrimSpace(link), "#")
		c := &pageClient{page: page, http: anyCertificate(), cookies: map[string]string{}}
		var signed struct{ Password string }
		if err = c.do(ctx, http.MethodPost, "session", map[string]string{"code": code}, &signed); err != nil {
			continue // this address does not lead there
		}
		if signed.Password == "wanted" {
			c.signOut(ctx)
			return nil, errors.New("the page wants a password first: open it with a browser, see `inceptiond web link`")
		}
		return c, nil
	}
	return nil, fmt.Errorf("%w: %w", errNoDaemon, err)
}

// signOut ends the session.
func (c *pageClient) signOut(ctx context.Context) {
	_ = c.do(context.WithoutCancel(ctx), http.MethodDelete, "session", nil, nil) // it ends some time
}

// maxAnswer is the most bytes of an answer.
const maxAnswer = 16 << 20

// do asks something, and reads the answer into out unless that is nil. The error of a request that is refused is what the page says.
func (c *pageClient) do(ctx context.Context, method, path string, in, out any) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	var body io.Reader
	if in != nil {
		data, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(data)
	}
	r, err := http.NewRequestWithContext(ctx, method, c.page+path, body)
	if err != nil {
		return err
	}
	if in != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	answer, err := c.send(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if err != nil {
		return c.lost(ctx, err)
	}
	if answer.StatusCode >= 300 {
		var said struct{ Error string }
		_ = json.Unmarshal(data, &said) // of another program
		return fmt.Errorf("the daemon says: %s", cmp.Or(said.Error, answer.Status))
	}
	if out == nil || len(data) == 0 {
		return nil
	}
	return json.Unmarshal(data, out)
}

// send sends a request with the session's cookies.
func (c *pageClient) send(r *http.Request) (*http.Response, error) {
	for name, value := range c.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	answer, err := c.http.Do(r)
	if err != nil {
		return nil, c.lost(r.Context(), err)
	}
	for _, given := range answer.Cookies() {
		c.cookies[given.Name] = given.Value
	}
	return answer, nil
}

// lost is the error of a request that was not answered, or not whole: the end of ctx, or errEnded if the daemon has answered before.
func (c *pageClient) lost(ctx context.Context, err error) error {
	var of *url.Error
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return ctx.Err()
	case len(c.cookies) == 0: // nobody is signed in
		return err
	case errors.As(err, &of):
		err = of.Err // its address says nothing to people
	}
	return fmt.Errorf("%w: %w", errEnded, err)
}

// reload has a running daemon take over the version of a name that is in use.
func (t *teaching) reload(ctx context.Context, name, version string) error {
	c, err := t.signIn(ctx)
	if err != nil {
		return err
	}
	defer c.signOut(ctx)
	return c.do(ctx, http.MethodPost, "api/v1/teach/"+name+"/use", map[string]any{"version": version, "force": true}, nil)
}

// take takes pictures of a camera: by the daemon that has it open, or else by opening it.
func (t *teaching) take(ctx context.Context, n *store.Name, to teach.Place, o taking) (teach.Added, error) {
	c, err := t.signIn(ctx)
	if errors.Is(err, errNoDaemon) {
		return t.takeHere(ctx, n, to, o)
	} else if err != nil {
		return teach.Added{}, err
	}
	defer c.signOut(ctx)
	return c.take(ctx, n.Name(), to, o)
}

// takeHere opens the camera.
func (t *teaching) takeHere(ctx context.Context, n *store.Name, to teach.Place, o taking) (teach.Added, error) {
	p, err := wiring.Plan(t.config)
	camera, there := p.Cameras[o.camera]
	if !there {
		return teach.Added{}, errors.Join(usageError{fmt.Errorf("there is no camera %q in the config file", o.camera)}, err)
	}
	return t.Take(ctx, n, to, o.camera, camera, o.count, o.every)
}

// taken is what a daemon tells of pictures that it takes.
type taken struct {
	Taking *struct {
		Done    int    `json:"done"`
		Count   int    `json:"count"`
		Running bool   `json:"running"`
		Problem string `json:"problem"`
	} `json:"taking"`
}

// take has the daemon take pictures, and waits until they are there. The end of ctx ends it.
func (c *pageClient) take(ctx context.Context, name string, to teach.Place, o taking) (a teach.Added, err error) {
	lesson := "api/v1/teach/" + name
	ask := map[string]any{"camera": o.camera, "count": o.count, "every_s": o.every.Seconds(), "to": map[string]any{"shelf": to.Shelf, "class": to.Class}}
	if err := c.do(ctx, http.MethodPost, lesson+"/take", ask, nil); err != nil {
		return a, err
	}
	for {
		var is taken
		if err := c.do(ctx, http.MethodGet, lesson, nil, &is); err != nil {
			return a, err
		}
		if is.Taking == nil {
			return a, nil
		}
		a.Fresh = is.Taking.Done
		switch {
		case is.Taking.Problem != "":
			return a, errors.New(is.Taking.Problem)
		case !is.Taking.Running:
			return a, nil
		}
		if err := backoff.Sleep(ctx, 200*time.Millisecond); err != nil {
			_ = c.do(context.WithoutCancel(ctx), http.MethodDelete, lesson+"/take", nil, nil)
			return a, err
		}
	}
}
