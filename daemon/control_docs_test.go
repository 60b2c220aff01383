package main

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/config"
	"github.com/inceptiond/inceptiond/daemon/control"
)

// docs/messages.md has the table of commands as it is, and the config takes each permission.
func TestCommandsAreDocumented(t *testing.T) {
	doc, err := os.ReadFile("../docs/messages.md")
	if err != nil {
		t.Fatal(err)
	}
	var want, permissions []string
	for _, r := range control.Rules() {
		kept := map[bool]string{true: "yes", false: "no"}[r.Kept]
		want = append(want, fmt.Sprintf("%s %s %s %s", r.Kind, r.Permission, r.Want, kept))
		permissions = append(permissions, r.Permission)
	}
	row := regexp.MustCompile("(?m)^\\| `([a-z]+)` \\| `([a-z]+)` \\| ([^|]+) \\| [^|]+ \\| (yes|no) \\|$")
	var got []string
	for _, m := range row.FindAllStringSubmatch(string(doc), -1) {
		got = append(got, strings.Join(m[1:], " "))
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("docs/messages.md has\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if _, err := config.Parse("f", []byte("mqtt: {commands: ["+strings.Join(permissions, ", ")+"]}")); err != nil {
		t.Error(err)
	}
}
