//go:build !purego

#include "textflag.h"

// func tile32Vectors(acc *Tile32, a, b, c, d, panel *float32, n int)
//
// V0 to V15 are the sums, four for each row.
TEXT ·tile32Vectors(SB), NOSPLIT, $0-56
	MOVD acc+0(FP), R0
	MOVD a+8(FP), R1
	MOVD b+16(FP), R2
	MOVD c+24(FP), R3
	MOVD d+32(FP), R4
	MOVD panel+40(FP), R5
	MOVD n+48(FP), R6
	MOVD R0, R7
	VLD1.P 64(R7), [V0.S4, V1.S4, V2.S4, V3.S4]
	VLD1.P 64(R7), [V4.S4, V5.S4, V6.S4, V7.S4]
	VLD1.P 64(R7), [V8.S4, V9.S4, V10.S4, V11.S4]
	VLD1.P 64(R7), [V12.S4, V13.S4, V14.S4, V15.S4]

next:
	VLD1.P  64(R5), [V16.S4, V17.S4, V18.S4, V19.S4]
	SUB     $1, R6
	VLD1R.P 4(R1), [V20.S4]
	VLD1R.P 4(R2), [V21.S4]
	VLD1R.P 4(R3), [V22.S4]
	VLD1R.P 4(R4), [V23.S4]
	WORD $0x6e34de18 // fmul v24.4s, v16.4s, v20.4s
	WORD $0x6e34de39 // fmul v25.4s, v17.4s, v20.4s
	WORD $0x6e34de5a // fmul v26.4s, v18.4s, v20.4s
	WORD $0x6e34de7b // fmul v27.4s, v19.4s, v20.4s
	WORD $0x6e35de1c // fmul v28.4s, v16.4s, v21.4s
	WORD $0x6e35de3d // fmul v29.4s, v17.4s, v21.4s
	WORD $0x6e35de5e // fmul v30.4s, v18.4s, v21.4s
	WORD $0x6e35de7f // fmul v31.4s, v19.4s, v21.4s
	WORD $0x4e38d400 // fadd v0.4s, v0.4s, v24.4s
	WORD $0x4e39d421 // fadd v1.4s, v1.4s, v25.4s
	WORD $0x4e3ad442 // fadd v2.4s, v2.4s, v26.4s
	WORD $0x4e3bd463 // fadd v3.4s, v3.4s, v27.4s
	WORD $0x4e3cd484 // fadd v4.4s, v4.4s, v28.4s
	WORD $0x4e3dd4a5 // fadd v5.4s, v5.4s, v29.4s
	WORD $0x4e3ed4c6 // fadd v6.4s, v6.4s, v30.4s
	WORD $0x4e3fd4e7 // fadd v7.4s, v7.4s, v31.4s
	WORD $0x6e36de18 // fmul v24.4s, v16.4s, v22.4s
	WORD $0x6e36de39 // fmul v25.4s, v17.4s, v22.4s
	WORD $0x6e36de5a // fmul v26.4s, v18.4s, v22.4s
	WORD $0x6e36de7b // fmul v27.4s, v19.4s, v22.4s
	WORD $0x6e37de1c // fmul v28.4s, v16.4s, v23.4s
	WORD $0x6e37de3d // fmul v29.4s, v17.4s, v23.4s
	WORD $0x6e37de5e // fmul v30.4s, v18.4s, v23.4s
	WORD $0x6e37de7f // fmul v31.4s, v19.4s, v23.4s
	WORD $0x4e38d508 // fadd v8.4s, v8.4s, v24.4s
	WORD $0x4e39d529 // fadd v9.4s, v9.4s, v25.4s
	WORD $0x4e3ad54a // fadd v10.4s, v10.4s, v26.4s
	WORD $0x4e3bd56b // fadd v11.4s, v11.4s, v27.4s
	WORD $0x4e3cd58c // fadd v12.4s, v12.4s, v28.4s
	WORD $0x4e3dd5ad // fadd v13.4s, v13.4s, v29.4s
	WORD $0x4e3ed5ce // fadd v14.4s, v14.4s, v30.4s
	WORD $0x4e3fd5ef // fadd v15.4s, v15.4s, v31.4s
	CBNZ    R6, next
	VST1.P [V0.S4, V1.S4, V2.S4, V3.S4], 64(R0)
	VST1.P [V4.S4, V5.S4, V6.S4, V7.S4], 64(R0)
	VST1.P [V8.S4, V9.S4, V10.S4, V11.S4], 64(R0)
	VST1.P [V12.S4, V13.S4, V14.S4, V15.S4], 64(R0)
	RET

// func tap32Vectors(acc, x, w *float32, n int)
TEXT ·tap32Vectors(SB), NOSPLIT, $0-32
	MOVD acc+0(FP), R0
	MOVD x+8(FP), R1
	MOVD w+16(FP), R2
	MOVD n+24(FP), R3

eight:
	VLD1   (R0), [V0.S4, V1.S4]
	VLD1.P 32(R1), [V2.S4, V3.S4]
	VLD1.P 32(R2), [V4.S4, V5.S4]
	SUB    $8, R3
	WORD $0x6e24dc42 // fmul v2.4s, v2.4s, v4.4s
	WORD $0x6e25dc63 // fmul v3.4s, v3.4s, v5.4s
	WORD $0x4e22d400 // fadd v0.4s, v0.4s, v2.4s
	WORD $0x4e23d421 // fadd v1.4s, v1.4s, v3.4s
	VST1.P [V0.S4, V1.S4], 32(R0)
	CBNZ   R3, eight
	RET

// func tapVectors(acc *int32, x *uint8, w *int16, n int, zero int32)
TEXT ·tapVectors(SB), NOSPLIT, $0-36
	MOVD  acc+0(FP), R0
	MOVD  x+8(FP), R1
	MOVD  w+16(FP), R2
	MOVD  n+24(FP), R3
	MOVWU zero+32(FP), R4
	VDUP  R4, V6.H8

eight:
	VLD1   (R0), [V0.S4, V1.S4]
	VLD1.P 8(R1), [V2.B8]
	VLD1.P 16(R2), [V3.H8]
	SUB    $8, R3
	VUXTL  V2.B8, V2.H8
	VSUB   V6.H8, V2.H8, V2.H8
	WORD $0x0e638040 // smlal v0.4s, v2.4h, v3.4h
	WORD $0x4e638041 // smlal2 v1.4s, v2.8h, v3.8h
	VST1.P [V0.S4, V1.S4], 32(R0)
	CBNZ   R3, eight
	RET
