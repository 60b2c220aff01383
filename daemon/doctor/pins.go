package doctor

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/inceptiond/inceptiond/internal/gpiochip"
	"github.com/inceptiond/inceptiond/publish/gpio"
)

// pinChecks look at every pin of the config. They switch nothing, and ask for no line.
func (e *examination) pinChecks() []Check {
	if e.plan == nil || e.plan.GPIO == nil {
		return nil
	}
	o := e.plan.GPIO
	return []Check{{Area: "gpio", Name: "pins", Run: func(context.Context) []Finding {
		chips, err := gpiochip.Chips()
		if err != nil {
			return one(Fault, "see `dmesg | tail`", "%v", err)
		}
		findings := append(e.pinsForService(chips), judgePins(chips, o)...)
		if o.DryRun {
			findings = append(findings, Finding{State: Note, Found: "gpio.dry_run is true: outputs are told, and not switched"})
		}
		return findings
	}}}
}

// judgePins tells of every pin whether its line is there for it.
func judgePins(chips []gpiochip.Chip, o *gpio.Options) (findings []Finding) {
	users := map[gpiochip.Place]string{}
	add := func(pin, line string) {
		f := judgePin(chips, pin, o.Chip, line)
		if at, err := gpiochip.Find(chips, o.Chip, line); err == nil {
			if other := users[at]; other != "" {
				f = Finding{Check: pin, State: Fault, Found: fmt.Sprintf("%s is %v, as of %s", line, at, other), Fix: "a line has one use: give one of them another line"}
			}
			users[at] = pin
		}
		findings = append(findings, f)
	}
	for _, name := range slices.Sorted(maps.Keys(o.Inputs)) {
		add("input "+name, o.Inputs[name].Line)
	}
	for _, name := range slices.Sorted(maps.Keys(o.Outputs)) {
		out := o.Outputs[name]
		add("output "+name, out.Line)
		switch last := &findings[len(findings)-1]; {
		case last.State == OK:
			last.Found += ", " + purpose(out)
		case o.DryRun && last.State == Fault: // it would not be asked for
			last.State = Warning
		}
	}
	return findings
}

// purpose is what an output follows, for people.
func purpose(out gpio.Output) string {
	classes := strings.Join(out.Classes, " or ")
	switch out.Mode {
	case gpio.Heartbeat:
		return "beats while all is well"
	case gpio.Pulse:
		return fmt.Sprintf("on for %v when %s comes to show %s", out.Length, out.Camera, classes)
	}
	return fmt.Sprintf("on while %s shows %s", out.Camera, classes)
}

// judgePin tells whether a line is there for us.
func judgePin(chips []gpiochip.Chip, pin, chip, line string) Finding {
	place, err := gpiochip.Find(chips, chip, line)
	if err != nil {
		return faulty(pin, err)
	}
	at := slices.IndexFunc(chips, func(c gpiochip.Chip) bool { return c.Path == place.Chip })
	is := chips[at].Lines[place.Offset]
	found := fmt.Sprintf("%s: %v", line, place)
	switch {
	case !is.Used:
		return Finding{Check: pin, State: OK, Found: found + ", free"}
	case is.Consumer == gpiochip.Consumer:
		return Finding{Check: pin, State: OK, Found: found + ", in use by inceptiond"}
	}
	return faulty(pin, gpiochip.Busy(place, is))
}

// faulty is a finding about an error, with what that says about mending it.
func faulty(pin string, err error) Finding {
	f := Finding{Check: pin, State: Fault, Found: err.Error(), Fix: "see `inceptiond gpio`"}
	if known := new(gpiochip.Error); errors.As(err, &known) {
		f.Found, f.Fix = known.What, known.Fix
	}
	return f
}

// pinsForService is what is wrong with the chips for a service that is in the group gpio.
func (e *examination) pinsForService(chips []gpiochip.Chip) (findings []Finding) {
	for _, c := range chips {
		info, err := os.Stat(e.root.path(c.Path))
		if err != nil {
			continue
		}
		group, mode := groupName(e.root, info), info.Mode().Perm()
		if mode&0o004 == 0 && (group != "gpio" || mode&0o040 == 0) {
			findings = append(findings, one(Warning, `give it to the group gpio: echo 'SUBSYSTEM=="gpio", KERNEL=="gpiochip*", GROUP="gpio", MODE="0660"' | `+
				"sudo tee /etc/udev/rules.d/70-gpio.rules, then sudo udevadm trigger",
				"the service is in the group gpio, but %s belongs to the group %s with mode %04o", c.Path, group, mode)...)
		}
	}
	return findings
}
