//go:build !purego

#include "textflag.h"

// MASK sets K1 to the first CX bytes of 64, CX being at most 64.
#define MASK \
	MOVQ  $64, AX  \
	SUBQ  CX, AX   \
	MOVQ  AX, CX   \
	MOVQ  $-1, AX  \
	SHRQ  CX, AX   \
	KMOVQ AX, K1

// func maxRowAVX512(dst, src *uint8, n, count, dstStep, srcStep int, w *Window, lo uint8)
//
// R13 and R14 walk along pixels, R8 counts them; DI and SI walk along the channels of one, DX counts these; R12 and BX
// walk down and along a window, R9 and CX count.
TEXT ·maxRowAVX512(SB), NOSPLIT, $0-57
	MOVQ dst+0(FP), R13
	MOVQ src+8(FP), R14
	MOVQ count+24(FP), R8
	MOVQ w+48(FP), R15
	MOVQ 16(R15), R10          // Pitch
	MOVQ 24(R15), R11          // Step
	VPBROADCASTB lo+56(FP), Z1

pixel:
	MOVQ R13, DI
	MOVQ R14, SI
	MOVQ n+16(FP), DX

channels:
	MOVQ DX, CX
	CMPQ CX, $64
	JLT  part
	VMOVDQA64 Z1, Z0
	MOVQ SI, R12
	MOVQ 0(R15), R9            // Rows
	CMPQ 8(R15), $3            // Cols
	JNE  row

three:
	VPMAXUB (R12), Z0, Z0
	VPMAXUB (R12)(R11*1), Z0, Z0
	VPMAXUB (R12)(R11*2), Z0, Z0
	ADDQ    R10, R12
	DECQ    R9
	JNZ     three

store:
	VMOVDQU64 Z0, (DI)
	ADDQ $64, DI
	ADDQ $64, SI
	SUBQ $64, DX
	JMP  channels

row:
	MOVQ R12, BX
	MOVQ 8(R15), CX

column:
	VPMAXUB (BX), Z0, Z0
	ADDQ    R11, BX
	DECQ    CX
	JNZ     column
	ADDQ    R10, R12
	DECQ    R9
	JNZ     row
	JMP     store

part:
	TESTQ CX, CX
	JZ    next
	MASK
	VMOVDQA64 Z1, Z0
	MOVQ 0(R15), R9

partrow:
	MOVQ SI, BX
	MOVQ 8(R15), CX

partcolumn:
	VMOVDQU8.Z (BX), K1, Z2
	VPMAXUB Z2, Z0, Z0
	ADDQ    R11, BX
	DECQ    CX
	JNZ     partcolumn
	ADDQ    R10, SI
	DECQ    R9
	JNZ     partrow
	VMOVDQU8 Z0, K1, (DI)

next:
	ADDQ dstStep+32(FP), R13
	ADDQ srcStep+40(FP), R14
	DECQ R8
	JNZ  pixel
	VZEROUPPER
	RET

// func averageWindowAVX512(dst, src *uint8, n, rows, cols, pitch, step int, a *averaging)
//
// Sums are of 16 bits: channels of the lower half in Z0, of the upper one in Z1.
TEXT ·averageWindowAVX512(SB), NOSPLIT, $0-64
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ n+16(FP), DX
	MOVQ pitch+40(FP), R10
	MOVQ step+48(FP), R11
	MOVQ a+56(FP), R13
	VPBROADCASTW 0(R13), Z10 // half
	VPBROADCASTW 2(R13), Z11 // middle
	VPBROADCASTW 4(R13), Z12 // less
	VPBROADCASTW 6(R13), Z13 // factor
	VPBROADCASTB 8(R13), Z14 // lo
	VPBROADCASTB 9(R13), Z15 // hi
	VPXORD       Z9, Z9, Z9

channels:
	MOVQ DX, CX
	CMPQ CX, $64
	JLE  mask
	MOVQ $64, CX

mask:
	MASK
	VPXORD Z0, Z0, Z0
	VPXORD Z1, Z1, Z1
	MOVQ   SI, R12
	MOVQ   rows+24(FP), R9

row:
	MOVQ R12, BX
	MOVQ cols+32(FP), CX

column:
	VMOVDQU8.Z (BX), K1, Z2
	VPUNPCKLBW Z9, Z2, Z3
	VPUNPCKHBW Z9, Z2, Z4
	VPADDW     Z3, Z0, Z0
	VPADDW     Z4, Z1, Z1
	ADDQ       R11, BX
	DECQ       CX
	JNZ        column
	ADDQ       R10, R12
	DECQ       R9
	JNZ        row

	// (sum + half, less 1 if the sum is below the middle) * factor / 2^16.
	VPCMPUW   $1, Z11, Z0, K2
	VPCMPUW   $1, Z11, Z1, K3
	VPADDW    Z10, Z0, Z0
	VPADDW    Z10, Z1, Z1
	VPSUBW    Z12, Z0, K2, Z0
	VPSUBW    Z12, Z1, K3, Z1
	VPMULHUW  Z13, Z0, Z0
	VPMULHUW  Z13, Z1, Z1
	VPACKUSWB Z1, Z0, Z0
	VPMAXUB   Z14, Z0, Z0
	VPMINUB   Z15, Z0, Z0
	VMOVDQU8  Z0, K1, (DI)
	ADDQ      $64, DI
	ADDQ      $64, SI
	SUBQ      $64, DX
	JGT       channels
	VZEROUPPER
	RET
