// Package secret reads passwords from the files that hold nothing else, and hides secrets in what people see.
package secret

import (
	"bytes"
	"fmt"

	"github.com/inceptiond/inceptiond/internal/regular"
)

// Max is the most bytes that such a file may have: a password, not a picture given by mistake.
const Max = 4 << 10

// Read reads a password from the file at path, without the newline at its end. The file should be readable by the
// daemon alone (mode 0600, or a systemd credential); the error never holds its content.
func Read(path string) (string, error) {
	data, err := regular.Read(path, Max)
	if err != nil {
		return "", fmt.Errorf("secret: %w", err)
	}
	data = bytes.TrimSuffix(bytes.TrimSuffix(data, []byte("\n")), []byte("\r"))
	if len(data) == 0 {
		return "", fmt.Errorf("secret: read %s: no password in the file", path)
	}
	if bytes.ContainsAny(data, "\x00\r\n") {
		return "", fmt.Errorf("secret: read %s: want one line of text, the password", path)
	}
	return string(data), nil
}

// Check tells whether the file at path can be read; "" is none.
func Check(path string) error {
	if path == "" {
		return nil
	}
	_, err := Read(path)
	return err
}
