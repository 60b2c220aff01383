//go:build !purego

#include "textflag.h"

// APART adds to X5 what is not 0 where column j of element a and of others add up to less than -128 or more than 128: where the
// sum saturates, but is not 128.
#define APART(j) \
	MOVOU   16*j(SI), X0 \
	MOVO    X0, X1       \
	PSHUFB  X7, X1       \
	MOVO    X1, X2       \
	PADDSB  X0, X1       \
	PADDB   X0, X2       \
	PXOR    X2, X1       \
	PCMPEQB X6, X2       \
	PANDN   X1, X2       \
	POR     X2, X5

// func partnersSSE(columns *[sseTurn][windowSize]uint8, a int) uint16
TEXT ·partnersSSE(SB), NOSPLIT, $0-18
	MOVQ    columns+0(FP), SI
	MOVQ    a+8(FP), X7
	PXOR    X5, X5
	PSHUFB  X5, X7
	PCMPEQB X6, X6
	PSLLW   $15, X6
	PSRLW   $8, X6
	MOVO    X6, X0
	PSLLW   $8, X0
	POR     X0, X6           // 128 as bytes
	APART(0)
	APART(1)
	APART(2)
	APART(3)
	PXOR     X0, X0
	PCMPEQB  X0, X5
	PMOVMSKB X5, AX
	MOVW     AX, ret+16(FP)
	RET
