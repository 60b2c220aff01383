//go:build !purego

#include "textflag.h"

// func argMaxNEON(dst *int32, src *uint8, n, count int)
//
// R1 is a row, R4 the last 16 of its bytes, which overlap others, R5 16 of them.
TEXT ·argMaxNEON(SB), NOSPLIT, $0-32
	MOVD dst+0(FP), R0
	MOVD src+8(FP), R1
	MOVD n+16(FP), R2
	MOVD count+24(FP), R3
	ADD  R2, R1, R4
	SUB  $16, R4

row:
	VLD1 (R4), [V1.B16]
	MOVD R1, R5

more:
	VLD1.P 16(R5), [V0.B16]
	VUMAX  V0.B16, V1.B16, V1.B16
	CMP    R4, R5
	BLO    more
	WORD   $0x6e30a821 // umaxv b1, v1.16b
	VDUP   V1.B[0], V1.B16
	MOVD   R1, R5

look: // for the first that is as great, four bits of R6 for each
	VLD1  (R5), [V0.B16]
	VCMEQ V1.B16, V0.B16, V2.B16
	WORD  $0x0f0c8442 // shrn v2.8b, v2.8h, #4
	VMOV  V2.D[0], R6
	CBNZ  R6, found
	ADD   $16, R5
	CMP   R4, R5
	BLO   look
	MOVD  R4, R5
	B     look

found:
	RBIT   R6, R6
	CLZ    R6, R6
	SUB    R1, R5
	ADD    R6>>2, R5
	MOVW.P R5, 4(R0)
	ADD    R2, R1
	ADD    R2, R4
	SUB    $1, R3
	CBNZ   R3, row
	RET

// What keeps the first n of 16 bytes is at 16-n … of 16 ones and 16 zeros.
DATA first<>+0(SB)/8, $-1
DATA first<>+8(SB)/8, $-1
DATA first<>+16(SB)/8, $0
DATA first<>+24(SB)/8, $0
GLOBL first<>(SB), RODATA|NOPTR, $32

// func argMaxFewNEON(dst *int32, src *uint8, n, count int)
//
// R1 is a row; V3 keeps its bytes.
TEXT ·argMaxFewNEON(SB), NOSPLIT, $0-32
	MOVD dst+0(FP), R0
	MOVD src+8(FP), R1
	MOVD n+16(FP), R2
	MOVD count+24(FP), R3
	MOVD $first<>+16(SB), R4
	SUB  R2, R4
	VLD1 (R4), [V3.B16]

row:
	VLD1   (R1), [V0.B16]
	VAND   V3.B16, V0.B16, V0.B16
	WORD   $0x6e30a801 // umaxv b1, v0.16b
	VDUP   V1.B[0], V1.B16
	VCMEQ  V1.B16, V0.B16, V2.B16
	WORD   $0x0f0c8442 // shrn v2.8b, v2.8h, #4
	VMOV   V2.D[0], R6 // four bits for each
	RBIT   R6, R6
	CLZ    R6, R6
	LSR    $2, R6
	MOVW.P R6, 4(R0)
	ADD    R2, R1
	SUB    $1, R3
	CBNZ   R3, row
	RET
