package learn

// Fixed-point numbers with 28 bits after the point: variants are drawn with whole numbers alone, since they must be the same
// on every machine.
const (
	fixedBits = 28
	one       = 1 << fixedBits
	ln2       = 186065279 // ln 2
	degree    = 4685083   // π / 180
)

// times is the product of two fixed-point numbers.
func times(a, b int64) int64 { return (a*b + one/2) >> fixedBits }

// sine and cosine are those of a small angle in radians, by their Taylor series: within 1e-8 up to 20 degrees.
func sine(x int64) int64 {
	square := times(x, x)
	return times(x, one-times(square, one-times(square, one-square/42)/20)/6)
}

func cosine(x int64) int64 {
	square := times(x, x)
	return one - times(square, one-times(square, one-square/30)/12)/2
}

// exponential is e to the power of x, from -20 to 1.
func exponential(x int64) int64 {
	n := x / ln2
	if x%ln2 < 0 {
		n--
	}
	r, sum := x-n*ln2, int64(one)
	for k := int64(12); k > 0; k-- {
		sum = one + times(r, sum)/k
	}
	if n < 0 {
		return sum >> -n
	}
	return sum << n
}

// logarithm is ln (n / 255), of n from 1 to 255.
func logarithm(n int64) int64 {
	doubled := int64(0)
	for n<<doubled < 128 {
		doubled++
	}
	// ln (m / 255) with m from 128 on: 2 (t + t^3/3 + t^5/5 + …) with t = (m - 255) / (m + 255), |t| <= 1/3
	m := n << doubled
	t := (m - 255) * one / (m + 255)
	square, sum := times(t, t), int64(0)
	for k := int64(25); k > 0; k -= 2 {
		sum = one/k + times(square, sum)
	}
	return 2*times(t, sum) - doubled*ln2
}

// random is SplitMix64 (Steele, Lea and Flood, Fast Splittable Pseudorandom Number Generators, 2014).
type random uint64

func (r *random) next() uint64 {
	*r += 0x9E3779B97F4A7C15
	z := uint64(*r)
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
}

// between draws a number from low to high, both of which may come; they are less than 2^31 apart.
func (r *random) between(low, high int64) int64 {
	return low + int64((r.next()>>32)*uint64(high-low+1)>>32)
}

// share draws a fixed-point number from -n/100 to n/100.
func (r *random) share(n int64) int64 { return r.between(-n*one/100, n*one/100) }
