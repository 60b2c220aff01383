//go:build !purego

#include "textflag.h"

// func dequantizeNEON(dst *float32, src *uint8, n int, scale float32, zero int32)
TEXT ·dequantizeNEON(SB), NOSPLIT, $0-20
	MOVW dst+0(FP), R0
	MOVW src+4(FP), R1
	MOVW n+8(FP), R2
	MOVW scale+12(FP), R3
	MOVW zero+16(FP), R4
	WORD $0xeeae3b90 // vdup.32 q15, r3
	WORD $0xeeac4bb0 // vdup.16 q14, r4

sixteen:
	WORD $0xf4210a0d // vld1.8 {d0, d1}, [r1]!
	SUB.S $16, R2
	WORD $0xf3882a11 // vmovl.u8 q1, d1
	WORD $0xf3880a10 // vmovl.u8 q0, d0
	WORD $0xf312286c // vsub.i16 q1, q1, q14
	WORD $0xf310086c // vsub.i16 q0, q0, q14
	WORD $0xf2d06a13 // vmovl.s16 q11, d3
	WORD $0xf2d04a12 // vmovl.s16 q10, d2
	WORD $0xf2d02a11 // vmovl.s16 q9, d1
	WORD $0xf2d00a10 // vmovl.s16 q8, d0
	WORD $0xf3fb0660 // vcvt.f32.s32 q8, q8
	WORD $0xf3fb2662 // vcvt.f32.s32 q9, q9
	WORD $0xf3fb4664 // vcvt.f32.s32 q10, q10
	WORD $0xf3fb6666 // vcvt.f32.s32 q11, q11
	WORD $0xf3400dfe // vmul.f32 q8, q8, q15
	WORD $0xf3422dfe // vmul.f32 q9, q9, q15
	WORD $0xf3444dfe // vmul.f32 q10, q10, q15
	WORD $0xf3466dfe // vmul.f32 q11, q11, q15
	WORD $0xf440028d // vst1.32 {d16, d17, d18, d19}, [r0]!
	WORD $0xf440428d // vst1.32 {d20, d21, d22, d23}, [r0]!
	BNE   sixteen
	RET

// Numbers are limited to ±1024 before they are rounded, by adding a number so large that its last bit is 1; what is nearly a
// half is left to others.
DATA limit<>+0(SB)/4, $-1024.0
DATA limit<>+4(SB)/4, $1024.0
DATA limit<>+8(SB)/4, $0.4990234375
DATA limit<>+12(SB)/4, $0x4b400000 // 12582912
GLOBL limit<>(SB), RODATA|NOPTR, $16

// func quantizeNEON(dst *uint8, src *float32, n int, inverse float32, zero int32) (done int)
//
// q15 is inverse, q14 zero less the bits of the large number, q10 … q13 are limits and that number.
TEXT ·quantizeNEON(SB), NOSPLIT, $0-24
	MOVW dst+0(FP), R0
	MOVW src+4(FP), R1
	MOVW n+8(FP), R2
	MOVW inverse+12(FP), R3
	MOVW zero+16(FP), R4
	WORD $0xeeae3b90 // vdup.32 q15, r3
	MOVW $limit<>(SB), R5
	WORD $0xf4e54cad // vld1.32 {d20[], d21[]}, [r5]!
	WORD $0xf4e56cad // vld1.32 {d22[], d23[]}, [r5]!
	WORD $0xf4e58cad // vld1.32 {d24[], d25[]}, [r5]!
	WORD $0xf4e5acaf // vld1.32 {d26[], d27[]}, [r5]
	WORD $0xeeac4b90 // vdup.32 q14, r4
	WORD $0xf36cc8ea // vsub.i32 q14, q14, q13
	MOVW R2, R6

sixteen:
	WORD $0xf421028d // vld1.32 {d0, d1, d2, d3}, [r1]!
	WORD $0xf421428d // vld1.32 {d4, d5, d6, d7}, [r1]!
	WORD $0xf3000d7e // vmul.f32 q0, q0, q15
	WORD $0xf3022d7e // vmul.f32 q1, q1, q15
	WORD $0xf3044d7e // vmul.f32 q2, q2, q15
	WORD $0xf3066d7e // vmul.f32 q3, q3, q15
	WORD $0xf2000f64 // vmax.f32 q0, q0, q10
	WORD $0xf2022f64 // vmax.f32 q1, q1, q10
	WORD $0xf2044f64 // vmax.f32 q2, q2, q10
	WORD $0xf2066f64 // vmax.f32 q3, q3, q10
	WORD $0xf2200f66 // vmin.f32 q0, q0, q11
	WORD $0xf2222f66 // vmin.f32 q1, q1, q11
	WORD $0xf2244f66 // vmin.f32 q2, q2, q11
	WORD $0xf2266f66 // vmin.f32 q3, q3, q11
	WORD $0xf2008d6a // vadd.f32 q4, q0, q13
	WORD $0xf202ad6a // vadd.f32 q5, q1, q13
	WORD $0xf204cd6a // vadd.f32 q6, q2, q13
	WORD $0xf206ed6a // vadd.f32 q7, q3, q13

	// What is no number is not near anything.
	WORD $0xf2680d6a // vsub.f32 q8, q4, q13
	WORD $0xf26a2d6a // vsub.f32 q9, q5, q13
	WORD $0xf2200d60 // vsub.f32 q0, q0, q8
	WORD $0xf2222d62 // vsub.f32 q1, q1, q9
	WORD $0xf26c0d6a // vsub.f32 q8, q6, q13
	WORD $0xf26e2d6a // vsub.f32 q9, q7, q13
	WORD $0xf2244d60 // vsub.f32 q2, q2, q8
	WORD $0xf2266d62 // vsub.f32 q3, q3, q9
	WORD $0xf3280ed0 // vacgt.f32 q0, q12, q0
	WORD $0xf3282ed2 // vacgt.f32 q1, q12, q1
	WORD $0xf3284ed4 // vacgt.f32 q2, q12, q2
	WORD $0xf3286ed6 // vacgt.f32 q3, q12, q3
	WORD $0xf2000152 // vand q0, q0, q1
	WORD $0xf2044156 // vand q2, q2, q3
	WORD $0xf2000154 // vand q0, q0, q2
	WORD $0xf2000111 // vand d0, d0, d1
	WORD $0xee105b10 // vmov.32 r5, d0[0]
	WORD $0xee307b10 // vmov.32 r7, d0[1]
	AND   R7, R5
	ADD.S $1, R5
	BNE   stop
	WORD $0xf228886c // vadd.i32 q4, q4, q14
	WORD $0xf22aa86c // vadd.i32 q5, q5, q14
	WORD $0xf22cc86c // vadd.i32 q6, q6, q14
	WORD $0xf22ee86c // vadd.i32 q7, q7, q14
	WORD $0xf3b68288 // vqmovn.s32 d8, q4
	WORD $0xf3b6928a // vqmovn.s32 d9, q5
	WORD $0xf3b6a28c // vqmovn.s32 d10, q6
	WORD $0xf3b6b28e // vqmovn.s32 d11, q7
	WORD $0xf3b28248 // vqmovun.s16 d8, q4
	WORD $0xf3b2924a // vqmovun.s16 d9, q5
	SUB.S $16, R6
	WORD $0xf4008a0d // vst1.8 {d8, d9}, [r0]!
	BNE   sixteen

stop:
	SUB  R6, R2
	MOVW R2, done+20(FP)
	RET
