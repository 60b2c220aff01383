package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"sync"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/config"
	"github.com/inceptiond/inceptiond/publish"
	"github.com/inceptiond/inceptiond/publish/lines"
	"github.com/inceptiond/inceptiond/publish/mqtt"
	"github.com/inceptiond/inceptiond/systemd"
)

// daemon is a running inceptiond. One goroutine owns it, and starts and ends all others: the one that calls run.
type daemon struct {
	options runOptions
	log     *zap.Logger
	logging *logControl
	clock   clock
	sink    *fanOut
	heart   *heartbeat
	parts   *parts              // what runs; never nil
	client  *mqtt.Client        // nil without MQTT
	running map[string]*running // by the camera's name
	ended   chan struct{}       // holds a token after a camera has ended
}

// running is a camera at work.
type running struct {
	*camera
	stop context.CancelFunc
	done chan struct{} // closed when it has ended
}

func newDaemon(o runOptions, log *zap.Logger, logging *logControl, deaf func()) (*daemon, error) {
	clock, err := newClock()
	if err != nil {
		return nil, err
	}
	sink := &fanOut{log: limitRepeats(log.Named("publish")), deaf: deaf}
	heart, err := newHeartbeat(log, sink.results.Load)
	if err != nil {
		return nil, err
	}
	return &daemon{
		options: o, log: log, logging: logging, clock: clock, sink: sink, heart: heart,
		parts: noParts(), running: map[string]*running{}, ended: make(chan struct{}, 1),
	}, nil
}

// addLines adds standard output to the sink. Whether it waits for a slow reader is settled by the first config, c.
func (d *daemon) addLines(out io.Writer, c *config.Config) error {
	output := d.options.output
	if output == "auto" {
		output = "text"
		if isJournal(out) {
			output = "none"
		}
	}
	switch output {
	case "text", "json":
		d.sink.add(lines.New(out, lines.Options{JSON: output == "json", Wait: onlyFiles(c)}))
	case "none":
	default:
		return usageError{fmt.Errorf("--output %q: want text, json, none or auto", output)}
	}
	return nil
}

// onlyFiles tells whether all there is to do is to work through pictures: then a slow reader of the results is waited
// for, as by any program in a pipe. A camera goes on without its reader.
func onlyFiles(c *config.Config) bool {
	for _, cam := range c.Cameras {
		if cam.Source != config.SourceFiles || cam.Files.Loop {
			return false
		}
	}
	return true
}

// live is run with a heartbeat.
func (d *daemon) live(ctx context.Context, hangups <-chan os.Signal) error {
	beating, stop := context.WithCancel(context.WithoutCancel(ctx)) // also while the cameras stop
	var heart sync.WaitGroup
	heart.Go(func() { d.heart.Run(beating) })
	leaving := context.AfterFunc(ctx, func() { d.tell(systemd.Stopping) })
	err := d.run(ctx, hangups)
	if leaving() { // ended without being told to
		d.tell(systemd.Stopping)
	}
	stop()
	heart.Wait()
	return err
}

// tell tells the service manager.
func (d *daemon) tell(states ...string) {
	if err := d.heart.notify(states...); err != nil {
		d.log.Warn("service manager not notified", zap.Error(err))
	}
}

// run works until ctx ends or all cameras have no more pictures, and reads the config file again at every hangup. It
// returns when all cameras have ended.
func (d *daemon) run(ctx context.Context, hangups <-chan os.Signal) error {
	for d.active() {
		select {
		case <-d.ended:
		case <-hangups:
			if err := d.reload(ctx); err != nil {
				d.stopCameras(noParts())
				return err
			}
		}
	}
	return nil
}

// active tells whether a camera is at work.
func (d *daemon) active() bool {
	for _, r := range d.running {
		select {
		case <-r.done:
		default:
			return true
		}
	}
	return false
}

// take makes next run in the place of what runs. Cameras, models and connections that are in both are not touched. After
// an error the daemon is of no more use: close it.
func (d *daemon) take(ctx context.Context, next *parts) error {
	old := d.parts
	d.stopCameras(next)
	d.parts = next
	if err := errors.Join(d.logging.set(next.config.Log), d.connect(old)); err != nil {
		return errors.Join(err, old.close(next))
	}
	if err := old.close(next); err != nil {
		d.log.Warn("not closed in good order", zap.Error(err))
	}
	for _, c := range sorted(next.cameras) {
		if d.running[c.name] == nil {
			d.startCamera(ctx, c)
		}
	}
	d.heart.vitals.Store(&vitals{
		cameras: sorted(next.cameras), models: sorted(next.models), client: d.client,
	})
	return nil
}

// sorted are the parts of a map in the order of their names.
func sorted[T any](parts map[string]T) []T {
	list := make([]T, 0, len(parts))
	for _, name := range slices.Sorted(maps.Keys(parts)) {
		list = append(list, parts[name])
	}
	return list
}

// startCamera lets c work until ctx ends, or it is stopped, or it has no more pictures.
func (d *daemon) startCamera(ctx context.Context, c *camera) {
	ctx, stop := context.WithCancel(ctx)
	r := &running{camera: c, stop: stop, done: make(chan struct{})}
	d.running[c.name] = r
	go func() {
		defer stop()
		c.Run(ctx)
		close(r.done)
		select {
		case d.ended <- struct{}{}:
		default:
		}
	}()
}

// stopCameras stops the cameras that next does not have, and waits until they have ended.
func (d *daemon) stopCameras(next *parts) {
	var stopped []*running
	for name, r := range d.running {
		if next.cameras[name] != r.camera {
			r.stop()
			stopped = append(stopped, r)
			delete(d.running, name)
		}
	}
	for _, r := range stopped {
		<-r.done
		d.sink.forget(r.name) // one of the same name tells everything anew
	}
}

// connect replaces the client if it has other options than old's.
func (d *daemon) connect(old *parts) error {
	if d.parts.mqtt == old.mqtt {
		return nil
	}
	var before publish.Publisher
	if d.client != nil {
		before, d.client = d.client, nil
	}
	return d.sink.replace(before, func() (p publish.Publisher, err error) {
		if d.parts.mqtt == nil {
			return nil, nil
		}
		if d.client, err = mqtt.Open(*d.parts.mqtt, d.log.Named("mqtt")); err != nil {
			return nil, err
		}
		return d.client, nil
	})
}

// close takes down whatever is there, publishers first so that the last messages still go out.
func (d *daemon) close() error {
	err := errors.Join(d.sink.Close(), d.parts.close(noParts()))
	d.log.Sync() // standard error of a terminal cannot be synced, and says so
	return err
}
