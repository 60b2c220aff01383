package edgetpu

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// ErrNone is wrapped by errors that say that there is no such device.
var ErrNone = errors.New("no such Edge TPU")

// Match finds the device that name stands for:
//
//	"" or "any"         the first one
//	"usb" or "pci"      the first one on that bus
//	"usb:1" or "pci:1"  the second one on that bus
//	"/dev/apex_0"       the one of that path
func Match(name string, devices []Device) (Device, error) {
	if strings.HasPrefix(name, "/") {
		for _, d := range devices {
			if d.Path == name {
				return d, nil
			}
		}
		return Device{}, none(name, devices)
	}
	kind, number, numbered := strings.Cut(name, ":")
	skip, err := strconv.ParseUint(number, 10, 16)
	bus, known := map[string]Bus{"": 0, "any": 0, "usb": USB, "pci": PCI}[kind]
	if !known || numbered && (err != nil || bus == 0) {
		return Device{}, fmt.Errorf("edgetpu: device %q is no name (want any, usb, pci, usb:1 or a path such as /dev/apex_0)", name)
	}
	for _, d := range devices {
		if bus != 0 && d.Bus != bus {
			continue
		}
		if skip == 0 {
			return d, nil
		}
		skip--
	}
	return Device{}, none(name, devices)
}

func none(name string, devices []Device) error {
	if len(devices) == 0 {
		return fmt.Errorf("edgetpu: %w is connected", ErrNone)
	}
	var list []string
	for _, d := range devices {
		list = append(list, d.String())
	}
	return fmt.Errorf("edgetpu: device %q: %w (there is %s)", name, ErrNone, strings.Join(list, ", "))
}
