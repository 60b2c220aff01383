package mqtt

import (
	"slices"
	"testing"
)

func TestSubackGuard(t *testing.T) {
	publish := append([]byte{0x30, 0x80, 2}, make([]byte, 256)...) // its body looks like anything
	copy(publish[3:], []byte{0x90, 100, 0, 1})
	for name, test := range map[string]struct {
		stream []byte
		bad    bool
	}{
		"nothing":              {nil, false},
		"an answer":            {[]byte{0x90, 4, 0, 1, 0, 0x80}, false},
		"a short answer":       {[]byte{0x90, 3, 0, 1, 0}, false},
		"too many codes":       {[]byte{0x90, 5, 0, 1, 0, 0, 0}, true},
		"a long length":        {[]byte{0x90, 0x84, 0x80, 0x80, 0}, false},
		"an enormous one":      {[]byte{0x90, 0xff, 0xff, 0xff, 0x7f}, true},
		"one that is too long": {[]byte{0x90, 0xff, 0xff, 0xff, 0xff}, true},
		"pings and a message":  {slices.Concat([]byte{0xd0, 0, 0xd0, 0}, publish, []byte{0x90, 4, 0, 1, 0, 0}), false},
		"after a message":      {slices.Concat(publish, []byte{0x90, 5}), true},
	} {
		for _, size := range []int{1, 2, 3, 1000} { // however the network cuts it
			g := subackGuard{codes: 2}
			var err error
			for chunk := range slices.Chunk(test.stream, size) {
				if err = g.pass(chunk); err != nil {
					break
				}
			}
			if (err != nil) != test.bad {
				t.Errorf("%s, by %d: %v", name, size, err)
			}
		}
	}
}

// However a stream is cut, it is followed alike.
func FuzzSubackGuard(f *testing.F) {
	f.Add([]byte{0xd0, 0, 0x90, 4, 0, 1, 0, 0, 0x90, 5}, uint8(3))
	f.Fuzz(func(t *testing.T, stream []byte, cut uint8) {
		whole, parts := subackGuard{codes: 2}, subackGuard{codes: 2}
		want := whole.pass(stream)
		at := min(int(cut), len(stream))
		got := parts.pass(stream[:at])
		if got == nil {
			got = parts.pass(stream[at:])
		}
		if got != want || got == nil && whole != parts {
			t.Errorf("whole: %v %+v; cut at %d: %v %+v", want, whole, at, got, parts)
		}
		if got == nil && (parts.left < 0 || parts.head > 4) { // the kind, and three bytes of length that say there is another
			t.Errorf("%+v", parts)
		}
	})
}
