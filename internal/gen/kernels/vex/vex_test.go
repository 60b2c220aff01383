package vex

import (
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

// disassemble is what binutils say of code, one line for each instruction.
func disassemble(t *testing.T, code []byte) []string {
	t.Helper()
	const tool = "objdump"
	if _, err := exec.LookPath(tool); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%v (Debian: apt install binutils)", err)
		}
		t.Skipf("%v (Debian: apt install binutils)", err)
	}
	path := filepath.Join(t.TempDir(), "code")
	if err := os.WriteFile(path, code, 0o644); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(tool, "-D", "-b", "binary", "-m", "i386:x86-64", "-M", "intel", "--no-show-raw-insn", path).CombinedOutput()
	if err != nil && strings.Contains(string(out), "architecture") {
		t.Skipf("this %s does not know x86-64: %s (Debian: apt install binutils-x86-64-linux-gnu)", tool, out)
	}
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	var list []string
	for line := range strings.Lines(string(out)) {
		if cells := strings.SplitN(strings.TrimSpace(line), "\t", 2); len(cells) == 2 && strings.HasSuffix(cells[0], ":") {
			list = append(list, plain(cells[1]))
		}
	}
	return list
}

// plain is an instruction with single spaces, and without the word that says its prefix is a VEX.
func plain(text string) string {
	text = strings.TrimSpace(strings.ReplaceAll(strings.TrimSpace(text), "{vex}", ""))
	return strings.Join(strings.Fields(strings.ReplaceAll(text, ",", ", ")), " ")
}

// TestRegisters encodes all registers in each place.
func TestRegisters(t *testing.T) {
	var code []byte
	var want []string
	for a := range 16 {
		for _, r := range [][3]int{{a, 14, 0}, {12, a, 11}, {13, 5, a}} {
			bytes, text := parse(t, "here", VPDPBUSD(r[0], r[1], r[2]))
			code, want = append(code, bytes...), append(want, text)
			if say := fmt.Sprintf("vpdpbusd ymm%d, ymm%d, ymm%d", r[2], r[1], r[0]); text != say {
				t.Errorf("%v is called %q (want %q)", r, text, say)
			}
		}
	}
	compare(t, code, want)
}

// TestBytes decodes every BYTE of the project's assembly for amd64, and compares with the instruction beside it.
func TestBytes(t *testing.T) {
	var code []byte
	var want []string
	root := shared.Root(t)
	err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_amd64.s") {
			return err
		}
		text, err := os.ReadFile(path)
		n := 0
		for line := range strings.Lines(string(text)) {
			n++
			if before, _, _ := strings.Cut(line, "//"); strings.HasPrefix(strings.TrimSpace(before), "BYTE ") {
				bytes, text := parse(t, fmt.Sprintf("%s:%d", path, n), strings.TrimSpace(line))
				code, want = append(code, bytes...), append(want, text)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(want) == 0 {
		t.Fatalf("no bytes below %s", root)
	}
	compare(t, code, want)
}

var byteLine = regexp.MustCompile(`^BYTE \$0x[0-9a-f]{2}(?:; BYTE \$0x[0-9a-f]{2})* // (.+)$`)

// parse is the bytes of a line, and the instruction that its comment says.
func parse(t *testing.T, at, line string) (code []byte, text string) {
	t.Helper()
	m := byteLine.FindStringSubmatch(line)
	if m == nil {
		t.Fatalf("%s: %q (want `BYTE $0x01; BYTE $0x23 // instruction`)", at, line)
	}
	for part := range strings.SplitSeq(strings.TrimSuffix(line, " // "+m[1]), "; ") {
		b, err := strconv.ParseUint(strings.TrimPrefix(part, "BYTE $0x"), 16, 8)
		if err != nil {
			t.Fatalf("%s: %v", at, err)
		}
		code = append(code, byte(b))
	}
	return code, m[1]
}

func compare(t *testing.T, code []byte, want []string) {
	t.Helper()
	got := disassemble(t, code)
	if len(got) != len(want) {
		t.Fatalf("%d instructions (want %d): %q", len(got), len(want), got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("%q (the comment says %q)", got[i], want[i])
		}
	}
}
