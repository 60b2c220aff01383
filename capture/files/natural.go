package files

import (
	"cmp"
	"strings"
)

// natural orders names as people do: digits count as numbers, so shot2 comes before shot10. Names that are equal so far
// (shot2 and shot02) are ordered byte by byte.
func natural(a, b string) int {
	x, y := a, b
	for x != "" && y != "" {
		var p, q string
		p, x = token(x)
		q, y = token(y)
		if c := compareTokens(p, q); c != 0 {
			return c
		}
	}
	return cmp.Or(cmp.Compare(len(x), len(y)), strings.Compare(a, b))
}

// token cuts a run of digits, or one other byte, off the front of s, which is not empty.
func token(s string) (first, rest string) {
	n := 0
	for n < len(s) && isDigit(s[n]) {
		n++
	}
	n = max(n, 1)
	return s[:n], s[n:]
}

func compareTokens(p, q string) int {
	if !isDigit(p[0]) || !isDigit(q[0]) {
		return strings.Compare(p, q)
	}
	p, q = strings.TrimLeft(p, "0"), strings.TrimLeft(q, "0")
	return cmp.Or(cmp.Compare(len(p), len(q)), strings.Compare(p, q)) // of any length: no overflow
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
