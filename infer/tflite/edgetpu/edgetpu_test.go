package edgetpu

import (
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// tree is a machine's files: content by path. Content that begins with "->" is a symbolic link.
type tree map[string]string

// plant writes the files below a new root.
func plant(t *testing.T, trees ...tree) string {
	t.Helper()
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, files := range trees {
		for path, content := range files {
			path = filepath.Join(root, path)
			err := os.MkdirAll(filepath.Dir(path), 0o755)
			if target, link := strings.CutPrefix(content, "->"); link && err == nil {
				err = os.Symlink(target, path)
			} else if err == nil {
				err = os.WriteFile(path, []byte(content), 0o644)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	return root
}

// usbDevice is one in port, number 7 of bus 2.
func usbDevice(port, vendor, product, speed string) tree {
	folder := usbFolder + "/" + port + "/"
	return tree{folder + "idVendor": vendor + "\n", folder + "idProduct": product + "\n", folder + "speed": speed + "\n",
		folder + "busnum": "2\n", folder + "devnum": "7\n", "/dev/bus/usb/002/007": ""}
}

var (
	fresh  = usbDevice("2-1", "1a6e", "089a", "5000")
	loaded = usbDevice("2-1", "18d1", "9302", "5000")
	slow   = usbDevice("1-1.4", "18d1", "9302", "480")
	mouse  = usbDevice("3-1", "046d", "c077", "12")
	card   = tree{
		pciFolder + "/0000:01:00.0/vendor": "0x1ac1\n", pciFolder + "/0000:01:00.0/device": "0x089a\n",
		pciFolder + "/0000:01:00.0/apex/apex_0/dev": "120:0\n",
		apexFolder + "/apex_0/dev":                  "120:0\n", "/dev/apex_0": "",
	}
	driverless = tree{pciFolder + "/0000:01:00.0/vendor": "0x1ac1\n", pciFolder + "/0000:01:00.0/device": "0x089a\n"}
	library    = tree{
		systemFolders()[0] + "/libedgetpu.so.1":   "->libedgetpu.so.1.0",
		systemFolders()[0] + "/libedgetpu.so.1.0": elfFile(machines[runtime.GOARCH]),
	}
	nodeGone  = func(node string) error { return &fs.PathError{Op: "access", Path: node, Err: fs.ErrNotExist} }
	forbidden = func(string) error { return fs.ErrPermission }
)

var machines = map[string]uint16{"amd64": 62, "arm64": 183, "arm": 40, "386": 3} // EM_… of elf.h

// elfFile is the header of a shared library for 64 bits and the least byte first, which is all that is read.
func elfFile(machine uint16) string {
	b := append([]byte("\x7fELF\x02\x01\x01"), make([]byte, 57)...)
	binary.LittleEndian.PutUint16(b[16:], 3) // ET_DYN
	binary.LittleEndian.PutUint16(b[18:], machine)
	binary.LittleEndian.PutUint32(b[20:], 1)
	binary.LittleEndian.PutUint16(b[52:], 64)
	binary.LittleEndian.PutUint16(b[54:], 56)
	binary.LittleEndian.PutUint16(b[58:], 64)
	return string(b)
}

func TestFind(t *testing.T) {
	for _, c := range []struct {
		name    string
		files   []tree
		access  func(string) error
		devices string   // their paths
		faults  []string // what each says, and its fix
		choose  string   // the error of Choose("any"); empty: none
	}{
		{"nothing", nil, nil, "", []string{"there is no libedgetpu.so.1: install it", "there is no Edge TPU"}, "no libedgetpu.so.1"},
		{"another device", []tree{library, mouse}, nil, "", []string{"no Edge TPU (USB 1a6e:089a or 18d1:9302, PCI /dev/apex_*): plug it in"}, "no Edge TPU"},
		{"before firmware", []tree{library, fresh}, nil, "/sys/bus/usb/devices/2-1", nil, ""},
		{"after firmware", []tree{library, loaded}, nil, "/sys/bus/usb/devices/2-1", nil, ""},
		{"on PCI", []tree{library, card}, nil, "/dev/apex_0", nil, ""},
		{"both", []tree{library, card, loaded}, nil, "/sys/bus/usb/devices/2-1 /dev/apex_0", nil, ""},
		{"device, no library", []tree{fresh}, nil, "/sys/bus/usb/devices/2-1", []string{"no libedgetpu.so.1"}, "no libedgetpu.so.1"},
		{"no driver", []tree{library, driverless}, nil, "", []string{"PCI 0000:01:00.0 has no driver: install the kernel's drivers"}, "gasket"},
		{"no driver, but one on USB", []tree{library, driverless, loaded}, nil, "/sys/bus/usb/devices/2-1", []string{"no driver"}, ""},
		{"no permission", []tree{library, loaded}, forbidden, "/sys/bus/usb/devices/2-1", []string{"no permission for /dev/bus/usb/002/007: add the "}, "no permission"},
		{"no permission on PCI", []tree{library, card}, forbidden, "/dev/apex_0", []string{"no permission for /dev/apex_0: add the "}, "no permission"},
		{"in a container", []tree{library, loaded}, nodeGone, "/sys/bus/usb/devices/2-1", []string{"has no node /dev/bus/usb/002/007: in a container, hand it in"}, "no node"},
		{"USB 2", []tree{library, slow}, nil, "/sys/bus/usb/devices/1-1.4", []string{"480 Mbit/s, so it is slow: use a USB 3 port"}, ""},
		{"a rule for one identity only", []tree{library, fresh, {"/etc/udev/rules.d/99-coral.rules": `ATTRS{idVendor}=="1a6e",ATTRS{idProduct}=="089a"`}}, nil,
			"/sys/bus/usb/devices/2-1", []string{"none for 18d1:9302"}, ""},
		{"rules for both", []tree{library, fresh, {"/etc/udev/rules.d/99-coral.rules": "1a6e 089a", "/usr/lib/udev/rules.d/60-coral.rules": "18d1 9302"}}, nil,
			"/sys/bus/usb/devices/2-1", nil, ""},
		{"pulled out this moment", []tree{library, {usbFolder + "/2-1/idVendor": "18d1", usbFolder + "/2-1/idProduct": "9302"}}, nil, "",
			[]string{"there is no Edge TPU"}, "there is no Edge TPU"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.access == nil {
				c.access = func(node string) error { _, err := os.Stat(node); return err }
			}
			r := Find(Options{Root: plant(t, c.files...), Access: c.access})
			var paths []string
			for _, d := range r.Devices {
				paths = append(paths, d.Path)
			}
			if got := strings.Join(paths, " "); got != c.devices {
				t.Errorf("devices %q (want %q)", got, c.devices)
			}
			if len(r.Faults) != len(c.faults) {
				t.Fatalf("faults %v (want %q)", r.Faults, c.faults)
			}
			for i, f := range r.Faults {
				if !strings.Contains(f.String(), c.faults[i]) {
					t.Errorf("fault %q (want %q)", f, c.faults[i])
				}
			}
			d, err := r.Choose("any")
			switch {
			case c.choose == "" && (err != nil || d != r.Devices[0]):
				t.Errorf("chose %v, %v", d, err)
			case c.choose != "" && (err == nil || !strings.Contains(err.Error(), c.choose)):
				t.Errorf("error %v (want %q)", err, c.choose)
			}
		})
	}
}

func TestFindDetails(t *testing.T) {
	r := Find(Options{Root: plant(t, library, fresh, card), Access: func(string) error { return nil }})
	want := Device{Bus: USB, Path: "/sys/bus/usb/devices/2-1", ID: idBoot, Speed: 5000, Node: "/dev/bus/usb/002/007", Usable: true}
	got := r.Devices[0]
	if got.Group == "" {
		t.Error("no group")
	}
	if got.Group = ""; got != want {
		t.Errorf("%+v (want %+v)", got, want)
	}
	if !r.Devices[1].Firmware || r.Devices[1].Bus != PCI {
		t.Errorf("%+v", r.Devices[1])
	}
	folder := systemFolders()[0]
	if l := (Library{folder + "/libedgetpu.so.1", folder + "/libedgetpu.so.1.0", true}); r.Library != l {
		t.Errorf("library %+v (want %+v)", r.Library, l)
	}
}

func TestLibrary(t *testing.T) {
	ours, theirs := elfFile(machines[runtime.GOARCH]), elfFile(8) // MIPS
	cache := func(paths ...string) tree {
		return tree{"/etc/ld.so.cache": "glibc-ld.so.cache1.1\x02\x00\x00\x00libc.so.6\x00/lib/libc.so.6\x00" +
			LibraryName + "\x00" + strings.Join(paths, "\x00") + "\x00"}
	}
	for _, c := range []struct {
		name    string
		files   []tree
		folders []string
		path    string
		fault   string
	}{
		{"in a folder of ours", []tree{{"/opt/inceptiond/lib/libedgetpu.so.1": ours}, library}, []string{"", "/opt/inceptiond/lib"}, "/opt/inceptiond/lib/libedgetpu.so.1", ""},
		{"in the cache", []tree{{"/usr/local/lib/libedgetpu.so.1": ours}, cache("/usr/local/lib/libedgetpu.so.1"), library}, nil, "/usr/local/lib/libedgetpu.so.1", ""},
		{"in the cache, but gone", []tree{cache("/usr/local/lib/libedgetpu.so.1"), library}, nil, systemFolders()[0] + "/libedgetpu.so.1", ""},
		{"for two processors", []tree{{"/a/libedgetpu.so.1": theirs, "/b/libedgetpu.so.1": ours}, cache("/a/libedgetpu.so.1", "/b/libedgetpu.so.1")}, nil, "/b/libedgetpu.so.1", ""},
		{"for another processor", []tree{{"/usr/lib/libedgetpu.so.1": theirs}}, nil, "/usr/lib/libedgetpu.so.1", "is for another processor (mips): install it"},
		{"for an unknown processor", []tree{{"/usr/lib/libedgetpu.so.1": elfFile(0x7777)}}, nil, "/usr/lib/libedgetpu.so.1", "is for another processor (ELF machine 30583): install it"},
		{"with the most significant byte first", []tree{{"/usr/lib/libedgetpu.so.1": "\x7fELF\x01\x02\x01" + strings.Repeat("\x00", 9) + "\x00\x03\x00\x08"}}, nil, "/usr/lib/libedgetpu.so.1", "is for another processor (mips)"},
		{"a program", []tree{{"/usr/lib/libedgetpu.so.1": strings.Replace(ours, "\x03", "\x02", 1)}}, nil, "/usr/lib/libedgetpu.so.1", "another kind of ELF file"},
		{"cut short", []tree{{"/usr/lib/libedgetpu.so.1": ours[:17]}}, nil, "/usr/lib/libedgetpu.so.1", "is no library"},
		{"no library", []tree{{"/usr/lib/libedgetpu.so.1": "404 not found"}}, nil, "/usr/lib/libedgetpu.so.1", "is no library"},
		{"a dangling link", []tree{{"/usr/lib/libedgetpu.so.1": "->libedgetpu.so.1.0"}}, nil, "", "there is no libedgetpu.so.1"},
		{"without ldconfig", []tree{{"/usr/local/lib/libedgetpu.so.1": ours}}, nil, "", "where the loader does not look: run: ldconfig /usr/local/lib"},
	} {
		r := Find(Options{Root: plant(t, append(c.files, loaded)...), Folders: c.folders, Access: func(string) error { return nil }})
		if r.Library.Path != c.path || r.Library.Usable != (c.fault == "") {
			t.Errorf("%s: %+v (want %q)", c.name, r.Library, c.path)
		}
		if c.fault == "" && len(r.Faults) > 0 || c.fault != "" && (len(r.Faults) != 1 || !strings.Contains(r.Faults[0].String(), c.fault)) {
			t.Errorf("%s: faults %v (want %q)", c.name, r.Faults, c.fault)
		}
	}
}

func TestMatch(t *testing.T) {
	devices := []Device{{Bus: USB, Path: "/sys/bus/usb/devices/2-1"}, {Bus: PCI, Path: "/dev/apex_0"}, {Bus: USB, Path: "/sys/bus/usb/devices/2-2"}}
	for name, want := range map[string][]int{
		"": {0, 1, 2}, "any": {0, 1, 2}, "usb": {0, 2}, "usb:0": {0}, "usb:1": {2}, "pci": {1}, "pci:0": {1},
		"/dev/apex_0": {1}, "/sys/bus/usb/devices/2-2": {2}, "usb:2": nil, "pci:1": nil, "/dev/apex_1": nil,
	} {
		got, err := Match(name, devices)
		if want == nil {
			if !errors.Is(err, errNone) || !strings.Contains(err.Error(), "usb /sys/bus/usb/devices/2-1, ") {
				t.Errorf("%q: %v, %v", name, got, err)
			}
			continue
		}
		var list []Device
		for _, i := range want {
			list = append(list, devices[i])
		}
		if err != nil || !slices.Equal(got, list) {
			t.Errorf("%q: %v, %v (want %v)", name, got, err, list)
		}
	}
	for _, name := range []string{"tpu", "usb:", "usb:x", "usb:-1", "any:0", ":1", "usb:1:2", "usb:70000"} {
		if _, err := Match(name, devices); err == nil || errors.Is(err, errNone) || !strings.Contains(err.Error(), "want any, usb") {
			t.Errorf("%q: %v", name, err)
		}
	}
	if _, err := Match("usb", nil); !errors.Is(err, errNone) {
		t.Errorf("no devices: %v", err)
	}
}

// A device that may be opened is chosen before one that may not.
func TestChooseUsable(t *testing.T) {
	r := Find(Options{Root: plant(t, library, loaded, card), Access: func(node string) error {
		if strings.Contains(node, "/bus/usb/") {
			return fs.ErrPermission
		}
		return nil
	}})
	if d, err := r.Choose("any"); err != nil || d.Path != "/dev/apex_0" {
		t.Errorf("%v, %v", d, err)
	}
	if _, err := r.Choose("usb"); err == nil || !strings.Contains(err.Error(), "no permission") {
		t.Errorf("error %v", err)
	}
	if _, err := r.Choose("pci:1"); !errors.Is(err, errNone) {
		t.Errorf("error %v", err)
	}
}

// A report put together by others, or of a device that went away at once, may lack the reason; it has an error all the same.
func TestChooseWithoutReason(t *testing.T) {
	r := Report{Library: Library{Usable: true}, Devices: []Device{{Bus: PCI, Path: "/dev/apex_0"}}}
	if d, err := r.Choose("any"); err == nil || !strings.Contains(err.Error(), "cannot be used") {
		t.Errorf("%v, %v", d, err)
	}
}

// The answer for this machine may be anything, but it must be one.
func TestThisMachine(t *testing.T) {
	r := Find(Options{})
	if len(r.Devices) == 0 && len(r.Faults) == 0 {
		t.Error("no device, and no fault")
	}
	if _, err := r.Choose("any"); err != nil && !strings.HasPrefix(err.Error(), "edgetpu: ") {
		t.Error(err)
	}
	t.Log(r.Library, r.Devices, r.Faults)
}
