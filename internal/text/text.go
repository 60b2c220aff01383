// Package text writes numbers as people read them.
package text

import (
	"fmt"
	"time"
)

// Plural is "1 camera" or "2 cameras".
func Plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// Milliseconds is d in milliseconds with all its decimals, for the figures of tools. Messages have those of publish.Milliseconds,
// which rounds.
func Milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
