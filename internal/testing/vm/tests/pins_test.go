package tests

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"periph.io/x/conn/v3/gpio"

	"github.com/inceptiond/inceptiond/internal/gpiochip"
)

// shapes is a camera that needs no device; its first frame decides a class, and what is decided stays.
const shapes = "cameras:\n  eye: {demo: {interval: 100ms, width: 32, height: 32}, decision: {enter: 0.01, leave: 0.01, margin: 0, groups: {any: ['*']}}%s}\n"

// pinsAre is how pins are, as published.
type pinsAre struct {
	DryRun bool `json:"dry_run"`
	Inputs map[string]struct {
		Active bool
		Error  string
	}
	Outputs map[string]struct {
		On            bool
		Reason, Error string
	}
}

// awaitPins waits from the mark on until the pins are as said.
func awaitPins(t *testing.T, mqtt *tape, mark int, what string, done func(pinsAre) bool) {
	t.Helper()
	mqtt.await(t, mark, what, func(text string) bool {
		var p pinsAre
		return message(text, "gpio", &p) && done(p)
	})
}

// awaitLevel waits until a line is high or low.
func (s *sim) awaitLevel(line int, high bool) {
	s.t.Helper()
	eventually(s.t, fmt.Sprintf("line %d to be high: %v", line, high), func() bool { return s.high(line) == high })
}

// TestGPIO is the daemon at work with real lines: a lamp that follows, a heartbeat, an input that opens a gate, a line that
// another program has, and one that moves.
func TestGPIO(t *testing.T) {
	broker(t)
	mqtt := subscribe(t)
	pi := header(t)
	file := "gpio:\n  inputs: {pir: {line: GPIO17, pull: down}}\n  outputs:\n" +
		"    lamp: {line: GPIO27, camera: eye, classes: [any], rest: 0s}\n    alive: {line: GPIO4, mode: heartbeat}\n"
	gate := ", gate: {motion: false, refresh: 0s, triggers: [pir]}"
	d := run(t, file+fmt.Sprintf(shapes, gate))
	pi.awaitLevel(27, true)
	awaitPins(t, mqtt, 0, "the lamp", func(p pinsAre) bool { return p.Outputs["lamp"].On && p.Outputs["lamp"].Reason == "eye: any" })
	for _, high := range []bool{true, false, true} {
		pi.awaitLevel(4, high)
	}

	mark := mqtt.end()
	pi.pull(17, true)
	awaitPins(t, mqtt, mark, "the input", func(p pinsAre) bool { return p.Inputs["pir"].Active })
	mqtt.await(t, mark, "an open gate", func(text string) bool {
		var g struct{ State, Reason string }
		return message(text, "eye/gate", &g) && g.State == "open" && g.Reason == "trigger pir"
	})

	taken := gpiochip.New(place(t, "", "GPIO22"), gpiochip.Options{Consumer: "spi0"})
	if err := taken.Out(gpio.Low); err != nil {
		t.Fatal(err)
	}
	mark = mqtt.end()
	d.reload(t, strings.Replace(file, "GPIO27", "GPIO22", 1)+fmt.Sprintf(shapes, gate))
	awaitPins(t, mqtt, mark, "a line in use", func(p pinsAre) bool {
		return strings.HasPrefix(p.Outputs["lamp"].Error, "line 22 is used by spi0: ") && !p.Outputs["lamp"].On
	})
	if l := pi.line(27); l.Used {
		t.Errorf("the line of before is %+v", l)
	}
	if l := pi.line(4); l.Consumer != gpiochip.Consumer {
		t.Errorf("the line that did not move is %+v", l)
	}
	taken.Close()
	pi.awaitLevel(22, true)

	list := sh(t, "./inceptiond gpio -c %s", d.file)
	for _, part := range []string{"pinctrl-bcm2711, 54 lines\n", "17  GPIO17               input   used by inceptiond       (input pir)\n", "(output lamp)"} {
		if !strings.Contains(list, part) {
			t.Errorf("the list has no %q:\n%s", part, list)
		}
	}
	if report := sh(t, "./inceptiond doctor -c %s || true", d.file); !strings.Contains(report, "GPIO22: line 22 of ") || !strings.Contains(report, ", in use by inceptiond") {
		t.Errorf("the doctor says\n%s", report)
	}
	mark = mqtt.end()
	d.stop(t)
	awaitPins(t, mqtt, mark, "the end", func(p pinsAre) bool {
		return !p.Outputs["lamp"].On && p.Outputs["lamp"].Reason == "the daemon has stopped"
	})
	eventually(t, "the lines to be free", func() bool { return !pi.line(22).Used && !pi.line(4).Used && !pi.line(17).Used })
}

// In a dry run outputs are told, and no line is asked for.
func TestGPIODryRun(t *testing.T) {
	broker(t)
	mqtt := subscribe(t)
	pi := header(t)
	d := run(t, "gpio: {dry_run: true, outputs: {lamp: {line: GPIO27, camera: eye, classes: [any]}}}\n"+fmt.Sprintf(shapes, ""))
	awaitPins(t, mqtt, 0, "the lamp", func(p pinsAre) bool { return p.DryRun && p.Outputs["lamp"].On })
	if l := pi.line(27); l.Used || pi.high(27) {
		t.Errorf("the line is %+v, high: %v", l, pi.high(27))
	}
	links, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", d.cmd.Process.Pid))
	if err != nil || len(links) == 0 {
		t.Fatalf("%q, %v", links, err)
	}
	for _, link := range links {
		if to, _ := os.Readlink(link); strings.Contains(to, "gpio") {
			t.Errorf("it has %s open", to)
		}
	}
}

// TestServiceGPIO: the unit's sandbox lets lines be switched, and after kill -9 they are made safe before it starts again,
// also with a file that has mistakes by then.
func TestServiceGPIO(t *testing.T) {
	broker(t)
	mqtt := subscribe(t)
	file := "gpio: {outputs: {lamp: {line: GPIO27, camera: eye, classes: [any]}}}\n"
	s := install(t, file+fmt.Sprintf(shapes, ""))
	pi := header(t)
	s.start()
	awaitPins(t, mqtt, 0, "the lamp", func(p pinsAre) bool { return p.Outputs["lamp"].On })
	pi.awaitLevel(27, true)

	mark := mqtt.end()
	sh(t, "kill -KILL %s", s.property("MainPID"))
	eventually(t, "the outputs to be safe", func() bool { return strings.Contains(s.journal(), "lamp (GPIO27) is off\n") })
	s.awaitProperty("NRestarts", "1")
	awaitPins(t, mqtt, mark, "the lamp again", func(p pinsAre) bool { return p.Outputs["lamp"].On })

	s.config(file + fmt.Sprintf(shapes, ", top_k: 0"))
	begin := strings.Count(s.journal(), "lamp (GPIO27) is off\n")
	sh(t, "kill -KILL %s", s.property("MainPID"))
	eventually(t, "the outputs to be safe again", func() bool { return strings.Count(s.journal(), "lamp (GPIO27) is off\n") > begin })
	s.awaitProperty("Result", "exit-code")
	if got := s.property("ExecMainStatus"); got != "78" || pi.line(27).Used {
		t.Errorf("it ends with %s, and the line is %+v", got, pi.line(27))
	}
}

// reload has the daemon read another file.
func (d *inceptiond) reload(t *testing.T, config string) {
	t.Helper()
	if err := os.WriteFile(d.file, []byte(preamble+config), 0o644); err != nil {
		t.Fatal(err)
	}
	mark := d.log.end()
	if err := d.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	d.log.await(t, mark, "the reload", func(s string) bool { return strings.Contains(s, "config applied") })
}
