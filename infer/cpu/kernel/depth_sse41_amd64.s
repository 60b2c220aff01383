//go:build !purego

#include "textflag.h"
#include "tiles_amd64.h"
#include "sse41_amd64.h"

// Fields of DepthBytes.
#define DEPTH_LINES   0(DI)
#define DEPTH_STEP    8(DI)
#define DEPTH_COUNT  16(DI)
#define DEPTH_TAPS   24(DI)
#define DEPTH_PAIRS  32(DI)
#define DEPTH_PANEL  40(DI)
#define DEPTH_DST    56(DI)
#define DEPTH_STRIDE 64(DI)
#define DEPTH_WIDTH  72(DI)

// Offsets in a panel, behind a Block.
#define SCALE    BLOCK_BYTES
#define HALFAWAY (BLOCK_BYTES+192)
#define WEIGHTS  (BLOCK_BYTES+208)

// On the stack: sums of both pixels; their numbers of 16 bits; how many pixels are left.
#define SUMS 0
#define KEPT 128
#define LEFT 192(SP)

// PAIR multiplies two taps of a pixel, at AX and R12, by the weights of 16 channels in X8 … X11, and adds the products to four
// registers of sums. X15 is 0.
#define PAIR(pixel, a, b, c, d) \
	MOVOU     (pixel)(AX*1), X12  \
	MOVOU     (pixel)(R12*1), X14 \
	MOVO      X12, X13            \
	PUNPCKLBW X14, X12            \
	PUNPCKHBW X14, X13            \
	PMOVZXBW  X12, X14            \
	PUNPCKHBW X15, X12            \
	PMADDWL   X8, X14             \
	PMADDWL   X9, X12             \
	PADDL     X14, a              \
	PADDL     X12, b              \
	PMOVZXBW  X13, X14            \
	PUNPCKHBW X15, X13            \
	PMADDWL   X10, X14            \
	PMADDWL   X11, X13            \
	PADDL     X14, c              \
	PADDL     X13, d

// FETCH ends with the products of four channels of both pixels.
#define FETCH \
	MOVOU SUMS(SP)(R13*1), X0    \
	MOVOU SUMS+64(SP)(R13*1), X4 \
	CONSTANTS(SI, R13)

// KEEP keeps their numbers in X0.
#define KEEP \
	MOVQ   R13, AX                \
	SHRQ   $1, AX                 \
	MOVQ   X0, KEPT(SP)(AX*1)     \
	MOVHPS X0, KEPT+32(SP)(AX*1)

// func depthSSE(t *DepthBytes)
//
// DI is t, SI the panel, R8 and R9 two pixels' first taps, R10 and R15 their output; where only one is left, they are the
// same. R13 walks along the taps' offsets, BX along the weights, DX counts pairs of taps.
TEXT ·depthSSE(SB), NOSPLIT, $200-8
	MOVQ t+0(FP), DI
	MOVQ DEPTH_PANEL, SI
	MOVQ DEPTH_LINES, R8
	MOVQ DEPTH_DST, R10
	MOVQ DEPTH_COUNT, AX
	MOVQ AX, LEFT
	LEAQ SCALE(SI), R11

pixels:
	MOVQ R8, R9
	MOVQ R10, R15
	CMPQ LEFT, $1
	JEQ  one
	ADDQ DEPTH_STEP, R9
	ADDQ DEPTH_STRIDE, R15

one:
	PXOR  X15, X15
	MOVOU BIAS+0(SI), X0
	MOVOU BIAS+16(SI), X1
	MOVOU BIAS+32(SI), X2
	MOVOU BIAS+48(SI), X3
	MOVO  X0, X4
	MOVO  X1, X5
	MOVO  X2, X6
	MOVO  X3, X7
	MOVQ  DEPTH_TAPS, R13
	LEAQ  WEIGHTS(SI), BX
	MOVQ  DEPTH_PAIRS, DX

pair:
	MOVQ  0(R13), AX
	MOVQ  8(R13), R12
	MOVOU 0(BX), X8
	MOVOU 16(BX), X9
	MOVOU 32(BX), X10
	MOVOU 48(BX), X11
	PAIR(R8, X0, X1, X2, X3)
	PAIR(R9, X4, X5, X6, X7)
	ADDQ  $16, R13
	ADDQ  $64, BX
	DECQ  DX
	JNZ   pair

	MOVOU X0, SUMS+0(SP)
	MOVOU X1, SUMS+16(SP)
	MOVOU X2, SUMS+32(SP)
	MOVOU X3, SUMS+48(SP)
	MOVOU X4, SUMS+64(SP)
	MOVOU X5, SUMS+80(SP)
	MOVOU X6, SUMS+96(SP)
	MOVOU X7, SUMS+112(SP)
	XORQ  R13, R13

four:
	FETCH
	CMPQ  HALFAWAY(SI), $0
	JNE   away
	PRODUCTS(X0, X1)
	PRODUCTS(X4, X5)

shift:
	MOVQ  COUNTS(R11)(R13*1), X12
	CMPQ  COUNTS(R11)(R13*1), $0
	JLT   each
	MOVOU FACTORS(R11)(R13*1), X13
	ALIKE(X0, X1)
	ALIKE(X4, X5)
	PACKSSLW X4, X0
	PMULHW   X13, X0

next:
	KEEP
	ADDQ $16, R13
	CMPQ R13, $64
	JNE  four
	JMP  scaled

away:
	PCMPEQL X15, X15
	PSRLQ   $63, X15
	PSLLQ   $31, X15
	AWAY(X0, X1, X2, X3)
	AWAY(X4, X5, X6, X7)
	JMP shift

each:
	POWERS_OF(R11, R13)
	EACH(X0, X1)
	EACH(X4, X5)
	PACKSSLW X4, X0
	PXOR     X14, X0
	JMP      next

scaled:
	MOVOU   LO(SI), X5
	MOVOU   HI(SI), X6
	MOVQ    DEPTH_WIDTH, R11
	MOVQ    DEPTH_STRIDE, R12
	NUMBERS(KEPT(SP), KEPT+8(SP), X0)
	NUMBERS(KEPT+16(SP), KEPT+24(SP), X1)
	BYTES(X0, X1)
	STORE(R10, whole, less8, less4, less2, stored)
	NUMBERS(KEPT+32(SP), KEPT+40(SP), X0)
	NUMBERS(KEPT+48(SP), KEPT+56(SP), X1)
	BYTES(X0, X1)
	STORE(R15, whole2, less82, less42, less22, stored2)
	ADDQ    DEPTH_STEP, R9
	MOVQ    R9, R8
	ADDQ    R12, R15
	MOVQ    R15, R10
	LEAQ    SCALE(SI), R11
	SUBQ    $2, LEFT
	JGT     pixels
	RET
