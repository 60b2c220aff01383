package main

import (
	"bytes"
	"strings"
	"testing"
)

// TestNamesOnATerminal: what a file is called cannot write to the terminal as it likes.
func TestNamesOnATerminal(t *testing.T) {
	for _, r := range []pictureReport{{Picture: "a\x1b[31m\nb.jpg"}, {Picture: "a\x1b[31m\nb.jpg", Error: "a\x1b[31m\nb.jpg is a pipe"}} {
		var out bytes.Buffer
		if err := r.print(streams{out: &out, err: &out}, false, 1); err != nil {
			t.Fatal(err)
		}
		if got := out.String(); !strings.HasPrefix(got, `a\x1b[31m\nb.jpg`) || strings.Contains(got, "\x1b") || strings.Count(got, "\n") != 1 {
			t.Errorf("%q", got)
		}
	}
}
