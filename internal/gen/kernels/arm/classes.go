package arm

// classes encode the instructions of a class each, of which they know the names and the kinds of operands.
var classes = []func(in *instruction) (word uint32, ok bool){
	same, logical, floats, long, scalar, pairwise, narrow, misc, shift, shiftNarrow, widen, convert, duplicate, move,
	extract, table, memory, lane,
}

// three is a word with registers d, n and m of an instruction.
func three(w uint32, d, n, m operand) uint32 {
	if d.kind == 'q' {
		w |= 1 << 6
	}
	return w | d.at(12, 22) | n.at(16, 7) | m.at(0, 5)
}

// alike tells whether the operands are registers of one kind.
func (in *instruction) alike(n int) bool {
	kinds := "ddd"[:n]
	if len(in.ops) > 0 && in.ops[0].kind == 'q' {
		kinds = "qqq"[:n]
	}
	return in.shape(kinds)
}

// sames is instructions of three registers of a kind, with the letters of types that they take.
var sames = map[string]struct {
	word  uint32
	signs string
}{
	"vadd": {0xf2000800, "i"}, "vsub": {0xf3000800, "i"}, "vmul": {0xf2000910, "i"}, "vmla": {0xf2000900, "i"},
	"vmls": {0xf3000900, "i"}, "vceq": {0xf3000810, "i"}, "vpadd": {0xf2000b10, "i"}, "vqdmulh": {0xf2000b00, "s"},
	"vqrdmulh": {0xf3000b00, "s"}, "vmax": {0xf2000600, "su"}, "vmin": {0xf2000610, "su"}, "vqadd": {0xf2000010, "su"},
	"vqsub": {0xf2000210, "su"}, "vhadd": {0xf2000000, "su"}, "vrhadd": {0xf2000100, "su"}, "vcgt": {0xf2000300, "su"},
	"vcge": {0xf2000310, "su"}, "vshl": {0xf2000400, "su"}, "vrshl": {0xf2000500, "su"}, "vpmax": {0xf2000a00, "su"},
}

func same(in *instruction) (uint32, bool) {
	c, ok := sames[in.name]
	if !ok || !in.alike(3) || !contains(c.signs, in.sign) {
		return 0, false
	}
	n, m := in.ops[1], in.ops[2]
	switch in.name {
	case "vshl", "vrshl":
		n, m = m, n // the register of shifts comes last in the text
	case "vpadd", "vpmax":
		if in.ops[0].kind != 'd' {
			return 0, false
		}
	case "vqdmulh", "vqrdmulh":
		if in.size != 1 && in.size != 2 {
			return 0, false
		}
	}
	return three(c.word|in.size<<20|in.unsigned(), in.ops[0], n, m), true
}

func contains(signs string, sign byte) bool {
	for i := range len(signs) {
		if signs[i] == sign {
			return true
		}
	}
	return false
}

// logicals has no types.
var logicals = map[string]uint32{
	"vand": 0xf2000110, "vbic": 0xf2100110, "vorr": 0xf2200110, "vorn": 0xf2300110,
	"veor": 0xf3000110, "vbsl": 0xf3100110, "vbit": 0xf3200110, "vbif": 0xf3300110,
}

func logical(in *instruction) (uint32, bool) {
	w, ok := logicals[in.name]
	if !ok || in.typ != "" || !in.alike(3) {
		return 0, false
	}
	return three(w, in.ops[0], in.ops[1], in.ops[2]), true
}

// floating is instructions of three registers of float32.
var floating = map[string]uint32{
	"vadd": 0xf2000d00, "vsub": 0xf2200d00, "vmul": 0xf3000d10, "vmax": 0xf2000f00, "vmin": 0xf2200f00,
	"vacge": 0xf3000e10, "vacgt": 0xf3200e10, "vcge": 0xf3000e00, "vcgt": 0xf3200e00,
}

func floats(in *instruction) (uint32, bool) {
	w, ok := floating[in.name]
	if !ok || in.typ != "f32" || !in.alike(3) {
		return 0, false
	}
	return three(w, in.ops[0], in.ops[1], in.ops[2]), true
}

// longs is instructions that make q registers of d registers, or w, add to them.
var longs = map[string]uint32{
	"vaddl": 0xf2800000, "vaddw": 0xf2800100, "vsubl": 0xf2800200, "vsubw": 0xf2800300,
	"vmlal": 0xf2800800, "vmlsl": 0xf2800a00, "vmull": 0xf2800c00, "vabal": 0xf2800500, "vabdl": 0xf2800700,
}

func long(in *instruction) (uint32, bool) {
	w, ok := longs[in.name]
	kinds := "qdd"
	if in.name == "vaddw" || in.name == "vsubw" {
		kinds = "qqd"
	}
	if !ok || !in.shape(kinds) || in.size > 2 || in.sign != 's' && in.sign != 'u' {
		return 0, false
	}
	w |= in.size<<20 | in.unsigned()
	return three(w, in.ops[0], in.ops[1], in.ops[2]) &^ (1 << 6), true
}

// scalar is multiplications of a vector by a lane.
func scalar(in *instruction) (uint32, bool) {
	w, ok := map[string]uint32{"vmull": 0xf2800a40, "vmlal": 0xf2800240, "vmlsl": 0xf2800640}[in.name]
	if !ok || len(in.ops) != 3 || in.ops[0].kind != 'q' || in.ops[1].kind != 'd' || in.ops[2].kind != 'd' || in.ops[2].lane < 0 {
		return 0, false
	}
	m := in.ops[2]
	switch {
	case in.size == 1 && m.reg < 8 && m.lane < 4:
		m.reg |= uint32(m.lane&1)<<3 | uint32(m.lane>>1)<<4
	case in.size == 2 && m.reg < 16 && m.lane < 2:
		m.reg |= uint32(m.lane) << 4
	default:
		return 0, false
	}
	return w | in.size<<20 | in.unsigned() | in.ops[0].at(12, 22) | in.ops[1].at(16, 7) | m.at(0, 5), true
}

// pairwise adds neighbours.
func pairwise(in *instruction) (uint32, bool) {
	w, ok := map[string]uint32{"vpaddl": 0xf3b00200, "vpadal": 0xf3b00600}[in.name]
	if !ok || !in.alike(2) || in.size > 2 || in.sign != 's' && in.sign != 'u' {
		return 0, false
	}
	return three(w|in.size<<18|in.unsigned()>>17, in.ops[0], operand{}, in.ops[1]), true
}

// narrow makes elements of half the size; size is that of the source.
func narrow(in *instruction) (uint32, bool) {
	w, ok := map[string]uint32{"vmovni": 0xf3b20200, "vqmovuns": 0xf3b20240, "vqmovns": 0xf3b20280, "vqmovnu": 0xf3b202c0}[in.signed()]
	if !ok || !in.shape("dq") || in.size == 0 {
		return 0, false
	}
	return three(w|(in.size-1)<<18, in.ops[0], operand{}, in.ops[1]), true
}

// miscs is instructions of two registers of a kind.
var miscs = map[string]uint32{
	"vrev64": 0xf3b00000, "vrev32": 0xf3b00080, "vrev16": 0xf3b00100, "vtrn": 0xf3b20080, "vuzp": 0xf3b20100, "vzip": 0xf3b20180,
}

func misc(in *instruction) (uint32, bool) {
	if !in.alike(2) {
		return 0, false
	}
	d, m := in.ops[0], in.ops[1]
	switch in.name {
	case "vmov":
		return three(logicals["vorr"], d, m, m), in.typ == ""
	case "vmvn":
		return three(0xf3b00580, d, operand{}, m), in.typ == ""
	case "vswp":
		return three(0xf3b20000, d, operand{}, m), in.typ == ""
	case "vabs", "vneg":
		w := uint32(0xf3b10300)
		if in.name == "vneg" {
			w = 0xf3b10380
		}
		if in.sign == 'f' && in.size == 2 {
			w |= 1 << 10
		} else if in.sign != 's' {
			return 0, false
		}
		return three(w|in.size<<18, d, operand{}, m), true
	}
	w, ok := miscs[in.name]
	if in.sign != 0 || in.typ == "" || d.kind == 'd' && in.size == 2 && w >= miscs["vuzp"] {
		return 0, false
	}
	return three(w|in.size<<18, d, operand{}, m), ok
}
