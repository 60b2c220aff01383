// Package edgetpu finds Coral Edge TPUs and their library, libedgetpu, without loading it: from what Linux says of its
// devices and of the files that the loader would find. Native code that may hang or abort is not needed to say what is
// wrong with a machine.
//
// [Find] reports what is there, with the fault of everything that cannot be used and how to mend it; [Report.Choose] says
// whether the device that a configuration names can be used.
//
// An accelerator on USB has two identities: 1a6e:089a from power-up until libedgetpu has loaded firmware into it, then
// 18d1:9302. Users need the permission for both. One on PCI (M.2, Mini PCIe) is 1ac1:089a and needs the kernel's drivers
// gasket and apex, which give it a node /dev/apex_N.
package edgetpu

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/inceptiond/inceptiond/internal/text"
)

// Options says where to look. The zero value looks at this machine as this user.
type Options struct {
	// Root stands before every path that is read; it is for tests.
	Root string

	// Folders are where the library may be besides the loader's own places: those of LD_LIBRARY_PATH, and those
	// that the worker was built to look in.
	Folders []string

	// Access says whether this user may read and write a device's node. nil asks the system.
	Access func(node string) error
}

// Report is what Find found.
type Report struct {
	Library Library
	Devices []Device // those on USB before those on PCI, each kind in the order of their paths
	Faults  []Fault  // what is wrong with the library, then with the devices
}

// Library is the file of libedgetpu.
type Library struct {
	Path   string // where the loader finds it; empty if it does not
	File   string // what Path, a symbolic link as a rule, leads to: /usr/lib/…/libedgetpu.so.1.0
	Usable bool   // it is a library for this processor
}

// Bus is how a device is connected.
type Bus uint8

// The buses.
const (
	USB Bus = iota + 1
	PCI
)

// String is "usb" or "pci".
func (b Bus) String() string {
	switch b {
	case USB:
		return "usb"
	case PCI:
		return "pci"
	}
	return fmt.Sprintf("Bus(%d)", uint8(b))
}

// Device is one Edge TPU.
type Device struct {
	Bus  Bus
	Path string // as libedgetpu names it: /sys/bus/usb/devices/2-1 or /dev/apex_0

	// Find fills in the rest.
	ID       string // "1a6e:089a", "18d1:9302"; empty on PCI
	Firmware bool   // it is loaded; libedgetpu does so when a device is opened. Always true on PCI
	Speed    int    // of the USB connection, in Mbit/s: 480, 5000; 0 if unknown
	Node     string // the file that is opened: /dev/bus/usb/002/003, /dev/apex_0
	Group    string // the node's group, by name or number; empty if unknown
	Usable   bool   // this user may open Node
}

// String is the bus and the path: "usb /sys/bus/usb/devices/2-1".
func (d Device) String() string { return fmt.Sprintf("%v %s", d.Bus, d.Path) }

// Fault is something that keeps an Edge TPU from being used, or used well.
type Fault struct {
	What   string
	Fix    string // what to do, in the words of a command where there is one
	Device string // Path of the device that it is about; empty if it is the library's or the machine's
}

// String is what is wrong, and what to do.
func (f Fault) String() string { return f.What + ": " + f.Fix }

// Find looks for the library and the devices.
func Find(o Options) Report {
	f := finder{Options: o}
	if f.Access == nil {
		f.Access = access
	}
	f.library()
	f.usb()
	f.pci()
	if len(f.report.Devices) == 0 && !f.driverless {
		f.fault("", "there is no Edge TPU (USB 1a6e:089a or 18d1:9302, PCI /dev/apex_*)",
			"plug it in, on USB into a port of its own with its own cable, and look at: dmesg | tail")
	}
	return f.report
}

// Choose returns the device that name stands for (see Match) if the library and that device can be used; else the
// error says what is wrong and how to mend it.
func (r Report) Choose(name string) (Device, error) {
	matches, err := Match(name, r.Devices)
	if err != nil && !errors.Is(err, errNone) {
		return Device{}, err
	}
	if i := slices.IndexFunc(matches, func(d Device) bool { return d.Usable }); i >= 0 && r.Library.Usable {
		return matches[i], nil
	}
	relevant := func(f Fault) bool {
		if f.Device == "" {
			return !r.Library.Usable || len(r.Devices) == 0
		}
		return slices.ContainsFunc(matches, func(d Device) bool { return d.Path == f.Device && !d.Usable })
	}
	var faults []string
	for _, f := range r.Faults {
		if relevant(f) {
			faults = append(faults, f.String())
		}
	}
	switch {
	case len(faults) > 0:
		return Device{}, fmt.Errorf("edgetpu: %s", strings.Join(faults, "; "))
	case err != nil:
		return Device{}, err
	}
	return Device{}, fmt.Errorf("edgetpu: device %q cannot be used", name)
}

// finder fills report.
type finder struct {
	Options
	report     Report
	driverless bool // there is one on PCI that the kernel has no driver for
}

func (f *finder) fault(device, what, fix string) {
	f.report.Faults = append(f.report.Faults, Fault{What: what, Fix: fix, Device: device})
}

// real is where path is read.
func (f *finder) real(path string) string { return filepath.Join(f.Root, path) }

// text is the content of a file of one line; empty if it cannot be read.
func (f *finder) text(path ...string) string {
	b, err := os.ReadFile(f.real(filepath.Join(path...)))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}

// names lists a folder; one that is not there is empty.
func (f *finder) names(folder string) []string {
	entries, err := os.ReadDir(f.real(folder))
	if err != nil {
		return nil
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// permission asks whether this user may open the device's node, and says how to get there.
func (f *finder) permission(d *Device) {
	d.Group = group(f.real(d.Node))
	err := f.Access(f.real(d.Node))
	if d.Usable = err == nil; d.Usable {
		return
	}
	if errors.Is(err, os.ErrNotExist) {
		f.fault(d.Path, d.String()+" has no node "+d.Node, "in a container, hand it in (docker: --device "+filepath.Dir(d.Node)+"); else replug it")
		return
	}
	fix := "add the udev rules of " + text.Doc("tflite.md") + ", which give it to a group, and replug it; then add the user to that group"
	if d.Group != "" && d.Group != "root" {
		fix = fmt.Sprintf("add the user to the group %[1]s (usermod -aG %[1]s USER, then log in again; in a systemd unit SupplementaryGroups=%[1]s)", d.Group)
	}
	f.fault(d.Path, fmt.Sprintf("%v: no permission for %s", *d, d.Node), fix)
}
