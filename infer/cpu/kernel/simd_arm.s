//go:build !purego

#include "textflag.h"

// func flipNEON(dst, src *uint8, n int)
TEXT ·flipNEON(SB), NOSPLIT, $0-12
	MOVW dst+0(FP), R0
	MOVW src+4(FP), R1
	MOVW n+8(FP), R2
	MOVW $0x80, R3
	WORD $0xeeee3b90 // vdup.8 q15, r3

thirtytwo:
	CMP $32, R2
	BLT sixteen
	WORD $0xf421020d // vld1.8 {d0, d1, d2, d3}, [r1]!
	SUB $32, R2
	WORD $0xf300017e // veor q0, q0, q15
	WORD $0xf302217e // veor q1, q1, q15
	WORD $0xf400020d // vst1.8 {d0, d1, d2, d3}, [r0]!
	B   thirtytwo

sixteen:
	CMP $0, R2
	BEQ done
	CMP $16, R2
	BGE whole

	// The last 16, some of which are done already.
	SUB  $16, R2
	ADD  R2, R0
	ADD  R2, R1
	MOVW $16, R2

whole:
	WORD $0xf4210a0d // vld1.8 {d0, d1}, [r1]!
	SUB $16, R2
	WORD $0xf300017e // veor q0, q0, q15
	WORD $0xf4000a0d // vst1.8 {d0, d1}, [r0]!
	B   sixteen

done:
	RET

// What keeps the last n of 16 bytes is at 16-n … of 16 zeros and 16 ones, from n on.
DATA keep<>+0(SB)/4, $0
DATA keep<>+4(SB)/4, $0
DATA keep<>+8(SB)/4, $0
DATA keep<>+12(SB)/4, $0
DATA keep<>+16(SB)/4, $-1
DATA keep<>+20(SB)/4, $-1
DATA keep<>+24(SB)/4, $-1
DATA keep<>+28(SB)/4, $-1
GLOBL keep<>(SB), RODATA|NOPTR, $32

// func sumSignedNEON(dst *int32, src *uint8, n, channels int)
//
// R4 is whole vectors of a pixel, R5 the bytes behind them, which are read together with some before them: q8 keeps them.
TEXT ·sumSignedNEON(SB), NOSPLIT, $0-16
	MOVW dst+0(FP), R0
	MOVW src+4(FP), R1
	MOVW n+8(FP), R2
	MOVW channels+12(FP), R3
	MOVW R3>>4, R4
	AND  $15, R3, R5
	MOVW $keep<>(SB), R6
	ADD  R5, R6
	WORD $0xf4660a0f // vld1.8 {d16, d17}, [r6]

pixel:
	WORD $0xf3044154 // veor q2, q2, q2
	MOVW R4, R7

sixteen:
	WORD $0xf4210a0d // vld1.8 {d0, d1}, [r1]!
	SUB.S $1, R7
	WORD $0xf3b02240 // vpaddl.s8 q1, q0
	WORD $0xf3b44642 // vpadal.s16 q2, q1
	BNE   sixteen
	CMP   $0, R5
	BEQ   total
	ADD   R5, R1
	SUB   $16, R1, R8
	WORD $0xf4280a0f // vld1.8 {d0, d1}, [r8]
	WORD $0xf2000170 // vand q0, q0, q8
	WORD $0xf3b02240 // vpaddl.s8 q1, q0
	WORD $0xf3b44642 // vpadal.s16 q2, q1

total:
	WORD $0xf2244805 // vadd.i32 d4, d4, d5
	WORD $0xf2244b14 // vpadd.i32 d4, d4, d4
	WORD $0xf480480d // vst1.32 {d4[0]}, [r0]!
	SUB.S $1, R2
	BNE   pixel
	RET

// func dotNEON(a, w *uint8, n int) (sum int32)
TEXT ·dotNEON(SB), NOSPLIT, $0-16
	MOVW a+0(FP), R0
	MOVW w+4(FP), R1
	MOVW n+8(FP), R2
	WORD $0xf34001f0 // veor q8, q8, q8
	WORD $0xf34221f2 // veor q9, q9, q9

thirtytwo:
	WORD $0xf420020d // vld1.8 {d0, d1, d2, d3}, [r0]!
	WORD $0xf421420d // vld1.8 {d4, d5, d6, d7}, [r1]!
	SUB.S $32, R2
	WORD $0xf3808c04 // vmull.u8 q4, d0, d4
	WORD $0xf381ac05 // vmull.u8 q5, d1, d5
	WORD $0xf382cc06 // vmull.u8 q6, d2, d6
	WORD $0xf383ec07 // vmull.u8 q7, d3, d7
	WORD $0xf3f406c8 // vpadal.u16 q8, q4
	WORD $0xf3f426ca // vpadal.u16 q9, q5
	WORD $0xf3f406cc // vpadal.u16 q8, q6
	WORD $0xf3f426ce // vpadal.u16 q9, q7
	BNE   thirtytwo
	WORD $0xf26008e2 // vadd.i32 q8, q8, q9
	WORD $0xf26008a1 // vadd.i32 d16, d16, d17
	WORD $0xf2600bb0 // vpadd.i32 d16, d16, d16
	WORD $0xee100b90 // vmov.32 r0, d16[0]
	MOVW  R0, sum+12(FP)
	RET

// func tapVectors(acc *int32, x *uint8, w *int16, n int, zero int32)
TEXT ·tapVectors(SB), NOSPLIT, $0-20
	MOVW acc+0(FP), R0
	MOVW x+4(FP), R1
	MOVW w+8(FP), R2
	MOVW n+12(FP), R3
	MOVW zero+16(FP), R4
	WORD $0xeeae4bb0 // vdup.16 q15, r4

eight:
	WORD $0xf420028f // vld1.32 {d0, d1, d2, d3}, [r0]
	WORD $0xf421470d // vld1.8 {d4}, [r1]!
	WORD $0xf4226a4d // vld1.16 {d6, d7}, [r2]!
	SUB.S $8, R3
	WORD $0xf3884a14 // vmovl.u8 q2, d4
	WORD $0xf314486e // vsub.i16 q2, q2, q15
	WORD $0xf2940806 // vmlal.s16 q0, d4, d6
	WORD $0xf2952807 // vmlal.s16 q1, d5, d7
	WORD $0xf400028d // vst1.32 {d0, d1, d2, d3}, [r0]!
	BNE   eight
	RET

// func addRoundNEON(dst, a, b *uint8, n int, p *roundAdder)
//
// Each input: (x - zero) << 20, a multiplication, a rounding shift. q5 … q14 are the fields of p, d30 and d31 limits. A
// negative number that ends in a half is moved down before the shift, unless that is by 0 bits. 4 numbers at a time, which
// q2 and q3 hold.
TEXT ·addRoundNEON(SB), NOSPLIT, $0-20
	MOVW dst+0(FP), R0
	MOVW a+4(FP), R1
	MOVW b+8(FP), R2
	MOVW n+12(FP), R3
	MOVW p+16(FP), R4
	// zero of a
	WORD $0xf4a4acad // vld1.32 {d10[], d11[]}, [r4]!
	// multiplier
	WORD $0xf4a4ccad // vld1.32 {d12[], d13[]}, [r4]!
	// right shift, negative
	WORD $0xf4a4ecad // vld1.32 {d14[], d15[]}, [r4]!
	// and of b
	WORD $0xf4e40cad // vld1.32 {d16[], d17[]}, [r4]!
	WORD $0xf4e42cad // vld1.32 {d18[], d19[]}, [r4]!
	WORD $0xf4e44cad // vld1.32 {d20[], d21[]}, [r4]!
	// of the sum: zero
	WORD $0xf4e46cad // vld1.32 {d22[], d23[]}, [r4]!
	WORD $0xf4e48cad // vld1.32 {d24[], d25[]}, [r4]!
	WORD $0xf4e4acad // vld1.32 {d26[], d27[]}, [r4]!
	// left shift
	WORD $0xf4e4ccad // vld1.32 {d28[], d29[]}, [r4]!
	// lo
	WORD $0xf4e4ec0d // vld1.8 {d30[]}, [r4]!
	// hi
	WORD $0xf4e4fc0f // vld1.8 {d31[]}, [r4]
	B    eight

last:
	// The last 8, some of which are done already: dst is neither a nor b.
	SUB  $8, R3
	ADD  R3, R0
	ADD  R3, R1
	ADD  R3, R2
	MOVW $8, R3

eight:
	CMP  $8, R3
	BLT  rest
	WORD $0xf421070d // vld1.8 {d0}, [r1]!
	WORD $0xf422270d // vld1.8 {d2}, [r2]!
	SUB  $8, R3
	WORD $0xf3880a10 // vmovl.u8 q0, d0
	WORD $0xf3882a12 // vmovl.u8 q1, d2
	WORD $0xf3904a10 // vmovl.u16 q2, d0
	WORD $0xf3906a12 // vmovl.u16 q3, d2
	WORD $0xf324484a // vsub.i32 q2, q2, q5
	WORD $0xf3266860 // vsub.i32 q3, q3, q8
	WORD $0xf2b44554 // vshl.i32 q2, q2, #20
	WORD $0xf2b46556 // vshl.i32 q3, q3, #20
	WORD $0xf3244b4c // vqrdmulh.s32 q2, q2, q6
	WORD $0xf3266b62 // vqrdmulh.s32 q3, q3, q9
	WORD $0xf204815e // vand q4, q2, q7
	WORD $0xf2a14158 // vsra.s32 q2, q4, #31
	WORD $0xf2068174 // vand q4, q3, q10
	WORD $0xf2a16158 // vsra.s32 q3, q4, #31
	WORD $0xf22e4544 // vrshl.s32 q2, q2, q7
	WORD $0xf22465c6 // vrshl.s32 q3, q3, q10
	WORD $0xf2244846 // vadd.i32 q2, q2, q3
	WORD $0xf22c44c4 // vshl.s32 q2, q2, q14
	WORD $0xf3244b68 // vqrdmulh.s32 q2, q2, q12
	WORD $0xf204817a // vand q4, q2, q13
	WORD $0xf2a14158 // vsra.s32 q2, q4, #31
	WORD $0xf22a45c4 // vrshl.s32 q2, q2, q13
	WORD $0xf2244866 // vadd.i32 q2, q2, q11
	WORD $0xf3b60284 // vqmovn.s32 d0, q2
	WORD $0xf3904a11 // vmovl.u16 q2, d1
	WORD $0xf3906a13 // vmovl.u16 q3, d3
	WORD $0xf324484a // vsub.i32 q2, q2, q5
	WORD $0xf3266860 // vsub.i32 q3, q3, q8
	WORD $0xf2b44554 // vshl.i32 q2, q2, #20
	WORD $0xf2b46556 // vshl.i32 q3, q3, #20
	WORD $0xf3244b4c // vqrdmulh.s32 q2, q2, q6
	WORD $0xf3266b62 // vqrdmulh.s32 q3, q3, q9
	WORD $0xf204815e // vand q4, q2, q7
	WORD $0xf2a14158 // vsra.s32 q2, q4, #31
	WORD $0xf2068174 // vand q4, q3, q10
	WORD $0xf2a16158 // vsra.s32 q3, q4, #31
	WORD $0xf22e4544 // vrshl.s32 q2, q2, q7
	WORD $0xf22465c6 // vrshl.s32 q3, q3, q10
	WORD $0xf2244846 // vadd.i32 q2, q2, q3
	WORD $0xf22c44c4 // vshl.s32 q2, q2, q14
	WORD $0xf3244b68 // vqrdmulh.s32 q2, q2, q12
	WORD $0xf204817a // vand q4, q2, q13
	WORD $0xf2a14158 // vsra.s32 q2, q4, #31
	WORD $0xf22a45c4 // vrshl.s32 q2, q2, q13
	WORD $0xf2244866 // vadd.i32 q2, q2, q11
	WORD $0xf3b61284 // vqmovn.s32 d1, q2
	WORD $0xf3b20240 // vqmovun.s16 d0, q0
	WORD $0xf300062e // vmax.u8 d0, d0, d30
	WORD $0xf300063f // vmin.u8 d0, d0, d31
	WORD $0xf400070d // vst1.8 {d0}, [r0]!
	B    eight

rest:
	CMP $0, R3
	BNE last
	RET
