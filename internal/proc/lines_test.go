package proc

import (
	"errors"
	"slices"
	"testing"
)

func TestLines(t *testing.T) {
	var got []string
	l := &Lines{Max: 8, Take: func(line []byte) error {
		got = append(got, string(line))
		return nil
	}}
	for _, part := range []string{"a", "b\n", "", "\nc\nd", "e\n12345678"} {
		if n, err := l.Write([]byte(part)); n != len(part) || err != nil {
			t.Fatalf("%q: %d, %v", part, n, err)
		}
	}
	if want := []string{"ab", "", "c", "de"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if _, err := l.Write([]byte("9")); err == nil || l.Err() == nil {
		t.Error("a line without an end: no error")
	}
	if _, err := l.Write([]byte("\n")); err == nil || len(got) != 4 {
		t.Error("it goes on after an error")
	}
}

func TestLinesErrors(t *testing.T) {
	bad := errors.New("bad")
	calls := 0
	l := &Lines{Max: 8, Take: func([]byte) error { calls++; return bad }}
	if _, err := l.Write([]byte("a\nb\n")); !errors.Is(err, bad) || calls != 1 {
		t.Errorf("%v after %d calls", err, calls)
	}
}
