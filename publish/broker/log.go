package broker

import (
	"context"
	"log/slog"

	"go.uber.org/zap"
)

// logHandler hands the server's slog records to zap, all at debug level: what it warns of is a client's doing.
type logHandler struct{ log *zap.Logger }

func (h logHandler) Enabled(context.Context, slog.Level) bool {
	return h.log.Core().Enabled(zap.DebugLevel)
}

func (h logHandler) Handle(_ context.Context, r slog.Record) error {
	fields := make([]zap.Field, 0, r.NumAttrs())
	r.Attrs(func(a slog.Attr) bool {
		fields = appendField(fields, a)
		return true
	})
	h.log.Debug(r.Message, fields...)
	return nil
}

func (h logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	var fields []zap.Field
	for _, a := range attrs {
		fields = appendField(fields, a)
	}
	return logHandler{h.log.With(fields...)}
}

func (h logHandler) WithGroup(string) slog.Handler { return h }

// appendField leaves structures out: among them are whole packets, passwords included.
func appendField(fields []zap.Field, a slog.Attr) []zap.Field {
	value := a.Value.Resolve()
	if value.Kind() != slog.KindAny {
		return append(fields, zap.String(a.Key, value.String()))
	}
	if err, ok := value.Any().(error); ok {
		return append(fields, zap.NamedError(a.Key, err))
	}
	return fields
}
