//go:build !purego

#include "textflag.h"

// Fields of DepthBytes, and offsets in RoundBlock.
#define LINES   0(R0)
#define STEP    4(R0)
#define COUNT   8(R0)
#define TAPS   12(R0)
#define GROUPS 16(R0)
#define PANEL  20(R0)
#define DST    28(R0)
#define STRIDE 32(R0)
#define WIDTH  36(R0)
#define ROUND  40(R0)
#define LEFT   64
#define MULT  128
#define AWAY  304

// func depthNEON(t *DepthBytes)
//
// R0 is t, R1 the block, R2 a pixel's first tap, R3 counts pixels, R4 is the output, R5 the bytes from pixel to pixel. q8 … q11
// are sums, q12 … q15 multipliers, then zero and limits.
//
// Two taps at a time: lines have signed bytes, and two products of such with weights above -128 fit 16 bits.
TEXT ·depthNEON(SB), NOSPLIT, $4-4
	MOVW t+0(FP), R0
	MOVW ROUND, R1
	MOVW LINES, R2
	MOVW STEP, R5
	MOVW COUNT, R3
	MOVW DST, R4
	MOVW AWAY(R1), R9
	ADD  $MULT, R1, R14

pixel:
	MOVW TAPS, R11
	MOVW PANEL, R12
	MOVW GROUPS, R7
	MOVW R1, R6
	WORD $0xf466028d // vld1.32 {d16, d17, d18, d19}, [r6]!
	WORD $0xf466428f // vld1.32 {d20, d21, d22, d23}, [r6]

pair:
	MOVW.P 4(R11), R6
	MOVW.P 4(R11), R8
	ADD    R2, R6
	ADD    R2, R8
	WORD $0xf42c420d // vld1.8 {d4, d5, d6, d7}, [r12]!
	WORD $0xf4260a0f // vld1.8 {d0, d1}, [r6]
	WORD $0xf4282a0f // vld1.8 {d2, d3}, [r8]
	SUB.S  $1, R7
	WORD $0xf2808c04 // vmull.s8 q4, d0, d4
	WORD $0xf281ac05 // vmull.s8 q5, d1, d5
	WORD $0xf2828806 // vmlal.s8 q4, d2, d6
	WORD $0xf283a807 // vmlal.s8 q5, d3, d7
	WORD $0xf2d00188 // vaddw.s16 q8, q8, d8
	WORD $0xf2d22189 // vaddw.s16 q9, q9, d9
	WORD $0xf2d4418a // vaddw.s16 q10, q10, d10
	WORD $0xf2d6618b // vaddw.s16 q11, q11, d11
	BNE    pair
	MOVW   R14, R6
	WORD $0xf466828d // vld1.32 {d24, d25, d26, d27}, [r6]!
	WORD $0xf466c28d // vld1.32 {d28, d29, d30, d31}, [r6]!
	// right shifts, negative
	WORD $0xf426028d // vld1.32 {d0, d1, d2, d3}, [r6]!
	WORD $0xf426428d // vld1.32 {d4, d5, d6, d7}, [r6]!
	CMP    $0, R9
	BNE    away

	// Rounding half up: what differs from half away from zero is negative, and limited to zero.
	WORD $0xf3600be8 // vqrdmulh.s32 q8, q8, q12
	WORD $0xf3622bea // vqrdmulh.s32 q9, q9, q13
	WORD $0xf3644bec // vqrdmulh.s32 q10, q10, q14
	WORD $0xf3666bee // vqrdmulh.s32 q11, q11, q15
	// zero, lo
	WORD $0xf466820d // vld1.8 {d24, d25, d26, d27}, [r6]!
	WORD $0xf2600560 // vrshl.s32 q8, q8, q0
	WORD $0xf2622562 // vrshl.s32 q9, q9, q1
	WORD $0xf2644564 // vrshl.s32 q10, q10, q2
	WORD $0xf2666566 // vrshl.s32 q11, q11, q3
	// hi
	WORD $0xf466ca0f // vld1.8 {d28, d29}, [r6]
	WORD $0xf3f602a0 // vqmovn.s32 d16, q8
	WORD $0xf3f612a2 // vqmovn.s32 d17, q9
	WORD $0xf3f622a4 // vqmovn.s32 d18, q10
	WORD $0xf3f632a6 // vqmovn.s32 d19, q11
	WORD $0xf25000f8 // vqadd.s16 q8, q8, q12
	WORD $0xf25220f8 // vqadd.s16 q9, q9, q12

bytes:
	WORD $0xf3f20260 // vqmovun.s16 d16, q8
	WORD $0xf3f21262 // vqmovun.s16 d17, q9
	MOVW WIDTH, R6
	CMP  $16, R6
	WORD $0xf34006ea // vmax.u8 q8, q8, q13
	WORD $0xf34006fc // vmin.u8 q8, q8, q14
	BNE  narrow
	WORD $0xf4440a0f // vst1.8 {d16, d17}, [r4]

next:
	ADD   R5, R2
	MOVW  STRIDE, R6
	ADD   R6, R4
	SUB.S $1, R3
	BNE   pixel
	RET

away:
	// A negative number that ends in a half is moved down before the shift, unless that is by 0 bits.
	ADD  $LEFT, R1, R8
	WORD $0xf428828d // vld1.32 {d8, d9, d10, d11}, [r8]!
	WORD $0xf428c28f // vld1.32 {d12, d13, d14, d15}, [r8]
	WORD $0xf2680460 // vshl.s32 q8, q8, q4
	WORD $0xf26a2462 // vshl.s32 q9, q9, q5
	WORD $0xf26c4464 // vshl.s32 q10, q10, q6
	WORD $0xf26e6466 // vshl.s32 q11, q11, q7
	WORD $0xf3600be8 // vqrdmulh.s32 q8, q8, q12
	WORD $0xf3622bea // vqrdmulh.s32 q9, q9, q13
	WORD $0xf3644bec // vqrdmulh.s32 q10, q10, q14
	WORD $0xf3666bee // vqrdmulh.s32 q11, q11, q15
	// zero, lo
	WORD $0xf466820d // vld1.8 {d24, d25, d26, d27}, [r6]!
	// hi
	WORD $0xf466ca0f // vld1.8 {d28, d29}, [r6]
	WORD $0xf20081d0 // vand q4, q8, q0
	WORD $0xf202a1d2 // vand q5, q9, q1
	WORD $0xf204c1d4 // vand q6, q10, q2
	WORD $0xf206e1d6 // vand q7, q11, q3
	WORD $0xf2e10158 // vsra.s32 q8, q4, #31
	WORD $0xf2e1215a // vsra.s32 q9, q5, #31
	WORD $0xf2e1415c // vsra.s32 q10, q6, #31
	WORD $0xf2e1615e // vsra.s32 q11, q7, #31
	WORD $0xf2600560 // vrshl.s32 q8, q8, q0
	WORD $0xf2622562 // vrshl.s32 q9, q9, q1
	WORD $0xf2644564 // vrshl.s32 q10, q10, q2
	WORD $0xf2666566 // vrshl.s32 q11, q11, q3
	WORD $0xf3908a38 // vmovl.u16 q4, d24
	// wraps around as int32 does
	WORD $0xf26008c8 // vadd.i32 q8, q8, q4
	WORD $0xf26228c8 // vadd.i32 q9, q9, q4
	WORD $0xf26448c8 // vadd.i32 q10, q10, q4
	WORD $0xf26668c8 // vadd.i32 q11, q11, q4
	WORD $0xf3f602a0 // vqmovn.s32 d16, q8
	WORD $0xf3f612a2 // vqmovn.s32 d17, q9
	WORD $0xf3f622a4 // vqmovn.s32 d18, q10
	WORD $0xf3f632a6 // vqmovn.s32 d19, q11
	B    bytes

narrow:
	MOVW R4, R7
	TST  $8, R6
	BEQ  four
	WORD $0xf447070d // vst1.8 {d16}, [r7]!
	WORD $0xf2f008e0 // vext.8 q8, q8, q8, #8

four:
	TST $4, R6
	BEQ two
	WORD $0xf4c7080d // vst1.32 {d16[0]}, [r7]!
	WORD $0xf2f004e0 // vext.8 q8, q8, q8, #4

two:
	TST $2, R6
	BEQ one
	WORD $0xf4c7040d // vst1.16 {d16[0]}, [r7]!
	WORD $0xf2f002e0 // vext.8 q8, q8, q8, #2

one:
	TST $1, R6
	BEQ next
	WORD $0xf4c7000f // vst1.8 {d16[0]}, [r7]
	B   next
