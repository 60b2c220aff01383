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

// func convertSamples(dst *uint64, cb, cr *byte, step, n int, cbs, crs *[256]uint64)
TEXT ·convertSamples(SB), NOSPLIT, $0-56
	MOVD dst+0(FP), R0
	MOVD cb+8(FP), R1
	MOVD cr+16(FP), R2
	MOVD step+24(FP), R3
	MOVD n+32(FP), R4
	MOVD cbs+40(FP), R5
	MOVD crs+48(FP), R6
	MOVD $0, R7

one:
	MOVBU  (R1)(R7), R8
	MOVBU  (R2)(R7), R9
	ADD    R3, R7
	MOVD   (R5)(R8<<3), R8
	MOVD   (R6)(R9<<3), R9
	SUB    $1, R4
	ADD    R9, R8
	MOVD.P R8, 8(R0)
	CBNZ   R4, one
	RET

// func readHalfNEON(dst *uint64, luma *byte, step int, near, far *uint64, n int, line *[2]uint32)
//
// Chroma is mixed as words, two to a register: V2, V8 and V9 are 3*near+far of six samples, V10 and V11 the middle four of
// them, V4 and V5 the mixes of even pixels, V6 and V7 those of odd ones. Then each colour of four pixels gets a register
// (V16, V17 and V18 even, V19, V20 and V21 odd) with its lane of 21 bits on top. Below it may be bits of another lane: all
// that is added has zeros there, so they change nothing. Y, in V3 and V23, comes less the 512 that clamp takes away, so
// that a saturating shift clamps.
TEXT ·readHalfNEON(SB), NOSPLIT, $0-56
	MOVD  dst+0(FP), R0
	MOVD  luma+8(FP), R1
	MOVD  step+16(FP), R2
	MOVD  near+24(FP), R3
	MOVD  far+32(FP), R4
	MOVD  n+40(FP), R5
	MOVD  line+48(FP), R6
	SUB   $1, R2
	MOVWU (R6), R7
	VDUP  R7, V24.S4
	MOVWU 4(R6), R7
	VDUP  R7, V25.S4
	MOVD  $0xfffff800, R7
	VDUP  R7, V26.S4
	MOVD  $0xffff, R7
	VDUP  R7, V27.S4

	VLD1.P 16(R3), [V0.D2]
	VLD1.P 16(R4), [V1.D2]
	VSHL   $1, V0.D2, V2.D2
	VADD   V0.D2, V2.D2, V2.D2
	VADD   V1.D2, V2.D2, V2.D2

eight:
	VLD1.P 32(R3), [V4.D2, V5.D2]
	VLD1.P 32(R4), [V6.D2, V7.D2]
	SUB    $8, R5
	VSHL   $1, V4.D2, V8.D2
	VSHL   $1, V5.D2, V9.D2
	VADD   V4.D2, V8.D2, V8.D2
	VADD   V5.D2, V9.D2, V9.D2
	VADD   V6.D2, V8.D2, V8.D2
	VADD   V7.D2, V9.D2, V9.D2
	VEXT   $8, V8.B16, V2.B16, V10.B16
	VEXT   $8, V9.B16, V8.B16, V11.B16
	VSHL   $1, V10.D2, V12.D2
	VSHL   $1, V11.D2, V13.D2
	VADD   V12.D2, V10.D2, V10.D2
	VADD   V13.D2, V11.D2, V11.D2
	VADD   V2.D2, V10.D2, V4.D2
	VADD   V8.D2, V11.D2, V5.D2
	VADD   V8.D2, V10.D2, V6.D2
	VADD   V9.D2, V11.D2, V7.D2
	VORR   V9.B16, V9.B16, V2.B16

	CBZ    R2, single
	VLD2.P 16(R1), [V0.B8, V1.B8]
	B      colours

single:
	VLD1.P 8(R1), [V0.B8]

colours:
	VUZP1 V5.S4, V4.S4, V12.S4
	VUZP2 V5.S4, V4.S4, V13.S4
	VUZP1 V7.S4, V6.S4, V14.S4
	VUZP2 V7.S4, V6.S4, V15.S4
	VSHL  $11, V12.S4, V16.S4
	VSHL  $22, V13.S4, V17.S4
	VSHL  $1, V13.S4, V18.S4
	VSHL  $11, V14.S4, V19.S4
	VSHL  $22, V15.S4, V20.S4
	VSHL  $1, V15.S4, V21.S4
	VSRI  $10, V12.S4, V17.S4
	VSRI  $10, V14.S4, V20.S4

	// Y*line[0] + line[1] is below 1 << 32: shifted by 2 below two ones it is the lane less 512.
	VUXTL  V0.B8, V0.H8
	VORR   V25.B16, V25.B16, V22.B16
	VORR   V25.B16, V25.B16, V28.B16
	VMOVI  $255, V3.B16
	VMOVI  $255, V23.B16
	VUSHR  $16, V0.S4, V1.S4
	VAND   V27.B16, V0.B16, V0.B16
	WORD $0x4eb89416 // mla v22.4s, v0.4s, v24.4s
	WORD $0x4eb8943c // mla v28.4s, v1.4s, v24.4s
	VSRI   $2, V22.S4, V3.S4
	VSRI   $2, V28.S4, V23.S4
	VAND   V26.B16, V3.B16, V3.B16
	VAND   V26.B16, V23.B16, V23.B16

	VADD  V3.S4, V16.S4, V16.S4
	VADD  V3.S4, V17.S4, V17.S4
	VADD  V3.S4, V18.S4, V18.S4
	VADD  V23.S4, V19.S4, V19.S4
	VADD  V23.S4, V20.S4, V20.S4
	VADD  V23.S4, V21.S4, V21.S4

	WORD $0x6f236610 // sqshlu v16.4s, v16.4s, #3
	WORD $0x6f236631 // sqshlu v17.4s, v17.4s, #3
	WORD $0x6f236652 // sqshlu v18.4s, v18.4s, #3
	WORD $0x6f236673 // sqshlu v19.4s, v19.4s, #3
	WORD $0x6f236694 // sqshlu v20.4s, v20.4s, #3
	WORD $0x6f2366b5 // sqshlu v21.4s, v21.4s, #3
	VUSHR $24, V16.S4, V16.S4
	VUSHR $24, V17.S4, V17.S4
	VUSHR $24, V18.S4, V18.S4
	VUSHR $24, V19.S4, V19.S4
	VUSHR $24, V20.S4, V20.S4
	VUSHR $24, V21.S4, V21.S4
	VSLI  $21, V17.S4, V16.S4
	VSHL  $10, V18.S4, V18.S4
	VSLI  $21, V20.S4, V19.S4
	VSHL  $10, V21.S4, V21.S4
	VZIP1 V18.S4, V16.S4, V4.S4
	VZIP1 V21.S4, V19.S4, V5.S4
	VZIP2 V18.S4, V16.S4, V6.S4
	VZIP2 V21.S4, V19.S4, V7.S4
	VST2.P [V4.D2, V5.D2], 32(R0)
	VST2.P [V6.D2, V7.D2], 32(R0)
	CBNZ   R5, eight
	RET
