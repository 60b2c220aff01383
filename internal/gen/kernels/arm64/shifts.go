package arm64

// shifts is shifts by a number, from left to right.
var shiftsRight = map[string]code{
	"sshr": integer(0, 0), "ushr": integer(1, 0), "ssra": integer(0, 2), "usra": integer(1, 2), "srshr": integer(0, 4),
	"urshr": integer(1, 4), "srsra": integer(0, 6), "ursra": integer(1, 6), "sri": integer(1, 8),
}

var shiftsLeft = map[string]code{
	"shl": integer(0, 10), "sli": integer(1, 10), "sqshlu": integer(1, 12), "sqshl": integer(0, 14), "uqshl": integer(1, 14),
}

// shift is shifts by a number.
func shift(name string, ops []operand) (uint32, bool) {
	if len(ops) != 3 || !vectors(ops[:2]...) || ops[2].kind != '#' || ops[0].arr != ops[1].arr {
		return 0, false
	}
	size, q, _ := arrangement(ops[0].arr)
	bits := int64(8) << size
	c, ok := shiftsRight[name]
	by, valid := 2*bits-ops[2].imm, ops[2].imm >= 1 && ops[2].imm <= bits
	if !ok {
		c, ok = shiftsLeft[name]
		by, valid = bits+ops[2].imm, ops[2].imm >= 0 && ops[2].imm < bits
	}
	return 0x0f000400 | q<<30 | c.u<<29 | uint32(by)<<16 | c.op<<11 | ops[1].reg<<5 | ops[0].reg, ok && valid
}

// shiftLong is shifts to the left into elements of twice the size, by 0 for sxtl and uxtl.
func shiftLong(name string, ops []operand) (uint32, bool) {
	name, upper := cutUpper(name)
	if (name == "sxtl" || name == "uxtl") && len(ops) == 2 {
		name, ops = name[:1]+"shll", append(ops, operand{kind: '#'})
	}
	u, ok := map[string]uint32{"sshll": 0, "ushll": 1}[name]
	if !ok || len(ops) != 3 || !vectors(ops[:2]...) || ops[2].kind != '#' || !wider(ops[0], ops[1], upper) {
		return 0, false
	}
	size, q, _ := arrangement(ops[1].arr)
	bits := int64(8) << size
	return 0x0f00a400 | q<<30 | u<<29 | uint32(bits+ops[2].imm)<<16 | ops[1].reg<<5 | ops[0].reg, ops[2].imm >= 0 && ops[2].imm < bits
}

// shiftNarrow is shifts to the right into elements of half the size.
func shiftNarrow(name string, ops []operand) (uint32, bool) {
	name, upper := cutUpper(name)
	c, ok := map[string]code{
		"shrn": integer(0, 16), "rshrn": integer(0, 17), "sqshrun": integer(1, 16), "sqrshrun": integer(1, 17),
		"sqshrn": integer(0, 18), "sqrshrn": integer(0, 19), "uqshrn": integer(1, 18), "uqrshrn": integer(1, 19),
	}[name]
	if !ok || len(ops) != 3 || !vectors(ops[:2]...) || ops[2].kind != '#' || !wider(ops[1], ops[0], upper) {
		return 0, false
	}
	size, q, _ := arrangement(ops[0].arr)
	bits := int64(8) << size
	return 0x0f000400 | q<<30 | c.u<<29 | uint32(2*bits-ops[2].imm)<<16 | c.op<<11 | ops[1].reg<<5 | ops[0].reg,
		ops[2].imm >= 1 && ops[2].imm <= bits
}
