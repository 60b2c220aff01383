package edgetpu

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
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

// foreign says why a file is no library for this processor; empty if it is one.
func (f *finder) foreign(path string) string {
	h, err := readHeader(f.real(path))
	if err != nil {
		return "is no library (" + err.Error() + ")"
	}
	want := map[string]elf.Machine{"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64, "arm": elf.EM_ARM, "386": elf.EM_386}[runtime.GOARCH]
	if machine := elf.Machine(h.Machine); elf.Type(h.Type) != elf.ET_DYN || machine != want {
		return "is for another processor (" + strings.TrimPrefix(machine.String(), "EM_") + ")"
	}
	return ""
}

// readHeader reads the start of an ELF file, which is the same for 32 and 64 bits but for the addresses; see elf(5). The
// rest, which elf.Open would read too, is the loader's: the code for all of it has 0.1 MB.
func readHeader(path string) (h elf.Header64, err error) {
	file, err := os.Open(path)
	if err != nil {
		return h, err
	}
	defer file.Close()
	start := make([]byte, binary.Size(h))
	if _, err := io.ReadFull(file, start); err != nil || string(start[:len(elf.ELFMAG)]) != elf.ELFMAG {
		return h, errors.New("not in the format ELF")
	}
	var order binary.ByteOrder = binary.LittleEndian
	if elf.Data(start[elf.EI_DATA]) == elf.ELFDATA2MSB {
		order = binary.BigEndian
	}
	_, err = binary.Decode(start, order, &h)
	return h, err
}
