package doctor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// checkSecret checks a file that holds a password or a key: that it is there, and that only those who need it can read it.
func (e *examination) checkSecret(area, name, path string) Check {
	install := "sudo install -m 600"
	if e.options.File == InstalledConfig {
		install = "sudo install -m 640 -g " + serviceUser
	}
	return Check{Area: area, Name: name, Run: func(context.Context) []Finding {
		info, err := os.Stat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return one(Fault, fmt.Sprintf("write it: %s /dev/stdin %s", install, path), "%s: there is no such file", path)
		case errors.Is(err, fs.ErrPermission):
			return one(Note, "", "%s: only root may look: sudo inceptiond doctor", path)
		case err != nil:
			return one(Fault, "check the disk: dmesg | tail", "%v", err)
		case info.IsDir():
			return one(Fault, "name the file", "%s is a folder", path)
		case info.Mode()&0o006 != 0:
			return one(Warning, "sudo chmod o-rwx "+path, "%s: every user of this machine can read it (mode %04o)", path, info.Mode().Perm())
		}
		return ok("%s, mode %04o", path, info.Mode().Perm())
	}}
}

// findWriters finds a file that users other than its owner and group can change, as it decides what a service does.
func findWriters(path string) []Finding {
	info, err := os.Stat(path)
	if err != nil || info.Mode()&0o002 == 0 {
		return nil // the first is for whoever reads it to tell
	}
	return one(Warning, "sudo chmod o-w "+path, "%s: every user of this machine can change it (mode %04o)", path, info.Mode().Perm())
}
