package arm64

import (
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/internal/gen/kernels/words"
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

// TestWords decodes every WORD of the project's assembly for arm64, and compares with the instruction beside it.
func TestWords(t *testing.T) { words.Compare(t, "_arm64.s", disassemble, plain) }
