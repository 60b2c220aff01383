package service

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/daemon/status"
	"github.com/inceptiond/inceptiond/systemd"
)

// heartbeat tells the service manager how the daemon is: once that it is ready, then a sign of life as long as nothing
// stands still, and now and then a line for people. Who does not get the sign in time starts the daemon again.
type heartbeat struct {
	notify   func(states ...string) error // systemd.Notify, but for tests
	watchdog time.Duration                // the manager's patience; 0: it does not ask for signs
	source   status.Source
	tell     func(well bool) // is told at each beat whether nothing stands still, though the manager asks for nothing
	log      *zap.Logger
	often    *zap.Logger // what may happen at every beat
	ready    atomic.Bool // said

	// Run's own.
	seen    uint64    // the generation at the last beat
	stalled string    // the stall that was logged; empty while all goes well
	told    time.Time // when the status was last told
	counted uint64    // results at that time
}

const (
	startingBeat = 200 * time.Millisecond // until it is ready, as somebody waits for that
	normalBeat   = time.Second
	statusEvery  = 10 * time.Second
	startupExtra = time.Minute // that a start which gets ahead may take from each status on
)

func newHeartbeat(log *zap.Logger, source status.Source, tell func(well bool)) (*heartbeat, error) {
	watchdog, err := systemd.WatchdogTime()
	if err != nil {
		return nil, err
	}
	log = log.Named("heartbeat")
	return &heartbeat{notify: systemd.Notify, watchdog: watchdog, source: source, tell: tell, log: log, often: limitRepeats(log)}, nil
}

// Run beats until ctx ends.
func (h *heartbeat) Run(ctx context.Context) {
	tick := time.NewTicker(startingBeat)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		o := h.source.Overview()
		if o.Generation == 0 {
			continue
		}
		was := h.ready.Load()
		h.beat(o, time.Now())
		if !was && h.ready.Load() {
			tick.Reset(h.pace())
		}
	}
}

// pace leaves three chances until the manager's patience ends.
func (h *heartbeat) pace() time.Duration {
	if h.watchdog > 0 {
		return min(normalBeat, h.watchdog/3)
	}
	return normalBeat
}

// beat judges o and tells.
func (h *heartbeat) beat(o status.Overview, now time.Time) {
	change := h.logStalls(o.Stalls, now) || o.Generation != h.seen
	h.seen = o.Generation
	var say []string
	if !h.ready.Load() && o.Settled() {
		h.ready.Store(true)
		say, change = append(say, systemd.Ready), true
	}
	well := len(o.Stalls) == 0
	h.tell(well)
	if h.watchdog > 0 && well {
		say = append(say, systemd.Watchdog)
	}
	if change || now.Sub(h.told) >= statusEvery {
		say = append(say, systemd.Status(h.status(o, now)))
		if !h.ready.Load() && len(o.Stalls) == 0 && !o.Failing() {
			say = append(say, systemd.ExtendTimeout(startupExtra))
		}
	}
	if len(say) == 0 {
		return
	}
	if err := h.notify(say...); err != nil {
		h.often.Warn("service manager not notified", zap.Error(err))
	}
}

// logStalls tells whether the daemon has begun or ceased to stand still, and logs that.
func (h *heartbeat) logStalls(stalls []status.Stall, now time.Time) bool {
	was := h.stalled
	h.stalled = ""
	if len(stalls) > 0 {
		h.stalled = stalls[0].String()
	}
	switch {
	case h.stalled == was:
		return false
	case h.stalled == "":
		h.log.Info("the pipeline works again")
	default:
		var about []string
		for _, s := range stalls {
			about = append(about, s.About(now))
		}
		h.log.Error("the pipeline stands still, no sign of life is given", zap.Strings("stalls", about))
	}
	return true
}

// status is the line for people, with the results per second since the last one.
func (h *heartbeat) status(o status.Overview, now time.Time) string {
	rate := ""
	if !h.told.IsZero() && now.After(h.told) {
		rate = fmt.Sprintf("%.1f results/s", float64(o.Results-h.counted)/now.Sub(h.told).Seconds())
	}
	h.told, h.counted = now, o.Results
	return o.Line(now, rate)
}
