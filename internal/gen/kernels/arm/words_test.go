package arm

import (
	"bufio"
	"bytes"
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

// disassemble is what LLVM says of words.
func disassemble(t *testing.T, words []uint32) []string {
	t.Helper()
	const tool = "llvm-mc-19"
	if _, err := exec.LookPath(tool); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%v (Debian: apt install llvm-19)", err)
		}
		t.Skipf("%v (Debian: apt install llvm-19)", err)
	}
	var code bytes.Buffer
	for _, w := range words {
		fmt.Fprintf(&code, "0x%02x 0x%02x 0x%02x 0x%02x\n", w&255, w>>8&255, w>>16&255, w>>24)
	}
	cmd := exec.Command(tool, "--disassemble", "--triple=armv7", "-mattr=+neon")
	var problems bytes.Buffer
	cmd.Stdin, cmd.Stderr = &code, &problems
	out, err := cmd.Output()
	if err != nil || problems.Len() > 0 {
		t.Fatalf("%v\n%s", err, problems.String())
	}
	var list []string
	for line := range strings.Lines(string(out)) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '.' {
			list = append(list, line)
		}
	}
	if len(list) != len(words) {
		t.Fatalf("%d instructions of %d words", len(list), len(words))
	}
	return list
}

var (
	span       = regexp.MustCompile(`d(\d+)-d(\d+)`)
	or         = regexp.MustCompile(`^vorr (\w+), (\w+), (\w+)$`)
	extraction = regexp.MustCompile(`^vext\.(\d+) (.*), #(\d+)$`)
	link       = regexp.MustCompile(`\blr\b`)
)

// plain is an instruction as the disassembler writes it, with single spaces: lists in full, numbers of registers, a move and
// an extraction of bytes for their other names.
func plain(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	text = link.ReplaceAllString(text, "r14")
	if m := extraction.FindStringSubmatch(text); m != nil {
		bits, _ := strconv.Atoi(m[1])
		n, _ := strconv.Atoi(m[3])
		text = fmt.Sprintf("vext.8 %s, #%d", m[2], n*bits/8)
	}
	text = span.ReplaceAllStringFunc(text, func(s string) string {
		var first, last int
		_, _ = fmt.Sscanf(s, "d%d-d%d", &first, &last)
		var names []string
		for i := first; i <= last; i++ {
			names = append(names, fmt.Sprintf("d%d", i))
		}
		return strings.Join(names, ", ")
	})
	if m := or.FindStringSubmatch(text); m != nil && m[2] == m[3] {
		return "vmov " + m[1] + ", " + m[2]
	}
	return text
}

// word is a WORD in a .s file.
type word struct {
	at, text string
	code     uint32
}

// TestWords decodes every WORD of the project's assembly for 32-bit Arm, and compares with the instruction beside it.
func TestWords(t *testing.T) {
	var words []word
	root := shared.Root(t)
	err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, "_arm.s") {
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

// TestEncoded wants every WORD to be what this package makes of the comment, here where no disassembler is needed.
func TestEncoded(t *testing.T) {
	err := filepath.WalkDir(shared.Root(t), func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_arm.s") {
			return err
		}
		for _, w := range wordsOf(t, path) {
			if code, err := Encode(w.text); err != nil || code != w.code {
				t.Errorf("%s: %q is %08x, %v (has %08x)", w.at, w.text, code, err, w.code)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
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
