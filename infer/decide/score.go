package decide

import (
	"math"
	"strconv"
	"time"
)

// Score is a score in whole millionths, 0 to 1,000,000.
type Score int32

const one Score = 1_000_000

// toScore is the nearest Score; what is not a number is 0.
func toScore[F float32 | float64](f F) Score {
	switch {
	case f >= 1:
		return one
	case f > 0:
		return Score(math.RoundToEven(float64(f) * float64(one)))
	}
	return 0 // also NaN
}

// Float is s as a number from 0 to 1.
func (s Score) Float() float64 { return float64(s) / float64(one) }

// appendTo appends s with two decimals, cut: a score just below a threshold never looks as if it had reached it.
func (s Score) appendTo(dst []byte) []byte { return appendCents(dst, int64(s/(one/100))) }

// appendCents appends so many hundredths, which are not below 0, with two decimals.
func appendCents(dst []byte, cents int64) []byte {
	dst = strconv.AppendInt(dst, cents/100, 10)
	cents %= 100
	return append(dst, '.', byte('0'+cents/10), byte('0'+cents%10))
}

// appendTime appends d as in 1m30s, 9.9s or 0.05s, its seconds cut to two decimals.
func appendTime(dst []byte, d time.Duration) []byte {
	d = d.Truncate(10 * time.Millisecond)
	if d < time.Second { // which String has in milliseconds
		return append(strconv.AppendFloat(dst, d.Seconds(), 'f', -1, 64), 's')
	}
	return append(dst, d.String()...)
}
