//go:build !purego

#include "textflag.h"

// func dequantizeAVX2(dst *float32, src *uint8, n int, scale float32, zero int32)
TEXT ·dequantizeAVX2(SB), NOSPLIT, $0-32
	MOVQ         dst+0(FP), DI
	MOVQ         src+8(FP), SI
	MOVQ         n+16(FP), CX
	VBROADCASTSS scale+24(FP), Y15
	VBROADCASTSS zero+28(FP), Y14
	XORQ         AX, AX

loop:
	VPMOVZXBD (SI)(AX*1), Y0
	VPSUBD    Y14, Y0, Y0
	VCVTDQ2PS Y0, Y0
	VMULPS    Y15, Y0, Y0
	VMOVUPS   Y0, (DI)(AX*4)
	ADDQ      $8, AX
	CMPQ      AX, CX
	JNE       loop
	VZEROUPPER
	RET

// func sumWindowAVX2(acc *int32, src *uint8, n, rows, cols, pitch, step int)
//
// AX walks along the channels, R8 and R9 count rows and columns, R11 and R10 point at them.
TEXT ·sumWindowAVX2(SB), NOSPLIT, $0-56
	MOVQ acc+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ n+16(FP), CX
	MOVQ cols+32(FP), BX
	MOVQ pitch+40(FP), DX
	MOVQ step+48(FP), R12
	XORQ AX, AX

channels:
	VPXOR Y0, Y0, Y0
	VPXOR Y1, Y1, Y1
	MOVQ  rows+24(FP), R8
	LEAQ  (SI)(AX*1), R11

row:
	MOVQ BX, R9
	MOVQ R11, R10

col:
	VPMOVZXBD (R10), Y2
	VPMOVZXBD 8(R10), Y3
	VPADDD    Y2, Y0, Y0
	VPADDD    Y3, Y1, Y1
	ADDQ      R12, R10
	DECQ      R9
	JNZ       col
	ADDQ      DX, R11
	DECQ      R8
	JNZ       row
	VMOVDQU   Y0, (DI)(AX*4)
	VMOVDQU   Y1, 32(DI)(AX*4)
	ADDQ      $16, AX
	CMPQ      AX, CX
	JNE       channels
	VZEROUPPER
	RET

// func averageAVX2(dst *uint8, acc *int32, n int, count, bias, lo, hi int32)
TEXT ·averageAVX2(SB), NOSPLIT, $0-40
	MOVQ         dst+0(FP), DI
	MOVQ         acc+8(FP), SI
	MOVQ         n+16(FP), CX
	MOVL         count+24(FP), AX
	VMOVD        AX, X15
	VPBROADCASTD X15, Y15
	VCVTDQ2PS    Y15, Y14          // count
	VPSRLD       $1, Y15, Y13      // half of it
	VBROADCASTSS bias+28(FP), Y12
	VPMULLD      Y12, Y15, Y11     // bias * count
	VBROADCASTSS lo+32(FP), Y10
	VBROADCASTSS hi+36(FP), Y9
	XORQ         AX, AX

loop:
	VMOVDQU      (SI)(AX*4), Y0
	VPSUBD       Y11, Y0, Y0
	VPSIGND      Y0, Y13, Y1       // half with the sum's sign
	VPADDD       Y1, Y0, Y0
	VCVTDQ2PS    Y0, Y0
	VDIVPS       Y14, Y0, Y0
	VCVTTPS2DQ   Y0, Y0
	VPADDD       Y12, Y0, Y0
	VPMAXSD      Y10, Y0, Y0
	VPMINSD      Y9, Y0, Y0
	VEXTRACTI128 $1, Y0, X1
	VPACKUSDW    X1, X0, X0
	VPACKUSWB    X0, X0, X0
	VMOVQ        X0, (DI)(AX*1)
	ADDQ         $8, AX
	CMPQ         AX, CX
	JNE          loop
	VZEROUPPER
	RET
