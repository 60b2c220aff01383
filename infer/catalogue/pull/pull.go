// Package pull fetches files of the catalogue: over HTTPS, or from a folder of files that somebody has carried here.
//
// It fetches other files, too, of which the SHA-256 is known: see [catalogue.Hashed]. Nothing is kept that is not the file that
// was asked for, whatever a server, a proxy or a person gives: see [catalogue.File]. A download that ends too soon stays beside the file, as NAME.part, and the next one goes on there.
package pull

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/inceptiond/inceptiond/infer/catalogue"
)

// Options say where files come from, and where they go.
type Options struct {
	Folder string         // where they go; it is made if there is none
	Source string         // a URL that their names are added to; empty: catalogue.Source
	Stall  time.Duration  // without stallBytes in so long a download counts as stalled; 0: 30 s
	Pause  time.Duration  // before another try; it doubles; 0: 2 s
	Report func(Progress) // is told of every piece that comes, in the caller's goroutine; nil: nobody is
}

// Progress is how far a file is.
type Progress struct {
	Name string
	Have int64 // bytes
	Size int64 // bytes; 0: nobody knows
}

// Result is what has become of a file. Path is where it lies.
type Result struct {
	Path  string
	Size  int64 // bytes
	State State
}

// State says how a file came where it is.
type State int

// The states.
const (
	There    State = iota + 1 // it was there, and is right
	Fetched                   // it is there now
	Replaced                  // it was there and was not right; now it is
)

// Puller fetches files into one folder, which no other one can do meanwhile. It is not for concurrent use.
type Puller struct {
	folder *folder
	source *url.URL
	client *http.Client
	o      Options
}

// Open takes the folder for this process. Close lets it go.
func Open(o Options) (*Puller, error) {
	o.Stall, o.Pause = cmp.Or(o.Stall, 30*time.Second), cmp.Or(o.Pause, 2*time.Second)
	source, err := parseSource(cmp.Or(o.Source, catalogue.Source))
	if err != nil {
		return nil, err
	}
	f, err := openFolder(o.Folder)
	if err != nil {
		return nil, describeDisk(o.Folder, err)
	}
	return &Puller{folder: f, source: source, client: newClient(), o: o}, nil
}

// parseURL reads a web address; example is what one looks like.
func parseURL(s, example string) (*url.URL, error) {
	u, err := url.Parse(s)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%q is no URL (want %s)", s, example)
	case u.Scheme != "https" && u.Scheme != "http" || u.Host == "":
		return nil, fmt.Errorf("%q is no web address (want %s; what is on the disk is for --from)", u.Redacted(), example)
	case u.User != nil:
		return nil, fmt.Errorf("%s has a user name in it, which everybody on this machine could read: fetch the files with another program, and use --from", u.Redacted())
	}
	return u, nil
}

// CheckURL tells whether a file can be asked for at an address.
func CheckURL(s string) error {
	_, err := parseURL(s, "https://host/file.tflite")
	return err
}

// url is where f lies.
func (p *Puller) url(f catalogue.File) (*url.URL, error) {
	if f.URL != "" {
		return parseURL(f.URL, "https://host/file.tflite")
	}
	return p.source.JoinPath(f.Name), nil
}

// parseSource reads a URL that names of files are added to.
func parseSource(s string) (*url.URL, error) {
	u, err := parseURL(s, "https://host/folder/")
	switch {
	case err != nil:
		return nil, err
	case u.RawQuery != "" || u.Fragment != "":
		return nil, fmt.Errorf("%s ends in more than a folder (want https://host/folder/)", u.Redacted())
	}
	return u, nil
}

// Close lets the folder go.
func (p *Puller) Close() error {
	p.client.CloseIdleConnections()
	return p.folder.close()
}

// Fetch has f in the folder: it looks whether it is there and right, and downloads it if not. It blocks as long as that takes;
// ending ctx ends it, and what has come is kept for the next time.
func (p *Puller) Fetch(ctx context.Context, f catalogue.File) (Result, error) {
	return p.have(f, ".part", func(part *part) error {
		err := p.download(ctx, f, part)
		if err != nil && part.size > 0 {
			err = fmt.Errorf("%w; %s of it are here, and the same command goes on there", err, MB(part.size))
		}
		return err
	})
}

// have has f in the folder, which fill writes to a part of this ending if it is not there.
func (p *Puller) have(f catalogue.File, ending string, fill func(*part) error) (Result, error) {
	r := Result{Path: p.folder.join(f.Name), State: Fetched}
	there, err := p.folder.look(f)
	switch {
	case err == nil && there > 0:
		r.Size, r.State = there, There
		return r, p.folder.clear(f.Name) // somebody has brought the file
	case errors.Is(err, errOther):
		r.State = Replaced
	case err != nil:
		return r, describeDisk(r.Path, err)
	}
	part, err := p.folder.openPart(f.Name, ending)
	if err != nil {
		return r, describeDisk(r.Path, err)
	}
	defer part.file.Close()
	if err := fill(part); err != nil {
		return r, describeDisk(r.Path, err)
	}
	r.Size = part.size
	return r, describeDisk(r.Path, part.keep(f))
}

// Remove removes a file that was fetched by its hash, and what an unfinished download has left of it.
func (p *Puller) Remove(f catalogue.File) error {
	err := errors.Join(p.folder.root.Remove(f.Name), p.folder.clear(f.Name))
	return describeDisk(p.folder.join(f.Name), err)
}

// MB is a size for people: "3.6 MB", "37 kB".
func MB(bytes int64) string {
	switch {
	case bytes < 1000:
		return fmt.Sprintf("%d bytes", bytes)
	case bytes < 100_000:
		return fmt.Sprintf("%.0f kB", float64(bytes)/1e3)
	}
	return fmt.Sprintf("%.1f MB", float64(bytes)/1e6)
}
