package catalogue

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/inceptiond/inceptiond/internal/order"
)

// HashPrefix starts the name of a file that was fetched by its SHA-256 where a path may stand: "sha256:" and 64 digits.
const HashPrefix = "sha256:"

// hashedName starts its name in the folder of models.
const hashedName = "sha256-"

// maxHashed is the most bytes of a file of which only the SHA-256 is known.
const maxHashed = 1 << 30

// Hashed is the file with this SHA-256, of which nothing else is known. url is where it lies; empty: nobody knows.
func Hashed(sum, url string) File { return File{Name: hashedName + sum, URL: url, SHA256: sum} }

// IsSHA256 tells whether s is one, in small hexadecimal digits as sha256sum prints them.
func IsSHA256(s string) bool { return len(s) == 64 && strings.Trim(s, "0123456789abcdef") == "" }

// ByHash is the file that a name asks for by its hash; ok says whether name begins with [HashPrefix].
func ByHash(name string) (f File, ok bool, err error) {
	sum, ok := strings.CutPrefix(name, HashPrefix)
	if ok && !IsSHA256(sum) {
		err = fmt.Errorf("%s is no SHA-256 (want %s and 64 of 0-9 and a-f, as sha256sum prints them)", quote(sum), HashPrefix)
	}
	return Hashed(sum, ""), ok, err
}

// Called is the name of a file where it lies.
func (f File) Called() string {
	if u, err := url.Parse(f.URL); err == nil && f.URL != "" {
		return path.Base(u.Path)
	}
	return f.Name
}

// PullCommand is what to type, behind `inceptiond`, to have a file that is known by its hash.
func (f File) PullCommand() string {
	return "model pull " + cmp.Or(f.URL, "https://HOST/FILE") + " --sha256 " + f.SHA256
}

// Place is where a file that is known by its hash lies on this machine. A [*MissingError] says that it does not.
func (f File) Place() (string, error) {
	return f.locate(MissingError{File: HashPrefix + f.SHA256, Command: f.PullCommand()})
}

// Kept is a file on this machine that was fetched by its hash.
type Kept struct {
	File
	Path    string
	Bytes   int64
	Fetched time.Time
	Model   bool // it is a TensorFlow Lite file; else labels, probably
}

// AllKept are the files that lie in this user's folder and in that of root, in the order of their hashes. Which of them are
// damaged shows when they are used.
func AllKept() ([]Kept, error) {
	var list []Kept
	var errs []error
	for _, folder := range folders() {
		in, err := KeptIn(folder)
		list, errs = append(list, in...), append(errs, err)
	}
	order.Stable(list, func(a, b Kept) int { return cmp.Compare(a.SHA256, b.SHA256) })
	return slices.CompactFunc(list, func(a, b Kept) bool { return a.SHA256 == b.SHA256 }), errors.Join(errs...)
}

// KeptIn are those of one folder; none if it is not there.
func KeptIn(folder string) (list []Kept, err error) {
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	for _, e := range entries {
		sum, ok := strings.CutPrefix(e.Name(), hashedName)
		if !ok || !IsSHA256(sum) || !e.Type().IsRegular() {
			continue
		}
		if info, err := e.Info(); err == nil { // else it has just gone
			at := filepath.Join(folder, e.Name())
			list = append(list, Kept{Hashed(sum, ""), at, info.Size(), info.ModTime(), isModel(at)})
		}
	}
	return list, err
}

// isModel tells whether the file at path begins as TensorFlow Lite files do: with their identifier behind the first four bytes.
func isModel(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	start := make([]byte, 8)
	_, err = f.ReadAt(start, 0)
	return err == nil && string(start[4:]) == "TFL3"
}
