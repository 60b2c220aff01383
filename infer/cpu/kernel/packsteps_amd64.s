//go:build !purego

#include "textflag.h"

// QUARTERS makes of 8 columns, 16 bytes each, columns 0 and 4 in a, 1 and 5 in b, 2 and 6 in c, 3 and 7 in d, four steps of 8
// columns, in the same registers. It needs Y8 to Y11.
#define QUARTERS(a, b, c, d) \
	VPUNPCKLDQ  b, a, Y8    \
	VPUNPCKHDQ  b, a, Y9    \
	VPUNPCKLDQ  d, c, Y10   \
	VPUNPCKHDQ  d, c, Y11   \
	VPUNPCKLQDQ Y10, Y8, a  \
	VPUNPCKHQDQ Y10, Y8, b  \
	VPUNPCKLQDQ Y11, Y9, c  \
	VPUNPCKHQDQ Y11, Y9, d

// COLUMNS loads 8 columns, from p and 4 columns further on, q.
#define COLUMNS(p, q, a, xa, b, xb, c, xc, d, xd) \
	VMOVDQU     (p), xa                   \
	VMOVDQU     (p)(R9*1), xb             \
	VMOVDQU     (p)(R9*2), xc             \
	VMOVDQU     (p)(R10*1), xd            \
	VINSERTI128 $1, (q), a, a             \
	VINSERTI128 $1, (q)(R9*1), b, b       \
	VINSERTI128 $1, (q)(R9*2), c, c       \
	VINSERTI128 $1, (q)(R10*1), d, d

// STEP stores step i, whose columns are in lo and hi, and what is found of it.
#define STEP(i, lo, hi) \
	VPXOR      Y15, lo, lo     \
	VPXOR      Y15, hi, hi     \
	VPSUBSB    Y14, lo, Y8     \
	VPSUBSB    Y14, hi, Y9     \
	VPSUBB     Y14, lo, lo     \
	VPSUBB     Y14, hi, hi     \
	VMOVDQU    lo, 64*i(DI)    \
	VMOVDQU    hi, 64*i+32(DI) \
	VPXOR      lo, Y8, Y8      \
	VPXOR      hi, Y9, Y9      \
	VPOR       Y8, Y9, Y8      \
	VPTEST     Y8, Y8          \
	SETNE      AX              \
	VPMADDUBSW lo, Y13, Y8     \
	VPMADDUBSW hi, Y13, Y9     \
	VPABSW     Y8, Y8          \
	VPABSW     Y9, Y9          \
	VPMAXSW    Y8, Y9, Y8      \
	VPCMPGTW   Y12, Y8, Y8     \
	VPTEST     Y8, Y8          \
	SETNE      BX              \
	SHLB       $1, BX          \
	ORB        BX, AX          \
	MOVB       AX, i(DX)

// func gatherSteps(dst, found, rows *uint8, pitch, windows int, flip, zero uint8)
TEXT ·gatherSteps(SB), NOSPLIT, $0-42
	MOVQ dst+0(FP), DI
	MOVQ found+8(FP), DX
	MOVQ rows+16(FP), SI
	MOVQ pitch+24(FP), R9
	MOVQ windows+32(FP), CX
	VPBROADCASTB flip+40(FP), Y15
	VPBROADCASTB zero+41(FP), Y14
	VPCMPEQD Y12, Y12, Y12
	VPABSB   Y12, Y13     // 1 as bytes
	VPABSW   Y12, Y12
	VPSLLW   $7, Y12, Y12 // 128 as words
	LEAQ (R9)(R9*2), R10
	LEAQ (SI)(R9*4), R11
	LEAQ (R11)(R9*4), R12
	LEAQ (R12)(R9*4), R13

window:
	COLUMNS(SI, R11, Y0, X0, Y1, X1, Y2, X2, Y3, X3)
	COLUMNS(R12, R13, Y4, X4, Y5, X5, Y6, X6, Y7, X7)
	QUARTERS(Y0, Y1, Y2, Y3)
	QUARTERS(Y4, Y5, Y6, Y7)
	STEP(0, Y0, Y4)
	STEP(1, Y1, Y5)
	STEP(2, Y2, Y6)
	STEP(3, Y3, Y7)
	ADDQ $16, SI
	ADDQ $16, R11
	ADDQ $16, R12
	ADDQ $16, R13
	ADDQ $256, DI
	ADDQ $4, DX
	DECQ CX
	JNZ  window
	VZEROUPPER
	RET

// Brings the bytes of 4 columns of 4 elements together by elements.
DATA byElement<>+0(SB)/8, $0x0D0905010C080400
DATA byElement<>+8(SB)/8, $0x0F0B07030E0A0602
GLOBL byElement<>(SB), RODATA|NOPTR, $16

// PLANES makes four planes of step i.
#define PLANES(i) \
	VMOVDQU     64*i(SI), X0      \
	VMOVDQU     64*i+16(SI), X1   \
	VMOVDQU     64*i+32(SI), X2   \
	VMOVDQU     64*i+48(SI), X3   \
	VPSHUFB     X15, X0, X0       \
	VPSHUFB     X15, X1, X1       \
	VPSHUFB     X15, X2, X2       \
	VPSHUFB     X15, X3, X3       \
	VPUNPCKLDQ  X1, X0, X4        \
	VPUNPCKHDQ  X1, X0, X5        \
	VPUNPCKLDQ  X3, X2, X6        \
	VPUNPCKHDQ  X3, X2, X7        \
	VPUNPCKLQDQ X6, X4, X0        \
	VPUNPCKHQDQ X6, X4, X1        \
	VPUNPCKLQDQ X7, X5, X2        \
	VPUNPCKHQDQ X7, X5, X3        \
	VMOVDQU     X0, 64*i(DI)      \
	VMOVDQU     X1, 64*i+16(DI)   \
	VMOVDQU     X2, 64*i+32(DI)   \
	VMOVDQU     X3, 64*i+48(DI)

// func planesOf(planes *[windowSize][Panel]uint8, steps *uint8)
TEXT ·planesOf(SB), NOSPLIT, $0-16
	MOVQ planes+0(FP), DI
	MOVQ steps+8(FP), SI
	VMOVDQU byElement<>(SB), X15
	PLANES(0)
	PLANES(1)
	PLANES(2)
	PLANES(3)
	RET

// APART is not 0 in y where a column of Y15 and one of two planes add up to less than -128 or more than 128: where the sum
// saturates, but is not 128.
#define APART(i, y) \
	VPADDSB  32*i(DI), Y15, y  \
	VPADDB   32*i(DI), Y15, Y8 \
	VPXOR    Y8, y, y          \
	VPCMPEQB Y14, Y8, Y8       \
	VPANDN   y, Y8, y

// func partnersOf(planes *[windowSize][Panel]uint8, a int) uint16
//
// Packing with saturation keeps apart 0 and others, until there are two bytes of each plane, even ones in the lower lane.
TEXT ·partnersOf(SB), NOSPLIT, $0-18
	MOVQ planes+0(FP), DI
	MOVQ a+8(FP), AX
	SHLQ $4, AX
	VBROADCASTI128 (DI)(AX*1), Y15
	VPCMPEQD Y14, Y14, Y14
	VPABSB   Y14, Y14
	VPSLLW   $7, Y14, Y14 // 128 as bytes
	APART(0, Y0)
	APART(1, Y1)
	APART(2, Y2)
	APART(3, Y3)
	APART(4, Y4)
	APART(5, Y5)
	APART(6, Y6)
	APART(7, Y7)
	VPACKSSWB Y1, Y0, Y0
	VPACKSSWB Y3, Y2, Y2
	VPACKSSWB Y5, Y4, Y4
	VPACKSSWB Y7, Y6, Y6
	VPACKSSWB Y2, Y0, Y0
	VPACKSSWB Y6, Y4, Y4
	VPACKSSWB Y4, Y0, Y0
	VPXOR     Y1, Y1, Y1
	VPCMPEQW  Y1, Y0, Y0
	VEXTRACTI128 $1, Y0, X1
	VPUNPCKLWD   X1, X0, X2
	VPUNPCKHWD   X1, X0, X3
	VPACKSSWB    X3, X2, X2
	VPMOVMSKB    X2, AX
	MOVW AX, ret+16(FP)
	VZEROUPPER
	RET

// PLANE loads plane order[k].
#define PLANE(k, x) \
	MOVBLZX k(DX), AX         \
	SHLQ    $4, AX            \
	VMOVDQU (SI)(AX*1), x

// func turnStep(dst *uint8, planes *[windowSize][Panel]uint8, order *[stepSize]uint8)
TEXT ·turnStep(SB), NOSPLIT, $0-24
	MOVQ dst+0(FP), DI
	MOVQ planes+8(FP), SI
	MOVQ order+16(FP), DX
	PLANE(0, X0)
	PLANE(1, X1)
	PLANE(2, X2)
	PLANE(3, X3)
	VPUNPCKLBW X1, X0, X4
	VPUNPCKHBW X1, X0, X5
	VPUNPCKLBW X3, X2, X6
	VPUNPCKHBW X3, X2, X7
	VPUNPCKLWD X6, X4, X0
	VPUNPCKHWD X6, X4, X1
	VPUNPCKLWD X7, X5, X2
	VPUNPCKHWD X7, X5, X3
	VMOVDQU X0, (DI)
	VMOVDQU X1, 16(DI)
	VMOVDQU X2, 32(DI)
	VMOVDQU X3, 48(DI)
	RET
