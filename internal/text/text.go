// Package text writes numbers as people read them, and says where a page of the documentation is.
package text

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// installedDocs is where the Debian package puts the folder docs.
const installedDocs = "/usr/share/doc/inceptiond"

// Doc says where a page of the documentation is, "tflite.md": where the Debian package has put it, else in the project.
func Doc(page string) string {
	if path := filepath.Join(installedDocs, page); exists(path) {
		return path
	}
	return filepath.Join("docs", page)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// Prefix puts prefix in front of err, and of each of the errors that it joins; nil stays nil.
func Prefix(prefix string, err error) error {
	if err == nil {
		return nil
	}
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return fmt.Errorf("%s%w", prefix, err)
	}
	var errs []error
	for _, e := range joined.Unwrap() {
		errs = append(errs, Prefix(prefix, e))
	}
	return errors.Join(errs...)
}

// Printable is s as it can be shown on a terminal: characters that are none to see, and bytes that are no UTF-8, are escaped as
// in Go. File names may have any.
func Printable(s string) string {
	var b strings.Builder
	for i, r := range s {
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(s[i:], "\uFFFD"):
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case unicode.IsPrint(r):
			b.WriteRune(r)
		default:
			b.WriteString(strings.Trim(strconv.QuoteRune(r), "'"))
		}
	}
	return b.String()
}

// Lines is s with Printable lines, whoever has made what it quotes; tabs stay.
func Lines(s string) string {
	parts := strings.SplitAfter(s, "\n")
	for i, part := range parts {
		line, ends := strings.CutSuffix(part, "\n")
		cells := strings.Split(line, "\t")
		for k := range cells {
			cells[k] = Printable(cells[k])
		}
		if parts[i] = strings.Join(cells, "\t"); ends {
			parts[i] += "\n"
		}
	}
	return strings.Join(parts, "")
}

// Plural is "1 camera" or "2 cameras".
func Plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// Milliseconds is d in milliseconds with all its decimals, for the figures of tools. Messages have those of publish.Milliseconds,
// which rounds.
func Milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// Size is a number of bytes in words: "512 bytes", "1.5 GiB".
func Size(n uint64) string {
	if n < 1<<10 {
		return fmt.Sprintf("%d bytes", n)
	}
	value, unit := float64(n)/(1<<10), 0
	for value >= 1024 && unit < 4 {
		value, unit = value/1024, unit+1
	}
	return fmt.Sprintf("%.4g %ciB", value, "KMGTP"[unit])
}
