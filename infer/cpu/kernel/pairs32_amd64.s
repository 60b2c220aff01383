//go:build !purego

#include "textflag.h"

// PAIRS combines numbers of two lists, 8 at a time, and limits what comes out.
#define PAIRS(op) \
	MOVQ         dst+0(FP), DI   \
	MOVQ         a+8(FP), SI     \
	MOVQ         b+16(FP), DX    \
	MOVQ         n+24(FP), CX    \
	VBROADCASTSS lo+32(FP), Y1   \
	VBROADCASTSS hi+36(FP), Y2   \
	XORQ         AX, AX          \
eight:                           \
	VMOVUPS      (SI)(AX*4), Y0  \
	op           (DX)(AX*4), Y0, Y0 \
	VMAXPS       Y1, Y0, Y0      \
	VMINPS       Y0, Y2, Y0      \
	VMOVUPS      Y0, (DI)(AX*4)  \
	ADDQ         $8, AX          \
	CMPQ         AX, CX          \
	JLT          eight           \
	VZEROUPPER                   \
	RET

// func add32Vectors(dst, a, b *float32, n int, lo, hi float32)
TEXT ·add32Vectors(SB), NOSPLIT, $0-40
	PAIRS(VADDPS)

// func mul32Vectors(dst, a, b *float32, n int, lo, hi float32)
TEXT ·mul32Vectors(SB), NOSPLIT, $0-40
	PAIRS(VMULPS)
