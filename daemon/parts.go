package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"syscall"
	"time"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/capture/view"
	"github.com/inceptiond/inceptiond/config"
	"github.com/inceptiond/inceptiond/internal/backoff"
	"github.com/inceptiond/inceptiond/publish/broker"
	"github.com/inceptiond/inceptiond/publish/mqtt"
)

// parts is everything that one config asks for. What an older config asked for in the same way is not built again: the
// two hold the same model, camera, broker or options, so that comparing them tells what has to stop and to start.
type parts struct {
	config  *config.Config
	models  map[string]*sharedModel
	cameras map[string]*camera
	broker  *broker.Broker // nil unless embedded
	mqtt    *mqtt.Options  // nil without MQTT; the client itself belongs to the daemon
}

// noParts is what runs before the first config.
func noParts() *parts { return &parts{config: new(config.Config)} }

// build makes the parts of c. It starts and opens nothing that could disturb what runs, so c can still be refused.
func (d *daemon) build(ctx context.Context, c *config.Config) (*parts, error) {
	p := &parts{config: c, cameras: map[string]*camera{}}
	if err := p.build(ctx, d, d.parts); err != nil {
		return nil, errors.Join(err, p.close(d.parts))
	}
	return p, nil
}

func (p *parts) build(ctx context.Context, d *daemon, old *parts) (err error) {
	if p.models, err = loadModels(ctx, p.config, func(name string) *sharedModel { return p.sameModel(name, old) }, d.log); err != nil {
		return err
	}
	if err := p.buildCameras(d, old); err != nil {
		return err
	}
	return p.buildMQTT(d, old)
}

// buildCameras makes a pipeline for each camera that is new or has changed, and names all that are wrong.
func (p *parts) buildCameras(d *daemon, old *parts) error {
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(p.config.Cameras)) {
		if p.sameCamera(name, old) {
			p.cameras[name] = old.cameras[name]
			continue
		}
		c, err := p.buildCamera(d, name)
		if err != nil {
			errs = append(errs, fmt.Errorf("camera %q: %w", name, err))
			continue
		}
		p.cameras[name] = c
	}
	return errors.Join(errs...)
}

func (p *parts) buildCamera(d *daemon, name string) (*camera, error) {
	cam := p.config.Cameras[name]
	opt, err := preprocessOptions(cam, p.config.Models[cam.Model])
	if err != nil {
		return nil, err
	}
	eye, err := newClassifier(p.models[cam.Model], opt, cam.TopK, cam.Threshold)
	if err != nil {
		return nil, err
	}
	from, err := newOrigin(cam)
	if err != nil {
		return nil, err
	}
	hub, err := newHub(cam)
	if err != nil {
		return nil, err
	}
	log := d.log.Named("camera").With(zap.String("camera", name))
	c := &camera{
		name: name, origin: from, hub: hub, device: p.config.Device, keepAll: cam.Source == config.SourceFiles,
		retry: backoff.Backoff{Min: time.Second / 2, Max: maxRetry},
		eye:   eye, sink: d.sink, clock: d.clock, log: log, often: limitRepeats(log),
	}
	if cam.MaxRate > 0 {
		c.pause = time.Duration(float64(time.Second) / cam.MaxRate)
	}
	return c, nil
}

// newHub makes the hub for the pictures of a camera.
func newHub(cam config.Camera) (*view.Hub, error) {
	o, err := pictureOptions(cam)
	if err != nil {
		return nil, err
	}
	return view.NewHub(o)
}

// buildMQTT starts the embedded broker if it is wanted and not running, and checks what the client will need.
func (p *parts) buildMQTT(d *daemon, old *parts) (err error) {
	m := p.config.MQTT
	url := m.Broker
	switch m.Broker {
	case config.BrokerOff:
		return nil
	case config.BrokerEmbedded:
		if p.broker = old.broker; p.broker == nil || m.Listen != old.config.MQTT.Listen {
			if p.broker, err = startBroker(m.Listen, d.log.Named("broker")); err != nil {
				return err
			}
		}
		url = config.URL("mqtt://" + p.broker.Addr())
	}
	if p.sameMQTT(old) {
		p.mqtt = old.mqtt
		return nil
	}
	o := mqttOptions(p.config, url)
	o.Now = d.clock.now
	p.mqtt = &o
	return mqtt.Check(o)
}

func startBroker(listen string, log *zap.Logger) (*broker.Broker, error) {
	b, err := broker.Start(broker.Options{Listen: listen}, log)
	if errors.Is(err, syscall.EADDRINUSE) {
		err = fmt.Errorf("%w (or on the command line: --listen 127.0.0.1:1884, --broker mqtt://%s; after `make run`: ARGS=\"…\")", err, listen)
	}
	return b, err
}

// sameModel is the model that old has under name, if p wants the same and its files have not changed since; else nil.
func (p *parts) sameModel(name string, old *parts) *sharedModel {
	m, c := old.models[name], p.config.Models[name]
	if m == nil || !reflect.DeepEqual(c, old.config.Models[name]) || markModel(c) != m.files {
		return nil
	}
	return m
}

// sameCamera tells whether old's camera of this name does all that p wants of it.
func (p *parts) sameCamera(name string, old *parts) bool {
	c := p.config.Cameras[name]
	return old.cameras[name] != nil && p.config.Device == old.config.Device &&
		reflect.DeepEqual(c, old.config.Cameras[name]) && p.models[c.Model] == old.models[c.Model]
}

// sameMQTT tells whether old's client does all that p wants of it.
func (p *parts) sameMQTT(old *parts) bool {
	return old.mqtt != nil && p.broker == old.broker && p.config.Device == old.config.Device &&
		reflect.DeepEqual(p.config.MQTT, old.config.MQTT)
}

// close takes down the models and the broker that keep does not have. The cameras of those models must have ended.
func (p *parts) close(keep *parts) error {
	unused := maps.Clone(p.models)
	maps.DeleteFunc(unused, func(name string, m *sharedModel) bool { return keep.models[name] == m })
	errs := []error{closeModels(unused)}
	if p.broker != nil && p.broker != keep.broker {
		errs = append(errs, p.broker.Close())
	}
	return errors.Join(errs...)
}

// fileMark tells one state of a file from another, as far as that can be seen without reading it.
type fileMark struct {
	size, modified int64 // bytes, Unix nanoseconds
	inode          uint64
}

// markModel marks the files of a model; what is built in has the zero mark, as has a file that is not there.
func markModel(c config.Model) [3]fileMark {
	marks := [3]fileMark{markFile(c.File), markFile(c.Labels)}
	if c.EdgeTPU != nil {
		marks[2] = markFile(c.EdgeTPU.File)
	}
	return marks
}

func markFile(path string) fileMark {
	info, err := os.Stat(path)
	if err != nil {
		return fileMark{}
	}
	m := fileMark{size: info.Size(), modified: info.ModTime().UnixNano()}
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		m.inode = s.Ino
	}
	return m
}
