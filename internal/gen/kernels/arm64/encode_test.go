package arm64

import (
	"fmt"
	"maps"
	"slices"
	"testing"
)

// TestEncode compares with encodings that an assembler made, here where no disassembler is needed.
func TestEncode(t *testing.T) {
	for text, want := range map[string]uint32{
		"sdot v0.4s, v0.16b, v0.16b":     0x4e809400,
		"udot v0.4s, v0.16b, v0.16b":     0x6e809400,
		"sdot v0.4s, v0.16b, v0.4b[3]":   0x4fa0e800,
		"udot v0.4s, v0.16b, v0.4b[0]":   0x6f80e000,
		"sqrdmulh v0.4s, v0.4s, v0.4s":   0x6ea0b400,
		"sqrdmulh v0.4s, v0.4s, v0.s[0]": 0x4f80d000,
		"srshl v0.4s, v0.4s, v0.4s":      0x4ea05400,
		"sqadd v0.4s, v0.4s, v0.4s":      0x4ea00c00,
		"sqxtun v0.8b, v0.8h":            0x2e212800,
		"sqxtun2 v0.16b, v0.8h":          0x6e212800,
		"smax v0.4s, v0.4s, v0.4s":       0x4ea06400,
		"mls v0.4s, v0.4s, v0.s[0]":      0x6f804000,
		"sxtl v0.8h, v0.8b":              0x0f08a400,
		"smull v0.8h, v0.8b, v0.8b":      0x0e20c000,
		"smull2 v0.8h, v0.16b, v0.16b":   0x4e20c000,
		"smlal2 v0.8h, v0.16b, v0.16b":   0x4e208000,
		"umlal2 v0.8h, v0.16b, v0.16b":   0x6e208000,
		"sadalp v0.4s, v0.8h":            0x4e606800,
		"uadalp v0.8h, v0.16b":           0x6e206800,
		"uaddlp v0.8h, v0.16b":           0x6e202800,
		"sqxtn2 v0.8h, v0.4s":            0x4e614800,
		"uqxtn v0.8b, v0.8h":             0x2e214800,
		"sshl v0.4s, v0.4s, v0.4s":       0x4ea04400,
	} {
		if got, err := Encode(text); err != nil || got != want {
			t.Errorf("%s is %08x, %v (want %08x)", text, got, err, want)
		}
	}
}

func TestUnknown(t *testing.T) {
	for _, text := range []string{
		"", "frobnicate v0.4s, v1.4s", "smull v0.8h, v1.16b, v2.16b", "smull2 v0.8h, v1.8b, v2.8b", "add v0.4s, v1.4s", "add v0.4s, v1.8h, v2.4s",
		"shl v0.4s, v1.4s, #32", "sshr v0.4s, v1.4s, #0", "sdot v0.4s, v1.16b, v2.4b[4]", "smlal v0.4s, v1.4h, v16.h[0]",
		"tbl v0.16b, {v1.16b-v5.16b}, v6.16b", "tbl v0.16b, {v1.16b", "add v0.4s, v32.4s, v1.4s", "add v0.4s, q1, v1.4s", "dup v0.4s, v1.h[0]",
		"shl v0.4s, v1.4s, #x", "mul v0.4s, v1.4s, v2.s[four]",
	} {
		if w, err := Encode(text); err == nil {
			t.Errorf("%q is %08x", text, w)
		}
	}
}

// TestTables disassembles every instruction of the tables, in one form at least.
func TestTables(t *testing.T) {
	var texts []string
	add := func(format string, args ...any) { texts = append(texts, fmt.Sprintf(format, args...)) }
	sorted := func(m map[string]code) []string { return slices.Sorted(maps.Keys(m)) }
	for _, name := range sorted(same3) {
		for _, arr := range forms(same3[name]) {
			add("%s v1.%s, v2.%[2]s, v31.%[2]s", name, arr)
		}
	}
	for _, name := range sorted(misc2) {
		switch name {
		case "rev16", "cnt", "mvn":
			add("%s v3.16b, v4.16b", name)
			continue
		}
		for _, arr := range forms(misc2[name]) {
			add("%s v3.%s, v4.%[2]s", name, arr)
		}
	}
	for _, name := range sorted(shiftsRight) {
		add("%s v3.8h, v4.8h, #16", name)
		add("%s v3.2d, v4.2d, #1", name)
	}
	for _, name := range sorted(shiftsLeft) {
		add("%s v3.8b, v4.8b, #7", name)
		add("%s v3.4s, v4.4s, #0", name)
	}
	for _, name := range sorted(elements) {
		switch elements[name].op {
		case 2, 6, 10:
			add("%s v3.4s, v4.4h, v15.h[7]", name)
			add("%s2 v3.2d, v4.4s, v31.s[3]", name)
		default:
			add("%s v3.4s, v4.4s, v31.s[2]", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(longs)) {
		if name[len(name)-1] == 'w' {
			add("s%s v3.8h, v4.8h, v5.8b", name)
			add("u%s2 v3.4s, v4.4s, v5.8h", name)
			continue
		}
		add("s%s v3.8h, v4.8b, v5.8b", name)
		add("u%s2 v3.4s, v4.8h, v5.8h", name)
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
		if plain(text) != texts[i] {
			t.Errorf("%q became %08x, which is %q", texts[i], codes[i], plain(text))
		}
	}
}

// forms is arrangements that all integer or all float instructions have.
func forms(c code) []string {
	if c.float {
		return []string{"2s", "4s", "2d"}
	}
	switch c.op {
	case 22: // the doubling multiplications
		return []string{"8h", "4s"}
	case 0, 1: // as bytes, which rev32 and rev64 have, too
		return []string{"8b", "16b"}
	}
	return []string{"8b", "16b", "8h", "4s"}
}

// others is the instructions that have forms of their own.
var others = []string{
	"and v1.16b, v2.16b, v3.16b", "bic v1.8b, v2.8b, v3.8b", "orr v1.16b, v2.16b, v3.16b", "orn v1.16b, v2.16b, v3.16b",
	"eor v1.16b, v2.16b, v3.16b", "bsl v1.16b, v2.16b, v3.16b", "bit v1.16b, v2.16b, v3.16b", "bif v1.16b, v2.16b, v3.16b",
	"mov v1.16b, v2.16b", "sdot v1.2s, v2.8b, v3.8b", "udot v31.4s, v2.16b, v30.4b[2]", "sdot v1.2s, v2.8b, v3.4b[1]",
	"smmla v1.4s, v2.16b, v31.16b", "ummla v31.4s, v2.16b, v3.16b", "usmmla v1.4s, v30.16b, v3.16b",
	"addhn v1.8b, v2.8h, v3.8h", "raddhn2 v1.8h, v2.4s, v3.4s", "subhn v1.2s, v2.2d, v3.2d", "rsubhn2 v1.16b, v2.8h, v3.8h",
	"cmgt v1.16b, v2.16b, #0", "cmlt v1.4s, v2.4s, #0", "cmle v1.8h, v2.8h, #0", "cmeq v1.2d, v2.2d, #0", "cmge v1.4h, v2.4h, #0",
	"saddlp v1.4h, v2.8b", "uaddlp v1.2d, v2.4s", "sadalp v1.4s, v2.8h", "uadalp v1.8h, v2.16b",
	"xtn v1.8b, v2.8h", "xtn2 v1.4s, v2.2d", "sqxtun v1.4h, v2.4s", "sqxtn2 v1.16b, v2.8h", "uqxtn v1.2s, v2.2d",
	"fcvtn v1.2s, v2.2d", "fcvtn2 v1.4s, v2.2d", "fcvtl v1.2d, v2.2s", "fcvtl2 v1.2d, v2.4s", "fcvtl v1.4s, v2.4h",
	"saddlv h1, v2.16b", "uaddlv d1, v2.4s", "smaxv b1, v2.16b", "umaxv s1, v2.4s", "sminv h1, v2.8h", "uminv b1, v2.8b", "addv s1, v2.4s",
	"sshll v1.8h, v2.8b, #3", "ushll2 v1.4s, v2.8h, #15", "sxtl v1.2d, v2.2s", "uxtl2 v1.8h, v2.16b",
	"shrn v1.8b, v2.8h, #8", "rshrn2 v1.8h, v2.4s, #1", "sqshrun v1.8b, v2.8h, #4", "sqrshrun2 v1.16b, v2.8h, #8",
	"sqshrn v1.4h, v2.4s, #16", "sqrshrn v1.2s, v2.2d, #31", "uqshrn v1.8b, v2.8h, #2", "uqrshrn2 v1.16b, v2.8h, #3",
	"mul v1.8h, v2.8h, v15.h[5]", "fmla v1.2d, v2.2d, v31.d[1]",
	"tbl v1.16b, {v2.16b}, v3.16b", "tbl v1.8b, {v28.16b-v31.16b}, v3.8b", "tbl v1.16b, {v6.16b, v7.16b}, v3.16b", "tbx v1.16b, {v2.16b-v4.16b}, v3.16b",
	"ext v1.16b, v2.16b, v3.16b, #15", "ext v1.8b, v2.8b, v3.8b, #7",
	"uzp1 v1.16b, v2.16b, v3.16b", "trn1 v1.8h, v2.8h, v3.8h", "zip1 v1.4s, v2.4s, v3.4s", "uzp2 v1.2d, v2.2d, v3.2d",
	"trn2 v1.8b, v2.8b, v3.8b", "zip2 v1.4h, v2.4h, v3.4h",
	"dup v1.4s, v2.s[3]", "dup v1.16b, v2.b[15]", "dup v1.8h, w2", "dup v1.2d, x2", "mov v1.s[3], v2.s[1]", "mov v1.b[9], v2.b[15]",
	"mov v1.d[1], x2", "mov v1.h[7], w2", "mov w1, v2.s[3]", "mov x1, v2.d[1]", "umov w1, v2.b[7]", "umov w1, v2.h[7]",
	"movi v1.4s, #0",
}
