package service

import (
	"fmt"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"
)

// TestRepeats writes ten of the same message in a minute and then every hundredth, of each message and level, and of each logger
// that was made of one.
func TestRepeats(t *testing.T) {
	core, seen := observer.New(zap.InfoLevel)
	log := limitRepeats(zap.New(core))
	for range 210 {
		log.With(zap.Int("frame", 1)).Info("bad")
	}
	log.Warn("bad")
	log.Debug("bad")
	limitRepeats(zap.New(core)).Info("bad")
	if n := seen.Len(); n != 10+2+1+1 {
		t.Errorf("%d entries were written", n)
	}
}

// TestRepeatsForget begins anew after a minute, and does not keep all messages that there ever were.
func TestRepeatsForget(t *testing.T) {
	r := &repeats{seen: map[repeated]*repeatCount{}}
	start := time.Unix(0, 0)
	for i := range 2 * repeatsFirst {
		if got := r.pass(zapcore.Entry{Message: "bad", Time: start}); got != (i < repeatsFirst) {
			t.Errorf("entry %d: %t", i, got)
		}
	}
	if !r.pass(zapcore.Entry{Message: "bad", Time: start.Add(repeatsTime)}) {
		t.Error("nothing is written after a minute")
	}
	for i := range 10 * maxRepeats {
		r.pass(zapcore.Entry{Message: fmt.Sprint(i), Time: start})
	}
	if len(r.seen) > maxRepeats {
		t.Errorf("%d messages are kept", len(r.seen))
	}
	e := zapcore.Entry{Message: "bad", Time: start}
	r.pass(e)
	if n := testing.AllocsPerRun(100, func() { r.pass(e) }); n != 0 {
		t.Errorf("%v allocations an entry", n)
	}
}
