package systemd

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// analyze runs systemd-analyze. Where there is none, the test is skipped, or fails if CI=true.
func analyze(t *testing.T, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("no systemd-analyze, and CI must not skip (apt install systemd)")
		}
		t.Skip("no systemd-analyze (apt install systemd)")
	}
	out, err := exec.Command("systemd-analyze", args...).CombinedOutput()
	if err != nil {
		t.Errorf("systemd-analyze %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// exposure is the most that `systemd-analyze security` may make of the unit, in tenths. Less is better; this is the limit
// that the project has set itself.
const exposure = 15

func TestUnitIsHardened(t *testing.T) {
	out := strings.TrimSpace(analyze(t, "security", "--no-pager", "--offline=true", fmt.Sprintf("--threshold=%d", exposure), "inceptiond.service"))
	t.Log(out[strings.LastIndexByte(out, '\n')+1:])
}

// TestUnitIsValid has the unit read by systemd: a key that it does not know would be ignored with a warning only.
func TestUnitIsValid(t *testing.T) {
	unit, err := os.ReadFile("inceptiond.service")
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "inceptiond.service")
	installed := strings.ReplaceAll(string(unit), "/usr/bin/inceptiond", self) // what it starts must be there
	if err := os.WriteFile(file, []byte(installed), 0o644); err != nil {
		t.Fatal(err)
	}
	if out := analyze(t, "verify", "--man=no", file); strings.Contains(out, "inceptiond.service") {
		t.Error(out)
	}
}
