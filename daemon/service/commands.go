package service

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/daemon/control"
	"github.com/inceptiond/inceptiond/daemon/plan"
	"github.com/inceptiond/inceptiond/publish"
)

// settingsFile is in the plan's state folder.
const settingsFile = "settings.json"

// commander does what cameras are told, keeps what that changed, and tells how it is. It may be used from several goroutines
// at once.
type commander struct {
	log *zap.Logger
	out publish.Publisher

	mu      sync.Mutex
	device  string
	path    string // of the store
	store   *control.Store
	opened  atomic.Pointer[control.Store] // the same, for those who must not wait for the disk
	cameras map[string]*commanded         // by name
}

// commanded is a camera that may be told something.
type commanded struct {
	*camera
	enter    string           // what the config says
	triggers []string         // inputs that open its gate
	told     publish.Settings // the last
}

func newCommander(log *zap.Logger, out publish.Publisher) *commander {
	c := &commander{log: log, out: out, cameras: map[string]*commanded{}}
	c.store, _ = control.OpenStore("") // until there is a plan
	c.opened.Store(c.store)
	return c
}

// take makes the cameras of a plan those that are told something. What earlier commands have changed of them is in force
// when it returns; so they must not run yet, unless they ran before.
func (c *commander) take(p *plan.Plan, cameras map[string]*camera) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.device = p.Device
	c.open(p.State)
	before := c.cameras
	c.cameras = map[string]*commanded{}
	for _, name := range slices.Sorted(maps.Keys(cameras)) {
		one := &commanded{camera: cameras[name], enter: control.FormatShare(p.Cameras[name].Decide.Enter)}
		if g := p.Cameras[name].Gate; g != nil {
			one.triggers = g.Triggers
		}
		if old := before[name]; old != nil && old.camera == one.camera {
			one.told = old.told
		}
		c.cameras[name] = one
		c.restore(one)
	}
	if err := c.store.Keep(slices.Collect(maps.Keys(cameras))); err != nil {
		c.log.Warn("that the config has overtaken what commands changed cannot be written", zap.Error(err))
	}
	for _, one := range sorted(c.cameras) {
		c.tell(one)
	}
}

// written is how many bytes of settings were written to the disk. It waits for nobody.
func (c *commander) written() int64 { return c.opened.Load().Written() }

// open opens the store in a state folder, unless it is open.
func (c *commander) open(state string) {
	path := ""
	if state != "" {
		path = filepath.Join(state, settingsFile)
	}
	if path == c.path {
		return
	}
	c.path = path
	var err error
	if c.store, err = control.OpenStore(path); err != nil {
		c.log.Warn("what commands have changed is lost", zap.Error(err))
	}
	c.opened.Store(c.store)
}

// restore puts a camera's settings in force: what was changed, and else what the config says.
func (c *commander) restore(one *commanded) {
	paused, _ := c.store.Value(one.name, control.Paused, control.Off)
	one.SetPaused(paused == control.On)
	enter, changed := c.store.Value(one.name, control.Enter, one.enter)
	if !changed {
		enter = one.enter
	}
	score, _ := control.ParseShare(enter) // as it was written by us
	one.SetEnter(score)
}

// trigger opens the gates that an input opens.
func (c *commander) trigger(input string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, one := range c.cameras {
		if slices.Contains(one.triggers, input) {
			_ = one.Trigger(input) // it is closed: what is to open it, its hours or a command, is not this
		}
	}
}

// do carries out a command about a camera.
func (c *commander) do(ctx context.Context, rule control.Rule, command control.Command) (control.Outcome, error) {
	if err := ctx.Err(); err != nil {
		return control.Outcome{}, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	one := c.cameras[command.Camera]
	if one == nil {
		return control.Outcome{}, fmt.Errorf("%w: %s", control.ErrNoCamera, control.Shown(command.Camera))
	}
	value, err := rule.Parse(command.Value)
	if err != nil {
		return refusedFor(err), nil
	}
	if rule.Kept {
		return c.set(one, rule, value), nil
	}
	if err := one.once(rule.Kind); err != nil {
		return refusedFor(err), nil
	}
	return control.Outcome{}, nil
}

func refusedFor(err error) control.Outcome { return control.Outcome{Refused: []string{err.Error()}} }

// once is what happens once.
func (o *commanded) once(k control.Kind) error {
	switch k {
	case control.Classify:
		return o.ClassifyNow()
	case control.Trigger:
		return o.Trigger("command")
	case control.Snapshot:
		return o.Snapshot()
	}
	return fmt.Errorf("there is no %s here", k)
}

// set changes a setting, unless it is so already.
func (c *commander) set(one *commanded, rule control.Rule, value string) control.Outcome {
	is, config := one.setting(rule.Kind)
	if is == value {
		return control.Outcome{Unchanged: true}
	}
	one.change(rule.Kind, value)
	if err := c.store.Set(one.name, rule.Kind, value, config); err != nil {
		c.log.Warn("a changed setting does not outlive a restart: it cannot be written", zap.Error(err))
	}
	c.tell(one)
	return control.Outcome{}
}

// setting is what a setting is now, and what the config says.
func (o *commanded) setting(k control.Kind) (is, config string) {
	if k == control.Enter {
		return control.FormatShare(o.Enter()), o.enter
	}
	if o.Paused() {
		return control.On, control.Off
	}
	return control.Off, control.Off
}

func (o *commanded) change(k control.Kind, value string) {
	if k == control.Enter {
		score, _ := control.ParseShare(value)
		o.SetEnter(score)
		return
	}
	o.SetPaused(value == control.On)
}

// tell publishes the settings of a camera, if they are others than were told.
func (c *commander) tell(one *commanded) {
	m := publish.Settings{
		Device: c.device, Camera: one.name, Paused: one.Paused(), Enter: one.Enter(), Changed: one.changed(), Kept: c.store.Kept(), Time: time.Now(),
	}
	old := one.told
	if old.Device == m.Device && old.Paused == m.Paused && old.Enter == m.Enter && slices.Equal(old.Changed, m.Changed) && old.Kept == m.Kept {
		return
	}
	one.told = m
	if err := c.out.Publish(context.Background(), m); err != nil {
		c.log.Warn("settings not published", zap.Error(err))
	}
}

// changed are the settings that are not as the config says.
func (o *commanded) changed() (list []string) {
	for _, r := range control.Rules() {
		if r.Kept {
			if is, config := o.setting(r.Kind); is != config {
				list = append(list, string(r.Kind))
			}
		}
	}
	return list
}
