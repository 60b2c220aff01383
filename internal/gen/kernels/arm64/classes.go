package arm64

import "strings"

// classes is the groups of instructions that share a pattern of bits. Each tells whether it has an instruction.
var classes = []func(name string, ops []operand) (uint32, bool){
	same, logical, dot, matrix, long, narrowSum, misc, pairs, narrow, across, shift, shiftLong, shiftNarrow, element, table, permute, lanes, zero,
}

// code is the bits that tell an instruction from others of its class: U (bit 29), the opcode, and the upper bit of the
// size, which belongs to the opcode where elements are float32 or float64.
type code struct {
	u, op uint32
	float bool
	high  uint32
}

func integer(u, op uint32) code     { return code{u: u, op: op} }
func float(u, op, high uint32) code { return code{u, op, true, high} }

// size is the two bits of the size of elements.
func (c code) size(size uint32) uint32 {
	if c.float {
		return c.high<<1 | size&1
	}
	return size
}

var same3 = map[string]code{
	"shadd": integer(0, 0), "uhadd": integer(1, 0), "sqadd": integer(0, 1), "uqadd": integer(1, 1),
	"srhadd": integer(0, 2), "urhadd": integer(1, 2), "shsub": integer(0, 4), "uhsub": integer(1, 4),
	"sqsub": integer(0, 5), "uqsub": integer(1, 5), "cmgt": integer(0, 6), "cmhi": integer(1, 6),
	"cmge": integer(0, 7), "cmhs": integer(1, 7), "sshl": integer(0, 8), "ushl": integer(1, 8),
	"sqshl": integer(0, 9), "uqshl": integer(1, 9), "srshl": integer(0, 10), "urshl": integer(1, 10),
	"sqrshl": integer(0, 11), "uqrshl": integer(1, 11), "smax": integer(0, 12), "umax": integer(1, 12),
	"smin": integer(0, 13), "umin": integer(1, 13), "sabd": integer(0, 14), "uabd": integer(1, 14),
	"saba": integer(0, 15), "uaba": integer(1, 15), "add": integer(0, 16), "sub": integer(1, 16),
	"cmtst": integer(0, 17), "cmeq": integer(1, 17), "mla": integer(0, 18), "mls": integer(1, 18),
	"mul": integer(0, 19), "smaxp": integer(0, 20), "umaxp": integer(1, 20), "sminp": integer(0, 21),
	"uminp": integer(1, 21), "sqdmulh": integer(0, 22), "sqrdmulh": integer(1, 22), "addp": integer(0, 23),
	"fmaxnm": float(0, 24, 0), "fminnm": float(0, 24, 1), "fmla": float(0, 25, 0), "fmls": float(0, 25, 1),
	"fadd": float(0, 26, 0), "fsub": float(0, 26, 1), "faddp": float(1, 26, 0), "fabd": float(1, 26, 1),
	"fmul": float(1, 27, 0), "fcmeq": float(0, 28, 0), "fcmge": float(1, 28, 0), "fcmgt": float(1, 28, 1),
	"fmax": float(0, 30, 0), "fmin": float(0, 30, 1), "frecps": float(0, 31, 0), "frsqrts": float(0, 31, 1),
	"fdiv": float(1, 31, 0),
}

// same is d = f(n, m), all of one arrangement.
func same(name string, ops []operand) (uint32, bool) {
	c, ok := same3[name]
	if !ok || len(ops) != 3 || !vectors(ops...) || ops[0].arr != ops[1].arr || ops[0].arr != ops[2].arr {
		return 0, false
	}
	size, q, _ := arrangement(ops[0].arr)
	return 0x0e200400 | q<<30 | c.u<<29 | c.size(size)<<22 | ops[2].reg<<16 | c.op<<11 | ops[1].reg<<5 | ops[0].reg, true
}

// logical is the operations on bits; a move is an "or" of the same twice.
func logical(name string, ops []operand) (uint32, bool) {
	if name == "mov" && len(ops) == 2 && vectors(ops...) {
		name, ops = "orr", append(ops, ops[1])
	}
	i := map[string]uint32{"and": 0, "bic": 1, "orr": 2, "orn": 3, "eor": 4, "bsl": 5, "bit": 6, "bif": 7}
	n, ok := i[name]
	if !ok || len(ops) != 3 || !vectors(ops...) {
		return 0, false
	}
	size, q, _ := arrangement(ops[0].arr)
	return 0x0e201c00 | q<<30 | n>>2<<29 | n&3<<22 | ops[2].reg<<16 | ops[1].reg<<5 | ops[0].reg, size == 0
}

// dot is dot products of four bytes, of all lanes or by one.
func dot(name string, ops []operand) (uint32, bool) {
	u, ok := map[string]uint32{"sdot": 0, "udot": 1}[name]
	if !ok || len(ops) != 3 || !vectors(ops[:2]...) {
		return 0, false
	}
	_, q, _ := arrangement(ops[0].arr)
	w := q<<30 | u<<29 | ops[2].reg<<16 | ops[1].reg<<5 | ops[0].reg
	if lane := uint32(ops[2].lane); ops[2].lane >= 0 {
		return 0x0f80e000 | w | lane&1<<21 | lane>>1<<11, ops[2].arr == "4b" && lane < 4
	}
	return 0x0e809400 | w, true
}

// matrix is products of two matrices of 2 by 8 bytes each.
func matrix(name string, ops []operand) (uint32, bool) {
	w, ok := map[string]uint32{"smmla": 0x4e80a400, "ummla": 0x6e80a400, "usmmla": 0x4e80ac00}[name]
	if !ok || len(ops) != 3 || !vectors(ops...) {
		return 0, false
	}
	w |= ops[2].reg<<16 | ops[1].reg<<5 | ops[0].reg
	return w, ops[0].arr == "4s" && ops[1].arr == "16b" && ops[2].arr == "16b"
}

var longs = map[string]uint32{
	"addl": 0, "addw": 1, "subl": 2, "subw": 3, "abal": 5, "abdl": 7, "mlal": 8, "mlsl": 10, "mull": 12,
}

// cutUpper is a name without the 2 that says that upper halves are meant.
func cutUpper(name string) (string, bool) {
	name, upper := strings.CutSuffix(name, "2")
	return name, upper
}

// long is d = f(n, m) of which d, and of sums with a w also n, has elements of twice the size.
func long(name string, ops []operand) (uint32, bool) {
	name, upper := cutUpper(name)
	u := uint32(0)
	if strings.HasPrefix(name, "u") {
		u = 1
	} else if !strings.HasPrefix(name, "s") {
		return 0, false
	}
	op, ok := longs[name[1:]]
	if !ok || len(ops) != 3 || !vectors(ops...) || !wider(ops[0], ops[2], upper) {
		return 0, false
	}
	second := ops[2].arr
	if strings.HasSuffix(name, "w") {
		second = ops[0].arr
	}
	size, q, _ := arrangement(ops[2].arr)
	return 0x0e200000 | q<<30 | u<<29 | size<<22 | ops[2].reg<<16 | op<<12 | ops[1].reg<<5 | ops[0].reg, ops[1].arr == second
}

// narrowSum is the upper halves of sums and differences.
func narrowSum(name string, ops []operand) (uint32, bool) {
	name, upper := cutUpper(name)
	c, ok := map[string]code{"addhn": integer(0, 4), "raddhn": integer(1, 4), "subhn": integer(0, 6), "rsubhn": integer(1, 6)}[name]
	if !ok || len(ops) != 3 || !vectors(ops...) || !wider(ops[1], ops[0], upper) || ops[1].arr != ops[2].arr {
		return 0, false
	}
	size, q, _ := arrangement(ops[0].arr)
	return 0x0e200000 | q<<30 | c.u<<29 | size<<22 | ops[2].reg<<16 | c.op<<12 | ops[1].reg<<5 | ops[0].reg, true
}

var misc2 = map[string]code{
	"rev64": integer(0, 0), "rev32": integer(1, 0), "rev16": integer(0, 1), "cls": integer(0, 4), "clz": integer(1, 4),
	"cnt": integer(0, 5), "mvn": integer(1, 5), "abs": integer(0, 11), "neg": integer(1, 11),
	"sqabs": integer(0, 7), "sqneg": integer(1, 7), "suqadd": integer(0, 3), "usqadd": integer(1, 3),
	"fabs": float(0, 15, 1), "fneg": float(1, 15, 1), "fsqrt": float(1, 31, 1), "frecpe": float(0, 29, 1), "frsqrte": float(1, 29, 1),
	"frintn": float(0, 24, 0), "frintm": float(0, 25, 0), "frintp": float(0, 24, 1), "frintz": float(0, 25, 1),
	"frinta": float(1, 24, 0), "frintx": float(1, 25, 0), "frinti": float(1, 25, 1),
	"fcvtns": float(0, 26, 0), "fcvtms": float(0, 27, 0), "fcvtas": float(0, 28, 0), "scvtf": float(0, 29, 0),
	"fcvtps": float(0, 26, 1), "fcvtzs": float(0, 27, 1), "fcvtnu": float(1, 26, 0), "fcvtmu": float(1, 27, 0),
	"fcvtau": float(1, 28, 0), "ucvtf": float(1, 29, 0), "fcvtpu": float(1, 26, 1), "fcvtzu": float(1, 27, 1),
}

// zeros is comparisons with 0.
var zeros = map[string]code{
	"cmgt": integer(0, 8), "cmge": integer(1, 8), "cmeq": integer(0, 9), "cmle": integer(1, 9), "cmlt": integer(0, 10),
	"fcmgt": float(0, 12, 1), "fcmge": float(1, 12, 1), "fcmeq": float(0, 13, 1), "fcmle": float(1, 13, 1), "fcmlt": float(0, 14, 1),
}

// misc is d = f(n), of one arrangement, and comparisons with 0.
func misc(name string, ops []operand) (uint32, bool) {
	c, ok := misc2[name]
	if len(ops) == 3 && ops[2].kind == '#' && ops[2].imm == 0 {
		c, ok = zeros[name]
		ops = ops[:2]
	}
	if !ok || len(ops) != 2 || !vectors(ops...) || ops[0].arr != ops[1].arr {
		return 0, false
	}
	size, q, _ := arrangement(ops[0].arr)
	return 0x0e200800 | q<<30 | c.u<<29 | c.size(size)<<22 | c.op<<12 | ops[1].reg<<5 | ops[0].reg, true
}

// pairs is sums of neighbours, of twice the size.
func pairs(name string, ops []operand) (uint32, bool) {
	c, ok := map[string]code{"saddlp": integer(0, 2), "uaddlp": integer(1, 2), "sadalp": integer(0, 6), "uadalp": integer(1, 6)}[name]
	if !ok || len(ops) != 2 || !vectors(ops...) {
		return 0, false
	}
	wide, q, _ := arrangement(ops[0].arr)
	size, p, _ := arrangement(ops[1].arr)
	return 0x0e200800 | q<<30 | c.u<<29 | size<<22 | c.op<<12 | ops[1].reg<<5 | ops[0].reg, wide == size+1 && p == q
}

// narrow is elements of half the size; of floats fcvtn, and fcvtl the other way.
func narrow(name string, ops []operand) (uint32, bool) {
	name, upper := cutUpper(name)
	if len(ops) != 2 || !vectors(ops...) {
		return 0, false
	}
	size, q, _ := arrangement(ops[0].arr)
	if name == "fcvtl" {
		half, part, _ := arrangement(ops[1].arr)
		return 0x0e217800 | part<<30 | (half-1)<<22 | ops[1].reg<<5 | ops[0].reg, wider(ops[0], ops[1], upper)
	}
	c, ok := map[string]code{
		"xtn": integer(0, 18), "sqxtun": integer(1, 18), "sqxtn": integer(0, 20), "uqxtn": integer(1, 20), "fcvtn": integer(0, 22),
	}[name]
	if !ok || !wider(ops[1], ops[0], upper) {
		return 0, false
	}
	if name == "fcvtn" {
		size--
	}
	return 0x0e200800 | q<<30 | c.u<<29 | size<<22 | c.op<<12 | ops[1].reg<<5 | ops[0].reg, true
}

// across is what all elements of a vector become together.
func across(name string, ops []operand) (uint32, bool) {
	c, ok := map[string]code{
		"saddlv": integer(0, 3), "uaddlv": integer(1, 3), "smaxv": integer(0, 10), "umaxv": integer(1, 10),
		"sminv": integer(0, 26), "uminv": integer(1, 26), "addv": integer(0, 27),
	}[name]
	if !ok || len(ops) != 2 || !vectors(ops[1]) {
		return 0, false
	}
	size, q, _ := arrangement(ops[1].arr)
	to := size
	if c.op == 3 {
		to++
	}
	return 0x0e300800 | q<<30 | c.u<<29 | size<<22 | c.op<<12 | ops[1].reg<<5 | ops[0].reg, ops[0].kind == "bhsd"[to&3]
}
