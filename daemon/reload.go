package main

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/publish"
	"github.com/inceptiond/inceptiond/systemd"
)

// reload reads the config file again. A good file is in force when it returns; a bad one changes nothing. Either is said
// in the log and by the sink. After an error the daemon is of no more use: close it.
func (d *daemon) reload(ctx context.Context) error {
	if d.heart.ready.Load() { // else Ready would say too much
		d.tell(systemd.Reloading())
		defer d.tell(systemd.Ready)
	}
	old := d.parts
	next, err := d.prepare(ctx)
	if err != nil {
		problems := strings.Split(err.Error(), "\n")
		d.log.Error("config refused, the old one goes on", zap.String("file", d.options.file), zap.Strings("problems", problems))
		d.reportConfig(publish.ConfigRefused, problems)
		v := *d.heart.vitals.Load()
		v.refused = true
		d.heart.vitals.Store(&v)
		return nil
	}
	if err := d.take(ctx, next); err != nil {
		return err
	}
	cameras := compare(old.cameras, next.cameras)
	models := compare(old.models, next.models)
	d.log.Info("config applied", zap.String("file", d.options.file),
		zap.Strings("cameras_kept", cameras.kept), zap.Strings("cameras_started", cameras.added), zap.Strings("cameras_stopped", cameras.gone),
		zap.Strings("models_loaded", models.added), zap.Strings("models_unloaded", models.gone),
		zap.Bool("mqtt_kept", next.mqtt == old.mqtt))
	d.reportConfig(publish.ConfigApplied, nil)
	return nil
}

// prepare builds the parts of the config file as it is now.
func (d *daemon) prepare(ctx context.Context) (*parts, error) {
	c, err := loadConfig(d.options)
	if err != nil {
		return nil, err
	}
	return d.build(ctx, c)
}

func (d *daemon) reportConfig(state publish.ConfigState, problems []string) {
	status := publish.ConfigStatus{Device: d.parts.config.Device, State: state, Problems: problems, Time: time.Now()}
	if err := d.sink.Publish(context.Background(), status); err != nil {
		d.log.Warn("config status not published", zap.Error(err))
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
