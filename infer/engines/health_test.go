package engines

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/inceptiond/inceptiond/infer/failover"
)

var errWorker = errors.New("worker ended")

// newTestHealth is the health of a model that TensorFlow Lite runs, its log, and all that a watcher is told.
func newTestHealth(level zapcore.Level) (h *Health, logs *observer.ObservedLogs, told *[]Status) {
	core, logs := observer.New(level)
	h = NewHealth("net", TFLite, "auto: it is there", zap.New(core))
	told = new([]Status)
	h.Watch(func(s Status) { *told = append(*told, s) })
	return h, logs, told
}

// loggedLines are the messages of a log with their levels.
func loggedLines(logs *observer.ObservedLogs) (list []string) {
	for _, e := range logs.All() {
		list = append(list, e.Level.String()+" "+e.Message)
	}
	return list
}

func TestHealthTellsEveryChange(t *testing.T) {
	h, logs, told := newTestHealth(zapcore.InfoLevel)
	for _, s := range []failover.Status{
		{State: failover.Running},
		{State: failover.Standby, Reason: errWorker, RetryIn: time.Second, Losses: 1},
		{State: failover.Standby, Reason: errWorker, RetryIn: 2 * time.Second, Losses: 1, Attempts: 1}, // nothing new
		{State: failover.Standby, Reason: errors.New("no device"), RetryIn: 4 * time.Second, Losses: 1, Attempts: 2},
		{State: failover.Running, Losses: 1, Restarts: 1},
		{State: failover.Down, Reason: errWorker, Losses: 2, Restarts: 1},
	} {
		h.change(s)
	}
	var got []Status
	for _, s := range *told {
		if s.Time.IsZero() {
			t.Errorf("no time in %+v", s)
		}
		s.Time = time.Time{}
		got = append(got, s)
	}
	base := Status{Wanted: TFLite}
	status := func(state State, engine, reason string, restarts int) Status {
		s := base
		s.State, s.Engine, s.Reason, s.Restarts = state, engine, reason, restarts
		return s
	}
	want := []Status{
		status(Running, TFLite, "auto: it is there", 0),
		status(Fallback, CPU, "worker ended", 0),
		status(Fallback, CPU, "no device", 0),
		status(Running, TFLite, "auto: it is there", 1),
		status(Down, "", "worker ended", 1),
	}
	if !slices.Equal(got, want) {
		t.Errorf("told\n%+v\nwant\n%+v", got, want)
	}
	story := []string{"warn engine lost", "warn engine not back yet", "warn engine not back yet", "info engine back", "warn engine lost"}
	if !slices.Equal(loggedLines(logs), story) {
		t.Errorf("the log is %q (want %q)", loggedLines(logs), story)
	}
	if s := h.Status(); s.State != Down {
		t.Errorf("status %+v", s)
	}
}

// A watcher is told how things stand at once, and nothing after it has stopped.
func TestHealthWatch(t *testing.T) {
	h, _, _ := newTestHealth(zapcore.InfoLevel)
	h.change(failover.Status{State: failover.Standby, Reason: errWorker, Losses: 1})
	var told []State
	stop := h.Watch(func(s Status) { told = append(told, s.State) })
	h.change(failover.Status{State: failover.Running, Restarts: 1})
	stop()
	h.change(failover.Status{State: failover.Standby, Reason: errWorker, Losses: 2})
	if want := []State{Fallback, Running}; !slices.Equal(told, want) {
		t.Errorf("told %q (want %q)", told, want)
	}
}

// TestHealthDoesNotFlood loses an engine a thousand times in a row, then cannot open it a thousand times.
func TestHealthDoesNotFlood(t *testing.T) {
	h, logs, told := newTestHealth(zapcore.InfoLevel)
	for n := range 1000 {
		h.change(failover.Status{State: failover.Standby, Reason: errWorker, Losses: n + 1, Restarts: n})
		h.change(failover.Status{State: failover.Running, Losses: n + 1, Restarts: n + 1})
	}
	if n, want := logs.Len(), 2*(8+6); n != want { // 1 to 8, 16, 32, 64, 128, 256, 512
		t.Errorf("%d lines of a crash loop (want %d)", n, want)
	}
	if len(*told) != 2001 {
		t.Errorf("%d changes were told (want all 2001)", len(*told))
	}
	logs.TakeAll()
	for n := range 1000 {
		h.change(failover.Status{State: failover.Standby, Reason: errWorker, Losses: 1, Attempts: n})
	}
	if n := logs.Len(); n != 1+8+6 || !strings.Contains(logs.All()[0].Message, "lost") {
		t.Errorf("%d lines of an engine that cannot be opened (want %d)", n, 1+8+6)
	}
}
