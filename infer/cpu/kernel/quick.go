package kernel

import "math"

// Quick is a [Multiplier] in float32, which takes two instructions where 64 bits take seven. Numbers of float32 from 2^23 to 2^24 are
// whole, and so are their bits: those of quickOne and of a sum, added, are those of quickOne+sum. Of that,
//
//	(quickOne+sum+shift)*mult + add
//
// rounded once, as a fused multiplication is, is quickOne more than the output's number, and then so are its bits. By itself a
// multiplier of 24 bits would not make the same of every sum; but shift moves the line that sums follow by fractions of a number, and
// for most channels there is one with which no sum lands on the wrong side of a half. Larger sums than have such bits are further from
// 0 yet, or nearer to 2^23 than to others: they still have numbers that are limited.
type Quick struct {
	shift     int32 // quickBits more than that
	mult, add float32
}

const (
	quickOne  = 3 << 22
	quickBits = 0x4B400000 // of quickOne
	quickMax  = 1 << 21    // bounds the sums that count, and shifts
)

// Quicks finds the constants of all channels, nil if one has none. No sum is further from 0 than most; where that is too far,
// sums tells the least and the greatest of a channel.
func (o *Output) Quicks(how Rounding, most int64, sums func(channel int) (lo, hi int64)) []Quick {
	list := make([]Quick, len(o.Mult))
	for i, m := range o.Mult {
		var ok bool
		if list[i], ok = o.quick(m, how, -most, most); !ok {
			lo, hi := sums(i)
			list[i], ok = o.quick(m, how, lo, hi)
		}
		if !ok {
			return nil
		}
	}
	return list
}

// quick finds the constants of a channel whose sums are lo … hi.
func (o *Output) quick(m Multiplier, how Rounding, lo, hi int64) (q Quick, ok bool) {
	e := 24 + uint(m.Right) - uint(m.Left) // mult has that many bits after the point
	if m.Right > 24 || m.Left > 8 || max(-lo, hi)<<m.Left > 1<<29 {
		return Quick{}, false
	}
	first, last := o.number(m.Round(int32(lo), how)), o.number(m.Round(int32(hi), how))
	if first == last {
		return Quick{shift: quickBits, add: float32(quickOne + first)}, true
	}
	s := quickSteps{e: e, first: int64(first + 1 - o.Zero), count: int(last - first), floor: -quickMax, ceiling: quickMax}
	m.steps(s.at[:s.count], s.first, how)
	if first > o.Lo {
		s.floor, s.floored = lo, true
	}
	if last < o.Hi {
		s.ceiling, s.ceiled = hi, true
	}
	if min(s.floor, s.at[0]-1) < -quickMax || max(s.ceiling, s.at[s.count-1]) > quickMax {
		return Quick{}, false
	}
	for _, d := range [...]int64{0, 1, -1, 2, -2} {
		mult := max(0, (int64(m.M)>>6+1)>>1+d)
		if shift, whole, ok := s.shift(mult); ok && (whole > quickMax || lo > -quickMax && mult < 2<<e) {
			return Quick{quickBits + int32(shift), float32(mult) / float32(int64(1)<<e), float32(whole + int64(o.Zero))}, true
		}
	}
	return Quick{}, false
}

// number is what becomes of a sum that is multiplied.
func (o *Output) number(x int32) int32 { return min(max(x+o.Zero, o.Lo), o.Hi) }

// steps fills at with the least sums of which m makes first, first+1 and so on, or more.
func (m Multiplier) steps(at []int64, first int64, how Rounding) {
	half, scale := int64(1)<<m.Right>>1, int64(m.M)<<m.Left
	per := 1 / float64(scale)
	for i := range at {
		v := (first+int64(i))<<m.Right - half // what the first rounding must make of it
		if how == HalfAway && half > 0 && v < 0 {
			v++
		}
		least := v<<31 - 1<<30
		x := int64(float64(least) * per) // or one beside it
		if (x-1)*scale >= least {
			x--
		}
		if x*scale < least {
			x++
		}
		at[i] = x
	}
}

// quickSteps is where the numbers of sums become larger: at[i] is the least sum of number first+i. What is before the first and after
// the last of them is limited to the same, unless floor is the least sum or ceiling the greatest.
type quickSteps struct {
	e               uint
	first           int64
	count           int
	at              [math.MaxUint8]int64
	floor, ceiling  int64
	floored, ceiled bool
}

// shift finds a shift with which products with mult have the steps of s, quickOne higher if whole is added.
func (s *quickSteps) shift(mult int64) (shift, whole int64, ok bool) {
	from, to := s.room(mult)
	if from > to {
		return 0, 0, false
	}
	one := int64(1) << s.e
	if low := (from - mult*quickOne) & (one - 1); low+to-from < one {
		shift = firstWithin(mult, one, low, low+to-from)
	}
	whole = quickOne + (to-mult*(quickOne+shift))>>s.e
	return shift, whole, shift >= 0 && shift <= quickMax
}

// room is what may be added to products with mult, so that these round up where s has its steps.
func (s *quickSteps) room(mult int64) (from, to int64) {
	one := int64(1) << s.e
	first := s.first*one - one/2
	low, high := int64(math.MaxInt64), int64(math.MinInt64) // how far products at steps are below the halves there
	edge := first
	for _, x := range s.at[:s.count] {
		low, high = min(low, edge-mult*x), max(high, edge-mult*x)
		edge += one
	}
	from, to = high+1, low+mult-1
	if s.floored {
		from = max(from, first-one-mult*s.floor+1)
	}
	if s.ceiled {
		to = min(to, edge-mult*s.ceiling-1)
	}
	return from, to
}

// firstWithin is the least k from 0 on with a*k mod n in from … to, or a negative number if there is none.
func firstWithin(a, n, from, to int64) int64 {
	if from == 0 {
		return 0
	}
	if a == 0 {
		return -1
	}
	k := (from + a - 1) / a
	if a*k <= to {
		return k
	}
	y := firstWithin(n%a, a, a-to%a, a-from%a) // then a*k = n*y + what is wanted
	if y < 0 || y > 1<<61/n {
		return -1
	}
	return (n*y + from + a - 1) / a
}
