package edgetpu

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// LibraryName is what the worker asks the loader for.
const LibraryName = "libedgetpu.so.1"

const installLibrary = "install it (Debian: apt install libedgetpu1-std, of Coral's archive; newer builds: github.com/feranick/libedgetpu)"

// library finds the file that the loader would: first in Folders, then in its cache, then in its own folders, and never
// one for another processor. Its rules are those of ld.so(8).
func (f *finder) library() {
	candidates := append(inFolders(f.Folders), f.cached()...)
	candidates = append(candidates, inFolders(systemFolders())...)
	l := &f.report.Library
	problem := ""
	for _, path := range candidates {
		if !f.isFile(path) {
			continue
		}
		why := f.foreign(path)
		if l.Path == "" || why == "" {
			*l, problem = Library{Path: path, File: f.target(path), Usable: why == ""}, why
		}
		if l.Usable {
			return
		}
	}
	if l.Path == "" {
		f.noLibrary()
		return
	}
	f.fault("", l.Path+" "+problem, installLibrary+" for "+runtime.GOARCH)
}

// target is the file that path, perhaps a symbolic link, leads to.
func (f *finder) target(path string) string {
	file, err := filepath.EvalSymlinks(f.real(path))
	if err != nil {
		return path
	}
	return "/" + strings.TrimPrefix(strings.TrimPrefix(file, f.Root), "/")
}

// noLibrary tells a library that is not there from one where the loader does not look.
func (f *finder) noLibrary() {
	for _, candidate := range inFolders([]string{"/usr/local/lib", "/usr/local/lib64", "/opt/edgetpu/lib"}) {
		if f.isFile(candidate) {
			f.fault("", candidate+" is where the loader does not look", "run: ldconfig "+filepath.Dir(candidate))
			return
		}
	}
	f.fault("", "there is no "+LibraryName, installLibrary)
}

func (f *finder) isFile(path string) bool {
	info, err := os.Stat(f.real(path))
	return err == nil && info.Mode().IsRegular()
}

func inFolders(folders []string) []string {
	var paths []string
	for _, folder := range folders {
		if folder != "" {
			paths = append(paths, filepath.Join(folder, LibraryName))
		}
	}
	return paths
}

// systemFolders are where the loader looks without being told: glibc's, with Debian's folder per architecture.
func systemFolders() []string {
	folders := []string{"/lib", "/usr/lib"}
	if runtime.GOARCH == "amd64" || runtime.GOARCH == "arm64" {
		folders = []string{"/lib64", "/usr/lib64", "/lib", "/usr/lib"}
	}
	triplet := map[string]string{"amd64": "x86_64-linux-gnu", "arm64": "aarch64-linux-gnu", "arm": "arm-linux-gnueabihf"}[runtime.GOARCH]
	if triplet != "" {
		folders = append([]string{"/lib/" + triplet, "/usr/lib/" + triplet}, folders...)
	}
	return folders
}

// cached are the paths of the library in the loader's cache. That is a table of offsets before a table of strings that
// each end in 0; the strings are enough here, as which entry is for this processor is checked by the file itself.
func (f *finder) cached() []string {
	cache, err := os.ReadFile(f.real("/etc/ld.so.cache"))
	if err != nil {
		return nil
	}
	var paths []string
	for s := range bytes.SplitSeq(cache, []byte{0}) {
		if path := string(s); filepath.IsAbs(path) && filepath.Base(path) == LibraryName {
			paths = append(paths, path)
		}
	}
	return paths
}

// What the header of an ELF file may have, as elf.h numbers it.
const (
	elfMagic     = "\x7fELF"
	elfBigEndian = 2
	elfShared    = 3
)

// processors are the machines of elf.h, by Go's names.
func processors() map[uint16]string {
	return map[uint16]string{3: "386", 8: "mips", 20: "ppc", 21: "ppc64", 40: "arm", 62: "amd64", 183: "arm64", 243: "riscv64"}
}

// foreign says why a file is no library for this processor; empty if it is one.
func (f *finder) foreign(path string) string {
	kind, machine, err := readHeader(f.real(path))
	switch {
	case err != nil:
		return "is no library (" + err.Error() + ")"
	case kind != elfShared:
		return "is no library (but another kind of ELF file)"
	case processors()[machine] != runtime.GOARCH:
		return "is for another processor (" + cmp.Or(processors()[machine], fmt.Sprint("ELF machine ", machine)) + ")"
	}
	return ""
}

// readHeader reads what an ELF file is; see elf(5). Package debug/elf would read the rest too, which is the loader's, with
// 0.15 MB more program.
func readHeader(path string) (kind, machine uint16, err error) {
	file, err := os.Open(path)
	if err != nil {
		return 0, 0, err
	}
	defer file.Close()
	start := make([]byte, 20)
	if _, err := io.ReadFull(file, start); err != nil {
		return 0, 0, err
	}
	if !bytes.HasPrefix(start, []byte(elfMagic)) {
		return 0, 0, errors.New("not in the format ELF")
	}
	var order binary.ByteOrder = binary.LittleEndian
	if start[5] == elfBigEndian {
		order = binary.BigEndian
	}
	return order.Uint16(start[16:]), order.Uint16(start[18:]), nil
}
