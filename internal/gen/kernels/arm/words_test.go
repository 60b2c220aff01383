package arm

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/internal/gen/kernels/words"
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

// TestWords decodes every WORD of the project's assembly for 32-bit Arm, and compares with the instruction beside it.
func TestWords(t *testing.T) { words.Compare(t, "_arm.s", disassemble, plain) }

// TestEncoded wants every WORD to be what this package makes of the comment, here where no disassembler is needed.
func TestEncoded(t *testing.T) {
	for _, w := range words.Find(t, "_arm.s") {
		if code, err := Encode(w.Text); err != nil || code != w.Code {
			t.Errorf("%s: %q is %08x, %v (has %08x)", w.At, w.Text, code, err, w.Code)
		}
	}
}
