package proc

import (
	"bytes"
	"fmt"
)

// Lines hands on what is written to it line by line, without the line's end, as a child prints them. Its first error, which is
// Take's or about a line of more than Max bytes, is that of all writes from then on. It is for one goroutine at a time.
type Lines struct {
	Take func(line []byte) error // keeps nothing of line
	Max  int

	rest []byte
	err  error
}

// Write takes what was printed.
func (l *Lines) Write(data []byte) (int, error) {
	l.rest = append(l.rest, data...)
	from := 0
	for l.err == nil {
		n := bytes.IndexByte(l.rest[from:], '\n')
		if n < 0 {
			break
		}
		l.err = l.Take(l.rest[from : from+n])
		from += n + 1
	}
	l.rest = append(l.rest[:0], l.rest[from:]...)
	if len(l.rest) > l.Max && l.err == nil {
		l.err = fmt.Errorf("a line of more than %d bytes", l.Max)
	}
	return len(data), l.err
}

// Err is the first error.
func (l *Lines) Err() error { return l.err }
