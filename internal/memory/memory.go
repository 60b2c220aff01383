// Package memory tells how much memory this process may take, and how much a process has taken.
package memory

import (
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"
)

// Limit is how many bytes of memory there are for this process: those of the machine, or less where one of its control
// groups is limited, as by systemd's MemoryMax= and by containers; 0 if nobody says.
func Limit() int64 { return limit(total(), os.DirFS("/")) }

// Available is how many bytes more this process and its children may take, about: what the machine has available, at most what
// is left of Limit; 0 if nobody says. A sandboxed service does not see what is available: then half of Limit is thought to be
// for this process.
func Available() int64 { return available(Limit(), os.DirFS("/")) }

// available is Available of a machine with that limit and the file system root.
func available(limit int64, root fs.FS) int64 {
	left := limit - resident(root)
	switch there, told := kilobytes(root, "proc/meminfo", "MemAvailable:"); {
	case !told:
		return max(left-limit/2, min(limit, 1))
	case limit == 0:
		return there
	default:
		return max(min(left, there), 1)
	}
}

// Peak is the most memory that a process has had resident, in bytes; 0 if nobody says.
func Peak(pid int) int64 { return peak(pid, os.DirFS("/")) }

// peak is VmHWM of proc_pid_status(5). What wait4(2) tells of a child would be the most that its parent had, where that is more.
func peak(pid int, root fs.FS) int64 {
	most, _ := kilobytes(root, path.Join("proc", strconv.Itoa(pid), "status"), "VmHWM:")
	return most
}

// kilobytes finds a line like "MemAvailable:  512000 kB" in a file, and gives its figure in bytes.
func kilobytes(root fs.FS, file, name string) (bytes int64, told bool) {
	text, _ := fs.ReadFile(root, file) // perhaps none
	for line := range strings.Lines(string(text)) {
		rest, found := strings.CutPrefix(line, name)
		if n, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 50); found && err == nil {
			return n << 10, true
		}
	}
	return 0, false
}

// resident is what this process has resident, in bytes: the second figure of proc_pid_statm(5), in pages.
func resident(root fs.FS) int64 {
	text, err := fs.ReadFile(root, "proc/self/statm")
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(text))
	if len(fields) < 2 {
		return 0
	}
	pages, err := strconv.ParseInt(fields[1], 10, 40)
	if err != nil {
		return 0
	}
	return pages * int64(os.Getpagesize())
}

// limit is the least of total, where that is known, and of the limits of the control groups in the file system root.
func limit(total int64, root fs.FS) int64 {
	least := total
	groups, err := fs.ReadFile(root, "proc/self/cgroup")
	if err != nil {
		return least
	}
	for line := range strings.Lines(string(groups)) {
		for _, name := range limitFiles(strings.TrimSpace(line)) {
			text, err := fs.ReadFile(root, name)
			if err != nil {
				continue
			}
			// "max", and in version 1 a number near 2^63, is no limit.
			n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
			if err == nil && n > 0 && (least == 0 || n < least) {
				least = n
			}
		}
	}
	return least
}

// limitFiles names the files that limit the memory of a control group and of those around it. line is one of
// /proc/self/cgroup (cgroups(7)): "0::/path" in version 2, "number:controllers:/path" in version 1.
func limitFiles(line string) (names []string) {
	fields := strings.SplitN(line, ":", 3)
	if len(fields) < 3 {
		return nil
	}
	base, files := "sys/fs/cgroup", []string{"memory.max", "memory.high"}
	if fields[1] != "" {
		if !strings.Contains(","+fields[1]+",", ",memory,") {
			return nil
		}
		base, files = "sys/fs/cgroup/memory", []string{"memory.limit_in_bytes"}
	}
	// Only what is below the root counts: in a container the path may be that of the host.
	for group := path.Clean("/" + fields[2]); ; group = path.Dir(group) {
		for _, file := range files {
			names = append(names, path.Join(base, group, file))
		}
		if group == "/" {
			return names
		}
	}
}
