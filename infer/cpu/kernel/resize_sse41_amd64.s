//go:build !purego

#include "textflag.h"

// PIXELS points SI, R10, R11 and R12 at the pixels of tap DX, in lines BX and CX, and makes their weights X0 … X3 of those
// of the lines, X12 and X13.
#define PIXELS \
	MOVLQSX 0(DX), AX       \
	LEAQ    (BX)(AX*4), SI  \
	LEAQ    (CX)(AX*4), R11 \
	MOVLQSX 4(DX), AX       \
	LEAQ    (BX)(AX*4), R10 \
	LEAQ    (CX)(AX*4), R12 \
	MOVSS   8(DX), X2       \
	SHUFPS  $0, X2, X2      \
	MOVSS   12(DX), X3      \
	SHUFPS  $0, X3, X3      \
	MOVAPS  X2, X0          \
	MULPS   X12, X0         \
	MOVAPS  X3, X1          \
	MULPS   X12, X1         \
	MULPS   X13, X2         \
	MULPS   X13, X3

// BLEND makes X6 of channels R13 … R13+3.
#define BLEND \
	MOVUPS (SI)(R13*4), X6  \
	MULPS  X0, X6           \
	MOVUPS (R10)(R13*4), X7 \
	MULPS  X1, X7           \
	ADDPS  X7, X6           \
	MOVUPS (R11)(R13*4), X7 \
	MULPS  X2, X7           \
	ADDPS  X7, X6           \
	MOVUPS (R12)(R13*4), X7 \
	MULPS  X3, X7           \
	ADDPS  X7, X6

// PACK writes the bytes of the 4 numbers in X6, which are 0 to 255, to channels from R13 on.
#define PACK \
	PACKUSDW X6, X6 \
	PACKUSWB X6, X6 \
	MOVL     X6, AX \
	MOVL     AX, (DI)(R13*1)

// MORE goes on with the next 4 channels, the last of which may be some again, or with what comes behind.
#define MORE \
	ADDQ $4, R13  \
	CMPQ R13, R15 \
	JLE  vector   \
	CMPQ R13, R9  \
	JGE  next     \
	MOVQ R15, R13 \
	JMP  vector

// ALL puts the number at from into all of x.
#define ALL(from, x) \
	MOVSS  from, x   \
	SHUFPS $0, x, x

// func resizeRow32SSE(dst, upper, lower *float32, taps *ResizeTap32, count, channels int, near, far float32)
TEXT ·resizeRow32SSE(SB), NOSPLIT, $0-56
	MOVQ dst+0(FP), DI
	MOVQ upper+8(FP), BX
	MOVQ lower+16(FP), CX
	MOVQ taps+24(FP), DX
	MOVQ count+32(FP), R8
	MOVQ channels+40(FP), R9
	ALL(near+48(FP), X12)
	ALL(far+52(FP), X13)
	LEAQ -4(R9), R15

pixel:
	PIXELS
	XORQ R13, R13

vector:
	BLEND
	MOVUPS X6, (DI)(R13*4)
	MORE

next:
	LEAQ (DI)(R9*4), DI
	ADDQ $16, DX
	DECQ R8
	JNZ  pixel
	RET

// func resizeRow8SSE(dst *uint8, upper, lower *float32, taps *ResizeTap32, count, channels int, near, far float32)
TEXT ·resizeRow8SSE(SB), NOSPLIT, $0-56
	MOVQ   dst+0(FP), DI
	MOVQ   upper+8(FP), BX
	MOVQ   lower+16(FP), CX
	MOVQ   taps+24(FP), DX
	MOVQ   count+32(FP), R8
	MOVQ   channels+40(FP), R9
	ALL(near+48(FP), X12)
	ALL(far+52(FP), X13)
	MOVL   $0x3F000000, AX // 0.5
	MOVQ   AX, X14
	PSHUFD $0, X14, X14
	LEAQ   -4(R9), R15

pixel:
	PIXELS
	XORQ R13, R13

vector:
	BLEND
	ADDPS     X14, X6
	CVTTPS2PL X6, X6
	PACK
	MORE

next:
	ADDQ R9, DI
	ADDQ $16, DX
	DECQ R8
	JNZ  pixel
	RET

// func resizeLinesSSE(dst *int32, upper, lower *uint8, n int, near, far int32)
TEXT ·resizeLinesSSE(SB), NOSPLIT, $0-40
	MOVQ dst+0(FP), DI
	MOVQ upper+8(FP), BX
	MOVQ lower+16(FP), CX
	MOVQ n+24(FP), R9
	ALL(near+32(FP), X12)
	ALL(far+36(FP), X13)
	XORQ R13, R13

vector:
	PMOVZXBD (BX)(R13*1), X0
	PMOVZXBD (CX)(R13*1), X1
	PMULLD   X12, X0
	PMULLD   X13, X1
	PADDL    X1, X0
	MOVOU    X0, (DI)(R13*4)
	ADDQ     $4, R13
	CMPQ     R13, R9
	JLT      vector
	RET

// func resizeRowSSE(dst *uint8, line *int32, taps *ResizeTap, count, channels int)
TEXT ·resizeRowSSE(SB), NOSPLIT, $0-40
	MOVQ   dst+0(FP), DI
	MOVQ   line+8(FP), BX
	MOVQ   taps+16(FP), DX
	MOVQ   count+24(FP), R8
	MOVQ   channels+32(FP), R9
	MOVL   $1, AX
	MOVQ   AX, X12
	PSHUFD $0, X12, X12
	MOVO   X12, X13
	MOVO   X12, X14
	PSLLL  $27, X12 // 128 << 20
	PSLLL  $19, X13
	PSLLL  $7, X14
	LEAQ   -4(R9), R15

pixel:
	MOVLQSX 0(DX), AX
	LEAQ    (BX)(AX*4), SI
	MOVLQSX 4(DX), AX
	LEAQ    (BX)(AX*4), R10
	ALL(8(DX), X0)
	ALL(12(DX), X1)
	XORQ    R13, R13

vector:
	MOVOU  (SI)(R13*4), X6
	PMULLD X0, X6
	MOVOU  (R10)(R13*4), X7
	PMULLD X1, X7
	PADDL  X7, X6
	PSUBL  X12, X6
	MOVO   X6, X7
	PSRAL  $31, X7 // -1 below zero
	PADDL  X13, X6
	PADDL  X7, X6
	PSRAL  $20, X6
	PADDL  X14, X6
	PACK
	MORE

next:
	ADDQ R9, DI
	ADDQ $16, DX
	DECQ R8
	JNZ  pixel
	RET
