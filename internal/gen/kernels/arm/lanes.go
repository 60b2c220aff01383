package arm

// duplicate fills a register with a lane or a general register.
func duplicate(in *instruction) (uint32, bool) {
	if in.name != "vdup" || in.sign != 0 || len(in.ops) != 2 || in.size > 2 {
		return 0, false
	}
	d, m := in.ops[0], in.ops[1]
	switch {
	case m.kind == 'd' && m.lane >= 0 && m.lane < 8>>in.size:
		return three(0xf3b00c00|(uint32(m.lane)*2+1)<<in.size<<16, d, operand{}, m), true
	case m.kind == 'r':
		w := 0xee800b10 | d.at(16, 7) | m.reg<<12 | []uint32{1 << 22, 1 << 5, 0}[in.size]
		if d.kind == 'q' {
			w |= 1 << 21
		}
		return w, true
	}
	return 0, false
}

// move moves between a general register and a lane of 32 bits.
func move(in *instruction) (uint32, bool) {
	if in.name != "vmov" || in.typ != "32" || len(in.ops) != 2 {
		return 0, false
	}
	a, b := in.ops[0], in.ops[1]
	switch {
	case a.kind == 'r' && b.kind == 'd' && b.lane >= 0 && b.lane < 2:
		return 0xee100b10 | uint32(b.lane)<<21 | b.at(16, 7) | a.reg<<12, true
	case a.kind == 'd' && b.kind == 'r' && a.lane >= 0 && a.lane < 2:
		return 0xee000b10 | uint32(a.lane)<<21 | a.at(16, 7) | b.reg<<12, true
	}
	return 0, false
}

// extract is bytes from one register on and the rest from another.
func extract(in *instruction) (uint32, bool) {
	if in.name != "vext" || in.typ != "8" || len(in.ops) != 4 || in.ops[3].kind != '#' {
		return 0, false
	}
	n := in.ops[3].imm
	limit := int64(8)
	if in.ops[0].kind == 'q' {
		limit = 16
	}
	return three(0xf2b00000|uint32(n&15)<<8, in.ops[0], in.ops[1], in.ops[2]), n >= 0 && n < limit
}

// table looks bytes up in a list of registers.
func table(in *instruction) (uint32, bool) {
	w, ok := map[string]uint32{"vtbl": 0xf3b00800, "vtbx": 0xf3b00840}[in.name]
	if !ok || in.typ != "8" || !in.shape("d{d") {
		return 0, false
	}
	return three(w|(in.ops[1].count-1)<<8, in.ops[0], in.ops[1], in.ops[2]), true
}

// back is the lowest bits of a load or a store: whether the address is written back.
func back(o operand) uint32 {
	if o.back {
		return 13
	}
	return 15
}

// lists is the number that says, by instruction, how long the list of registers is; 0: it cannot be.
var lists = map[string][4]uint32{"1": {7, 10, 6, 2}, "2": {0, 8, 0, 3}, "3": {0, 0, 4, 0}}

// memory loads and stores whole registers, in turn element by element for vld2 and so on.
func memory(in *instruction) (uint32, bool) {
	if len(in.name) != 4 || in.sign != 0 || in.typ == "" || !in.shape("{[") {
		return 0, false
	}
	w, ok := map[string]uint32{"vld": 0xf4200000, "vst": 0xf4000000}[in.name[:3]]
	list, at := in.ops[0], in.ops[1]
	kind := lists[in.name[3:]][list.count-1]
	if !ok || kind == 0 || in.size == 3 && in.name[3] != '1' {
		return 0, false
	}
	return w | kind<<8 | in.size<<6 | list.at(12, 22) | at.reg<<16 | back(at), true
}

// lane loads and stores a lane, or loads all lanes of one or two registers with one element.
func lane(in *instruction) (uint32, bool) {
	w, ok := map[string]uint32{"vld1": 0xf4a00000, "vst1": 0xf4800000}[in.name]
	if !ok || in.sign != 0 || in.typ == "" || len(in.ops) != 2 || in.size > 2 ||
		in.ops[0].kind != '{' || in.ops[0].lane < 0 || in.ops[1].kind != '[' {
		return 0, false
	}
	list, at := in.ops[0], in.ops[1]
	w |= list.at(12, 22) | at.reg<<16 | back(at)
	switch {
	case list.lane == allLanes && in.name == "vld1" && list.count <= 2:
		return w | 0xc00 | in.size<<6 | (list.count-1)<<5, true
	case list.lane < 8>>in.size && list.count == 1:
		return w | in.size<<10 | uint32(list.lane)<<(5+in.size), true
	}
	return 0, false
}
