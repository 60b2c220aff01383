// Package memory tells how much memory this process may take.
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
