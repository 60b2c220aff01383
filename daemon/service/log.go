package service

import (
	"bytes"
	"io"
	"os"
	"sync"
	"sync/atomic"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/inceptiond/inceptiond/daemon/plan"
	"github.com/inceptiond/inceptiond/systemd"
)

// logControl is what may change about a logger while it is in use.
type logControl struct {
	level atomic.Int32 // a zapcore.Level
	json  atomic.Bool  // else text for people
	auto  bool         // format "auto" means JSON
	last  lastLines
}

// newLogger writes to w: text for people, or JSON where the journal keeps it (without times of our own: the journal has
// better ones).
func newLogger(w io.Writer, c plan.Log) (*zap.Logger, *logControl, error) {
	control := &logControl{auto: isJournal(w)}
	if err := control.set(c); err != nil {
		return nil, nil, err
	}
	enc := zapcore.EncoderConfig{
		LevelKey: "level", NameKey: "component", MessageKey: "message", TimeKey: "time",
		EncodeLevel:    zapcore.LowercaseLevelEncoder,
		EncodeTime:     zapcore.RFC3339TimeEncoder,
		EncodeDuration: zapcore.StringDurationEncoder,
		EncodeName:     zapcore.FullNameEncoder,
	}
	if control.auto {
		enc.TimeKey = zapcore.OmitKey
	}
	people := enc
	people.EncodeTime = zapcore.TimeEncoderOfLayout("15:04:05.000")
	people.EncodeLevel = zapcore.CapitalLevelEncoder
	people.ConsoleSeparator = "  "
	kept := enc
	kept.TimeKey = "time"
	out := zapcore.Lock(zapcore.AddSync(w))
	return zap.New(zapcore.NewTee(
		zapcore.NewCore(zapcore.NewJSONEncoder(enc), out, control.enabled(true)),
		zapcore.NewCore(zapcore.NewConsoleEncoder(people), out, control.enabled(false)),
		zapcore.NewCore(zapcore.NewJSONEncoder(kept), &control.last, zap.LevelEnablerFunc(control.logs)),
	)), control, nil
}

// set changes level and format of all that is logged from now on.
func (l *logControl) set(c plan.Log) error {
	level, err := zapcore.ParseLevel(c.Level)
	if err != nil {
		return err
	}
	l.level.Store(int32(level))
	l.json.Store(c.Format == "json" || c.Format == "auto" && l.auto)
	return nil
}

// enabled tells for which levels the core of a format writes.
func (l *logControl) enabled(json bool) zap.LevelEnablerFunc {
	return func(level zapcore.Level) bool {
		return l.json.Load() == json && l.logs(level)
	}
}

// logs tells whether anything of a level is logged.
func (l *logControl) logs(level zapcore.Level) bool {
	return zapcore.Level(l.level.Load()).Enabled(level)
}

// lastLines are the last that were logged, as JSON. It may be used from several goroutines at once.
type lastLines struct {
	mu    sync.Mutex
	lines [keptLines][]byte // a ring; the memory of a line is used again
	next  int
}

// What is kept of the log.
const (
	keptLines = 200
	keptLine  = 2 << 10 // bytes of a line; a longer one is left out
)

// Write keeps a line.
func (l *lastLines) Write(line []byte) (int, error) {
	if len(line) > keptLine {
		return len(line), nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	at := &l.lines[l.next]
	*at = append((*at)[:0], line...)
	l.next = (l.next + 1) % keptLines
	return len(line), nil
}

// Sync implements zapcore.WriteSyncer.
func (*lastLines) Sync() error { return nil }

// all are copies of the lines, the oldest first.
func (l *lastLines) all() (list [][]byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range keptLines {
		if line := l.lines[(l.next+i)%keptLines]; len(line) > 0 {
			list = append(list, bytes.Clone(line))
		}
	}
	return list
}

// isJournal tells whether w is a file that the journal reads.
func isJournal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && systemd.Journal(f)
}
