//go:build !purego

#include "textflag.h"

// func sweepWords(dst, src *uint64, pairs *[2]uint32, centres *int32, n int, rounding uint64)
//
// A word times a weight is its lower half times it, and its upper half: q8 (open) and q9 (next) hold sums of these, q15 what
// they begin with. R8 is the last centre, R12 counts samples up to the next one, R7 outputs.
TEXT ·sweepWords(SB), NOSPLIT, $0-28
	MOVW dst+0(FP), R0
	MOVW src+4(FP), R1
	MOVW pairs+8(FP), R2
	MOVW centres+12(FP), R3
	MOVW n+16(FP), R4
	MOVW rounding_lo+20(FP), R5
	MOVW rounding_hi+24(FP), R6
	WORD $0xf34ee1fe // veor q15, q15, q15
	WORD $0xee0e5b90 // vmov.32 d30[0], r5
	WORD $0xee2e6b90 // vmov.32 d30[1], r6
	MOVW $0xffff, R5
	WORD $0xf34cc1fc // veor q14, q14, q14
	WORD $0xee0c5b90 // vmov.32 d28[0], r5
	WORD $0xf26e01fe // vmov q8, q15
	WORD $0xf26e21fe // vmov q9, q15
	MOVW $0, R8
	MOVW $0, R7

centre:
	MOVW.P 4(R3), R9
	SUB.S  R8, R9, R12
	MOVW   R9, R8
	BEQ    output

sample:
	WORD $0xf42107cd // vld1.64 {d0}, [r1]!
	WORD $0xf422278d // vld1.32 {d2}, [r2]!
	SUB.S $1, R12
	WORD $0xf3e00242 // vmlal.u32 q8, d0, d2[0]
	WORD $0xf3e02262 // vmlal.u32 q9, d0, d2[1]
	BNE   sample

output:
	// There is one centre more than outputs: the first comes before them.
	CMP $0, R7
	BEQ first
	WORD $0xf2e015b1 // vshl.i64 d17, d17, #32
	WORD $0xf27008a1 // vadd.i64 d16, d16, d17
	WORD $0xf3bb00b0 // vshr.u64 d0, d16, #5
	WORD $0xf3a620b0 // vshr.u64 d2, d16, #26
	WORD $0xf39110b0 // vshr.u64 d1, d16, #47
	WORD $0xf200013c // vand d0, d0, d28
	WORD $0xf202213c // vand d2, d2, d28
	WORD $0xf201113c // vand d1, d1, d28
	WORD $0xf3a00592 // vsli.64 d0, d2, #32
	WORD $0xf4000acd // vst1.64 {d0, d1}, [r0]!

first:
	CMP R4, R7
	BEQ done
	ADD $1, R7
	WORD $0xf26201f2 // vmov q8, q9
	WORD $0xf26e21fe // vmov q9, q15
	B   centre

done:
	RET

// func accumulateNEON(dst, src *uint64, n int, w uint64)
TEXT ·accumulateNEON(SB), NOSPLIT, $0-20
	MOVW dst+0(FP), R0
	MOVW src+4(FP), R1
	MOVW n+8(FP), R2
	MOVW w_lo+12(FP), R3
	MOVW R0, R4
	WORD $0xeeae3b90 // vdup.32 q15, r3

eight:
	WORD $0xf42002cd // vld1.64 {d0, d1, d2, d3}, [r0]!
	WORD $0xf42042cd // vld1.64 {d4, d5, d6, d7}, [r0]!
	WORD $0xf46102cd // vld1.64 {d16, d17, d18, d19}, [r1]!
	WORD $0xf46142cd // vld1.64 {d20, d21, d22, d23}, [r1]!
	SUB.S $8, R2
	WORD $0xf22009ee // vmla.i32 q0, q8, q15
	WORD $0xf22229ee // vmla.i32 q1, q9, q15
	WORD $0xf22449ee // vmla.i32 q2, q10, q15
	WORD $0xf22669ee // vmla.i32 q3, q11, q15
	WORD $0xf40402cd // vst1.64 {d0, d1, d2, d3}, [r4]!
	WORD $0xf40442cd // vst1.64 {d4, d5, d6, d7}, [r4]!
	BNE   eight
	RET

// func readRGBNEON(dst *uint64, src *byte, n int)
//
// The lower half of a word is red and green, the upper half blue.
TEXT ·readRGBNEON(SB), NOSPLIT, $0-12
	MOVW dst+0(FP), R0
	MOVW src+4(FP), R1
	MOVW n+8(FP), R2

eight:
	WORD $0xf421040d // vld3.8 {d0, d1, d2}, [r1]!
	SUB.S $8, R2
	WORD $0xf3c80a10 // vmovl.u8 q8, d0
	WORD $0xf3c82a11 // vmovl.u8 q9, d1
	WORD $0xf3c84a12 // vmovl.u8 q10, d2
	WORD $0xf3900a30 // vmovl.u16 q0, d16
	WORD $0xf3904a31 // vmovl.u16 q2, d17
	WORD $0xf3d06a32 // vmovl.u16 q11, d18
	WORD $0xf3d08a33 // vmovl.u16 q12, d19
	WORD $0xf3902a34 // vmovl.u16 q1, d20
	WORD $0xf3906a35 // vmovl.u16 q3, d21
	WORD $0xf3b50576 // vsli.32 q0, q11, #21
	WORD $0xf3b54578 // vsli.32 q2, q12, #21
	WORD $0xf2aa2552 // vshl.i32 q1, q1, #10
	WORD $0xf2aa6556 // vshl.i32 q3, q3, #10
	WORD $0xf400038d // vst2.32 {d0, d1, d2, d3}, [r0]!
	WORD $0xf400438d // vst2.32 {d4, d5, d6, d7}, [r0]!
	BNE   eight
	RET

// func readHalfNEON(dst *uint64, luma *byte, step int, near, far *uint64, n int, line *[2]uint32)
//
// Chroma is mixed as words, two to a register: q12, q4 and q5 are 3*near+far of six samples, q0 and q1 the middle four of
// them, q2 and q3 then the mixes of even pixels, q0 and q1 those of odd ones. Then each colour of four pixels gets a register
// with its lane of 21 bits on top. Below it may be bits of another lane: all that is added has zeros there, so they change
// nothing. Y comes less the 512 that clamp takes away, so that a saturating shift clamps: Y*line[0] + line[1] is below
// 1 << 32, and shifted by 2 below two ones it is the lane less 512.
TEXT ·readHalfNEON(SB), NOSPLIT, $0-28
	MOVW dst+0(FP), R0
	MOVW luma+4(FP), R1
	MOVW step+8(FP), R2
	MOVW near+12(FP), R3
	MOVW far+16(FP), R4
	MOVW n+20(FP), R5
	MOVW line+24(FP), R6
	WORD $0xf4e6ecad // vld1.32 {d30[], d31[]}, [r6]!
	WORD $0xf4e6ccaf // vld1.32 {d28[], d29[]}, [r6]
	MOVW $0xfffff800, R7
	WORD $0xeeaa7b90 // vdup.32 q13, r7
	WORD $0xf4230acd // vld1.64 {d0, d1}, [r3]!
	WORD $0xf4242acd // vld1.64 {d2, d3}, [r4]!
	WORD $0xf2c185d0 // vshl.i64 q12, q0, #1
	WORD $0xf27888c0 // vadd.i64 q12, q12, q0
	WORD $0xf27888c2 // vadd.i64 q12, q12, q1

eight:
	WORD $0xf42302cd // vld1.64 {d0, d1, d2, d3}, [r3]!
	WORD $0xf42442cd // vld1.64 {d4, d5, d6, d7}, [r4]!
	SUB $8, R5
	WORD $0xf28185d0 // vshl.i64 q4, q0, #1
	WORD $0xf281a5d2 // vshl.i64 q5, q1, #1
	WORD $0xf2388840 // vadd.i64 q4, q4, q0
	WORD $0xf23aa842 // vadd.i64 q5, q5, q1
	WORD $0xf2388844 // vadd.i64 q4, q4, q2
	WORD $0xf23aa846 // vadd.i64 q5, q5, q3
	WORD $0xf2b808c8 // vext.8 q0, q12, q4, #8
	WORD $0xf2b8284a // vext.8 q1, q4, q5, #8
	WORD $0xf28145d0 // vshl.i64 q2, q0, #1
	WORD $0xf28165d2 // vshl.i64 q3, q1, #1
	WORD $0xf2300844 // vadd.i64 q0, q0, q2
	WORD $0xf2322846 // vadd.i64 q1, q1, q3
	WORD $0xf2304868 // vadd.i64 q2, q0, q12
	WORD $0xf2326848 // vadd.i64 q3, q1, q4
	WORD $0xf2300848 // vadd.i64 q0, q0, q4
	WORD $0xf232284a // vadd.i64 q1, q1, q5
	WORD $0xf26a815a // vmov q12, q5
	CMP $1, R2
	BEQ single
	WORD $0xf421880d // vld2.8 {d8, d9}, [r1]!
	B   colours

single:
	WORD $0xf421870d // vld1.8 {d8}, [r1]!

colours:
	WORD $0xf3ba4146 // vuzp.32 q2, q3
	WORD $0xf3ba0142 // vuzp.32 q0, q1

	// Even pixels: q4 is Y, q8 what is added, q9, q10 and q11 red, green and blue.
	WORD $0xf3888a18 // vmovl.u8 q4, d8
	WORD $0xf3b0a058 // vshr.u32 q5, q4, #16
	WORD $0xf2b08558 // vshl.i32 q4, q4, #16
	WORD $0xf3b08058 // vshr.u32 q4, q4, #16
	WORD $0xf22cc1fc // vmov q6, q14
	WORD $0xf22ce1fc // vmov q7, q14
	WORD $0xf228c96e // vmla.i32 q6, q4, q15
	WORD $0xf22ae96e // vmla.i32 q7, q5, q15
	WORD $0xf36008f0 // vceq.i32 q8, q8, q8
	WORD $0xf2eb2554 // vshl.i32 q9, q2, #11
	WORD $0xf2f64556 // vshl.i32 q10, q3, #22
	WORD $0xf3fe045c // vsri.32 q8, q6, #2
	WORD $0xf3f64454 // vsri.32 q10, q2, #10
	WORD $0xf2e16556 // vshl.i32 q11, q3, #1
	WORD $0xf24001fa // vand q8, q8, q13
	WORD $0xf26228e0 // vadd.i32 q9, q9, q8
	WORD $0xf26448e0 // vadd.i32 q10, q10, q8
	WORD $0xf26668e0 // vadd.i32 q11, q11, q8
	WORD $0xf3e32672 // vqshlu.s32 q9, q9, #3
	WORD $0xf3e34674 // vqshlu.s32 q10, q10, #3
	WORD $0xf3e36676 // vqshlu.s32 q11, q11, #3
	WORD $0xf3e82072 // vshr.u32 q9, q9, #24
	WORD $0xf3e84074 // vshr.u32 q10, q10, #24
	WORD $0xf3e86076 // vshr.u32 q11, q11, #24
	WORD $0xf3f52574 // vsli.32 q9, q10, #21
	WORD $0xf2ea4576 // vshl.i32 q10, q11, #10

	// Odd pixels, in q2, q3 and q4.
	WORD $0xf36008f0 // vceq.i32 q8, q8, q8
	WORD $0xf2ab4550 // vshl.i32 q2, q0, #11
	WORD $0xf2b66552 // vshl.i32 q3, q1, #22
	WORD $0xf3fe045e // vsri.32 q8, q7, #2
	WORD $0xf3b66450 // vsri.32 q3, q0, #10
	WORD $0xf2a18552 // vshl.i32 q4, q1, #1
	WORD $0xf24001fa // vand q8, q8, q13
	WORD $0xf2244860 // vadd.i32 q2, q2, q8
	WORD $0xf2266860 // vadd.i32 q3, q3, q8
	WORD $0xf2288860 // vadd.i32 q4, q4, q8
	WORD $0xf3a34654 // vqshlu.s32 q2, q2, #3
	WORD $0xf3a36656 // vqshlu.s32 q3, q3, #3
	WORD $0xf3a38658 // vqshlu.s32 q4, q4, #3
	WORD $0xf3a84054 // vshr.u32 q2, q2, #24
	WORD $0xf3a86056 // vshr.u32 q3, q3, #24
	WORD $0xf3a88058 // vshr.u32 q4, q4, #24
	WORD $0xf3b54556 // vsli.32 q2, q3, #21
	WORD $0xf2aa6558 // vshl.i32 q3, q4, #10

	// Lower and upper halves side by side are words, even and odd ones of which take turns.
	WORD $0xf3fa21e4 // vzip.32 q9, q10
	WORD $0xf3ba41c6 // vzip.32 q2, q3
	WORD $0xf3f23004 // vswp d19, d4
	WORD $0xf3f25006 // vswp d21, d6
	WORD $0xf4402acd // vst1.64 {d18, d19}, [r0]!
	WORD $0xf4004acd // vst1.64 {d4, d5}, [r0]!
	WORD $0xf4404acd // vst1.64 {d20, d21}, [r0]!
	WORD $0xf4006acd // vst1.64 {d6, d7}, [r0]!
	CMP $0, R5
	BNE eight
	RET
