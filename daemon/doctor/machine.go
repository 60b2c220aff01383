package doctor

import (
	"context"
	"fmt"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/inceptiond/inceptiond/internal/text"
)

// checkMachine says what is looked at: the board, the system, the processors.
func checkMachine(root Root) Check {
	return Check{Area: "system", Name: "machine", Run: func(context.Context) []Finding {
		var parts []string
		for _, part := range []string{board(root), osName(root), "Linux " + root.text("/proc/sys/kernel/osrelease")} {
			if part != "" {
				parts = append(parts, part)
			}
		}
		return ok("%s, %s, %d processors", strings.Join(parts, ", "), runtime.GOARCH, runtime.NumCPU())
	}}
}

// board is what the device tree calls the board, "Raspberry Pi 4 Model B Rev 1.4"; empty on a PC.
func board(root Root) string { return root.text("/proc/device-tree/model") }

// isPi tells whether the machine is a Raspberry Pi.
func isPi(root Root) bool { return strings.HasPrefix(board(root), "Raspberry Pi") }

// osName is PRETTY_NAME of os-release(5).
func osName(root Root) string {
	for line := range strings.Lines(root.text("/etc/os-release")) {
		if name, found := strings.CutPrefix(line, "PRETTY_NAME="); found {
			return strings.Trim(strings.TrimSpace(name), `"'`)
		}
	}
	return ""
}

// checkMemory compares what the models need, in bytes, with what the machine has.
func checkMemory(root Root, need func() uint64) Check {
	return Check{Area: "system", Name: "memory", Limit: 2 * time.Minute, Run: func(context.Context) []Finding {
		total, available := memInfo(root, "MemTotal"), memInfo(root, "MemAvailable")
		if total == 0 {
			return one(Note, "", "/proc/meminfo does not say how much there is")
		}
		have := fmt.Sprintf("%s of %s available", text.Size(available), text.Size(total))
		n := need()
		if n == 0 {
			return ok("%s", have)
		}
		const fix = "end other programs, add swap (zram), or use a smaller model"
		switch {
		case n > total:
			return one(Fault, fix, "the models need about %s, %s", text.Size(n), have)
		case n > available:
			return one(Warning, fix, "the models need about %s, %s", text.Size(n), have)
		}
		return ok("the models need about %s, %s", text.Size(n), have)
	}}
}

// memInfo is a figure of proc_meminfo(5) in bytes; 0 if it is not there.
func memInfo(root Root, key string) uint64 {
	for line := range strings.Lines(root.text("/proc/meminfo")) {
		if rest, found := strings.CutPrefix(line, key+":"); found {
			kilobytes, err := strconv.ParseUint(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 50)
			if err == nil {
				return kilobytes << 10
			}
		}
	}
	return 0
}

// hot is when processors begin to be slowed down, in °C: a Raspberry Pi at 80 to 85.
const hot = 80.0

// checkHeat checks the temperature, and whether a Raspberry Pi is or was slowed down.
func checkHeat(root Root) Check {
	return Check{Area: "system", Name: "temperature", Run: func(context.Context) []Finding {
		var findings []Finding
		celsius, known := hottest(root)
		switch {
		case !known:
			findings = one(Note, "", "this machine has no thermometer that Linux knows")
		case celsius >= hot:
			findings = one(Warning, "cool it: a heat sink, a fan, another place", "%.0f °C", celsius)
		default:
			findings = ok("%.0f °C", celsius)
		}
		return append(findings, throttled(root)...)
	}}
}

// hottest is the highest temperature of all zones: Linux, Documentation/driver-api/thermal/sysfs-api.rst.
func hottest(root Root) (celsius float64, known bool) {
	zones, _ := filepath.Glob(root.path("/sys/class/thermal/thermal_zone*")) // the pattern is sound
	for _, zone := range zones {
		milli, err := strconv.Atoi(Root(zone).text("temp"))
		if err != nil || milli < -40_000 || milli > 200_000 {
			continue // some report nonsense while they are off
		}
		if c := float64(milli) / 1000; !known || c > celsius {
			celsius, known = c, true
		}
	}
	return celsius, known
}

const throttledPath = "/sys/devices/platform/soc/soc:firmware/get_throttled"

// throttled reads the firmware's bits: https://www.raspberrypi.com/documentation/computers/os.html, get_throttled.
func throttled(root Root) []Finding {
	bits, err := strconv.ParseUint(root.text(throttledPath), 16, 32)
	if err != nil {
		return nil // no Raspberry Pi
	}
	const power, cool = "use a power supply and a cable for this model of the Raspberry Pi", "cool it: a heat sink, a fan, another place"
	var found []Finding
	for _, b := range []struct {
		bit       int // now; 16 higher: since it was started
		what, fix string
	}{
		{0, "the voltage is too low", power}, {1, "the clock is limited", cool},
		{2, "it is slowed down", cool}, {3, "it is warm and slowed down a little", cool},
	} {
		f := Finding{Check: "power and clock", Fix: b.fix}
		switch {
		case bits>>b.bit&1 != 0:
			f.State, f.Found = Warning, b.what+" now"
		case bits>>(b.bit+16)&1 != 0:
			f.State, f.Found = Note, "since it was started there was a time when "+b.what
		default:
			continue
		}
		found = append(found, f)
	}
	if len(found) == 0 {
		return []Finding{{Check: "power and clock", State: OK, Found: "enough power, full speed"}}
	}
	return found
}
