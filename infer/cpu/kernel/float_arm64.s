//go:build !purego

#include "textflag.h"

// func dequantizeNEON(dst *float32, src *uint8, n int, scale float32, zero int32)
TEXT ·dequantizeNEON(SB), NOSPLIT, $0-32
	MOVD  dst+0(FP), R0
	MOVD  src+8(FP), R1
	MOVD  n+16(FP), R2
	MOVWU scale+24(FP), R3
	MOVWU zero+28(FP), R4
	VDUP  R3, V16.S4
	VDUP  R4, V17.S4

sixteen:
	VLD1.P 16(R1), [V0.B16]
	SUB    $16, R2
	VUXTL2 V0.B16, V2.H8
	VUXTL  V0.B8, V0.H8
	VUXTL2 V0.H8, V1.S4
	VUXTL  V0.H4, V0.S4
	VUXTL2 V2.H8, V3.S4
	VUXTL  V2.H4, V2.S4
	VSUB   V17.S4, V0.S4, V0.S4
	VSUB   V17.S4, V1.S4, V1.S4
	VSUB   V17.S4, V2.S4, V2.S4
	VSUB   V17.S4, V3.S4, V3.S4
	WORD $0x4e21d800 // scvtf v0.4s, v0.4s
	WORD $0x4e21d821 // scvtf v1.4s, v1.4s
	WORD $0x4e21d842 // scvtf v2.4s, v2.4s
	WORD $0x4e21d863 // scvtf v3.4s, v3.4s
	WORD $0x6e30dc00 // fmul v0.4s, v0.4s, v16.4s
	WORD $0x6e30dc21 // fmul v1.4s, v1.4s, v16.4s
	WORD $0x6e30dc42 // fmul v2.4s, v2.4s, v16.4s
	WORD $0x6e30dc63 // fmul v3.4s, v3.4s, v16.4s
	VST1.P [V0.S4, V1.S4, V2.S4, V3.S4], 64(R0)
	CBNZ   R2, sixteen
	RET

// func squareNEON(dst, src *float32, n int, factor float32)
TEXT ·squareNEON(SB), NOSPLIT, $0-28
	MOVD  dst+0(FP), R0
	MOVD  src+8(FP), R1
	MOVD  n+16(FP), R2
	MOVWU factor+24(FP), R3
	VDUP  R3, V16.S4

sixteen:
	VLD1.P 64(R1), [V0.S4, V1.S4, V2.S4, V3.S4]
	SUB    $16, R2
	WORD $0x6e20dc00 // fmul v0.4s, v0.4s, v0.4s
	WORD $0x6e21dc21 // fmul v1.4s, v1.4s, v1.4s
	WORD $0x6e22dc42 // fmul v2.4s, v2.4s, v2.4s
	WORD $0x6e23dc63 // fmul v3.4s, v3.4s, v3.4s
	WORD $0x6e30dc00 // fmul v0.4s, v0.4s, v16.4s
	WORD $0x6e30dc21 // fmul v1.4s, v1.4s, v16.4s
	WORD $0x6e30dc42 // fmul v2.4s, v2.4s, v16.4s
	WORD $0x6e30dc63 // fmul v3.4s, v3.4s, v16.4s
	VST1.P [V0.S4, V1.S4, V2.S4, V3.S4], 64(R0)
	CBNZ   R2, sixteen
	RET

// Numbers are limited to ±1024 before they are rounded; what is nearly a half is left to others.
DATA limit<>+0(SB)/4, $1024.0
DATA limit<>+4(SB)/4, $-1024.0
DATA limit<>+8(SB)/4, $0.4990234375
GLOBL limit<>(SB), RODATA|NOPTR, $12

// func quantizeNEON(dst *uint8, src *float32, n int, inverse float32, zero int32) (done int)
TEXT ·quantizeNEON(SB), NOSPLIT, $0-40
	MOVD    dst+0(FP), R0
	MOVD    src+8(FP), R1
	MOVD    n+16(FP), R2
	MOVWU   inverse+24(FP), R3
	MOVWU   zero+28(FP), R4
	VDUP    R3, V16.S4
	VDUP    R4, V17.S4
	MOVD    $limit<>(SB), R5
	VLD1R.P 4(R5), [V18.S4]
	VLD1R.P 4(R5), [V19.S4]
	VLD1R   (R5), [V20.S4]
	MOVD    R2, R6

sixteen:
	VLD1.P 64(R1), [V0.S4, V1.S4, V2.S4, V3.S4]
	WORD $0x6e30dc00 // fmul v0.4s, v0.4s, v16.4s
	WORD $0x6e30dc21 // fmul v1.4s, v1.4s, v16.4s
	WORD $0x6e30dc42 // fmul v2.4s, v2.4s, v16.4s
	WORD $0x6e30dc63 // fmul v3.4s, v3.4s, v16.4s

	// A NaN becomes the minimum.
	WORD $0x4e33c400 // fmaxnm v0.4s, v0.4s, v19.4s
	WORD $0x4e33c421 // fmaxnm v1.4s, v1.4s, v19.4s
	WORD $0x4e33c442 // fmaxnm v2.4s, v2.4s, v19.4s
	WORD $0x4e33c463 // fmaxnm v3.4s, v3.4s, v19.4s
	WORD $0x4eb2c400 // fminnm v0.4s, v0.4s, v18.4s
	WORD $0x4eb2c421 // fminnm v1.4s, v1.4s, v18.4s
	WORD $0x4eb2c442 // fminnm v2.4s, v2.4s, v18.4s
	WORD $0x4eb2c463 // fminnm v3.4s, v3.4s, v18.4s
	WORD $0x4e218804 // frintn v4.4s, v0.4s
	WORD $0x4e218825 // frintn v5.4s, v1.4s
	WORD $0x4e218846 // frintn v6.4s, v2.4s
	WORD $0x4e218867 // frintn v7.4s, v3.4s
	WORD $0x4ea4d400 // fsub v0.4s, v0.4s, v4.4s
	WORD $0x4ea5d421 // fsub v1.4s, v1.4s, v5.4s
	WORD $0x4ea6d442 // fsub v2.4s, v2.4s, v6.4s
	WORD $0x4ea7d463 // fsub v3.4s, v3.4s, v7.4s
	WORD $0x6e34ec00 // facge v0.4s, v0.4s, v20.4s
	WORD $0x6e34ec21 // facge v1.4s, v1.4s, v20.4s
	WORD $0x6e34ec42 // facge v2.4s, v2.4s, v20.4s
	WORD $0x6e34ec63 // facge v3.4s, v3.4s, v20.4s
	VORR V1.B16, V0.B16, V0.B16
	VORR V3.B16, V2.B16, V2.B16
	VORR V2.B16, V0.B16, V0.B16
	WORD $0x6eb0a800 // umaxv s0, v0.4s
	FMOVS F0, R5
	WORD $0x4ea1b884 // fcvtzs v4.4s, v4.4s
	WORD $0x4ea1b8a5 // fcvtzs v5.4s, v5.4s
	WORD $0x4ea1b8c6 // fcvtzs v6.4s, v6.4s
	WORD $0x4ea1b8e7 // fcvtzs v7.4s, v7.4s
	CBNZ  R5, stop
	VADD  V17.S4, V4.S4, V4.S4
	VADD  V17.S4, V5.S4, V5.S4
	VADD  V17.S4, V6.S4, V6.S4
	VADD  V17.S4, V7.S4, V7.S4
	WORD $0x0e614884 // sqxtn v4.4h, v4.4s
	WORD $0x0e6148c6 // sqxtn v6.4h, v6.4s
	WORD $0x4e6148a4 // sqxtn2 v4.8h, v5.4s
	WORD $0x4e6148e6 // sqxtn2 v6.8h, v7.4s
	WORD $0x2e212884 // sqxtun v4.8b, v4.8h
	WORD $0x6e2128c4 // sqxtun2 v4.16b, v6.8h
	VST1.P [V4.B16], 16(R0)
	SUB   $16, R6
	CBNZ  R6, sixteen

stop:
	SUB  R6, R2
	MOVD R2, done+32(FP)
	RET

DATA bits<>+0(SB)/4, $0x00800000 // powMin
DATA bits<>+4(SB)/4, $0x7effffff // powRange - 1
DATA bits<>+8(SB)/4, $0x3f330000 // powOffset
DATA bits<>+12(SB)/4, $0xff800000
GLOBL bits<>(SB), RODATA|NOPTR, $16

// Where powVectors has what; each constant twice.
#define MINUS 256
#define A1    272
#define A3    288
#define C1    304
#define ONE   320
#define A0    336

// func scalePowerNEON(dst, src *float32, n int, bias, exponent float32) (done int)
//
// The names of powf, for two pairs of numbers: V5 and V6 are r, V9 and V10 high and then k, V12 and V14 q and then l. R8 is
// powVectors, R9 the table of exp, R10 … R13 find entries in tables.
TEXT ·scalePowerNEON(SB), NOSPLIT, $0-40
	MOVD    dst+0(FP), R0
	MOVD    src+8(FP), R1
	MOVD    n+16(FP), R2
	MOVWU   bias+24(FP), R3
	FMOVS   exponent+28(FP), F21
	FCVTSD  F21, F21
	VDUP    V21.D[0], V21.D2
	VDUP    R3, V27.S4
	MOVD    $bits<>(SB), R4
	VLD1R.P 4(R4), [V28.S4]
	VLD1R.P 4(R4), [V29.S4]
	VLD1R.P 4(R4), [V30.S4]
	VLD1R   (R4), [V31.S4]
	MOVD    $·powVectors(SB), R8
	MOVD    $·powTables+256(SB), R9
	ADD     $A0, R8, R4
	VLD1.P  64(R4), [V16.D2, V17.D2, V18.D2, V19.D2] // a0, a2, a4, c0
	VLD1    (R4), [V20.D2]                           // c2
	FMOVQ   16(R4), F22                              // shift
	MOVD    R2, R6

four:
	VLD1   (R0), [V0.S4]
	WORD $0x4e3bd400 // fadd v0.4s, v0.4s, v27.4s
	VSUB   V28.S4, V0.S4, V1.S4
	WORD $0x6ebd3421 // cmhi v1.4s, v1.4s, v29.4s
	WORD $0x6eb0a822 // umaxv s2, v1.4s
	FMOVS  F2, R5
	CBNZ   R5, stop
	VSUB   V30.S4, V0.S4, V1.S4 // tmp
	VMOV   V1.D[0], R10
	VMOV   V1.D[1], R12
	VAND   V31.B16, V1.B16, V2.B16 // top
	UBFX   $51, R10, $4, R11
	UBFX   $19, R10, $4, R10
	UBFX   $51, R12, $4, R13
	UBFX   $19, R12, $4, R12
	WORD $0x3cea7905 // ldr q5, [x8, x10, lsl #4]
	WORD $0x3ceb7906 // ldr q6, [x8, x11, lsl #4]
	WORD $0x3cec7907 // ldr q7, [x8, x12, lsl #4]
	WORD $0x3ced7908 // ldr q8, [x8, x13, lsl #4]
	VSUB   V2.S4, V0.S4, V0.S4
	WORD $0x4f290442 // sshr v2.4s, v2.4s, #23
	WORD $0x0e617803 // fcvtl v3.2d, v0.2s
	WORD $0x4e617804 // fcvtl2 v4.2d, v0.4s
	WORD $0x0f20a449 // sxtl v9.2d, v2.2s
	WORD $0x4f20a44a // sxtl2 v10.2d, v2.4s
	WORD $0x4e61d929 // scvtf v9.2d, v9.2d
	WORD $0x4e61d94a // scvtf v10.2d, v10.2d
	VZIP1  V6.D2, V5.D2, V11.D2 // inverse
	VZIP2  V6.D2, V5.D2, V12.D2 // log
	VZIP1  V8.D2, V7.D2, V13.D2
	VZIP2  V8.D2, V7.D2, V14.D2
	FMOVQ  MINUS(R8), F5
	FMOVQ  MINUS(R8), F6
	WORD $0x4e69d58c // fadd v12.2d, v12.2d, v9.2d
	WORD $0x4e6ad5ce // fadd v14.2d, v14.2d, v10.2d
	FMOVQ  A1(R8), F9
	FMOVQ  A1(R8), F10
	WORD $0x4e6bcc65 // fmla v5.2d, v3.2d, v11.2d
	WORD $0x4e6dcc86 // fmla v6.2d, v4.2d, v13.2d
	FMOVQ  A3(R8), F11
	FMOVQ  A3(R8), F13
	WORD $0x4e65ce09 // fmla v9.2d, v16.2d, v5.2d
	WORD $0x4e66ce0a // fmla v10.2d, v16.2d, v6.2d
	WORD $0x4e65ce2b // fmla v11.2d, v17.2d, v5.2d
	WORD $0x4e66ce2d // fmla v13.2d, v17.2d, v6.2d
	WORD $0x4e65ce4c // fmla v12.2d, v18.2d, v5.2d
	WORD $0x4e66ce4e // fmla v14.2d, v18.2d, v6.2d
	WORD $0x6e65dca5 // fmul v5.2d, v5.2d, v5.2d
	WORD $0x6e66dcc6 // fmul v6.2d, v6.2d, v6.2d
	WORD $0x4e65cd6c // fmla v12.2d, v11.2d, v5.2d
	WORD $0x4e66cdae // fmla v14.2d, v13.2d, v6.2d
	WORD $0x6e65dca5 // fmul v5.2d, v5.2d, v5.2d
	WORD $0x6e66dcc6 // fmul v6.2d, v6.2d, v6.2d
	WORD $0x4e65cd2c // fmla v12.2d, v9.2d, v5.2d
	WORD $0x4e66cd4e // fmla v14.2d, v10.2d, v6.2d

	WORD $0x6e75dd8c // fmul v12.2d, v12.2d, v21.2d
	WORD $0x6e75ddce // fmul v14.2d, v14.2d, v21.2d
	WORD $0x4e76d589 // fadd v9.2d, v12.2d, v22.2d
	WORD $0x4e76d5ca // fadd v10.2d, v14.2d, v22.2d
	VMOV   V9.D[0], R10
	VMOV   V9.D[1], R11
	VMOV   V10.D[0], R12
	VMOV   V10.D[1], R13
	WORD $0x4ef6d52b // fsub v11.2d, v9.2d, v22.2d
	WORD $0x4ef6d54d // fsub v13.2d, v10.2d, v22.2d
	AND    $31, R10
	AND    $31, R11
	AND    $31, R12
	AND    $31, R13
	WORD $0x4eebd585 // fsub v5.2d, v12.2d, v11.2d
	WORD $0x4eedd5c6 // fsub v6.2d, v14.2d, v13.2d
	WORD $0xfc6a7927 // ldr d7, [x9, x10, lsl #3]
	WORD $0xfc6b7928 // ldr d8, [x9, x11, lsl #3]
	WORD $0xfc6c792b // ldr d11, [x9, x12, lsl #3]
	WORD $0xfc6d792d // ldr d13, [x9, x13, lsl #3]
	FMOVQ  C1(R8), F12
	FMOVQ  C1(R8), F14
	FMOVQ  ONE(R8), F3
	FMOVQ  ONE(R8), F4
	VSHL   $47, V9.D2, V9.D2
	VSHL   $47, V10.D2, V10.D2
	VZIP1  V8.D2, V7.D2, V7.D2
	VZIP1  V13.D2, V11.D2, V11.D2
	WORD $0x4e65ce6c // fmla v12.2d, v19.2d, v5.2d
	WORD $0x4e66ce6e // fmla v14.2d, v19.2d, v6.2d
	WORD $0x4e65ce83 // fmla v3.2d, v20.2d, v5.2d
	WORD $0x4e66ce84 // fmla v4.2d, v20.2d, v6.2d
	WORD $0x6e65dca5 // fmul v5.2d, v5.2d, v5.2d
	WORD $0x6e66dcc6 // fmul v6.2d, v6.2d, v6.2d
	VADD   V7.D2, V9.D2, V9.D2    // scale
	VADD   V11.D2, V10.D2, V10.D2
	WORD $0x4e65cd83 // fmla v3.2d, v12.2d, v5.2d
	WORD $0x4e66cdc4 // fmla v4.2d, v14.2d, v6.2d
	VLD1.P 16(R1), [V8.S4]
	SUB    $4, R6
	WORD $0x6e69dc63 // fmul v3.2d, v3.2d, v9.2d
	WORD $0x6e6adc84 // fmul v4.2d, v4.2d, v10.2d
	WORD $0x0e616863 // fcvtn v3.2s, v3.2d
	WORD $0x4e616883 // fcvtn2 v3.4s, v4.2d
	WORD $0x6e28dc63 // fmul v3.4s, v3.4s, v8.4s
	VST1.P [V3.S4], 16(R0)
	CBNZ   R6, four

stop:
	SUB  R6, R2
	MOVD R2, done+32(FP)
	RET
