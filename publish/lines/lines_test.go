package lines

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"
	"time"

	"github.com/inceptiond/inceptiond/internal/testing/syncbuf"
	"github.com/inceptiond/inceptiond/publish"
	"github.com/inceptiond/inceptiond/publish/publishtest"
)

var update = flag.Bool("update", false, "write the golden files")

func TestWriterConforms(t *testing.T) {
	for name, o := range map[string]Options{"text": {}, "json": {JSON: true}, "waiting": {JSON: true, Wait: true}} {
		t.Run(name, func(t *testing.T) {
			takes := func(k publish.Kind) bool { return k.Lines }
			publishtest.Publisher(t, takes, func(*testing.T) (publish.Publisher, func() string) {
				var b syncbuf.Buffer
				return New(&b, o), b.String
			})
		})
	}
}

// publishAll sends one of everything.
func publishAll(t *testing.T, l *Writer) {
	t.Helper()
	l.location = time.FixedZone("", 3600)
	one := publishtest.Result("demo", "red circle")
	two := publishtest.Result("gate camera", "great tit")
	two.Predictions = append(two.Predictions, publish.Prediction{Index: 1, Label: "Kohlmeise größer", Score: 0.125})
	unnamed := publishtest.Result("demo", "")
	none := publishtest.Result("demo", "")
	none.Predictions = nil
	picture := publishtest.Result("files", "macaw")
	picture.Picture = "parrot.jpg"
	picture.Stages.Inference = 1234567 * time.Microsecond
	long := publishtest.Result("demo", strings.Repeat("long ", 20))
	hostile := publishtest.Result("demo", "\x1b[31mred\nfake line")
	status := publish.CameraStatus{Camera: "demo", State: publish.CameraLost, Reason: "no\nframe", Time: one.Time}
	online := publish.CameraStatus{Camera: "demo", State: publish.CameraOnline, Time: one.Time}
	running := publish.EngineStatus{Camera: "demo", State: publish.EngineRunning, Wanted: "cpu", Engine: "cpu", Reason: "auto: no Edge TPU", Time: one.Time}
	fallback := publish.EngineStatus{Camera: "demo", State: publish.EngineFallback, Wanted: "tflite", Engine: "cpu", Reason: "worker\nended", Time: one.Time}
	down := publish.EngineStatus{Camera: "demo", State: publish.EngineDown, Wanted: "tflite", Reason: "worker ended", Time: one.Time}
	second := fallback
	second.Then = &publish.EngineStatus{State: publish.EngineDown, Wanted: "edgetpu", Reason: "unplugged"}
	cropped := publishtest.Result("demo", "")
	cropped.Task, cropped.Predictions, cropped.Stages.Then = publish.TaskDetect, nil, 18*time.Millisecond
	cropped.Detections = []publish.Detection{
		{Label: "bird", Score: 0.82, Predictions: []publish.Prediction{{Label: "great tit", Score: 0.9}, {Label: "robin", Score: 0.1}}},
		{Label: "bird", Score: 0.7, Predictions: []publish.Prediction{}},
		{Label: "cat", Score: 0.6},
	}
	for _, m := range []publish.Message{one, two, unnamed, none, picture, long, hostile, one, status, online, running, fallback, down, second, cropped} {
		if err := l.Publish(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTextMatchesTheGoldenFile(t *testing.T) {
	var b bytes.Buffer
	l := New(&b, Options{})
	publishAll(t, l)
	l.Close()
	const file = "testdata/lines.txt"
	if *update {
		if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(b.Bytes(), want) {
		t.Errorf("got\n%s\nwant\n%s(go test ./publish/lines -update rewrites it)", b.Bytes(), want)
	}
}

func TestJSONIsOneMessagePerLine(t *testing.T) {
	var b bytes.Buffer
	publishAll(t, New(&b, Options{JSON: true, Wait: true}))
	got := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
	if len(got) != 15 {
		t.Fatalf("%d lines, want 15:\n%s", len(got), b.String())
	}
	for _, line := range got {
		if !json.Valid([]byte(line)) {
			t.Errorf("not JSON: %s", line)
		}
	}
	if want := string(publishtest.Result("demo", "red circle").AppendJSON(nil)); got[0] != want {
		t.Errorf("got %s, want %s", got[0], want)
	}
}

// siren is a message of a kind that only this file knows.
type siren struct{ lines bool }

func (s siren) Key() publish.Key {
	return publish.Key{Kind: publish.Kind{Name: "siren", Topic: "siren", Lines: s.lines}}
}

func (s siren) AppendJSON(dst []byte) []byte { return append(dst, `{"siren":true}`...) }

// A new kind is shown as JSON if it says so; as text are shown those that have one.
func TestNewKindOfMessage(t *testing.T) {
	for _, test := range []struct {
		json, lines bool
		want        string
	}{{true, true, "{\"siren\":true}\n"}, {true, false, ""}, {false, true, ""}, {false, false, ""}} {
		var b bytes.Buffer
		l := New(&b, Options{JSON: test.json, Wait: true})
		if err := l.Publish(t.Context(), siren{test.lines}); err != nil {
			t.Error(err)
		}
		l.Close()
		if b.String() != test.want {
			t.Errorf("%+v: %q", test, b.String())
		}
	}
}

func TestBrokenPipeIsReturned(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	r.Close()
	l := New(w, Options{Wait: true})
	defer l.Close()
	if err := l.Publish(t.Context(), publishtest.Result("demo", "x")); !errors.Is(err, syscall.EPIPE) {
		t.Errorf("got %v, want EPIPE", err)
	}
	l = New(w, Options{JSON: true})
	defer l.Close()
	publishtest.Eventually(t, "EPIPE of an earlier line", func() bool {
		return errors.Is(l.Publish(t.Context(), publishtest.Result("demo", "x")), syscall.EPIPE)
	})
}

// A reader that stands still holds up nobody; when it moves again it is told how many lines are missing.
func TestReaderStandsStill(t *testing.T) {
	r, w := io.Pipe()
	l := New(w, Options{})
	const lines = maxWaiting + 50
	for range lines {
		if err := l.Publish(t.Context(), publishtest.Result("demo", "x")); err != nil {
			t.Fatal(err)
		}
	}
	shown := make(chan string)
	go func() {
		text, _ := io.ReadAll(r)
		shown <- string(text)
	}()
	publishtest.Eventually(t, "room for another line", func() bool { return len(l.out.lines) == 0 })
	if err := l.Publish(t.Context(), publishtest.Result("demo", "last")); err != nil {
		t.Fatal(err)
	}
	l.Close()
	w.Close()
	text := <-shown
	missed := 0
	for _, note := range regexp.MustCompile(`(?m)^\((\d+) lines not shown\)$`).FindAllStringSubmatch(text, -1) {
		n, err := strconv.Atoi(note[1])
		if err != nil {
			t.Fatal(err)
		}
		missed += n
	}
	if missed < lines-maxWaiting-1 {
		t.Errorf("%d lines counted as missing, want %d or more", missed, lines-maxWaiting-1)
	}
	if got := strings.Count(text, " x 75%") + missed; got != lines || !strings.Contains(text, "last 75%") {
		t.Errorf("%d lines shown or counted, want %d, and the last:\n%.200s", got, lines, text)
	}
}

// A reader that never moves again does not keep Close.
func TestCloseWhileTheReaderStandsStill(t *testing.T) {
	r, w := io.Pipe()
	defer r.Close()
	l := New(w, Options{})
	if err := l.Publish(t.Context(), publishtest.Result("demo", "x")); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	l.Close()
	if took := time.Since(begin); took > 5*time.Second {
		t.Errorf("Close took %v", took)
	}
}

func TestOneWritePerLine(t *testing.T) {
	var w countingWriter
	l := New(&w, Options{})
	for range 3 {
		if err := l.Publish(t.Context(), publishtest.Result("demo", "x")); err != nil {
			t.Fatal(err)
		}
	}
	l.Close()
	if w != 3 {
		t.Errorf("%d writes for 3 lines", w)
	}
}

type countingWriter int

func (c *countingWriter) Write(p []byte) (int, error) { *c++; return len(p), nil }

// Whoever waits for a reader that stands still stops waiting when its context ends.
func TestWaitEndsWithItsContext(t *testing.T) {
	r, w := io.Pipe()
	defer r.Close()
	l := New(w, Options{JSON: true, Wait: true})
	defer l.Close()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- l.Publish(ctx, publishtest.Result("demo", "x")) }()
	cancel()
	select {
	case err := <-ended:
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	case <-time.After(time.Minute):
		t.Fatal("still waiting")
	}
}

// A slow reader gets every line that Publish waited for.
func TestWaitLosesNothing(t *testing.T) {
	r, w := io.Pipe()
	l := New(w, Options{JSON: true, Wait: true})
	got := make(chan int)
	go func() {
		text, _ := io.ReadAll(iotest.OneByteReader(r))
		got <- bytes.Count(text, []byte("\n"))
	}()
	const lines = 2 * maxWaiting
	for range lines {
		if err := l.Publish(t.Context(), publishtest.Result("demo", "x")); err != nil {
			t.Fatal(err)
		}
	}
	l.Close()
	w.Close()
	if n := <-got; n != lines {
		t.Errorf("%d lines, want %d", n, lines)
	}
}
