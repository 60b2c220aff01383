// Package rtsp reads network cameras over RTSP, which most of them speak and many speak alone: H.264, H.265 or MJPEG in RTP,
// over TCP or UDP.
//
// A child process, ffmpeg, talks to the camera and decodes. Its RTSP client knows the peculiarities of more cameras than
// any other, and it decodes next door to where it receives; docs/cameras.md has what was measured. It is told
// what to open on its standard input, since everybody on a machine may read the arguments of a process, and writes raw
// pictures to a pipe. Nothing of its command line comes from a config file. It ends with its source, or with this process,
// whatever happens to that.
package rtsp

import (
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/internal/child"
	"github.com/inceptiond/inceptiond/capture/internal/pump"
	"github.com/inceptiond/inceptiond/capture/internal/trust"
)

// Options says where the camera is and how to ask it.
type Options struct {
	URL      string // rtsp or rtsps; errors show neither a user and password in it nor the query
	Username string // empty: none
	Password string // belongs to Username

	CAFile      string // of rtsps: PEM, instead of the system's authorities; also the camera's own certificate
	Fingerprint string // of rtsps: SHA-256 of the camera's certificate, which is then trusted, and no other: see package trust

	Transport string        // of the pictures: "tcp" or "udp"; empty: tcp. rtsps has tcp only
	KeyFrames bool          // decode only the frames that need no other one: one in a second or in ten, as the camera is set
	Timeout   time.Duration // to connect, and without a frame until the camera is lost; 0: 10 s

	// Of tests.
	roots *x509.CertPool                                                       // nil: the system's authorities
	dial  func(ctx context.Context, network, address string) (net.Conn, error) // nil: package localname's
}

func (o Options) trust() (*trust.Trust, error) {
	return trust.New(trust.Options{CAFile: o.CAFile, Fingerprint: o.Fingerprint, Roots: o.roots})
}

// Check tells whether the options' files can be used.
func (o Options) Check() error {
	_, err := o.trust()
	return err
}

func (o Options) withDefaults() Options {
	o.Transport = cmp.Or(o.Transport, "tcp")
	o.Timeout = cmp.Or(o.Timeout, 10*time.Second)
	return o
}

// The errors that Open returns where ffmpeg cannot be used; no other try will do before that is mended.
var (
	ErrNotInstalled = errors.New("rtsp: ffmpeg is not installed: sudo apt install ffmpeg")
	ErrTooOld       = errors.New("rtsp: this ffmpeg is too old: it must be 5.1 or newer, as Debian 12 has it")
)

// source is a running ffmpeg and the pump that reads its pictures.
type source struct {
	*pump.Pump
	o      Options
	cam    address
	trust  *trust.Trust
	tunnel *tunnel // to a camera with TLS; nil without
	ffmpeg *child.Child
	said   *said
	frames *frames
	silent *time.Timer // kills ffmpeg when no frame comes
	once   sync.Once
}

// Open connects to the camera, starts ffmpeg and waits for the first frame. The error is ErrNotInstalled or ErrTooOld, or
// wraps capture.ErrLost if another try later may do, capture.ErrLogin too if that should be much later, and
// capture.ErrCertificate.
func Open(ctx context.Context, o Options) (capture.Source, error) {
	o = o.withDefaults()
	cam, err := o.address()
	if err != nil {
		return nil, err
	}
	program, err := findFFmpeg()
	if err != nil {
		return nil, err
	}
	s := &source{o: o, cam: cam}
	if s.trust, err = o.trust(); err != nil {
		return nil, fmt.Errorf("rtsp: %w", err)
	}
	if err := s.reach(ctx); err != nil {
		return nil, err
	}
	if err := s.start(program); err != nil {
		s.tunnel.close()
		return nil, err
	}
	if err := s.Wait(ctx); err != nil {
		_ = s.Close() // never fails
		return nil, err
	}
	return s, nil
}

// start starts ffmpeg, tells it what to open, and has the pump read its pictures.
func (s *source) start(program string) (err error) {
	s.said = newSaid(s.o, s.cam, func() { s.ffmpeg.Kill() })
	if s.ffmpeg, err = startFFmpeg(program, s.o, s.said); err != nil {
		return fmt.Errorf("rtsp: start %s: %v: %w", program, err, capture.ErrLost)
	}
	s.said.begin()
	s.frames = newFrames(s.ffmpeg.Out)
	_ = s.ffmpeg.Tell(s.cam.script(s.o)) // an error means that it has ended, and it says why itself
	s.silent = time.AfterFunc(s.o.Timeout, s.said.silence)
	s.Pump = pump.Start("rtsp: "+s.cam.String(), s.o.Timeout+grace, s.fill)
	return nil
}

// grace is how much later than the source the pump gives up: the source can say why.
const grace = 2 * time.Second

// fill reads the next picture, for the pump.
func (s *source) fill(f *capture.Frame) error {
	s.silent.Reset(s.o.Timeout)
	err := s.frames.next(f)
	s.silent.Stop()
	if err == nil && s.said.wrong() == "" {
		s.said.frame()
		return nil
	}
	state := s.ffmpeg.Ended()
	return s.said.reason(err, state)
}

// Close ends ffmpeg.
func (s *source) Close() error {
	s.once.Do(func() {
		s.Stop()
		s.ffmpeg.Kill()
		s.Join()
		s.silent.Stop()
		s.tunnel.close()
	})
	return nil
}
