package pull

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/inceptiond/inceptiond/internal/owned"
)

// tinyDisk mounts a file system of 256 KiB, where that is allowed.
func tinyDisk(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := unix.Mount("tiny", dir, "tmpfs", 0, "size=256k"); err != nil {
		t.Skipf("mount a tmpfs: %v (needs root)", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// TestFullDisk has a download meet a full disk, and go on where there is room again.
func TestFullDisk(t *testing.T) {
	data, dir := random(1, 200_000), tinyDisk(t)
	f, s := fileOf(t, data), serve(t, content(data))
	ballast := filepath.Join(dir, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 150_000), 0o600); err != nil {
		t.Fatal(err)
	}
	models := filepath.Join(dir, "models")
	p := open(t, s.URL, models)
	_, err := p.Fetch(t.Context(), f)
	if err == nil || !strings.Contains(err.Error(), "no space left on device") || !strings.Contains(err.Error(), "make room on that disk (df -h "+models+")") {
		t.Errorf("error %v", err)
	}
	if _, err := os.Stat(filepath.Join(models, f.Name)); err == nil {
		t.Error("there is a file")
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Fetch(t.Context(), f); err != nil {
		t.Fatal(err)
	}
	if asked := s.asked(); len(asked) != 2 || asked[1].Header.Get("Range") == "" {
		t.Errorf("%d requests, the last one for %q", len(asked), asked[len(asked)-1].Header.Get("Range"))
	}
	wantFile(t, filepath.Join(models, f.Name), data)
}

// TestReadOnlyDisk says where else models may go.
func TestReadOnlyDisk(t *testing.T) {
	dir := tinyDisk(t)
	if err := unix.Mount("tiny", dir, "tmpfs", unix.MS_REMOUNT|unix.MS_RDONLY, "size=256k"); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(Options{Folder: filepath.Join(dir, "inceptiond", "models")}); err == nil || !strings.Contains(err.Error(), "XDG_DATA_HOME") {
		t.Errorf("error %v", err)
	}
}

// TestOwner has root write into a folder of a service's user: all is that user's, nothing goes through links of his, and
// everybody may read it, whatever the umask.
func TestOwner(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
	const user = 61184
	defer unix.Umask(unix.Umask(0o077))
	data, dir := random(1, 1000), t.TempDir()
	f, s := fileOf(t, data), serve(t, content(data))
	// The service's folder is behind a link, on another disk perhaps.
	private, link := filepath.Join(dir, "private", "inceptiond"), filepath.Join(dir, "inceptiond")
	if err := os.MkdirAll(private, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(private, user, user); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join("private", "inceptiond"), link); err != nil {
		t.Fatal(err)
	}
	p := open(t, s.URL, filepath.Join(link, "models"))
	if _, err := p.Fetch(t.Context(), f); err != nil {
		t.Fatal(err)
	}
	models := filepath.Join(private, "models")
	wantFile(t, filepath.Join(models, f.Name), data)
	for _, name := range []string{"", f.Name, f.Name + ".sha256"} {
		info, err := os.Stat(filepath.Join(models, name))
		if err != nil {
			t.Fatal(err)
		}
		if uid, gid := owned.Owner(info); uid != user || gid != user {
			t.Errorf("%q belongs to %d:%d, want %d", name, uid, gid, user)
		}
		if want := map[bool]os.FileMode{true: folderMode, false: fileMode}[info.IsDir()]; info.Mode().Perm() != want {
			t.Errorf("%q has mode %v, want %v", name, info.Mode(), want)
		}
	}
	p.Close()

	// The service's user puts a link in place of the folder.
	outside := t.TempDir()
	if err := os.RemoveAll(models); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, models); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(Options{Folder: filepath.Join(link, "models"), Source: s.URL}); err == nil {
		t.Error("root follows a link of the service's user")
	}
	if left, _ := os.ReadDir(outside); len(left) > 0 {
		t.Errorf("root wrote %v", left)
	}
}

// TestEveryCut goes on after a cut between any two bytes of a small file.
func TestEveryCut(t *testing.T) {
	data := random(3, 40)
	f, dir := fileOf(t, data), t.TempDir()
	for n := range data {
		s := serve(t, content(data))
		part := filepath.Join(dir, f.Name+".part")
		if err := os.WriteFile(part, data[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		p := open(t, s.URL, dir)
		if _, err := p.Fetch(t.Context(), f); err != nil {
			t.Fatalf("%d bytes: %v", n, err)
		}
		wantFile(t, filepath.Join(dir, f.Name), data)
		if err := os.WriteFile(part, append(bytes.Clone(data[:n]), 0xff), 0o600); err != nil { // another file's
			t.Fatal(err)
		}
		if err := os.Remove(filepath.Join(dir, f.Name)); err != nil {
			t.Fatal(err)
		}
		if _, err := p.Fetch(t.Context(), f); err != nil {
			t.Fatalf("%d bytes and a wrong one: %v", n, err)
		}
		wantFile(t, filepath.Join(dir, f.Name), data)
		if err := os.WriteFile(part, data[:n], 0o600); err != nil { // and the file is there
			t.Fatal(err)
		}
		if r, err := p.Fetch(t.Context(), f); err != nil || r.State != There {
			t.Fatalf("%+v, %v", r, err)
		}
		wantFile(t, filepath.Join(dir, f.Name), data)
		if err := os.Remove(filepath.Join(dir, f.Name)); err != nil {
			t.Fatal(err)
		}
		p.Close()
		s.Close()
	}
}

// TestNoPermission says what somebody may do who may not write where models go.
func TestNoPermission(t *testing.T) {
	const variable = "INCEPTIOND_TEST_FOLDER"
	if folder := os.Getenv(variable); folder != "" { // the program below
		_, err := Open(Options{Folder: folder})
		fmt.Println(err)
		return
	}
	dir := t.TempDir()
	for path := dir; path != os.TempDir() && path != "/"; path = filepath.Dir(path) {
		if err := os.Chmod(path, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	closed, program := filepath.Join(dir, "closed"), filepath.Join(dir, "program")
	if err := os.Mkdir(closed, 0o500); err != nil {
		t.Fatal(err)
	}
	self, err := os.ReadFile("/proc/self/exe")
	if err == nil {
		err = os.WriteFile(program, self, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "-test.run", "^TestNoPermission$")
	cmd.Dir, cmd.Env = dir, append(os.Environ(), variable+"="+filepath.Join(closed, "inceptiond", "models"))
	if os.Geteuid() == 0 { // root may write anywhere
		const nobody = 65534
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "permission denied: set XDG_DATA_HOME to a folder that you may write to, or use sudo") {
		t.Errorf("%v: %s", err, out)
	}
}
