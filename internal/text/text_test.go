package text_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/internal/text"
)

func TestPrintable(t *testing.T) {
	for s, want := range map[string]string{
		"": "", "Bücher 1/ä b.jpg": "Bücher 1/ä b.jpg", "a\nb": `a\nb`, "\x1b[31mred": `\x1b[31mred`, "\xff\xfe": `\xff\xfe`, "\uFFFD": "\uFFFD", "it's": "it's",
		"\u202egpj": `\u202egpj`,
	} {
		if got := text.Printable(s); got != want {
			t.Errorf("%q: %q, want %q", s, got, want)
		}
	}
}

func ExamplePlural() {
	fmt.Println(text.Plural(1, "camera"), text.Plural(0, "camera"), text.Plural(2, "camera"))
	// Output: 1 camera 0 cameras 2 cameras
}

func TestMilliseconds(t *testing.T) {
	for d, want := range map[time.Duration]float64{0: 0, 1500 * time.Microsecond: 1.5, -time.Second: -1000} {
		if got := text.Milliseconds(d); got != want {
			t.Errorf("%v is %v ms, want %v", d, got, want)
		}
	}
}

func TestSize(t *testing.T) {
	for n, want := range map[uint64]string{0: "0 bytes", 1023: "1023 bytes", 1024: "1 KiB", 1536 << 20: "1.5 GiB", 1 << 63: "8192 PiB"} {
		if got := text.Size(n); got != want {
			t.Errorf("Size(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestLines(t *testing.T) {
	for s, want := range map[string]string{
		"": "", "one": "one", "one\n\ttwo\x1b[2J\r\n\n": "one\n\ttwo\\x1b[2J\\r\n\n", "\xff\n": "\\xff\n", "a\tb\x00": "a\tb\\x00",
	} {
		if got := text.Lines(s); got != want {
			t.Errorf("%q: %q (want %q)", s, got, want)
		}
	}
}
