//go:build !purego

#include "textflag.h"

// func sweepWords(dst, src *uint64, pairs *[2]uint32, centres *int32, n int, rounding uint64)
//
// R5 and R6 are open and next, R8 the last centre, R10 counts samples up to the next one.
TEXT ·sweepWords(SB), NOSPLIT, $0-48
	MOVD dst+0(FP), R0
	MOVD src+8(FP), R1
	MOVD pairs+16(FP), R2
	MOVD centres+24(FP), R3
	MOVD n+32(FP), R4
	MOVD rounding+40(FP), R7
	MOVD R7, R5
	MOVD R7, R6
	MOVD $0, R8
	SUB  $16, R0 // there is one centre more than outputs: the first comes before them
	MOVD $0, R16

centre:
	MOVW.P 4(R3), R9
	SUB    R8, R9, R10
	MOVD   R9, R8
	CBZ    R10, output

sample:
	MOVD.P 8(R1), R11
	MOVD.P 8(R2), R12
	SUB    $1, R10
	MOVWU  R12, R13
	LSR    $32, R12
	MADD   R13, R5, R11, R5
	MADD   R12, R6, R11, R6
	CBNZ   R10, sample

output:
	CBZ  R16, first
	LSR  $5, R5
	UBFX $0, R5, $16, R13
	UBFX $21, R5, $16, R14
	UBFX $42, R5, $16, R15
	ORR  R14<<32, R13
	STP  (R13, R15), (R0)

first:
	ADD  $16, R0
	CMP  R4, R16
	BEQ  done
	ADD  $1, R16
	MOVD R6, R5
	MOVD R7, R6
	B    centre

done:
	RET

// func accumulateNEON(dst, src *uint64, n int, w uint64)
TEXT ·accumulateNEON(SB), NOSPLIT, $0-32
	MOVD dst+0(FP), R0
	MOVD src+8(FP), R1
	MOVD n+16(FP), R2
	MOVD w+24(FP), R3
	VDUP R3, V16.S4

eight:
	VLD1   (R0), [V0.S4, V1.S4, V2.S4, V3.S4]
	VLD1.P 64(R1), [V4.S4, V5.S4, V6.S4, V7.S4]
	SUB    $8, R2
	WORD $0x4eb09480 // mla v0.4s, v4.4s, v16.4s
	WORD $0x4eb094a1 // mla v1.4s, v5.4s, v16.4s
	WORD $0x4eb094c2 // mla v2.4s, v6.4s, v16.4s
	WORD $0x4eb094e3 // mla v3.4s, v7.4s, v16.4s
	VST1.P [V0.S4, V1.S4, V2.S4, V3.S4], 64(R0)
	CBNZ   R2, eight
	RET

// func readRGBNEON(dst *uint64, src *byte, n int)
//
// V0, V1 and V2 are red, green and blue of 8 pixels, V16 … V19 red of two pixels each, as words, and so on.
TEXT ·readRGBNEON(SB), NOSPLIT, $0-24
	MOVD dst+0(FP), R0
	MOVD src+8(FP), R1
	MOVD n+16(FP), R2

eight:
	VLD3.P 24(R1), [V0.B8, V1.B8, V2.B8]
	SUB    $8, R2
	VUXTL  V0.B8, V0.H8
	VUXTL  V1.B8, V1.H8
	VUXTL  V2.B8, V2.H8
	VUXTL  V0.H4, V3.S4
	VUXTL2 V0.H8, V4.S4
	VUXTL  V1.H4, V5.S4
	VUXTL2 V1.H8, V6.S4
	VUXTL  V2.H4, V7.S4
	VUXTL2 V2.H8, V8.S4
	VUXTL  V3.S2, V16.D2
	VUXTL2 V3.S4, V17.D2
	VUXTL  V4.S2, V18.D2
	VUXTL2 V4.S4, V19.D2
	VUXTL  V5.S2, V20.D2
	VUXTL2 V5.S4, V21.D2
	VUXTL  V6.S2, V22.D2
	VUXTL2 V6.S4, V23.D2
	VUXTL  V7.S2, V24.D2
	VUXTL2 V7.S4, V25.D2
	VUXTL  V8.S2, V26.D2
	VUXTL2 V8.S4, V27.D2
	VSLI   $21, V20.D2, V16.D2
	VSLI   $21, V21.D2, V17.D2
	VSLI   $21, V22.D2, V18.D2
	VSLI   $21, V23.D2, V19.D2
	VSLI   $42, V24.D2, V16.D2
	VSLI   $42, V25.D2, V17.D2
	VSLI   $42, V26.D2, V18.D2
	VSLI   $42, V27.D2, V19.D2
	VST1.P [V16.D2, V17.D2, V18.D2, V19.D2], 64(R0)
	CBNZ   R2, eight
	RET
