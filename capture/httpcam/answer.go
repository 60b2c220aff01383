package httpcam

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/picture/still"
)

// answer is what a camera answers to one request: a stream, or a still picture. Which, is known once the first picture
// has been read, or later: a stream may well end after one.
type answer struct {
	body     io.ReadCloser
	cancel   context.CancelFunc // ends reads of body
	declared string             // Content-Type without its parameters
	stream   bool               // it says that it is one
	length   int64              // what it says; -1: nothing
	pictures int                // that have been read from it
	late     atomic.Bool        // it has been cancelled as nothing was recognised in it
}

// streams tells whether more pictures are to come in this answer, as far as is known.
func (a *answer) streams(r *reader) bool { return a.pictures > 1 || a.stream || r.framed }

// foreign is the error for an answer that is no picture: what it is, and what to do.
type foreign struct{ text string }

func (f foreign) Error() string { return f.text }

// errEnded is what the end of a stream means.
var errEnded = errors.New("the camera ended the stream")

// ask makes a request, whose answer is s.answer then.
func (s *source) ask() error {
	s.due = time.Now().Add(s.o.Interval) // whatever becomes of this one
	ctx, cancel := context.WithCancel(s.ctx)
	res, err := s.get(ctx)
	if err != nil {
		cancel()
		return err
	}
	a := &answer{cancel: cancel, length: res.ContentLength,
		body: struct {
			io.Reader
			io.Closer
		}{&unpacker{packed: res.Body, encoding: res.Header.Get("Content-Encoding")}, res.Body}}
	if n, err := strconv.ParseInt(res.Header.Get(lengthKept), 10, 64); err == nil {
		a.length = n
	}
	var boundary string
	a.declared, boundary = mediaType(res.Header.Get("Content-Type"))
	a.stream = strings.HasPrefix(a.declared, "multipart/")
	s.answer = a
	s.reader.reset(a.body, boundary)
	return nil
}

// mediaType is what a Content-Type says, and the boundary in it, which needs quotes and may have none.
func mediaType(kind string) (media, boundary string) {
	media, params, err := mime.ParseMediaType(kind)
	boundary = params["boundary"]
	if err != nil {
		media, _, _ = strings.Cut(kind, ";")
		if i := strings.Index(strings.ToLower(kind), "boundary="); i >= 0 {
			boundary, _, _ = strings.Cut(kind[i+len("boundary="):], ";")
		}
	}
	return strings.ToLower(strings.TrimSpace(media)), boundary
}

// get makes a request. The body of the response is the caller's to close.
func (s *source) get(ctx context.Context) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url.String(), nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "multipart/x-mixed-replace, image/*")
	req.Close = s.distrust.Load() // so that the picture ends with the connection
	res, err := s.client.Do(req)
	if err != nil {
		return nil, explain(err)
	}
	if err := s.status(res); err != nil {
		_ = res.Body.Close()
		return nil, err
	}
	return res, nil
}

// status turns an answer without pictures into an error that says what to do.
func (s *source) status(r *http.Response) error {
	hint := ""
	switch r.StatusCode {
	case http.StatusOK, http.StatusNonAuthoritativeInfo, http.StatusPartialContent:
		return nil
	case http.StatusUnauthorized, http.StatusForbidden:
		return s.refused(r)
	case http.StatusNotFound:
		hint = ": check the path"
	case http.StatusBadRequest:
		if r.Request.URL.Scheme == "http" {
			hint = ": does it want https://?"
		}
	case http.StatusProxyAuthRequired:
		hint = ": the proxy of HTTP_PROXY wants a login; NO_PROXY names what needs none"
	}
	return fmt.Errorf("status %.100s%s", r.Status, hint)
}

// wait waits until the next still is due.
func (s *source) wait() error {
	t := time.NewTimer(time.Until(s.due))
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-s.ctx.Done():
		return s.ctx.Err()
	}
}

// next reads the next picture into s.data, and asks the camera for it if it is a still. An answer that is empty or cut
// short is asked for once more, at once.
func (s *source) next() error {
	for again := false; ; {
		if s.answer == nil {
			if err := s.wait(); err != nil {
				return err
			}
			if err := s.ask(); err != nil {
				return err
			}
		}
		a := s.answer
		if a.pictures == 1 && !a.streams(s.reader) && !s.more(a) {
			s.closeAnswer()
			continue
		}
		err := s.read(a)
		switch {
		case err == nil, errors.Is(err, capture.ErrBadFrame):
			return err
		case a.pictures > 0 && errors.Is(err, io.ErrUnexpectedEOF) && s.doubt(a):
			s.closeAnswer()
			s.due = time.Now()
			continue
		case a.pictures > 0 && errors.Is(err, io.EOF) && (a.pictures == 1 || !s.reader.framed): // a still after all
			s.closeAnswer()
			continue
		case a.pictures > 0:
			return streamEnd(err)
		}
		if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) || again {
			return s.failed(a, err)
		}
		again = true
		s.doubt(a)
		s.closeAnswer()
		s.due = time.Now()
	}
}

// doubt is called when an answer ends too early: it may be its length that is wrong. It tells whether that is news.
func (s *source) doubt(a *answer) bool {
	if a.length < 0 || s.distrust.Load() {
		return false
	}
	s.distrust.Store(true)
	s.client.CloseIdleConnections() // the rest of the picture may come there
	return true
}

// failed names what was wrong with an answer that had no picture.
func (s *source) failed(a *answer, err error) error {
	framed := s.reader.framed
	switch {
	case framed && errors.Is(err, io.ErrUnexpectedEOF), framed && errors.Is(err, io.EOF):
		return errEnded
	case errors.Is(err, io.EOF):
		err = errors.New("its answer is empty")
	case errors.Is(err, io.ErrUnexpectedEOF):
		err = fmt.Errorf("the picture was cut short after %d bytes", len(s.data))
	}
	if !a.stream {
		s.closeAnswer()
	}
	return err
}

func streamEnd(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errEnded
	}
	return err
}

// more waits whether another picture follows in an answer that may be a still, until the next one is due.
func (s *source) more(a *answer) bool {
	due := time.AfterFunc(time.Until(s.due), a.cancel)
	err := s.reader.blankLines()
	return due.Stop() && err == nil
}

// read reads a picture of an answer.
func (s *source) read(a *answer) error {
	if a.pictures == 0 {
		defer time.AfterFunc(s.o.Timeout*3/4, func() {
			if !s.reader.found.Load() {
				a.late.Store(true)
				a.cancel()
			}
		}).Stop()
	}
	var err error
	s.data, err = s.reader.next(s.data)
	switch {
	case errors.Is(err, errNoPicture), err != nil && a.late.Load():
		return s.foreign(a, s.nameless())
	case err == nil && !s.good && !isPicture(s.data):
		if err := s.check(a); err != nil {
			return err
		}
	}
	if err == nil || errors.Is(err, capture.ErrBadFrame) {
		a.pictures++
		if a.length >= 0 && !a.streams(s.reader) {
			s.finish(a)
		}
	}
	return err
}

// check names what stands in the place of a picture, before there has been one, if it is of a kind that is known.
func (s *source) check(a *answer) error {
	what, ok := kindOf(s.data)
	if ok || s.reader.framed && strings.Contains(what, "it is no JPEG") {
		return nil
	}
	return s.foreign(a, what)
}

// kindOf names what data is; ok: it is a picture.
func kindOf(data []byte) (what string, ok bool) {
	err := still.DecodeBytes(data, new(capture.Frame))
	if err == nil {
		return "", true
	}
	return strings.TrimPrefix(strings.TrimSuffix(err.Error(), ": "+capture.ErrBadFrame.Error()), "picture: "), false
}

// nameless says what an answer is in which nothing was recognised.
func (s *source) nameless() string {
	head := s.reader.sample.head
	switch {
	case len(bytes.TrimSpace(head)) == 0:
		return "nothing follows"
	case s.reader.framed && len(s.data) == 0:
		return "none of its parts is a picture"
	case s.reader.framed:
		head = s.data
	}
	what, _ := kindOf(head)
	return what
}

// foreign is the error for an answer that is no picture, but what.
func (s *source) foreign(a *answer, what string) error {
	says := "no Content-Type"
	if a.declared != "" {
		says = fmt.Sprintf("%.80q", a.declared)
	}
	if kind := s.reader.kind; kind != "" {
		says += fmt.Sprintf(", parts of %.80q", kind)
	}
	return foreign{fmt.Sprintf("it sends %s, which is neither an MJPEG stream nor a picture: %s; "+
		"look for the address of the stream or snapshot in the camera's manual", says, what)}
}

// finish reads what an answer has behind its picture, if that is not much, so that its connection can be used again.
func (s *source) finish(a *answer) {
	const most, patience = 64 << 10, 300 * time.Millisecond
	stop := time.AfterFunc(patience, a.cancel)
	_, _ = io.CopyN(io.Discard, s.reader.r, most)
	stop.Stop()
	if s.distrust.Load() && s.reader.sample.read <= a.length { // it was right: the picture was cut by something else
		s.distrust.Store(false)
	}
	s.closeAnswer()
}

func (s *source) closeAnswer() {
	if s.answer != nil {
		_ = s.answer.body.Close() // the camera has nothing more to say
		s.answer.cancel()
		s.answer = nil
	}
}

// unpacker takes away the compression that some servers do without having been asked.
type unpacker struct {
	packed   io.Reader
	encoding string
	r        io.Reader // nil: nothing has been read yet
}

func (u *unpacker) Read(p []byte) (int, error) {
	if u.r == nil {
		if err := u.begin(); err != nil {
			return 0, err
		}
	}
	return u.r.Read(p)
}

func (u *unpacker) begin() (err error) {
	b := bufio.NewReader(u.packed)
	start, _ := b.Peek(2)
	u.r = b
	switch encoding := strings.ToLower(strings.TrimSpace(u.encoding)); {
	case string(start) == "\x1F\x8B": // RFC 1952, 2.3.1
		u.r, err = gzip.NewReader(b)
	case encoding == "deflate" && len(start) == 2 && start[0]&15 == 8 && (int(start[0])<<8|int(start[1]))%31 == 0: // RFC 1950, 2.2
		u.r, err = zlib.NewReader(b)
	case encoding == "deflate" && string(start) != jpegStart:
		u.r = flate.NewReader(b)
	case encoding == "br" || encoding == "zstd" || encoding == "compress":
		return foreign{fmt.Sprintf("its answer is compressed (%s), which nobody asked for: switch that off for pictures", encoding)}
	}
	return err
}
