package pull

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/inceptiond/inceptiond/infer/catalogue"
	"github.com/inceptiond/inceptiond/internal/backoff"
)

// How often a download is tried in a row without getting on, and what getting on is, in bytes.
const (
	maxTries = 4
	advance  = 64 << 10
)

// maxWait is the longest that a server may have us wait before another try.
const maxWait = 30 * time.Second

// againError is a failure that another try may mend.
type againError struct {
	error
	after time.Duration // the server's wish; 0: it has none
}

func (e againError) Unwrap() error { return e.error }

// download fills part with f. What is in it already stays, if the server can go on behind it.
func (p *Puller) download(ctx context.Context, f catalogue.File, part *part) error {
	tries, pause := 0, p.o.Pause
	for {
		before := part.size
		err := p.get(ctx, f, part)
		if err == nil && before > 0 { // it may be made of two files
			if _, err = p.folder.check(f, part.file, part.size); errors.Is(err, errOther) {
				err = errors.Join(againError{error: err}, part.reset())
			}
		}
		var again againError
		if err == nil || !errors.As(err, &again) || ctx.Err() != nil {
			return err
		}
		if part.size-before >= advance {
			tries, pause = 0, p.o.Pause
		}
		if tries++; tries == maxTries || again.after > maxWait {
			return err
		}
		if backoff.Sleep(ctx, max(pause, again.after)) != nil {
			return errInterrupted
		}
		pause *= 2
	}
}

var errInterrupted = errors.New("interrupted")

// get asks for f, or for what part lacks of it, once.
func (p *Puller) get(ctx context.Context, f catalogue.File, part *part) error {
	if f.Size > 0 && part.size == f.Size {
		return nil
	}
	if part.size > f.Limit() {
		if err := part.reset(); err != nil {
			return err
		}
	}
	watched, w := newWatch(ctx, p.o.Stall)
	defer w.stop()
	resp, err := p.ask(watched, f, part)
	if err != nil {
		return describeNet(ctx, watched, err)
	}
	defer resp.Body.Close()
	total, err := judge(resp, f, part)
	if err != nil {
		return err
	}
	err = p.copy(resp.Body, f, part, total, w)
	if err == nil && total > 0 && part.size < total {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return describeNet(ctx, watched, err)
	}
	return nil
}

// ask sends the request.
func (p *Puller) ask(ctx context.Context, f catalogue.File, part *part) (*http.Response, error) {
	at, err := p.url(f)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at.String(), nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", "inceptiond")
	req.Header.Set("Accept-Encoding", "identity")
	if part.size > 0 {
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-", part.size))
		if tag := part.eTag(); tag != "" {
			req.Header.Set("If-Range", tag)
		}
	}
	return p.client.Do(req)
}

// judge looks at the head of an answer, and prepares part for the body. total is the size of the whole file; 0: nobody
// knows it.
func judge(resp *http.Response, f catalogue.File, part *part) (total int64, err error) {
	url := resp.Request.URL.Redacted()
	switch resp.StatusCode {
	case http.StatusOK:
		total = max(resp.ContentLength, 0)
	case http.StatusPartialContent:
		var start int64
		if start, total, err = parseContentRange(resp.Header.Get("Content-Range")); err != nil || start != part.size || changed(resp, part) {
			return 0, errors.Join(againError{error: fmt.Errorf("%s: the server went on with something else", url)}, part.reset())
		}
	case http.StatusRequestedRangeNotSatisfiable:
		if part.size > 0 {
			return 0, errors.Join(againError{error: fmt.Errorf("%s: the server has less of the file than was fetched", url)}, part.reset())
		}
		fallthrough
	default:
		return 0, describeStatus(resp)
	}
	switch enc := resp.Header.Get("Content-Encoding"); {
	case isPage(resp):
		return 0, fmt.Errorf("%s: a web page came, and no file (the login page of this network, or a proxy's notice?)", url)
	case enc != "" && enc != "identity":
		return 0, fmt.Errorf("%s: the server has packed the file (%.20q), though nobody asked for it", url, enc)
	case f.Size > 0 && total > 0 && total != f.Size, total > f.Limit():
		return 0, fmt.Errorf("%s: the server's file has %d bytes, and %d are right: it has another file there", url, total, f.Limit())
	}
	if resp.StatusCode == http.StatusOK {
		return max(total, f.Size), errors.Join(part.reset(), part.setETag(resp.Header.Get("ETag")))
	}
	return max(total, f.Size), nil
}

// changed tells whether an answer is about another file than the one that part is of.
func changed(resp *http.Response, part *part) bool {
	was, is := part.eTag(), resp.Header.Get("ETag")
	return was != "" && is != "" && was != is
}

// isPage tells whether an answer says that it is a web page.
func isPage(resp *http.Response) bool {
	kind := strings.ToLower(resp.Header.Get("Content-Type"))
	return strings.HasPrefix(kind, "text/html") || strings.HasPrefix(kind, "application/xhtml")
}

// parseContentRange reads "bytes START-END/TOTAL" or "bytes START-END/*" (RFC 9110, 14.4). total is 0 if it is unknown.
func parseContentRange(s string) (start, total int64, err error) {
	malformed := fmt.Errorf("content range %.60q", s)
	unit, rest, _ := strings.Cut(s, " ")
	span, size, ok := strings.Cut(rest, "/")
	from, to, dash := strings.Cut(span, "-")
	if !strings.EqualFold(unit, "bytes") || !ok || !dash {
		return 0, 0, malformed
	}
	start, err = number(from)
	end, err2 := number(to)
	if size != "*" {
		var err3 error
		total, err3 = number(size)
		err = errors.Join(err, err3)
	}
	if err != nil || err2 != nil || end < start || total > 0 && end >= total || size == "0" {
		return 0, 0, malformed
	}
	return start, total, nil
}

// number reads digits, and nothing else.
func number(s string) (int64, error) {
	n, err := strconv.ParseUint(s, 10, 62)
	return int64(n), err
}

// copy adds what r gives to part, and says so to w, which may be nil. total is the size of the whole file, or 0.
func (p *Puller) copy(r io.Reader, f catalogue.File, part *part, total int64, w *watch) error {
	limit := total
	if limit == 0 {
		limit = f.Limit()
	}
	buf := make([]byte, 32<<10)
	for {
		n, err := r.Read(buf)
		if int64(n) > limit-part.size {
			return errors.Join(fmt.Errorf("the server sends more than the %d bytes that are right: it has another file there", limit), part.reset())
		}
		if n > 0 {
			w.feed(n)
			if err := part.write(buf[:n]); err != nil {
				return err
			}
			if p.o.Report != nil {
				p.o.Report(Progress{f.Called(), part.size, total})
			}
		}
		if err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}
