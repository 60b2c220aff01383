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
	return zap.New(limitRepeats(encoder, zapcore.Lock(zapcore.AddSync(w)), threshold)), nil
}

// limitRepeats writes ten messages a minute of the same text and level, then every hundredth: a fault that comes with
// every frame must not fill the disk. Debug messages are for every frame; who asks for them gets all.
func limitRepeats(encoder zapcore.Encoder, w zapcore.WriteSyncer, threshold zapcore.Level) zapcore.Core {
	all := zap.LevelEnablerFunc(func(l zapcore.Level) bool { return l < zap.InfoLevel && threshold.Enabled(l) })
	some := zap.LevelEnablerFunc(func(l zapcore.Level) bool { return l >= zap.InfoLevel && threshold.Enabled(l) })
	return zapcore.NewTee(
		zapcore.NewCore(encoder, w, all),
		zapcore.NewSamplerWithOptions(zapcore.NewCore(encoder, w, some), time.Minute, 10, 100))
}

// isJournal tells whether w is a file that the journal reads.
func isJournal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && systemd.Journal(f)
}
