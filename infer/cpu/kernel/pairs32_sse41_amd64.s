//go:build !purego

#include "textflag.h"

// PAIRS combines numbers of two lists, 4 at a time, and limits what comes out.
#define PAIRS(op) \
	MOVQ   dst+0(FP), DI    \
	MOVQ   a+8(FP), SI      \
	MOVQ   b+16(FP), DX     \
	MOVQ   n+24(FP), CX     \
	MOVSS  lo+32(FP), X1    \
	SHUFPS $0, X1, X1       \
	MOVSS  hi+36(FP), X2    \
	SHUFPS $0, X2, X2       \
	XORQ   AX, AX           \
four:                       \
	MOVUPS (SI)(AX*4), X0   \
	MOVUPS (DX)(AX*4), X3   \
	op     X3, X0           \
	MAXPS  X1, X0           \
	MOVAPS X2, X3           \
	MINPS  X0, X3           \
	MOVUPS X3, (DI)(AX*4)   \
	ADDQ   $4, AX           \
	CMPQ   AX, CX           \
	JLT    four             \
	RET

// func add32VectorsSSE(dst, a, b *float32, n int, lo, hi float32)
TEXT ·add32VectorsSSE(SB), NOSPLIT, $0-40
	PAIRS(ADDPS)

// func mul32VectorsSSE(dst, a, b *float32, n int, lo, hi float32)
TEXT ·mul32VectorsSSE(SB), NOSPLIT, $0-40
	PAIRS(MULPS)

// func prelu32VectorsSSE(dst, x, slopes *float32, n int)
//
// AX walks along the numbers, 4 at a time; the last 4 begin at CX, and may be partly done already.
TEXT ·prelu32VectorsSSE(SB), NOSPLIT, $0-32
	MOVQ dst+0(FP), DI
	MOVQ x+8(FP), R8
	MOVQ slopes+16(FP), R9
	MOVQ n+24(FP), CX
	SUBQ $4, CX
	XORQ AX, AX

next:
	MOVUPS (R8)(AX*4), X0
	MOVUPS (R9)(AX*4), X1
	MULPS  X0, X1
	XORPS  X2, X2
	CMPPS  X0, X2, $2 // 0 <= X0
	ANDPS  X2, X0
	ANDNPS X1, X2
	ORPS   X2, X0
	MOVUPS X0, (DI)(AX*4)
	CMPQ   AX, CX
	JEQ    done
	ADDQ   $4, AX
	CMPQ   AX, CX
	JLE    next
	MOVQ   CX, AX
	JMP    next

done:
	RET
