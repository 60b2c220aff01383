package arm

import (
	"fmt"
	"maps"
	"slices"
	"testing"
)

func TestUnknown(t *testing.T) {
	for _, text := range []string{
		"", "frobnicate q0, q1", "vmull.s8 q0, q1, q2", "vmull.s64 q0, d1, d2", "vadd.i32 q0, q1", "vadd.i32 q0, q1, d2",
		"vadd.f32 d0, q1, d2", "vshl.i32 q0, q1, #32", "vshr.s32 q0, q1, #0", "vshr.i32 q0, q1, #3", "vmlal.s16 q0, d1, d8[0]",
		"vmlal.s8 q0, d1, d2[0]", "vtbl.8 d0, {d1, d2, d3, d4, d5}, d6", "vtbl.8 d0, {d1", "vadd.i32 q16, q0, q1", "vadd.i32 d32, d0, d1",
		"vadd.i32 q0, r1, q1", "vdup.16 q0, d1[4]", "vqmovn.s8 d0, q1", "vpadd.i32 q0, q1, q2", "vld1.8 {q0}, [r1]",
		"vld1.8 {d0}, [d1]", "vld1.32 {d0[2]}, [r1]", "vst1.8 {d0[]}, [r1]", "vld1.8 {d0}, [r15]", "vld2.64 {d0, d1}, [r1]", "vld3.8 {d0, d1}, [r1]", "vld4.8 {d0, d1}, [r1]", "vsli.8 q0, q1, #8", "vshl.i8 q0, q1, #x",
		"vext.8 d0, d1, d2, #8", "vadd.q8 q0, q1, q2", "vuzp.32 d0, d1", "vmov.32 r0, d1[2]", "vqrdmulh.s8 q0, q1, q2",
	} {
		if w, err := Encode(text); err == nil {
			t.Errorf("%q is %08x", text, w)
		}
	}
}

// TestTables disassembles every instruction of the tables.
func TestTables(t *testing.T) {
	var texts []string
	add := func(format string, args ...any) { texts = append(texts, fmt.Sprintf(format, args...)) }
	for _, name := range slices.Sorted(maps.Keys(sames)) {
		for i := range len(sames[name].signs) {
			sign := sames[name].signs[i : i+1]
			add("%s.%s16 d1, d18, d31", name, sign)
			if name != "vpadd" && name != "vpmax" {
				add("%s.%s32 q15, q2, q9", name, sign)
			}
			if name != "vqdmulh" && name != "vqrdmulh" {
				add("%s.%s8 d20, d3, d2", name, sign)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(logicals)) {
		add("%s q1, q10, q3", name)
		add("%s d31, d2, d17", name)
	}
	for _, name := range slices.Sorted(maps.Keys(floating)) {
		add("%s.f32 q1, q10, q3", name)
		add("%s.f32 d31, d2, d17", name)
	}
	for _, name := range slices.Sorted(maps.Keys(longs)) {
		second := "d2"
		if name[len(name)-1] == 'w' {
			second = "q4"
		}
		for _, typ := range []string{"s8", "u16", "s32"} {
			add("%s.%s q9, %s, d31", name, typ, second)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(miscs)) {
		add("%s.8 q1, q15", name)
		add("%s.8 d1, d30", name)
	}
	for _, name := range []string{"vshr", "vsra", "vrshr", "vrsra"} {
		add("%s.s8 q1, q15, #8", name)
		add("%s.u16 d1, d30, #1", name)
		add("%s.s32 q1, q15, #31", name)
		add("%s.u64 q1, q15, #64", name)
	}
	texts = append(texts, others...)
	var codes []uint32
	for _, text := range texts {
		w, err := Encode(text)
		if err != nil {
			t.Fatal(err)
		}
		codes = append(codes, w)
	}
	for i, text := range disassemble(t, codes) {
		if plain(text) != plain(texts[i]) {
			t.Errorf("%q became %08x, which is %q", texts[i], codes[i], plain(text))
		}
	}
}

// others is the instructions that have forms of their own.
var others = []string{
	"vmull.s16 q8, d20, d7[3]", "vmlal.u16 q0, d1, d0[1]", "vmlal.s32 q15, d31, d15[1]", "vmlsl.s16 q1, d2, d3[2]",
	"vpaddl.s8 q1, q9", "vpaddl.u16 d1, d20", "vpadal.s16 q8, q4", "vpadal.u8 d4, d5", "vpadal.s32 q1, q2",
	"vmovn.i16 d1, q8", "vmovn.i32 d31, q1", "vqmovun.s16 d2, q3", "vqmovun.s32 d2, q3", "vqmovn.s32 d17, q9", "vqmovn.u16 d1, q1",
	"vmov q1, q2", "vmov d1, d31", "vmvn q1, q2", "vswp d1, d20", "vabs.s16 q1, q2", "vneg.s32 q8, q9", "vabs.f32 q1, q2", "vneg.f32 d1, d2",
	"vrev64.16 q1, q2", "vrev64.32 d1, d2", "vrev32.16 q1, q2", "vtrn.16 q1, q2", "vtrn.32 d1, d2", "vuzp.16 q1, q2", "vzip.32 q1, q2",
	"vshl.i8 q1, q2, #7", "vshl.i16 d1, d2, #0", "vshl.i32 q1, q2, #20", "vshl.i64 q1, q2, #63",
	"vsli.64 d0, d2, #32", "vsli.32 q9, q10, #21", "vsri.32 q8, q6, #2", "vsri.8 d8, d6, #8", "vqshlu.s32 q9, q15, #3", "vqshlu.s8 d9, d15, #7",
	"vld2.8 {d0, d1}, [r1]!", "vst2.32 {d4, d5, d6, d7}, [r0]!", "vld3.8 {d0, d1, d2}, [r1]!", "vst3.16 {d16, d17, d18}, [r2]",
	"vshrn.i16 d1, q2, #8", "vshrn.i32 d1, q2, #16", "vrshrn.i64 d1, q2, #1", "vqshrun.s16 d1, q2, #3", "vqrshrun.s32 d1, q2, #16",
	"vqshrn.s32 d1, q2, #7", "vqshrn.u16 d1, q2, #1", "vqrshrn.s16 d31, q15, #8", "vqrshrn.u32 d1, q2, #9",
	"vmovl.u8 q1, d31", "vmovl.s16 q9, d0", "vmovl.u32 q0, d0", "vshll.u8 q1, d2, #3", "vshll.s16 q1, d2, #15", "vshll.s32 q1, d2, #1",
	"vcvt.f32.s32 q1, q2", "vcvt.f32.u32 d1, d2", "vcvt.s32.f32 q1, q2", "vcvt.u32.f32 q15, q14",
	"vdup.8 q1, d31[7]", "vdup.16 d1, d2[3]", "vdup.32 q1, d2[1]", "vdup.8 q9, r1", "vdup.16 d1, r14", "vdup.32 q1, r0",
	"vmov.32 r1, d31[1]", "vmov.32 r1, d2[0]", "vmov.32 d31[1], r3", "vmov.32 d2[0], r14",
	"vext.8 q1, q2, q3, #15", "vext.8 d1, d2, d3, #7", "vext.8 q1, q1, q1, #4",
	"vtbl.8 d0, {d1}, d31", "vtbl.8 d0, {d16, d17, d18, d19}, d1", "vtbx.8 d0, {d28, d29, d30}, d1", "vtbx.8 d9, {d1, d2}, d3",
	"vld1.8 {d0}, [r1]", "vld1.8 {d4-d7}, [r4]!", "vld1.16 {d31}, [r12]!", "vld1.32 {d0, d1, d2}, [r14]", "vst1.8 {d0-d3}, [r0]!", "vst1.64 {d16}, [r8]!",
	"vst1.32 {d20, d21}, [r6]", "vld1.8 {d0[7]}, [r1]", "vld1.16 {d0[3]}, [r1]!", "vld1.32 {d31[1]}, [r1]", "vst1.8 {d0[0]}, [r1]", "vst1.16 {d0[1]}, [r1]!",
	"vst1.32 {d16[0]}, [r5]!", "vld1.8 {d0[]}, [r1]", "vld1.16 {d16[], d17[]}, [r1]!", "vld1.32 {d0[], d1[]}, [r1]",
}
