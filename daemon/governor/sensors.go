package governor

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Sensors reads how a Linux machine is from the files below Root, which is / but for tests.
type Sensors struct{ Root string }

// The bits of the firmware's get_throttled on a Raspberry Pi that tell of now.
const (
	bitLowVoltage = 1 << 0
	bitsThrottled = 1<<1 | 1<<2 // the frequency is capped, or the machine is throttled
)

// Temperatures that a sensor can mean, in thousandths of °C; others are those of one that is broken or not there.
const minTemperature, maxTemperature = -40_000, 150_000

// Read is how the machine is now. A file that is missing, or says what it cannot mean, is what the machine cannot tell.
func (s Sensors) Read() (r Reading) {
	for _, file := range s.glob("sys/class/thermal/thermal_zone*/temp") {
		if m, ok := number(file, 10); ok && m >= minTemperature && m <= maxTemperature {
			if t := float64(m) / 1000; r.Temperature == nil || t > *r.Temperature {
				r.Temperature = &t
			}
		}
	}
	for _, file := range s.glob("sys/class/hwmon/hwmon*/name") { // Documentation/hwmon/raspberrypi-hwmon.rst
		if name, err := os.ReadFile(file); err != nil || strings.TrimSpace(string(name)) != "rpi_volt" {
			continue
		}
		if n, ok := number(filepath.Join(filepath.Dir(file), "in0_lcrit_alarm"), 10); ok {
			low := n != 0
			r.LowVoltage = &low
		}
	}
	for _, file := range s.glob("sys/devices/platform/soc*/soc*:firmware/get_throttled") {
		if bits, ok := number(file, 16); ok {
			throttled := bits&bitsThrottled != 0
			r.Throttled = &throttled
			if r.LowVoltage == nil {
				low := bits&bitLowVoltage != 0
				r.LowVoltage = &low
			}
		}
	}
	return r
}

func (s Sensors) glob(pattern string) []string {
	files, _ := filepath.Glob(filepath.Join(s.Root, pattern)) // an error is about the pattern
	return files
}

// number is what a file of the kernel's holds.
func number(file string, base int) (int64, bool) {
	text, err := os.ReadFile(file)
	if err != nil {
		return 0, false
	}
	digits := strings.TrimSpace(string(text))
	if base == 16 {
		digits = strings.TrimPrefix(digits, "0x")
	}
	n, err := strconv.ParseInt(digits, base, 64)
	return n, err == nil
}
