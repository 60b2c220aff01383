package rtsp

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/internal/testing/freeport"
	"github.com/inceptiond/inceptiond/internal/testing/rtspserver"
)

// sdpOf describes one stream of the kind and codec given.
func sdpOf(media, codec string) string {
	return "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=c\r\nt=0 0\r\nm=" + media + " 0 RTP/AVP 96\r\na=rtpmap:96 " + codec +
		"/90000\r\na=control:track0\r\n"
}

// TestFails: whatever is wrong with a camera, the error says what to do, in time, and shows no secret.
func TestFails(t *testing.T) {
	t.Parallel()
	clip := rtspserver.Film{}.Clip(t)
	refuse := func(method, status string) rtspserver.Camera {
		return rtspserver.Camera{Refuse: map[string]string{method: status}}
	}
	silent := func(p *rtspserver.Player) error { <-p.Done(); return nil }
	noKeys := clip.WithoutKeys()
	hevc := rtspserver.Film{Codec: rtspserver.H265}.Clip(t)
	for name, test := range map[string]struct {
		cam   rtspserver.Camera
		o     Options
		want  string
		waits bool // nothing but the time tells
	}{
		"no login":       {rtspserver.Camera{Login: rtspserver.Digest}, Options{}, "wants a user and password (401): set username and password_file", false},
		"wrong password": {rtspserver.Camera{Login: rtspserver.Digest}, Options{Username: "admin", Password: "secret"}, "refuses the user or the password (401)", false},
		"wrong, basic":   {rtspserver.Camera{Login: rtspserver.Basic}, Options{Username: "admin", Password: "secret"}, "refuses the user or the password (401)", false},
		"forbidden":      {refuse("DESCRIBE", "403 Forbidden"), Options{}, "check what the user may see", false},
		"wrong path":     {rtspserver.Camera{}, Options{URL: "/none"}, "no such stream (404): check the path", false},
		"busy":           {refuse("DESCRIBE", "503 Service Unavailable"), Options{}, "busy (503)", false},
		"bandwidth":      {refuse("PLAY", "453 Not Enough Bandwidth"), Options{}, "(453): end other viewers", false},
		"transport":      {refuse("SETUP", "461 Unsupported Transport"), Options{}, "(461): set the other one, tcp or udp", false},
		"unknown error":  {refuse("DESCRIBE", "599 Tired"), Options{}, "599 Tired", false},
		"moved": {rtspserver.Camera{Refuse: map[string]string{"DESCRIBE": "302 Moved"},
			Headers: map[string]string{"DESCRIBE": "Location: rtsp://127.0.0.1:1/other\r\n"}},
			Options{Username: "admin", Password: "secret"}, "sends us to rtsp://127.0.0.1:1/other", false},
		"sound only":    {rtspserver.Camera{SDP: sdpOf("audio", "PCMU")}, Options{}, "sends no pictures at this address", false},
		"no SDP":        {rtspserver.Camera{SDP: "hello\r\n"}, Options{}, "sends no pictures at this address", false},
		"empty SDP":     {rtspserver.Camera{SDP: "\r\n"}, Options{}, "sends no pictures at this address", false},
		"unknown codec": {rtspserver.Camera{SDP: sdpOf("video", "AV9")}, Options{}, "the camera sends AV9: set it to H.264 or H.265", true},
		"silent":        {rtspserver.Camera{Play: silent}, Options{}, "nothing", true},
		"silent udp":    {rtspserver.Camera{Play: silent}, Options{Transport: "udp"}, "set transport: tcp", true},
		"no key frames": {rtspserver.Camera{Clip: noKeys, SDP: sdpOf("video", "H264")}, Options{}, "does the camera send key frames?", true},
		"no key frames, H265": {rtspserver.Camera{Clip: hevc, Play: func(p *rtspserver.Player) error { return p.Clip(hevc.WithoutKeys()) }},
			Options{}, "does the camera send key frames?", true},
		"rare key frames": {rtspserver.Camera{Play: func(p *rtspserver.Player) error { return p.Clip(noKeys) }},
			Options{KeyFrames: true}, "let it send them more often", true},
		"HTTP server": {rtspserver.Camera{Hijack: func(c net.Conn) {
			_, _ = c.Write([]byte("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"))
			_, _ = c.Read(make([]byte, 1<<10))
		}}, Options{}, "does not speak RTSP", false},
		"mute server": {rtspserver.Camera{Hijack: func(c net.Conn) {
			for {
				if _, err := c.Read(make([]byte, 1<<10)); err != nil {
					return
				}
			}
		}}, Options{}, "is this its port for RTSP?", true},
		"no TLS": {rtspserver.Camera{}, Options{URL: "rtsps"}, "does not speak TLS there: write rtsp://", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if test.cam.Clip.Units == nil {
				test.cam.Clip = clip
			}
			server := rtspserver.Start(t, "127.0.0.1:0", test.cam)
			switch test.o.URL {
			case "rtsps":
				test.o.URL = strings.Replace(server.URL(), "rtsp", "rtsps", 1)
			default:
				test.o.URL = strings.Replace(server.URL(), rtspserver.Path, "", 1) + test.o.URL
				if !strings.HasSuffix(test.o.URL, "/none") {
					test.o.URL = server.URL() + "?key=hidden"
				}
			}
			test.o.Timeout = patience
			if test.waits {
				test.o.Timeout = 5 * time.Second
			}
			begin := time.Now()
			_, err := Open(t.Context(), test.o)
			if !errors.Is(err, capture.ErrLost) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%v, want %q", err, test.want)
			}
			if refused := test.o.Username != "" && strings.Contains(test.want, "401"); errors.Is(err, capture.ErrLogin) != refused {
				t.Errorf("a refused login: %t, want %t", !refused, refused) // which must not be asked again at once
			}
			for _, secret := range []string{"secret", "admin", "hidden", "0x"} {
				if err != nil && strings.Contains(err.Error(), secret) {
					t.Errorf("the error shows %q: %v", secret, err)
				}
			}
			if d := time.Since(begin); d > 2*patience {
				t.Errorf("after %v", d)
			}
			if name == "moved" {
				for _, r := range server.Requests() {
					if strings.HasPrefix(r, "PLAY") {
						t.Error("it was played all the same")
					}
				}
			}
		})
	}
}

// TestUnreachable: what can be known without RTSP.
func TestUnreachable(t *testing.T) {
	rtspserver.NeedFFmpeg(t)
	for url, wants := range map[string][]string{
		"rtsp://127.0.0.1:" + freeport.Find(t) + "/": {"is RTSP switched on"},
		"rtsp://no-such-camera.invalid/":             {"check the name, or write", "lookup"},                    // no resolver: another error
		"rtsp://192.0.2.1/":                          {"is the camera on, and in the same network?", "refused"}, // RFC 5737: nobody has it
	} {
		_, err := Open(t.Context(), Options{URL: url, Timeout: time.Second})
		found := false
		for _, want := range wants {
			found = found || err != nil && strings.Contains(err.Error(), want)
		}
		if !errors.Is(err, capture.ErrLost) || !found {
			t.Errorf("%s: %v, want %q", url, err, wants)
		}
	}
}

// TestSlowToReach: a camera that takes no connection, or one and then says nothing of TLS, costs no more than the timeout.
func TestSlowToReach(t *testing.T) {
	t.Parallel()
	mute := rtspserver.Start(t, "127.0.0.1:0", rtspserver.Camera{Hijack: func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }})
	never := func(ctx context.Context, _, _ string) (net.Conn, error) { <-ctx.Done(); return nil, ctx.Err() }
	for wants, o := range map[string]Options{
		"no answer for 300ms: is the camera on": {URL: mute.URL(), dial: never},
		"finish the TLS handshake: is it rtsps": {URL: strings.Replace(mute.URL(), "rtsp", "rtsps", 1)},
	} {
		o.Timeout = 300 * time.Millisecond
		if _, err := Open(t.Context(), o); !errors.Is(err, capture.ErrLost) || !strings.Contains(err.Error(), wants) {
			t.Errorf("%v, want %q", err, wants)
		}
		o.Timeout = time.Hour
		stopped := errors.New("stopped")
		ctx, cancel := context.WithCancelCause(t.Context())
		timer := time.AfterFunc(50*time.Millisecond, func() { cancel(stopped) })
		if _, err := Open(ctx, o); !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled before %q: %v", wants, err)
		}
		timer.Stop()
		cancel(nil)
	}
}

// TestHostile: cameras that want to harm get nothing but their own ffmpeg ended, in time and with bounded memory.
func TestHostile(t *testing.T) {
	t.Parallel()
	clip := rtspserver.Film{}.Clip(t)
	noise := func(n int) []byte {
		random, b := rand.New(rand.NewPCG(1, uint64(n))), make([]byte, n)
		for i := range b {
			b[i] = byte(random.Uint32())
		}
		return b
	}
	endless := func(head, part string) func(net.Conn) {
		return func(c net.Conn) {
			_, err := c.Write([]byte(head))
			for err == nil {
				_, err = c.Write(bytes.Repeat([]byte(part), 1000))
			}
		}
	}
	cameras := map[string]rtspserver.Camera{
		"endless headers":  {Hijack: endless("RTSP/1.0 200 OK\r\nCSeq: 1\r\n", "X-Header: 1\r\n")},
		"endless line":     {Hijack: endless("RTSP/1.0 200 OK\r\n", "xxxxxxxxxxx")},
		"noise":            {Hijack: endless("", string(noise(100)))},
		"large SDP":        {SDP: sdpOf("video", "H264") + strings.Repeat("a=x:"+strings.Repeat("y", 1000)+"\r\n", 20000)},
		"many streams":     {SDP: strings.Repeat(sdpOf("video", "H264"), 2000)},
		"noise in packets": {Play: func(p *rtspserver.Player) error { return flood(p, noise) }},
		"noise between packets": {Play: func(p *rtspserver.Player) (err error) {
			for err == nil {
				err = p.Raw(noise(1000))
			}
			return err
		}},
		"huge picture":            {SDP: sdpOf("video", "H264"), Clip: rtspserver.Clip{Rate: 15, Units: [][][]byte{hugePicture(1000, noise(50000))}}},
		"huge picture, announced": {Clip: rtspserver.Clip{Rate: 15, Units: [][][]byte{hugePicture(1000, noise(50000))}}},
	}
	t.Run("cameras", func(t *testing.T) {
		for name, cam := range cameras {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				if cam.Clip.Units == nil {
					cam.Clip = clip
				}
				o := Options{URL: rtspserver.Start(t, "127.0.0.1:0", cam).URL(), Timeout: 3 * time.Second}
				if strings.HasPrefix(name, "huge") {
					o.Timeout = 20 * time.Second // for a decoder on a busy machine to say what it thinks of it
				}
				begin := time.Now()
				s, err := Open(t.Context(), o)
				if err == nil {
					t.Cleanup(func() { _ = s.Close() })
					err = readSome(t, s)
				}
				if strings.HasPrefix(name, "huge") && !strings.Contains(err.Error(), "too large") {
					t.Errorf("%v, want one that says that it is too large", err)
				}
				if err != nil && (!errors.Is(err, capture.ErrLost) || len(err.Error()) > 2000) {
					t.Errorf("%v", err)
				}
				t.Logf("after %v: %v", time.Since(begin), err)
			})
		}
	})
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_CHILDREN, &usage); err != nil || usage.Maxrss > 600<<10 {
		t.Errorf("a child took %d kB (%v), want at most 600 MiB", usage.Maxrss, err)
	}
}

// readSome reads a few frames, as a camera that is only odd gives them.
func readSome(t *testing.T, s capture.Source) error {
	t.Helper()
	var f capture.Frame
	for range 10 {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		err := s.Read(ctx, &f)
		cancel()
		if err != nil {
			return err
		}
	}
	return nil
}

// flood sends packets of noise that look like parts of pictures.
func flood(p *rtspserver.Player, noise func(int) []byte) error {
	for n := uint32(0); ; n++ {
		if err := p.Packet(n%7 == 0, n*100, noise(1+int(n)%1300)); err != nil {
			return err
		}
		if n%100 == 0 {
			if err := p.Wait(time.Millisecond); err != nil {
				return err
			}
		}
	}
}

// hugePicture is a key frame of so many macroblocks (16x16 pixels) a side, which holds noise (H.264, sections 7.3.2.1, 7.3.2.2,
// 7.3.3). What is missing the decoder makes up.
func hugePicture(macroblocks uint32, noise []byte) [][]byte {
	sps := []byte{7<<0 | 0x60}
	sps = append(sps, 66, 0, 62) // baseline, level 6.2
	w := writer{}
	w.ue(0, 0, 2, 1)
	w.u(1, 0)
	w.ue(macroblocks-1, macroblocks-1)
	w.u(1, 1, 1, 0, 0)
	sps = append(sps, w.end()...)

	w = writer{}
	w.ue(0, 0)
	w.u(1, 0, 0)
	w.ue(0, 0, 0)
	w.u(1, 0, 0, 0)
	w.ue(0, 0, 0)
	w.u(1, 0, 0, 0)
	pps := append([]byte{8 | 0x60}, w.end()...)

	w = writer{}
	w.ue(0, 7, 0)
	w.u(4, 0)
	w.ue(0)
	w.u(1, 0, 0)
	w.ue(0)
	slice := append(append([]byte{5 | 0x60}, w.end()...), bytes.ReplaceAll(noise, []byte{0, 0}, []byte{1, 1})...)
	return [][]byte{sps, pps, slice}
}

// writer writes numbers as bits.
type writer struct {
	out  []byte
	free int // bits in the last byte
}

// u writes each value in n bits.
func (w *writer) u(n int, values ...uint32) {
	for _, v := range values {
		for i := n - 1; i >= 0; i-- {
			if w.free == 0 {
				w.out, w.free = append(w.out, 0), 8
			}
			w.free--
			w.out[len(w.out)-1] |= byte(v>>i&1) << w.free
		}
	}
}

// ue writes each value as an Exp-Golomb code (H.264, section 9.1).
func (w *writer) ue(values ...uint32) {
	for _, v := range values {
		n := 0
		for (v+1)>>(n+1) != 0 {
			n++
		}
		w.u(n, 0)
		w.u(n+1, v+1)
	}
}

// end writes the stop bit.
func (w *writer) end() []byte { w.u(1, 1); return w.out }
