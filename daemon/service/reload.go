package service

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/daemon/control"
	"github.com/inceptiond/inceptiond/publish"
	"github.com/inceptiond/inceptiond/publish/mqtt"
	"github.com/inceptiond/inceptiond/systemd"
)

// request is work for the goroutine that owns the parts.
type request struct {
	do   func(ctx context.Context) (fatal error) // after a fatal error the service is of no more use: close it
	done chan<- struct{}                         // closed when do has returned
}

// request has do called by the goroutine that owns the parts; done is closed when it has returned. With an error it is not called.
func (s *Service) request(ctx context.Context, do func(ctx context.Context) (fatal error)) (done <-chan struct{}, err error) {
	finished := make(chan struct{})
	select {
	case s.requests <- request{do, finished}:
		return finished, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-s.ended:
		return nil, errEnded
	}
}

// Do carries out a command; see [control.Controller].
func (s *Service) Do(ctx context.Context, c control.Command) (control.Outcome, error) {
	switch c.Kind {
	case control.Shutdown:
		s.stop()
		return control.Outcome{}, nil
	case control.Reload:
		return s.requestReload(ctx)
	}
	rule, ok := control.RuleOf(c.Kind)
	switch {
	case ok && (c.Kind == control.Teach || c.Kind == control.Train):
		return s.teach(ctx, rule, c)
	case ok:
		return s.commands.do(ctx, rule, c)
	}
	return control.Outcome{}, fmt.Errorf("service: no command %q", c.Kind)
}

// errEnded is for commands that come too late.
var errEnded = errors.New("service: ended")

func (s *Service) requestReload(ctx context.Context) (control.Outcome, error) {
	var outcome control.Outcome
	done, err := s.request(ctx, func(ctx context.Context) (fatal error) {
		outcome, fatal = s.reload(ctx)
		return fatal
	})
	if err != nil {
		return control.Outcome{}, err
	}
	select {
	case <-done:
		return outcome, nil
	case <-ctx.Done():
		return control.Outcome{}, ctx.Err()
	}
}

// tellReload tells the service manager that a config is being exchanged, and done that it has been.
func (s *Service) tellReload() (done func()) {
	if !s.heart.ready.Load() { // Ready would say too much
		return func() {}
	}
	s.tell(systemd.Reloading())
	return func() { s.tell(systemd.Ready) }
}

// reload loads a plan again. A good one is in force when it returns; a bad one changes nothing. Either is said in the log
// and published. After an error the service is of no more use: close it.
func (s *Service) reload(ctx context.Context) (control.Outcome, error) {
	defer s.tellReload()()
	old := s.parts
	next, err := s.prepare(ctx)
	if ctx.Err() != nil { // the end has come meanwhile: what runs is taken down as it is
		if next != nil {
			err = next.close(old)
		}
		s.log.Debug("reload given up", zap.Error(err))
		return control.Outcome{Refused: []string{errEnded.Error()}}, nil
	}
	if err != nil {
		problems := strings.Split(err.Error(), "\n")
		s.log.Error("config refused, the old one goes on", zap.String("file", s.source()), zap.Strings("problems", problems))
		s.reportConfig(publish.ConfigRefused, problems)
		s.oversee(true)
		return control.Outcome{Refused: problems}, nil
	}
	_, err = s.exchange(ctx, next)
	return control.Outcome{}, err
}

// exchange makes next run in the place of what runs, and says so. After an error the service is of no more use: close it.
func (s *Service) exchange(ctx context.Context, next *parts) (cameras difference, err error) {
	old := s.parts
	if err := s.take(ctx, next); err != nil {
		return difference{}, err
	}
	cameras = compare(old.cameras, next.cameras)
	models := compare(old.models, next.models)
	s.log.Info("config applied", zap.String("file", s.source()),
		zap.Strings("cameras_kept", cameras.kept), zap.Strings("cameras_started", cameras.added), zap.Strings("cameras_stopped", cameras.gone),
		zap.Strings("models_loaded", models.added), zap.Strings("models_unloaded", models.gone),
		zap.Bool("mqtt_kept", next.mqtt == old.mqtt))
	s.reportConfig(publish.ConfigApplied, nil)
	return cameras, nil
}

// prepare builds the parts of the plan that is wanted now.
func (s *Service) prepare(ctx context.Context) (*parts, error) {
	p, err := s.options.Load()
	if err != nil {
		return nil, err
	}
	return s.builder().build(ctx, p)
}

// take makes next run in the place of what runs. Cameras, models and connections that are in both are not touched. After
// an error the service is of no more use: close it.
func (s *Service) take(ctx context.Context, next *parts) error {
	old := s.parts
	s.stopCameras(next)
	s.bench.take(next)
	s.parts = next
	moved := s.movePage(old)
	s.out.Publish(ctx, s.inventory())
	if err := errors.Join(moved, s.logging.set(next.plan.Log), s.connect(old), s.keepPictures(old)); err != nil {
		return errors.Join(err, old.close(next))
	}
	if err := old.close(next); err != nil {
		s.log.Warn("not closed in good order", zap.Error(err))
	}
	s.makeRoom()
	s.connectPins(old)
	s.countFigures(old)
	s.commands.take(next.plan, next.cameras)
	s.watches.take(next.cameras)
	s.startCameras(ctx)
	s.oversee(false)
	s.board.change("")
	s.writeFigures(old)
	s.setDuty(s.machine.known.Load().State)
	return nil
}

// connect replaces the client if it has other options than old's.
func (s *Service) connect(old *parts) error {
	if s.parts.mqtt == old.mqtt {
		return nil
	}
	var before publish.Publisher
	if s.client != nil {
		if next := s.parts.mqtt; next == nil || !next.SameBroker(old.mqtt) || next.Prefix != old.mqtt.Prefix {
			s.client.Leave()
		}
		if !sameAnnouncement(old.mqtt, s.parts.mqtt) {
			s.client.Withdraw()
		}
		before, s.before, s.client = s.client, s.client, nil
	}
	return s.out.replace(before, func() (p publish.Publisher, err error) {
		if s.parts.mqtt == nil {
			return nil, nil
		}
		o := *s.parts.mqtt
		if s.before != nil {
			o.After, o.Announced = s.before.LastNumber(), s.before.Announced()
		}
		if s.client, err = mqtt.Open(o, s.log.Named("mqtt")); err != nil {
			return nil, err
		}
		return s.client, nil
	})
}

// sameAnnouncement tells whether what old has announced to Home Assistant stays, or next announces something else in its place.
func sameAnnouncement(old, next *mqtt.Options) bool {
	return next != nil && old.HomeAssistant != nil && next.HomeAssistant != nil && next.SameBroker(old) &&
		next.Device == old.Device && next.HomeAssistant.Discovery == old.HomeAssistant.Discovery
}

func (s *Service) reportConfig(state publish.ConfigState, problems []string) {
	m := publish.ConfigStatus{
		Device: s.parts.plan.Device, Boot: s.clock.BootID(), State: state, Problems: problems, Time: time.Now(),
	}
	for _, part := range sorted(s.parts.models) {
		m.Models = append(m.Models, publish.Model{Name: part.Name, SHA256: part.SHA256})
	}
	if err := s.out.Publish(context.Background(), m); err != nil {
		s.log.Warn("config status not published", zap.Error(err))
	}
}

// difference is which names of two maps have the same part, and which do not; a part that has changed is gone and added.
type difference struct{ kept, added, gone []string }

func compare[T comparable](old, next map[string]T) difference {
	var d difference
	for _, name := range slices.Sorted(maps.Keys(next)) {
		if part, there := old[name]; there && part == next[name] {
			d.kept = append(d.kept, name)
		} else {
			d.added = append(d.added, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(old)) {
		if part, there := next[name]; !there || part != old[name] {
			d.gone = append(d.gone, name)
		}
	}
	return d
}
