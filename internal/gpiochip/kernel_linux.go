package gpiochip

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"unicode"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Chips lists the GPIO chips of the machine with their lines, by number. A link to a chip, as Raspberry Pi OS makes one, is
// not listed. It disturbs nobody.
func Chips() ([]Chip, error) {
	entries, err := os.ReadDir("/dev")
	if err != nil {
		return nil, fmt.Errorf("gpiochip: %w", err)
	}
	var chips []Chip
	for _, e := range entries {
		if number(e.Name()) < 0 || e.Type()&fs.ModeSymlink != 0 {
			continue
		}
		path := "/dev/" + e.Name()
		c, err := describe(path)
		if errors.Is(err, ErrNoChip) {
			continue // gone meanwhile
		}
		c.Path, c.Err = path, err
		chips = append(chips, c)
	}
	sort.Slice(chips, func(i, j int) bool { return number(chips[i].Name()) < number(chips[j].Name()) })
	return chips, nil
}

// number is n of gpiochip<n>, and -1 of other names.
func number(name string) int {
	digits, ok := strings.CutPrefix(name, "gpiochip")
	n, err := strconv.ParseUint(digits, 10, 31)
	if !ok || err != nil {
		return -1
	}
	return int(n)
}

// Locate finds a line on this machine; see [Find]. The path of a chip may be a link to it.
func Locate(chip, line string) (Place, error) {
	if filepath.IsAbs(chip) {
		if to, err := filepath.EvalSymlinks(chip); err == nil {
			chip = to
		}
	}
	chips, err := Chips()
	if err != nil {
		return Place{}, err
	}
	return Find(chips, chip, line)
}

// describe asks the kernel about a chip and its lines.
func describe(path string) (Chip, error) {
	fd, err := openChip(path)
	if err != nil {
		return Chip{}, err
	}
	defer unix.Close(fd)
	var info unix.GPIOChipInfo
	if err := ioctl(fd, unix.GPIO_GET_CHIPINFO_IOCTL, unsafe.Pointer(&info)); err != nil {
		return Chip{}, fmt.Errorf("gpiochip: %s is no GPIO chip: %w", path, err)
	}
	c := Chip{Label: text(info.Label[:]), Lines: make([]Line, info.Lines)}
	for i := range c.Lines {
		if c.Lines[i], err = describeLine(fd, i); err != nil {
			return Chip{}, fmt.Errorf("gpiochip: %s: line %d: %w", path, i, err)
		}
	}
	return c, nil
}

func describeLine(chip, offset int) (Line, error) {
	info := unix.GPIOV2LineInfo{Offset: uint32(offset)}
	err := ioctl(chip, unix.GPIO_V2_GET_LINEINFO_IOCTL, unsafe.Pointer(&info))
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOTTY) {
		err = &Error{err, "this kernel does not know version 2 of linux/gpio.h", "Linux 5.10 or later is needed"}
	}
	return Line{
		Name: text(info.Name[:]), Consumer: text(info.Consumer[:]),
		Used: info.Flags&flagUsed != 0, Output: info.Flags&flagOutput != 0,
	}, err
}

// openChip opens a chip's node. Reading is enough, for outputs too.
func openChip(path string) (fd int, err error) {
	if fd, err = unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0); err == nil {
		return fd, nil
	}
	what := fmt.Sprintf("%s cannot be opened (%v)", path, err)
	switch err {
	case unix.EPERM: // systemd's filter of devices
		return 0, &Error{fs.ErrPermission, what, "the unit needs DeviceAllow=char-gpiochip r"}
	case unix.EACCES:
		return 0, &Error{fs.ErrPermission, what, "it should belong to the group gpio, and the user be in that group " +
			"(sudo usermod -aG gpio USER, then log in anew; for the service SupplementaryGroups=gpio)"}
	case unix.ENOENT, unix.ENODEV, unix.ENXIO:
		return 0, &Error{ErrNoChip, fmt.Sprintf("there is no GPIO chip %s", path), "`inceptiond gpio` lists the chips"}
	}
	return 0, fmt.Errorf("gpiochip: open %s: %w", path, err)
}

// request asks the kernel for a line, which gives it with direction, level, pull and edges at once, or not at all.
func request(p Place, consumer string, c config) (*line, error) {
	chip, err := openChip(p.Chip)
	if err != nil {
		return nil, err
	}
	defer unix.Close(chip)
	r := unix.GPIOV2LineRequest{Config: c.kernel(), Num_lines: 1}
	r.Offsets[0] = uint32(p.Offset)
	copy(r.Consumer[:len(r.Consumer)-1], consumer)
	if err := ioctl(chip, unix.GPIO_V2_GET_LINE_IOCTL, unsafe.Pointer(&r)); err != nil {
		return nil, explain(chip, p, err)
	}
	if err := unix.SetNonblock(int(r.Fd), true); err != nil { // so that Go's runtime waits for it
		unix.Close(int(r.Fd))
		return nil, fmt.Errorf("gpiochip: %v: %w", p, err)
	}
	return &line{os.NewFile(uintptr(r.Fd), p.String())}, nil
}

// explain says how to mend it that a line is not given.
func explain(chip int, p Place, err error) error {
	switch err {
	case unix.EBUSY:
		l, _ := describeLine(chip, p.Offset) // without: nobody knows who
		return Busy(p, l)
	case unix.ENODEV:
		return &Error{ErrNoChip, fmt.Sprintf("the GPIO chip %s is gone", p.Chip), "`inceptiond gpio` lists the chips"}
	}
	return fmt.Errorf("gpiochip: %v: %w", p, err)
}

// text is a string of C, which ends with a zero byte or with the array. It may be shown to people.
func text(b []byte) string {
	s, _, _ := bytes.Cut(b, []byte{0})
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return unicode.ReplacementChar
		}
		return r
	}, string(s))
}
