//go:build !purego

#include "textflag.h"

DATA one<>+0(SB)/8, $1.0
GLOBL one<>(SB), RODATA|NOPTR, $8
DATA floatHalf<>+0(SB)/4, $0.5
GLOBL floatHalf<>(SB), RODATA|NOPTR, $4
DATA floatMinusHalf<>+0(SB)/4, $-0.5
GLOBL floatMinusHalf<>(SB), RODATA|NOPTR, $4
DATA quantizeMin<>+0(SB)/4, $-1048576.0
GLOBL quantizeMin<>(SB), RODATA|NOPTR, $4
DATA quantizeMax<>+0(SB)/4, $1048576.0
GLOBL quantizeMax<>(SB), RODATA|NOPTR, $4

// POWER is a^-0.75 of 4 doubles: 1 / (r * sqrt(r)) with r = sqrt(a).
#define POWER(a, tmp) \
	VSQRTPD a, a        \
	VSQRTPD a, tmp      \
	VMULPD  tmp, a, a   \
	VDIVPD  a, Y15, a

// func scalePower75AVX2(dst, src *float32, n int, bias float32)
TEXT ·scalePower75AVX2(SB), NOSPLIT, $0-28
	MOVQ         dst+0(FP), DI
	MOVQ         src+8(FP), SI
	MOVQ         n+16(FP), CX
	VBROADCASTSS bias+24(FP), Y14
	VBROADCASTSD one<>(SB), Y15
	XORQ         AX, AX

loop:
	VADDPS       (DI)(AX*4), Y14, Y0
	VEXTRACTF128 $1, Y0, X1
	VCVTPS2PD    X0, Y0
	VCVTPS2PD    X1, Y1
	POWER(Y0, Y2)
	POWER(Y1, Y3)
	VCVTPD2PSY   Y0, X0
	VCVTPD2PSY   Y1, X1
	VINSERTF128  $1, X1, Y0, Y0
	VMULPS       (SI)(AX*4), Y0, Y0
	VMOVUPS      Y0, (DI)(AX*4)
	ADDQ         $8, AX
	CMPQ         AX, CX
	JNE          loop
	VZEROUPPER
	RET

// func quantizeAVX2(dst *uint8, src *float32, n int, scale float32, zero int32)
TEXT ·quantizeAVX2(SB), NOSPLIT, $0-32
	MOVQ         dst+0(FP), DI
	MOVQ         src+8(FP), SI
	MOVQ         n+16(FP), CX
	VBROADCASTSS scale+24(FP), Y15
	VBROADCASTSS zero+28(FP), Y14
	VBROADCASTSS quantizeMin<>(SB), Y13
	VBROADCASTSS quantizeMax<>(SB), Y12
	VBROADCASTSS floatHalf<>(SB), Y11
	VBROADCASTSS floatMinusHalf<>(SB), Y10
	XORQ         AX, AX

loop:
	VMOVUPS      (SI)(AX*4), Y0
	VDIVPS       Y15, Y0, Y0
	VMAXPS       Y13, Y0, Y0       // a NaN becomes the minimum
	VMINPS       Y12, Y0, Y0
	VCVTTPS2DQ   Y0, Y1
	VCVTDQ2PS    Y1, Y2
	VSUBPS       Y2, Y0, Y0        // the fraction, exact
	VCMPPS       $0x1D, Y11, Y0, Y2 // -1 where it is at least 0.5
	VCMPPS       $0x12, Y10, Y0, Y3 // -1 where it is at most -0.5
	VPSUBD       Y2, Y1, Y1
	VPADDD       Y3, Y1, Y1
	VPADDD       Y14, Y1, Y1
	VEXTRACTI128 $1, Y1, X0
	VPACKSSDW    X0, X1, X1
	VPACKUSWB    X1, X1, X1
	VMOVQ        X1, (DI)(AX*1)
	ADDQ         $8, AX
	CMPQ         AX, CX
	JNE          loop
	VZEROUPPER
	RET

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

// func maxWindowAVX2(dst, src *uint8, n, rows, cols, pitch, step int)
//
// AX walks along the channels, 32 at a time and then 16; R8 and R9 count rows and columns, SI and R10 point at them.
TEXT ·maxWindowAVX2(SB), NOSPLIT, $0-56
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ n+16(FP), CX
	MOVQ cols+32(FP), BX
	MOVQ pitch+40(FP), DX
	MOVQ step+48(FP), R12
	XORQ AX, AX

channels32:
	LEAQ    32(AX), R13
	CMPQ    R13, CX
	JGT     channels16
	VMOVDQU (DI)(AX*1), Y0
	MOVQ    rows+24(FP), R8
	LEAQ    (SI)(AX*1), R11

row32:
	MOVQ BX, R9
	MOVQ R11, R10

col32:
	VPMAXUB (R10), Y0, Y0
	ADDQ    R12, R10
	DECQ    R9
	JNZ     col32
	ADDQ    DX, R11
	DECQ    R8
	JNZ     row32
	VMOVDQU Y0, (DI)(AX*1)
	MOVQ    R13, AX
	JMP     channels32

channels16:
	CMPQ    AX, CX
	JEQ     done
	VMOVDQU (DI)(AX*1), X0
	MOVQ    rows+24(FP), R8
	LEAQ    (SI)(AX*1), R11

row16:
	MOVQ BX, R9
	MOVQ R11, R10

col16:
	VPMAXUB (R10), X0, X0
	ADDQ    R12, R10
	DECQ    R9
	JNZ     col16
	ADDQ    DX, R11
	DECQ    R8
	JNZ     row16
	VMOVDQU X0, (DI)(AX*1)

done:
	VZEROUPPER
	RET

// func sumWindowAVX2(acc *int32, src *uint8, n, rows, cols, pitch, step int)
//
// Registers as in maxWindowAVX2.
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
