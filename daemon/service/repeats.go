package service

import (
	"sync"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// How often the same message is written: so many times a minute, and then one of so many.
const (
	repeatsTime  = time.Minute
	repeatsFirst = 10
	repeatsThen  = 100
	maxRepeats   = 256 // messages that are told apart
)

// limitRepeats returns a logger for what may happen with every frame: of the same message it writes ten a minute, and
// then every hundredth. It counts for itself, so that one camera does not silence another. (zap's own sampler has room for 28 672
// messages, 448 KiB for each camera.)
func limitRepeats(log *zap.Logger) *zap.Logger {
	counts := &repeats{seen: map[repeated]*repeatCount{}}
	return log.WithOptions(zap.WrapCore(func(core zapcore.Core) zapcore.Core {
		return repeatCore{core, counts}
	}))
}

// repeatCore writes entries that counts lets through.
type repeatCore struct {
	zapcore.Core
	counts *repeats
}

// With implements zapcore.Core.
func (c repeatCore) With(fields []zapcore.Field) zapcore.Core {
	return repeatCore{c.Core.With(fields), c.counts}
}

// Check implements zapcore.Core.
func (c repeatCore) Check(e zapcore.Entry, checked *zapcore.CheckedEntry) *zapcore.CheckedEntry {
	if !c.Enabled(e.Level) || !c.counts.pass(e) {
		return checked
	}
	return c.Core.Check(e, checked)
}

// repeated is what makes two entries the same.
type repeated struct {
	level   zapcore.Level
	message string
}

// repeatCount is how often there was one, since a moment.
type repeatCount struct {
	since time.Time
	n     int
}

// repeats counts entries.
type repeats struct {
	mu   sync.Mutex
	seen map[repeated]*repeatCount
}

// pass counts an entry, and tells whether it is one to be written.
func (r *repeats) pass(e zapcore.Entry) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	key := repeated{e.Level, e.Message}
	c := r.seen[key]
	if c == nil {
		if len(r.seen) >= maxRepeats { // texts that differ each time
			clear(r.seen)
		}
		c = &repeatCount{since: e.Time}
		r.seen[key] = c
	}
	if e.Time.Sub(c.since) >= repeatsTime {
		*c = repeatCount{since: e.Time}
	}
	c.n++
	return c.n <= repeatsFirst || (c.n-repeatsFirst)%repeatsThen == 0
}
