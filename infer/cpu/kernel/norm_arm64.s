//go:build !purego

#include "textflag.h"

// Quotients are limited to ±512 before they are rounded. What lies nearer than 2^-11 to a half is not good.
DATA norm<>+0(SB)/4, $512.0
DATA norm<>+4(SB)/4, $-512.0
DATA norm<>+8(SB)/4, $0.49951171875
DATA norm<>+12(SB)/4, $0x21800000 // bits of 2^-60
DATA norm<>+16(SB)/4, $0x3bffffff // 2^60 has that and one more than these
DATA norm<>+20(SB)/8, $0x8040201008040201
GLOBL norm<>(SB), RODATA|NOPTR, $28

// func normNEON(t *normPixels)
//
// R0 is t, R2 the width; R1 and R3 … R9 point at pixels, R10 at values, R14 at squares.
TEXT ·normNEON(SB), NOSPLIT, $0-8
	MOVD   t+0(FP), R0
	MOVD   16(R0), R2 // width
	MOVD   0(R0), R1
	ADD    R2, R1, R3
	ADD    R2, R3, R4
	ADD    R2, R4, R5
	ADD    R2, R5, R6
	ADD    R2, R6, R7
	ADD    R2, R7, R8
	ADD    R2, R8, R9
	MOVD   24(R0), R10
	MOVD   32(R0), R11
	MOVD   48(R0), R12
	ADD    R12<<5, R11, R14 // squares of channel 0
	ADD    R2<<5, R14, R13 // behind the last
	VEOR   V0.B16, V0.B16, V0.B16
	VEOR   V1.B16, V1.B16, V1.B16
	ADD    $56, R0, R15
	VLD1R.P 4(R15), [V28.S4] // scale
	VLD1R.P 4(R15), [V29.S4] // zero
	VLD1R.P 4(R15), [V30.S4] // alpha

pad: // zeros before the first channel and behind the last
	CBZ    R12, padded
	VST1.P [V0.B16, V1.B16], 32(R11)
	VST1.P [V0.B16, V1.B16], 32(R13)
	SUB    $1, R12
	B      pad

padded:
	LSR    $3, R2, R12

read:
	FMOVD.P 8(R1), F0
	FMOVD.P 8(R3), F1
	FMOVD.P 8(R4), F2
	FMOVD.P 8(R5), F3
	FMOVD.P 8(R6), F4
	FMOVD.P 8(R7), F5
	FMOVD.P 8(R8), F6
	FMOVD.P 8(R9), F7
	WORD $0x4e013810 // zip1 v16.16b, v0.16b, v1.16b
	WORD $0x4e033851 // zip1 v17.16b, v2.16b, v3.16b
	WORD $0x4e053892 // zip1 v18.16b, v4.16b, v5.16b
	WORD $0x4e0738d3 // zip1 v19.16b, v6.16b, v7.16b
	WORD $0x4e513a00 // zip1 v0.8h, v16.8h, v17.8h
	WORD $0x4e517a01 // zip2 v1.8h, v16.8h, v17.8h
	WORD $0x4e533a42 // zip1 v2.8h, v18.8h, v19.8h
	WORD $0x4e537a43 // zip2 v3.8h, v18.8h, v19.8h
	WORD $0x4e823804 // zip1 v4.4s, v0.4s, v2.4s
	WORD $0x4e827805 // zip2 v5.4s, v0.4s, v2.4s
	WORD $0x4e833826 // zip1 v6.4s, v1.4s, v3.4s
	WORD $0x4e837827 // zip2 v7.4s, v1.4s, v3.4s
	WORD $0x2f08a490 // uxtl v16.8h, v4.8b
	WORD $0x6f08a491 // uxtl2 v17.8h, v4.16b
	WORD $0x2f10a614 // uxtl v20.4s, v16.4h
	WORD $0x6f10a615 // uxtl2 v21.4s, v16.8h
	WORD $0x2f10a636 // uxtl v22.4s, v17.4h
	WORD $0x6f10a637 // uxtl2 v23.4s, v17.8h
	WORD $0x6ebd8694 // sub v20.4s, v20.4s, v29.4s
	WORD $0x6ebd86b5 // sub v21.4s, v21.4s, v29.4s
	WORD $0x6ebd86d6 // sub v22.4s, v22.4s, v29.4s
	WORD $0x6ebd86f7 // sub v23.4s, v23.4s, v29.4s
	WORD $0x4e21da94 // scvtf v20.4s, v20.4s
	WORD $0x4e21dab5 // scvtf v21.4s, v21.4s
	WORD $0x4e21dad6 // scvtf v22.4s, v22.4s
	WORD $0x4e21daf7 // scvtf v23.4s, v23.4s
	WORD $0x6e3cde94 // fmul v20.4s, v20.4s, v28.4s
	WORD $0x6e3cdeb5 // fmul v21.4s, v21.4s, v28.4s
	WORD $0x6e3cded6 // fmul v22.4s, v22.4s, v28.4s
	WORD $0x6e3cdef7 // fmul v23.4s, v23.4s, v28.4s
	WORD $0x6e34de98 // fmul v24.4s, v20.4s, v20.4s
	WORD $0x6e35deb9 // fmul v25.4s, v21.4s, v21.4s
	WORD $0x6e36deda // fmul v26.4s, v22.4s, v22.4s
	WORD $0x6e37defb // fmul v27.4s, v23.4s, v23.4s
	WORD $0x6e3edf18 // fmul v24.4s, v24.4s, v30.4s
	WORD $0x6e3edf39 // fmul v25.4s, v25.4s, v30.4s
	WORD $0x6e3edf5a // fmul v26.4s, v26.4s, v30.4s
	WORD $0x6e3edf7b // fmul v27.4s, v27.4s, v30.4s
	VST1.P [V20.S4, V21.S4, V22.S4, V23.S4], 64(R10)
	VST1.P [V24.S4, V25.S4, V26.S4, V27.S4], 64(R14)
	WORD $0x2f08a4b0 // uxtl v16.8h, v5.8b
	WORD $0x6f08a4b1 // uxtl2 v17.8h, v5.16b
	WORD $0x2f10a614 // uxtl v20.4s, v16.4h
	WORD $0x6f10a615 // uxtl2 v21.4s, v16.8h
	WORD $0x2f10a636 // uxtl v22.4s, v17.4h
	WORD $0x6f10a637 // uxtl2 v23.4s, v17.8h
	WORD $0x6ebd8694 // sub v20.4s, v20.4s, v29.4s
	WORD $0x6ebd86b5 // sub v21.4s, v21.4s, v29.4s
	WORD $0x6ebd86d6 // sub v22.4s, v22.4s, v29.4s
	WORD $0x6ebd86f7 // sub v23.4s, v23.4s, v29.4s
	WORD $0x4e21da94 // scvtf v20.4s, v20.4s
	WORD $0x4e21dab5 // scvtf v21.4s, v21.4s
	WORD $0x4e21dad6 // scvtf v22.4s, v22.4s
	WORD $0x4e21daf7 // scvtf v23.4s, v23.4s
	WORD $0x6e3cde94 // fmul v20.4s, v20.4s, v28.4s
	WORD $0x6e3cdeb5 // fmul v21.4s, v21.4s, v28.4s
	WORD $0x6e3cded6 // fmul v22.4s, v22.4s, v28.4s
	WORD $0x6e3cdef7 // fmul v23.4s, v23.4s, v28.4s
	WORD $0x6e34de98 // fmul v24.4s, v20.4s, v20.4s
	WORD $0x6e35deb9 // fmul v25.4s, v21.4s, v21.4s
	WORD $0x6e36deda // fmul v26.4s, v22.4s, v22.4s
	WORD $0x6e37defb // fmul v27.4s, v23.4s, v23.4s
	WORD $0x6e3edf18 // fmul v24.4s, v24.4s, v30.4s
	WORD $0x6e3edf39 // fmul v25.4s, v25.4s, v30.4s
	WORD $0x6e3edf5a // fmul v26.4s, v26.4s, v30.4s
	WORD $0x6e3edf7b // fmul v27.4s, v27.4s, v30.4s
	VST1.P [V20.S4, V21.S4, V22.S4, V23.S4], 64(R10)
	VST1.P [V24.S4, V25.S4, V26.S4, V27.S4], 64(R14)
	WORD $0x2f08a4d0 // uxtl v16.8h, v6.8b
	WORD $0x6f08a4d1 // uxtl2 v17.8h, v6.16b
	WORD $0x2f10a614 // uxtl v20.4s, v16.4h
	WORD $0x6f10a615 // uxtl2 v21.4s, v16.8h
	WORD $0x2f10a636 // uxtl v22.4s, v17.4h
	WORD $0x6f10a637 // uxtl2 v23.4s, v17.8h
	WORD $0x6ebd8694 // sub v20.4s, v20.4s, v29.4s
	WORD $0x6ebd86b5 // sub v21.4s, v21.4s, v29.4s
	WORD $0x6ebd86d6 // sub v22.4s, v22.4s, v29.4s
	WORD $0x6ebd86f7 // sub v23.4s, v23.4s, v29.4s
	WORD $0x4e21da94 // scvtf v20.4s, v20.4s
	WORD $0x4e21dab5 // scvtf v21.4s, v21.4s
	WORD $0x4e21dad6 // scvtf v22.4s, v22.4s
	WORD $0x4e21daf7 // scvtf v23.4s, v23.4s
	WORD $0x6e3cde94 // fmul v20.4s, v20.4s, v28.4s
	WORD $0x6e3cdeb5 // fmul v21.4s, v21.4s, v28.4s
	WORD $0x6e3cded6 // fmul v22.4s, v22.4s, v28.4s
	WORD $0x6e3cdef7 // fmul v23.4s, v23.4s, v28.4s
	WORD $0x6e34de98 // fmul v24.4s, v20.4s, v20.4s
	WORD $0x6e35deb9 // fmul v25.4s, v21.4s, v21.4s
	WORD $0x6e36deda // fmul v26.4s, v22.4s, v22.4s
	WORD $0x6e37defb // fmul v27.4s, v23.4s, v23.4s
	WORD $0x6e3edf18 // fmul v24.4s, v24.4s, v30.4s
	WORD $0x6e3edf39 // fmul v25.4s, v25.4s, v30.4s
	WORD $0x6e3edf5a // fmul v26.4s, v26.4s, v30.4s
	WORD $0x6e3edf7b // fmul v27.4s, v27.4s, v30.4s
	VST1.P [V20.S4, V21.S4, V22.S4, V23.S4], 64(R10)
	VST1.P [V24.S4, V25.S4, V26.S4, V27.S4], 64(R14)
	WORD $0x2f08a4f0 // uxtl v16.8h, v7.8b
	WORD $0x6f08a4f1 // uxtl2 v17.8h, v7.16b
	WORD $0x2f10a614 // uxtl v20.4s, v16.4h
	WORD $0x6f10a615 // uxtl2 v21.4s, v16.8h
	WORD $0x2f10a636 // uxtl v22.4s, v17.4h
	WORD $0x6f10a637 // uxtl2 v23.4s, v17.8h
	WORD $0x6ebd8694 // sub v20.4s, v20.4s, v29.4s
	WORD $0x6ebd86b5 // sub v21.4s, v21.4s, v29.4s
	WORD $0x6ebd86d6 // sub v22.4s, v22.4s, v29.4s
	WORD $0x6ebd86f7 // sub v23.4s, v23.4s, v29.4s
	WORD $0x4e21da94 // scvtf v20.4s, v20.4s
	WORD $0x4e21dab5 // scvtf v21.4s, v21.4s
	WORD $0x4e21dad6 // scvtf v22.4s, v22.4s
	WORD $0x4e21daf7 // scvtf v23.4s, v23.4s
	WORD $0x6e3cde94 // fmul v20.4s, v20.4s, v28.4s
	WORD $0x6e3cdeb5 // fmul v21.4s, v21.4s, v28.4s
	WORD $0x6e3cded6 // fmul v22.4s, v22.4s, v28.4s
	WORD $0x6e3cdef7 // fmul v23.4s, v23.4s, v28.4s
	WORD $0x6e34de98 // fmul v24.4s, v20.4s, v20.4s
	WORD $0x6e35deb9 // fmul v25.4s, v21.4s, v21.4s
	WORD $0x6e36deda // fmul v26.4s, v22.4s, v22.4s
	WORD $0x6e37defb // fmul v27.4s, v23.4s, v23.4s
	WORD $0x6e3edf18 // fmul v24.4s, v24.4s, v30.4s
	WORD $0x6e3edf39 // fmul v25.4s, v25.4s, v30.4s
	WORD $0x6e3edf5a // fmul v26.4s, v26.4s, v30.4s
	WORD $0x6e3edf7b // fmul v27.4s, v27.4s, v30.4s
	VST1.P [V20.S4, V21.S4, V22.S4, V23.S4], 64(R10)
	VST1.P [V24.S4, V25.S4, V26.S4, V27.S4], 64(R14)
	SUB    $1, R12
	CBNZ   R12, read

	// R11 points at the squares that leave the window, R12 at those that join it, R13 at what is good. V0 and V1 are the sum.
	VLD1R.P 4(R15), [V16.S4] // bias
	VLD1R.P 4(R15), [V17.S4] // inverse
	VLD1R  (R15), [V18.S4] // outZero
	MOVD   $norm<>(SB), R15
	VLD1R.P 4(R15), [V19.S4]
	VLD1R.P 4(R15), [V20.S4]
	VLD1R.P 4(R15), [V21.S4]
	VLD1R.P 4(R15), [V22.S4]
	VLD1R.P 4(R15), [V23.S4]
	VLD1   (R15), [V24.B8]
	MOVD   24(R0), R10
	MOVD   32(R0), R11
	MOVD   40(R0), R13
	MOVD   48(R0), R14
	MOVD   R11, R12
	LSL    $1, R14
	VEOR   V0.B16, V0.B16, V0.B16
	VEOR   V1.B16, V1.B16, V1.B16

first:
	CBZ    R14, begin
	VLD1.P 32(R12), [V2.S4, V3.S4]
	WORD $0x4e22d400 // fadd v0.4s, v0.4s, v2.4s
	WORD $0x4e23d421 // fadd v1.4s, v1.4s, v3.4s
	SUB    $1, R14
	B      first

begin:
	MOVD   R2, R14

channel:
	VLD1.P 32(R12), [V2.S4, V3.S4]
	WORD $0x4e22d400 // fadd v0.4s, v0.4s, v2.4s
	WORD $0x4e23d421 // fadd v1.4s, v1.4s, v3.4s
	VLD1   (R11), [V2.S4, V3.S4]
	WORD $0x4e30d404 // fadd v4.4s, v0.4s, v16.4s
	WORD $0x4e30d425 // fadd v5.4s, v1.4s, v16.4s
	WORD $0x4ea2d400 // fsub v0.4s, v0.4s, v2.4s
	WORD $0x4ea3d421 // fsub v1.4s, v1.4s, v3.4s
	VST1.P [V4.S4, V5.S4], 32(R11)
	// An estimate of 1/sqrt and two steps of Newton's method; then the same of that.
	WORD $0x6ea1d886 // frsqrte v6.4s, v4.4s
	WORD $0x6ea1d8a7 // frsqrte v7.4s, v5.4s
	WORD $0x6e26dcc2 // fmul v2.4s, v6.4s, v6.4s
	WORD $0x6e27dce3 // fmul v3.4s, v7.4s, v7.4s
	WORD $0x4ea4fc42 // frsqrts v2.4s, v2.4s, v4.4s
	WORD $0x4ea5fc63 // frsqrts v3.4s, v3.4s, v5.4s
	WORD $0x6e22dcc6 // fmul v6.4s, v6.4s, v2.4s
	WORD $0x6e23dce7 // fmul v7.4s, v7.4s, v3.4s
	WORD $0x6e26dcc2 // fmul v2.4s, v6.4s, v6.4s
	WORD $0x6e27dce3 // fmul v3.4s, v7.4s, v7.4s
	WORD $0x4ea4fc42 // frsqrts v2.4s, v2.4s, v4.4s
	WORD $0x4ea5fc63 // frsqrts v3.4s, v3.4s, v5.4s
	WORD $0x6e22dcc6 // fmul v6.4s, v6.4s, v2.4s
	WORD $0x6e23dce7 // fmul v7.4s, v7.4s, v3.4s
	WORD $0x6ea1d8d9 // frsqrte v25.4s, v6.4s
	WORD $0x6ea1d8fa // frsqrte v26.4s, v7.4s
	WORD $0x6e39df22 // fmul v2.4s, v25.4s, v25.4s
	WORD $0x6e3adf43 // fmul v3.4s, v26.4s, v26.4s
	WORD $0x4ea6fc42 // frsqrts v2.4s, v2.4s, v6.4s
	WORD $0x4ea7fc63 // frsqrts v3.4s, v3.4s, v7.4s
	WORD $0x6e22df39 // fmul v25.4s, v25.4s, v2.4s
	WORD $0x6e23df5a // fmul v26.4s, v26.4s, v3.4s
	WORD $0x6e39df22 // fmul v2.4s, v25.4s, v25.4s
	WORD $0x6e3adf43 // fmul v3.4s, v26.4s, v26.4s
	WORD $0x4ea6fc42 // frsqrts v2.4s, v2.4s, v6.4s
	WORD $0x4ea7fc63 // frsqrts v3.4s, v3.4s, v7.4s
	WORD $0x6e22df39 // fmul v25.4s, v25.4s, v2.4s
	WORD $0x6e23df5a // fmul v26.4s, v26.4s, v3.4s
	WORD $0x6e26df39 // fmul v25.4s, v25.4s, v6.4s
	WORD $0x6e27df5a // fmul v26.4s, v26.4s, v7.4s
	WORD $0x6e39dcc6 // fmul v6.4s, v6.4s, v25.4s
	WORD $0x6e3adce7 // fmul v7.4s, v7.4s, v26.4s
	VLD1   (R10), [V2.S4, V3.S4]
	WORD $0x6e26dc42 // fmul v2.4s, v2.4s, v6.4s
	WORD $0x6e27dc63 // fmul v3.4s, v3.4s, v7.4s
	WORD $0x6e31dc42 // fmul v2.4s, v2.4s, v17.4s
	WORD $0x6e31dc63 // fmul v3.4s, v3.4s, v17.4s
	WORD $0x4e34c442 // fmaxnm v2.4s, v2.4s, v20.4s
	WORD $0x4e34c463 // fmaxnm v3.4s, v3.4s, v20.4s
	WORD $0x4eb3c442 // fminnm v2.4s, v2.4s, v19.4s
	WORD $0x4eb3c463 // fminnm v3.4s, v3.4s, v19.4s
	WORD $0x4e218846 // frintn v6.4s, v2.4s
	WORD $0x4e218867 // frintn v7.4s, v3.4s
	WORD $0x4ea6d442 // fsub v2.4s, v2.4s, v6.4s
	WORD $0x4ea7d463 // fsub v3.4s, v3.4s, v7.4s
	WORD $0x6ea2eea2 // facgt v2.4s, v21.4s, v2.4s
	WORD $0x6ea3eea3 // facgt v3.4s, v21.4s, v3.4s
	WORD $0x6eb68484 // sub v4.4s, v4.4s, v22.4s
	WORD $0x6eb684a5 // sub v5.4s, v5.4s, v22.4s
	WORD $0x6ea43ee4 // cmhs v4.4s, v23.4s, v4.4s
	WORD $0x6ea53ee5 // cmhs v5.4s, v23.4s, v5.4s
	WORD $0x4e241c42 // and v2.16b, v2.16b, v4.16b
	WORD $0x4e251c63 // and v3.16b, v3.16b, v5.16b
	WORD $0x4e431842 // uzp1 v2.8h, v2.8h, v3.8h
	WORD $0x0e212842 // xtn v2.8b, v2.8h
	WORD $0x0e381c42 // and v2.8b, v2.8b, v24.8b
	WORD $0x0e31b842 // addv b2, v2.8b
	VST1.P V2.B[0], 1(R13)
	WORD $0x4ea1b8c6 // fcvtzs v6.4s, v6.4s
	WORD $0x4ea1b8e7 // fcvtzs v7.4s, v7.4s
	WORD $0x4eb284c6 // add v6.4s, v6.4s, v18.4s
	WORD $0x4eb284e7 // add v7.4s, v7.4s, v18.4s
	WORD $0x0e6148c6 // sqxtn v6.4h, v6.4s
	WORD $0x4e6148e6 // sqxtn2 v6.8h, v7.4s
	WORD $0x2e2128c6 // sqxtun v6.8b, v6.8h
	FMOVD.P F6, 32(R10)
	SUB    $1, R14
	CBNZ   R14, channel

	MOVD   8(R0), R1
	ADD    R2, R1, R3
	ADD    R2, R3, R4
	ADD    R2, R4, R5
	ADD    R2, R5, R6
	ADD    R2, R6, R7
	ADD    R2, R7, R8
	ADD    R2, R8, R9
	MOVD   24(R0), R10
	LSR    $3, R2, R12

write:
	FMOVD.P 32(R10), F0
	FMOVD.P 32(R10), F1
	FMOVD.P 32(R10), F2
	FMOVD.P 32(R10), F3
	FMOVD.P 32(R10), F4
	FMOVD.P 32(R10), F5
	FMOVD.P 32(R10), F6
	FMOVD.P 32(R10), F7
	WORD $0x4e013810 // zip1 v16.16b, v0.16b, v1.16b
	WORD $0x4e033851 // zip1 v17.16b, v2.16b, v3.16b
	WORD $0x4e053892 // zip1 v18.16b, v4.16b, v5.16b
	WORD $0x4e0738d3 // zip1 v19.16b, v6.16b, v7.16b
	WORD $0x4e513a00 // zip1 v0.8h, v16.8h, v17.8h
	WORD $0x4e517a01 // zip2 v1.8h, v16.8h, v17.8h
	WORD $0x4e533a42 // zip1 v2.8h, v18.8h, v19.8h
	WORD $0x4e537a43 // zip2 v3.8h, v18.8h, v19.8h
	WORD $0x4e823804 // zip1 v4.4s, v0.4s, v2.4s
	WORD $0x4e827805 // zip2 v5.4s, v0.4s, v2.4s
	WORD $0x4e833826 // zip1 v6.4s, v1.4s, v3.4s
	WORD $0x4e837827 // zip2 v7.4s, v1.4s, v3.4s
	VST1.P V4.D[0], 8(R1)
	VST1.P V4.D[1], 8(R3)
	VST1.P V5.D[0], 8(R4)
	VST1.P V5.D[1], 8(R5)
	VST1.P V6.D[0], 8(R6)
	VST1.P V6.D[1], 8(R7)
	VST1.P V7.D[0], 8(R8)
	VST1.P V7.D[1], 8(R9)
	SUB    $1, R12
	CBNZ   R12, write
	RET
