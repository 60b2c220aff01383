package edgetpu

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// errNone is wrapped by errors that say that there is no such device.
var errNone = errors.New("no such Edge TPU")

// Match finds the devices that name stands for, of which the first that can be opened is meant:
//
//	"" or "any"         all
//	"usb" or "pci"      those on that bus
//	"usb:1" or "pci:1"  the second one on that bus
//	"/dev/apex_0"       the one of that path
//
// The error says that name is no name, or, wrapping errNone, which devices there are instead.
func Match(name string, devices []Device) ([]Device, error) {
	wanted := func(d Device, _ int) bool { return d.Path == name }
	if !strings.HasPrefix(name, "/") {
		bus, number, err := parseName(name)
		if err != nil {
			return nil, err
		}
		wanted = func(d Device, n int) bool { return (bus == 0 || d.Bus == bus) && (number < 0 || n == number) }
	}
	var matches []Device
	count := map[Bus]int{}
	for _, d := range devices {
		if wanted(d, count[d.Bus]) {
			matches = append(matches, d)
		}
		count[d.Bus]++
	}
	if matches == nil {
		return nil, none(name, devices)
	}
	return matches, nil
}

// parseName reads a name that is no path. bus is 0 for any; number is -1 for all of the bus.
func parseName(name string) (bus Bus, number int, err error) {
	kind, digits, numbered := strings.Cut(name, ":")
	bus, known := map[string]Bus{"": 0, "any": 0, "usb": USB, "pci": PCI}[kind]
	if !numbered {
		digits = "0"
	}
	n, err := strconv.ParseUint(digits, 10, 16)
	if !known || err != nil || numbered && bus == 0 {
		return 0, 0, fmt.Errorf("edgetpu: device %q is no name (want any, usb, pci, usb:1 or a path such as /dev/apex_0)", name)
	}
	if !numbered {
		return bus, -1, nil
	}
	return bus, int(n), nil
}

func none(name string, devices []Device) error {
	if len(devices) == 0 {
		return fmt.Errorf("edgetpu: %w is connected", errNone)
	}
	var list []string
	for _, d := range devices {
		list = append(list, d.String())
	}
	return fmt.Errorf("edgetpu: device %q: %w (there is %s)", name, errNone, strings.Join(list, ", "))
}
