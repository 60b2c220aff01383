package gpiochip

import (
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
	"periph.io/x/conn/v3/gpio"
)

// The sizes and places that linux/gpio.h has on every machine: the compiler refuses others, also when it only vets for
// 32-bit arm. The calls' numbers hold the sizes too.
var (
	_ [68]byte                     = [unsafe.Sizeof(unix.GPIOChipInfo{})]byte{}
	_ [256]byte                    = [unsafe.Sizeof(unix.GPIOV2LineInfo{})]byte{}
	_ [72]byte                     = [unsafe.Offsetof(unix.GPIOV2LineInfo{}.Flags)]byte{}
	_ [592]byte                    = [unsafe.Sizeof(unix.GPIOV2LineRequest{})]byte{}
	_ [288]byte                    = [unsafe.Offsetof(unix.GPIOV2LineRequest{}.Config)]byte{}
	_ [560]byte                    = [unsafe.Offsetof(unix.GPIOV2LineRequest{}.Num_lines)]byte{}
	_ [588]byte                    = [unsafe.Offsetof(unix.GPIOV2LineRequest{}.Fd)]byte{}
	_ [272]byte                    = [unsafe.Sizeof(unix.GPIOV2LineConfig{})]byte{}
	_ [32]byte                     = [unsafe.Offsetof(unix.GPIOV2LineConfig{}.Attrs)]byte{}
	_ [24]byte                     = [unsafe.Sizeof(unix.GPIOV2LineConfigAttribute{})]byte{}
	_ [8]byte                      = [unsafe.Offsetof(unix.GPIOV2LineAttribute{}.Flags)]byte{}
	_ [16]byte                     = [unsafe.Sizeof(unix.GPIOV2LineValues{})]byte{}
	_ [eventSize]byte              = [unsafe.Sizeof(unix.GPIOV2LineEvent{})]byte{}
	_ [setConfig - 0xc110b40d]byte = [0]byte{}
)

func TestConfig(t *testing.T) {
	type attribute struct {
		id    uint32
		value uint64
	}
	for _, tt := range []struct {
		config    config
		flags     uint64
		attribute attribute
	}{
		{config{output: true, level: gpio.High}, 1 << 3, attribute{2, 1}},
		{config{output: true}, 1 << 3, attribute{2, 0}},
		{config{}, 1 << 2, attribute{}},
		{config{pull: gpio.Float}, 1<<2 | 1<<10, attribute{}},
		{config{pull: gpio.PullUp, edge: gpio.BothEdges, debounce: 50 * time.Millisecond}, 1<<2 | 1<<8 | 1<<4 | 1<<5, attribute{3, 50000}},
		{config{pull: gpio.PullDown, edge: gpio.RisingEdge}, 1<<2 | 1<<9 | 1<<4, attribute{}},
		{config{edge: gpio.FallingEdge, debounce: 1}, 1<<2 | 1<<5, attribute{3, 1}},
		{config{debounce: math.MaxInt64}, 1 << 2, attribute{3, math.MaxUint32}},
	} {
		k := tt.config.kernel()
		count := uint32(0)
		if tt.attribute.id != 0 {
			count = 1
		}
		a := k.Attrs[0]
		if k.Flags != tt.flags || k.Num_attrs != count || a.Mask != uint64(count) || a.Attr.Id != tt.attribute.id || a.Attr.Flags != tt.attribute.value {
			t.Errorf("%+v is %+v", tt.config, k)
		}
	}
}

func TestText(t *testing.T) {
	for in, want := range map[string]string{"GPIO17\x00old": "GPIO17", "": "", "\x00x": "", "full": "full", "\xff1\x00": "\uFFFD1", "a\x1b[2J": "a\uFFFD[2J", "Ω": "Ω"} {
		if got := text([]byte(in)); got != want {
			t.Errorf("%q is %q", in, got)
		}
	}
}

func TestNumber(t *testing.T) {
	for name, want := range map[string]int{"gpiochip0": 0, "gpiochip10": 10, "gpiochip": -1, "gpiochip1a": -1, "tty0": -1, "gpiochip-1": -1, "gpiochip99999999999": -1} {
		if got := number(name); got != want {
			t.Errorf("%s has number %d", name, got)
		}
	}
}

// What is no chip says so, and how to mend it.
func TestNoChip(t *testing.T) {
	p := New(Place{Chip: "/dev/gpiochip9999", Offset: 1}, Options{})
	for _, err := range []error{p.Out(gpio.High), p.In(gpio.PullUp, gpio.BothEdges)} {
		if !errors.Is(err, ErrNoChip) {
			t.Errorf("%v", err)
		}
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := describe(file); !errors.Is(err, unix.ENOTTY) {
		t.Errorf("%v", err)
	}
	if os.Geteuid() == 0 {
		return // who may all
	}
	if err := os.Chmod(file, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := describe(file); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("%v", err)
	}
}
