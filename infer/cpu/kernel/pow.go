package kernel

import "math"

// powTables are what powf is computed from. The numbers are those of the ARM Optimized Routines (math/powf_log2_data.c and
// math/exp2f_data.c, also in the GNU C library since 2.28). Assembly knows the order of the fields.
var powTables = struct {
	inverse [16]float64 // 1/c of points c in 0.7 … 1.4
	log     [16]float64 // log2(c)
	exp     [32]uint64  // bits of 2^(i/32), less i<<47
	a       [5]float64  // of log2(1+r), from r^5 down
	c       [3]float64  // of 2^r, from r^3 down
	shift   float64     // what rounds to multiples of 1/32
	one     float64
}{
	inverse: [16]float64{
		0x1.661ec79f8f3bep+0, 0x1.571ed4aaf883dp+0, 0x1.49539f0f010bp+0, 0x1.3c995b0b80385p+0,
		0x1.30d190c8864a5p+0, 0x1.25e227b0b8eap+0, 0x1.1bb4a4a1a343fp+0, 0x1.12358f08ae5bap+0,
		0x1.0953f419900a7p+0, 0x1p+0, 0x1.e608cfd9a47acp-1, 0x1.ca4b31f026aap-1,
		0x1.b2036576afce6p-1, 0x1.9c2d163a1aa2dp-1, 0x1.886e6037841edp-1, 0x1.767dcf5534862p-1,
	},
	log: [16]float64{
		-0x1.efec65b963019p-2, -0x1.b0b6832d4fca4p-2, -0x1.7418b0a1fb77bp-2, -0x1.39de91a6dcf7bp-2,
		-0x1.01d9bf3f2b631p-2, -0x1.97c1d1b3b7afp-3, -0x1.2f9e393af3c9fp-3, -0x1.960cbbf788d5cp-4,
		-0x1.a6f9db6475fcep-5, 0x0p+0, 0x1.338ca9f24f53dp-4, 0x1.476a9543891bap-3,
		0x1.e840b4ac4e4d2p-3, 0x1.40645f0c6651cp-2, 0x1.88e9c2c1b9ff8p-2, 0x1.ce0a44eb17bccp-2,
	},
	exp: [32]uint64{
		0x3ff0000000000000, 0x3fefd9b0d3158574, 0x3fefb5586cf9890f, 0x3fef9301d0125b51,
		0x3fef72b83c7d517b, 0x3fef54873168b9aa, 0x3fef387a6e756238, 0x3fef1e9df51fdee1,
		0x3fef06fe0a31b715, 0x3feef1a7373aa9cb, 0x3feedea64c123422, 0x3feece086061892d,
		0x3feebfdad5362a27, 0x3feeb42b569d4f82, 0x3feeab07dd485429, 0x3feea47eb03a5585,
		0x3feea09e667f3bcd, 0x3fee9f75e8ec5f74, 0x3feea11473eb0187, 0x3feea589994cce13,
		0x3feeace5422aa0db, 0x3feeb737b0cdc5e5, 0x3feec49182a3f090, 0x3feed503b23e255d,
		0x3feee89f995ad3ad, 0x3feeff76f2fb5e47, 0x3fef199bdd85529c, 0x3fef3720dcef9069,
		0x3fef5818dcfba487, 0x3fef7c97337b9b5f, 0x3fefa4afa2a490da, 0x3fefd0765b6e4540,
	},
	a:     [5]float64{0x1.27616c9496e0bp-2, -0x1.71969a075c67ap-2, 0x1.ec70a6ca7baddp-2, -0x1.7154748bef6c8p-1, 0x1.71547652ab82bp0},
	c:     [3]float64{0x1.c6af84b912394p-5, 0x1.ebfce50fac4f3p-3, 0x1.62e42ff0c52d6p-1},
	shift: 0x1.8p+52 / 32,
	one:   1,
}

// Where powf's exponents and logarithms must lie for the ordinary way.
const (
	powOffset = 0x3f330000 // bits of 0.7
	powMin    = 0x00800000 // bits of the smallest normal number
	powRange  = 0x7f800000 - powMin
	// maxExponent keeps exponent*log2(x) of normal x below 126.
	maxExponent = 0.98
)

// powf is x^y, the same number as the GNU C library's powf on processors with fused multiplication and addition, which is
// what TensorFlow Lite computes with on x86-64: log2(x) and 2^(y*log2(x)) by tables and polynomials in float64. Numbers
// that are not positive and normal, or with results near the limits of float32, go through math.Pow.
func powf(x, y float32) float32 {
	bits := math.Float32bits(x)
	if bits-powMin >= powRange || !(y >= -maxExponent && y <= maxExponent) {
		return float32(math.Pow(float64(x), float64(y)))
	}
	t := &powTables
	// x = 2^k z, with z in 0.7 … 1.4 near table entry i.
	tmp := bits - powOffset
	i, top := tmp>>19%16, tmp&0xff800000
	z := float64(math.Float32frombits(bits - top))
	r := math.FMA(z, t.inverse[i], -1)
	r2 := r * r
	high, low := math.FMA(t.a[0], r, t.a[1]), math.FMA(t.a[2], r, t.a[3])
	q := math.FMA(t.a[4], r, t.log[i]+float64(int32(top)>>23))
	l := math.FMA(high, r2*r2, math.FMA(low, r2, q))

	// y*l = k/32 + r. The conversion keeps the compiler from fusing product and sum.
	l = float64(l * float64(y))
	k := l + t.shift
	n := math.Float64bits(k)
	r = l - (k - t.shift)
	scale := math.Float64frombits(t.exp[n%32] + n<<47)
	p := math.FMA(math.FMA(t.c[0], r, t.c[1]), r*r, math.FMA(t.c[2], r, 1))
	return float32(p * scale)
}
