package systemd

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestDebianVersion holds the versions of packages to the order in which they came.
func TestDebianVersion(t *testing.T) {
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip("no bash")
	}
	var last string
	for _, test := range []struct{ described, want string }{ // the oldest first
		{"8a13e02", "0.0~20260901.120000.8a13e02"},
		{"8a13e02-dirty", "0.0~20260901.120000.8a13e02+dirty"},
		{"v0.1.0-rc1", "0.1.0~rc1"},
		{"v0.1.0-rc1-3-gabcdef0", "0.1.0~rc1+3.gabcdef0"},
		{"v0.1.0-rc2", "0.1.0~rc2"},
		{"v0.1.0", "0.1.0"},
		{"v0.1.0-9-g0123456", "0.1.0+9.g0123456"},
		{"v0.1.0-14-gabcdef0", "0.1.0+14.gabcdef0"},
		{"v0.1.0-14-gabcdef0-dirty", "0.1.0+14.gabcdef0+dirty"},
		{"v0.1.1", "0.1.1"},
		{"v1.10.0", "1.10.0"},
	} {
		cmd := exec.Command("../.ci/deb", "version", test.described)
		cmd.Env = append(os.Environ(), "SOURCE_DATE_EPOCH=1788264000") // 2026-09-01 12:00 UTC
		out, err := cmd.Output()
		got := strings.TrimSpace(string(out))
		if err != nil || got != test.want {
			t.Errorf("%s: %q, %v, want %q", test.described, got, err, test.want)
		}
		if _, err := exec.LookPath("dpkg"); err == nil && last != "" {
			if err := exec.Command("dpkg", "--compare-versions", last+"-1", "lt", got+"-1").Run(); err != nil {
				t.Errorf("Debian does not think that %s is older than %s: %v", last, got, err)
			}
		}
		last = got
	}
}
