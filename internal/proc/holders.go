package proc

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strconv"
	"strings"
)

// Holder is a process that has a file open.
type Holder struct {
	PID  int
	Name string // /proc/PID/comm: at most 15 bytes
}

// String is "motion (process 812)".
func (h Holder) String() string { return fmt.Sprintf("%s (process %d)", h.Name, h.PID) }

// Holders finds the other processes that have target open, as far as this user may see them (root sees all), by their
// numbers. target is what their descriptors link to: a path without links, or "socket:[4711]". root is /proc.
func Holders(root, target string) []Holder {
	links, _ := filepath.Glob(filepath.Join(root, "[0-9]*", "fd", "*")) // the pattern is sound
	var found []Holder
	for _, link := range links {
		if to, err := os.Readlink(link); err != nil || to != target {
			continue // it is another file, or its process has just ended
		}
		dir := filepath.Dir(filepath.Dir(link))
		pid, err := strconv.Atoi(filepath.Base(dir))
		if err != nil || pid == os.Getpid() {
			continue
		}
		found = append(found, Holder{pid, nameOf(root, pid)}) // without a name the number has to do
	}
	sort.Slice(found, func(i, j int) bool { return found[i].PID < found[j].PID })
	return slices.Compact(found)
}

// Parent is the process that started pid, or that took it over; its number is 0 if there is none. root is /proc.
func Parent(root string, pid int) Holder {
	stat, _ := os.ReadFile(filepath.Join(root, strconv.Itoa(pid), "stat"))    // none: it has ended
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:])) // proc_pid_stat(5): number (name) state parent …
	if len(fields) < 2 {
		return Holder{}
	}
	parent, err := strconv.Atoi(fields[1])
	if err != nil || parent <= 0 {
		return Holder{}
	}
	return Holder{parent, nameOf(root, parent)}
}

// Running finds the other processes that have one of these names (of at most 15 bytes), by their numbers. root is /proc.
func Running(root string, names ...string) []Holder {
	dirs, _ := filepath.Glob(filepath.Join(root, "[0-9]*")) // the pattern is sound
	var found []Holder
	for _, dir := range dirs {
		pid, err := strconv.Atoi(filepath.Base(dir))
		if err != nil || pid == os.Getpid() {
			continue
		}
		if name := nameOf(root, pid); slices.Contains(names, name) {
			found = append(found, Holder{pid, name})
		}
	}
	sort.Slice(found, func(i, j int) bool { return found[i].PID < found[j].PID })
	return found
}

// nameOf is the name of a process; empty: it has ended.
func nameOf(root string, pid int) string {
	name, _ := os.ReadFile(filepath.Join(root, strconv.Itoa(pid), "comm"))
	return strings.TrimSpace(string(name))
}

// Names joins holders: "motion (process 812), mplayer (process 977)".
func Names(holders []Holder) string {
	names := make([]string, len(holders))
	for i, h := range holders {
		names[i] = h.String()
	}
	return strings.Join(names, ", ")
}
