//go:build !purego

#include "textflag.h"

// func dotSSE(a, w *uint8, n int) (sum int32)
TEXT ·dotSSE(SB), NOSPLIT, $0-28
	MOVQ a+0(FP), SI
	MOVQ w+8(FP), DI
	MOVQ n+16(FP), CX
	XORQ AX, AX
	PXOR X4, X4
	PXOR X5, X5

loop:
	PMOVZXBW 0(SI)(AX*1), X0
	PMOVZXBW 0(DI)(AX*1), X1
	PMOVZXBW 8(SI)(AX*1), X2
	PMOVZXBW 8(DI)(AX*1), X3
	PMADDWL  X1, X0
	PMADDWL  X3, X2
	PADDL    X0, X4
	PADDL    X2, X5
	ADDQ     $16, AX
	CMPQ     AX, CX
	JNE      loop
	PADDL    X5, X4
	PSHUFD   $0x4E, X4, X0
	PADDL    X0, X4
	PSHUFD   $0xB1, X4, X0
	PADDL    X0, X4
	MOVL     X4, sum+24(FP)
	RET

// func dequantizeSSE(dst *float32, src *uint8, n int, scale float32, zero int32)
TEXT ·dequantizeSSE(SB), NOSPLIT, $0-32
	MOVQ   dst+0(FP), DI
	MOVQ   src+8(FP), SI
	MOVQ   n+16(FP), CX
	MOVSS  scale+24(FP), X15
	MOVSS  zero+28(FP), X14
	PSHUFD $0, X15, X15
	PSHUFD $0, X14, X14
	XORQ   AX, AX

loop:
	PMOVZXBD 0(SI)(AX*1), X0
	PMOVZXBD 4(SI)(AX*1), X1
	PSUBL    X14, X0
	PSUBL    X14, X1
	CVTPL2PS X0, X0
	CVTPL2PS X1, X1
	MULPS    X15, X0
	MULPS    X15, X1
	MOVUPS   X0, 0(DI)(AX*4)
	MOVUPS   X1, 16(DI)(AX*4)
	ADDQ     $8, AX
	CMPQ     AX, CX
	JNE      loop
	RET

// func tapSSE(acc *int32, x *uint8, w *int16, n int, zero int32)
TEXT ·tapSSE(SB), NOSPLIT, $0-36
	MOVQ    acc+0(FP), DI
	MOVQ    x+8(FP), SI
	MOVQ    w+16(FP), DX
	MOVQ    n+24(FP), CX
	MOVL    zero+32(FP), AX
	MOVL    AX, X7
	PSHUFLW $0, X7, X7
	PSHUFD  $0, X7, X7
	XORQ    AX, AX

loop:
	PMOVZXBW  (SI)(AX*1), X0
	MOVOU     (DX)(AX*2), X1
	MOVOU     0(DI)(AX*4), X4
	MOVOU     16(DI)(AX*4), X5
	PSUBW     X7, X0
	MOVO      X0, X2
	PMULLW    X1, X0
	PMULHW    X1, X2
	MOVO      X0, X3
	PUNPCKLWL X2, X0
	PUNPCKHWL X2, X3
	PADDL     X0, X4
	PADDL     X3, X5
	MOVOU     X4, 0(DI)(AX*4)
	MOVOU     X5, 16(DI)(AX*4)
	ADDQ      $8, AX
	CMPQ      AX, CX
	JNE       loop
	RET

// SUM4 makes x of the sums of four bytes each from at on, by the tables.
#define SUM4(at, x) \
	MOVBLZX at+0(R8), AX      \
	MOVBLZX at+0(R9), BX      \
	MOVL    (R10)(AX*4), AX   \
	ADDL    (R15)(BX*4), AX   \
	MOVL    AX, x             \
	MOVBLZX at+1(R8), AX      \
	MOVBLZX at+1(R9), BX      \
	MOVL    (R10)(AX*4), AX   \
	ADDL    (R15)(BX*4), AX   \
	PINSRD  $1, AX, x         \
	MOVBLZX at+2(R8), AX      \
	MOVBLZX at+2(R9), BX      \
	MOVL    (R10)(AX*4), AX   \
	ADDL    (R15)(BX*4), AX   \
	PINSRD  $2, AX, x         \
	MOVBLZX at+3(R8), AX      \
	MOVBLZX at+3(R9), BX      \
	MOVL    (R10)(AX*4), AX   \
	ADDL    (R15)(BX*4), AX   \
	PINSRD  $3, AX, x

// AWAY turns four sums into numbers that are not limited to a byte yet: x = sum*mult + add - (2^31 if sum < 0), of whose
// upper half the last shift is. X13 has the sign's bit, X15 mult, X14 add, X12 the shift.
#define AWAY(x, odd, sign, oddSign) \
	PSHUFD  $0xF5, x, odd    \
	MOVO    x, sign          \
	MOVO    odd, oddSign     \
	PAND    X13, sign        \
	PAND    X13, oddSign     \
	PMULDQ  X15, x           \
	PMULDQ  X15, odd         \
	PSUBQ   sign, x          \
	PSUBQ   oddSign, odd     \
	PADDQ   X14, x           \
	PADDQ   X14, odd         \
	PSRLQ   $32, x           \
	PBLENDW $0xCC, odd, x    \
	PSRAL   X12, x

// func addSSE(dst, a, b *uint8, n int, tableA, tableB *[256]int32, p *sseAdder)
//
// 8 bytes at a time, the last ones together with some before them.
TEXT ·addSSE(SB), NOSPLIT, $0-56
	MOVQ    dst+0(FP), DI
	MOVQ    a+8(FP), SI
	MOVQ    b+16(FP), DX
	MOVQ    n+24(FP), CX
	MOVQ    tableA+32(FP), R10
	MOVQ    tableB+40(FP), R15
	MOVQ    p+48(FP), R11
	MOVQ    0(R11), X15
	MOVQ    8(R11), X14
	MOVQ    16(R11), X12
	MOVQ    24(R11), X10
	MOVQ    32(R11), X11
	PSHUFD  $0x44, X15, X15
	PSHUFD  $0x44, X14, X14
	PCMPEQL X13, X13
	PSRLQ   $63, X13
	PSLLQ   $31, X13
	XORQ    R12, R12

loop:
	LEAQ 8(R12), R13
	CMPQ R13, CX
	JLE  eight
	MOVQ CX, R13

eight:
	LEAQ     -8(SI)(R13*1), R8
	LEAQ     -8(DX)(R13*1), R9
	SUM4(0, X0)
	SUM4(4, X4)
	AWAY(X0, X1, X2, X3)
	AWAY(X4, X5, X6, X7)
	PACKSSLW X4, X0
	PACKUSWB X0, X0
	PMAXUB   X10, X0
	PMINUB   X11, X0
	MOVQ     X0, -8(DI)(R13*1)
	MOVQ     R13, R12
	CMPQ     R12, CX
	JNE      loop
	RET
