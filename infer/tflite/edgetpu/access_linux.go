package edgetpu

import (
	"os"
	"os/user"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// access asks whether the effective user may read and write a node. It does not open it: the driver of a PCI device
// would take that for its owner.
func access(node string) error {
	if err := unix.Faccessat(unix.AT_FDCWD, node, unix.R_OK|unix.W_OK, unix.AT_EACCESS); err != nil {
		return &os.PathError{Op: "access", Path: node, Err: err}
	}
	return nil
}

// overflowGID stands for all groups that a user namespace does not know, such as that of a service with PrivateUsers=yes
// (/proc/sys/kernel/overflowgid).
const overflowGID = 65534

// group is the name of a file's group, or its number if it has no name; empty if that is not known.
func group(path string) string {
	info, err := os.Stat(path)
	if err != nil {
		return ""
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return ""
	}
	if stat.Gid == overflowGID {
		return ""
	}
	gid := strconv.FormatUint(uint64(stat.Gid), 10)
	if g, err := user.LookupGroupId(gid); err == nil {
		return g.Name
	}
	return gid
}
