//go:build !purego

#include "textflag.h"

// BLOCK sets K1 to the first 64 bytes, or as many as are left.
#define BLOCK(left) \
	MOVQ  $64, CX  \
	SUBQ  left, CX \
	MOVL  $0, AX   \
	CMOVQLT AX, CX \
	MOVQ  $-1, AX  \
	SHRQ  CX, AX   \
	KMOVQ AX, K1

// SLIDES jumps to slide for windows of 3 columns and up to 3 rows whose columns are as far apart as pixels, or half as far: then columns
// are in the windows of several pixels. R15 is the window, R11 the step of columns, and AX becomes how many columns a pixel is from the
// next. The second and third row lie R10 and BX behind the first, and have masks of their own, K4 and K5: that of one that there is
// not is empty.
#define SLIDES(srcStep) \
	CMPQ  8(R15), $3        \
	JNE   pixel             \
	MOVL  $1, AX            \
	CMPQ  R11, srcStep      \
	JEQ   rows              \
	MOVL  $2, AX            \
	LEAQ  (R11)(R11*1), CX  \
	CMPQ  CX, srcStep       \
	JNE   pixel             \
rows:                           \
	MOVQ  0(R15), R9        \
	CMPQ  R9, $3            \
	JGT   pixel             \
	MOVQ  16(R15), R10      \
	LEAQ  (R10)(R10*1), BX  \
	KMOVQ K1, K4            \
	KMOVQ K1, K5            \
	JEQ   slide             \
	XORL  BX, BX            \
	KXORQ K5, K5, K5        \
	CMPQ  R9, $2            \
	JEQ   slide             \
	XORL  R10, R10          \
	KXORQ K4, K4, K4        \
	JMP   slide

// func maxRowAVX512(dst, src *uint8, n, count, dstStep, srcStep int, w *Window, lo uint8)
//
// SI and DI walk along blocks of 64 channels, of which DX counts the channels; R14 and R13 walk along the pixels, R8 counts them; R12
// and BX walk down and along a window, R9 and CX count.
TEXT ·maxRowAVX512(SB), NOSPLIT, $0-57
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ n+16(FP), DX
	MOVQ w+48(FP), R15
	MOVQ 16(R15), R10          // Pitch
	MOVQ 24(R15), R11          // Step
	VPBROADCASTB lo+56(FP), Z1

block:
	BLOCK(DX)
	MOVQ DI, R13
	MOVQ SI, R14
	MOVQ count+24(FP), R8
	SLIDES(srcStep+40(FP))

pixel:
	MOVQ 0(R15), R9            // Rows
	VMOVDQA64 Z1, Z0
	MOVQ R14, R12

row:
	MOVQ R12, BX
	MOVQ 8(R15), CX            // Cols

column:
	VMOVDQU8.Z (BX), K1, Z2
	VPMAXUB Z2, Z0, Z0
	ADDQ    R11, BX
	DECQ    CX
	JNZ     column
	ADDQ    R10, R12
	DECQ    R9
	JNZ     row
	VMOVDQU8 Z0, K1, (R13)
	ADDQ dstStep+32(FP), R13
	ADDQ srcStep+40(FP), R14
	DECQ R8
	JNZ  pixel

next:
	ADDQ $64, DI
	ADDQ $64, SI
	SUBQ $64, DX
	JGT  block
	VZEROUPPER
	RET

slide:
	MOVL $3, CX                // columns before the next pixel is whole

slidecolumn:
	VMOVDQU8.Z (R14), K1, Z4
	VMOVDQU8.Z (R14)(R10*1), K4, Z5
	VMOVDQU8.Z (R14)(BX*1), K5, Z6
	ADDQ    R11, R14
	VPMAXUB Z2, Z3, Z0
	VPMAXUB Z4, Z5, Z4
	VPMAXUB Z1, Z6, Z6
	VPMAXUB Z4, Z6, Z4
	VPMAXUB Z4, Z0, Z0
	VMOVDQA64 Z3, Z2
	VMOVDQA64 Z4, Z3
	DECQ CX
	JNZ  slidecolumn
	MOVQ AX, CX
	VMOVDQU8 Z0, K1, (R13)
	ADDQ dstStep+32(FP), R13
	DECQ R8
	JNZ  slidecolumn
	JMP  next

// AVERAGE makes bytes of the sums in Z0 and Z1, which are destroyed, and stores them: (sum + half, less 1 if the sum is below the
// middle) * factor / 2^16.
#define AVERAGE \
	VPCMPUW   $1, Z11, Z0, K2     \
	VPCMPUW   $1, Z11, Z1, K3     \
	VPADDW    Z10, Z0, Z0         \
	VPADDW    Z10, Z1, Z1         \
	VPSUBW    Z12, Z0, K2, Z0     \
	VPSUBW    Z12, Z1, K3, Z1     \
	VPMULHUW  Z13, Z0, Z0         \
	VPMULHUW  Z13, Z1, Z1         \
	VPACKUSWB Z1, Z0, Z0          \
	VPMAXUB   Z14, Z0, Z0         \
	VPMINUB   Z15, Z0, Z0         \
	VMOVDQU8  Z0, K1, (R13)       \
	ADDQ      dstStep+32(FP), R13

// ADD adds bytes at at to the sums of 16 bits in lower and upper.
#define ADD(at, mask, lower, upper) \
	VMOVDQU8.Z at, mask, Z2     \
	VPUNPCKLBW Z9, Z2, Z3       \
	VPUNPCKHBW Z9, Z2, Z2       \
	VPADDW     Z3, lower, lower \
	VPADDW     Z2, upper, upper

// func averageRowAVX512(dst, src *uint8, n, count, dstStep, srcStep int, w *Window, a *averaging)
//
// Registers as in maxRowAVX512. Sums are of 16 bits: channels of the lower half of 16 each in Z0, of the upper one in Z1.
TEXT ·averageRowAVX512(SB), NOSPLIT, $0-64
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ n+16(FP), DX
	MOVQ w+48(FP), R15
	MOVQ 16(R15), R10        // Pitch
	MOVQ 24(R15), R11        // Step
	MOVQ a+56(FP), AX
	VPBROADCASTW 0(AX), Z10 // half
	VPBROADCASTW 2(AX), Z11 // middle
	VPBROADCASTW 4(AX), Z12 // less
	VPBROADCASTW 6(AX), Z13 // factor
	VPBROADCASTB 8(AX), Z14 // lo
	VPBROADCASTB 9(AX), Z15 // hi
	VPXORD       Z9, Z9, Z9

block:
	BLOCK(DX)
	MOVQ DI, R13
	MOVQ SI, R14
	MOVQ count+24(FP), R8
	SLIDES(srcStep+40(FP))

pixel:
	VPXORD Z0, Z0, Z0
	VPXORD Z1, Z1, Z1
	MOVQ R14, R12
	MOVQ 0(R15), R9          // Rows

row:
	MOVQ R12, BX
	MOVQ 8(R15), CX          // Cols

column:
	ADD((BX), K1, Z0, Z1)
	ADDQ R11, BX
	DECQ CX
	JNZ  column
	ADDQ R10, R12
	DECQ R9
	JNZ  row
	AVERAGE
	ADDQ srcStep+40(FP), R14
	DECQ R8
	JNZ  pixel

next:
	ADDQ $64, DI
	ADDQ $64, SI
	SUBQ $64, DX
	JGT  block
	VZEROUPPER
	RET

slide:
	MOVL $3, CX              // columns before the next pixel is whole

slidecolumn:
	VPXORD Z4, Z4, Z4
	VPXORD Z5, Z5, Z5
	ADD((R14), K1, Z4, Z5)
	ADD((R14)(R10*1), K4, Z4, Z5)
	ADD((R14)(BX*1), K5, Z4, Z5)
	ADDQ R11, R14
	VPADDW Z6, Z16, Z0       // the columns before
	VPADDW Z7, Z17, Z1
	VPADDW Z4, Z0, Z0
	VPADDW Z5, Z1, Z1
	VMOVDQA64 Z16, Z6
	VMOVDQA64 Z17, Z7
	VMOVDQA64 Z4, Z16
	VMOVDQA64 Z5, Z17
	DECQ CX
	JNZ  slidecolumn
	MOVQ AX, CX
	AVERAGE
	DECQ R8
	JNZ  slidecolumn
	JMP  next
