package doctor

import (
	"context"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// Condition is what decides how fast a board is just now; its fields are also JSON. Fields are zero where the system does
// not say.
type Condition struct {
	Board     string  `json:"board"`     // "Raspberry Pi 4 Model B Rev 1.4"; empty on a PC
	Cores     string  `json:"cores"`     // "4x Cortex-A72"
	GHz       float64 `json:"clock_ghz"` // of the first processor
	MaxGHz    float64 `json:"max_clock_ghz"`
	Governor  string  `json:"governor"` // "ondemand"
	Celsius   float64 `json:"celsius"`  // the hottest zone
	Throttled string  `json:"throttled"`
}

// Look reads the condition of the machine. A Raspberry Pi's firmware tells about throttling in sysfs, or else through
// vcgencmd, which ask calls; nil means that there is none.
func Look(root Root, ask func() string) Condition {
	const clock = "/sys/devices/system/cpu/cpu0/cpufreq/"
	c := Condition{
		Board: board(root), Cores: cores(root), GHz: gigahertz(root, clock+"scaling_cur_freq"),
		MaxGHz: gigahertz(root, clock+"cpuinfo_max_freq"), Governor: root.text(clock + "scaling_governor"),
		Throttled: throttling(root, ask),
	}
	c.Celsius, _ = hottest(root)
	return c
}

// Vcgencmd is what the firmware's own tool says of throttling, "throttled=0x50000"; empty where there is no such tool, or
// where it may not be used.
func Vcgencmd() string {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, "vcgencmd", "get_throttled").Output()
	if err != nil {
		return ""
	}
	return string(out)
}

// gigahertz reads a clock in kHz: Linux, Documentation/admin-guide/pm/cpufreq.rst.
func gigahertz(root Root, path string) float64 {
	khz, err := strconv.ParseUint(root.text(path), 10, 32)
	if err != nil {
		return 0
	}
	return float64(khz) / 1e6
}

// partNames are Arm's part numbers (MIDR_EL1, implementer 0x41) of the boards that this project is for.
var partNames = map[string]string{
	"0xb76": "ARM1176", "0xc07": "Cortex-A7", "0xd03": "Cortex-A53", "0xd04": "Cortex-A35", "0xd05": "Cortex-A55",
	"0xd07": "Cortex-A57", "0xd08": "Cortex-A72", "0xd09": "Cortex-A73", "0xd0a": "Cortex-A75", "0xd0b": "Cortex-A76",
	"0xd0c": "Neoverse-N1", "0xd0d": "Cortex-A77", "0xd41": "Cortex-A78",
}

// cores names the kinds of Arm cores that /proc/cpuinfo lists, and how many there are: "4x Cortex-A72".
func cores(root Root) string {
	var kinds []string
	count := map[string]int{}
	for line := range strings.Lines(root.text("/proc/cpuinfo")) {
		key, value, _ := strings.Cut(line, ":")
		if strings.TrimSpace(key) != "CPU part" {
			continue
		}
		kind := strings.TrimSpace(value)
		if name := partNames[kind]; name != "" {
			kind = name
		}
		if count[kind]++; count[kind] == 1 {
			kinds = append(kinds, kind)
		}
	}
	for i, kind := range kinds {
		kinds[i] = fmt.Sprintf("%dx %s", count[kind], kind)
	}
	return strings.Join(kinds, ", ")
}

// throttling puts the firmware's bits into words: "no", "voltage is too low now, clock was limited"; empty if unknown.
func throttling(root Root, ask func() string) string {
	text := root.text(throttledPath)
	if text == "" && ask != nil {
		_, text, _ = strings.Cut(strings.TrimSpace(ask()), "=")
	}
	bits, err := strconv.ParseUint(strings.TrimPrefix(text, "0x"), 16, 32)
	if err != nil {
		return ""
	}
	var list []string
	for bit, what := range []string{"voltage %s too low", "clock %s limited", "%s slowed down", "warm, %s slowed down a little"} {
		switch {
		case bits>>bit&1 != 0:
			list = append(list, fmt.Sprintf(what, "is")+" now")
		case bits>>(bit+16)&1 != 0:
			list = append(list, fmt.Sprintf(what, "was"))
		}
	}
	if list == nil {
		return "no"
	}
	return strings.Join(list, ", ")
}
