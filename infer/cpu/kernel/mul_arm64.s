//go:build !purego

#include "textflag.h"

// func mulRoundNEON(dst, a, b *uint8, n int, p *roundProduct)
//
// V16 … V23 are the fields of p. A negative number that ends in a half is moved down before the shift, unless that is by 0 bits.
// dst is neither a nor b: the last 16 are partly done twice.
TEXT ·mulRoundNEON(SB), NOSPLIT, $0-40
	MOVD    dst+0(FP), R0
	MOVD    a+8(FP), R1
	MOVD    b+16(FP), R2
	MOVD    n+24(FP), R3
	MOVD    p+32(FP), R4
	VLD1R.P 2(R4), [V16.H8] // zero of a
	VLD1R.P 2(R4), [V17.H8] // and of b
	VLD1R.P 4(R4), [V18.S4] // left shift
	VLD1R.P 4(R4), [V19.S4] // multiplier
	VLD1R.P 4(R4), [V20.S4] // right shift, negative
	VLD1R.P 4(R4), [V21.S4] // zero
	VLD1R.P 1(R4), [V22.B16] // lo
	VLD1R   (R4), [V23.B16] // hi

sixteen:
	CMP $16, R3
	BGE whole

	// The last 16.
	SUB  $16, R3
	ADD  R3, R0
	ADD  R3, R1
	ADD  R3, R2
	MOVD $16, R3

whole:
	VLD1.P 16(R1), [V0.B16]
	VLD1.P 16(R2), [V2.B16]
	SUB    $16, R3
	VUXTL2 V0.B16, V1.H8
	VUXTL  V0.B8, V0.H8
	VUXTL2 V2.B16, V3.H8
	VUXTL  V2.B8, V2.H8
	VSUB   V16.H8, V0.H8, V0.H8
	VSUB   V16.H8, V1.H8, V1.H8
	VSUB   V17.H8, V2.H8, V2.H8
	VSUB   V17.H8, V3.H8, V3.H8
	WORD $0x0e62c004 // smull v4.4s, v0.4h, v2.4h
	WORD $0x4e62c005 // smull2 v5.4s, v0.8h, v2.8h
	WORD $0x0e63c026 // smull v6.4s, v1.4h, v3.4h
	WORD $0x4e63c027 // smull2 v7.4s, v1.8h, v3.8h
	WORD $0x4eb24484 // sshl v4.4s, v4.4s, v18.4s
	WORD $0x4eb244a5 // sshl v5.4s, v5.4s, v18.4s
	WORD $0x4eb244c6 // sshl v6.4s, v6.4s, v18.4s
	WORD $0x4eb244e7 // sshl v7.4s, v7.4s, v18.4s
	WORD $0x6eb3b484 // sqrdmulh v4.4s, v4.4s, v19.4s
	WORD $0x6eb3b4a5 // sqrdmulh v5.4s, v5.4s, v19.4s
	WORD $0x6eb3b4c6 // sqrdmulh v6.4s, v6.4s, v19.4s
	WORD $0x6eb3b4e7 // sqrdmulh v7.4s, v7.4s, v19.4s
	VAND   V20.B16, V4.B16, V0.B16
	VAND   V20.B16, V5.B16, V1.B16
	VAND   V20.B16, V6.B16, V2.B16
	VAND   V20.B16, V7.B16, V3.B16
	WORD $0x4f211404 // ssra v4.4s, v0.4s, #31
	WORD $0x4f211425 // ssra v5.4s, v1.4s, #31
	WORD $0x4f211446 // ssra v6.4s, v2.4s, #31
	WORD $0x4f211467 // ssra v7.4s, v3.4s, #31
	WORD $0x4eb45484 // srshl v4.4s, v4.4s, v20.4s
	WORD $0x4eb454a5 // srshl v5.4s, v5.4s, v20.4s
	WORD $0x4eb454c6 // srshl v6.4s, v6.4s, v20.4s
	WORD $0x4eb454e7 // srshl v7.4s, v7.4s, v20.4s
	VADD   V21.S4, V4.S4, V4.S4
	VADD   V21.S4, V5.S4, V5.S4
	VADD   V21.S4, V6.S4, V6.S4
	VADD   V21.S4, V7.S4, V7.S4
	WORD $0x0e614880 // sqxtn v0.4h, v4.4s
	WORD $0x4e6148a0 // sqxtn2 v0.8h, v5.4s
	WORD $0x0e6148c1 // sqxtn v1.4h, v6.4s
	WORD $0x4e6148e1 // sqxtn2 v1.8h, v7.4s
	WORD $0x2e212800 // sqxtun v0.8b, v0.8h
	WORD $0x6e212820 // sqxtun2 v0.16b, v1.8h
	VUMAX  V22.B16, V0.B16, V0.B16
	VUMIN  V23.B16, V0.B16, V0.B16
	VST1.P [V0.B16], 16(R0)
	CBNZ   R3, sixteen
	RET

// func preluRoundNEON(dst, a, b *uint8, n int, p *roundPReLU)
//
// V16 … V24 are the fields of p; V2 and V3 tell which of a are negative. dst is neither a nor b: the last 8 are partly done twice.
TEXT ·preluRoundNEON(SB), NOSPLIT, $0-40
	MOVD    dst+0(FP), R0
	MOVD    a+8(FP), R1
	MOVD    b+16(FP), R2
	MOVD    n+24(FP), R3
	MOVD    p+32(FP), R4
	VLD1R.P 2(R4), [V16.H8] // zero of a
	VLD1R.P 2(R4), [V17.H8] // and of b
	VLD1R.P 4(R4), [V18.S4] // above: left shift
	VLD1R.P 4(R4), [V19.S4] // multiplier
	VLD1R.P 4(R4), [V20.S4] // right shift, negative
	VLD1R.P 4(R4), [V21.S4] // and below
	VLD1R.P 4(R4), [V22.S4]
	VLD1R.P 4(R4), [V23.S4]
	VLD1R   (R4), [V24.S4] // zero

eight:
	CMP $8, R3
	BGE whole

	// The last 8.
	SUB  $8, R3
	ADD  R3, R0
	ADD  R3, R1
	ADD  R3, R2
	MOVD $8, R3

whole:
	VLD1.P 8(R1), [V0.B8]
	VLD1.P 8(R2), [V1.B8]
	SUB    $8, R3
	VUXTL  V0.B8, V0.H8
	VUXTL  V1.B8, V1.H8
	VSUB   V16.H8, V0.H8, V0.H8
	VSUB   V17.H8, V1.H8, V1.H8
	WORD $0x0e61c004 // smull v4.4s, v0.4h, v1.4h
	WORD $0x4e61c005 // smull2 v5.4s, v0.8h, v1.8h
	WORD $0x0f10a406 // sxtl v6.4s, v0.4h
	WORD $0x4f10a407 // sxtl2 v7.4s, v0.8h
	WORD $0x4ea0a8c2 // cmlt v2.4s, v6.4s, #0
	WORD $0x4ea0a8e3 // cmlt v3.4s, v7.4s, #0
	WORD $0x4eb54484 // sshl v4.4s, v4.4s, v21.4s
	WORD $0x4eb544a5 // sshl v5.4s, v5.4s, v21.4s
	WORD $0x6eb6b484 // sqrdmulh v4.4s, v4.4s, v22.4s
	WORD $0x6eb6b4a5 // sqrdmulh v5.4s, v5.4s, v22.4s
	VAND   V23.B16, V4.B16, V0.B16
	VAND   V23.B16, V5.B16, V1.B16
	WORD $0x4f211404 // ssra v4.4s, v0.4s, #31
	WORD $0x4f211425 // ssra v5.4s, v1.4s, #31
	WORD $0x4eb75484 // srshl v4.4s, v4.4s, v23.4s
	WORD $0x4eb754a5 // srshl v5.4s, v5.4s, v23.4s
	WORD $0x4eb244c6 // sshl v6.4s, v6.4s, v18.4s
	WORD $0x4eb244e7 // sshl v7.4s, v7.4s, v18.4s
	WORD $0x6eb3b4c6 // sqrdmulh v6.4s, v6.4s, v19.4s
	WORD $0x6eb3b4e7 // sqrdmulh v7.4s, v7.4s, v19.4s
	VAND   V20.B16, V6.B16, V0.B16
	VAND   V20.B16, V7.B16, V1.B16
	WORD $0x4f211406 // ssra v6.4s, v0.4s, #31
	WORD $0x4f211427 // ssra v7.4s, v1.4s, #31
	WORD $0x4eb454c6 // srshl v6.4s, v6.4s, v20.4s
	WORD $0x4eb454e7 // srshl v7.4s, v7.4s, v20.4s
	VBSL   V6.B16, V4.B16, V2.B16
	VBSL   V7.B16, V5.B16, V3.B16
	VADD   V24.S4, V2.S4, V2.S4
	VADD   V24.S4, V3.S4, V3.S4
	WORD $0x0e614840 // sqxtn v0.4h, v2.4s
	WORD $0x4e614860 // sqxtn2 v0.8h, v3.4s
	WORD $0x2e212800 // sqxtun v0.8b, v0.8h
	VST1.P [V0.B8], 8(R0)
	CBNZ   R3, eight
	RET
