package doctor

import (
	"errors"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"syscall"
)

// asRoot tells whether cannotRead can ask for a user of this name.
func asRoot(name string) bool {
	_, err := user.Lookup(name)
	return err == nil && os.Geteuid() == 0
}

// cannotRead tells whether a user, without groups but the first, may not read a file. A program that runs as that user asks
// the kernel, which knows of closed folders and access lists too.
func cannotRead(name, path string) bool {
	u, err := user.Lookup(name)
	if err != nil {
		return false
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil || err2 != nil {
		return false
	}
	cmd := exec.Command("test", "-r", path)
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
	var exit *exec.ExitError
	return errors.As(cmd.Run(), &exit) && exit.ExitCode() == 1
}
