// Package gpiochip switches and reads the pins of a machine by the kernel's character devices for GPIO, /dev/gpiochip0 and
// so on (version 2 of linux/gpio.h: Linux 5.10 and later).
//
// [Chips] lists what there is, and [Find] finds a line in such a list, without touching it. A [Pin] is such a line as a
// gpio.PinIO of periph.io. The first call of In or Out asks the kernel for the line, with its direction, level, pull and
// edges at once, so that an output never has a wrong level for a moment; from then on the kernel gives it to nobody else.
package gpiochip

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Chip is a GPIO chip as the kernel describes it.
type Chip struct {
	Path  string // of its node: /dev/gpiochip0
	Label string // what it is: pinctrl-bcm2711; may be empty, and several chips may have the same
	Lines []Line // by offset
	Err   error  // why nothing is known of it; nil if all is
}

// Line is a line of a chip.
type Line struct {
	Name     string // by the maker of the board: GPIO17; may be empty, and several lines may have the same
	Used     bool   // by a program or by the kernel itself: nobody else gets it
	Consumer string // who uses it; may be empty
	Output   bool   // its direction
}

// Name is the kernel's name of the chip: gpiochip0.
func (c Chip) Name() string { return c.Path[strings.LastIndexByte(c.Path, '/')+1:] }

// String is the chip for people: gpiochip0 (pinctrl-bcm2711).
func (c Chip) String() string {
	if c.Label == "" {
		return c.Name()
	}
	return c.Name() + " (" + c.Label + ")"
}

// Place is where a line is.
type Place struct {
	Chip   string // path of the chip's node
	Offset int    // on the chip
	Name   string // of the line; may be empty
}

// String is the place for people: line 17 of gpiochip0.
func (p Place) String() string {
	return fmt.Sprintf("line %d of %s", p.Offset, Chip{Path: p.Chip}.Name())
}

// Find finds a line. A chip is named by its label, its path or its name; without a name it is the header of a Raspberry Pi,
// or the only chip. A line is named by its name, or else by its number on the chip; GPIO<n> is line n, unless a line is
// called so. Without a chip's name, a line that the header has not may be on any chip. Errors are of type *[Error].
func Find(chips []Chip, chip, line string) (Place, error) {
	among, err := choose(chips, chip)
	if err != nil {
		return Place{}, err
	}
	if len(among) == 1 {
		if p, ok, err := among[0].find(line); ok || err != nil {
			return p, err
		}
	}
	if chip == "" {
		if p, ok, err := findNamed(chips, line); ok || err != nil {
			return p, err
		}
	}
	if len(among) > 1 && numbered.MatchString(line) {
		return Place{}, &Error{ErrNoLine, fmt.Sprintf("it is not clear on which GPIO chip %q is", line), "set gpio.chip to one of " + list(among)}
	}
	return Place{}, &Error{ErrNoLine, fmt.Sprintf("no line is called %q on %s", line, list(among)), "`inceptiond gpio` lists the lines"}
}

// choose are the chips that a name may mean: one, or all if there is no name and no header.
func choose(chips []Chip, name string) ([]Chip, error) {
	if len(chips) == 0 {
		return nil, &Error{ErrNoChip, "this machine has no GPIO chip (/dev/gpiochip*)", "`gpio: {dry_run: true}` tries without"}
	}
	if name == "" {
		return header(chips)
	}
	named := func(c Chip) bool { return c.Path == name || c.Name() == name || c.Label == name }
	found := slices.DeleteFunc(slices.Clone(chips), func(c Chip) bool { return !named(c) })
	switch {
	case len(found) == 0:
		if err := unknown(chips); err != nil {
			return nil, err
		}
		return nil, &Error{ErrNoChip, fmt.Sprintf("no GPIO chip is called %q", name), "there is " + list(chips)}
	case len(found) > 1:
		return nil, &Error{ErrNoChip, fmt.Sprintf("several GPIO chips are called %q", name), "name one of them by its path: " + list(found)}
	}
	return found, found[0].Err
}

// header is the chip behind a Raspberry Pi's header: on a Pi 5 RP1 has it. Where there is none, it is all chips.
func header(chips []Chip) ([]Chip, error) {
	for _, label := range []string{"pinctrl-rp1", "pinctrl-bcm"} {
		for _, c := range chips {
			if strings.HasPrefix(c.Label, label) {
				return []Chip{c}, nil
			}
		}
	}
	return chips, unknown(chips)
}

// unknown is why a chip could not be asked, if there is one.
func unknown(chips []Chip) error {
	for _, c := range chips {
		if c.Err != nil {
			return c.Err
		}
	}
	return nil
}

// list names chips.
func list(chips []Chip) string {
	var names []string
	for _, c := range chips {
		names = append(names, c.String())
	}
	return strings.Join(names, ", ")
}

// numbered is a name that means a number.
var numbered = regexp.MustCompile(`^(?i:gpio)?(\d{1,9})$`)

// find finds a line of c. ok is false if it has none of that name or number.
func (c Chip) find(name string) (p Place, ok bool, err error) {
	found := c.named(func(s string) bool { return s == name })
	if found == nil {
		found = c.named(func(s string) bool { return strings.EqualFold(s, name) })
	}
	if len(found) > 1 {
		return Place{}, false, &Error{ErrNoLine, fmt.Sprintf("several lines of %v are called %q", c, name), fmt.Sprintf("name one by its number, %d or %d", found[0].Offset, found[1].Offset)}
	}
	if len(found) == 1 {
		return found[0], true, nil
	}
	if m := numbered.FindStringSubmatch(name); m != nil {
		if n, _ := strconv.Atoi(m[1]); n < len(c.Lines) {
			return c.place(n), true, nil
		}
	}
	return Place{}, false, nil
}

// named are the lines whose name is wanted. Lines without a name are not.
func (c Chip) named(want func(string) bool) (found []Place) {
	for i, l := range c.Lines {
		if l.Name != "" && want(l.Name) {
			found = append(found, c.place(i))
		}
	}
	return found
}

func (c Chip) place(offset int) Place {
	return Place{Chip: c.Path, Offset: offset, Name: c.Lines[offset].Name}
}

// findNamed finds a line by its name, whatever chip it is on. ok is false if there is none.
func findNamed(chips []Chip, name string) (p Place, ok bool, err error) {
	var found []Place
	for _, c := range chips {
		found = append(found, c.named(func(s string) bool { return s == name })...)
	}
	switch len(found) {
	case 0:
		return Place{}, false, nil
	case 1:
		return found[0], true, nil
	}
	return Place{}, false, &Error{ErrNoLine, fmt.Sprintf("%q is %v and %v", name, found[0], found[1]), "set gpio.chip to one of " + list(chips)}
}
