//go:build !purego

#include "textflag.h"

// Fields of normPixels.
#define SRC      0(DI)
#define DST      8(DI)
#define WIDTH   16(DI)
#define VALUES  24(DI)
#define SQUARES 32(DI)
#define GOOD    40(DI)
#define RADIUS  48(DI)
#define SCALE   56(DI)
#define ZERO    60(DI)
#define ALPHA   64(DI)
#define BIAS    68(DI)
#define INVERSE 72(DI)
#define OUTZERO 76(DI)

// See norm_amd64.s.
DATA normSSE<>+0(SB)/4, $512.0
DATA normSSE<>+4(SB)/4, $-512.0
DATA normSSE<>+8(SB)/4, $0.49951171875
DATA normSSE<>+12(SB)/4, $0x7fffffff
DATA normSSE<>+16(SB)/4, $0x21800000 // bits of 2^-60
DATA normSSE<>+32(SB)/8, $0x3bffffff3bffffff // 2^60 has that and one more than these
DATA normSSE<>+40(SB)/8, $0x3bffffff3bffffff
GLOBL normSSE<>(SB), RODATA|NOPTR, $48

// FILL fills x with the number at mem.
#define FILL(mem, x) \
	MOVSS  mem, x   \
	PSHUFD $0, x, x

// TRANSPOSE makes 8 rows of 8 bytes, in X0 … X7, its columns: two in each of X0, X2, X4, X6.
#define TRANSPOSE \
	PUNPCKLBW X1, X0 \
	PUNPCKLBW X3, X2 \
	PUNPCKLBW X5, X4 \
	PUNPCKLBW X7, X6 \
	MOVO      X0, X1 \
	MOVO      X4, X5 \
	PUNPCKLWL X2, X0 \
	PUNPCKHWL X2, X1 \
	PUNPCKLWL X6, X4 \
	PUNPCKHWL X6, X5 \
	MOVO      X0, X2 \
	MOVO      X1, X6 \
	PUNPCKLLQ X4, X0 \
	PUNPCKHLQ X4, X2 \
	PUNPCKHLQ X5, X6 \
	PUNPCKLLQ X5, X1 \
	MOVO      X1, X4

// VALUE makes numbers and their squares of 4 bytes of a channel, VALUES2 of 16 of two.
#define VALUE(x, at) \
	PMOVZXBD x, X8      \
	PSUBL    X14, X8    \
	CVTPL2PS X8, X8     \
	MULPS    X15, X8    \
	MOVUPS   X8, at(DX) \
	MULPS    X8, X8     \
	MULPS    X13, X8    \
	MOVUPS   X8, at(R12)

#define VALUES2(x, at) \
	VALUE(x, at)    \
	PSRLO $4, x     \
	VALUE(x, at+16) \
	PSRLO $4, x     \
	VALUE(x, at+32) \
	PSRLO $4, x     \
	VALUE(x, at+48)

// HALF makes the numbers of 4 pixels of a channel in out, and tells in good which of them are.
#define HALF(at, sum, out, good) \
	MOVUPS   at(R12), X0     \
	MOVUPS   at(R11), X1     \
	ADDPS    X0, sum         \
	MOVAPS   sum, X0         \
	SUBPS    X1, sum         \
	ADDPS    X15, X0         \
	MOVUPS   X0, at(R11)     \
	SQRTPS   X0, X1          \
	SQRTPS   X1, X2          \
	MOVUPS   at(DX), X3      \
	MULPS    X2, X1          \
	DIVPS    X1, X3          \
	MULPS    X14, X3         \
	MAXPS    X11, X3         \
	MINPS    X12, X3         \
	ROUNDPS  $0, X3, out     \
	SUBPS    out, X3         \
	ANDPS    X9, X3          \
	CMPPS    X10, X3, $5     \
	PSUBL    X8, X0          \
	MOVOU    normSSE<>+32(SB), X1 \
	PMINUD   X0, X1          \
	PCMPEQL  X1, X0          \
	PANDN    X0, X3          \
	MOVMSKPS X3, good        \
	CVTPS2PL out, out        \
	PADDL    X13, out

// func normSSE(t *normPixels)
//
// Registers as in normAVX2, and X6 and X7 are the sums.
TEXT ·normSSE(SB), NOSPLIT, $0-8
	MOVQ  t+0(FP), DI
	MOVQ  SRC, SI
	MOVQ  WIDTH, R8
	LEAQ  (R8)(R8*2), R9
	LEAQ  (SI)(R8*4), R10
	MOVQ  VALUES, DX
	MOVQ  SQUARES, R11
	MOVQ  RADIUS, CX
	MOVQ  CX, AX
	SHLQ  $5, AX
	LEAQ  (R11)(AX*1), R12
	MOVQ  R8, R13
	SHLQ  $5, R13
	ADDQ  R12, R13
	XORPS X0, X0
	FILL(SCALE, X15)
	FILL(ZERO, X14)
	FILL(ALPHA, X13)

pad: // zeros before the first channel and behind the last
	TESTQ  CX, CX
	JZ     padded
	MOVUPS X0, 0(R11)
	MOVUPS X0, 16(R11)
	MOVUPS X0, 0(R13)
	MOVUPS X0, 16(R13)
	ADDQ   $32, R11
	ADDQ   $32, R13
	DECQ   CX
	JMP    pad

padded:
	MOVQ R8, CX
	SHRQ $3, CX

read:
	MOVQ (SI), X0
	MOVQ (SI)(R8*1), X1
	MOVQ (SI)(R8*2), X2
	MOVQ (SI)(R9*1), X3
	MOVQ (R10), X4
	MOVQ (R10)(R8*1), X5
	MOVQ (R10)(R8*2), X6
	MOVQ (R10)(R9*1), X7
	TRANSPOSE
	VALUES2(X0, 0)
	VALUES2(X2, 64)
	VALUES2(X4, 128)
	VALUES2(X6, 192)
	ADDQ $8, SI
	ADDQ $8, R10
	ADDQ $256, DX
	ADDQ $256, R12
	DECQ CX
	JNZ  read

	// R11 points at the squares that leave the window, R12 at those that join it, R13 at what is good.
	MOVQ  VALUES, DX
	MOVQ  SQUARES, R11
	LEAQ  (R11)(AX*2), R12
	MOVQ  GOOD, R13
	FILL(BIAS, X15)
	FILL(INVERSE, X14)
	FILL(OUTZERO, X13)
	FILL(normSSE<>+0(SB), X12)
	FILL(normSSE<>+4(SB), X11)
	FILL(normSSE<>+8(SB), X10)
	FILL(normSSE<>+12(SB), X9)
	FILL(normSSE<>+16(SB), X8)
	XORPS X6, X6
	XORPS X7, X7
	MOVQ  R11, BX

first:
	CMPQ   BX, R12
	JEQ    begin
	MOVUPS 0(BX), X0
	MOVUPS 16(BX), X1
	ADDPS  X0, X6
	ADDPS  X1, X7
	ADDQ   $32, BX
	JMP    first

begin:
	MOVQ R8, CX

channel:
	HALF(0, X6, X4, BX)
	HALF(16, X7, X5, AX)
	SHLL     $4, AX
	ORL      AX, BX
	MOVB     BX, (R13)
	PACKSSLW X5, X4
	PACKUSWB X4, X4
	MOVQ     X4, (DX)
	ADDQ     $32, DX
	ADDQ     $32, R11
	ADDQ     $32, R12
	INCQ     R13
	DECQ     CX
	JNZ      channel

	MOVQ VALUES, DX
	MOVQ DST, SI
	LEAQ (SI)(R8*4), R10
	MOVQ R8, CX
	SHRQ $3, CX

write:
	MOVQ   (DX), X0
	MOVQ   32(DX), X1
	MOVQ   64(DX), X2
	MOVQ   96(DX), X3
	MOVQ   128(DX), X4
	MOVQ   160(DX), X5
	MOVQ   192(DX), X6
	MOVQ   224(DX), X7
	TRANSPOSE
	MOVQ   X0, (SI)
	MOVHPS X0, (SI)(R8*1)
	MOVQ   X2, (SI)(R8*2)
	MOVHPS X2, (SI)(R9*1)
	MOVQ   X4, (R10)
	MOVHPS X4, (R10)(R8*1)
	MOVQ   X6, (R10)(R8*2)
	MOVHPS X6, (R10)(R9*1)
	ADDQ   $8, SI
	ADDQ   $8, R10
	ADDQ   $256, DX
	DECQ   CX
	JNZ    write
	RET
