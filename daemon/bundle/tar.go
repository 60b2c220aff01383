package bundle

import (
	"archive/tar"
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// MaxName is the longest name of a file in a bundle, below its folder.
const MaxName = 160

// checkName wants up to three levels of letters, digits, dots, - and _, none of which begins with a dot.
func checkName(name string) error {
	levels := strings.Split(name, "/")
	if len(name) > MaxName || len(levels) > 3 {
		return fmt.Errorf("bundle: the name %.80q is too long", name)
	}
	for _, level := range levels {
		if !plainLevel(level) {
			return fmt.Errorf("bundle: %.80q is no name of a file in a bundle", name)
		}
	}
	return nil
}

// plainLevel tells whether a name can be that of a file or folder in a bundle.
func plainLevel(level string) bool {
	for i := range len(level) {
		if !nameByte(level[i]) {
			return false
		}
	}
	return level != "" && level[0] != '.'
}

func nameByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_' || c == '.'
}

// manifestJSON is the manifest as a file.
func (b *Bundle) manifestJSON() ([]byte, error) {
	m := b.Manifest
	m.Models, m.Cameras, m.Files, m.LeftOut = list(m.Models), list(m.Cameras), list(m.Files), list(m.LeftOut)
	data, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("bundle: manifest: %w", err)
	}
	return append(data, '\n'), nil
}

// list is a list that is never null in JSON.
func list[T any](l []T) []T { return append([]T{}, l...) }

// Write writes the tar: the manifest, then the files in the order in which they were added. All are its reader's alone.
func (b *Bundle) Write(w io.Writer) error {
	manifest, err := b.manifestJSON()
	if err != nil {
		return err
	}
	folder := b.Name()
	out := tar.NewWriter(w)
	head := tar.Header{Typeflag: tar.TypeDir, Name: folder + "/", Mode: 0o700, ModTime: b.Manifest.Created}
	if err := out.WriteHeader(&head); err != nil {
		return fmt.Errorf("bundle: %w", err)
	}
	put := func(name string, data []byte) error {
		head := tar.Header{Typeflag: tar.TypeReg, Name: folder + "/" + name, Mode: 0o600, Size: int64(len(data)), ModTime: b.Manifest.Created}
		if err := out.WriteHeader(&head); err != nil {
			return fmt.Errorf("bundle: %s: %w", name, err)
		}
		_, err := out.Write(data)
		return err
	}
	err = put(ManifestName, manifest)
	for _, f := range b.Manifest.Files {
		if err == nil {
			err = put(f.Name, b.contents[f.Name])
		}
	}
	return errors.Join(err, out.Close())
}

// Size is how many bytes Write writes.
func (b *Bundle) Size() int64 {
	var n counter
	if err := b.Write(&n); err != nil {
		return 0
	}
	return int64(n)
}

// counter counts what is written to it.
type counter int64

func (n *counter) Write(p []byte) (int, error) {
	*n += counter(len(p))
	return len(p), nil
}

// WriteFile writes the tar to a file at path, which must not exist, and is for its owner alone. What was begun is removed after an error.
func (b *Bundle) WriteFile(path string) error { return CreateFile(path, b.Write) }

// CreateFile is [Bundle.WriteFile] for a bundle that write has.
func CreateFile(path string, write func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return fmt.Errorf("bundle: %s is there already, and is left as it is (give another name with --output)", path)
	} else if err != nil {
		return fmt.Errorf("bundle: %w", err)
	}
	buffered := bufio.NewWriterSize(f, 64<<10)
	err = write(buffered)
	if err == nil {
		err = buffered.Flush()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}

// Open reads the bundle in the file at path.
func Open(path string) (*Bundle, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("bundle: %w", err)
	}
	defer f.Close()
	return Read(f)
}

// Read reads a bundle, whoever has made it: it must have one folder with a manifest and the files that this names, no others, each with
// the size and the hash that it says. It takes about as much memory as the bundle has bytes. The error is for people.
func Read(r io.Reader) (*Bundle, error) {
	buffered := bufio.NewReader(r)
	if head, err := buffered.Peek(2); err == nil && bytes.Equal(head, []byte{0x1f, 0x8b}) {
		return nil, errors.New("bundle: the file is compressed: unpack it with `gunzip` first")
	}
	const magic = "ustar" // at 257 of whatever tar writes (POSIX.1, pax)
	if head, err := buffered.Peek(257 + len(magic)); err == nil && string(head[257:]) != magic {
		return nil, errors.New("bundle: it is no tar (want a file that `inceptiond bundle` has made)")
	}
	contents, err := unpack(tar.NewReader(buffered))
	if err != nil {
		return nil, err
	}
	b := &Bundle{contents: contents}
	data, ok := contents[ManifestName]
	if !ok {
		return nil, fmt.Errorf("bundle: there is no %s in it: it is no bundle, or only the beginning of one", ManifestName)
	}
	delete(contents, ManifestName)
	if err := json.Unmarshal(data, &b.Manifest); err != nil {
		return nil, fmt.Errorf("bundle: %s: %w", ManifestName, err)
	}
	return b, b.check()
}

// unpack reads the files of a tar, by their names below the one folder.
func unpack(in *tar.Reader) (map[string][]byte, error) {
	contents, folder, total := map[string][]byte{}, "", int64(0)
	for {
		head, err := in.Next()
		if err == io.EOF {
			return contents, nil
		} else if err != nil {
			return nil, damaged(err)
		}
		top, name, _ := strings.Cut(strings.TrimPrefix(head.Name, "./"), "/")
		if head.Typeflag == tar.TypeDir {
			if name = strings.TrimSuffix(name, "/"); name == "" {
				continue
			}
			if err := checkName(name); err != nil {
				return nil, err
			}
			continue
		}
		if err := checkEntry(head, top, name); err != nil {
			return nil, err
		}
		if folder == "" {
			folder = top
		}
		total += head.Size
		_, twice := contents[name]
		switch {
		case top != folder:
			return nil, fmt.Errorf("bundle: %.80q is not in the folder %s, as what was before it", head.Name, folder)
		case twice:
			return nil, fmt.Errorf("bundle: %s is in it twice", name)
		case len(contents) > MaxFiles || total > MaxBytes+maxManifest:
			return nil, fmt.Errorf("bundle: it has more than %d files or %d MiB", MaxFiles, int64(MaxBytes)>>20)
		}
		if contents[name], err = io.ReadAll(in); err != nil {
			return nil, damaged(err)
		}
	}
}

// maxManifest is the most bytes of a manifest.
const maxManifest = 4 << 20

// checkEntry wants a file in a folder.
func checkEntry(head *tar.Header, top, name string) error {
	switch {
	case head.Typeflag != tar.TypeReg || len(head.PAXRecords) > 0 && head.PAXRecords["GNU.sparse.realsize"] != "":
		return fmt.Errorf("bundle: %.80q is no plain file", head.Name)
	case !plainLevel(top) || name == "":
		return fmt.Errorf("bundle: %.80q is not in a folder of its own", head.Name)
	case name == ManifestName && head.Size > maxManifest:
		return fmt.Errorf("bundle: %s has %d bytes (want at most %d)", name, head.Size, maxManifest)
	}
	return checkName(name)
}

// damaged is about a tar that cannot be read to its end.
func damaged(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("bundle: the file ends too early: it was cut on its way (send it again)")
	}
	return fmt.Errorf("bundle: it is no tar, or damaged: %w", err)
}

// check compares the manifest with the files.
func (b *Bundle) check() error {
	m := &b.Manifest
	switch {
	case m.Bundle < 1:
		return fmt.Errorf("bundle: %s does not say which format it is", ManifestName)
	case m.Bundle > Version:
		return fmt.Errorf("bundle: it has format %d, and this program knows up to %d: take a newer inceptiond", m.Bundle, Version)
	case m.Created.IsZero() || m.Created.Year() > 9999:
		return fmt.Errorf("bundle: %s: created: %v", ManifestName, m.Created.Format(time.RFC3339))
	}
	named := map[string]bool{}
	for _, f := range m.Files {
		data, there := b.contents[f.Name]
		switch {
		case named[f.Name]:
			return fmt.Errorf("bundle: %s names %.80q twice", ManifestName, f.Name)
		case !there:
			return fmt.Errorf("bundle: %.80q is missing: the file was cut on its way, or somebody took it out", f.Name)
		case int64(len(data)) != f.Bytes || Hash(data) != f.SHA256:
			return fmt.Errorf("bundle: %s is not what %s says: it was damaged, or changed", f.Name, ManifestName)
		}
		named[f.Name] = true
	}
	for name := range b.contents {
		if !named[name] {
			return fmt.Errorf("bundle: %s is not in %s", name, ManifestName)
		}
	}
	return b.checkCameras()
}

// checkCameras wants names of cameras that can be parts of files' names, each once.
func (b *Bundle) checkCameras() error {
	seen := map[string]bool{}
	for _, c := range b.Manifest.Cameras {
		if !plainLevel(c.Name) || seen[c.Name] {
			return fmt.Errorf("bundle: %s: the camera %.80q is no name, or there twice", ManifestName, c.Name)
		}
		seen[c.Name] = true
	}
	for i, m := range b.Manifest.Models {
		switch {
		case m.Name == "":
			return fmt.Errorf("bundle: %s: model %d has no name", ManifestName, i+1)
		case m.SHA256 != "" && len(m.SHA256) != 2*sha256.Size || !hexadecimal(m.SHA256) || !hexadecimal(m.People):
			return fmt.Errorf("bundle: %s: model %.80q: %.80q and %.80q are no hashes", ManifestName, m.Name, m.SHA256, m.People)
		}
	}
	return nil
}

func hexadecimal(s string) bool { return strings.Trim(s, "0123456789abcdef") == "" }
