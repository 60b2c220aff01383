package gpiochip

import (
	"cmp"
	"errors"
	"fmt"
)

// The kinds of errors, besides fs.ErrPermission and those of the kernel.
var (
	ErrNoChip = errors.New("no such GPIO chip")
	ErrNoLine = errors.New("no such GPIO line")
	ErrBusy   = errors.New("the GPIO line is in use")
)

// Error is why a chip or line cannot be had. All errors of this package that a person can mend are of this type.
type Error struct {
	Kind error  // ErrNoChip, ErrNoLine, ErrBusy, fs.ErrPermission or the kernel's
	What string // line 22 is used by spi0
	Fix  string // how to mend it
}

// Busy is the error of a line that another one uses.
func Busy(p Place, l Line) error {
	return &Error{ErrBusy, fmt.Sprintf("line %d is used by %s", p.Offset, cmp.Or(l.Consumer, "the kernel or a program")),
		"end that program, or take what uses it out of config.txt (dtparam, dtoverlay), or use another line"}
}

func (e *Error) Error() string { return e.What + ": " + e.Fix }

// Unwrap is the kind.
func (e *Error) Unwrap() error { return e.Kind }
