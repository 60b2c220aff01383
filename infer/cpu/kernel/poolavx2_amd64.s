//go:build !purego

#include "textflag.h"

// WINDOWS goes through the rows and columns of a window, from SI on, and calls at for each pixel, at BX.
#define WINDOW(at, row, col) \
	MOVQ SI, R12      \
	MOVQ R8, R9       \
row:                      \
	MOVQ R12, BX      \
	MOVQ R10, CX      \
col:                      \
	at                \
	ADDQ R11, BX      \
	DECQ CX           \
	JNZ  col          \
	ADDQ DX, R12      \
	DECQ R9           \
	JNZ  row

#define MAX64 \
	VPMAXUB (BX), Y0, Y0   \
	VPMAXUB 32(BX), Y1, Y1

#define MAX32 VPMAXUB (BX), Y0, Y0
#define MAX16 VPMAXUB (BX), X0, X0

// func maxRowAVX2(dst, src *uint8, n, count, dstStep, srcStep int, w *Window, lo uint8)
//
// SI and DI walk along the channels of a pixel, of which R13 are left. Where a vector would reach beyond them, it moves back
// and does some again.
TEXT ·maxRowAVX2(SB), NOSPLIT, $0-57
	MOVQ w+48(FP), AX
	MOVQ 0(AX), R8   // rows
	MOVQ 8(AX), R10  // columns
	MOVQ 16(AX), DX  // pitch
	MOVQ 24(AX), R11 // step
	VPBROADCASTB lo+56(FP), Y15

pixel:
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ n+16(FP), R13
	CMPQ R13, $32
	JLT  narrow

channels:
	CMPQ R13, $64
	JLT  half
	VMOVDQA Y15, Y0
	VMOVDQA Y15, Y1
	WINDOW(MAX64, row64, col64)
	VMOVDQU Y0, (DI)
	VMOVDQU Y1, 32(DI)
	ADDQ $64, SI
	ADDQ $64, DI
	SUBQ $64, R13
	JMP  channels

half:
	TESTQ R13, R13
	JLE  next
	SUBQ $32, R13
	JGE  whole
	ADDQ R13, SI
	ADDQ R13, DI

whole:
	VMOVDQA Y15, Y0
	WINDOW(MAX32, row32, col32)
	VMOVDQU Y0, (DI)
	ADDQ $32, SI
	ADDQ $32, DI
	JMP  half

narrow:
	TESTQ R13, R13
	JLE  next
	SUBQ $16, R13
	JGE  whole16
	ADDQ R13, SI
	ADDQ R13, DI

whole16:
	VMOVDQA X15, X0
	WINDOW(MAX16, row16, col16)
	VMOVDQU X0, (DI)
	ADDQ $16, SI
	ADDQ $16, DI
	JMP  narrow

next:
	MOVQ dstStep+32(FP), AX
	ADDQ AX, dst+0(FP)
	MOVQ srcStep+40(FP), AX
	ADDQ AX, src+8(FP)
	DECQ count+24(FP)
	JNZ  pixel
	VZEROUPPER
	RET

#define ADD32 \
	VMOVDQU    (BX), Y2    \
	VPUNPCKLBW Y9, Y2, Y3  \
	VPUNPCKHBW Y9, Y2, Y4  \
	VPADDW     Y3, Y0, Y0  \
	VPADDW     Y4, Y1, Y1

#define ADD16 \
	VMOVDQU    (BX), X2    \
	VPUNPCKLBW X9, X2, X3  \
	VPUNPCKHBW X9, X2, X4  \
	VPADDW     X3, X0, X0  \
	VPADDW     X4, X1, X1

// AVERAGE is (sum + half, less 1 if the sum is below the middle) * factor / 2^16, limited.
#define AVERAGE \
	VPCMPGTW  Y0, Y11, Y2   \
	VPCMPGTW  Y1, Y11, Y3   \
	VPAND     Y12, Y2, Y2   \
	VPAND     Y12, Y3, Y3   \
	VPADDW    Y10, Y0, Y0   \
	VPADDW    Y10, Y1, Y1   \
	VPSUBW    Y2, Y0, Y0    \
	VPSUBW    Y3, Y1, Y1    \
	VPMULHUW  Y13, Y0, Y0   \
	VPMULHUW  Y13, Y1, Y1   \
	VPACKUSWB Y1, Y0, Y0    \
	VPMAXUB   Y14, Y0, Y0   \
	VPMINUB   Y15, Y0, Y0

// func averageWindowAVX2(dst, src *uint8, n, rows, cols, pitch, step int, a *averaging)
//
// Sums are of 16 bits: of each 16 channels, the lower 8 in Y0, the upper in Y1. Registers as in maxRowAVX2.
TEXT ·averageWindowAVX2(SB), NOSPLIT, $0-64
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ n+16(FP), R13
	MOVQ rows+24(FP), R8
	MOVQ cols+32(FP), R10
	MOVQ pitch+40(FP), DX
	MOVQ step+48(FP), R11
	MOVQ a+56(FP), AX
	VPBROADCASTW 0(AX), Y10 // half
	VPBROADCASTW 2(AX), Y11 // middle
	VPBROADCASTW 4(AX), Y12 // less
	VPBROADCASTW 6(AX), Y13 // factor
	VPBROADCASTB 8(AX), Y14 // lo
	VPBROADCASTB 9(AX), Y15 // hi
	VPXOR        Y9, Y9, Y9
	CMPQ R13, $32
	JLT  narrow

channels:
	TESTQ R13, R13
	JLE  done
	SUBQ $32, R13
	JGE  whole
	ADDQ R13, SI
	ADDQ R13, DI

whole:
	VPXOR Y0, Y0, Y0
	VPXOR Y1, Y1, Y1
	WINDOW(ADD32, row32, col32)
	AVERAGE
	VMOVDQU Y0, (DI)
	ADDQ $32, SI
	ADDQ $32, DI
	JMP  channels

narrow:
	TESTQ R13, R13
	JLE  done
	SUBQ $16, R13
	JGE  whole16
	ADDQ R13, SI
	ADDQ R13, DI

whole16:
	VPXOR Y0, Y0, Y0
	VPXOR Y1, Y1, Y1
	WINDOW(ADD16, row16, col16)
	AVERAGE
	VMOVDQU X0, (DI)
	ADDQ $16, SI
	ADDQ $16, DI
	JMP  narrow

done:
	VZEROUPPER
	RET
