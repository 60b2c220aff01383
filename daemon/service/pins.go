package service

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/inceptiond/inceptiond/internal/text"
	"github.com/inceptiond/inceptiond/publish/gpio"
)

// buildGPIO finds the classes that outputs wait for among those that their cameras may decide.
func (b *builder) buildGPIO(next *parts) error {
	g := next.plan.GPIO
	if g == nil {
		return nil
	}
	o := *g
	o.Outputs = map[string]gpio.Output{}
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(g.Outputs)) {
		out, err := next.resolve(g.Outputs[name])
		errs = append(errs, text.Prefix(fmt.Sprintf("gpio.outputs.%s.", name), err))
		o.Outputs[name] = out
	}
	next.gpio = &o
	return errors.Join(errs...)
}

// resolve is out with the labels that its camera tells in the place of what the config calls them.
func (p *parts) resolve(out gpio.Output) (gpio.Output, error) {
	camera := p.cameras[out.Camera]
	if camera == nil { // it needs none, or that it cannot be used has been told
		return out, nil
	}
	var labels []string
	var errs []error
	for _, entry := range out.Classes {
		found, err := camera.FindClasses(entry)
		errs = append(errs, err)
		labels = append(labels, found...)
	}
	out.Classes = labels
	return out, errors.Join(errs...)
}

// connectPins has the pins at work that the parts want. Lines that are in old's for the same are not touched.
func (s *Service) connectPins(old *parts) {
	next, at := s.parts.gpio, s.pins.Load()
	switch {
	case next == nil && at == nil:
	case next == nil:
		at.Update(gpio.Options{Device: s.parts.plan.Device}) // so that nobody believes that they are there
		s.leavePins()
	case at == nil:
		at = gpio.Open(*next, gpio.Surroundings{Out: s.out, Log: limitRepeats(s.log.Named("gpio")), Trigger: s.commands.trigger})
		s.pins.Store(at)
		s.out.add(at)
	case !reflect.DeepEqual(next, old.gpio):
		at.Update(*next)
	}
}

// leavePins has all outputs safe, and gives all lines back. Those who publish hear of it.
func (s *Service) leavePins() {
	if at := s.pins.Swap(nil); at != nil {
		s.out.remove(at)
		_ = at.Close() // it has none
	}
}

// beat has heartbeats of pins go on, or not.
func (s *Service) beat(well bool) {
	if at := s.pins.Load(); at != nil {
		at.Beat(well)
	}
}

// announcePins says which pins are used, for people.
func announcePins(o *gpio.Options) [][2]string {
	if o == nil {
		return nil
	}
	var list []string
	for _, name := range slices.Sorted(maps.Keys(o.Inputs)) {
		list = append(list, fmt.Sprintf("%s reads %s", name, o.Inputs[name].Line))
	}
	for _, name := range slices.Sorted(maps.Keys(o.Outputs)) {
		list = append(list, fmt.Sprintf("%s switches %s", name, o.Outputs[name].Line))
	}
	if o.DryRun {
		list = append(list, "a dry run: nothing is switched")
	}
	return [][2]string{{"gpio", strings.Join(list, ", ")}}
}
