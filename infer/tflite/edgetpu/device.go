package edgetpu

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/inceptiond/inceptiond/internal/text"
)

// The identities of a device on USB, vendor and product.
const (
	idBoot  = "1a6e:089a" // Global Unichip, until firmware is loaded
	idReady = "18d1:9302" // Google, after that
)

const (
	usbFolder   = "/sys/bus/usb/devices"
	pciFolder   = "/sys/bus/pci/devices"
	apexFolder  = "/sys/class/apex" // of the kernel's driver
	highSpeed   = 480               // Mbit/s of USB 2
	installApex = "install the kernel's drivers (Debian: apt install gasket-dkms, of Coral's or a community's archive), then: modprobe apex"
)

// usb finds devices on USB, as in Linux's Documentation/ABI/stable/sysfs-bus-usb.
func (f *finder) usb() {
	for _, name := range f.names(usbFolder) {
		folder := filepath.Join(usbFolder, name)
		id := f.text(folder, "idVendor") + ":" + f.text(folder, "idProduct")
		if id != idBoot && id != idReady {
			continue
		}
		d := Device{Bus: USB, Path: folder, ID: id, Firmware: id == idReady}
		d.Speed, _ = strconv.Atoi(f.text(folder, "speed")) // 0 if unknown
		bus, err := strconv.Atoi(f.text(folder, "busnum"))
		number, err2 := strconv.Atoi(f.text(folder, "devnum"))
		if err != nil || err2 != nil {
			continue // it has just been pulled out
		}
		d.Node = fmt.Sprintf("/dev/bus/usb/%03d/%03d", bus, number)
		f.permission(&d)
		f.slow(d)
		f.bothRules(d)
		f.report.Devices = append(f.report.Devices, d)
	}
}

func (f *finder) slow(d Device) {
	if d.Speed != 0 && d.Speed <= highSpeed {
		f.fault(d.Path, fmt.Sprintf("%v is connected at %d Mbit/s, so it is slow", d, d.Speed), "use a USB 3 port and cable")
	}
}

// bothRules looks for udev rules that know a device's first identity and not its second: it works until its firmware
// is loaded, and then it is nobody's.
func (f *finder) bothRules(d Device) {
	if d.Firmware || !d.Usable {
		return
	}
	boot, ready := false, false
	for _, folder := range []string{"/etc/udev/rules.d", "/run/udev/rules.d", "/usr/lib/udev/rules.d", "/lib/udev/rules.d"} {
		for _, name := range f.names(folder) {
			rules := f.text(folder, name)
			boot = boot || strings.Contains(rules, "1a6e") && strings.Contains(rules, "089a")
			ready = ready || strings.Contains(rules, "18d1") && strings.Contains(rules, "9302")
		}
	}
	if boot && !ready {
		f.fault(d.Path, fmt.Sprintf("%v has udev rules for %s but none for %s, which it becomes when it is first used", d, idBoot, idReady),
			"add the second rule of "+text.Doc("tflite.md")+", then: udevadm control --reload")
	}
}

// pci finds devices on PCI, and those that have no driver.
func (f *finder) pci() {
	for _, name := range f.names(apexFolder) {
		if !strings.HasPrefix(name, "apex_") {
			continue
		}
		d := Device{Bus: PCI, Path: "/dev/" + name, Node: "/dev/" + name, Firmware: true}
		f.permission(&d)
		f.report.Devices = append(f.report.Devices, d)
	}
	for _, name := range f.names(pciFolder) {
		folder := filepath.Join(pciFolder, name)
		if f.text(folder, "vendor") != "0x1ac1" || f.text(folder, "device") != "0x089a" {
			continue
		}
		if len(f.names(filepath.Join(folder, "apex"))) == 0 {
			f.driverless = true
			f.fault("", "the Edge TPU at PCI "+name+" has no driver", installApex)
		}
	}
}
