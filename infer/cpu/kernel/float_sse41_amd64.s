//go:build !purego

#include "textflag.h"

// FILL fills x with the number at mem.
#define FILL(mem, x) \
	MOVSS  mem, x   \
	PSHUFD $0, x, x

// QUARTER makes rounded of four numbers from at on, and beside of which of them lie near a half.
#define QUARTER(at, rounded, beside) \
	MOVUPS  at(SI)(AX*4), beside      \
	MULPS   X15, beside               \
	MAXPS   X12, beside               \ // no number becomes the minimum
	MINPS   X13, beside               \
	ROUNDPS $0, beside, rounded       \
	SUBPS   rounded, beside           \
	ANDPS   X10, beside               \
	CMPPS   X11, beside, $5

DATA sseLimit<>+0(SB)/4, $1024.0
DATA sseLimit<>+4(SB)/4, $-1024.0
DATA sseLimit<>+8(SB)/4, $0.4990234375
DATA sseLimit<>+12(SB)/4, $0x7fffffff
GLOBL sseLimit<>(SB), RODATA|NOPTR, $16

// func quantizeSSE(dst *uint8, src *float32, n int, inverse float32, zero int32) (done int)
TEXT ·quantizeSSE(SB), NOSPLIT, $0-40
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ n+16(FP), CX
	FILL(inverse+24(FP), X15)
	FILL(zero+28(FP), X14)
	FILL(sseLimit<>+0(SB), X13)
	FILL(sseLimit<>+4(SB), X12)
	FILL(sseLimit<>+8(SB), X11)
	FILL(sseLimit<>+12(SB), X10)
	XORQ AX, AX

loop:
	QUARTER(0, X1, X0)
	QUARTER(16, X3, X2)
	ORPS     X2, X0
	MOVMSKPS X0, BX
	TESTL    BX, BX
	JNZ      stop
	CVTPS2PL X1, X1
	CVTPS2PL X3, X3
	PADDL    X14, X1
	PADDL    X14, X3
	PACKSSLW X3, X1
	PACKUSWB X1, X1
	MOVQ     X1, (DI)(AX*1)
	ADDQ     $8, AX
	CMPQ     AX, CX
	JNE      loop

stop:
	MOVQ AX, done+32(FP)
	RET

// func squareSSE(dst, src *float32, n int, factor float32)
TEXT ·squareSSE(SB), NOSPLIT, $0-28
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ n+16(FP), CX
	FILL(factor+24(FP), X15)
	XORQ AX, AX

loop:
	MOVUPS (SI)(AX*4), X0
	MULPS  X0, X0
	MULPS  X15, X0
	MOVUPS X0, (DI)(AX*4)
	ADDQ   $4, AX
	CMPQ   AX, CX
	JNE    loop
	RET

// func tap32SSE(acc, x, w *float32, n int)
TEXT ·tap32SSE(SB), NOSPLIT, $0-32
	MOVQ acc+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ w+16(FP), DX
	MOVQ n+24(FP), CX
	XORQ AX, AX

loop:
	MOVUPS 0(SI)(AX*4), X0
	MOVUPS 16(SI)(AX*4), X1
	MOVUPS 0(DX)(AX*4), X2
	MOVUPS 16(DX)(AX*4), X3
	MULPS  X2, X0
	MULPS  X3, X1
	MOVUPS 0(DI)(AX*4), X2
	MOVUPS 16(DI)(AX*4), X3
	ADDPS  X2, X0
	ADDPS  X3, X1
	MOVUPS X0, 0(DI)(AX*4)
	MOVUPS X1, 16(DI)(AX*4)
	ADDQ   $8, AX
	CMPQ   AX, CX
	JNE    loop
	RET

// ROW multiplies the number at row[AX] by the 8 of the panel in X8 and X9, and adds the products to lo and hi.
#define ROW(row, lo, hi) \
	MOVSS  (row)(AX*4), X10 \
	SHUFPS $0, X10, X10     \
	MOVAPS X10, X11         \
	MULPS  X8, X10          \
	MULPS  X9, X11          \
	ADDPS  X10, lo          \
	ADDPS  X11, hi

// func tile32SSE(acc *Tile32, a, b, c, d, panel *float32, n int)
//
// The first 8 columns, then the last: X0 to X7 are their sums, two for each row. DX counts the two.
TEXT ·tile32SSE(SB), NOSPLIT, $0-56
	MOVQ acc+0(FP), DI
	MOVQ a+8(FP), R8
	MOVQ b+16(FP), R9
	MOVQ c+24(FP), R10
	MOVQ d+32(FP), R11
	MOVQ n+48(FP), CX
	MOVQ panel+40(FP), BX
	MOVQ $2, DX

half:
	MOVQ   BX, SI
	XORQ   AX, AX
	MOVUPS 0(DI), X0
	MOVUPS 16(DI), X1
	MOVUPS 64(DI), X2
	MOVUPS 80(DI), X3
	MOVUPS 128(DI), X4
	MOVUPS 144(DI), X5
	MOVUPS 192(DI), X6
	MOVUPS 208(DI), X7

next:
	MOVUPS (SI), X8
	MOVUPS 16(SI), X9
	ROW(R8, X0, X1)
	ROW(R9, X2, X3)
	ROW(R10, X4, X5)
	ROW(R11, X6, X7)
	ADDQ   $64, SI
	INCQ   AX
	CMPQ   AX, CX
	JNE    next
	MOVUPS X0, 0(DI)
	MOVUPS X1, 16(DI)
	MOVUPS X2, 64(DI)
	MOVUPS X3, 80(DI)
	MOVUPS X4, 128(DI)
	MOVUPS X5, 144(DI)
	MOVUPS X6, 192(DI)
	MOVUPS X7, 208(DI)
	ADDQ   $32, DI
	ADDQ   $32, BX
	DECQ   DX
	JNZ    half
	RET

// Where powTables has what.
#define INVERSE   0
#define LOG     128
#define EXP     256
#define A0      512
#define A1      520
#define A2      528
#define A3      536
#define A4      544
#define C0      552
#define C1      560
#define C2      568
#define SHIFT   576
#define ONE     584

DATA sseBits<>+0(SB)/4, $0x00800000  // powMin
DATA sseBits<>+4(SB)/4, $0x7effffff  // powRange - 1
DATA sseBits<>+8(SB)/4, $0x3f330000  // powOffset
DATA sseBits<>+12(SB)/4, $0xff800000
DATA sseBits<>+16(SB)/4, $0x1fffffff // what float32 has less than float64
DATA sseBits<>+20(SB)/4, $0x0fffe000 // a little less than its half
DATA sseBits<>+24(SB)/4, $0x00004000 // twice that little
DATA sseBits<>+32(SB)/8, $0x7fffffffffffffff
DATA sseBits<>+40(SB)/8, $0x3f8fffffff000000 // a little less than 1/64
GLOBL sseBits<>(SB), RODATA|NOPTR, $48

// TWICE fills x with the float64 at mem.
#define TWICE(mem, x) MOVDDUP mem, x

// POLY makes x = x*r + the float64 at mem.
#define POLY(x, r, mem, tmp) \
	MULPD r, x    \
	TWICE(mem, tmp) \
	ADDPD tmp, x

// POW2 is two powers: of the first two numbers in z and top, of the table's entries AX and BX. X5 gets the powers, X6 has what
// is not 0 if r is too near to where k changes. The names of powf: X0 is r, X1 high, X2 low, X3 q and l.
#define POW2(z, top) \
	CVTPS2PD z, X0                  \
	CVTPL2PD top, X3                \
	MOVSD    INVERSE(R8)(AX*8), X4  \
	MOVHPD   INVERSE(R8)(BX*8), X4  \
	MULPD    X4, X0                 \
	SUBPD    X12, X0                \
	MOVSD    LOG(R8)(AX*8), X4      \
	MOVHPD   LOG(R8)(BX*8), X4      \
	ADDPD    X4, X3                 \
	TWICE(A0(R8), X1)               \
	TWICE(A2(R8), X2)               \
	POLY(X1, X0, A1(R8), X4)        \
	POLY(X2, X0, A3(R8), X4)        \
	TWICE(A4(R8), X4)               \
	MULPD    X0, X4                 \
	ADDPD    X4, X3                 \
	MULPD    X0, X0                 \ // r2
	MULPD    X0, X2                 \
	ADDPD    X2, X3                 \
	MULPD    X0, X0                 \
	MULPD    X0, X1                 \
	ADDPD    X1, X3                 \
	MULPD    X14, X3                \
	MOVAPD   X3, X4                 \
	ADDPD    X13, X4                \ // k
	MOVAPD   X4, X5                 \
	SUBPD    X13, X5                \
	SUBPD    X5, X3                 \ // r
	MOVQ     X4, AX                 \
	PEXTRQ   $1, X4, BX             \
	ANDQ     $31, AX                \
	ANDQ     $31, BX                \
	MOVSD    EXP(R8)(AX*8), X5      \
	MOVHPD   EXP(R8)(BX*8), X5      \
	PSLLQ    $47, X4                \
	PADDQ    X4, X5                 \ // scale
	MOVAPD   X3, X0                 \
	TWICE(sseBits<>+32(SB), X4)     \
	ANDPD    X4, X0                 \
	TWICE(sseBits<>+40(SB), X4)     \
	CMPPD    X4, X0, $5             \
	ORPD     X0, X6                 \
	TWICE(C0(R8), X1)               \
	TWICE(C2(R8), X2)               \
	POLY(X1, X3, C1(R8), X4)        \
	MULPD    X3, X2                 \
	ADDPD    X12, X2                \
	MULPD    X3, X3                 \
	MULPD    X3, X1                 \
	ADDPD    X1, X2                 \
	MULPD    X2, X5

// func scalePowerSSE(dst, src *float32, n int, bias, exponent float32) (done int)
//
// There is no fused multiplication and addition: the powers may differ from powf's in their last 9 bits or so, which is
// seen only where they lie near the middle of two float32, or k another. X7 is z, X9 top, X10 the table's entries, X8 the first
// two powers.
TEXT ·scalePowerSSE(SB), NOSPLIT, $0-40
	MOVQ     dst+0(FP), DI
	MOVQ     src+8(FP), SI
	MOVQ     n+16(FP), CX
	FILL(bias+24(FP), X15)
	MOVSS    exponent+28(FP), X14
	CVTSS2SD X14, X14
	MOVDDUP  X14, X14
	LEAQ     ·powTables(SB), R8
	TWICE(SHIFT(R8), X13)
	TWICE(ONE(R8), X12)
	XORQ     DX, DX

loop:
	MOVUPS   (DI)(DX*4), X7
	ADDPS    X15, X7
	MOVO     X7, X1
	FILL(sseBits<>+0(SB), X2)
	FILL(sseBits<>+4(SB), X3)
	PSUBL    X2, X1
	PMINUD   X1, X3
	PCMPEQL  X1, X3
	MOVMSKPS X3, BX
	CMPL     BX, $15
	JNE      stop
	MOVO     X7, X10
	FILL(sseBits<>+8(SB), X2)
	FILL(sseBits<>+12(SB), X3)
	PSUBL    X2, X10             // tmp
	MOVO     X10, X9
	PAND     X3, X9              // top
	PSUBL    X9, X7
	PSRAL    $23, X9
	PSLLL    $9, X10
	PSRLL    $28, X10            // i
	PXOR     X6, X6
	MOVL     X10, AX
	PEXTRD   $1, X10, BX
	POW2(X7, X9)
	MOVO     X5, X8
	PSHUFD   $0xEE, X7, X7
	PSHUFD   $0xEE, X9, X9
	PEXTRD   $2, X10, AX
	PEXTRD   $3, X10, BX
	POW2(X7, X9)

	// X8 and X5 are the powers.
	MOVAPS   X8, X0
	SHUFPS   $0x88, X5, X0
	FILL(sseBits<>+16(SB), X1)
	FILL(sseBits<>+20(SB), X2)
	FILL(sseBits<>+24(SB), X3)
	PAND     X1, X0
	PSUBL    X2, X0
	PMINUD   X0, X3
	PCMPEQL  X3, X0
	POR      X6, X0
	MOVMSKPS X0, BX
	TESTL    BX, BX
	JNZ      stop
	CVTPD2PS X8, X8
	CVTPD2PS X5, X5
	MOVLHPS  X5, X8
	MOVUPS   (SI)(DX*4), X0
	MULPS    X8, X0
	MOVUPS   X0, (DI)(DX*4)
	ADDQ     $4, DX
	CMPQ     DX, CX
	JNE      loop

stop:
	MOVQ DX, done+32(FP)
	RET
