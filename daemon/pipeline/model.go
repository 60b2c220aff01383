package pipeline

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/task"
	"github.com/inceptiond/inceptiond/publish"
)

// ModelOptions say what a model is, and what runs it.
type ModelOptions struct {
	Name     string // what messages call it
	SHA256   string // of its file, in hexadecimal
	MACs     int64  // products of one run
	Labels   infer.Labels
	Engine   infer.Engine  // stays the caller's, who closes it when no camera uses the model any more
	Deadline time.Duration // of one run, if it has one

	// Mean and Std are those of preprocess.Options, for all pictures of this model; empty: the usual.
	Mean, Std []float32
	// Task is how the outputs are read; what its Scores says becomes of the engine's numbers.
	Task          task.Options
	Probabilities bool // that is what the engine's numbers are

	// Rest is how long the model rests after a run, so that a hot machine cools down; nil: not at all. It may be called from
	// several goroutines at once.
	Rest func(run time.Duration) time.Duration

	// Watch has tell called with how the engine is, and with every change until stop is called, one call at a time.
	// Nil: nobody knows. Device and Camera of the status are left open.
	Watch func(tell func(publish.EngineStatus)) (stop func())
}

// Model is a model that cameras share: they take turns, as an engine already spreads one image over all its threads. It
// may be used from several goroutines at once.
type Model struct {
	ModelOptions
	turn    chan struct{} // holds a token while somebody has the engine
	busy    progress      // of the run under way
	helpers infer.Sharer  // the engine's threads, for whoever has the turn; nil: there are none
	begin   time.Time
	rests   atomic.Int64 // until when it rests, in nanoseconds since begin
	doubted atomic.Bool  // that its input has the right range: one camera has said so
}

// NewModel makes a model that nobody runs yet.
func NewModel(o ModelOptions) *Model {
	m := &Model{ModelOptions: o, turn: make(chan struct{}, 1), busy: newProgress(), begin: time.Now()}
	m.helpers, _ = o.Engine.(infer.Sharer)
	return m
}

// identity is the model in messages.
func (m *Model) identity() publish.Model { return publish.Model{Name: m.Name, SHA256: m.SHA256} }

// tryTurn takes the engine if nobody has it. Whoever has taken it gives it back by endTurn.
func (m *Model) tryTurn() bool {
	select {
	case m.turn <- struct{}{}:
		return true
	default:
		return false
	}
}

// awaitTurn takes the engine as soon as it is free, or returns ctx's error.
func (m *Model) awaitTurn(ctx context.Context) error {
	select {
	case m.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (m *Model) endTurn() { <-m.turn }

// run runs the engine, which the caller has taken. It returns who answered, and how long that took.
func (m *Model) run(ctx context.Context, in []byte, outs [][]byte) (by infer.By, took time.Duration, err error) {
	m.busy.enter(atInference)
	defer m.busy.leave()
	begin := time.Now()
	by, err = m.Engine.Run(ctx, in, outs)
	took = time.Since(begin)
	if m.Rest != nil {
		m.rest(m.Rest(took))
	}
	return by, took, err
}

// rest adds to what the model has to rest. The caller has the turn.
func (m *Model) rest(d time.Duration) {
	if d > 0 {
		m.rests.Store(max(m.rests.Load(), int64(time.Since(m.begin))) + int64(d))
	}
}

// restsUntil is when cameras may use the model again, which has passed if they may now.
func (m *Model) restsUntil() time.Time { return m.begin.Add(time.Duration(m.rests.Load())) }

// watch is Watch, also where there is none.
func (m *Model) watch(tell func(publish.EngineStatus)) (stop func()) {
	if m.Watch == nil {
		return func() {}
	}
	return m.Watch(tell)
}

// slowest is how many products a second the slowest machine makes of a model, at least: an ARMv6 without vectors.
const slowest = 50e6

// Stalls is what stands still: the run under way, if it takes longer than it may.
func (m *Model) Stalls(now time.Time) []Stall {
	limit := patience + m.Deadline + time.Duration(float64(m.MACs)/slowest*float64(time.Second))
	if a := m.busy.look(); a.late(now, limit) {
		return []Stall{{a.stage.String(), a.since}}
	}
	return nil
}
