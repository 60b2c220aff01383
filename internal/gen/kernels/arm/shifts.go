package arm

// shift shifts by a number of bits.
func shift(in *instruction) (uint32, bool) {
	kinds := "dd#"
	if len(in.ops) > 0 && in.ops[0].kind == 'q' {
		kinds = "qq#"
	}
	if !in.shape(kinds) {
		return 0, false
	}
	n, bits := in.ops[2].imm, in.bits()
	left, ok := map[string]uint32{"vshli": 0xf2800510, "vsli": 0xf3800510, "vqshlus": 0xf3800610}[in.signed()]
	if ok {
		return three(left|place(in.size, bits+n), in.ops[0], operand{}, in.ops[1]), n >= 0 && n < bits
	}
	if in.name == "vsri" {
		return three(0xf3800410|place(in.size, 2*bits-n), in.ops[0], operand{}, in.ops[1]), in.sign == 0 && n >= 1 && n <= bits
	}
	w, ok := map[string]uint32{"vshr": 0xf2800010, "vsra": 0xf2800110, "vrshr": 0xf2800210, "vrsra": 0xf2800310}[in.name]
	if !ok || n < 1 || n > bits || in.sign != 's' && in.sign != 'u' {
		return 0, false
	}
	return three(w|place(in.size, 2*bits-n)|in.unsigned(), in.ops[0], operand{}, in.ops[1]), true
}

// signed is the name with the letter of the type.
func (in *instruction) signed() string {
	if in.sign == 0 {
		return in.name
	}
	return in.name + string(in.sign)
}

// place is the number of a shift, in which the size of elements is too, as the highest bit.
func place(size uint32, n int64) uint32 {
	if size == 3 {
		return uint32(n-64)&63<<16 | 1<<7
	}
	return uint32(n) & 63 << 16
}

// shiftNarrow shifts to the right into elements of half the size; size is that of the source.
func shiftNarrow(in *instruction) (uint32, bool) {
	w, ok := map[string]uint32{
		"vshrni": 0xf2800810, "vrshrni": 0xf2800850, "vqshruns": 0xf3800810, "vqrshruns": 0xf3800850,
		"vqshrns": 0xf2800910, "vqshrnu": 0xf3800910, "vqrshrns": 0xf2800950, "vqrshrnu": 0xf3800950,
	}[in.signed()]
	if !ok || !in.shape("dq#") || in.size == 0 || in.ops[2].imm < 1 || in.ops[2].imm > in.bits()/2 {
		return 0, false
	}
	return three(w|place(in.size-1, in.bits()-in.ops[2].imm), in.ops[0], operand{}, in.ops[1]), true
}

// widen makes elements of twice the size, shifted to the left.
func widen(in *instruction) (uint32, bool) {
	n := int64(0)
	switch {
	case in.name == "vmovl" && in.shape("qd"):
	case in.name == "vshll" && in.shape("qd#"):
		if n = in.ops[2].imm; n < 1 || n >= in.bits() {
			return 0, false
		}
	default:
		return 0, false
	}
	w := 0xf2800a10 | place(in.size, in.bits()+n) | in.unsigned()
	return three(w, in.ops[0], operand{}, in.ops[1]) &^ (1 << 6), in.size < 3 && (in.sign == 's' || in.sign == 'u')
}

// convert is between integers and float32.
func convert(in *instruction) (uint32, bool) {
	w, ok := map[string]uint32{"f32.s32": 0xf3bb0600, "f32.u32": 0xf3bb0680, "s32.f32": 0xf3bb0700, "u32.f32": 0xf3bb0780}[in.typ]
	if !ok || in.name != "vcvt" || !in.alike(2) {
		return 0, false
	}
	return three(w, in.ops[0], operand{}, in.ops[1]), true
}
