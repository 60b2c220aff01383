//go:build !purego

#include "textflag.h"

// func resizeRow32Vectors(dst, upper, lower *float32, taps *ResizeTap32, count, channels int, near, far float32)
TEXT ·resizeRow32Vectors(SB), NOSPLIT, $0-56
	MOVD  dst+0(FP), R0
	MOVD  upper+8(FP), R1
	MOVD  lower+16(FP), R2
	MOVD  taps+24(FP), R3
	MOVD  count+32(FP), R8
	MOVD  channels+40(FP), R9
	FMOVS near+48(FP), F12
	FMOVS far+52(FP), F13
	SUB   $8, R9, R15

pixel:
	MOVW  0(R3), R14
	ADD   R14<<2, R1, R4
	ADD   R14<<2, R2, R6
	MOVW  4(R3), R14
	ADD   R14<<2, R1, R5
	ADD   R14<<2, R2, R7
	FMOVS 8(R3), F4
	FMOVS 12(R3), F5
	FMULS F4, F12, F0
	FMULS F5, F12, F1
	FMULS F4, F13, F2
	FMULS F5, F13, F3
	VDUP  V0.S[0], V0.S4
	VDUP  V1.S[0], V1.S4
	VDUP  V2.S[0], V2.S4
	VDUP  V3.S[0], V3.S4
	MOVD  ZR, R13

vector:
	ADD  R13<<2, R4, R14
	VLD1 (R14), [V4.S4, V5.S4]
	ADD  R13<<2, R5, R14
	VLD1 (R14), [V6.S4, V7.S4]
	ADD  R13<<2, R6, R14
	VLD1 (R14), [V16.S4, V17.S4]
	ADD  R13<<2, R7, R14
	VLD1 (R14), [V18.S4, V19.S4]
	WORD $0x6e20dc84 // fmul v4.4s, v4.4s, v0.4s
	WORD $0x6e20dca5 // fmul v5.4s, v5.4s, v0.4s
	WORD $0x6e21dcc6 // fmul v6.4s, v6.4s, v1.4s
	WORD $0x6e21dce7 // fmul v7.4s, v7.4s, v1.4s
	WORD $0x6e22de10 // fmul v16.4s, v16.4s, v2.4s
	WORD $0x6e22de31 // fmul v17.4s, v17.4s, v2.4s
	WORD $0x6e23de52 // fmul v18.4s, v18.4s, v3.4s
	WORD $0x6e23de73 // fmul v19.4s, v19.4s, v3.4s
	WORD $0x4e26d484 // fadd v4.4s, v4.4s, v6.4s
	WORD $0x4e27d4a5 // fadd v5.4s, v5.4s, v7.4s
	WORD $0x4e30d484 // fadd v4.4s, v4.4s, v16.4s
	WORD $0x4e31d4a5 // fadd v5.4s, v5.4s, v17.4s
	WORD $0x4e32d484 // fadd v4.4s, v4.4s, v18.4s
	WORD $0x4e33d4a5 // fadd v5.4s, v5.4s, v19.4s
	ADD  R13<<2, R0, R14
	VST1 [V4.S4, V5.S4], (R14)
	ADD $8, R13
	CMP R15, R13
	BLE vector
	CMP R9, R13
	BGE next
	MOVD R15, R13 // the last 8 channels, some of them again
	B   vector

next:
	ADD  R9<<2, R0, R0
	ADD  $16, R3
	SUB  $1, R8
	CBNZ R8, pixel
	RET

// func resizeRow8Vectors(dst *uint8, upper, lower *float32, taps *ResizeTap32, count, channels int, near, far float32)
TEXT ·resizeRow8Vectors(SB), NOSPLIT, $0-56
	MOVD  dst+0(FP), R0
	MOVD  upper+8(FP), R1
	MOVD  lower+16(FP), R2
	MOVD  taps+24(FP), R3
	MOVD  count+32(FP), R8
	MOVD  channels+40(FP), R9
	FMOVS near+48(FP), F12
	FMOVS far+52(FP), F13
	SUB   $8, R9, R15
	MOVW  $0x3f000000, R14 // 0.5
	VDUP  R14, V20.S4

pixel:
	MOVW  0(R3), R14
	ADD   R14<<2, R1, R4
	ADD   R14<<2, R2, R6
	MOVW  4(R3), R14
	ADD   R14<<2, R1, R5
	ADD   R14<<2, R2, R7
	FMOVS 8(R3), F4
	FMOVS 12(R3), F5
	FMULS F4, F12, F0
	FMULS F5, F12, F1
	FMULS F4, F13, F2
	FMULS F5, F13, F3
	VDUP  V0.S[0], V0.S4
	VDUP  V1.S[0], V1.S4
	VDUP  V2.S[0], V2.S4
	VDUP  V3.S[0], V3.S4
	MOVD  ZR, R13

vector:
	ADD  R13<<2, R4, R14
	VLD1 (R14), [V4.S4, V5.S4]
	ADD  R13<<2, R5, R14
	VLD1 (R14), [V6.S4, V7.S4]
	ADD  R13<<2, R6, R14
	VLD1 (R14), [V16.S4, V17.S4]
	ADD  R13<<2, R7, R14
	VLD1 (R14), [V18.S4, V19.S4]
	WORD $0x6e20dc84 // fmul v4.4s, v4.4s, v0.4s
	WORD $0x6e20dca5 // fmul v5.4s, v5.4s, v0.4s
	WORD $0x6e21dcc6 // fmul v6.4s, v6.4s, v1.4s
	WORD $0x6e21dce7 // fmul v7.4s, v7.4s, v1.4s
	WORD $0x6e22de10 // fmul v16.4s, v16.4s, v2.4s
	WORD $0x6e22de31 // fmul v17.4s, v17.4s, v2.4s
	WORD $0x6e23de52 // fmul v18.4s, v18.4s, v3.4s
	WORD $0x6e23de73 // fmul v19.4s, v19.4s, v3.4s
	WORD $0x4e26d484 // fadd v4.4s, v4.4s, v6.4s
	WORD $0x4e27d4a5 // fadd v5.4s, v5.4s, v7.4s
	WORD $0x4e30d484 // fadd v4.4s, v4.4s, v16.4s
	WORD $0x4e31d4a5 // fadd v5.4s, v5.4s, v17.4s
	WORD $0x4e32d484 // fadd v4.4s, v4.4s, v18.4s
	WORD $0x4e33d4a5 // fadd v5.4s, v5.4s, v19.4s
	WORD $0x4e34d484 // fadd v4.4s, v4.4s, v20.4s
	WORD $0x4e34d4a5 // fadd v5.4s, v5.4s, v20.4s
	WORD $0x4ea1b884 // fcvtzs v4.4s, v4.4s
	WORD $0x4ea1b8a5 // fcvtzs v5.4s, v5.4s
	VUZP1 V5.H8, V4.H8, V4.H8 // 0 to 255 each
	VUZP1 V4.B16, V4.B16, V4.B16
	ADD   R13, R0, R14
	VST1  [V4.B8], (R14)
	ADD $8, R13
	CMP R15, R13
	BLE vector
	CMP R9, R13
	BGE next
	MOVD R15, R13 // the last 8 channels, some of them again
	B   vector

next:
	ADD  R9, R0, R0
	ADD  $16, R3
	SUB  $1, R8
	CBNZ R8, pixel
	RET

// func resizeLinesVectors(dst *int32, upper, lower *uint8, n int, near, far int32)
TEXT ·resizeLinesVectors(SB), NOSPLIT, $0-40
	MOVD dst+0(FP), R0
	MOVD upper+8(FP), R1
	MOVD lower+16(FP), R2
	MOVD n+24(FP), R8
	MOVW near+32(FP), R4
	MOVW far+36(FP), R5
	VDUP R4, V12.S4
	VDUP R5, V13.S4

eight:
	VLD1.P 8(R1), [V0.B8]
	VLD1.P 8(R2), [V2.B8]
	VUXTL  V0.B8, V0.H8
	VUXTL  V2.B8, V2.H8
	VUXTL2 V0.H8, V1.S4
	VUXTL  V0.H4, V0.S4
	VUXTL2 V2.H8, V3.S4
	VUXTL  V2.H4, V2.S4
	WORD $0x4eac9c00 // mul v0.4s, v0.4s, v12.4s
	WORD $0x4eac9c21 // mul v1.4s, v1.4s, v12.4s
	WORD $0x4ead9440 // mla v0.4s, v2.4s, v13.4s
	WORD $0x4ead9461 // mla v1.4s, v3.4s, v13.4s
	VST1.P [V0.S4, V1.S4], 32(R0)
	SUB    $8, R8
	CBNZ   R8, eight
	RET

// func resizeRowVectors(dst *uint8, line *int32, taps *ResizeTap, count, channels int)
TEXT ·resizeRowVectors(SB), NOSPLIT, $0-40
	MOVD dst+0(FP), R0
	MOVD line+8(FP), R1
	MOVD taps+16(FP), R3
	MOVD count+24(FP), R8
	MOVD channels+32(FP), R9
	SUB  $8, R9, R15
	MOVD $0x08000000, R14 // 128 << 20
	VDUP R14, V12.S4
	MOVD $0x00080000, R14 // 1 << 19
	VDUP R14, V13.S4
	MOVD $128, R14
	VDUP R14, V14.S4

pixel:
	MOVW 0(R3), R14
	ADD  R14<<2, R1, R4
	MOVW 4(R3), R14
	ADD  R14<<2, R1, R5
	MOVW 8(R3), R14
	VDUP R14, V0.S4
	MOVW 12(R3), R14
	VDUP R14, V1.S4
	MOVD ZR, R13

vector:
	ADD  R13<<2, R4, R14
	VLD1 (R14), [V4.S4, V5.S4]
	ADD  R13<<2, R5, R14
	VLD1 (R14), [V6.S4, V7.S4]
	WORD $0x4ea09c84 // mul v4.4s, v4.4s, v0.4s
	WORD $0x4ea09ca5 // mul v5.4s, v5.4s, v0.4s
	WORD $0x4ea194c4 // mla v4.4s, v6.4s, v1.4s
	WORD $0x4ea194e5 // mla v5.4s, v7.4s, v1.4s
	VSUB V12.S4, V4.S4, V4.S4
	VSUB V12.S4, V5.S4, V5.S4
	WORD $0x4f210486 // sshr v6.4s, v4.4s, #31
	WORD $0x4f2104a7 // sshr v7.4s, v5.4s, #31
	VADD V13.S4, V4.S4, V4.S4
	VADD V13.S4, V5.S4, V5.S4
	VADD V6.S4, V4.S4, V4.S4
	VADD V7.S4, V5.S4, V5.S4
	WORD $0x4f2c0484 // sshr v4.4s, v4.4s, #20
	WORD $0x4f2c04a5 // sshr v5.4s, v5.4s, #20
	VADD V14.S4, V4.S4, V4.S4
	VADD V14.S4, V5.S4, V5.S4
	VUZP1 V5.H8, V4.H8, V4.H8 // 0 to 255 each
	VUZP1 V4.B16, V4.B16, V4.B16
	ADD   R13, R0, R14
	VST1  [V4.B8], (R14)
	ADD $8, R13
	CMP R15, R13
	BLE vector
	CMP R9, R13
	BGE next
	MOVD R15, R13 // the last 8 channels, some of them again
	B   vector

next:
	ADD  R9, R0, R0
	ADD  $16, R3
	SUB  $1, R8
	CBNZ R8, pixel
	RET
