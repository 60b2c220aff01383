package cluster

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"time"
)

// usage is what a process has taken of the machine.
type usage struct {
	cpu    time.Duration // all its threads, user and system
	memory int           // resident bytes
}

// usageOf reads what the kernel says of a process (proc(5)); it is zero if there is none.
func usageOf(pid int) (u usage) {
	const tick = time.Second / 100 // USER_HZ, the same on all architectures that Go knows
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return u
	}
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:])) // from the third on: state
	if len(fields) < 22 {
		return u
	}
	var user, system, pages int
	fmt.Sscan(fields[11], &user)
	fmt.Sscan(fields[12], &system)
	fmt.Sscan(fields[21], &pages)
	return usage{cpu: time.Duration(user+system) * tick, memory: pages * os.Getpagesize()}
}
