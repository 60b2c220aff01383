package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/publish"
	"github.com/inceptiond/inceptiond/publish/mqtt"
	"github.com/inceptiond/inceptiond/systemd"
)

// heartbeat tells the service manager how the daemon is: once that it is ready, then a sign of life as long as nothing
// stands still, and now and then a line for people. Who does not get the sign in time starts the daemon again.
type heartbeat struct {
	notify   func(states ...string) error // systemd.Notify, but for tests
	watchdog time.Duration                // the manager's patience; 0: it does not ask for signs
	results  func() uint64                // handed on so far
	log      *zap.Logger
	often    *zap.Logger // what may happen at every beat
	vitals   atomic.Pointer[vitals]
	ready    atomic.Bool // said

	// Run's own.
	seen     *vitals   // at the last beat
	standing string    // the stall that was logged; empty while all goes well
	told     time.Time // when the status was last told
	counted  uint64    // results at that time
}

// vitals is what a heartbeat watches. The daemon makes new ones whenever other parts run.
type vitals struct {
	cameras []*camera
	models  []*sharedModel
	client  *mqtt.Client // nil without MQTT
	refused bool         // the config file as it is now
}

const (
	startingBeat = 200 * time.Millisecond // until it is ready, as somebody waits for that
	normalBeat   = time.Second
	statusEvery  = 10 * time.Second
	startupExtra = time.Minute // that a start which gets ahead may take from each status on
)

func newHeartbeat(log *zap.Logger, results func() uint64) (*heartbeat, error) {
	watchdog, err := systemd.WatchdogTime()
	if err != nil {
		return nil, err
	}
	log = log.Named("heartbeat")
	return &heartbeat{notify: systemd.Notify, watchdog: watchdog, results: results, log: log, often: limitRepeats(log)}, nil
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
		if v := h.vitals.Load(); v != nil {
			was := h.ready.Load()
			h.beat(v, time.Now())
			if !was && h.ready.Load() {
				tick.Reset(h.pace())
			}
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

// beat judges v and tells.
func (h *heartbeat) beat(v *vitals, now time.Time) {
	stalls := v.stalls(now)
	change := h.logStalls(stalls, now) || v != h.seen
	h.seen = v
	var say []string
	if !h.ready.Load() && v.settled() {
		h.ready.Store(true)
		say, change = append(say, systemd.Ready), true
	}
	if h.watchdog > 0 && len(stalls) == 0 {
		say = append(say, systemd.Watchdog)
	}
	if change || now.Sub(h.told) >= statusEvery {
		say = append(say, systemd.Status(h.status(v, stalls, now)))
		if !h.ready.Load() && len(stalls) == 0 && !v.failing() {
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
func (h *heartbeat) logStalls(stalls []stall, now time.Time) bool {
	was := h.standing
	h.standing = ""
	if len(stalls) > 0 {
		h.standing = stalls[0].who + string(stalls[0].what.stage)
	}
	switch {
	case h.standing == was:
		return false
	case h.standing == "":
		h.log.Info("the pipeline works again")
	default:
		h.log.Error("the pipeline stands still, no sign of life is given", zap.Strings("stalls", abouts(stalls, now)))
	}
	return true
}

// status is the line for people.
func (h *heartbeat) status(v *vitals, stalls []stall, now time.Time) string {
	parts := abouts(stalls, now)
	if v.refused {
		parts = append(parts, "the config file is refused (see the log)")
	}
	parts = append(parts, v.camerasLine())
	count := h.results()
	if !h.told.IsZero() && now.After(h.told) {
		parts = append(parts, fmt.Sprintf("%.1f results/s", float64(count-h.counted)/now.Sub(h.told).Seconds()))
	}
	h.told, h.counted = now, count
	for _, m := range v.models {
		parts = append(parts, m.engineLine())
	}
	return strings.Join(append(parts, v.brokerLine()), ", ")
}

func abouts(stalls []stall, now time.Time) []string {
	var list []string
	for _, s := range stalls {
		list = append(list, s.about(now))
	}
	return list
}

func (v *vitals) stalls(now time.Time) []stall {
	var list []stall
	for _, c := range v.cameras {
		list = c.stalls(list, now)
	}
	for _, m := range v.models {
		list = m.stalls(list, now)
	}
	return list
}

// settled tells whether each camera has either had its first result or is in trouble of its own, which must not keep the
// service from starting: missing, or nothing but damaged frames.
func (v *vitals) settled() bool {
	return !slices.ContainsFunc(v.cameras, func(c *camera) bool {
		trouble := c.counts.bad.Load() > 0
		switch c.state() {
		case publish.CameraLost, publish.CameraEnded, publish.CameraStopped:
			trouble = true
		}
		return c.counts.results.Load() == 0 && !trouble
	})
}

// failing tells whether frames come, and no result has come of one: then a start does not get ahead.
func (v *vitals) failing() bool {
	return slices.ContainsFunc(v.cameras, func(c *camera) bool {
		return c.counts.failed.Load() > 0 && c.counts.results.Load() == 0
	})
}

// engineLine is "birds on edgetpu" or "birds on cpu (edgetpu lost)".
func (m *sharedModel) engineLine() string {
	s := m.health.status()
	switch s.State {
	case publish.EngineFallback:
		return fmt.Sprintf("%s on %s (%s lost)", m.name, s.Engine, s.Wanted)
	case publish.EngineDown:
		return fmt.Sprintf("%s on nothing (%s lost)", m.name, s.Wanted)
	}
	return m.name + " on " + s.Engine
}

// camerasLine is "3 cameras online" or "2 of 3 cameras online (yard lost)".
func (v *vitals) camerasLine() string {
	var others []string
	for _, c := range v.cameras {
		if state := c.state(); state != publish.CameraOnline {
			others = append(others, fmt.Sprintf("%s %s", c.name, state))
		}
	}
	all := plural(len(v.cameras), "camera")
	if len(others) == 0 {
		return all + " online"
	}
	return fmt.Sprintf("%d of %s online (%s)", len(v.cameras)-len(others), all, strings.Join(others, ", "))
}

func (v *vitals) brokerLine() string {
	if v.client == nil {
		return "broker off"
	}
	s := v.client.Stats()
	if s.Connected {
		return "broker connected"
	}
	return fmt.Sprintf("broker away, %s waiting", plural(s.Waiting, "result"))
}
