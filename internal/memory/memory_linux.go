package memory

import "golang.org/x/sys/unix"

// total is the machine's memory in bytes, as sysinfo(2) says: the MemTotal of /proc/meminfo, which a sandboxed service may
// not see.
func total() int64 {
	var info unix.Sysinfo_t
	if unix.Sysinfo(&info) != nil {
		return 0
	}
	return int64(uint64(info.Totalram) * uint64(info.Unit))
}
