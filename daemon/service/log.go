package service

import (
	"io"
	"os"
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
	out := zapcore.Lock(zapcore.AddSync(w))
	return zap.New(zapcore.NewTee(
		zapcore.NewCore(zapcore.NewJSONEncoder(enc), out, control.enabled(true)),
		zapcore.NewCore(zapcore.NewConsoleEncoder(people), out, control.enabled(false)),
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
		return l.json.Load() == json && zapcore.Level(l.level.Load()).Enabled(level)
	}
}

// isJournal tells whether w is a file that the journal reads.
func isJournal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && systemd.Journal(f)
}
