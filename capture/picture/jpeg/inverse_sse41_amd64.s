//go:build !purego

#include "go_asm.h"
#include "textflag.h"

#define SPREAD(value, x) \
	MOVL   value, AX \
	MOVQ   AX, x     \
	PSHUFD $0, x, x

#define CONSTANTS \
	SPREAD($const_cSqrt2, X12) \
	SPREAD($-const_cSum, X13)  \
	SPREAD($-const_cDiff, X14) \
	SPREAD($const_cCos, X15)

// START multiplies x0 in X0 and adds what rounds the results.
#define START(round) \
	SPREAD(round, X10)         \
	PSLLL $const_constBits, X0 \
	PADDL X10, X0

// EVEN makes e0, e1, e2 and e3 in X8, X0, X4 and X6 of x0, x2, x4 and x6 in X0, X2, X4 and X6.
#define EVEN \
	PSLLL  $const_constBits, X4 \
	MOVO   X0, X8               \
	PADDL  X4, X8               \
	PSUBL  X4, X0               \
	MOVO   X2, X9               \
	PADDL  X6, X9               \
	PSLLL  $const_constBits, X9 \
	PSUBL  X6, X2               \
	PMULLD X12, X2              \
	PSUBL  X9, X2               \
	MOVO   X8, X6               \
	PSUBL  X9, X6               \
	PADDL  X9, X8               \
	MOVO   X0, X4               \
	PSUBL  X2, X4               \
	PADDL  X2, X0

// ODD makes o0, o1, o2 and o3 in X9, X5, X2 and X3 of x1, x3, x5 and x7 in X1, X3, X5 and X7.
#define ODD \
	MOVO   X1, X2               \
	PADDL  X7, X2               \
	PSUBL  X7, X1               \
	MOVO   X5, X7               \
	PADDL  X3, X7               \
	PSUBL  X3, X5               \
	MOVO   X5, X3               \
	PADDL  X1, X3               \
	PMULLD X15, X3              \
	MOVO   X2, X9               \
	PADDL  X7, X9               \
	PSLLL  $const_constBits, X9 \
	PSUBL  X7, X2               \
	PMULLD X12, X2              \
	PMULLD X13, X5              \
	PADDL  X3, X5               \
	PSUBL  X9, X5               \
	PSUBL  X5, X2               \
	PMULLD X14, X1              \
	PADDL  X1, X3               \
	PSUBL  X2, X3

// EVENLOW and ODDLOW are EVEN and ODD where x4 to x7 are zero.
#define EVENLOW \
	MOVO   X2, X9               \
	PSLLL  $const_constBits, X9 \
	PMULLD X12, X2              \
	PSUBL  X9, X2               \
	MOVO   X0, X6               \
	PSUBL  X9, X6               \
	MOVO   X0, X8               \
	PADDL  X9, X8               \
	MOVO   X0, X4               \
	PSUBL  X2, X4               \
	PADDL  X2, X0

#define ODDLOW \
	MOVO   X1, X2               \
	PSUBL  X3, X2               \
	MOVO   X1, X9               \
	PADDL  X3, X9               \
	PSLLL  $const_constBits, X9 \
	MOVO   X2, X7               \
	PMULLD X15, X7              \
	PMULLD X12, X2              \
	PMULLD X13, X3              \
	MOVO   X7, X5               \
	PSUBL  X3, X5               \
	PSUBL  X9, X5               \
	PSUBL  X5, X2               \
	PMULLD X14, X1              \
	MOVO   X7, X3               \
	PADDL  X1, X3               \
	PSUBL  X2, X3

// BOTH makes the results y0 to y7 in X8, X1, X2, X3, X4, X5, X0 and X7.
#define BOTH \
	MOVO  X8, X7 \
	PSUBL X9, X7 \
	PADDL X9, X8 \
	MOVO  X0, X1 \
	PADDL X5, X1 \
	PSUBL X5, X0 \
	MOVO  X4, X5 \
	PSUBL X2, X5 \
	PADDL X4, X2 \
	MOVO  X6, X4 \
	PSUBL X3, X4 \
	PADDL X6, X3

// CARRY is what shorten takes from an odd column, whose rows are the lanes, because of the even one before it.
#define CARRY(even, odd, t) \
	MOVO  even, t \
	PSRAL $31, t  \
	PADDL t, odd

// TURN turns four results into a0, a1, b0 and a3, in this order, and shortens them.
#define TURN(a0, a1, a2, a3, b0, b1) \
	MOVO       a0, b0     \
	MOVO       a2, b1     \
	PUNPCKLLQ  a1, a0     \
	PUNPCKHLQ  a1, b0     \
	PUNPCKLLQ  a3, a2     \
	PUNPCKHLQ  a3, b1     \
	MOVO       a0, a1     \
	PUNPCKLQDQ a2, a0     \
	PUNPCKHQDQ a2, a1     \
	MOVO       b0, a3     \
	PUNPCKLQDQ b1, b0     \
	PUNPCKHQDQ b1, a3     \
	CARRY(a0, a1, a2)     \
	CARRY(b0, a3, b1)     \
	PSRAL $const_constBits, a0 \
	PSRAL $const_constBits, a1 \
	PSRAL $const_constBits, b0 \
	PSRAL $const_constBits, a3

// SAMPLES writes four rows of samples whose columns are the results, at DI with the stride SI and three of it in DX.
#define SAMPLES \
	PSRAL     $const_outBits, X8 \
	PSRAL     $const_outBits, X1 \
	PSRAL     $const_outBits, X2 \
	PSRAL     $const_outBits, X3 \
	PSRAL     $const_outBits, X4 \
	PSRAL     $const_outBits, X5 \
	PSRAL     $const_outBits, X0 \
	PSRAL     $const_outBits, X7 \
	PACKSSLW  X1, X8             \
	PACKSSLW  X3, X2             \
	PACKUSWB  X2, X8             \
	PACKSSLW  X5, X4             \
	PACKSSLW  X7, X0             \
	PACKUSWB  X0, X4             \
	PSHUFB    X11, X8            \
	PSHUFB    X11, X4            \
	MOVO      X8, X0             \
	PUNPCKLLQ X4, X0             \
	PUNPCKHLQ X4, X8             \
	MOVQ      X0, (DI)           \
	MOVHPS    X0, (DI)(SI*1)     \
	MOVQ      X8, (DI)(SI*2)     \
	MOVHPS    X8, (DI)(DX*1)

// BYCOLUMN is what turns 4x4 bytes.
#define BYCOLUMN \
	MOVQ   $0x0d0905010c080400, AX \
	MOVQ   AX, X11                 \
	MOVQ   $0x0f0b07030e0a0602, AX \
	PINSRQ $1, AX, X11

// FIRST is the first pass over the four columns at offset from.
#define FIRST(from) \
	MOVOU from(BX), X0       \
	MOVOU (32+from)(BX), X1  \
	MOVOU (64+from)(BX), X2  \
	MOVOU (96+from)(BX), X3  \
	MOVOU (128+from)(BX), X4 \
	MOVOU (160+from)(BX), X5 \
	MOVOU (192+from)(BX), X6 \
	MOVOU (224+from)(BX), X7 \
	START($const_roundFirst) \
	EVEN                     \
	ODD                      \
	BOTH

// KEEP puts the results, turned, into R8: four rows at offset to, the other four 64 bytes after them.
#define KEEP(to) \
	TURN(X8, X1, X2, X3, X6, X9) \
	MOVOU X8, to(R8)             \
	MOVOU X1, (16+to)(R8)        \
	MOVOU X6, (32+to)(R8)        \
	MOVOU X3, (48+to)(R8)        \
	TURN(X4, X5, X0, X7, X6, X9) \
	MOVOU X4, (64+to)(R8)        \
	MOVOU X5, (80+to)(R8)        \
	MOVOU X6, (96+to)(R8)        \
	MOVOU X7, (112+to)(R8)

// SECOND is the second pass over the four rows at offset from, whose other columns are 128 bytes after them.
#define SECOND(from) \
	MOVOU from(R8), X0       \
	MOVOU (16+from)(R8), X1  \
	MOVOU (32+from)(R8), X2  \
	MOVOU (48+from)(R8), X3  \
	MOVOU (128+from)(R8), X4 \
	MOVOU (144+from)(R8), X5 \
	MOVOU (160+from)(R8), X6 \
	MOVOU (176+from)(R8), X7 \
	START($const_roundLast)  \
	EVEN                     \
	ODD                      \
	BOTH                     \
	SAMPLES

// CLEAR4 makes the first four columns of four rows from offset on zero; X0 is.
#define CLEAR4(from) \
	MOVOU X0, from(BX)      \
	MOVOU X0, (32+from)(BX) \
	MOVOU X0, (64+from)(BX) \
	MOVOU X0, (96+from)(BX)

// func inverse8SSE41(dst []byte, stride int, b *block)
TEXT ·inverse8SSE41(SB), NOSPLIT, $256-40
	MOVQ dst_base+0(FP), DI
	MOVQ stride+24(FP), SI
	MOVQ b+32(FP), BX
	LEAQ (SI)(SI*2), DX
	LEAQ turned-256(SP), R8
	CONSTANTS
	BYCOLUMN
	FIRST(0)
	KEEP(0)
	FIRST(16)
	KEEP(128)
	PXOR X0, X0
	CLEAR4(0)
	CLEAR4(16)
	CLEAR4(128)
	CLEAR4(144)
	SECOND(0)
	LEAQ (DI)(SI*4), DI
	SECOND(64)
	RET

// func inverseLowSSE41(dst []byte, stride int, b *block)
TEXT ·inverseLowSSE41(SB), NOSPLIT, $64-40
	MOVQ  dst_base+0(FP), DI
	MOVQ  stride+24(FP), SI
	MOVQ  b+32(FP), BX
	LEAQ  (SI)(SI*2), DX
	LEAQ  lower-64(SP), R8
	CONSTANTS
	BYCOLUMN
	PXOR  X0, X0
	MOVOU (BX), X4
	MOVOU 32(BX), X1
	MOVOU 64(BX), X2
	MOVOU 96(BX), X3
	CLEAR4(0)
	MOVO  X4, X0
	START($const_roundFirst)
	EVENLOW
	ODDLOW
	BOTH
	TURN(X4, X5, X0, X7, X6, X9)
	MOVOU X4, (R8)
	MOVOU X5, 16(R8)
	MOVOU X6, 32(R8)
	MOVOU X7, 48(R8)
	TURN(X8, X1, X2, X3, X6, X9)
	MOVO  X8, X0
	MOVO  X6, X2
	START($const_roundLast)
	EVENLOW
	ODDLOW
	BOTH
	SAMPLES
	LEAQ  (DI)(SI*4), DI
	MOVOU (R8), X0
	MOVOU 16(R8), X1
	MOVOU 32(R8), X2
	MOVOU 48(R8), X3
	START($const_roundLast)
	EVENLOW
	ODDLOW
	BOTH
	SAMPLES
	RET

// FOUR is the transform of four numbers in X0 to X3, with results there.
#define FOUR \
	PSLLL  $const_constBits, X2 \
	MOVO   X1, X4               \
	PADDL  X3, X4               \
	PSLLL  $const_constBits, X4 \
	PSUBL  X3, X1               \
	PMULLD X12, X1              \
	PSUBL  X4, X1               \
	MOVO   X0, X5               \
	PADDL  X2, X0               \
	PSUBL  X2, X5               \
	MOVO   X0, X3               \
	PADDL  X4, X0               \
	PSUBL  X4, X3               \
	MOVO   X5, X2               \
	PSUBL  X1, X2               \
	PADDL  X5, X1

// func inverse4SSE41(dst []byte, stride int, b *block)
TEXT ·inverse4SSE41(SB), NOSPLIT, $0-40
	MOVQ  dst_base+0(FP), DI
	MOVQ  stride+24(FP), SI
	MOVQ  b+32(FP), BX
	LEAQ  (SI)(SI*2), DX
	SPREAD($const_cSqrt2, X12)
	BYCOLUMN
	PXOR  X0, X0
	MOVOU (BX), X4
	MOVOU 32(BX), X1
	MOVOU 64(BX), X2
	MOVOU 96(BX), X3
	CLEAR4(0)
	MOVO  X4, X0
	START($const_roundFirst)
	FOUR
	TURN(X0, X1, X2, X3, X6, X9)
	MOVO  X6, X2
	START($const_roundLast)
	FOUR
	PSRAL $const_outBits, X0
	PSRAL $const_outBits, X1
	PSRAL $const_outBits, X2
	PSRAL $const_outBits, X3
	PACKSSLW X1, X0
	PACKSSLW X3, X2
	PACKUSWB X2, X0
	PSHUFB   X11, X0
	MOVL     X0, (DI)
	PEXTRD   $1, X0, (DI)(SI*1)
	PEXTRD   $2, X0, (DI)(SI*2)
	PEXTRD   $3, X0, (DI)(DX*1)
	RET
