package service

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/inceptiond/inceptiond/publish"
	"github.com/inceptiond/inceptiond/publish/lines"
	"github.com/inceptiond/inceptiond/publish/publishtest"
)

func TestFanOutConforms(t *testing.T) {
	publishtest.Publisher(t, publishtest.All, func(*testing.T) (publish.Publisher, func() string) {
		f, rec := &fanOut{log: zap.NewNop()}, new(publishtest.Recorder)
		f.add(rec)
		return f, rec.Text
	})
}

// cameraStatus and state are retained messages of a camera.
func cameraStatus(camera string, state publish.CameraState) publish.CameraStatus {
	return publish.CameraStatus{Camera: camera, State: state}
}

func state(camera, label string) publish.State {
	return publish.State{Camera: camera, Found: true, Top: publish.Prediction{Label: label}}
}

// mustPublish publishes messages in turn.
func mustPublish(t *testing.T, p publish.Publisher, messages ...publish.Message) {
	t.Helper()
	for _, m := range messages {
		if err := p.Publish(t.Context(), m); err != nil {
			t.Error(err)
		}
	}
}

// Whoever joins later gets the newest retained message of each key, and nothing of what has passed.
func TestFanOutTellsLatecomersHowThingsAre(t *testing.T) {
	first, added, replaced := new(publishtest.Recorder), new(publishtest.Recorder), new(publishtest.Recorder)
	f := &fanOut{log: zap.NewNop()}
	f.add(first)
	mustPublish(t, f,
		publish.SpoolStatus{State: publish.SpoolDisk},
		cameraStatus("a", publish.CameraConnecting), cameraStatus("b", publish.CameraOnline), cameraStatus("a", publish.CameraOnline),
		state("a", "cat"), publishtest.Result("a", "cat"), publish.Event{Camera: "a"}, state("b", "dog"), state("a", "bird"),
		publish.EngineStatus{Camera: "b", Engine: "cpu"},
		publishtest.Unknown{}, publishtest.Unknown{},
	)
	f.add(added)
	want := []publish.Message{
		publish.SpoolStatus{State: publish.SpoolDisk}, cameraStatus("a", publish.CameraOnline), cameraStatus("b", publish.CameraOnline),
		state("a", "bird"), state("b", "dog"), publish.EngineStatus{Camera: "b", Engine: "cpu"}, publishtest.Unknown{},
	}
	if got := added.Messages(); !slices.Equal(got, want) {
		t.Errorf("who was added got  %v\nwant %v", got, want)
	}

	mustPublish(t, f, cameraStatus("b", publish.CameraStopped))
	f.forget("b")
	f.forget("nobody")
	err := f.replace(first, func() (publish.Publisher, error) { return replaced, nil })
	if err != nil {
		t.Fatal(err)
	}
	want = []publish.Message{publish.SpoolStatus{State: publish.SpoolDisk}, cameraStatus("a", publish.CameraOnline), state("a", "bird"), publishtest.Unknown{}}
	if got := replaced.Messages(); !slices.Equal(got, want) {
		t.Errorf("who took a place got  %v\nwant %v", got, want)
	}
	for name, rec := range map[string]*publishtest.Recorder{"who was there": first, "who was added": added} {
		if last := rec.Statuses()[len(rec.Statuses())-1]; last != cameraStatus("b", publish.CameraStopped) {
			t.Errorf("%s heard last of %v", name, last)
		}
	}
	mustPublish(t, f, cameraStatus("b", publish.CameraConnecting))
	if got := replaced.Statuses(); got[len(got)-1] != cameraStatus("b", publish.CameraConnecting) {
		t.Errorf("a camera that is back is not told of: %v", got)
	}
}

// Retained messages of one key come to all publishers in the same order, whoever joins meanwhile.
func TestFanOutKeepsTheOrderOfRetainedMessages(t *testing.T) {
	f := &fanOut{log: zap.NewNop()}
	recorders := []*publishtest.Recorder{new(publishtest.Recorder), new(publishtest.Recorder), new(publishtest.Recorder)}
	f.add(recorders[0])
	var running sync.WaitGroup
	for author := range 4 {
		running.Go(func() {
			for i := range 200 {
				mustPublish(t, f, state("a", fmt.Sprint(author, "-", i)))
			}
		})
	}
	for _, rec := range recorders[1:] {
		f.add(rec)
	}
	running.Wait()
	all := recorders[0].States()
	for _, rec := range recorders[1:] {
		got := rec.States()
		if len(got) == 0 || !slices.Equal(got, all[len(all)-len(got):]) {
			t.Errorf("who came later got %d states, not the last of the %d", len(got), len(all))
		}
	}
}

// slowlyClosed takes its time to close, and then complains.
type slowlyClosed struct{ publishtest.Recorder }

func (p *slowlyClosed) Close() error {
	time.Sleep(50 * time.Millisecond)
	return errors.Join(p.Recorder.Close(), errors.New("too late"))
}

// Whatever is handed on while one publisher takes the place of another reaches one of them, and in order.
func TestFanOutLosesNothingBetweenPublishers(t *testing.T) {
	old, next := new(slowlyClosed), new(publishtest.Recorder)
	f := &fanOut{log: zap.NewNop()}
	f.add(old)
	ctx, cancel := context.WithCancel(t.Context())
	sent := uint64(0)
	var camera sync.WaitGroup
	camera.Go(func() {
		for ctx.Err() == nil {
			sent++
			if err := f.Publish(ctx, &publish.Result{Sequence: sent}); err != nil {
				t.Error(err)
			}
		}
	})
	publishtest.Eventually(t, "results before", func() bool { return len(old.Results()) > 10 })
	if err := f.replace(old, func() (publish.Publisher, error) { return next, nil }); err != nil {
		t.Errorf("a publisher that complains as it closes is the fan-out's matter: %v", err)
	}
	publishtest.Eventually(t, "results after", func() bool { return len(next.Results()) > 10 })
	cancel()
	camera.Wait()
	got := append(old.Results(), next.Results()...)
	for i, r := range got {
		if r.Sequence != uint64(i+1) {
			t.Fatalf("result %d came as number %d", r.Sequence, i+1)
		}
	}
	if uint64(len(got)) != sent {
		t.Errorf("%d results arrived, %d were sent", len(got), sent)
	}
}

func TestFanOutWithoutANewPublisher(t *testing.T) {
	f := &fanOut{log: zap.NewNop()}
	broken := errors.New("no such file")
	if err := f.replace(nil, func() (publish.Publisher, error) { return nil, broken }); !errors.Is(err, broken) {
		t.Errorf("replace: %v, want %v", err, broken)
	}
	if err := f.replace(nil, func() (publish.Publisher, error) { return nil, nil }); err != nil || len(f.publishers) != 0 {
		t.Errorf("replace by none: %v, %d publishers", err, len(f.publishers))
	}
}

// failing fails every write, or every result, with its error.
type failing struct {
	publishtest.Recorder
	err error
}

func (f *failing) Write([]byte) (int, error) { return 0, f.err }

func (f *failing) Publish(context.Context, publish.Message) error {
	return fmt.Errorf("failing: %w", f.err)
}

// A pipe or terminal that has gone ends the daemon; an error of the disk elsewhere does not.
func TestFanOutKnowsWhenNobodyListens(t *testing.T) {
	for name, test := range map[string]struct {
		publisher publish.Publisher
		deaf      bool
	}{
		"a closed pipe":     {lines.New(&failing{err: syscall.EPIPE}, lines.Options{Wait: true}), true},
		"a closed terminal": {lines.New(&failing{err: syscall.EIO}, lines.Options{Wait: true}), true},
		"a full disk":       {lines.New(&failing{err: syscall.ENOSPC}, lines.Options{Wait: true}), false},
		"a spool's disk":    {&failing{err: syscall.EIO}, false},
	} {
		deaf := false
		f := &fanOut{log: zap.NewNop(), deaf: func() { deaf = true }}
		f.add(test.publisher)
		if err := f.Publish(t.Context(), &publish.Result{}); err != nil {
			t.Error(err)
		}
		if deaf != test.deaf {
			t.Errorf("%s: deaf is %v, want %v", name, deaf, test.deaf)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
}

// A full disk behind standard output is told once, in words, however many results there are.
func TestFanOutTellsOfAFullDiskOnce(t *testing.T) {
	core, logs := observer.New(zapcore.DebugLevel)
	f := &fanOut{log: zap.New(core), deaf: func() { t.Error("deaf") }}
	full := &fs.PathError{Op: "write", Path: "/dev/stdout", Err: syscall.ENOSPC}
	f.add(lines.New(&failing{err: full}, lines.Options{Wait: true}))
	for range 5 {
		if err := f.Publish(t.Context(), &publish.Result{}); err != nil {
			t.Error(err)
		}
	}
	told := logs.All()
	if len(told) != 1 || !strings.Contains(told[0].Message, "cannot be written to standard output") ||
		told[0].ContextMap()["error"] != "no space left on device" {
		t.Errorf("told %v", told)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
}
