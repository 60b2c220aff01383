//go:build !purego

#include "textflag.h"

// Offsets in RoundBlock.
#define LEFT   64
#define MULT  128
#define ZERO  256
#define AWAY  304

// func depthNEON(t *DepthBytes)
//
// R0 is t, R1 the block, R2 a pixel's first tap, R3 counts pixels, R4 is the output, R5 the bytes from pixel to pixel, R6
// those in the output. V0 … V3 are sums, V16 … V19 their bias, V20 … V23 multipliers, V24 … V27 right shifts (negative),
// V28 zero, V29 and V30 limits.
//
// Two taps at a time: lines have signed bytes, and two products of such with weights above -128 fit 16 bits.
TEXT ·depthNEON(SB), NOSPLIT, $0-8
	MOVD   t+0(FP), R0
	MOVD   80(R0), R1 // Round
	LDP    (R0), (R2, R5)
	MOVD   16(R0), R3
	LDP    56(R0), (R4, R6)
	MOVD   R1, R7
	VLD1.P 64(R7), [V16.S4, V17.S4, V18.S4, V19.S4]
	ADD    $64, R7 // left shifts
	VLD1.P 64(R7), [V20.S4, V21.S4, V22.S4, V23.S4]
	VLD1.P 64(R7), [V24.S4, V25.S4, V26.S4, V27.S4]
	VLD1   (R7), [V28.B16, V29.B16, V30.B16]
	MOVD   AWAY(R1), R8
	MOVD   72(R0), R9 // Width
	MOVD   32(R0), R10 // Groups: pairs
	ADD    $LEFT, R1, R15

pixel:
	MOVD   24(R0), R11 // Taps
	MOVD   40(R0), R12 // Panel
	MOVD   R10, R7
	VMOV   V16.B16, V0.B16
	VMOV   V17.B16, V1.B16
	VMOV   V18.B16, V2.B16
	VMOV   V19.B16, V3.B16

pair:
	LDP.P  16(R11), (R13, R14)
	VLD1.P 32(R12), [V6.B16, V7.B16]
	WORD $0x3ced6844 // ldr q4, [x2, x13]
	WORD $0x3cee6845 // ldr q5, [x2, x14]
	SUB    $1, R7
	WORD $0x0e26c088 // smull v8.8h, v4.8b, v6.8b
	WORD $0x4e26c089 // smull2 v9.8h, v4.16b, v6.16b
	WORD $0x0e2780a8 // smlal v8.8h, v5.8b, v7.8b
	WORD $0x4e2780a9 // smlal2 v9.8h, v5.16b, v7.16b
	WORD $0x0e681000 // saddw v0.4s, v0.4s, v8.4h
	WORD $0x4e681021 // saddw2 v1.4s, v1.4s, v8.8h
	WORD $0x0e691042 // saddw v2.4s, v2.4s, v9.4h
	WORD $0x4e691063 // saddw2 v3.4s, v3.4s, v9.8h
	CBNZ   R7, pair
	CBNZ   R8, away

	// Rounding half up: what differs from half away from zero is negative, and limited to zero.
	WORD $0x6eb4b400 // sqrdmulh v0.4s, v0.4s, v20.4s
	WORD $0x6eb5b421 // sqrdmulh v1.4s, v1.4s, v21.4s
	WORD $0x6eb6b442 // sqrdmulh v2.4s, v2.4s, v22.4s
	WORD $0x6eb7b463 // sqrdmulh v3.4s, v3.4s, v23.4s
	WORD $0x4eb85400 // srshl v0.4s, v0.4s, v24.4s
	WORD $0x4eb95421 // srshl v1.4s, v1.4s, v25.4s
	WORD $0x4eba5442 // srshl v2.4s, v2.4s, v26.4s
	WORD $0x4ebb5463 // srshl v3.4s, v3.4s, v27.4s
	WORD $0x0e614800 // sqxtn v0.4h, v0.4s
	WORD $0x0e614842 // sqxtn v2.4h, v2.4s
	WORD $0x4e614820 // sqxtn2 v0.8h, v1.4s
	WORD $0x4e614862 // sqxtn2 v2.8h, v3.4s
	WORD $0x4e7c0c00 // sqadd v0.8h, v0.8h, v28.8h
	WORD $0x4e7c0c42 // sqadd v2.8h, v2.8h, v28.8h

bytes:
	WORD $0x2e212800 // sqxtun v0.8b, v0.8h
	WORD $0x6e212840 // sqxtun2 v0.16b, v2.8h
	VUMAX  V29.B16, V0.B16, V0.B16
	VUMIN  V30.B16, V0.B16, V0.B16
	CMP    $16, R9
	BNE    narrow
	VST1   [V0.B16], (R4)

next:
	ADD    R5, R2
	ADD    R6, R4
	SUB    $1, R3
	CBNZ   R3, pixel
	RET

away:
	// A negative number that ends in a half is moved down before the shift, unless that is by 0 bits.
	VLD1   (R15), [V4.S4, V5.S4, V6.S4, V7.S4]
	WORD $0x4ea44400 // sshl v0.4s, v0.4s, v4.4s
	WORD $0x4ea54421 // sshl v1.4s, v1.4s, v5.4s
	WORD $0x4ea64442 // sshl v2.4s, v2.4s, v6.4s
	WORD $0x4ea74463 // sshl v3.4s, v3.4s, v7.4s
	WORD $0x6eb4b400 // sqrdmulh v0.4s, v0.4s, v20.4s
	WORD $0x6eb5b421 // sqrdmulh v1.4s, v1.4s, v21.4s
	WORD $0x6eb6b442 // sqrdmulh v2.4s, v2.4s, v22.4s
	WORD $0x6eb7b463 // sqrdmulh v3.4s, v3.4s, v23.4s
	VAND   V24.B16, V0.B16, V4.B16
	VAND   V25.B16, V1.B16, V5.B16
	VAND   V26.B16, V2.B16, V6.B16
	VAND   V27.B16, V3.B16, V7.B16
	WORD $0x4f211480 // ssra v0.4s, v4.4s, #31
	WORD $0x4f2114a1 // ssra v1.4s, v5.4s, #31
	WORD $0x4f2114c2 // ssra v2.4s, v6.4s, #31
	WORD $0x4f2114e3 // ssra v3.4s, v7.4s, #31
	WORD $0x4eb85400 // srshl v0.4s, v0.4s, v24.4s
	WORD $0x4eb95421 // srshl v1.4s, v1.4s, v25.4s
	WORD $0x4eba5442 // srshl v2.4s, v2.4s, v26.4s
	WORD $0x4ebb5463 // srshl v3.4s, v3.4s, v27.4s
	VUXTL  V28.H4, V4.S4
	VADD   V4.S4, V0.S4, V0.S4 // wraps around as int32 does
	VADD   V4.S4, V1.S4, V1.S4
	VADD   V4.S4, V2.S4, V2.S4
	VADD   V4.S4, V3.S4, V3.S4
	WORD $0x0e614800 // sqxtn v0.4h, v0.4s
	WORD $0x0e614842 // sqxtn v2.4h, v2.4s
	WORD $0x4e614820 // sqxtn2 v0.8h, v1.4s
	WORD $0x4e614862 // sqxtn2 v2.8h, v3.4s
	B      bytes

narrow:
	MOVD   R4, R7
	TBZ    $3, R9, four
	VST1.P [V0.B8], 8(R7)
	VEXT   $8, V0.B16, V0.B16, V0.B16

four:
	TBZ    $2, R9, two
	VST1.P V0.S[0], 4(R7)
	VEXT   $4, V0.B16, V0.B16, V0.B16

two:
	TBZ    $1, R9, one
	VST1.P V0.H[0], 2(R7)
	VEXT   $2, V0.B16, V0.B16, V0.B16

one:
	TBZ    $0, R9, next
	VST1   V0.B[0], (R7)
	B      next

// func depthNineNEON(t *DepthBytes)
//
// The same for 9 taps of 16 channels, rounding half up. V6 … V14 are weights, R7 and R10 … R17 the taps' offsets.
TEXT ·depthNineNEON(SB), NOSPLIT, $0-8
	MOVD   t+0(FP), R0
	MOVD   80(R0), R1 // Round
	LDP    (R0), (R2, R5)
	MOVD   16(R0), R3
	LDP    56(R0), (R4, R6)
	MOVD   24(R0), R8 // Taps
	MOVD   40(R0), R9 // Panel
	VLD1.P 64(R1), [V16.S4, V17.S4, V18.S4, V19.S4]
	ADD    $64, R1 // left shifts
	VLD1.P 64(R1), [V20.S4, V21.S4, V22.S4, V23.S4]
	VLD1.P 64(R1), [V24.S4, V25.S4, V26.S4, V27.S4]
	VLD1   (R1), [V28.B16, V29.B16, V30.B16]
	VLD1.P 64(R9), [V6.B16, V7.B16, V8.B16, V9.B16]
	VLD1.P 64(R9), [V10.B16, V11.B16, V12.B16, V13.B16]
	VLD1   (R9), [V14.B16]
	LDP    (R8), (R7, R10)
	LDP    16(R8), (R11, R12)
	LDP    32(R8), (R13, R14)
	LDP    48(R8), (R15, R16)
	MOVD   64(R8), R17
	WORD $0x3ce76844 // ldr q4, [x2, x7]
	WORD $0x3cea6845 // ldr q5, [x2, x10]

nine:
	// V4 and V5 are the next two taps; V15 and V31 have products.
	WORD $0x0e26c08f // smull v15.8h, v4.8b, v6.8b
	WORD $0x4e26c09f // smull2 v31.8h, v4.16b, v6.16b
	WORD $0x3ceb6844 // ldr q4, [x2, x11]
	WORD $0x0e2780af // smlal v15.8h, v5.8b, v7.8b
	WORD $0x4e2780bf // smlal2 v31.8h, v5.16b, v7.16b
	WORD $0x3cec6845 // ldr q5, [x2, x12]
	WORD $0x0e6f1200 // saddw v0.4s, v16.4s, v15.4h
	WORD $0x4e6f1221 // saddw2 v1.4s, v17.4s, v15.8h
	WORD $0x0e28c08f // smull v15.8h, v4.8b, v8.8b
	WORD $0x0e7f1242 // saddw v2.4s, v18.4s, v31.4h
	WORD $0x4e7f1263 // saddw2 v3.4s, v19.4s, v31.8h
	WORD $0x4e28c09f // smull2 v31.8h, v4.16b, v8.16b
	WORD $0x3ced6844 // ldr q4, [x2, x13]
	WORD $0x0e2980af // smlal v15.8h, v5.8b, v9.8b
	WORD $0x4e2980bf // smlal2 v31.8h, v5.16b, v9.16b
	WORD $0x3cee6845 // ldr q5, [x2, x14]
	WORD $0x0e6f1000 // saddw v0.4s, v0.4s, v15.4h
	WORD $0x4e6f1021 // saddw2 v1.4s, v1.4s, v15.8h
	WORD $0x0e2ac08f // smull v15.8h, v4.8b, v10.8b
	WORD $0x0e7f1042 // saddw v2.4s, v2.4s, v31.4h
	WORD $0x4e7f1063 // saddw2 v3.4s, v3.4s, v31.8h
	WORD $0x4e2ac09f // smull2 v31.8h, v4.16b, v10.16b
	WORD $0x3cef6844 // ldr q4, [x2, x15]
	WORD $0x0e2b80af // smlal v15.8h, v5.8b, v11.8b
	WORD $0x4e2b80bf // smlal2 v31.8h, v5.16b, v11.16b
	WORD $0x3cf06845 // ldr q5, [x2, x16]
	WORD $0x0e6f1000 // saddw v0.4s, v0.4s, v15.4h
	WORD $0x4e6f1021 // saddw2 v1.4s, v1.4s, v15.8h
	WORD $0x0e2cc08f // smull v15.8h, v4.8b, v12.8b
	WORD $0x0e7f1042 // saddw v2.4s, v2.4s, v31.4h
	WORD $0x4e7f1063 // saddw2 v3.4s, v3.4s, v31.8h
	WORD $0x4e2cc09f // smull2 v31.8h, v4.16b, v12.16b
	WORD $0x3cf16844 // ldr q4, [x2, x17]
	WORD $0x0e2d80af // smlal v15.8h, v5.8b, v13.8b
	WORD $0x4e2d80bf // smlal2 v31.8h, v5.16b, v13.16b
	SUBS   $1, R3
	CSEL   NE, R5, ZR, R8 // the last pixel's taps are read again, and not used
	ADD    R8, R2
	WORD $0x3cea6845 // ldr q5, [x2, x10]
	WORD $0x0e6f1000 // saddw v0.4s, v0.4s, v15.4h
	WORD $0x4e6f1021 // saddw2 v1.4s, v1.4s, v15.8h
	WORD $0x0e2ec08f // smull v15.8h, v4.8b, v14.8b
	WORD $0x0e7f1042 // saddw v2.4s, v2.4s, v31.4h
	WORD $0x4e7f1063 // saddw2 v3.4s, v3.4s, v31.8h
	WORD $0x4e2ec09f // smull2 v31.8h, v4.16b, v14.16b
	WORD $0x0e6f1000 // saddw v0.4s, v0.4s, v15.4h
	WORD $0x4e6f1021 // saddw2 v1.4s, v1.4s, v15.8h
	WORD $0x0e7f1042 // saddw v2.4s, v2.4s, v31.4h
	WORD $0x4e7f1063 // saddw2 v3.4s, v3.4s, v31.8h
	WORD $0x6eb4b400 // sqrdmulh v0.4s, v0.4s, v20.4s
	WORD $0x6eb5b421 // sqrdmulh v1.4s, v1.4s, v21.4s
	WORD $0x6eb6b442 // sqrdmulh v2.4s, v2.4s, v22.4s
	WORD $0x6eb7b463 // sqrdmulh v3.4s, v3.4s, v23.4s
	WORD $0x3ce76844 // ldr q4, [x2, x7]
	WORD $0x4eb85400 // srshl v0.4s, v0.4s, v24.4s
	WORD $0x4eb95421 // srshl v1.4s, v1.4s, v25.4s
	WORD $0x4eba5442 // srshl v2.4s, v2.4s, v26.4s
	WORD $0x4ebb5463 // srshl v3.4s, v3.4s, v27.4s
	WORD $0x0e614800 // sqxtn v0.4h, v0.4s
	WORD $0x0e614842 // sqxtn v2.4h, v2.4s
	WORD $0x4e614820 // sqxtn2 v0.8h, v1.4s
	WORD $0x4e614862 // sqxtn2 v2.8h, v3.4s
	WORD $0x4e7c0c00 // sqadd v0.8h, v0.8h, v28.8h
	WORD $0x4e7c0c42 // sqadd v2.8h, v2.8h, v28.8h
	WORD $0x2e212800 // sqxtun v0.8b, v0.8h
	WORD $0x6e212840 // sqxtun2 v0.16b, v2.8h
	VUMAX  V29.B16, V0.B16, V0.B16
	VUMIN  V30.B16, V0.B16, V0.B16
	VST1   [V0.B16], (R4)
	ADD    R6, R4
	CBNZ   R3, nine
	RET
