//go:build !purego

#include "textflag.h"

// func add32Vectors(dst, a, b *float32, n int, lo, hi float32)
TEXT ·add32Vectors(SB), NOSPLIT, $0-40
	MOVD  dst+0(FP), R0
	MOVD  a+8(FP), R1
	MOVD  b+16(FP), R2
	MOVD  n+24(FP), R3
	FMOVS lo+32(FP), F16
	FMOVS hi+36(FP), F17
	VDUP  V16.S[0], V16.S4
	VDUP  V17.S[0], V17.S4

eight:
	VLD1.P 32(R1), [V0.S4, V1.S4]
	VLD1.P 32(R2), [V2.S4, V3.S4]
	SUBS   $8, R3
	WORD $0x4e22d400 // fadd v0.4s, v0.4s, v2.4s
	WORD $0x4e23d421 // fadd v1.4s, v1.4s, v3.4s
	WORD $0x4e30c400 // fmaxnm v0.4s, v0.4s, v16.4s
	WORD $0x4e30c421 // fmaxnm v1.4s, v1.4s, v16.4s
	WORD $0x4eb1c400 // fminnm v0.4s, v0.4s, v17.4s
	WORD $0x4eb1c421 // fminnm v1.4s, v1.4s, v17.4s
	VST1.P [V0.S4, V1.S4], 32(R0)
	BNE    eight
	RET

// func mul32Vectors(dst, a, b *float32, n int, lo, hi float32)
TEXT ·mul32Vectors(SB), NOSPLIT, $0-40
	MOVD  dst+0(FP), R0
	MOVD  a+8(FP), R1
	MOVD  b+16(FP), R2
	MOVD  n+24(FP), R3
	FMOVS lo+32(FP), F16
	FMOVS hi+36(FP), F17
	VDUP  V16.S[0], V16.S4
	VDUP  V17.S[0], V17.S4

eight:
	VLD1.P 32(R1), [V0.S4, V1.S4]
	VLD1.P 32(R2), [V2.S4, V3.S4]
	SUBS   $8, R3
	WORD $0x6e22dc00 // fmul v0.4s, v0.4s, v2.4s
	WORD $0x6e23dc21 // fmul v1.4s, v1.4s, v3.4s
	WORD $0x4e30c400 // fmaxnm v0.4s, v0.4s, v16.4s
	WORD $0x4e30c421 // fmaxnm v1.4s, v1.4s, v16.4s
	WORD $0x4eb1c400 // fminnm v0.4s, v0.4s, v17.4s
	WORD $0x4eb1c421 // fminnm v1.4s, v1.4s, v17.4s
	VST1.P [V0.S4, V1.S4], 32(R0)
	BNE    eight
	RET

// func prelu32Vectors(dst, x, slopes *float32, n int)
//
// The last 8 numbers are partly done twice.
TEXT ·prelu32Vectors(SB), NOSPLIT, $0-32
	MOVD dst+0(FP), R0
	MOVD x+8(FP), R1
	MOVD slopes+16(FP), R2
	MOVD n+24(FP), R3

eight:
	CMP $8, R3
	BGE whole
	SUB $8, R3
	ADD R3<<2, R0
	ADD R3<<2, R1
	ADD R3<<2, R2
	MOVD $8, R3

whole:
	VLD1.P 32(R1), [V0.S4, V1.S4]
	VLD1.P 32(R2), [V2.S4, V3.S4]
	SUB    $8, R3
	WORD $0x6e22dc02 // fmul v2.4s, v0.4s, v2.4s
	WORD $0x6e23dc23 // fmul v3.4s, v1.4s, v3.4s
	WORD $0x6ea0c804 // fcmge v4.4s, v0.4s, #0.0
	WORD $0x6ea0c825 // fcmge v5.4s, v1.4s, #0.0
	VBSL   V2.B16, V0.B16, V4.B16
	VBSL   V3.B16, V1.B16, V5.B16
	VST1.P [V4.S4, V5.S4], 32(R0)
	CBNZ   R3, eight
	RET
