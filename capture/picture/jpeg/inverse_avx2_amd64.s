//go:build !purego

#include "go_asm.h"
#include "textflag.h"

// byColumn turns 4x4 bytes.
DATA byColumn<>+0(SB)/8, $0x0d0905010c080400
DATA byColumn<>+8(SB)/8, $0x0f0b07030e0a0602
GLOBL byColumn<>(SB), RODATA|NOPTR, $16

DATA constants<>+0(SB)/4, $const_cSqrt2
DATA constants<>+4(SB)/4, $-const_cSum
DATA constants<>+8(SB)/4, $-const_cDiff
DATA constants<>+12(SB)/4, $const_cCos
DATA constants<>+16(SB)/4, $const_roundFirst
DATA constants<>+20(SB)/4, $const_roundLast
DATA constants<>+24(SB)/4, $-(1<<const_constBits)
GLOBL constants<>(SB), RODATA|NOPTR, $28

#define CONSTANTS \
	VPBROADCASTD constants<>+0(SB), Y12  \
	VPBROADCASTD constants<>+4(SB), Y13  \
	VPBROADCASTD constants<>+8(SB), Y14  \
	VPBROADCASTD constants<>+12(SB), Y15 \
	VPBROADCASTD constants<>+16(SB), Y10 \
	VPBROADCASTD constants<>+20(SB), Y11

// EVEN makes e0, e1, e2 and e3 in a8, a0, a4 and a6 of x0, x2, x4 and x6, with a9 for itself.
#define EVEN(a0, a2, a4, a6, a8, a9) \
	VPSLLD  $const_constBits, a4, a4 \
	VPADDD  a4, a0, a8               \
	VPSUBD  a4, a0, a0               \
	VPADDD  a6, a2, a9               \
	VPSLLD  $const_constBits, a9, a9 \
	VPSUBD  a6, a2, a2               \
	VPMULLD Y12, a2, a2              \
	VPSUBD  a9, a2, a2               \
	VPSUBD  a9, a8, a6               \
	VPADDD  a9, a8, a8               \
	VPSUBD  a2, a0, a4               \
	VPADDD  a2, a0, a0

// ODD makes o0, o1, o2 and o3 in a9, a5, a2 and a3 of x1, x3, x5 and x7.
#define ODD(a1, a2, a3, a5, a7, a9) \
	VPADDD  a7, a1, a2               \
	VPSUBD  a7, a1, a1               \
	VPADDD  a3, a5, a7               \
	VPSUBD  a3, a5, a5               \
	VPADDD  a1, a5, a3               \
	VPMULLD Y15, a3, a3              \
	VPADDD  a7, a2, a9               \
	VPSLLD  $const_constBits, a9, a9 \
	VPSUBD  a7, a2, a2               \
	VPMULLD Y12, a2, a2              \
	VPMULLD Y13, a5, a5              \
	VPADDD  a3, a5, a5               \
	VPSUBD  a9, a5, a5               \
	VPSUBD  a5, a2, a2               \
	VPMULLD Y14, a1, a1              \
	VPADDD  a1, a3, a3               \
	VPSUBD  a2, a3, a3

// EVENLOW and ODDLOW are EVEN and ODD where x4 to x7 are zero; k12 to k15 are the constants.
#define EVENLOW(a0, a2, a4, a6, a8, a9, k12) \
	VPSLLD  $const_constBits, a2, a9 \
	VPMULLD k12, a2, a2              \
	VPSUBD  a9, a2, a2               \
	VPSUBD  a9, a0, a6               \
	VPADDD  a9, a0, a8               \
	VPSUBD  a2, a0, a4               \
	VPADDD  a2, a0, a0

#define ODDLOW(a1, a2, a3, a5, a7, a9, k12, k13, k14, k15) \
	VPSUBD  a3, a1, a2               \
	VPADDD  a3, a1, a9               \
	VPSLLD  $const_constBits, a9, a9 \
	VPMULLD k15, a2, a7              \
	VPMULLD k12, a2, a2              \
	VPMULLD k13, a3, a5              \
	VPSUBD  a5, a7, a5               \
	VPSUBD  a9, a5, a5               \
	VPSUBD  a5, a2, a2               \
	VPMULLD k14, a1, a1              \
	VPADDD  a1, a7, a3               \
	VPSUBD  a2, a3, a3

// BOTH makes the results y0 to y7 in a8, a1, a2, a3, a4, a5, a0 and a7.
#define BOTH(a0, a1, a2, a3, a4, a5, a6, a7, a8, a9) \
	VPSUBD a9, a8, a7 \
	VPADDD a9, a8, a8 \
	VPADDD a5, a0, a1 \
	VPSUBD a5, a0, a0 \
	VPSUBD a2, a4, a5 \
	VPADDD a2, a4, a2 \
	VPSUBD a3, a6, a4 \
	VPADDD a3, a6, a3

// CARRY is what shorten takes from an odd column, whose rows are the lanes, because of the even one before it; t is overwritten.
#define CARRY(even, odd, t) \
	VPSRAD $31, even, t  \
	VPADDD t, odd, odd

// FOUR is idct4 for x0 to x3 in X0 to X3, of which X0 and X2 are multiplied; X4 to X7 are overwritten.
#define FOUR \
	VPADDD  X3, X1, X4               \
	VPSLLD  $const_constBits, X4, X4 \
	VPSUBD  X3, X1, X5               \
	VPMULLD X12, X5, X5              \
	VPSUBD  X4, X5, X5               \
	VPADDD  X2, X0, X6               \
	VPSUBD  X2, X0, X7               \
	VPADDD  X4, X6, X0               \
	VPADDD  X5, X7, X1               \
	VPSUBD  X5, X7, X2               \
	VPSUBD  X4, X6, X3

// SAMPLES writes the rows of samples whose columns are the results, at DI with the stride SI.
#define SAMPLES(a0, a1, a2, a3, a4, a5, a7, a8) \
	VPSRAD         $const_outBits, a8, a8 \
	VPSRAD         $const_outBits, a1, a1 \
	VPSRAD         $const_outBits, a2, a2 \
	VPSRAD         $const_outBits, a3, a3 \
	VPSRAD         $const_outBits, a4, a4 \
	VPSRAD         $const_outBits, a5, a5 \
	VPSRAD         $const_outBits, a0, a0 \
	VPSRAD         $const_outBits, a7, a7 \
	VPACKSSDW      a1, a8, a8             \
	VPACKSSDW      a3, a2, a2             \
	VPACKUSWB      a2, a8, a8             \
	VPACKSSDW      a5, a4, a4             \
	VPACKSSDW      a7, a0, a0             \
	VPACKUSWB      a0, a4, a4             \
	VBROADCASTI128 byColumn<>(SB), Y12    \
	VPSHUFB        Y12, a8, a8            \
	VPSHUFB        Y12, a4, a4            \
	VPUNPCKLDQ     a4, a8, Y0             \
	VPUNPCKHDQ     a4, a8, Y1             \
	VEXTRACTI128   $1, Y0, X2             \
	VEXTRACTI128   $1, Y1, X3             \
	LEAQ           (SI)(SI*2), DX         \
	LEAQ           (DI)(SI*4), R8         \
	VMOVQ          X0, (DI)               \
	VMOVHPS        X0, (DI)(SI*1)         \
	VMOVQ          X1, (DI)(SI*2)         \
	VMOVHPS        X1, (DI)(DX*1)         \
	VMOVQ          X2, (R8)               \
	VMOVHPS        X2, (R8)(SI*1)         \
	VMOVQ          X3, (R8)(SI*2)         \
	VMOVHPS        X3, (R8)(DX*1)

// func inverse8AVX2(dst []byte, stride int, b *block)
TEXT ·inverse8AVX2(SB), NOSPLIT, $0-40
	MOVQ dst_base+0(FP), DI
	MOVQ stride+24(FP), SI
	MOVQ b+32(FP), BX
	CONSTANTS

	// A column in each lane.
	VMOVDQU (BX), Y0
	VPSLLD  $const_constBits, Y0, Y0
	VPADDD  Y10, Y0, Y0
	VMOVDQU 32(BX), Y1
	VMOVDQU 64(BX), Y2
	VMOVDQU 96(BX), Y3
	VMOVDQU 128(BX), Y4
	VMOVDQU 160(BX), Y5
	VMOVDQU 192(BX), Y6
	VMOVDQU 224(BX), Y7
	VPXOR   X8, X8, X8
	VMOVDQU Y8, (BX)
	VMOVDQU Y8, 32(BX)
	VMOVDQU Y8, 64(BX)
	VMOVDQU Y8, 96(BX)
	VMOVDQU Y8, 128(BX)
	VMOVDQU Y8, 160(BX)
	VMOVDQU Y8, 192(BX)
	VMOVDQU Y8, 224(BX)
	EVEN(Y0, Y2, Y4, Y6, Y8, Y9)
	ODD(Y1, Y2, Y3, Y5, Y7, Y9)
	BOTH(Y0, Y1, Y2, Y3, Y4, Y5, Y6, Y7, Y8, Y9)

	// Turned: a row in each lane.
	VPUNPCKLDQ  Y1, Y8, Y6
	VPUNPCKHDQ  Y1, Y8, Y8
	VPUNPCKLDQ  Y3, Y2, Y9
	VPUNPCKHDQ  Y3, Y2, Y2
	VPUNPCKLDQ  Y5, Y4, Y10
	VPUNPCKHDQ  Y5, Y4, Y4
	VPUNPCKLDQ  Y7, Y0, Y1
	VPUNPCKHDQ  Y7, Y0, Y0
	VPUNPCKLQDQ Y9, Y6, Y3
	VPUNPCKHQDQ Y9, Y6, Y6
	VPUNPCKLQDQ Y2, Y8, Y9
	VPUNPCKHQDQ Y2, Y8, Y8
	VPUNPCKLQDQ Y1, Y10, Y5
	VPUNPCKHQDQ Y1, Y10, Y10
	VPUNPCKLQDQ Y0, Y4, Y7
	VPUNPCKHQDQ Y0, Y4, Y4
	VPERM2I128  $0x20, Y5, Y3, Y0
	VPERM2I128  $0x20, Y10, Y6, Y1
	VPERM2I128  $0x20, Y7, Y9, Y2
	VPERM2I128  $0x31, Y10, Y6, Y6
	VPERM2I128  $0x31, Y7, Y9, Y9
	VPERM2I128  $0x31, Y4, Y8, Y7
	VPERM2I128  $0x31, Y5, Y3, Y5
	VPERM2I128  $0x20, Y4, Y8, Y3

	// Now columns 4, 5 and 6 are in Y5, Y6 and Y9. Of the first, what is dropped is not shifted out.
	CARRY(Y0, Y1, Y4)
	CARRY(Y2, Y3, Y8)
	CARRY(Y5, Y6, Y10)
	CARRY(Y9, Y7, Y4)
	VPBROADCASTD constants<>+24(SB), Y8
	VPAND  Y8, Y0, Y0
	VPADDD Y11, Y0, Y0
	VPSRAD $const_constBits, Y1, Y1
	VPSRAD $const_constBits, Y2, Y2
	VPSRAD $const_constBits, Y3, Y3
	VPSRAD $const_constBits, Y5, Y5
	VPSRAD $const_constBits, Y6, Y6
	VPSRAD $const_constBits, Y9, Y9
	VPSRAD $const_constBits, Y7, Y7
	EVEN(Y0, Y2, Y5, Y9, Y8, Y10)
	ODD(Y1, Y2, Y3, Y6, Y7, Y10)
	BOTH(Y0, Y1, Y2, Y3, Y5, Y6, Y9, Y7, Y8, Y10)
	SAMPLES(Y0, Y1, Y2, Y3, Y5, Y6, Y7, Y8)
	VZEROUPPER
	RET

// func inverseLowAVX2(dst []byte, stride int, b *block)
TEXT ·inverseLowAVX2(SB), NOSPLIT, $0-40
	MOVQ dst_base+0(FP), DI
	MOVQ stride+24(FP), SI
	MOVQ b+32(FP), BX
	CONSTANTS

	// Four columns.
	VMOVDQU (BX), X0
	VPSLLD  $const_constBits, X0, X0
	VPADDD  X10, X0, X0
	VMOVDQU 32(BX), X1
	VMOVDQU 64(BX), X2
	VMOVDQU 96(BX), X3
	VPXOR   X8, X8, X8
	VMOVDQU X8, (BX)
	VMOVDQU X8, 32(BX)
	VMOVDQU X8, 64(BX)
	VMOVDQU X8, 96(BX)
	EVENLOW(X0, X2, X4, X6, X8, X9, X12)
	ODDLOW(X1, X2, X3, X5, X7, X9, X12, X13, X14, X15)
	BOTH(X0, X1, X2, X3, X4, X5, X6, X7, X8, X9)

	// Turned: a row in each lane.
	VINSERTI128 $1, X4, Y8, Y8
	VINSERTI128 $1, X5, Y1, Y1
	VINSERTI128 $1, X0, Y2, Y2
	VINSERTI128 $1, X7, Y3, Y3
	VPUNPCKLDQ  Y1, Y8, Y4
	VPUNPCKHDQ  Y1, Y8, Y5
	VPUNPCKLDQ  Y3, Y2, Y6
	VPUNPCKHDQ  Y3, Y2, Y7
	VPUNPCKLQDQ Y6, Y4, Y0
	VPUNPCKHQDQ Y6, Y4, Y1
	VPUNPCKLQDQ Y7, Y5, Y2
	VPUNPCKHQDQ Y7, Y5, Y3

	CARRY(Y0, Y1, Y4)
	CARRY(Y2, Y3, Y5)
	VPBROADCASTD constants<>+24(SB), Y6
	VPAND  Y6, Y0, Y0
	VPADDD Y11, Y0, Y0
	VPSRAD $const_constBits, Y1, Y1
	VPSRAD $const_constBits, Y2, Y2
	VPSRAD $const_constBits, Y3, Y3
	EVENLOW(Y0, Y2, Y4, Y6, Y8, Y9, Y12)
	ODDLOW(Y1, Y2, Y3, Y5, Y7, Y9, Y12, Y13, Y14, Y15)
	BOTH(Y0, Y1, Y2, Y3, Y4, Y5, Y6, Y7, Y8, Y9)
	SAMPLES(Y0, Y1, Y2, Y3, Y4, Y5, Y7, Y8)
	VZEROUPPER
	RET

// func inverse4AVX2(dst []byte, stride int, b *block)
TEXT ·inverse4AVX2(SB), NOSPLIT, $0-40
	MOVQ dst_base+0(FP), DI
	MOVQ stride+24(FP), SI
	MOVQ b+32(FP), BX
	LEAQ (SI)(SI*2), DX

	// Four columns.
	VPBROADCASTD constants<>+0(SB), X12
	VPBROADCASTD constants<>+16(SB), X10
	VMOVDQU (BX), X0
	VPSLLD  $const_constBits, X0, X0
	VPADDD  X10, X0, X0
	VMOVDQU 32(BX), X1
	VMOVDQU 64(BX), X2
	VPSLLD  $const_constBits, X2, X2
	VMOVDQU 96(BX), X3
	VPXOR   X8, X8, X8
	VMOVDQU X8, (BX)
	VMOVDQU X8, 32(BX)
	VMOVDQU X8, 64(BX)
	VMOVDQU X8, 96(BX)
	FOUR

	// Turned: a row in each lane.
	VPUNPCKLDQ  X1, X0, X4
	VPUNPCKHDQ  X1, X0, X5
	VPUNPCKLDQ  X3, X2, X6
	VPUNPCKHDQ  X3, X2, X7
	VPUNPCKLQDQ X6, X4, X0
	VPUNPCKHQDQ X6, X4, X1
	VPUNPCKLQDQ X7, X5, X2
	VPUNPCKHQDQ X7, X5, X3

	// Of what FOUR wants multiplied, what is dropped is not shifted out.
	VPBROADCASTD constants<>+20(SB), X11
	VPBROADCASTD constants<>+24(SB), X13
	CARRY(X0, X1, X4)
	CARRY(X2, X3, X5)
	VPAND  X13, X0, X0
	VPADDD X11, X0, X0
	VPSRAD $const_constBits, X1, X1
	VPAND  X13, X2, X2
	VPSRAD $const_constBits, X3, X3
	FOUR
	VPSRAD    $const_outBits, X0, X0
	VPSRAD    $const_outBits, X1, X1
	VPSRAD    $const_outBits, X2, X2
	VPSRAD    $const_outBits, X3, X3
	VPACKSSDW X1, X0, X0
	VPACKSSDW X3, X2, X2
	VPACKUSWB X2, X0, X0
	VPSHUFB   byColumn<>(SB), X0, X0
	VMOVD     X0, (DI)
	VPEXTRD   $1, X0, (DI)(SI*1)
	VPEXTRD   $2, X0, (DI)(SI*2)
	VPEXTRD   $3, X0, (DI)(DX*1)
	RET
