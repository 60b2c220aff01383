package proc

import (
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
		name, _ := os.ReadFile(filepath.Join(dir, "comm")) // none: the number has to do
		found = append(found, Holder{pid, strings.TrimSpace(string(name))})
	}
	sort.Slice(found, func(i, j int) bool { return found[i].PID < found[j].PID })
	return slices.Compact(found)
}

// Names joins holders: "motion (process 812), mplayer (process 977)".
func Names(holders []Holder) string {
	names := make([]string, len(holders))
	for i, h := range holders {
		names[i] = h.String()
	}
	return strings.Join(names, ", ")
}
