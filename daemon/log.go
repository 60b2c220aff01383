package main

import (
	"io"
	"os"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/inceptiond/inceptiond/systemd"
)

// newLogger writes to w: text for people, or JSON where the journal keeps it (without times of our own: the journal has
// better ones). format is "auto", "console" or "json"; level is "debug", "info", "warn" or "error".
func newLogger(w io.Writer, level, format string) (*zap.Logger, error) {
	threshold, err := zapcore.ParseLevel(level)
	if err != nil {
		return nil, err
	}
	journal := isJournal(w)
	if format == "auto" {
		format = "console"
		if journal {
			format = "json"
		}
	}
	enc := zapcore.EncoderConfig{
		LevelKey: "level", NameKey: "component", MessageKey: "message", TimeKey: "time",
		EncodeLevel:    zapcore.LowercaseLevelEncoder,
		EncodeTime:     zapcore.RFC3339TimeEncoder,
		EncodeDuration: zapcore.StringDurationEncoder,
		EncodeName:     zapcore.FullNameEncoder,
	}
	if journal {
		enc.TimeKey = zapcore.OmitKey
	}
	encoder := zapcore.NewJSONEncoder(enc)
	if format == "console" {
		enc.EncodeTime = zapcore.TimeEncoderOfLayout("15:04:05.000")
		enc.EncodeLevel = zapcore.CapitalLevelEncoder
		enc.ConsoleSeparator = "  "
		encoder = zapcore.NewConsoleEncoder(enc)
	}
	return zap.New(zapcore.NewCore(encoder, zapcore.Lock(zapcore.AddSync(w)), threshold)), nil
}

// limitRepeats returns a logger for what may happen with every frame: of the same message it writes ten a minute, and
// then every hundredth. It counts for itself, so that one camera does not silence another.
func limitRepeats(log *zap.Logger) *zap.Logger {
	return log.WithOptions(zap.WrapCore(func(core zapcore.Core) zapcore.Core {
		return zapcore.NewSamplerWithOptions(core, time.Minute, 10, 100)
	}))
}

// isJournal tells whether w is a file that the journal reads.
func isJournal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && systemd.Journal(f)
}
