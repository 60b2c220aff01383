//go:build !purego

#include "textflag.h"

// func widenAVX2(dst *int16, src *uint8, n int)
TEXT ·widenAVX2(SB), NOSPLIT, $0-24
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ n+16(FP), CX
	CMPQ CX, $16
	JLT  below16

	// The last vector begins at R8, and may overlap with the one before it.
	LEAQ -16(CX), R8
	XORQ AX, AX

loop16:
	CMPQ      AX, R8
	JGE       last16
	VPMOVZXBW (SI)(AX*1), Y0
	VMOVDQU   Y0, (DI)(AX*2)
	ADDQ      $16, AX
	JMP       loop16

last16:
	VPMOVZXBW (SI)(R8*1), Y0
	VMOVDQU   Y0, (DI)(R8*2)
	VZEROUPPER
	RET

below16:
	CMPQ      CX, $8
	JLT       below8
	VPMOVZXBW (SI), X0
	VPMOVZXBW -8(SI)(CX*1), X1
	VMOVDQU   X0, (DI)
	VMOVDQU   X1, -16(DI)(CX*2)
	RET

below8:
	MOVBLZX -1(SI)(CX*1), AX
	MOVW    AX, -2(DI)(CX*2)
	DECQ    CX
	JNZ     below8
	RET

// func panelAVX2(dst *int16, src *uint8, pitch, blocks int, zero int32)
//
// SI, R9 and the like point at columns; pairs of bytes are transposed as 16-bit words, 8 columns by 8 pairs.
TEXT ·panelAVX2(SB), NOSPLIT, $0-36
	MOVQ         dst+0(FP), DI
	MOVQ         src+8(FP), SI
	MOVQ         pitch+16(FP), R8
	MOVQ         blocks+24(FP), CX
	MOVL         zero+32(FP), AX
	VMOVD        AX, X15
	VPBROADCASTW X15, Y15
	LEAQ         (R8)(R8*2), R9    // 3 pitches
	LEAQ         (SI)(R8*4), R10   // column 4

block:
	VMOVDQU    (SI), X0
	VMOVDQU    (SI)(R8*1), X1
	VMOVDQU    (SI)(R8*2), X2
	VMOVDQU    (SI)(R9*1), X3
	VMOVDQU    (R10), X4
	VMOVDQU    (R10)(R8*1), X5
	VMOVDQU    (R10)(R8*2), X6
	VMOVDQU    (R10)(R9*1), X7

	// Words of two columns, then doublewords of four, then quadwords of eight.
	VPUNPCKLWD X1, X0, X8
	VPUNPCKHWD X1, X0, X9
	VPUNPCKLWD X3, X2, X10
	VPUNPCKHWD X3, X2, X11
	VPUNPCKLWD X5, X4, X12
	VPUNPCKHWD X5, X4, X13
	VPUNPCKLWD X7, X6, X14
	VPUNPCKHWD X7, X6, X7
	VPUNPCKLDQ X10, X8, X0
	VPUNPCKHDQ X10, X8, X1
	VPUNPCKLDQ X11, X9, X2
	VPUNPCKHDQ X11, X9, X3
	VPUNPCKLDQ X14, X12, X4
	VPUNPCKHDQ X14, X12, X5
	VPUNPCKLDQ X7, X13, X6
	VPUNPCKHDQ X7, X13, X7

#define PUT(unpack, lo, hi, at) \
	unpack    hi, lo, X8   \
	VPMOVZXBW X8, Y8       \
	VPSUBW    Y15, Y8, Y8  \
	VMOVDQU   Y8, at(DI)

	PUT(VPUNPCKLQDQ, X0, X4, 0)
	PUT(VPUNPCKHQDQ, X0, X4, 64)
	PUT(VPUNPCKLQDQ, X1, X5, 128)
	PUT(VPUNPCKHQDQ, X1, X5, 192)
	PUT(VPUNPCKLQDQ, X2, X6, 256)
	PUT(VPUNPCKHQDQ, X2, X6, 320)
	PUT(VPUNPCKLQDQ, X3, X7, 384)
	PUT(VPUNPCKHQDQ, X3, X7, 448)
	ADDQ $16, SI
	ADDQ $16, R10
	ADDQ $512, DI
	DECQ CX
	JNZ  block
	VZEROUPPER
	RET

// func dotAVX2(a, w *uint8, n int) (sum int32)
TEXT ·dotAVX2(SB), NOSPLIT, $0-28
	MOVQ  a+0(FP), SI
	MOVQ  w+8(FP), DI
	MOVQ  n+16(FP), CX
	XORQ  AX, AX
	VPXOR Y4, Y4, Y4
	VPXOR Y5, Y5, Y5
	TESTQ $16, CX
	JZ    two

	VPMOVZXBW (SI), Y0
	VPMOVZXBW (DI), Y1
	VPMADDWD  Y1, Y0, Y4
	MOVQ      $16, AX
	CMPQ      AX, CX
	JEQ       total

two:
	VPMOVZXBW (SI)(AX*1), Y0
	VPMOVZXBW (DI)(AX*1), Y1
	VPMADDWD  Y1, Y0, Y0
	VPADDD    Y0, Y4, Y4
	VPMOVZXBW 16(SI)(AX*1), Y2
	VPMOVZXBW 16(DI)(AX*1), Y3
	VPMADDWD  Y3, Y2, Y2
	VPADDD    Y2, Y5, Y5
	ADDQ      $32, AX
	CMPQ      AX, CX
	JNE       two

total:
	VPADDD       Y5, Y4, Y4
	VEXTRACTI128 $1, Y4, X0
	VPADDD       X4, X0, X0
	VPSHUFD      $0x4E, X0, X1
	VPADDD       X1, X0, X0
	VPSHUFD      $0xB1, X0, X1
	VPADDD       X1, X0, X0
	VMOVD        X0, AX
	MOVL         AX, sum+24(FP)
	VZEROUPPER
	RET
