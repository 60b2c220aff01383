package arm64

import "strings"

var elements = map[string]code{
	"mla": integer(1, 0), "mls": integer(1, 4), "mul": integer(0, 8), "sqdmulh": integer(0, 12), "sqrdmulh": integer(0, 13),
	"fmla": float(0, 1, 1), "fmls": float(0, 5, 1), "fmul": float(0, 9, 1),
	"smlal": integer(0, 2), "umlal": integer(1, 2), "smlsl": integer(0, 6), "umlsl": integer(1, 6),
	"smull": integer(0, 10), "umull": integer(1, 10),
}

// element is products by one lane. Lanes of 16 bits lie in v0 … v15.
func element(name string, ops []operand) (uint32, bool) {
	c, ok := elements[name]
	upper := false
	if !ok {
		name, upper = cutUpper(name)
		c, ok = elements[name]
	}
	if !ok || len(ops) != 3 || !vectors(ops[:2]...) || ops[2].lane < 0 {
		return 0, false
	}
	size, q, _ := arrangement(ops[1].arr)
	if strings.HasSuffix(name, "l") && name != "mul" && name != "fmul" {
		ok = wider(ops[0], ops[1], upper)
	} else {
		ok = ops[0].arr == ops[1].arr && !upper
	}
	if size == 0 || ops[2].arr != "bhsd"[size:size+1] || ops[2].lane >= 8>>(size-1) || size == 1 && (ops[2].reg > 15 || c.float) {
		return 0, false
	}
	// The lane's bits are H, L and M, of which those that 16-bit lanes need may belong to the register.
	lane := uint32(ops[2].lane) << (size - 1)
	bits := lane>>2<<11 | lane>>1&1<<21 | lane&1<<20 | ops[2].reg<<16
	return 0x0f000000 | q<<30 | c.u<<29 | size<<22 | bits | c.op<<12 | ops[1].reg<<5 | ops[0].reg, ok
}

// table is lookups in 1 to 4 registers.
func table(name string, ops []operand) (uint32, bool) {
	op, ok := map[string]uint32{"tbl": 0, "tbx": 1}[name]
	if !ok || len(ops) != 3 || ops[1].count < 1 || ops[1].count > 4 || ops[1].arr != "16b" || !vectors(ops[0], ops[2]) {
		return 0, false
	}
	size, q, _ := arrangement(ops[0].arr)
	w := 0x0e000000 | q<<30 | ops[2].reg<<16 | (ops[1].count-1)<<13 | op<<12 | ops[1].reg<<5 | ops[0].reg
	return w, size == 0 && ops[0].arr == ops[2].arr
}

// permute is zip, uzp, trn and ext.
func permute(name string, ops []operand) (uint32, bool) {
	if len(ops) < 3 || !vectors(ops[:3]...) || ops[0].arr != ops[1].arr || ops[0].arr != ops[2].arr {
		return 0, false
	}
	size, q, _ := arrangement(ops[0].arr)
	w := q<<30 | ops[2].reg<<16 | ops[1].reg<<5 | ops[0].reg
	if name == "ext" {
		return 0x2e000000 | w | uint32(ops[len(ops)-1].imm)<<11, len(ops) == 4 && size == 0 && uint64(ops[3].imm) < uint64(8<<q)
	}
	op, ok := map[string]uint32{"uzp1": 1, "trn1": 2, "zip1": 3, "uzp2": 5, "trn2": 6, "zip2": 7}[name]
	return 0x0e000800 | size<<22 | op<<12 | w, ok && len(ops) == 3
}

// laneBits is how an element size and a lane are written in five bits.
func laneBits(arr string, lane int) (bits uint32, ok bool) {
	size := strings.Index("bhsd", arr)
	if size < 0 || len(arr) != 1 || lane < 0 || lane >= 16>>size {
		return 0, false
	}
	return (uint32(lane)<<1 | 1) << size, true
}

// lanes is moves between lanes, of lanes to all, and from and to general registers.
func lanes(name string, ops []operand) (uint32, bool) {
	if len(ops) != 2 {
		return 0, false
	}
	d, n := ops[0], ops[1]
	w := n.reg<<5 | d.reg
	to, isTo := laneBits(d.arr, d.lane)
	from, isFrom := laneBits(n.arr, n.lane)
	general := n.kind == 'w' || n.kind == 'x'
	switch {
	case name == "dup" && vectors(d) && isFrom:
		_, q, _ := arrangement(d.arr)
		return 0x0e000400 | q<<30 | from<<16 | w, strings.HasSuffix(d.arr, n.arr)
	case name == "dup" && vectors(d) && general:
		size, q, _ := arrangement(d.arr)
		return 0x0e000c00 | q<<30 | 1<<size<<16 | w, (size == 3) == (n.kind == 'x')
	case name == "mov" && isTo && isFrom:
		return 0x6e000400 | to<<16 | uint32(n.lane)<<strings.Index("bhsd", n.arr)<<11 | w, d.arr == n.arr
	case name == "mov" && isTo && general:
		return 0x4e001c00 | to<<16 | w, (d.arr == "d") == (n.kind == 'x')
	case (name == "umov" || name == "mov") && isFrom && (d.kind == 'w' || d.kind == 'x'):
		q := uint32(0)
		if d.kind == 'x' {
			q = 1
		}
		return 0x0e003c00 | q<<30 | from<<16 | w, (n.arr == "d") == (d.kind == 'x') && (name == "mov") == (n.arr == "s" || n.arr == "d")
	}
	return 0, false
}

// zero is a register of zeros.
func zero(name string, ops []operand) (uint32, bool) {
	if name != "movi" || len(ops) != 2 || !vectors(ops[0]) || ops[1].kind != '#' || ops[1].imm != 0 {
		return 0, false
	}
	return 0x4f000400 | ops[0].reg, ops[0].arr == "4s"
}
