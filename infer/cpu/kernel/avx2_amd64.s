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
