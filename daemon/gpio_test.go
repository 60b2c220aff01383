package main

import (
	"bytes"
	"testing"

	"github.com/inceptiond/inceptiond/internal/gpiochip"
	"github.com/inceptiond/inceptiond/publish/gpio"
)

// The list shows which name a line has, who uses it, and for what the config does.
func TestPrintChips(t *testing.T) {
	chips := []gpiochip.Chip{
		{Path: "/dev/gpiochip0", Label: "pinctrl-bcm2711", Lines: []gpiochip.Line{
			{Name: "ID_SDA"}, {}, {Name: "GPIO2", Used: true, Consumer: "inceptiond", Output: true}, {Name: "GPIO3", Used: true},
		}},
		{Path: "/dev/gpiochip1", Lines: []gpiochip.Line{{Name: "BT_ON", Used: true, Consumer: "shutdown", Output: true}}},
		{Path: "/dev/gpiochip2", Err: &gpiochip.Error{What: "it cannot be opened", Fix: "mend it"}},
	}
	pins := &gpio.Options{
		Inputs:  map[string]gpio.Input{"pir": {Line: "GPIO1"}, "gone": {Line: "GPIO99"}},
		Outputs: map[string]gpio.Output{"lamp": {Line: "2"}},
	}
	var out bytes.Buffer
	if err := printChips(&out, chips, pinsAt(chips, pins)); err != nil {
		t.Fatal(err)
	}
	want := `/dev/gpiochip0  pinctrl-bcm2711, 4 lines
    0  ID_SDA               input
    1  -                    input                            (input pir)
    2  GPIO2                output  used by inceptiond       (output lamp)
    3  GPIO3                input   used by the kernel

/dev/gpiochip1  no label, 1 line
    0  BT_ON                output  used by shutdown

/dev/gpiochip2
  cannot be asked: it cannot be opened: mend it
`
	if got := out.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
