package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/inceptiond/inceptiond/daemon/bundle"
	"github.com/inceptiond/inceptiond/internal/backoff"
)

// bundled is what a page says of a bundle.
type bundled struct {
	Running bool          `json:"running"`
	Doing   string        `json:"doing"`
	Error   string        `json:"error"`
	Name    string        `json:"name"`
	Bytes   int64         `json:"bytes"`
	Files   []bundle.File `json:"files"`
	LeftOut []string      `json:"left_out"`
}

const bundlePath = "api/v1/bundle"

// offerBundle has the daemon make a bundle, and shows it as [evidence.offer] does. The daemon forgets it then.
func (c *pageClient) offerBundle(ctx context.Context, std streams, o bundling, say func(string)) error {
	if err := c.do(ctx, http.MethodPost, bundlePath, map[string]any{"frames": o.frames, "cameras": o.cameras}, nil); err != nil {
		return err
	}
	defer c.forgetBundle(ctx)
	e, err := c.awaitBundle(ctx, say)
	if err != nil {
		return err
	}
	return e.offer(ctx, std, o)
}

// awaitBundle waits until the daemon has made a bundle.
func (c *pageClient) awaitBundle(ctx context.Context, say func(string)) (*evidence, error) {
	said := ""
	for {
		var is bundled
		if err := c.do(ctx, http.MethodGet, bundlePath, nil, &is); err != nil {
			return nil, err
		}
		switch {
		case is.Error != "":
			return nil, errors.New("the daemon says: " + is.Error)
		case !is.Running && is.Name == "":
			return nil, errors.New("the daemon has given the bundle up: make it again")
		case !is.Running:
			return &evidence{plainName(is.Name), is.Bytes, is.Files, is.LeftOut, func(w io.Writer) error { return c.fetch(ctx, bundlePath+"/file", is.Bytes, w) }}, nil
		case is.Doing != said:
			said = is.Doing
			say(said)
		}
		if err := backoff.Sleep(ctx, 200*time.Millisecond); err != nil {
			return nil, err
		}
	}
}

// plainName is the name of a bundle's file as another program gave it, which must not lead elsewhere.
func plainName(name string) string {
	b := bundle.New(bundle.Manifest{})
	if b.Add(name, "", nil) != nil || len(name) > bundle.MaxName {
		return b.Name() + ".tar"
	}
	return name
}

// forgetBundle has the daemon forget a bundle, or give it up.
func (c *pageClient) forgetBundle(ctx context.Context) {
	_ = c.do(context.WithoutCancel(ctx), http.MethodDelete, bundlePath, nil, nil) // it is forgotten some time
}

// fetch reads a file of so many bytes.
func (c *pageClient) fetch(ctx context.Context, path string, size int64, w io.Writer) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, c.page+path, nil)
	if err != nil {
		return err
	}
	answer, err := c.send(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("the daemon says: %s", answer.Status)
	}
	n, err := io.Copy(w, io.LimitReader(answer.Body, size+1))
	if err != nil {
		return c.lost(ctx, err)
	}
	if n != size {
		err = fmt.Errorf("%d of %d bytes came: make it again", n, size)
	}
	return err
}
