package service

import (
	"context"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/daemon/governor"
)

// machine is what is known of the machine, and what models may do by that. It may be looked at from several goroutines at
// once; one watches it.
type machine struct {
	sensors interface{ Read() governor.Reading }
	log     *zap.Logger
	known   atomic.Pointer[condition]
}

// condition is how a machine is at a moment.
type condition struct {
	governor.Reading
	governor.State
}

func newMachine(sensors interface{ Read() governor.Reading }, log *zap.Logger) *machine {
	m := &machine{sensors: sensors, log: log}
	m.known.Store(&condition{Reading: sensors.Read()})
	return m
}

// rest is how long a model rests after a run.
func (m *machine) rest(run time.Duration) time.Duration { return m.known.Load().Rest(run) }

// watch looks at the machine until ctx ends. options are those that are in force; changed is called with what models may do
// from now on.
func (m *machine) watch(ctx context.Context, options func() governor.Options, changed func(governor.State)) {
	tick := time.NewTicker(governor.Every)
	defer tick.Stop()
	o := options()
	g := governor.New(o)
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if now := options(); now != o {
			o, g = now, governor.New(now)
		}
		m.look(g, changed)
	}
}

// look looks once.
func (m *machine) look(g *governor.Governor, changed func(governor.State)) {
	reading := m.sensors.Read()
	before, state := m.known.Load().State, g.Look(reading)
	m.known.Store(&condition{reading, state})
	if before == state {
		return
	}
	switch {
	case state.Level > before.Level:
		m.log.Warn("models work less", zap.String("reason", state.Reason), zap.Float64("duty", state.Duty()))
	case state.Level < before.Level:
		m.log.Info("models work more again", zap.Float64("duty", state.Duty()))
	}
	changed(state)
}
