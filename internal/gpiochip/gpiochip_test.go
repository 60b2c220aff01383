package gpiochip

import (
	"errors"
	"io/fs"
	"strings"
	"testing"
)

// chipOf is a chip with lines of these names.
func chipOf(number, label string, names ...string) Chip {
	c := Chip{Path: "/dev/gpiochip" + number, Label: label}
	for _, n := range names {
		c.Lines = append(c.Lines, Line{Name: n})
	}
	return c
}

// pi4 are chips like those of a Raspberry Pi 4, pi5 of a Raspberry Pi 5, board of something else.
var (
	pi4      = []Chip{chipOf("0", "pinctrl-bcm2711", "ID_SDA", "ID_SCL", "GPIO2", "GPIO3", "TXD1", ""), chipOf("1", "raspberrypi-exp-gpio", "BT_ON", "WL_ON")}
	pi5      = []Chip{chipOf("0", "gpio-brcmstb@107d508500", "-", "2712_BOOT_CS_N"), chipOf("4", "pinctrl-rp1", "ID_SDA", "ID_SCL", "GPIO2", "-", "-")}
	board    = []Chip{chipOf("0", "a", "PA1", "pir"), chipOf("1", "b", "pir", "lamp"), chipOf("2", "b", "", "4", "")}
	one      = []Chip{chipOf("0", "mcp23017", "", "", "")}
	locked   = &Error{fs.ErrPermission, "/dev/gpiochip0 cannot be opened (permission denied)", "mend it"}
	unopened = []Chip{{Path: "/dev/gpiochip0", Err: locked}}
)

func TestFind(t *testing.T) {
	for _, tt := range []struct {
		chips      []Chip
		chip, line string
		want       string // place or error
		kind       error
	}{
		{pi4, "", "GPIO3", "line 3 of gpiochip0", nil},
		{pi4, "", "gpio3", "line 3 of gpiochip0", nil},
		{pi4, "", "GPIO4", "line 4 of gpiochip0", nil}, // whose name is another
		{pi4, "", "5", "line 5 of gpiochip0", nil},
		{pi4, "", "TXD1", "line 4 of gpiochip0", nil},
		{pi4, "", "BT_ON", "line 0 of gpiochip1", nil},
		{pi4, "", "GPIO6", `no line is called "GPIO6" on gpiochip0 (pinctrl-bcm2711): ` + "`inceptiond gpio` lists the lines", ErrNoLine},
		{pi4, "", "bt_on", `no line is called "bt_on"`, ErrNoLine}, // a guess is for the header only
		{pi4, "raspberrypi-exp-gpio", "1", "line 1 of gpiochip1", nil},
		{pi4, "raspberrypi-exp-gpio", "GPIO2", `no line is called "GPIO2" on gpiochip1`, ErrNoLine},
		{pi4, "pinctrl-bcm2711", "BT_ON", `no line is called "BT_ON" on gpiochip0`, ErrNoLine},
		{pi4, "/dev/gpiochip1", "WL_ON", "line 1 of gpiochip1", nil},
		{pi4, "gpiochip1", "WL_ON", "line 1 of gpiochip1", nil},
		{pi4, "pinctrl-rp1", "GPIO2", `no GPIO chip is called "pinctrl-rp1": there is gpiochip0 (pinctrl-bcm2711), gpiochip1 (raspberrypi-exp-gpio)`, ErrNoChip},
		{pi5, "", "GPIO2", "line 2 of gpiochip4", nil},
		{pi5, "", "GPIO4", "line 4 of gpiochip4", nil},
		{pi5, "", "-", `several lines of gpiochip4 (pinctrl-rp1) are called "-": name one by its number, 3 or 4`, ErrNoLine},
		{board, "", "lamp", "line 1 of gpiochip1", nil},
		{board, "", "pir", `"pir" is line 1 of gpiochip0 and line 0 of gpiochip1: set gpio.chip to one of gpiochip0 (a), gpiochip1 (b), gpiochip2 (b)`, ErrNoLine},
		{board, "a", "pir", "line 1 of gpiochip0", nil},
		{board, "", "1", `it is not clear on which GPIO chip "1" is: set gpio.chip to one of`, ErrNoLine},
		{board, "", "4", "line 1 of gpiochip2", nil}, // its name
		{board, "", "", "no line is called", ErrNoLine},
		{board, "b", "lamp", `several GPIO chips are called "b": name one of them by its path: gpiochip1 (b), gpiochip2 (b)`, ErrNoChip},
		{board, "gpiochip2", "", "no line is called", ErrNoLine},
		{one, "", "2", "line 2 of gpiochip0", nil},
		{one, "", "3", `no line is called "3"`, ErrNoLine},
		{one, "", "99999999999999999999", "no line is called", ErrNoLine},
		{one, "", "-1", "no line is called", ErrNoLine},
		{unopened, "", "GPIO2", "mend it", fs.ErrPermission},
		{unopened, "pinctrl-bcm2711", "GPIO2", "mend it", fs.ErrPermission},
		{unopened, "gpiochip0", "GPIO2", "mend it", fs.ErrPermission},
		{append(unopened[:1:1], pi5[1]), "", "GPIO2", "line 2 of gpiochip4", nil},
		{nil, "", "GPIO2", "this machine has no GPIO chip", ErrNoChip},
		{nil, "pinctrl-rp1", "GPIO2", "this machine has no GPIO chip", ErrNoChip},
	} {
		p, err := Find(tt.chips, tt.chip, tt.line)
		got := p.String()
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, tt.want) || !errors.Is(err, tt.kind) {
			t.Errorf("%q on %q: %s (%v), want %s", tt.line, tt.chip, got, err, tt.want)
		}
	}
}

// What is found is there, is called what was asked for or has that number, and errors say how to mend them.
func FuzzFind(f *testing.F) {
	f.Add("pinctrl-bcm2711\nGPIO1,GPIO2,", "", "GPIO2")
	f.Add("a\nx,y\nb\nx", "b", "x")
	f.Add("pinctrl-rp1\n,,,,", "", "gpio3")
	f.Fuzz(func(t *testing.T, text, chip, line string) {
		var chips []Chip
		labels := strings.Split(text, "\n")
		for i := 0; i+1 < len(labels); i += 2 {
			chips = append(chips, chipOf(strings.Repeat("1", i/2+1), labels[i], strings.Split(labels[i+1], ",")...))
		}
		p, err := Find(chips, chip, line)
		if err != nil {
			var e *Error
			if !errors.As(err, &e) || e.What == "" || e.Fix == "" || p != (Place{}) {
				t.Errorf("%v, %v", p, err)
			}
			return
		}
		for _, c := range chips {
			if c.Path != p.Chip {
				continue
			}
			name := c.Lines[p.Offset].Name
			if name != p.Name || !strings.EqualFold(name, line) && !numbered.MatchString(line) || chip != "" && chip != c.Label && chip != c.Path && chip != c.Name() {
				t.Errorf("%q on %q is %v, %q on %v", line, chip, p, name, c)
			}
			return
		}
		t.Errorf("%v is on no chip", p)
	})
}
