package rtsp

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/capturetest"
	"github.com/inceptiond/inceptiond/internal/testing/freeport"
	"github.com/inceptiond/inceptiond/internal/testing/rtspserver"
)

// patience is how long a test waits for what must happen: ffmpeg starts slowly on a busy machine.
const patience = 30 * time.Second

// open opens a camera that must open, and closes it when the test ends.
func open(t *testing.T, o Options) *source {
	t.Helper()
	if o.Timeout == 0 {
		o.Timeout = patience
	}
	s, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s.(*source)
}

// lost reads until the camera is lost and returns the error.
func lost(t *testing.T, s capture.Source) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var f capture.Frame
	for {
		if err := s.Read(ctx, &f); err != nil {
			if !errors.Is(err, capture.ErrLost) {
				t.Fatalf("%v, want one that wraps ErrLost", err)
			}
			return err
		}
	}
}

func TestSuite(t *testing.T) {
	for name, test := range map[string]struct {
		film rtspserver.Film
		o    Options
	}{
		"H264 tcp":   {rtspserver.Film{}, Options{}},
		"H265 udp":   {rtspserver.Film{Codec: rtspserver.H265}, Options{Transport: "udp"}},
		"key frames": {rtspserver.Film{Keys: 1}, Options{KeyFrames: true}},
	} {
		t.Run(name, func(t *testing.T) {
			clip := test.film.Clip(t)
			capturetest.Source(t, func(t *testing.T) capture.Source {
				test.o.URL = rtspserver.Start(t, "127.0.0.1:0", rtspserver.Camera{Clip: clip}).URL()
				return open(t, test.o)
			})
		})
	}
}

// TestPixels compares what arrives with what ffmpeg makes of the same stream in a file: byte by byte.
func TestPixels(t *testing.T) {
	t.Parallel()
	const frames = 20
	for name, test := range map[string]struct {
		film rtspserver.Film
		want capture.Format
	}{
		"H264":       {rtspserver.Film{}, capture.Format{Width: 320, Height: 240}},
		"H265":       {rtspserver.Film{Codec: rtspserver.H265}, capture.Format{Width: 320, Height: 240}},
		"full range": {rtspserver.Film{Pixel: "yuvj420p"}, capture.Format{Width: 320, Height: 240, FullRange: true}},
		"full range H265": {rtspserver.Film{Codec: rtspserver.H265, Pixel: "yuvj420p"},
			capture.Format{Width: 320, Height: 240, FullRange: true}},
		"odd": {rtspserver.Film{Pixel: "yuv444p", Source: "testsrc=size=321x241:rate=15:duration=2"},
			capture.Format{Width: 321, Height: 241}},
		"cropped": {rtspserver.Film{Source: "testsrc2=size=330x250:rate=15:duration=2"}, capture.Format{Width: 330, Height: 250}},
		"10 bits": {rtspserver.Film{Codec: rtspserver.H265, Pixel: "yuv420p10le"}, capture.Format{Width: 320, Height: 240}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			film := test.film.Stream(t)
			want := decode(t, test.film, film)
			s := open(t, Options{URL: rtspserver.Start(t, "127.0.0.1:0",
				rtspserver.Camera{Clip: rtspserver.Parse(test.film.Codec, 15, film)}).URL()})
			var f capture.Frame
			for i := range frames {
				if err := s.Read(t.Context(), &f); err != nil {
					t.Fatal(err)
				}
				if n := len(f.Pix); !bytes.Equal(f.Pix, want[i*n:][:n]) {
					t.Fatalf("frame %d of %v differs from ffmpeg's", i, f.Format)
				}
			}
			test.want.Pixel, test.want.Stride = capture.I420, test.want.Width
			if f.Format != test.want {
				t.Errorf("format %+v, want %+v", f.Format, test.want)
			}
		})
	}
}

// TestJoin begins in the middle of a stream, as one does with a camera: no frame comes that is grey where pictures are missing
// before the first key frame, whether or not the camera has announced its parameters.
func TestJoin(t *testing.T) {
	t.Parallel()
	for name, film := range map[string]rtspserver.Film{"H264": {}, "H265": {Codec: rtspserver.H265}} {
		for _, bare := range []bool{false, true} {
			t.Run(fmt.Sprint(name, " bare: ", bare), func(t *testing.T) {
				stream := film.Stream(t)
				whole := decode(t, film, stream)
				clip := rtspserver.Parse(film.Codec, 15, stream)
				const first = 4 // of pictures 0 to 29, of which 0 and 15 are key frames
				cam := rtspserver.Camera{Play: func(p *rtspserver.Player) error {
					late := clip
					late.Units = append(append([][][]byte(nil), clip.Units[first:]...), clip.Units[:first]...)
					return p.Clip(late)
				}}
				cam.Clip = clip
				cam.Clip.Bare = bare
				s := open(t, Options{URL: rtspserver.Start(t, "127.0.0.1:0", cam).URL()})
				var f capture.Frame
				for i := range 20 {
					if err := s.Read(t.Context(), &f); err != nil {
						t.Fatal(err)
					}
					n, good := len(f.Pix), false
					for at := 0; at < len(whole); at += n {
						good = good || bytes.Equal(f.Pix, whole[at:at+n])
					}
					if !good {
						t.Errorf("frame %d is none of the film's", i)
					}
				}
			})
		}
	}
}

// decode has ffmpeg decode a stream to raw 4:2:0 frames.
func decode(t *testing.T, film rtspserver.Film, stream []byte) []byte {
	t.Helper()
	format, pixel := "h264", "yuv420p"
	if film.Codec == rtspserver.H265 {
		format = "hevc"
	}
	if strings.HasPrefix(film.Pixel, "yuvj") {
		pixel = "yuvj420p"
	}
	cmd := exec.Command("ffmpeg", "-loglevel", "error", "-f", format, "-i", "pipe:0", "-pix_fmt", pixel, "-f", "rawvideo", "-")
	cmd.Stdin, cmd.Stderr = bytes.NewReader(stream), os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestLogin logs in, over every transport and with a password that is hard to write, which nobody sees in /proc.
func TestLogin(t *testing.T) {
	t.Parallel()
	const user, password = "ad min@", `p@ss /w'ö"\rd%41`
	clip := rtspserver.Film{}.Clip(t)
	for _, login := range []rtspserver.Login{rtspserver.Basic, rtspserver.Digest} {
		for _, inURL := range []bool{false, true} {
			if inURL && login == rtspserver.Basic {
				continue
			}
			t.Run(fmt.Sprint(login, inURL), func(t *testing.T) {
				t.Parallel()
				cam := rtspserver.Camera{Clip: clip, Login: login, User: user, Password: password}
				o := Options{URL: rtspserver.Start(t, "127.0.0.1:0", cam).URL(), Username: user, Password: password}
				if inURL {
					o.URL = strings.Replace(o.URL, "//", "//"+escape(user)+":"+escape(password)+"@", 1)
					o.Username, o.Password = "", ""
				}
				noSecret(t, open(t, o).ffmpeg.Pid(), password, escape(password), user+":", escape(user)+":")
			})
		}
	}
}

// noSecret fails the test if what everybody, or this user, may read of a process holds one of the secrets.
func noSecret(t *testing.T, pid int, secrets ...string) {
	t.Helper()
	for _, name := range []string{"cmdline", "environ"} {
		data, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), name))
		if err != nil {
			t.Fatal(err)
		}
		if name == "cmdline" && !bytes.Contains(data, []byte("concat")) {
			t.Errorf("the process is another: %q", data)
		}
		for _, secret := range secrets {
			if bytes.Contains(data, []byte(secret)) {
				t.Errorf("%s shows the secret %q", name, secret)
			}
		}
	}
}

// TestSizeChanges: the camera is opened anew, rather than frames of the new size squeezed into the old one.
func TestSizeChanges(t *testing.T) {
	t.Parallel()
	large := rtspserver.Film{}.Clip(t)
	small := rtspserver.Film{Source: "testsrc2=size=160x160:rate=15:duration=2"}.Clip(t)
	clip := large
	clip.Units = append(append([][][]byte(nil), large.Units...), small.Units...)
	s := open(t, Options{URL: rtspserver.Start(t, "127.0.0.1:0", rtspserver.Camera{Clip: clip}).URL()})
	if err := lost(t, s); !strings.Contains(err.Error(), "the pictures changed from 320x240 yuv420p to 160x160 yuv420p") {
		t.Error(err)
	}
}

// TestNames: cameras are found by IPv6 and by names in .local, of which ffmpeg gets the address.
func TestNames(t *testing.T) {
	t.Parallel()
	clip := rtspserver.Film{}.Clip(t)
	for host, at := range map[string]string{"camera.local": "127.0.0.1:0", "CAMERA.local.": "[::1]:0", "[::1]": "[::1]:0", "localhost": "127.0.0.1:0"} {
		if l, err := net.Listen("tcp", at); err != nil {
			t.Logf("%s: %v", host, err) // no IPv6 here
			continue
		} else {
			l.Close()
		}
		server := rtspserver.Start(t, at, rtspserver.Camera{Clip: clip})
		_, port, _ := net.SplitHostPort(server.Addr)
		o := Options{URL: "rtsp://" + host + ":" + port + rtspserver.Path}
		if strings.Contains(strings.ToLower(host), ".local") {
			o.dial = func(ctx context.Context, network, address string) (net.Conn, error) {
				if address != net.JoinHostPort(host, port) {
					t.Errorf("asked for %s", address)
				}
				return new(net.Dialer).DialContext(ctx, network, server.Addr)
			}
		}
		s := open(t, o)
		if got := s.cam.String(); !strings.Contains(got, host) {
			t.Errorf("for people it is %s", got)
		}
		_ = s.Close()
		if r := server.Requests(); o.dial != nil && !strings.Contains(r[0], server.Addr) {
			t.Errorf("%s: ffmpeg asked for %q", host, r[0])
		}
	}
}

// TestReboot: a camera that goes away is lost, and gives frames again soon after it is back.
func TestReboot(t *testing.T) {
	t.Parallel()
	for _, transport := range []string{"tcp", "udp"} {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			cam := rtspserver.Camera{Clip: rtspserver.Film{}.Clip(t)}
			server := rtspserver.Start(t, "127.0.0.1:"+freeport.Find(t), cam)
			o := Options{URL: server.URL(), Transport: transport, Timeout: 5 * time.Second}
			s := open(t, o)
			server.Close()
			if err := lost(t, s); !strings.Contains(err.Error(), "stream") && !strings.Contains(err.Error(), "no frame") {
				t.Error(err)
			}
			_, err := Open(t.Context(), o)
			if !errors.Is(err, capture.ErrLost) || !strings.Contains(err.Error(), "refused") {
				t.Errorf("while the camera is off: %v", err)
			}
			rtspserver.Start(t, server.Addr, cam)
			begin := time.Now()
			var f capture.Frame
			if err := open(t, o).Read(t.Context(), &f); err != nil {
				t.Error(err)
			}
			t.Logf("a frame %v after the camera was back", time.Since(begin))
		})
	}
}

// TestClose: nothing is left of ffmpeg.
func TestClose(t *testing.T) {
	t.Parallel()
	s := open(t, Options{URL: rtspserver.Start(t, "127.0.0.1:0", rtspserver.Camera{Clip: rtspserver.Film{}.Clip(t)}).URL()})
	pid := s.ffmpeg.Pid()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := syscall.Kill(pid, 0); err != syscall.ESRCH {
		t.Errorf("process %d: %v, want it gone", pid, err)
	}
}

func TestOpenIsCancelled(t *testing.T) {
	t.Parallel()
	silent := rtspserver.Camera{Clip: rtspserver.Film{}.Clip(t), Play: func(p *rtspserver.Player) error { <-p.Done(); return nil }}
	url := rtspserver.Start(t, "127.0.0.1:0", silent).URL()
	ctx, cancel := context.WithCancel(t.Context())
	defer time.AfterFunc(200*time.Millisecond, cancel).Stop()
	begin := time.Now()
	if _, err := Open(ctx, Options{URL: url, Timeout: time.Minute}); !errors.Is(err, context.Canceled) || time.Since(begin) > patience {
		t.Errorf("%v after %v", err, time.Since(begin))
	}
}

func TestRefuses(t *testing.T) {
	for text, o := range map[string]Options{
		"must look like rtsp://host": {URL: "http://host/"},
		"must look like rtsp://":     {URL: "rtsp:///path"},
		"want tcp or udp":            {URL: "rtsp://host/", Transport: "sctp"},
		"cannot have transport udp":  {URL: "rtsps://host/", Transport: "udp"},
		"more than 900 bytes":        {URL: "rtsp://host/" + strings.Repeat("x", 900)},
		"user with a colon":          {URL: "rtsp://host/", Username: "a:b", Password: "c"},
		"too long for ffmpeg":        {URL: "rtsp://host/", Username: "u", Password: strings.Repeat("ö", 22)},
	} {
		if _, err := Open(t.Context(), o); err == nil || !strings.Contains(err.Error(), text) || errors.Is(err, capture.ErrLost) {
			t.Errorf("%+v: %v, want %q", o, err, text)
		}
	}
}

// TestPrograms: without ffmpeg, and with one that is too old, the error says what to do.
func TestPrograms(t *testing.T) {
	url := rtspserver.Start(t, "127.0.0.1:0", rtspserver.Camera{}).URL()
	dir := t.TempDir()
	t.Setenv("PATH", dir)
	if _, err := Open(t.Context(), Options{URL: url}); !errors.Is(err, ErrNotInstalled) {
		t.Errorf("without ffmpeg: %v", err)
	}
	for name, says := range map[string]string{
		"4.3": "[fatal] Unrecognized option 'fps_mode'.",
		"4.2": "[concat @ 0x55d0] [error] Line 3: unknown keyword 'option'",
	} {
		script := "#!/bin/sh\nread first\necho \"" + says + "\" >&2\nexit 1\n"
		if err := os.WriteFile(filepath.Join(dir, "ffmpeg"), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(t.Context(), Options{URL: url}); !errors.Is(err, ErrTooOld) {
			t.Errorf("ffmpeg %s: %v", name, err)
		}
	}
}
