//go:build !purego

#include "textflag.h"

// ROW multiplies the number at row[AX] by the 16 of the panel in Y8 and Y9, and adds the products to lo and hi.
#define ROW(row, lo, hi) \
	VBROADCASTSS (row)(AX*4), Y10 \
	VMULPS       Y8, Y10, Y11     \
	VMULPS       Y9, Y10, Y10     \
	VADDPS       Y11, lo, lo      \
	VADDPS       Y10, hi, hi

// func tile32Vectors(acc *Tile32, a, b, c, d, panel *float32, n int)
//
// Y0 to Y7 are the sums, two for each row.
TEXT ·tile32Vectors(SB), NOSPLIT, $0-56
	MOVQ    acc+0(FP), DI
	MOVQ    a+8(FP), R8
	MOVQ    b+16(FP), R9
	MOVQ    c+24(FP), R10
	MOVQ    d+32(FP), R11
	MOVQ    panel+40(FP), SI
	MOVQ    n+48(FP), CX
	XORQ    AX, AX
	VMOVUPS 0(DI), Y0
	VMOVUPS 32(DI), Y1
	VMOVUPS 64(DI), Y2
	VMOVUPS 96(DI), Y3
	VMOVUPS 128(DI), Y4
	VMOVUPS 160(DI), Y5
	VMOVUPS 192(DI), Y6
	VMOVUPS 224(DI), Y7

next:
	VMOVUPS (SI), Y8
	VMOVUPS 32(SI), Y9
	ROW(R8, Y0, Y1)
	ROW(R9, Y2, Y3)
	ROW(R10, Y4, Y5)
	ROW(R11, Y6, Y7)
	ADDQ    $64, SI
	INCQ    AX
	CMPQ    AX, CX
	JNE     next
	VMOVUPS Y0, 0(DI)
	VMOVUPS Y1, 32(DI)
	VMOVUPS Y2, 64(DI)
	VMOVUPS Y3, 96(DI)
	VMOVUPS Y4, 128(DI)
	VMOVUPS Y5, 160(DI)
	VMOVUPS Y6, 192(DI)
	VMOVUPS Y7, 224(DI)
	VZEROUPPER
	RET

// func tap32Vectors(acc, x, w *float32, n int)
TEXT ·tap32Vectors(SB), NOSPLIT, $0-32
	MOVQ acc+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ w+16(FP), DX
	MOVQ n+24(FP), CX
	XORQ AX, AX

eight:
	VMOVUPS (SI)(AX*4), Y0
	VMULPS  (DX)(AX*4), Y0, Y0
	VADDPS  (DI)(AX*4), Y0, Y0
	VMOVUPS Y0, (DI)(AX*4)
	ADDQ    $8, AX
	CMPQ    AX, CX
	JNE     eight
	VZEROUPPER
	RET

// func tapVectors(acc *int32, x *uint8, w *int16, n int, zero int32)
TEXT ·tapVectors(SB), NOSPLIT, $0-36
	MOVQ         acc+0(FP), DI
	MOVQ         x+8(FP), SI
	MOVQ         w+16(FP), DX
	MOVQ         n+24(FP), CX
	MOVL         zero+32(FP), AX
	VMOVD        AX, X3
	VPBROADCASTD X3, Y3
	XORQ         AX, AX

eight:
	VPMOVZXBD (SI)(AX*1), Y0
	VPMOVSXWD (DX)(AX*2), Y1
	VPSUBD    Y3, Y0, Y0
	VPMULLD   Y1, Y0, Y0
	VPADDD    (DI)(AX*4), Y0, Y0
	VMOVDQU   Y0, (DI)(AX*4)
	ADDQ      $8, AX
	CMPQ      AX, CX
	JNE       eight
	VZEROUPPER
	RET
