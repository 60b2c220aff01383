package web

import (
	"bytes"
	"cmp"
	"context"
	"image"
	"image/png"
	"net/http"
	"strconv"
	"time"

	"github.com/inceptiond/inceptiond/daemon/status"
	"github.com/inceptiond/inceptiond/publish"
)

const (
	pictureTime = 4 * time.Second // that somebody waits for a picture
	freshTime   = 3 * time.Second // that a picture is as good as a new one, for who names none
)

// sequenceHeader says which frame a picture is.
const sequenceHeader = "Inceptiond-Sequence"

// camera is the one that a request is about.
func (s *Server) camera(r *http.Request) (Camera, error) {
	s.refresh()
	c, ok := s.memory.listed(r.PathValue("camera"))
	if !ok {
		return Camera{}, refuse(http.StatusNotFound, "there is no camera of that name")
	}
	return c, nil
}

// servePicture answers with the picture of a frame that was shown lately. Who names no frame gets the newest, and the camera is
// watched for it.
func (s *Server) servePicture(w http.ResponseWriter, r *http.Request) error {
	c, err := s.camera(r)
	if err != nil {
		return err
	}
	sequence, err := number(r, "sequence", 0)
	if err != nil {
		return err
	}
	look := sequence == 0 || r.URL.Query().Get("look") == "1"
	s.studio.ask([]Camera{c}, look)
	p := s.memory.find(c.Name, sequence, look)
	if p == nil || sequence == 0 {
		p = s.awaitPair(r.Context(), c)
	}
	if p == nil {
		return s.noPicture(c)
	}
	return serveJPEG(w, p.sequence, p.jpeg)
}

func serveJPEG(w http.ResponseWriter, sequence uint64, jpeg []byte) error {
	w.Header().Set("Content-Type", "image/jpeg")
	w.Header().Set("Content-Length", strconv.Itoa(len(jpeg)))
	w.Header().Set(sequenceHeader, strconv.FormatUint(sequence, 10))
	_, _ = w.Write(jpeg) // who has gone does not get it
	return nil
}

// awaitPair is the newest picture of a camera. It waits a while for one that is new; nil: there is none at all.
func (s *Server) awaitPair(ctx context.Context, c Camera) *pair {
	ctx, cancel := context.WithTimeout(ctx, s.pictureTime)
	defer cancel()
	for {
		version := s.memory.now()
		p := s.memory.find(c.Name, 0, true)
		if p != nil && time.Since(p.time) < freshTime || s.away(c) != nil {
			return p
		}
		news := s.memory.wait(version, true)
		if news == nil {
			continue
		}
		select {
		case <-news:
		case <-ctx.Done():
			return p
		}
	}
}

// noPicture says why there is none.
func (s *Server) noPicture(c Camera) error {
	if is := s.away(c); is != nil {
		return refuse(http.StatusNotFound, "there is no picture of %s: it is %s: %s", c.Name, is.State, cmp.Or(is.Reason, "there are no more frames"))
	}
	return refuse(http.StatusNotFound, "there is no picture of %s yet", c.Name)
}

// away is how a camera is of which no frames come now; nil: they may.
func (s *Server) away(c Camera) *status.Camera {
	for _, is := range s.overview().Cameras {
		if is.Name == c.Name || is.Name == c.Of {
			switch is.State {
			case publish.CameraLost, publish.CameraPaused, publish.CameraEnded, publish.CameraStopped:
				return &is
			}
		}
	}
	return nil
}

// serveInput answers with what the model gets to see of the picture that is shown.
func (s *Server) serveInput(w http.ResponseWriter, r *http.Request) error {
	p, err := s.previewNow(r)
	if err != nil {
		return err
	}
	sendPNG(w, p.Input, p.Sequence)
	return nil
}

// sendPNG sends a picture of the frame with a sequence.
func sendPNG(w http.ResponseWriter, picture []byte, sequence uint64) {
	w.Header().Set("Content-Type", "image/png")
	w.Header().Set("Content-Length", strconv.Itoa(len(picture)))
	w.Header().Set(sequenceHeader, strconv.FormatUint(sequence, 10))
	_, _ = w.Write(picture) // who has gone does not get it
}

// serveWhy answers with the answer to the picture that is shown, and why it is so.
func (s *Server) serveWhy(w http.ResponseWriter, r *http.Request) error {
	p, err := s.previewNow(r)
	if err != nil {
		return err
	}
	return answer(w, http.StatusOK, p)
}

// serveWhyPicture is serveWhy as a picture alone.
func (s *Server) serveWhyPicture(w http.ResponseWriter, r *http.Request) error {
	p, err := s.previewNow(r)
	if err != nil {
		return err
	}
	if p.Why == nil {
		return refuse(http.StatusNotFound, "%s", cmp.Or(p.Reason, "this model has no map that says where it looks"))
	}
	sendPNG(w, p.Why, p.Sequence)
	return nil
}

// servePreview answers the picture that is shown as it would be with another view.
func (s *Server) servePreview(w http.ResponseWriter, r *http.Request) error {
	c, err := s.camera(r)
	if err != nil {
		return err
	}
	var v View
	if err := read(r, &v); err != nil {
		return err
	}
	p, err := s.preview(r.Context(), c, v)
	if err != nil {
		return err
	}
	return answer(w, http.StatusOK, p)
}

// previewNow is the answer to the picture of a request's camera, with the view that is in force.
func (s *Server) previewNow(r *http.Request) (preview, error) {
	c, err := s.camera(r)
	if err != nil {
		return preview{}, err
	}
	return s.preview(r.Context(), c, c.View)
}

// preview is the answer to the picture of a camera that is shown, with a view in force.
func (s *Server) preview(ctx context.Context, c Camera, v View) (preview, error) {
	s.studio.ask([]Camera{c}, false)
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	p := s.studio.feed(c).copy()
	if p == nil && s.awaitPair(ctx, c) != nil {
		p = s.studio.feed(c).copy()
	}
	if p == nil {
		return preview{}, s.noPicture(c)
	}
	made, err := s.daemon.Preview(ctx, c.Name, p, v)
	if err != nil {
		return preview{}, err
	}
	return describe(made, p.Frame().Sequence)
}

// serveTest answers a picture that somebody sends.
func (s *Server) serveTest(w http.ResponseWriter, r *http.Request) error {
	ctx, cancel := context.WithTimeout(r.Context(), askTime)
	defer cancel()
	var still bytes.Buffer
	if _, err := still.ReadFrom(r.Body); err != nil {
		return err
	}
	made, err := s.daemon.TryModel(ctx, r.PathValue("model"), still.Bytes())
	if err != nil {
		return err
	}
	described, err := describe(made, 0)
	if err != nil {
		return err
	}
	return answer(w, http.StatusOK, described)
}

// describe is p as answers have it, of the frame with a sequence.
func describe(p Preview, sequence uint64) (preview, error) {
	input, err := encodePNG(p.Input, p.Width, p.Height)
	if err != nil {
		return preview{}, err
	}
	var why []byte
	if p.Why != nil {
		if why, err = encodePNG(p.Why, p.Width, p.Height); err != nil {
			return preview{}, err
		}
	}
	made := preview{
		Sequence: sequence, Input: input, Width: p.Width, Height: p.Height,
		InferenceMS: publish.Milliseconds(p.Inference), Classes: []predictionJSON{}, Why: why, Reason: p.Reason,
		Found: p.Found.AppendFound(nil), Shows: publish.FractionBox(p.Shows),
	}
	var m mask
	m.set(p.Found.Mask)
	made.Mask = new(painter).paint(&m, p.Found.Segments)
	if p.Taught {
		made.Familiar, made.Unknown = &p.Familiar, p.Unknown
		if p.Nearest.ID != "" {
			made.Nearest = &p.Nearest
		}
	}
	for _, c := range p.Classes {
		made.Classes = append(made.Classes, predictionJSON(c))
	}
	return made, nil
}

// encodePNG is R, G, B of each pixel as a picture.
func encodePNG(rgb []byte, width, height int) ([]byte, error) {
	if len(rgb) != 3*width*height || len(rgb) == 0 {
		return nil, refuse(http.StatusInternalServerError, "an input of %d by %d pixels has %d bytes", width, height, len(rgb))
	}
	m := image.NewRGBA(image.Rect(0, 0, width, height))
	for i := range width * height {
		copy(m.Pix[4*i:], rgb[3*i:3*i+3])
		m.Pix[4*i+3] = 0xff
	}
	var out bytes.Buffer
	err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&out, m)
	return out.Bytes(), err
}

// number is a number in the query of a request; otherwise if there is none.
func number(r *http.Request, name string, otherwise uint64) (uint64, error) {
	text := r.URL.Query().Get(name)
	if text == "" {
		return otherwise, nil
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0, refuse(http.StatusBadRequest, "%s is no number", name)
	}
	return n, nil
}
