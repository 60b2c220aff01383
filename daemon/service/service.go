// Package service is the running program: the parts that a plan asks for, started, watched, and exchanged when another
// plan takes the place of the first.
//
// A [Service] reads plans, and knows nothing of the file that they are made of. It tells how it is ([status.Source]) and
// does what it is told ([control.Controller]).
package service

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/daemon/bundle"
	"github.com/inceptiond/inceptiond/daemon/control"
	"github.com/inceptiond/inceptiond/daemon/governor"
	"github.com/inceptiond/inceptiond/daemon/plan"
	"github.com/inceptiond/inceptiond/daemon/status"
	"github.com/inceptiond/inceptiond/internal/clock"
	"github.com/inceptiond/inceptiond/publish"
	"github.com/inceptiond/inceptiond/publish/gpio"
	"github.com/inceptiond/inceptiond/publish/lines"
	"github.com/inceptiond/inceptiond/publish/metrics"
	"github.com/inceptiond/inceptiond/publish/mqtt"
	"github.com/inceptiond/inceptiond/publish/snapshots"
	"github.com/inceptiond/inceptiond/publish/web"
	"github.com/inceptiond/inceptiond/systemd"
)

// The values of Options.Output.
const (
	OutputText = "text"
	OutputJSON = "json"
	OutputNone = "none"
	OutputAuto = "auto" // text, or none where the journal reads standard output
)

// Options say how to run. Load is required.
type Options struct {
	// Load reads the plan that is wanted now. It is called at the start, and for each reload. Its error holds a line for
	// each problem.
	Load func() (*plan.Plan, error)

	// CheckView is what is wrong with what a camera shows to its model, before somebody tries it; nil: only what the parts say.
	CheckView func(camera string, v web.View) []web.Problem

	File    File            // the config file, for the page; nil: there is none that could be changed
	Source  string          // where plans come from, for the log; empty: from File if that is there, which is said at the start
	Version string          // for the announcement
	About   bundle.Manifest // of this program and machine, for a bundle
	Program string          // this program, which the doctor is run with; empty: the file that runs
	Doctor  []string        // arguments of the doctor that plans depend on, besides the file

	// HeapRoom is how much the heap may grow, in percent of what is in use beside models, before it is collected; 0: what is set stays.
	HeapRoom int

	// NewTeacher makes who teaches models, in a school; nil: nobody does.
	NewTeacher func(s School, log *zap.Logger) Teacher

	Output string    // what Out gets of the results
	Out    io.Writer // standard output
	Err    io.Writer // gets the log
}

// Service is a running daemon. One goroutine owns its parts, and starts and ends all others: the one that calls Run.
type Service struct {
	options  Options
	first    *plan.Plan
	log      *zap.Logger
	logging  *logControl
	clock    clock.Clock
	out      *fanOut
	commands *commander
	watches  *watches
	bench    *workbench
	teacher  Teacher    // nil: nobody teaches
	board    *board     // says what is taught
	inboxes  *inboxes   // have what cameras collect
	examined sync.Mutex // held while the doctor runs
	machine  *machine
	heart    *heartbeat
	requests chan request
	shutdown chan struct{} // closed to have Run end
	stopOnce sync.Once
	ended    chan struct{} // closed when Run has returned

	// Of the goroutine that calls Run.
	parts   *parts              // what runs; never nil
	client  *mqtt.Client        // nil without MQTT
	before  *mqtt.Client        // that was closed last; nil: there was none
	keeper  *snapshots.Keeper   // nil if no pictures are kept
	figures *metrics.Metrics    // gets messages while somebody may read it
	file    *metrics.TextFile   // of the figures; nil: there is none
	page    *web.Server         // nil: there is none
	leaving sync.WaitGroup      // pages that a plan before had
	running map[string]*running // by the camera's name
	gone    chan struct{}       // holds a token after a camera has ended

	pins atomic.Pointer[gpio.Publisher] // stored by the goroutine that calls Run; nil: there are none

	inForce atomic.Pointer[overviewed] // what Overview looks at; nil before the first plan
}

var (
	_ control.Controller = (*Service)(nil)
	_ status.Source      = (*Service)(nil)
)

// ErrOutput marks an Options.Output that there is none of.
var ErrOutput = fmt.Errorf("want %s, %s, %s or %s", OutputText, OutputJSON, OutputNone, OutputAuto)

// New loads the first plan, and starts nothing. The error is Load's, ErrOutput, or about the machine.
func New(o Options) (*Service, error) {
	first, err := o.Load()
	if err != nil {
		return nil, err
	}
	log, logging, err := newLogger(o.Err, first.Log)
	if err != nil {
		return nil, err
	}
	if !slices.Contains([]string{OutputText, OutputJSON, OutputNone, OutputAuto}, o.Output) {
		return nil, fmt.Errorf("%q: %w", o.Output, ErrOutput)
	}
	c, err := clock.New()
	if err != nil {
		return nil, err
	}
	s := &Service{
		options: o, first: first, log: log, logging: logging, clock: c,
		requests: make(chan request), shutdown: make(chan struct{}), ended: make(chan struct{}),
		parts: noParts(), running: map[string]*running{}, gone: make(chan struct{}, 1),
	}
	s.out = &fanOut{log: limitRepeats(log.Named("publish")), deaf: s.stop}
	s.commands = newCommander(log.Named("control"), s.out)
	s.watches = newWatches()
	s.figures = metrics.New(s, o.Version)
	s.machine = newMachine(governor.Sensors{Root: "/"}, log.Named("governor"))
	s.bench = newWorkbench(log.Named("page"), s.machine.rest)
	if o.NewTeacher != nil {
		s.teacher = o.NewTeacher(s, limitRepeats(log.Named("teach")))
	}
	s.board = newBoard(s)
	s.inboxes = newInboxes(limitRepeats(log.Named("teach")), s.Plan, s.Changed)
	if s.heart, err = newHeartbeat(log, s, s.beat); err != nil {
		return nil, err
	}
	return s, nil
}

// stop has Run end.
func (s *Service) stop() { s.stopOnce.Do(func() { close(s.shutdown) }) }

// Run runs the plan until ctx ends, a command says so, all cameras have no more pictures, or nobody reads standard output
// any more; then it takes everything down. The error says what could not be used at the start, or that the embedded
// broker or the log could not be exchanged at a reload; the end of ctx is none. It may be called once.
func (s *Service) Run(ctx context.Context) error {
	mqtt.BridgeLogs(limitRepeats(s.log.Named("paho")))
	defer close(s.ended)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-s.shutdown:
			cancel()
		case <-ctx.Done():
		}
	}()
	err := s.start(ctx, s.first)
	if err == nil {
		err = s.live(ctx)
	} else if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		err = nil // told to end before all models were loaded
	}
	return errors.Join(err, s.close())
}

// start makes the first plan run.
func (s *Service) start(ctx context.Context, first *plan.Plan) error {
	if file := s.source(); s.options.Source == "" && file != "" {
		s.log.Info("config file found", zap.String("file", file))
	}
	s.addLines(first)
	p, err := s.builder().build(ctx, first)
	if err != nil {
		return err
	}
	if err := s.openPage(first); err != nil {
		return errors.Join(err, p.close(noParts()))
	}
	s.announce(p)
	if err := s.take(ctx, p); err != nil {
		return err
	}
	s.reportConfig(publish.ConfigApplied, nil)
	return nil
}

// builder makes parts that fit to those that run.
func (s *Service) builder() *builder {
	return &builder{log: s.log, clock: s.clock, out: s.out, rest: s.machine.rest, keep: s.inboxes.keep, obey: s, figures: s.figures, version: s.options.Version, old: s.parts}
}

// addLines adds standard output to the publishers. Whether it waits for a slow reader is settled by the first plan.
func (s *Service) addLines(p *plan.Plan) {
	if output := s.output(); output != OutputNone {
		s.out.add(lines.New(s.options.Out, lines.Options{JSON: output == OutputJSON, Wait: finite(p)}))
	}
}

// output is what standard output gets.
func (s *Service) output() string {
	switch {
	case s.options.Output != OutputAuto:
		return s.options.Output
	case isJournal(s.options.Out):
		return OutputNone
	}
	return OutputText
}

// finite tells whether all there is to do is to work through pictures: then a slow reader of the results is waited for,
// as by any program in a pipe. A camera goes on without its reader.
func finite(p *plan.Plan) bool {
	for _, c := range p.Cameras {
		if c.View == "" && !c.Finite {
			return false
		}
	}
	return true
}

// live is serve with a heartbeat, somebody who watches the machine, and reports.
func (s *Service) live(ctx context.Context) error {
	beating, stop := context.WithCancel(context.WithoutCancel(ctx)) // also while the cameras stop
	var heart sync.WaitGroup
	heart.Go(func() { s.heart.Run(beating) })
	heart.Go(func() { s.machine.watch(beating, s.governor, s.setDuty) })
	heart.Go(func() { s.report(beating) })
	heart.Go(func() { s.board.run(beating) })
	leaving := context.AfterFunc(ctx, func() { s.tell(systemd.Stopping) })
	err := s.serve(ctx)
	if leaving() { // ended without being told to
		s.tell(systemd.Stopping)
	}
	stop()
	heart.Wait()
	return err
}

// tell tells the service manager.
func (s *Service) tell(states ...string) {
	if err := s.heart.notify(states...); err != nil {
		s.log.Warn("service manager not notified", zap.Error(err))
	}
}

// serve does what is asked for until all cameras have ended: because ctx ended, or they have no more pictures.
func (s *Service) serve(ctx context.Context) error {
	for s.active() {
		select {
		case <-s.gone:
		case r := <-s.requests:
			err := r.do(ctx)
			close(r.done)
			if err != nil {
				s.stopCameras(noParts())
				return err
			}
		}
	}
	return nil
}

// active tells whether a camera is at work.
func (s *Service) active() bool {
	for _, r := range s.running {
		select {
		case <-r.done:
		default:
			return true
		}
	}
	return false
}

// close takes down whatever is there, publishers first so that the last messages still go out.
func (s *Service) close() error {
	s.leavePins()
	s.leaveFile(true)
	s.tellEnginesDown()
	s.bench.take(noParts())
	s.leaving.Wait()
	var taught error
	if s.teacher != nil {
		taught = s.teacher.Close()
	}
	err := errors.Join(taught, s.out.Close(), s.parts.close(noParts()))
	s.log.Sync() // standard error of a terminal cannot be synced, and says so
	return err
}

// tellEnginesDown has the broker retain that no model of ours has anything that runs it, as the status of each camera there
// says that it has stopped.
func (s *Service) tellEnginesDown() {
	if s.client == nil {
		return
	}
	for _, m := range s.out.newest() {
		if e, ok := m.(publish.EngineStatus); ok {
			s.client.Publish(context.Background(), stopped(e, time.Now()))
		}
	}
}

// stopped is e, and that of a second model, once the daemon has stopped at a moment.
func stopped(e publish.EngineStatus, at time.Time) publish.EngineStatus {
	e.State, e.Engine, e.Reason, e.Time = publish.EngineDown, "", "the daemon has stopped", at
	if e.Then != nil {
		e.Then = new(stopped(*e.Then, at))
	}
	return e
}

// sorted are the values of a map in the order of their names.
func sorted[T any](byName map[string]T) []T {
	list := make([]T, 0, len(byName))
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		list = append(list, byName[name])
	}
	return list
}
