package doctor

import "testing"

func TestLook(t *testing.T) {
	const (
		clock = "/sys/devices/system/cpu/cpu0/cpufreq/"
		heat  = "/sys/class/thermal/thermal_zone0/temp"
		four  = "processor\t: 0\nCPU implementer\t: 0x41\nCPU part\t: 0xd08\n\nprocessor\t: 1\nCPU part\t: 0xd08\n\nRevision\t: d03114\n"
	)
	pi4 := Condition{
		Board: "Raspberry Pi 4 Model B Rev 1.4", Cores: "2x Cortex-A72", GHz: 1.5, MaxGHz: 1.8, Governor: "ondemand", Celsius: 61.3, Throttled: "no",
	}
	for name, test := range map[string]struct {
		root Root
		ask  func() string
		want Condition
	}{
		"a PC": {tree(t, heat, "40000\n", "/proc/cpuinfo", "model name\t: x\n"), nil, Condition{Celsius: 40}},
		"Pi 4": {tree(t, "/proc/device-tree/model", "Raspberry Pi 4 Model B Rev 1.4\x00", "/proc/cpuinfo", four,
			clock+"scaling_cur_freq", "1500000\n", clock+"cpuinfo_max_freq", "1800000\n", clock+"scaling_governor", "ondemand\n",
			heat, "61300\n", throttledPath, "0\n"), nil, pi4},
		"weak":             {tree(t, throttledPath, "50005\n"), nil, Condition{Throttled: "voltage is too low now, is slowed down now"}},
		"was weak":         {tree(t, throttledPath, "a0000\n"), nil, Condition{Throttled: "clock was limited, warm, was slowed down a little"}},
		"by vcgencmd":      {tree(t), func() string { return "throttled=0x0\n" }, Condition{Throttled: "no"}},
		"vcgencmd absent":  {tree(t), func() string { return "" }, Condition{}},
		"vcgencmd refuses": {tree(t), func() string { return "VCHI initialization failed\n" }, Condition{}},
		"odd": {tree(t, clock+"scaling_cur_freq", "fast\n", heat, "-300000\n", throttledPath, "?\n", "/proc/cpuinfo",
			"CPU part : 0xd03\nCPU part : 0xfff\nCPU part : 0xd03\n"), nil, Condition{Cores: "2x Cortex-A53, 1x 0xfff"}},
	} {
		if got := Look(test.root, test.ask); got != test.want {
			t.Errorf("%s: %+v (want %+v)", name, got, test.want)
		}
	}
}
