// Package words finds the instructions that stand as WORDs in the project's assembly, for the tests of those who encode them.
package words

import (
	"bufio"
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/internal/testing/shared"
)

// Word is a WORD in a .s file.
type Word struct {
	At, Text string // file and line; the instruction that the comment says
	Code     uint32
}

// Compare decodes every WORD of the files whose names end with suffix, and compares with the instruction beside it, both as
// plain writes them.
func Compare(t *testing.T, suffix string, disassemble func(*testing.T, []uint32) []string, plain func(string) string) {
	t.Helper()
	words := Find(t, suffix)
	var codes []uint32
	for _, w := range words {
		codes = append(codes, w.Code)
	}
	for i, text := range disassemble(t, codes) {
		if w := words[i]; plain(text) != plain(w.Text) {
			t.Errorf("%s: %08x is %q (the comment says %q)", w.At, w.Code, plain(text), w.Text)
		}
	}
}

// Find is every WORD of the project's files whose names end with suffix, of which there must be some.
func Find(t *testing.T, suffix string) (words []Word) {
	t.Helper()
	root := shared.Root(t)
	err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, suffix) {
			words = append(words, wordsOf(t, path)...)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(words) == 0 {
		t.Fatalf("no words below %s", root)
	}
	return words
}

var wordLine = regexp.MustCompile(`^\s*WORD\s+\$(0x[0-9a-f]{8}) // (.+)$`)

func wordsOf(t *testing.T, path string) []Word {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var list []Word
	lines := bufio.NewScanner(bytes.NewReader(text))
	for n := 1; lines.Scan(); n++ {
		code, _, _ := strings.Cut(lines.Text(), "//")
		if !strings.Contains(code, "WORD") {
			continue
		}
		at := fmt.Sprintf("%s:%d", path, n)
		m := wordLine.FindStringSubmatch(lines.Text())
		if m == nil {
			t.Errorf("%s: %q (want `WORD $0x01234567 // instruction`)", at, lines.Text())
			continue
		}
		w, err := strconv.ParseUint(m[1], 0, 32)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, Word{at, m[2], uint32(w)})
	}
	return list
}
