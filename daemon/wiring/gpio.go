package wiring

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/inceptiond/inceptiond/config"
	"github.com/inceptiond/inceptiond/publish/gpio"
)

// Pins are the pins of the config file at path, nil if it has none. Of a file with mistakes they are those whose line and
// levels are clear; then there is an error too.
func Pins(path string) (*gpio.Options, error) {
	c, err := Load(path, Flags{})
	var bad *config.Error
	if !errors.As(err, &bad) {
		if err != nil {
			return nil, err
		}
		return planGPIO(c), nil
	}
	draft, unreadable := config.Draft(path)
	if unreadable != nil {
		return nil, err
	}
	unclear := func(section, name string) bool { return slices.ContainsFunc(bad.Problems, about(section, name)) }
	maps.DeleteFunc(draft.GPIO.Inputs, func(name string, _ config.GPIOInput) bool { return unclear("inputs", name) })
	maps.DeleteFunc(draft.GPIO.Outputs, func(name string, _ config.GPIOOutput) bool { return unclear("outputs", name) })
	return planGPIO(draft), err
}

// harmless are the keys of a pin that say neither which one it is, nor what its levels mean.
var harmless = []string{"pull", "debounce", "mode", "camera", "classes", "length", "rest", "at_most"}

// about tells of a problem whether it leaves unclear which line a pin is, or what its levels mean.
func about(section, name string) func(config.Problem) bool {
	key := config.Key("gpio", section, name)
	return func(p config.Problem) bool {
		if p.Key == "gpio" || p.Key == "gpio.chip" || p.Key == "gpio.dry_run" || p.Key == config.Key("gpio", section) || p.Key == key {
			return true
		}
		rest, ok := strings.CutPrefix(p.Key, key+".")
		part, _, _ := strings.Cut(rest, "[")
		return ok && !slices.Contains(harmless, part)
	}
}

// planGPIO is what c says about pins; nil if there are none.
func planGPIO(c *config.Config) *gpio.Options {
	g := c.GPIO
	if len(g.Inputs)+len(g.Outputs) == 0 {
		return nil
	}
	o := &gpio.Options{
		Device: c.Device, Chip: g.Chip, DryRun: g.DryRun,
		Inputs: map[string]gpio.Input{}, Outputs: map[string]gpio.Output{},
	}
	for name, in := range g.Inputs {
		o.Inputs[name] = gpio.Input{Line: string(in.Line), Pull: gpio.Pull(in.Pull), ActiveLow: in.ActiveLow, Debounce: in.Debounce}
	}
	for name, out := range g.Outputs {
		o.Outputs[name] = gpio.Output{
			Line: string(out.Line), ActiveLow: out.ActiveLow, Safe: out.Safe == "on", Mode: gpio.Mode(out.Mode),
			Camera: out.Camera, Classes: texts(out.Classes), Length: out.Length, Rest: out.Rest, AtMost: out.AtMost,
		}
	}
	return o
}
