package rtsp

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/internal/testing/rtspserver"
)

// TestGStreamer reads from a server that is not ours.
func TestGStreamer(t *testing.T) {
	t.Parallel()
	long := "testsrc2=size=320x240:rate=15:duration=30" // it plays once
	for name, test := range map[string]struct {
		film  rtspserver.Film
		login rtspserver.Login
		o     Options
	}{
		"H264 digest tcp":       {rtspserver.Film{Source: long}, rtspserver.Digest, Options{}},
		"H264 basic udp":        {rtspserver.Film{Source: long}, rtspserver.Basic, Options{Transport: "udp"}},
		"H265 digest udp":       {rtspserver.Film{Source: long, Codec: rtspserver.H265}, rtspserver.Digest, Options{Transport: "udp"}},
		"H265 basic tcp, keyed": {rtspserver.Film{Source: long, Codec: rtspserver.H265}, rtspserver.Basic, Options{KeyFrames: true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := test.o
			o.URL = rtspserver.GStreamer(t, test.film, test.login, "viewer", "p@ss word")
			o.Username, o.Password, o.Timeout = "viewer", "p@ss word", patience
			s := open(t, o)
			var f capture.Frame
			begin := time.Now()
			for range 4 {
				if err := s.Read(t.Context(), &f); err != nil {
					t.Fatal(err)
				}
			}
			if f.Format.Width != 320 || f.Format.Height != 240 {
				t.Errorf("frames of %v", f.Format)
			}
			if d := time.Since(begin); o.KeyFrames && d < time.Second {
				t.Errorf("four key frames in %v, though the camera sends one a second", d)
			}
			_ = s.Close()

			o.Password = "wrong"
			if _, err := Open(t.Context(), o); !errors.Is(err, capture.ErrLost) || !strings.Contains(err.Error(), "(401)") {
				t.Errorf("with a wrong password: %v", err)
			}
			o.Password, o.URL = "p@ss word", o.URL+"-none"
			if _, err := Open(t.Context(), o); !errors.Is(err, capture.ErrLost) || !strings.Contains(err.Error(), "(404)") {
				t.Errorf("with a wrong path: %v", err)
			}
		})
	}
}

// TestAge: frames are young, from the camera's sending to Read, and do not grow older.
func TestAge(t *testing.T) {
	t.Parallel()
	const greys, tints = 30, 10 // each picture of 20 seconds has its own of both: a busy machine may leave out many
	for name, test := range map[string]struct {
		film rtspserver.Film
		o    Options
	}{
		"H264 tcp": {rtspserver.Film{}, Options{}},
		"H265 udp": {rtspserver.Film{Codec: rtspserver.H265}, Options{Transport: "udp"}},
	} {
		t.Run(name, func(t *testing.T) {
			test.film.Source = "nullsrc=size=160x120:rate=15:duration=20,geq=lum='30+6*mod(N,30)':cb='20+20*floor(N/30)':cr=128"
			clip := test.film.Clip(t)
			sent := make(chan time.Time, 1000) // of each picture in turn
			cam := rtspserver.Camera{Clip: clip, Play: func(p *rtspserver.Player) error {
				begin := time.Now()
				for n := 0; ; n++ {
					if err := p.Wait(time.Until(begin.Add(time.Duration(n) * time.Second / 15))); err != nil {
						return err
					}
					sent <- time.Now()
					if err := p.Unit(clip, n, uint32(n)*6000); err != nil {
						return err
					}
				}
			}}
			test.o.URL = rtspserver.Start(t, "127.0.0.1:0", cam).URL()
			s := open(t, test.o)
			var ages []time.Duration
			var f capture.Frame
			at := -1
			var last time.Time
			for len(ages) < 60 {
				if err := s.Read(t.Context(), &f); err != nil {
					t.Fatal(err)
				}
				grey, tint := int(f.Pix[len(f.Pix)/3]), int(f.Pix[len(f.Pix)*3/4])
				got := (grey-30+3)/6%greys + (tint-20+10)/20%tints*greys
				for at%(greys*tints) != got || at < 0 {
					last = <-sent
					at++
				}
				ages = append(ages, f.Time.Sub(last))
			}
			late := ages[30:] // the first are those that were looked at to find out what the stream is
			first, second := slices.Sorted(slices.Values(late[:15])), slices.Sorted(slices.Values(late[15:]))
			t.Logf("median age %v, then %v", first[7], second[7])
			if second[7] > 2*time.Second {
				t.Errorf("frames are %v old", second[7])
			}
		})
	}
}
