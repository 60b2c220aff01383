package doctor

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/internal/gpiochip"
	"github.com/inceptiond/inceptiond/publish/gpio"
)

// What an output follows is told with its line.
func TestPurposeOfPins(t *testing.T) {
	chips := []gpiochip.Chip{{Path: "/dev/gpiochip0", Label: "pinctrl-bcm2711", Lines: make([]gpiochip.Line, 8)}}
	f := judgePins(chips, &gpio.Options{Outputs: map[string]gpio.Output{
		"alive": {Line: "1", Mode: gpio.Heartbeat},
		"bell":  {Line: "2", Mode: gpio.Pulse, Camera: "gate", Classes: []string{"person"}, Length: time.Second},
		"far":   {Line: "77", Mode: gpio.Follow, Camera: "gate", Classes: []string{"person"}},
		"lamp":  {Line: "3", Mode: gpio.Follow, Camera: "gate", Classes: []string{"person", "*dog*"}},
	}})
	for i, want := range []string{"free, beats while all is well", "free, on for 1s when gate comes to show person", `no line is called "77"`, "free, on while gate shows person or *dog*"} {
		if !strings.Contains(f[i].Found, want) || (f[i].State == OK) != strings.HasPrefix(want, "free") {
			t.Errorf("%+v, want %s", f[i], want)
		}
	}
}

// A node that the group gpio cannot read is of no use to the service.
func TestPinsForService(t *testing.T) {
	e := examination{root: Root(t.TempDir())}
	for name, mode := range map[string]fs.FileMode{"gpiochip0": 0o600, "gpiochip1": 0o644} {
		path := e.root.path("/dev/" + name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, nil, mode)); err != nil {
			t.Fatal(err)
		}
	}
	chips := []gpiochip.Chip{{Path: "/dev/gpiochip0"}, {Path: "/dev/gpiochip1"}, {Path: "/dev/gpiochip2"}}
	f := e.pinsForService(chips)
	if len(f) != 1 || f[0].State != Warning || !strings.Contains(f[0].Found, "/dev/gpiochip0") || !strings.Contains(f[0].Fix, "udev") {
		t.Errorf("%+v", f)
	}
}

// Two pins of one line are a mistake, by whatever names it is called; of a dry run it is not so bad.
func TestJudgePins(t *testing.T) {
	chips := []gpiochip.Chip{{Path: "/dev/gpiochip0", Label: "pinctrl-bcm2711", Lines: make([]gpiochip.Line, 8)}}
	o := &gpio.Options{
		Inputs:  map[string]gpio.Input{"pir": {Line: "GPIO7"}},
		Outputs: map[string]gpio.Output{"bell": {Line: "3"}, "lamp": {Line: "7"}},
	}
	for dry, want := range map[bool]State{false: Fault, true: Warning} {
		o.DryRun = dry
		f := judgePins(chips, o)
		if len(f) != 3 || f[0].State != OK || f[1].State != OK || f[2].State != want || f[2].Found != "7 is line 7 of gpiochip0, as of input pir" || f[2].Fix == "" {
			t.Errorf("%+v", f)
		}
	}
}

func TestJudgePin(t *testing.T) {
	header := gpiochip.Chip{Path: "/dev/gpiochip0", Label: "pinctrl-bcm2711", Lines: []gpiochip.Line{
		{Name: "GPIO0"}, {Name: "GPIO1", Used: true, Consumer: "spi0 CS1"}, {Name: "GPIO2", Used: true, Consumer: "inceptiond"}, {Used: true},
	}}
	closed := gpiochip.Chip{Path: "/dev/gpiochip0", Err: &gpiochip.Error{Kind: fs.ErrPermission, What: "it cannot be opened", Fix: "usermod"}}
	for _, tt := range []struct {
		chips      []gpiochip.Chip
		chip, line string
		state      State
		found, fix string
	}{
		{[]gpiochip.Chip{header}, "", "GPIO0", OK, "GPIO0: line 0 of gpiochip0, free", ""},
		{[]gpiochip.Chip{header}, "", "GPIO1", Fault, "line 1 is used by spi0 CS1", "dtparam"},
		{[]gpiochip.Chip{header}, "", "GPIO2", OK, "GPIO2: line 2 of gpiochip0, in use by inceptiond", ""},
		{[]gpiochip.Chip{header}, "", "3", Fault, "line 3 is used by the kernel or a program", "dtparam"},
		{[]gpiochip.Chip{header}, "", "GPIO77", Fault, `no line is called "GPIO77" on gpiochip0 (pinctrl-bcm2711)`, "`inceptiond gpio`"},
		{[]gpiochip.Chip{header}, "expander", "GPIO1", Fault, `no GPIO chip is called "expander"`, "gpiochip0 (pinctrl-bcm2711)"},
		{[]gpiochip.Chip{closed}, "", "GPIO1", Fault, "it cannot be opened", "usermod"},
		{nil, "", "GPIO1", Fault, "this machine has no GPIO chip (/dev/gpiochip*)", "dry_run"},
	} {
		f := judgePin(tt.chips, "input pir", tt.chip, tt.line)
		if f.Check != "input pir" || f.State != tt.state || f.Found != tt.found || !strings.Contains(f.Fix, tt.fix) || (f.Fix == "") != (tt.state == OK) {
			t.Errorf("%s: %+v", tt.line, f)
		}
	}
}
