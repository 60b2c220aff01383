package evaluate

import (
	"bytes"
	"html"
	"testing"
)

// TestPageEscapes: text stays text, as package html makes it, and markup is markup.
func TestPageEscapes(t *testing.T) {
	for _, text := range []string{"", "plain", `<a href="x" title='y'>&amp;</a>`, "é\x00\xff&&"} {
		var b bytes.Buffer
		p := newPage(&b, nil)
		p.put("%s|%s|%d", text, markup(text), 1)
		if err := p.w.Flush(); err != nil {
			t.Fatal(err)
		}
		if want := html.EscapeString(text) + "|" + text + "|1"; b.String() != want {
			t.Errorf("%q became %q, want %q", text, b.String(), want)
		}
	}
}
