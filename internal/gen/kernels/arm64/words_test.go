package arm64

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/internal/testing/shared"
)

// disassemble is what binutils say of words.
func disassemble(t *testing.T, words []uint32) []string {
	t.Helper()
	const tool = "aarch64-linux-gnu-objdump"
	if _, err := exec.LookPath(tool); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%v (Debian: apt install binutils-aarch64-linux-gnu)", err)
		}
		t.Skipf("%v (Debian: apt install binutils-aarch64-linux-gnu)", err)
	}
	var code []byte
	for _, w := range words {
		code = binary.LittleEndian.AppendUint32(code, w)
	}
	path := filepath.Join(t.TempDir(), "code")
	if err := os.WriteFile(path, code, 0o644); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(tool, "-D", "-z", "-b", "binary", "-m", "aarch64", path).Output()
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for line := range strings.Lines(string(out)) {
		if cells := strings.SplitN(strings.TrimSpace(line), "\t", 3); len(cells) == 3 && strings.HasSuffix(cells[0], ":") {
			list = append(list, cells[2])
		}
	}
	if len(list) != len(words) {
		t.Fatalf("%d instructions of %d words", len(list), len(words))
	}
	return list
}

var number = regexp.MustCompile(`#-?\w+`)

// plain is an instruction with single spaces and decimal numbers.
func plain(text string) string {
	text, _, _ = strings.Cut(text, "//") // objdump's remarks
	text = number.ReplaceAllStringFunc(strings.Join(strings.Fields(text), " "), func(s string) string {
		n, err := strconv.ParseInt(s[1:], 0, 64)
		if err != nil {
			return s
		}
		return fmt.Sprint("#", n)
	})
	return text
}

// word is a WORD in a .s file.
type word struct {
	at, text string
	code     uint32
}

// TestWords decodes every WORD of the project's assembly for arm64, and compares with the instruction beside it.
func TestWords(t *testing.T) {
	var words []word
	root := shared.Root(t)
	err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, "_arm64.s") {
			words = append(words, wordsOf(t, path)...)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	var codes []uint32
	for _, w := range words {
		codes = append(codes, w.code)
	}
	if len(words) == 0 {
		t.Fatalf("no words below %s", root)
	}
	for i, text := range disassemble(t, codes) {
		if w := words[i]; plain(text) != plain(w.text) {
			t.Errorf("%s: %08x is %q (the comment says %q)", w.at, w.code, plain(text), w.text)
		}
	}
}

var wordLine = regexp.MustCompile(`^\s*WORD\s+\$(0x[0-9a-f]{8}) // (.+)$`)

func wordsOf(t *testing.T, path string) []word {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var list []word
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
		list = append(list, word{at, m[2], uint32(w)})
	}
	return list
}
