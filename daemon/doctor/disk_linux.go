package doctor

import (
	"os"

	"golang.org/x/sys/unix"
)

// readSpace asks the kernel about the file system of path: statfs(2).
func readSpace(path string) (space, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(path, &s); err != nil {
		return space{}, &os.PathError{Op: "statfs", Path: path, Err: err}
	}
	block := uint64(s.Bsize)
	return space{
		Free: s.Bavail * block, Size: s.Blocks * block, FreeFiles: s.Ffree, MaxFiles: s.Files,
		ReadOnly: s.Flags&unix.ST_RDONLY != 0,
	}, nil
}
