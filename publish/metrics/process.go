package metrics

import (
	"io/fs"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
)

// ticks are those of a second in /proc: USER_HZ, 100 on all architectures of ours.
const ticks = 100

// tellProcess tells what Linux knows of this process (proc(5)), under the names that Prometheus's own libraries use. What
// cannot be read in the file system root is absent, as in a service that does not see all of /proc.
func tellProcess(f *figures, root fs.FS) {
	tellStat(f, root)
	tell := func(kind, name, help string, value float64, known bool) {
		if known {
			f.value(Metric{Name: "process_" + name, Type: kind, Help: help}, value)
		}
	}
	open, err := fs.ReadDir(root, "proc/self/fd")
	tell("gauge", "open_fds", "File descriptors that are open.", float64(len(open)), err == nil)
	n, known := processLimit(root, "Max open files")
	tell("gauge", "max_fds", "File descriptors that may be open.", n, known)
	n, known = processLimit(root, "Max address space")
	tell("gauge", "virtual_memory_max_bytes", "Addresses that may be in use.", n, known)
	n, known = octets(root, "InOctets")
	tell("counter", "network_receive_bytes_total", "Bytes that came over the network of the process.", n, known)
	n, known = octets(root, "OutOctets")
	tell("counter", "network_transmit_bytes_total", "Bytes that went over the network of the process.", n, known)
}

// tellStat tells what /proc/self/stat has.
func tellStat(f *figures, root fs.FS) {
	text, err := fs.ReadFile(root, "proc/self/stat")
	// The second field is the name of the program in parentheses, in which everything may be.
	fields := strings.Fields(string(text[1+strings.LastIndexByte(string(text), ')'):]))
	const state, utime, stime, starttime, vsize, rss = 3, 14, 15, 22, 23, 24 // their numbers in proc_pid_stat(5)
	if err != nil || len(fields) <= rss-state {
		return
	}
	field := func(n int) float64 {
		value, _ := strconv.ParseFloat(fields[n-state], 64) // the kernel writes numbers
		return value
	}
	f.value(Metric{Name: "process_cpu_seconds_total", Type: "counter", Help: "Time that processors worked for the process, in seconds."},
		(field(utime)+field(stime))/ticks)
	f.value(Metric{Name: "process_virtual_memory_bytes", Type: "gauge", Help: "Addresses that are in use."}, field(vsize))
	f.value(Metric{Name: "process_resident_memory_bytes", Type: "gauge", Help: "Memory that is in use."}, field(rss)*float64(os.Getpagesize()))
	if boot, known := bootTime(root); known {
		f.value(Metric{Name: "process_start_time_seconds", Type: "gauge", Help: "When the process was started, in seconds since 1970."},
			boot+field(starttime)/ticks)
	}
}

// fieldsOf are the fields behind some text, of each line of a file that begins with it.
func fieldsOf(root fs.FS, file, begin string) (lines [][]string) {
	text, _ := fs.ReadFile(root, file) // perhaps there is none
	for line := range strings.Lines(string(text)) {
		if rest, found := strings.CutPrefix(line, begin); found {
			lines = append(lines, strings.Fields(rest))
		}
	}
	return lines
}

// bootTime is when the machine was started, in seconds since 1970.
func bootTime(root fs.FS) (seconds float64, known bool) {
	lines := fieldsOf(root, "proc/stat", "btime ")
	if len(lines) == 0 || len(lines[0]) == 0 {
		return 0, false
	}
	seconds, err := strconv.ParseFloat(lines[0][0], 64)
	return seconds, err == nil
}

// processLimit is the soft limit of that name (proc_pid_limits(5)).
func processLimit(root fs.FS, name string) (most float64, known bool) {
	lines := fieldsOf(root, "proc/self/limits", name)
	switch {
	case len(lines) == 0 || len(lines[0]) == 0:
		return 0, false
	case lines[0][0] == "unlimited":
		return math.MaxUint64, true // as others say it
	}
	most, err := strconv.ParseFloat(lines[0][0], 64)
	return most, err == nil
}

// octets is a figure of the line IpExt, which comes twice: with names, and with values.
func octets(root fs.FS, name string) (bytes float64, known bool) {
	lines := fieldsOf(root, "proc/self/net/netstat", "IpExt: ")
	if len(lines) != 2 {
		return 0, false
	}
	at := slices.Index(lines[0], name)
	if at < 0 || at >= len(lines[1]) {
		return 0, false
	}
	bytes, err := strconv.ParseFloat(lines[1][at], 64)
	return bytes, err == nil
}
