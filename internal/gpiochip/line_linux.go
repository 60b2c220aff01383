package gpiochip

import (
	"errors"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
	"periph.io/x/conn/v3/gpio"
)

// The flags of enum gpio_v2_line_flag in linux/gpio.h.
const (
	flagUsed         = 1 << 0
	flagInput        = 1 << 2
	flagOutput       = 1 << 3
	flagRising       = 1 << 4
	flagFalling      = 1 << 5
	flagPullUp       = 1 << 8
	flagPullDown     = 1 << 9
	flagBiasDisabled = 1 << 10
)

// setConfig is GPIO_V2_LINE_SET_CONFIG_IOCTL: _IOWR(0xB4, 0x0D, struct gpio_v2_line_config).
const setConfig = 3<<30 | unsafe.Sizeof(unix.GPIOV2LineConfig{})<<16 | 0xb4<<8 | 0x0d

// ioctl makes a call of the kernel. Its error is a unix.Errno.
func ioctl(fd int, request uintptr, arg unsafe.Pointer) error {
	for {
		_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), request, uintptr(arg))
		switch errno {
		case 0:
			return nil
		case unix.EINTR: // of a chip behind a slow bus
			continue
		}
		return errno
	}
}

// kernel is c as the kernel has it, for the only line of a request.
func (c config) kernel() (k unix.GPIOV2LineConfig) {
	attribute := &k.Attrs[0].Attr
	switch {
	case c.output:
		k.Flags = flagOutput
		attribute.Id = unix.GPIO_V2_LINE_ATTR_ID_OUTPUT_VALUES
		attribute.Flags = bit(c.level) // a union: values
	case c.debounce > 0:
		attribute.Id = unix.GPIO_V2_LINE_ATTR_ID_DEBOUNCE
		*(*uint32)(unsafe.Pointer(&attribute.Flags)) = microseconds(c.debounce) // a union: debounce_period_us
	}
	if attribute.Id != 0 {
		k.Num_attrs, k.Attrs[0].Mask = 1, 1
	}
	if c.output {
		return k
	}
	k.Flags = flagInput
	switch c.pull {
	case gpio.Float:
		k.Flags |= flagBiasDisabled
	case gpio.PullDown:
		k.Flags |= flagPullDown
	case gpio.PullUp:
		k.Flags |= flagPullUp
	}
	if c.edge == gpio.RisingEdge || c.edge == gpio.BothEdges {
		k.Flags |= flagRising
	}
	if c.edge == gpio.FallingEdge || c.edge == gpio.BothEdges {
		k.Flags |= flagFalling
	}
	return k
}

func bit(l gpio.Level) uint64 {
	if l {
		return 1
	}
	return 0
}

// microseconds are those of d, rounded up, as far as the kernel can count: something over an hour.
func microseconds(d time.Duration) uint32 {
	return uint32(min((d-1)/time.Microsecond+1, 1<<32-1))
}

// configure changes the line, and forgets edges of before.
func (l *line) configure(c config) error {
	k := c.kernel()
	return l.control(func(fd int) error {
		err := ioctl(fd, setConfig, unsafe.Pointer(&k))
		var old [maxEvents * eventSize]byte
		_, _ = unix.Read(fd, old[:]) // EAGAIN: there are none
		return err
	})
}

// set gives an output a level.
func (l *line) set(level gpio.Level) error {
	values := unix.GPIOV2LineValues{Mask: 1, Bits: bit(level)}
	return l.control(func(fd int) error { return ioctl(fd, unix.GPIO_V2_LINE_SET_VALUES_IOCTL, unsafe.Pointer(&values)) })
}

// get reads the level of an input.
func (l *line) get() (gpio.Level, error) {
	values := unix.GPIOV2LineValues{Mask: 1}
	err := l.control(func(fd int) error { return ioctl(fd, unix.GPIO_V2_LINE_GET_VALUES_IOCTL, unsafe.Pointer(&values)) })
	return values.Bits&1 != 0, err
}

func (l *line) control(call func(fd int) error) error {
	conn, err := l.file.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	err = conn.Control(func(fd uintptr) { failed = call(int(fd)) })
	return errors.Join(err, failed)
}
