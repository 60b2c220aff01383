package service

import (
	"fmt"
	"reflect"
	"time"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/daemon/pipeline"
	"github.com/inceptiond/inceptiond/daemon/plan"
	"github.com/inceptiond/inceptiond/internal/clock"
	"github.com/inceptiond/inceptiond/publish"
	"github.com/inceptiond/inceptiond/publish/snapshots"
)

// snapshotOptions are those of a camera with the model m, nil if it makes no pictures, and the output of the model that says
// where it looks; 0: nobody wants to see that, or can tell, which is said in the log.
func snapshotOptions(c *plan.Camera, m *model, log *zap.Logger) (o *pipeline.SnapshotOptions, inner int, err error) {
	s := c.Snapshot
	if s == nil {
		return nil, 0, nil
	}
	o = &pipeline.SnapshotOptions{
		Classes: s.Classes, Interval: s.Interval, Picture: s.Picture, MQTT: s.MQTT, Retain: s.Retain, Disk: s.Disk != nil,
	}
	switch {
	case !s.Why:
		return o, 0, nil
	case m.Why.Map == 0:
		_, err := m.Activation()
		log.Warn("no pictures of where the model looks: it has no map that says so", zap.String("model", m.Name), zap.Error(err))
		return o, 0, nil
	}
	w, err := newWhyPictures(m, c.Preprocess, s.Picture)
	if err != nil {
		return nil, 0, fmt.Errorf("snapshot.why: %w", err)
	}
	o.Why = w.draw
	return o, m.Why.Map, nil
}

// albums are the cameras of a plan whose pictures are kept on the disk.
func albums(p *plan.Plan) map[string]snapshots.Limits {
	list := map[string]snapshots.Limits{}
	for name, c := range p.Cameras {
		if s := c.Snapshot; s != nil && s.Disk != nil {
			list[name] = *s.Disk
		}
	}
	return list
}

// keepPictures replaces the keeper of pictures if it has other albums than old's.
func (s *Service) keepPictures(old *parts) error {
	next := albums(s.parts.plan)
	if reflect.DeepEqual(next, albums(old.plan)) {
		return nil
	}
	var before publish.Publisher
	if s.keeper != nil {
		before, s.keeper = s.keeper, nil
	}
	return s.out.replace(before, func() (publish.Publisher, error) {
		if len(next) == 0 {
			return nil, nil
		}
		s.keeper = snapshots.Open(snapshots.Options{Cameras: next, Boot: s.clock.BootID(), Now: pictureClock(s.clock)}, s.log.Named("snapshots"))
		return s.keeper, nil
	})
}

// pictureClock is what tells the time on the machine's clocks.
func pictureClock(c clock.Clock) func() snapshots.Moment {
	return func() snapshots.Moment {
		synced, _ := clock.Synchronized() // false where nobody knows
		now := time.Now()
		return snapshots.Moment{Time: now, SinceBoot: c.SinceBoot(now), Synced: synced}
	}
}

// checkSnapshots notes which cameras make pictures for nobody.
func checkSnapshots(p *plan.Plan) (notes []string) {
	for _, name := range p.CamerasFirst() {
		if s := p.Cameras[name].Snapshot; s != nil && !s.MQTT && s.Disk == nil {
			notes = append(notes, fmt.Sprintf("camera %s: nobody gets its pictures: set snapshot.mqtt or snapshot.disk to true", name))
		}
	}
	return notes
}
