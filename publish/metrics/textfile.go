package metrics

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"
)

// writeFiles writes the file now and each so often, until ctx ends: beside its place, and then there, so that who reads it sees
// all of it. That it cannot be written is said once.
func (m *Metrics) writeFiles(ctx context.Context, path string, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	bad := false
	for {
		err := prometheus.WriteToTextfile(path, m.registry)
		switch {
		case err != nil && !bad:
			m.log.Warn("metrics cannot be written; it is tried again", zap.Error(err), zap.Duration("each", every))
		case err == nil && bad:
			m.log.Info("metrics are written again", zap.String("file", path))
		}
		bad = err != nil
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
