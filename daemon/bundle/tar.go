package bundle

import (
	"archive/tar"
	"bufio"
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode"
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

// All are all files of the bundle: the manifest, which cannot name itself, and those that it names.
func (b *Bundle) All() []File {
	data, _ := b.manifestJSON() // as Write says
	about := File{ManifestName, int64(len(data)), Hash(data), "what this is of, what is in it, and what is left out"}
	return append([]File{about}, b.Manifest.Files...)
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
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return nil, fmt.Errorf("bundle: %s is a folder: give the file, or pack it again: tar cf bundle.tar -C %s %s", path, filepath.Dir(path), filepath.Base(path))
	}
	b, err := Read(f)
	if err != nil {
		return nil, fmt.Errorf("bundle %s: %w", path, err)
	}
	return b, nil
}

// remedy is what to do about a bundle that cannot be read.
const remedy = "take the file as `inceptiond bundle` has written it, or have another one made"

// refused says why a bundle is not read, and what to do.
func refused(format string, args ...any) error {
	return fmt.Errorf(format+" ("+remedy+")", args...)
}

// maxEntries is the most files and folders of a tar, and maxTar the most bytes: those of the files, and what is around each.
const (
	maxEntries = 2 * MaxFiles
	maxTar     = MaxBytes + maxManifest + maxEntries*(4<<10)
)

var errLarge = errors.New("too large")

// bounded reads so many bytes, and ends with errLarge if there are more.
type bounded struct {
	r    io.Reader
	left int
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left == 0 {
		return 0, errLarge
	}
	n, err := b.r.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}

// Read reads a bundle, whoever has made it: it must have one folder with a manifest and the files that this names, no others, each with
// the size and the hash that it says. It takes about as much memory as the bundle has bytes, and reads no more than a bundle may have. The
// error is for people.
func Read(r io.Reader) (*Bundle, error) {
	buffered := bufio.NewReader(&bounded{r, maxTar})
	if head, err := buffered.Peek(2); err == nil && bytes.Equal(head, []byte{0x1f, 0x8b}) {
		return nil, errors.New("the file is compressed: unpack it with `gunzip` first")
	}
	const magic = "ustar" // at 257 of whatever tar writes (POSIX.1, pax)
	if head, _ := buffered.Peek(257 + len(magic)); len(head) < 257 || string(head[257:]) != magic {
		return nil, errors.New("it is no tar (want a file that `inceptiond bundle` has made)")
	}
	contents, err := unpack(tar.NewReader(buffered))
	if err != nil {
		return nil, err
	}
	b := &Bundle{contents: contents}
	data, ok := contents[ManifestName]
	if !ok {
		return nil, refused("there is no %s in it: it is no bundle, or only the beginning of one", ManifestName)
	}
	delete(contents, ManifestName)
	if err := json.Unmarshal(data, &b.Manifest); err != nil {
		return nil, refused("%s: %w", ManifestName, err)
	}
	return b, b.check()
}

// unpack reads the files of a tar, by their names below the one folder.
func unpack(in *tar.Reader) (map[string][]byte, error) {
	contents, folder, total := map[string][]byte{}, "", int64(0)
	for entries := 0; ; entries++ {
		head, err := in.Next()
		if err == io.EOF {
			return contents, nil
		} else if err != nil {
			return nil, damaged(err)
		}
		top, name, _ := strings.Cut(strings.TrimPrefix(head.Name, "./"), "/")
		if err := checkEntry(head, top, strings.TrimSuffix(name, "/")); err != nil {
			return nil, err
		}
		_, twice := contents[name]
		folder = cmp.Or(folder, top)
		switch {
		case top != folder:
			return nil, refused("%.80q is not in the folder %s, as what was before it", head.Name, folder)
		case twice:
			return nil, refused("%s is in it twice", name)
		case len(contents) > MaxFiles || entries == maxEntries || head.Size > MaxBytes+maxManifest-total:
			return nil, damaged(errLarge)
		case head.Typeflag == tar.TypeDir:
			continue
		}
		total += head.Size
		if contents[name], err = io.ReadAll(in); err != nil {
			return nil, damaged(err)
		}
		if name != ManifestName {
			continue
		}
		if err := checkVersion(contents[name]); err != nil { // before another version's files are taken for wrong ones
			return nil, err
		}
	}
}

// checkVersion wants the manifest of a format that is known, whatever else is in it.
func checkVersion(manifest []byte) error {
	if crowded(manifest) {
		return refused("%s has too many values", ManifestName)
	}
	var m struct{ Bundle int }
	if err := json.Unmarshal(manifest, &m); err != nil {
		return refused("%s: %w", ManifestName, err)
	}
	switch {
	case m.Bundle < 1:
		return refused("%s does not say which format it is", ManifestName)
	case m.Bundle > Version:
		return fmt.Errorf("it has format %d, and this program knows up to %d: take a newer inceptiond", m.Bundle, Version)
	}
	return nil
}

// crowded tells whether JSON has so many values that they could take much more memory than its bytes do.
func crowded(data []byte) bool { return bytes.Count(data, []byte(",")) > maxValues }

// maxValues is the most values of a manifest, a step or a start.
const maxValues = 1 << 17

// maxManifest is the most bytes of a manifest.
const maxManifest = 4 << 20

// checkEntry wants a plain file in a folder, or a folder.
func checkEntry(head *tar.Header, top, name string) error {
	folder := head.Typeflag == tar.TypeDir
	switch {
	case !folder && (head.Typeflag != tar.TypeReg || sparse(head)):
		return refused("%.80q is no plain file", head.Name)
	case !plainLevel(top) || name == "" && !folder:
		return refused("%.80q is not in a folder of its own", head.Name)
	case name == ManifestName && head.Size > maxManifest:
		return refused("%s has %d bytes (want at most %d)", name, head.Size, maxManifest)
	case name == "":
		return nil
	}
	if err := checkName(name); err != nil {
		return fmt.Errorf("%w (%s)", err, remedy)
	}
	return nil
}

// sparse tells whether a file has more bytes than are stored of it, in any of the ways of GNU tar.
func sparse(head *tar.Header) bool {
	for key := range head.PAXRecords {
		if strings.HasPrefix(key, "GNU.sparse.") {
			return true
		}
	}
	return false
}

// damaged is about a tar that cannot be read to its end.
func damaged(err error) error {
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("the file ends too early: it was cut on its way (send it again)")
	case errors.Is(err, errLarge):
		return refused("it has more than %d files or %d MiB", MaxFiles, int64(MaxBytes)>>20)
	}
	return refused("it is no tar, or damaged: %w", err)
}

// check compares the manifest with the files.
func (b *Bundle) check() error {
	m := &b.Manifest
	switch {
	case m.Created.IsZero() || m.Created.Year() > 9999:
		return refused("%s: created: %v", ManifestName, m.Created.Format(time.RFC3339))
	case len(m.Device) > MaxName || strings.ContainsFunc(m.Device, unfit):
		return refused("%s: device: %.80q", ManifestName, m.Device)
	}
	named := map[string]bool{}
	for _, f := range m.Files {
		data, there := b.contents[f.Name]
		switch {
		case named[f.Name]:
			return refused("%s names %.80q twice", ManifestName, f.Name)
		case !there:
			return refused("%.80q is missing: the file was cut on its way, or somebody took it out", f.Name)
		case int64(len(data)) != f.Bytes || Hash(data) != f.SHA256:
			return refused("%s is not what %s says: it was damaged, or changed", f.Name, ManifestName)
		}
		named[f.Name] = true
	}
	for name := range b.contents {
		if !named[name] {
			return refused("%s is not in %s", name, ManifestName)
		}
	}
	return b.checkCameras()
}

// checkCameras wants names of cameras that can be parts of files' names, each once.
func (b *Bundle) checkCameras() error {
	seen := map[string]bool{}
	for _, c := range b.Manifest.Cameras {
		if !plainLevel(c.Name) || seen[c.Name] {
			return refused("%s: the camera %.80q is no name, or there twice", ManifestName, c.Name)
		}
		seen[c.Name] = true
	}
	for i, m := range b.Manifest.Models {
		switch {
		case m.Name == "":
			return refused("%s: model %d has no name", ManifestName, i+1)
		case m.SHA256 != "" && len(m.SHA256) != 2*sha256.Size || !hexadecimal(m.SHA256) || !hexadecimal(m.People):
			return refused("%s: model %.80q: %.80q and %.80q are no hashes", ManifestName, m.Name, m.SHA256, m.People)
		}
	}
	return nil
}

// unfit tells whether a rune has no business in the name of a machine, which becomes one of a folder.
func unfit(r rune) bool { return r == '/' || unicode.IsControl(r) }

func hexadecimal(s string) bool { return strings.Trim(s, "0123456789abcdef") == "" }
