package catalogue

import (
	"bytes"
	"crypto/sha1"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"github.com/inceptiond/inceptiond/internal/regular"
)

// PinName is the name of the file beside a file of this name that pins its SHA-256.
func PinName(name string) string { return name + ".sha256" }

// FormatPin is the text of that file, as sha256sum writes it and checks it: "SUM  NAME".
func FormatPin(sum, name string) string { return sum + "  " + name + "\n" }

// ParsePin reads what [FormatPin] has written for a file of this name.
func ParsePin(text, name string) (sum string, err error) {
	sum, rest, ok := strings.Cut(strings.TrimRight(text, "\r\n"), "  ")
	if !ok || rest != name || len(sum) != 64 || strings.Trim(sum, "0123456789abcdef") != "" {
		return "", fmt.Errorf("%s is damaged: remove it", PinName(name))
	}
	return sum, nil
}

// ReadPin reads the SHA-256 that is pinned beside the file at path, whose name is that of f; empty: none is.
func (f File) ReadPin(path string) (sum string, err error) {
	text, err := regular.Read(PinName(path), 1<<10)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	} else if err != nil {
		return "", err
	}
	return ParsePin(string(text), f.Name)
}

// Blob is git's blob id of what r gives, which must be size bytes: SHA-1 of "blob", a space, the size, a zero byte, and the
// bytes (git's "Git Objects" in the book Pro Git).
func Blob(r io.Reader, size int64) (id string, err error) {
	h := sha1.New()
	fmt.Fprintf(h, "blob %d\x00", size)
	if _, err := io.CopyN(h, r, size); err != nil {
		return "", err
	}
	return fmt.Sprintf("%x", h.Sum(nil)), nil
}

// Verify tells whether data, read from path, is the file f; sum is its SHA-256 in hexadecimal. It is held to the SHA-256 of
// the catalogue, else to the one that was pinned beside it when it was fetched, else to git's blob id.
func (f File) Verify(path, sum string, data []byte) error {
	want := f.SHA256
	if want == "" {
		var err error
		if want, err = f.ReadPin(path); err != nil {
			return err
		}
	}
	if want == "" {
		id, err := Blob(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			return err
		}
		if id == f.Blob {
			return nil
		}
	}
	if want != sum {
		return fmt.Errorf("%s is not what was fetched (damaged, or changed)", path)
	}
	return nil
}
