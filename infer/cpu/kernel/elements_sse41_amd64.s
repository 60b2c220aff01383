//go:build !purego

#include "textflag.h"

// Offsets in a DepthBlock whose channels are all the same.
#define LEFT  64
#define RIGHT 128
#define MASK  192
#define ZERO  256
#define MULT  320
#define LO    448
#define HI    464

// SCALE makes answers of the sums in x, as DepthBlock b does, rounded half away from zero. X15 has 2^30 twice; R10 is changed.
#define SCALE(b, x, tmp, rem, sign) \
	MOVL    LEFT(b), R10   \
	MOVQ    R10, tmp       \
	PSLLL   tmp, x         \
	MOVOU   MULT(b), rem   \
	MOVO    x, tmp         \
	PMULDQ  rem, tmp       \
	PSRLQ   $32, x         \
	PMULDQ  rem, x         \
	PADDQ   X15, tmp       \
	PADDQ   X15, x         \
	PSRLQ   $31, tmp       \
	PADDQ   x, x           \
	PBLENDW $0x33, tmp, x  \
	MOVOU   MASK(b), tmp   \
	MOVO    tmp, rem       \
	PAND    x, rem         \
	PSRLL   $1, tmp        \
	MOVO    x, sign        \
	PSRAL   $31, sign      \
	PSUBL   sign, tmp      \
	PCMPGTL tmp, rem       \
	MOVL    RIGHT(b), R10  \
	MOVQ    R10, tmp       \
	PSRAL   tmp, x         \
	PSUBL   rem, x         \
	MOVOU   ZERO(b), tmp   \
	PADDL   tmp, x

// WORDS puts the number at from into all words of x.
#define WORDS(from, x) \
	MOVWLZX    from, R10 \
	MOVQ       R10, x    \
	PSHUFLW    $0, x, x  \
	PUNPCKLQDQ x, x

// PRODUCTS makes X4 and X5 of the products of 8 bytes of x and y less their zero points, which are in X13 and X14, and leaves
// those of x in X0.
#define PRODUCTS \
	PMOVZXBW  (R8)(AX*1), X0 \
	PMOVZXBW  (R9)(AX*1), X1 \
	PSUBW     X13, X0        \
	PSUBW     X14, X1        \
	MOVO      X0, X4         \
	PMULLW    X1, X4         \
	PMULHW    X0, X1         \
	MOVO      X4, X5         \
	PUNPCKLWL X1, X4         \
	PUNPCKHWL X1, X5

// START reads the arguments that both have in common.
#define START \
	MOVQ    dst+0(FP), DI     \
	MOVQ    x+8(FP), R8       \
	MOVQ    y+16(FP), R9      \
	MOVQ    n+24(FP), CX      \
	WORDS(zeroX+32(FP), X13)  \
	WORDS(zeroY+34(FP), X14)  \
	SUBQ    $8, CX            \
	PCMPEQL X15, X15          \
	PSRLQ   $63, X15          \
	PSLLQ   $30, X15          \
	XORQ    AX, AX

// func mulSSE(dst, x, y *uint8, n int, zeroX, zeroY uint16, b *DepthBlock)
//
// AX walks along the bytes, 8 at a time; the last 8 begin at CX, and may be partly done already.
TEXT ·mulSSE(SB), NOSPLIT, $0-48
	START
	MOVQ b+40(FP), SI

next:
	PRODUCTS
	SCALE(SI, X4, X1, X2, X3)
	SCALE(SI, X5, X1, X2, X3)
	PACKSSLW X5, X4
	PACKUSWB X4, X4
	MOVOU    LO(SI), X1
	PMAXUB   X1, X4
	MOVOU    HI(SI), X1
	PMINUB   X1, X4
	MOVQ     X4, (DI)(AX*1)
	CMPQ     AX, CX
	JEQ      done
	ADDQ     $8, AX
	CMPQ     AX, CX
	JLE      next
	MOVQ     CX, AX
	JMP      next

done:
	RET

// func preluBytesSSE(dst, x, y *uint8, n int, zeroX, zeroY uint16, above, below *DepthBlock)
//
// AX walks along the bytes, 8 at a time; the last 8 begin at CX, and may be partly done already.
TEXT ·preluBytesSSE(SB), NOSPLIT, $0-56
	START
	MOVQ above+40(FP), DX
	MOVQ below+48(FP), SI

next:
	PRODUCTS
	MOVO      X0, X6
	PSRAW     $15, X6 // where the number is below 0
	MOVO      X0, X7
	MOVO      X0, X8
	PUNPCKLWL X6, X7
	PUNPCKHWL X6, X8
	SCALE(SI, X4, X1, X2, X3)
	SCALE(SI, X5, X1, X2, X3)
	SCALE(DX, X7, X1, X2, X3)
	SCALE(DX, X8, X1, X2, X3)
	PACKSSLW  X5, X4
	PACKSSLW  X8, X7
	PAND      X6, X4
	PANDN     X7, X6
	POR       X6, X4
	PACKUSWB  X4, X4
	MOVQ      X4, (DI)(AX*1)
	CMPQ      AX, CX
	JEQ       done
	ADDQ      $8, AX
	CMPQ      AX, CX
	JLE       next
	MOVQ      CX, AX
	JMP       next

done:
	RET

// DIFFER makes row k of the table, of 16 bytes, what it differs in from the row before, on the stack.
#define DIFFER(k) \
	MOVOU 16*k(R8), X0    \
	MOVOU 16*k-16(R8), X1 \
	PXOR  X1, X0          \
	MOVOU X0, 16*k(SP)

// ROW adds row k for the bytes that have come so far: PSHUFB makes 0 of those below 0, and takes the lower 4 bits of others.
#define ROW(k, x, y) \
	MOVOU  16*k(SP), X8 \
	MOVO   X8, X9       \
	PSHUFB x, X8        \
	PSHUFB y, X9        \
	PXOR   X8, X4       \
	PXOR   X9, X5

#define NEXT(k, x, y) \
	PSUBSB X15, x \
	PSUBSB X15, y \
	ROW(k, x, y)

// LOOKUP translates X0 and X1 into X4 and X5, as the one of AVX2 does.
#define LOOKUP \
	MOVO X0, X2      \
	MOVO X1, X3      \
	PXOR X14, X2     \
	PXOR X14, X3     \
	PXOR X4, X4      \
	PXOR X5, X5      \
	ROW(0, X0, X1)   \
	NEXT(1, X0, X1)  \
	NEXT(2, X0, X1)  \
	NEXT(3, X0, X1)  \
	NEXT(4, X0, X1)  \
	NEXT(5, X0, X1)  \
	NEXT(6, X0, X1)  \
	NEXT(7, X0, X1)  \
	ROW(8, X2, X3)   \
	NEXT(9, X2, X3)  \
	NEXT(10, X2, X3) \
	NEXT(11, X2, X3) \
	NEXT(12, X2, X3) \
	NEXT(13, X2, X3) \
	NEXT(14, X2, X3) \
	NEXT(15, X2, X3)

// func mapSSE(dst, src *uint8, pitch, count int, table *[256]uint8)
//
// Two pixels at a time, then one.
TEXT ·mapSSE(SB), NOSPLIT, $256-40
	MOVQ    dst+0(FP), DI
	MOVQ    src+8(FP), SI
	MOVQ    pitch+16(FP), DX
	MOVQ    count+24(FP), CX
	MOVQ    table+32(FP), R8
	MOVOU   (R8), X0
	MOVOU   X0, (SP)
	MOVOU   128(R8), X0
	MOVOU   X0, 128(SP)
	DIFFER(1)
	DIFFER(2)
	DIFFER(3)
	DIFFER(4)
	DIFFER(5)
	DIFFER(6)
	DIFFER(7)
	DIFFER(9)
	DIFFER(10)
	DIFFER(11)
	DIFFER(12)
	DIFFER(13)
	DIFFER(14)
	DIFFER(15)
	MOVL    $0x10101010, AX
	MOVQ    AX, X15
	PSHUFD  $0, X15, X15
	MOVO    X15, X14
	PSLLL   $3, X14 // 128

two:
	CMPQ  CX, $2
	JLT   one
	MOVOU (SI), X0
	MOVOU (SI)(DX*1), X1
	LOOKUP
	MOVOU X4, (DI)
	MOVOU X5, (DI)(DX*1)
	LEAQ  (SI)(DX*2), SI
	LEAQ  (DI)(DX*2), DI
	SUBQ  $2, CX
	JMP   two

one:
	TESTQ CX, CX
	JZ    done
	MOVOU (SI), X0
	MOVO  X0, X1
	LOOKUP
	MOVOU X4, (DI)

done:
	RET
