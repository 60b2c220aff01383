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

// TestUnitLetsTrain holds the unit to the one system call of @resources that it allows: lines count in their order, and a
// service that trains must be able to step back behind its cameras.
func TestUnitLetsTrain(t *testing.T) {
	unit := readFile(t, "inceptiond.service")
	refused, allowed := strings.Index(unit, "\nSystemCallFilter=~@privileged @resources\n"), strings.Index(unit, "\nSystemCallFilter=setpriority\n")
	if refused < 0 || allowed < refused {
		t.Error("setpriority is not allowed after @resources is refused")
	}
}

// TestUnitIsValid has the unit read by systemd: a key that it does not know would be ignored with a warning only.
func TestUnitIsValid(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "inceptiond.service")
	installed := strings.ReplaceAll(readFile(t, "inceptiond.service"), "/usr/bin/inceptiond", self) // what it starts must be there
	if err := os.WriteFile(file, []byte(installed), 0o644); err != nil {
		t.Fatal(err)
	}
	if out := analyze(t, "verify", "--man=no", file); strings.Contains(out, "inceptiond.service") {
		t.Error(out)
	}
}

// TestUserIsMade holds the unit to the file that makes its user and groups: what is missing is 217/USER or 216/GROUP.
func TestUserIsMade(t *testing.T) {
	unit, users := readFile(t, "inceptiond.service"), readFile(t, "inceptiond.sysusers")
	var wanted []string
	for line := range strings.Lines(unit) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		switch key {
		case "User":
			wanted = append(wanted, "u "+value)
		case "SupplementaryGroups":
			for _, group := range strings.Fields(value) {
				wanted = append(wanted, "g "+group)
			}
		}
	}
	if len(wanted) < 2 {
		t.Fatalf("the unit has no user or no groups: %q", wanted)
	}
	for _, want := range wanted {
		if !strings.Contains(users, "\n"+want+" -") {
			t.Errorf("nothing makes %q", want)
		}
	}
}

// TestUnitWrites holds the unit to what it may write besides its own folders.
func TestUnitWrites(t *testing.T) {
	var writes []string
	for line := range strings.Lines(readFile(t, "inceptiond.service")) {
		if value, ok := strings.CutPrefix(strings.TrimSpace(line), "ReadWritePaths="); ok {
			writes = append(writes, value)
		}
	}
	if len(writes) != 1 || writes[0] != "-/etc/inceptiond" { // whose file is in it: internal/testing/vm
		t.Errorf("it may write %q", writes)
	}
	if postinst := readFile(t, "deb/postinst"); !strings.Contains(postinst, "chown inceptiond:inceptiond $file") || strings.Contains(postinst, "chmod") {
		t.Error("the package gives the service something else than its config file")
	}
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
