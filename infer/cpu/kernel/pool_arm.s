//go:build !purego

#include "textflag.h"

// func maxRowNEON(dst, src *uint8, n, count, dstStep, srcStep int, w *Window, lo uint8)
//
// R0 and R1 are a pixel, R7 and R8 its channels, of which R12 are left; R2 and R14 count rows and columns, R9 is a row of
// the window, R11 a tap.
TEXT ·maxRowNEON(SB), NOSPLIT, $4-29
	MOVW  dst+0(FP), R0
	MOVW  src+4(FP), R1
	MOVW  count+12(FP), R3
	MOVW  w+24(FP), R2
	MOVW  4(R2), R4  // columns
	MOVW  8(R2), R5  // pitch
	MOVW  12(R2), R6 // step
	MOVBU lo+28(FP), R2
	WORD $0xeeee2b90 // vdup.8 q15, r2

pixel:
	MOVW R0, R7
	MOVW R1, R8
	MOVW n+8(FP), R12

channels32:
	CMP  $32, R12
	BLT  channels16
	WORD $0xf22e01fe // vmov q0, q15
	WORD $0xf22e21fe // vmov q1, q15
	MOVW w+24(FP), R2
	MOVW 0(R2), R2
	MOVW R8, R9

row32:
	MOVW R4, R14
	MOVW R9, R11

column32:
	WORD $0xf42b420f // vld1.8 {d4, d5, d6, d7}, [r11]
	ADD   R6, R11
	SUB.S $1, R14
	WORD $0xf3000644 // vmax.u8 q0, q0, q2
	WORD $0xf3022646 // vmax.u8 q1, q1, q3
	BNE   column32
	ADD   R5, R9
	SUB.S $1, R2
	BNE   row32
	WORD $0xf407020d // vst1.8 {d0, d1, d2, d3}, [r7]!
	ADD   $32, R8
	SUB   $32, R12
	B     channels32

channels16:
	CMP $0, R12
	BEQ next
	CMP $16, R12
	BGE whole

	// The last 16 channels, some of which are done already.
	SUB  $16, R12
	ADD  R12, R7
	ADD  R12, R8
	MOVW $16, R12

whole:
	WORD $0xf22e01fe // vmov q0, q15
	MOVW w+24(FP), R2
	MOVW 0(R2), R2
	MOVW R8, R9

row16:
	MOVW R4, R14
	MOVW R9, R11

column16:
	WORD $0xf42b4a0f // vld1.8 {d4, d5}, [r11]
	ADD   R6, R11
	SUB.S $1, R14
	WORD $0xf3000644 // vmax.u8 q0, q0, q2
	BNE   column16
	ADD   R5, R9
	SUB.S $1, R2
	BNE   row16
	WORD $0xf4070a0d // vst1.8 {d0, d1}, [r7]!
	ADD   $16, R8
	SUB   $16, R12
	B     channels16

next:
	MOVW  dstStep+16(FP), R2
	ADD   R2, R0
	MOVW  srcStep+20(FP), R2
	ADD   R2, R1
	SUB.S $1, R3
	BNE   pixel
	RET

// func sumWindowNEON(acc *int32, src *uint8, n, rows, cols, pitch, step int)
//
// R7 is the window's 16 channels, R8 counts rows, R9 columns of a row and R11 those of them that fit 16 bits; R12 is a
// row, R14 a tap. q0 and q1 are sums of 16 bits, q2, q3, q8 and q9 of 32.
TEXT ·sumWindowNEON(SB), NOSPLIT, $4-28
	MOVW acc+0(FP), R0
	MOVW src+4(FP), R7
	MOVW n+8(FP), R2
	MOVW rows+12(FP), R3
	MOVW cols+16(FP), R4
	MOVW pitch+20(FP), R5
	MOVW step+24(FP), R6

channels:
	WORD $0xf3044154 // veor q2, q2, q2
	WORD $0xf3066156 // veor q3, q3, q3
	WORD $0xf34001f0 // veor q8, q8, q8
	WORD $0xf34221f2 // veor q9, q9, q9
	MOVW R3, R8
	MOVW R7, R12

row:
	MOVW R4, R9
	MOVW R12, R14

part:
	MOVW    $256, R11
	CMP     R11, R9
	MOVW.LT R9, R11
	SUB     R11, R9
	WORD $0xf3000150 // veor q0, q0, q0
	WORD $0xf3022152 // veor q1, q1, q1

column:
	WORD $0xf42e8a0f // vld1.8 {d8, d9}, [r14]
	ADD   R6, R14
	SUB.S $1, R11
	WORD $0xf3800108 // vaddw.u8 q0, q0, d8
	WORD $0xf3822109 // vaddw.u8 q1, q1, d9
	BNE   column
	WORD $0xf3944100 // vaddw.u16 q2, q2, d0
	WORD $0xf3966101 // vaddw.u16 q3, q3, d1
	WORD $0xf3d00182 // vaddw.u16 q8, q8, d2
	WORD $0xf3d22183 // vaddw.u16 q9, q9, d3
	CMP   $0, R9
	BNE   part
	ADD   R5, R12
	SUB.S $1, R8
	BNE   row
	WORD $0xf400428d // vst1.32 {d4, d5, d6, d7}, [r0]!
	WORD $0xf440028d // vst1.32 {d16, d17, d18, d19}, [r0]!
	ADD   $16, R7
	SUB.S $16, R2
	BNE   channels
	RET

// func averageWindowNEON(dst, src *uint8, n, rows, cols, pitch, step int, a *averaging)
//
// Registers as in sumWindowNEON. q8 … q13 are the fields of a.
TEXT ·averageWindowNEON(SB), NOSPLIT, $4-32
	MOVW dst+0(FP), R0
	MOVW src+4(FP), R7
	MOVW n+8(FP), R2
	MOVW rows+12(FP), R3
	MOVW cols+16(FP), R4
	MOVW pitch+20(FP), R5
	MOVW step+24(FP), R6
	MOVW a+28(FP), R8
	// half
	WORD $0xf4e80c6d // vld1.16 {d16[], d17[]}, [r8]!
	// middle
	WORD $0xf4e82c6d // vld1.16 {d18[], d19[]}, [r8]!
	// less
	WORD $0xf4e84c6d // vld1.16 {d20[], d21[]}, [r8]!
	// factor
	WORD $0xf4e86c6d // vld1.16 {d22[], d23[]}, [r8]!
	// lo
	WORD $0xf4e88c2d // vld1.8 {d24[], d25[]}, [r8]!
	// hi
	WORD $0xf4e8ac2f // vld1.8 {d26[], d27[]}, [r8]

channels:
	CMP  $16, R2
	BGE  whole

	// The last 16 channels, some of which are done already.
	SUB  $16, R2, R8
	ADD  R8, R0
	ADD  R8, R7
	MOVW $16, R2

whole:
	WORD $0xf3000150 // veor q0, q0, q0
	WORD $0xf3022152 // veor q1, q1, q1
	MOVW R3, R8
	MOVW R7, R12

row:
	MOVW R4, R9
	MOVW R12, R14

column:
	WORD $0xf42e8a0f // vld1.8 {d8, d9}, [r14]
	ADD   R6, R14
	SUB.S $1, R9
	WORD $0xf3800108 // vaddw.u8 q0, q0, d8
	WORD $0xf3822109 // vaddw.u8 q1, q1, d9
	BNE   column
	ADD   R5, R12
	SUB.S $1, R8
	BNE   row

	// (sum + half, less 1 if the sum is below the middle) * factor / 2^16.
	WORD $0xf31243c0 // vcgt.u16 q2, q9, q0
	WORD $0xf31263c2 // vcgt.u16 q3, q9, q1
	WORD $0xf2100860 // vadd.i16 q0, q0, q8
	WORD $0xf2122860 // vadd.i16 q1, q1, q8
	WORD $0xf2044174 // vand q2, q2, q10
	WORD $0xf2066174 // vand q3, q3, q10
	WORD $0xf3100844 // vsub.i16 q0, q0, q2
	WORD $0xf3122846 // vsub.i16 q1, q1, q3
	WORD $0xf3904c26 // vmull.u16 q2, d0, d22
	WORD $0xf3916c26 // vmull.u16 q3, d1, d22
	WORD $0xf3928c26 // vmull.u16 q4, d2, d22
	WORD $0xf393ac26 // vmull.u16 q5, d3, d22
	WORD $0xf2900814 // vshrn.i32 d0, q2, #16
	WORD $0xf2901816 // vshrn.i32 d1, q3, #16
	WORD $0xf2902818 // vshrn.i32 d2, q4, #16
	WORD $0xf290381a // vshrn.i32 d3, q5, #16
	WORD $0xf3b20200 // vmovn.i16 d0, q0
	WORD $0xf3b21202 // vmovn.i16 d1, q1
	WORD $0xf3000668 // vmax.u8 q0, q0, q12
	WORD $0xf300067a // vmin.u8 q0, q0, q13
	WORD $0xf4000a0d // vst1.8 {d0, d1}, [r0]!
	ADD   $16, R7
	SUB.S $16, R2
	BGT   channels
	RET
