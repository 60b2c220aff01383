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

// Quotients are limited to ±512 before they are rounded. What lies nearer than 2^-11 to a half is not good.
DATA norm<>+0(SB)/4, $512.0
DATA norm<>+4(SB)/4, $-512.0
DATA norm<>+8(SB)/4, $0.49951171875
DATA norm<>+12(SB)/4, $0x7fffffff
DATA norm<>+16(SB)/4, $0x21800000 // bits of 2^-60
DATA norm<>+20(SB)/4, $0x3bffffff // 2^60 has that and one more than these
GLOBL norm<>(SB), RODATA|NOPTR, $24

// TRANSPOSE makes 8 rows of 8 bytes, in X0 … X7, its columns: two in each of X0, X2, X4, X6.
#define TRANSPOSE \
	VPUNPCKLBW X1, X0, X0 \
	VPUNPCKLBW X3, X2, X2 \
	VPUNPCKLBW X5, X4, X4 \
	VPUNPCKLBW X7, X6, X6 \
	WORDS

// WORDS does the same of rows of which two each lie side by side, in X0, X2, X4, X6.
#define WORDS \
	VPUNPCKLWD X2, X0, X1 \
	VPUNPCKHWD X2, X0, X3 \
	VPUNPCKLWD X6, X4, X5 \
	VPUNPCKHWD X6, X4, X7 \
	VPUNPCKLDQ X5, X1, X0 \
	VPUNPCKHDQ X5, X1, X2 \
	VPUNPCKLDQ X7, X3, X4 \
	VPUNPCKHDQ X7, X3, X6

// VALUE makes numbers and their squares of the bytes of a channel.
#define VALUE(x, at) \
	VPMOVZXBD x, Y8          \
	VPSUBD    Y14, Y8, Y8    \
	VCVTDQ2PS Y8, Y8         \
	VMULPS    Y15, Y8, Y8    \
	VMOVUPS   Y8, at(DX)     \
	VMULPS    Y8, Y8, Y8     \
	VMULPS    Y13, Y8, Y8    \
	VMOVUPS   Y8, at(R12)

#define VALUES2(x, at) \
	VALUE(x, at)             \
	VPSRLDQ   $8, x, x       \
	VALUE(x, at+32)

// func normAVX2(t *normPixels)
//
// R8 is the width, R9 three times that, SI and R10 point at the first and the fifth pixel, DX at values, R12 at squares.
TEXT ·normAVX2(SB), NOSPLIT, $0-8
	MOVQ t+0(FP), DI
	MOVQ SRC, SI
	MOVQ WIDTH, R8
	LEAQ (R8)(R8*2), R9
	LEAQ (SI)(R8*4), R10
	MOVQ VALUES, DX
	MOVQ SQUARES, R11
	MOVQ RADIUS, CX
	MOVQ CX, AX
	SHLQ $5, AX
	LEAQ (R11)(AX*1), R12
	MOVQ R8, R13
	SHLQ $5, R13
	ADDQ R12, R13
	VXORPS Y0, Y0, Y0
	VBROADCASTSS SCALE, Y15
	VBROADCASTSS ZERO, Y14
	VBROADCASTSS ALPHA, Y13

pad: // zeros before the first channel and behind the last
	TESTQ   CX, CX
	JZ      padded
	VMOVUPS Y0, (R11)
	VMOVUPS Y0, (R13)
	ADDQ    $32, R11
	ADDQ    $32, R13
	DECQ    CX
	JMP     pad

padded:
	MOVQ R8, CX
	SHRQ $3, CX

read:
	VMOVQ (SI), X0
	VMOVQ (SI)(R8*1), X1
	VMOVQ (SI)(R8*2), X2
	VMOVQ (SI)(R9*1), X3
	VMOVQ (R10), X4
	VMOVQ (R10)(R8*1), X5
	VMOVQ (R10)(R8*2), X6
	VMOVQ (R10)(R9*1), X7
	TRANSPOSE
	VALUES2(X0, 0)
	VALUES2(X2, 64)
	VALUES2(X4, 128)
	VALUES2(X6, 192)
	ADDQ  $8, SI
	ADDQ  $8, R10
	ADDQ  $256, DX
	ADDQ  $256, R12
	DECQ  CX
	JNZ   read

	// R11 points at the squares that leave the window, R12 at those that join it, R13 at what is good. Y6 is the sum.
	MOVQ VALUES, DX
	MOVQ SQUARES, R11
	LEAQ (R11)(AX*2), R12
	MOVQ GOOD, R13
	VBROADCASTSS BIAS, Y15
	VBROADCASTSS INVERSE, Y14
	VBROADCASTSS OUTZERO, Y13
	VBROADCASTSS norm<>+0(SB), Y12
	VBROADCASTSS norm<>+4(SB), Y11
	VBROADCASTSS norm<>+8(SB), Y10
	VBROADCASTSS norm<>+12(SB), Y9
	VBROADCASTSS norm<>+16(SB), Y8
	VBROADCASTSS norm<>+20(SB), Y7
	VXORPS Y6, Y6, Y6
	MOVQ   R11, BX

first:
	CMPQ   BX, R12
	JEQ    begin
	VADDPS (BX), Y6, Y6
	ADDQ   $32, BX
	JMP    first

begin:
	MOVQ R8, CX

channel:
	VADDPS       (R12), Y6, Y6
	VADDPS       Y6, Y15, Y0
	VSUBPS       (R11), Y6, Y6
	VMOVUPS      Y0, (R11)
	VSQRTPS      Y0, Y1
	VSQRTPS      Y1, Y2
	VMOVUPS      (DX), Y3
	VMULPS       Y2, Y1, Y1
	VDIVPS       Y1, Y3, Y3
	VMULPS       Y14, Y3, Y3
	VMAXPS       Y11, Y3, Y3
	VMINPS       Y12, Y3, Y3
	VROUNDPS     $0, Y3, Y4
	VSUBPS       Y4, Y3, Y3
	VANDPS       Y9, Y3, Y3
	VCMPPS       $0x1D, Y10, Y3, Y3
	VPSUBD       Y8, Y0, Y0
	VPMINUD      Y7, Y0, Y1
	VPCMPEQD     Y1, Y0, Y0
	VPANDN       Y0, Y3, Y3
	VMOVMSKPS    Y3, BX
	MOVB         BX, (R13)
	VCVTPS2DQ    Y4, Y4
	VPADDD       Y13, Y4, Y4
	VEXTRACTI128 $1, Y4, X5
	VPACKSSDW    X5, X4, X4
	VPACKUSWB    X4, X4, X4
	VMOVQ        X4, (DX)
	ADDQ         $32, DX
	ADDQ         $32, R11
	ADDQ         $32, R12
	INCQ         R13
	DECQ         CX
	JNZ          channel

	MOVQ VALUES, DX
	MOVQ DST, SI
	LEAQ (SI)(R8*4), R10
	MOVQ R8, CX
	SHRQ $3, CX

write:
	VMOVQ   (DX), X0
	VMOVQ   32(DX), X1
	VMOVQ   64(DX), X2
	VMOVQ   96(DX), X3
	VMOVQ   128(DX), X4
	VMOVQ   160(DX), X5
	VMOVQ   192(DX), X6
	VMOVQ   224(DX), X7
	TRANSPOSE
	VMOVQ   X0, (SI)
	VMOVHPS X0, (SI)(R8*1)
	VMOVQ   X2, (SI)(R8*2)
	VMOVHPS X2, (SI)(R9*1)
	VMOVQ   X4, (R10)
	VMOVHPS X4, (R10)(R8*1)
	VMOVQ   X6, (R10)(R8*2)
	VMOVHPS X6, (R10)(R9*1)
	ADDQ    $8, SI
	ADDQ    $8, R10
	ADDQ    $256, DX
	DECQ    CX
	JNZ     write
	VZEROUPPER
	RET

// COLUMNS makes the columns of 8 rows of 8 bytes, R8 apart, the first half from a on, the second from b.
#define COLUMNS(a, b) \
	VMOVQ (a), X0         \
	VMOVQ (a)(R8*1), X1   \
	VMOVQ (a)(R8*2), X2   \
	VMOVQ (a)(R9*1), X3   \
	VMOVQ (b), X4         \
	VMOVQ (b)(R8*1), X5   \
	VMOVQ (b)(R8*2), X6   \
	VMOVQ (b)(R9*1), X7   \
	TRANSPOSE             \
	ADDQ  $8, a           \
	ADDQ  $8, b

// ROWS writes what X0, X2, X4, X6 have of 8 rows.
#define ROWS(a, b) \
	VMOVQ   X0, (a)       \
	VMOVHPS X0, (a)(R8*1) \
	VMOVQ   X2, (a)(R8*2) \
	VMOVHPS X2, (a)(R9*1) \
	VMOVQ   X4, (b)       \
	VMOVHPS X4, (b)(R8*1) \
	VMOVQ   X6, (b)(R8*2) \
	VMOVHPS X6, (b)(R9*1) \
	ADDQ    $8, a         \
	ADDQ    $8, b

// VALUE16 is VALUE of 16 pixels, of which lower and upper have 8 each, in the half that unpack takes.
#define VALUE16(unpack, upper, lower, at) \
	unpack    upper, lower, X9 \
	VPMOVZXBD X9, Z9         \
	VPSUBD    Z14, Z9, Z9    \
	VCVTDQ2PS Z9, Z9         \
	VMULPS    Z15, Z9, Z9    \
	VMOVUPS   Z9, at(DX)     \
	VMULPS    Z9, Z9, Z9     \
	VMULPS    Z13, Z9, Z9    \
	VMOVUPS   Z9, at(R12)

// func normAVX512(t *normPixels)
//
// As normAVX2, with four pixels each from SI, R10, R14 and R15 on.
TEXT ·normAVX512(SB), NOSPLIT, $0-8
	MOVQ t+0(FP), DI
	MOVQ SRC, SI
	MOVQ WIDTH, R8
	LEAQ (R8)(R8*2), R9
	LEAQ (SI)(R8*4), R10
	LEAQ (SI)(R8*8), R14
	LEAQ (R10)(R8*8), R15
	MOVQ VALUES, DX
	MOVQ SQUARES, R11
	MOVQ RADIUS, CX
	MOVQ CX, AX
	SHLQ $6, AX
	LEAQ (R11)(AX*1), R12
	MOVQ R8, R13
	SHLQ $6, R13
	ADDQ R12, R13
	VPXORD Z0, Z0, Z0
	VBROADCASTSS SCALE, Z15
	VPBROADCASTD ZERO, Z14
	VBROADCASTSS ALPHA, Z13

pad:
	TESTQ   CX, CX
	JZ      padded
	VMOVUPS Z0, (R11)
	VMOVUPS Z0, (R13)
	ADDQ    $64, R11
	ADDQ    $64, R13
	DECQ    CX
	JMP     pad

padded:
	MOVQ R8, CX
	SHRQ $3, CX

read:
	COLUMNS(SI, R10)
	VMOVDQA X0, X8
	VMOVDQA X2, X10
	VMOVDQA X4, X11
	VMOVDQA X6, X12
	COLUMNS(R14, R15)
	VALUE16(VPUNPCKLQDQ, X0, X8, 0)
	VALUE16(VPUNPCKHQDQ, X0, X8, 64)
	VALUE16(VPUNPCKLQDQ, X2, X10, 128)
	VALUE16(VPUNPCKHQDQ, X2, X10, 192)
	VALUE16(VPUNPCKLQDQ, X4, X11, 256)
	VALUE16(VPUNPCKHQDQ, X4, X11, 320)
	VALUE16(VPUNPCKLQDQ, X6, X12, 384)
	VALUE16(VPUNPCKHQDQ, X6, X12, 448)
	ADDQ  $512, DX
	ADDQ  $512, R12
	DECQ  CX
	JNZ   read

	MOVQ VALUES, DX
	MOVQ SQUARES, R11
	LEAQ (R11)(AX*2), R12
	MOVQ GOOD, R13
	VBROADCASTSS BIAS, Z15
	VBROADCASTSS INVERSE, Z14
	VPBROADCASTD OUTZERO, Z13
	VBROADCASTSS norm<>+0(SB), Z12
	VBROADCASTSS norm<>+4(SB), Z11
	VBROADCASTSS norm<>+8(SB), Z10
	VPBROADCASTD norm<>+12(SB), Z9
	VPBROADCASTD norm<>+16(SB), Z8
	VPBROADCASTD norm<>+20(SB), Z7
	VPXORD Z6, Z6, Z6
	VPXORD Z5, Z5, Z5
	MOVQ   R11, BX

first:
	CMPQ   BX, R12
	JEQ    begin
	VADDPS (BX), Z6, Z6
	ADDQ   $64, BX
	JMP    first

begin:
	MOVQ R8, CX

channel:
	VADDPS      (R12), Z6, Z6
	VADDPS      Z6, Z15, Z0
	VSUBPS      (R11), Z6, Z6
	VMOVUPS     Z0, (R11)
	VSQRTPS     Z0, Z1
	VSQRTPS     Z1, Z2
	VMOVUPS     (DX), Z3
	VMULPS      Z2, Z1, Z1
	VDIVPS      Z1, Z3, Z3
	VMULPS      Z14, Z3, Z3
	VMAXPS      Z11, Z3, Z3
	VMINPS      Z12, Z3, Z3
	VRNDSCALEPS $0, Z3, Z4
	VSUBPS      Z4, Z3, Z3
	VPANDD      Z9, Z3, Z3
	VCMPPS      $0x1D, Z10, Z3, K1
	VPSUBD      Z8, Z0, Z0
	VPCMPUD     $2, Z7, Z0, K2
	KANDNW      K2, K1, K1
	KMOVW       K1, (R13)
	VCVTPS2DQ   Z4, Z4
	VPADDD      Z13, Z4, Z4
	VPMAXSD     Z5, Z4, Z4
	VPMOVUSDB   Z4, (DX)
	ADDQ        $64, DX
	ADDQ        $64, R11
	ADDQ        $64, R12
	ADDQ        $2, R13
	DECQ        CX
	JNZ         channel

	MOVQ VALUES, DX
	MOVQ DST, SI
	LEAQ (SI)(R8*4), R10
	LEAQ (SI)(R8*8), R14
	LEAQ (R10)(R8*8), R15
	MOVQ R8, CX
	SHRQ $3, CX

write:
	VMOVDQU (DX), X0
	VMOVDQU 64(DX), X1
	VMOVDQU 128(DX), X2
	VMOVDQU 192(DX), X3
	VMOVDQU 256(DX), X4
	VMOVDQU 320(DX), X5
	VMOVDQU 384(DX), X6
	VMOVDQU 448(DX), X7
	VPUNPCKHBW X1, X0, X8
	VPUNPCKHBW X3, X2, X9
	VPUNPCKHBW X5, X4, X10
	VPUNPCKHBW X7, X6, X11
	TRANSPOSE
	ROWS(SI, R10)
	VMOVDQA X8, X0
	VMOVDQA X9, X2
	VMOVDQA X10, X4
	VMOVDQA X11, X6
	WORDS
	ROWS(R14, R15)
	ADDQ $512, DX
	DECQ CX
	JNZ  write
	VZEROUPPER
	RET
