package config

import (
	"reflect"
	"strings"
	"testing"
)

// FuzzParse holds Parse to three promises: a config or an *Error with problems, never both; a config that is valid;
// a config that YAML writes so that it can be read again, with the same meaning but for the secrets left out.
func FuzzParse(f *testing.F) {
	f.Add(File())
	f.Add(wholeFile())
	for _, b := range badFiles {
		f.Add([]byte(b.text))
	}
	f.Add([]byte("cameras: {a: {source: http, http: {url: 'http://h/?k=v'}}}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<14 {
			t.Skip("large")
		}
		c, err := Parse("f", data)
		if err != nil {
			if bad, ok := err.(*Error); !ok || c != nil || len(bad.Problems) == 0 || bad.Error() == "" {
				t.Fatalf("got %v and %T %v", c, err, err)
			}
			return
		}
		if err := c.Validate(); err != nil {
			t.Fatalf("not valid: %v", err)
		}
		again, err := Parse("again", c.YAML())
		if err != nil {
			t.Fatalf("%v\nin\n%s", err, c.YAML())
		}
		if !strings.Contains(c.String(), redacted) && !reflect.DeepEqual(c, again) {
			t.Fatalf("got\n%v\nwant\n%v", again, c)
		}
	})
}
