package tests

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"periph.io/x/conn/v3/gpio"

	"github.com/inceptiond/inceptiond/internal/gpiochip"
)

// sim is a simulated GPIO chip (the kernel's gpio-sim).
type sim struct {
	t     *testing.T
	Path  string // /dev/gpiochip0
	lines string // in sysfs
}

// simulate makes a chip with a label and lines, some of which have names.
func simulate(t *testing.T, label string, lines int, names map[int]string) *sim {
	t.Helper()
	sh(t, "modprobe gpio-sim")
	device := "/sys/kernel/config/gpio-sim/" + label
	sh(t, "mkdir -p %s/bank && echo %d >%s/bank/num_lines && echo %s >%s/bank/label", device, lines, device, label, device)
	for n, name := range names {
		sh(t, "mkdir %s/bank/line%d && echo %s >%s/bank/line%d/name", device, n, name, device, n)
	}
	sh(t, "echo 1 >%s/live", device)
	chip := sh(t, "cat %s/bank/chip_name", device)
	s := &sim{t, "/dev/" + chip, filepath.Join("/sys/devices/platform", sh(t, "cat %s/dev_name", device), chip)}
	eventually(t, s.Path, func() bool { _, err := os.Stat(s.Path); return err == nil })
	return s
}

// pull drives an input.
func (s *sim) pull(line int, up bool) {
	s.t.Helper()
	sh(s.t, "echo %s >%s/sim_gpio%d/pull", map[bool]string{true: "pull-up", false: "pull-down"}[up], s.lines, line)
}

// high tells the level of a line.
func (s *sim) high(line int) bool {
	s.t.Helper()
	return sh(s.t, "cat %s/sim_gpio%d/value", s.lines, line) == "1"
}

// line is how the kernel describes one.
func (s *sim) line(n int) gpiochip.Line {
	s.t.Helper()
	chips, err := gpiochip.Chips()
	if err != nil {
		s.t.Fatal(err)
	}
	for _, c := range chips {
		if c.Path == s.Path && c.Err == nil {
			return c.Lines[n]
		}
	}
	s.t.Fatalf("no chip %s in %v", s.Path, chips)
	panic("unreachable")
}

// header is a chip like that of a Raspberry Pi 4: lines 17, 22 and 27 have the names of the header, line 4 another.
func header(t *testing.T) *sim {
	t.Helper()
	return simulate(t, "pinctrl-bcm2711", 54, map[int]string{17: "GPIO17", 22: "GPIO22", 27: "GPIO27", 4: "GCLK"})
}

// place finds a line that must be there.
func place(t *testing.T, chip, line string) gpiochip.Place {
	t.Helper()
	p, err := gpiochip.Locate(chip, line)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestGPIODriver is package gpiochip on two real chips of the kernel, of programs with 32 bits too.
func TestGPIODriver(t *testing.T) {
	pi := header(t)
	expander := simulate(t, "expander", 8, map[int]string{0: "lamp", 5: "GPIO22"})
	t.Run("names", func(t *testing.T) { testNames(t, pi, expander) })
	t.Run("output", func(t *testing.T) { testOutput(t, pi) })
	t.Run("input", func(t *testing.T) { testInput(t, pi) })
	t.Run("debounce", func(t *testing.T) { testDebounce(t, pi) })
	t.Run("busy", func(t *testing.T) { testBusy(t) })
	t.Run("gone", func(t *testing.T) { testGone(t) })
}

func testNames(t *testing.T, pi, expander *sim) {
	link := filepath.Join(t.TempDir(), "chip")
	if err := os.Symlink(expander.Path, link); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		chip, line string
		want       gpiochip.Place
	}{
		{"", "GPIO22", gpiochip.Place{Chip: pi.Path, Offset: 22, Name: "GPIO22"}},
		{"", "GPIO4", gpiochip.Place{Chip: pi.Path, Offset: 4, Name: "GCLK"}},
		{"", "lamp", gpiochip.Place{Chip: expander.Path, Offset: 0, Name: "lamp"}},
		{"expander", "GPIO22", gpiochip.Place{Chip: expander.Path, Offset: 5, Name: "GPIO22"}},
		{expander.Path, "7", gpiochip.Place{Chip: expander.Path, Offset: 7}},
		{link, "7", gpiochip.Place{Chip: expander.Path, Offset: 7}},
	} {
		if got, err := gpiochip.Locate(tt.chip, tt.line); got != tt.want || err != nil {
			t.Errorf("%q on %q: %+v, %v", tt.line, tt.chip, got, err)
		}
	}
	if _, err := gpiochip.Locate("expander", "8"); !errors.Is(err, gpiochip.ErrNoLine) {
		t.Errorf("a ninth line of eight: %v", err)
	}
}

// testOutput: the level comes with the direction, and reading it back changes nothing (host/v3 of periph.io made an input of it).
func testOutput(t *testing.T, pi *sim) {
	p := gpiochip.New(place(t, "", "GPIO27"), gpiochip.Options{Consumer: "a consumer whose name is far too long for the kernel"})
	defer p.Close()
	for _, level := range []gpio.Level{gpio.High, gpio.Low, gpio.High} {
		if err := p.Out(level); err != nil {
			t.Fatal(err)
		}
		if got := p.Read(); pi.high(27) != bool(level) || got != level {
			t.Errorf("after Out(%v) the line is high: %v, and Read %v", level, pi.high(27), got)
		}
	}
	if l := pi.line(27); !l.Output || !l.Used || l.Consumer != "a consumer whose name is far to" {
		t.Errorf("%+v", l)
	}
	if p.WaitForEdge(-1) {
		t.Error("an edge of an output")
	}
	if err := p.Close(); err != nil || pi.line(27).Used {
		t.Errorf("closed: %v, %+v", err, pi.line(27))
	}
}

func testInput(t *testing.T, pi *sim) {
	p := gpiochip.New(place(t, "", "GPIO17"), gpiochip.Options{})
	defer p.Close()
	for _, pull := range []gpio.Pull{gpio.PullUp, gpio.PullDown} {
		if err := p.In(pull, gpio.NoEdge); err != nil {
			t.Fatal(err)
		}
		if got := p.Read(); bool(got) != (pull == gpio.PullUp) || p.Pull() != pull {
			t.Errorf("with %v the level is %v", pull, got)
		}
	}
	if err := p.In(gpio.PullNoChange, gpio.BothEdges); err != nil {
		t.Fatal(err)
	}
	edge := make(chan bool)
	wait := func() { edge <- p.WaitForEdge(-1) }
	for _, up := range []bool{true, false} {
		go wait()
		select {
		case <-edge:
			t.Fatal("it did not wait")
		case <-time.After(100 * time.Millisecond):
		}
		pi.pull(17, up)
		if !<-edge || bool(p.Read()) != up {
			t.Errorf("after an edge to %v the level is %v", up, p.Read())
		}
	}
	pi.pull(17, true)
	if err := p.In(gpio.PullUp, gpio.RisingEdge); err != nil { // which forgets that edge
		t.Fatal(err)
	}
	pi.pull(17, false)
	if p.WaitForEdge(100 * time.Millisecond) {
		t.Error("an edge that was not wanted")
	}
	go wait()
	time.Sleep(100 * time.Millisecond)
	if p.Halt(); <-edge {
		t.Error("an edge of a halted pin")
	}
	if err := p.Out(gpio.High); err != nil || !pi.line(17).Output || !pi.high(17) {
		t.Errorf("as an output: %v, %+v", err, pi.line(17))
	}
}

// testDebounce counts the ends of waits while a line bounces, as a switch does.
func testDebounce(t *testing.T, pi *sim) {
	for _, tt := range []struct {
		debounce    time.Duration
		least, most int
	}{{0, 2, 11}, {2 * time.Second, 1, 1}} {
		pi.pull(17, false)
		p := gpiochip.New(place(t, "", "GPIO17"), gpiochip.Options{Debounce: tt.debounce})
		if err := p.In(gpio.PullNoChange, gpio.BothEdges); err != nil {
			t.Fatal(err)
		}
		var bouncing sync.WaitGroup
		bouncing.Go(func() {
			for i := range 11 {
				pi.set(17, i%2 == 0)
				time.Sleep(20 * time.Millisecond)
			}
		})
		count := 0
		for p.WaitForEdge(4 * time.Second) {
			count++
		}
		bouncing.Wait()
		if count < tt.least || count > tt.most || p.Read() != gpio.High {
			t.Errorf("debounced for %v: %d edges, then %v", tt.debounce, count, p.Read())
		}
		p.Close()
	}
}

// set is pull without a shell, which would be too slow for a switch that bounces.
func (s *sim) set(line int, up bool) {
	s.t.Helper()
	word := map[bool]string{true: "pull-up", false: "pull-down"}[up]
	if err := os.WriteFile(fmt.Sprintf("%s/sim_gpio%d/pull", s.lines, line), []byte(word), 0); err != nil {
		s.t.Error(err)
	}
}

func testBusy(t *testing.T) {
	first := gpiochip.New(place(t, "", "GPIO22"), gpiochip.Options{Consumer: "spi0"})
	defer first.Close()
	if err := first.Out(gpio.Low); err != nil {
		t.Fatal(err)
	}
	second := gpiochip.New(place(t, "", "GPIO22"), gpiochip.Options{})
	for _, err := range []error{second.Out(gpio.High), second.In(gpio.Float, gpio.NoEdge)} {
		if !errors.Is(err, gpiochip.ErrBusy) || !strings.HasPrefix(err.Error(), "line 22 is used by spi0: ") {
			t.Errorf("%v", err)
		}
	}
	first.Close()
	if err := second.Out(gpio.High); err != nil {
		t.Error(err)
	}
	second.Close()
}

// testGone: a chip goes, as one on USB does, and is back.
func testGone(t *testing.T) {
	gone := simulate(t, "stick", 2, nil)
	p := gpiochip.New(place(t, "stick", "1"), gpiochip.Options{})
	if err := p.Out(gpio.High); err != nil {
		t.Fatal(err)
	}
	sh(t, "echo 0 >/sys/kernel/config/gpio-sim/stick/live")
	if err := p.Out(gpio.Low); err == nil {
		t.Error("a line of a chip that is gone can be switched")
	}
	p.Close()
	if err := p.Out(gpio.Low); !errors.Is(err, gpiochip.ErrNoChip) {
		t.Errorf("%v", err)
	}
	if _, err := gpiochip.Locate("stick", "1"); !errors.Is(err, gpiochip.ErrNoChip) {
		t.Errorf("%s: %v", gone.Path, err)
	}
	sh(t, "echo 1 >/sys/kernel/config/gpio-sim/stick/live")
	eventually(t, "the chip to be back", func() bool { _, err := gpiochip.Locate("stick", "1"); return err == nil })
}
