package wiring

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// What may not be written says who may not, and how to mend it.
func TestFileNotWritable(t *testing.T) {
	if os.Geteuid() == 0 {
		asNobody(t)
		return
	}
	f, path := fileWith(t, oldText)
	dir := filepath.Dir(path)
	for _, tt := range []struct {
		name       string
		file, dir  os.FileMode
		want, mend string
	}{
		{"good", 0o600, 0o700, "", ""},
		{"the file", 0o400, 0o700, path + " may not be written by the user", "sudo chown"},
		{"the folder", 0o600, 0o500, "", ""},
	} {
		if err := errors.Join(os.Chmod(path, tt.file), os.Chmod(dir, tt.dir)); err != nil {
			t.Fatal(err)
		}
		file := read(t, f)
		if file.Writable != (tt.want == "") || !strings.Contains(file.Reason, tt.want) || !strings.Contains(file.Reason, tt.mend) {
			t.Errorf("%s: %t, %q", tt.name, file.Writable, file.Reason)
		}
		_, err := f.Apply([]byte(oldText), sum([]byte(oldText)), use)
		if (err == nil) != file.Writable || err != nil && err.Error() != file.Reason {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	t.Setenv("STATE_DIRECTORY", "")
	t.Setenv("XDG_STATE_HOME", "")
	t.Setenv("HOME", "")
	if file := read(t, f); file.Writable || !strings.Contains(file.Reason, "the folder "+dir) {
		t.Errorf("the folder, and no other: %q", file.Reason)
	}
	os.Chmod(dir, 0o700)
	none := NewFile(filepath.Join("/proc/none", "inceptiond.yaml"), Flags{}, true)
	if file := read(t, none); file.Writable || !strings.Contains(file.Reason, "the folder /proc") {
		t.Errorf("below a folder that is nobody's: %+v", file.Reason)
	}
	if file := read(t, NewFile("", Flags{}, true)); file.Writable || !strings.Contains(file.Reason, "HOME") {
		t.Errorf("without a place: %+v", file.Reason)
	}
}

// asNobody runs a test as a user who may little.
func asNobody(t *testing.T) {
	t.Helper()
	self, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Skip(err)
	}
	dir, err := os.MkdirTemp("", "nobody")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	program := filepath.Join(dir, "test")
	if err := errors.Join(os.WriteFile(program, self, 0o755), os.Chmod(dir, 0o777)); err != nil {
		t.Fatal(err)
	}
	child := exec.Command(program, "-test.v", "-test.run=^"+t.Name()+"$")
	child.Dir = dir
	child.Env = append(slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "TMPDIR=") }), "TMPDIR="+dir, "HOME="+dir)
	child.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	out, err := child.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Errorf("as nobody: %v\n%s", err, out)
	}
}
