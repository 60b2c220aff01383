// Package systemd is what the daemon knows of its service manager: whether the journal reads its output, where the
// credentials lie that the unit file hands over, and how to tell that it is ready and alive.
package systemd

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// Journal tells whether f is connected to the journal: its device and inode are those of $JOURNAL_STREAM
// (systemd.exec(5)).
func Journal(f *os.File) bool {
	info, err := f.Stat()
	if err != nil {
		return false
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && os.Getenv("JOURNAL_STREAM") == fmt.Sprintf("%d:%d", stat.Dev, stat.Ino)
}

// Credential is the path of the credential that LoadCredential= or SetCredential= of the unit calls name, or "" if there
// is none (systemd.exec(5), $CREDENTIALS_DIRECTORY).
func Credential(name string) string {
	dir := os.Getenv("CREDENTIALS_DIRECTORY")
	if dir == "" {
		return ""
	}
	path := filepath.Join(dir, name)
	if _, err := os.Stat(path); err != nil {
		return ""
	}
	return path
}

// StateDirectory is where the daemon may keep what must survive a restart, or "" without StateDirectory= in the unit
// (systemd.exec(5), $STATE_DIRECTORY). Of several it is the first.
func StateDirectory() string {
	return firstOf("STATE_DIRECTORY")
}

// RuntimeDirectory is where the daemon may put what others look for while it runs, or "" without RuntimeDirectory= in the
// unit ($RUNTIME_DIRECTORY). Of several it is the first.
func RuntimeDirectory() string { return firstOf("RUNTIME_DIRECTORY") }

// firstOf is the first folder of a variable.
func firstOf(variable string) string {
	first, _, _ := strings.Cut(os.Getenv(variable), ":")
	return first
}
