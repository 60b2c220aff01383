//go:build !purego

#include "textflag.h"

// func argMaxSSE(dst *int32, src *uint8, n, count int)
//
// SI is a row, R8 the last 16 of its bytes, which overlap others; X14 is 0, X15 has all bits.
TEXT ·argMaxSSE(SB), NOSPLIT, $0-32
	MOVQ    dst+0(FP), DI
	MOVQ    src+8(FP), SI
	MOVQ    n+16(FP), DX
	MOVQ    count+24(FP), CX
	PXOR    X14, X14
	PCMPEQB X15, X15
	LEAQ    -16(SI)(DX*1), R8

row:
	MOVOU (SI), X0
	MOVOU (R8), X1
	MOVO  X0, X2
	PMAXUB X1, X2
	LEAQ  16(SI), R9

more:
	CMPQ   R9, R8
	JAE    greatest
	MOVOU  (R9), X3
	PMAXUB X3, X2
	ADDQ   $16, R9
	JMP    more

greatest: // of the 16 in X2: the least of what they lack
	PXOR       X15, X2
	MOVO       X2, X3
	PSRLW      $8, X3
	PMINUB     X3, X2
	PHMINPOSUW X2, X2
	PXOR       X15, X2
	PSHUFB     X14, X2
	PCMPEQB    X2, X0
	PMOVMSKB   X0, AX
	CMPQ       DX, $32
	JA         long
	PCMPEQB    X2, X1
	PMOVMSKB   X1, BX
	MOVQ       CX, R10
	LEAQ       -16(DX), CX
	SHLQ       CX, BX
	MOVQ       R10, CX
	ORQ        BX, AX
	BSFQ       AX, AX
	JMP        store

long:
	MOVQ SI, R9

look:
	TESTL    AX, AX
	JNZ      found
	ADDQ     $16, R9
	CMPQ     R9, R8
	JAE      last
	MOVOU    (R9), X0
	PCMPEQB  X2, X0
	PMOVMSKB X0, AX
	JMP      look

last:
	MOVQ     R8, R9
	PCMPEQB  X2, X1
	PMOVMSKB X1, AX

found:
	BSFL AX, AX
	SUBQ SI, R9
	ADDQ R9, AX

store:
	MOVL AX, (DI)
	ADDQ $4, DI
	ADDQ DX, SI
	ADDQ DX, R8
	DECQ CX
	JNZ  row
	RET

// What keeps the first n of 16 bytes is at 16-n … of 16 ones and 16 zeros.
DATA first<>+0(SB)/8, $-1
DATA first<>+8(SB)/8, $-1
DATA first<>+16(SB)/8, $0
DATA first<>+24(SB)/8, $0
GLOBL first<>(SB), RODATA|NOPTR, $32

// func argMaxFewSSE(dst *int32, src *uint8, n, count int)
//
// SI is a row; X13 keeps its bytes, X14 is 0, X15 has all bits.
TEXT ·argMaxFewSSE(SB), NOSPLIT, $0-32
	MOVQ    dst+0(FP), DI
	MOVQ    src+8(FP), SI
	MOVQ    n+16(FP), DX
	MOVQ    count+24(FP), CX
	LEAQ    first<>+16(SB), R8
	SUBQ    DX, R8
	MOVOU   (R8), X13
	PXOR    X14, X14
	PCMPEQB X15, X15

row:
	MOVOU      (SI), X0
	PAND       X13, X0
	MOVO       X0, X2
	PXOR       X15, X2
	MOVO       X2, X3
	PSRLW      $8, X3
	PMINUB     X3, X2
	PHMINPOSUW X2, X2
	PXOR       X15, X2
	PSHUFB     X14, X2
	PCMPEQB    X2, X0
	PMOVMSKB   X0, AX
	BSFL       AX, AX
	MOVL       AX, (DI)
	ADDQ       $4, DI
	ADDQ       DX, SI
	DECQ       CX
	JNZ        row
	RET
