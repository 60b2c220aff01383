//go:build !purego

#include "textflag.h"

// BROADCAST fills x with the byte in its first lane; zero is 0.
#define BROADCAST(mem, x, zero) \
	MOVBLZX mem, AX \
	MOVL    AX, x   \
	PSHUFB  zero, x

// WORDS fills x with a number of 16 bits.
#define WORDS(mem, x) \
	MOVWLZX mem, AX     \
	MOVL    AX, x       \
	PSHUFLW $0, x, x    \
	PSHUFD  $0, x, x

// func maxRowSSE(dst, src *uint8, n, count, dstStep, srcStep int, w *Window, lo uint8)
//
// DI and SI are a pixel's, R8 counts pixels, AX walks along channels, 64 at a time and then 16, the last ones together with some
// before them; R12 and BX point at rows and columns, R9 and DX count them. X15 is lo.
TEXT ·maxRowSSE(SB), NOSPLIT, $0-57
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ n+16(FP), CX
	MOVQ count+24(FP), R8
	MOVQ w+48(FP), R13
	MOVQ 16(R13), R10
	MOVQ 24(R13), R11
	PXOR X14, X14
	BROADCAST(lo+56(FP), X15, X14)

pixel:
	XORQ AX, AX

channels64:
	LEAQ 64(AX), R15
	CMPQ R15, CX
	JGT  channels16
	MOVO X15, X0
	MOVO X15, X1
	MOVO X15, X2
	MOVO X15, X3
	LEAQ (SI)(AX*1), R12
	MOVQ 0(R13), R9

row64:
	MOVQ R12, BX
	MOVQ 8(R13), DX

column64:
	MOVOU  0(BX), X4
	MOVOU  16(BX), X5
	MOVOU  32(BX), X6
	MOVOU  48(BX), X7
	PMAXUB X4, X0
	PMAXUB X5, X1
	PMAXUB X6, X2
	PMAXUB X7, X3
	ADDQ   R11, BX
	DECQ   DX
	JNZ    column64
	ADDQ   R10, R12
	DECQ   R9
	JNZ    row64
	MOVOU  X0, 0(DI)(AX*1)
	MOVOU  X1, 16(DI)(AX*1)
	MOVOU  X2, 32(DI)(AX*1)
	MOVOU  X3, 48(DI)(AX*1)
	MOVQ   R15, AX
	JMP    channels64

last:
	LEAQ -16(CX), AX

channels16:
	CMPQ AX, CX
	JEQ  next
	LEAQ 16(AX), R15
	CMPQ R15, CX
	JGT  last
	MOVO X15, X0
	LEAQ (SI)(AX*1), R12
	MOVQ 0(R13), R9

row16:
	MOVQ R12, BX
	MOVQ 8(R13), DX

column16:
	MOVOU  (BX), X4
	PMAXUB X4, X0
	ADDQ   R11, BX
	DECQ   DX
	JNZ    column16
	ADDQ   R10, R12
	DECQ   R9
	JNZ    row16
	MOVOU  X0, (DI)(AX*1)
	MOVQ   R15, AX
	JMP    channels16

next:
	ADDQ dstStep+32(FP), DI
	ADDQ srcStep+40(FP), SI
	DECQ R8
	JNZ  pixel
	RET

// func sumWindowSSE(acc *int32, src *uint8, n, rows, cols, pitch, step int)
//
// Registers as in maxRowSSE.
TEXT ·sumWindowSSE(SB), NOSPLIT, $0-56
	MOVQ acc+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ n+16(FP), CX
	MOVQ pitch+40(FP), R10
	MOVQ step+48(FP), R11
	XORQ AX, AX

channels:
	PXOR X0, X0
	PXOR X1, X1
	PXOR X2, X2
	PXOR X3, X3
	LEAQ (SI)(AX*1), R12
	MOVQ rows+24(FP), R9

row:
	MOVQ R12, BX
	MOVQ cols+32(FP), DX

column:
	PMOVZXBD 0(BX), X4
	PMOVZXBD 4(BX), X5
	PMOVZXBD 8(BX), X6
	PMOVZXBD 12(BX), X7
	PADDL    X4, X0
	PADDL    X5, X1
	PADDL    X6, X2
	PADDL    X7, X3
	ADDQ     R11, BX
	DECQ     DX
	JNZ      column
	ADDQ     R10, R12
	DECQ     R9
	JNZ      row
	MOVOU    X0, 0(DI)(AX*4)
	MOVOU    X1, 16(DI)(AX*4)
	MOVOU    X2, 32(DI)(AX*4)
	MOVOU    X3, 48(DI)(AX*4)
	ADDQ     $16, AX
	CMPQ     AX, CX
	JNE      channels
	RET

// func averageWindowSSE(dst, src *uint8, n, rows, cols, pitch, step int, a *averaging)
//
// Registers as in maxRowSSE. Sums are of 16 bits: channels of the lower half in X0, of the upper one in X1.
TEXT ·averageWindowSSE(SB), NOSPLIT, $0-64
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ n+16(FP), CX
	MOVQ pitch+40(FP), R10
	MOVQ step+48(FP), R11
	MOVQ a+56(FP), R13
	PXOR X9, X9
	WORDS(0(R13), X10)           // half
	WORDS(2(R13), X11)           // middle
	WORDS(4(R13), X12)           // less
	WORDS(6(R13), X13)           // factor
	BROADCAST(8(R13), X14, X9)   // lo
	BROADCAST(9(R13), X15, X9)   // hi
	XORQ AX, AX

channels:
	LEAQ 16(AX), R15
	CMPQ R15, CX
	JLE  vector
	LEAQ -16(CX), AX
	MOVQ CX, R15

vector:
	PXOR X0, X0
	PXOR X1, X1
	LEAQ (SI)(AX*1), R12
	MOVQ rows+24(FP), R9

row:
	MOVQ R12, BX
	MOVQ cols+32(FP), DX

column:
	PMOVZXBW 0(BX), X2
	PMOVZXBW 8(BX), X3
	PADDW    X2, X0
	PADDW    X3, X1
	ADDQ     R11, BX
	DECQ     DX
	JNZ      column
	ADDQ     R10, R12
	DECQ     R9
	JNZ      row

	// (sum + half, less 1 if the sum is below the middle) * factor / 2^16.
	MOVO     X11, X2
	MOVO     X11, X3
	PCMPGTW  X0, X2
	PCMPGTW  X1, X3
	PAND     X12, X2
	PAND     X12, X3
	PADDW    X10, X0
	PADDW    X10, X1
	PSUBW    X2, X0
	PSUBW    X3, X1
	PMULHUW  X13, X0
	PMULHUW  X13, X1
	PACKUSWB X1, X0
	PMAXUB   X14, X0
	PMINUB   X15, X0
	MOVOU    X0, (DI)(AX*1)
	MOVQ     R15, AX
	CMPQ     AX, CX
	JNE      channels
	RET

// func averageSSE(dst *uint8, acc *int32, n int, count, bias, lo, hi int32)
TEXT ·averageSSE(SB), NOSPLIT, $0-40
	MOVQ     dst+0(FP), DI
	MOVQ     acc+8(FP), SI
	MOVQ     n+16(FP), CX
	MOVSS    count+24(FP), X15
	PSHUFD   $0, X15, X15
	CVTPL2PS X15, X14            // count
	MOVO     X15, X13
	PSRLL    $1, X13             // half of it
	MOVSS    bias+28(FP), X12
	PSHUFD   $0, X12, X12
	MOVO     X15, X11
	PMULLD   X12, X11            // bias * count
	MOVSS    lo+32(FP), X10
	PSHUFD   $0, X10, X10
	MOVSS    hi+36(FP), X9
	PSHUFD   $0, X9, X9
	XORQ     AX, AX

loop:
	MOVOU     (SI)(AX*4), X0
	PSUBL     X11, X0
	MOVO      X13, X1
	PSIGND    X0, X1             // half with the sum's sign
	PADDL     X1, X0
	CVTPL2PS  X0, X0
	DIVPS     X14, X0
	CVTTPS2PL X0, X0
	PADDL     X12, X0
	PMAXSD    X10, X0
	PMINSD    X9, X0
	PACKUSDW  X0, X0
	PACKUSWB  X0, X0
	MOVL      X0, (DI)(AX*1)
	ADDQ      $4, AX
	CMPQ      AX, CX
	JNE       loop
	RET
