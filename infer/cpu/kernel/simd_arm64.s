//go:build !purego

#include "textflag.h"

// func maxRowNEON(dst, src *uint8, n, count, dstStep, srcStep int, w *Window, lo uint8)
//
// R0 and R1 are a pixel, R10 and R11 its channels, of which R12 are left; R13 and R14 count rows and columns, R15 is a row
// of the window, R16 a tap.
TEXT ·maxRowNEON(SB), NOSPLIT, $0-57
	MOVD  dst+0(FP), R0
	MOVD  src+8(FP), R1
	MOVD  n+16(FP), R2
	MOVD  count+24(FP), R3
	MOVD  dstStep+32(FP), R4
	MOVD  srcStep+40(FP), R5
	MOVD  w+48(FP), R10
	LDP   (R10), (R6, R7)   // rows, columns
	LDP   16(R10), (R8, R9) // pitch, step
	MOVBU lo+56(FP), R10
	VDUP  R10, V16.B16

pixel:
	MOVD R0, R10
	MOVD R1, R11
	MOVD R2, R12

channels64:
	CMP  $64, R12
	BLT  channels16
	VMOV V16.B16, V0.B16
	VMOV V16.B16, V1.B16
	VMOV V16.B16, V2.B16
	VMOV V16.B16, V3.B16
	MOVD R6, R13
	MOVD R11, R15

row64:
	MOVD R7, R14
	MOVD R15, R16

column64:
	VLD1  (R16), [V4.B16, V5.B16, V6.B16, V7.B16]
	ADD   R9, R16
	SUB   $1, R14
	VUMAX V4.B16, V0.B16, V0.B16
	VUMAX V5.B16, V1.B16, V1.B16
	VUMAX V6.B16, V2.B16, V2.B16
	VUMAX V7.B16, V3.B16, V3.B16
	CBNZ  R14, column64
	ADD   R8, R15
	SUB   $1, R13
	CBNZ  R13, row64
	VST1.P [V0.B16, V1.B16, V2.B16, V3.B16], 64(R10)
	ADD   $64, R11
	SUB   $64, R12
	B     channels64

channels16:
	CBZ R12, next
	CMP $16, R12
	BGE whole

	// The last 16 channels, some of which are done already.
	SUB  $16, R12, R13
	ADD  R13, R10
	ADD  R13, R11
	MOVD $16, R12

whole:
	VMOV V16.B16, V0.B16
	MOVD R6, R13
	MOVD R11, R15

row16:
	MOVD R7, R14
	MOVD R15, R16

column16:
	VLD1  (R16), [V4.B16]
	ADD   R9, R16
	SUB   $1, R14
	VUMAX V4.B16, V0.B16, V0.B16
	CBNZ  R14, column16
	ADD   R8, R15
	SUB   $1, R13
	CBNZ  R13, row16
	VST1.P [V0.B16], 16(R10)
	ADD   $16, R11
	SUB   $16, R12
	B     channels16

next:
	ADD  R4, R0
	ADD  R5, R1
	SUB  $1, R3
	CBNZ R3, pixel
	RET

// func sumWindowNEON(acc *int32, src *uint8, n, rows, cols, pitch, step int)
//
// R7 is the window's 16 channels, R8 counts rows, R9 columns of a row and R10 those of them that fit 16 bits; R11 is a
// row, R12 a tap. V0 and V1 are sums of 16 bits, V2 … V5 of 32.
TEXT ·sumWindowNEON(SB), NOSPLIT, $0-56
	MOVD acc+0(FP), R0
	MOVD src+8(FP), R7
	MOVD n+16(FP), R2
	MOVD rows+24(FP), R3
	MOVD cols+32(FP), R4
	MOVD pitch+40(FP), R5
	MOVD step+48(FP), R6

channels:
	VEOR V2.B16, V2.B16, V2.B16
	VEOR V3.B16, V3.B16, V3.B16
	VEOR V4.B16, V4.B16, V4.B16
	VEOR V5.B16, V5.B16, V5.B16
	MOVD R3, R8
	MOVD R7, R11

row:
	MOVD R4, R9
	MOVD R11, R12

part:
	MOVD $256, R10
	CMP  R10, R9
	CSEL LT, R9, R10, R10
	SUB  R10, R9
	VEOR V0.B16, V0.B16, V0.B16
	VEOR V1.B16, V1.B16, V1.B16

column:
	VLD1    (R12), [V6.B16]
	ADD     R6, R12
	SUB     $1, R10
	VUADDW  V6.B8, V0.H8, V0.H8
	VUADDW2 V6.B16, V1.H8, V1.H8
	CBNZ    R10, column
	VUADDW  V0.H4, V2.S4, V2.S4
	VUADDW2 V0.H8, V3.S4, V3.S4
	VUADDW  V1.H4, V4.S4, V4.S4
	VUADDW2 V1.H8, V5.S4, V5.S4
	CBNZ    R9, part
	ADD     R5, R11
	SUB     $1, R8
	CBNZ    R8, row
	VST1.P  [V2.S4, V3.S4, V4.S4, V5.S4], 64(R0)
	ADD     $16, R7
	SUB     $16, R2
	CBNZ    R2, channels
	RET

// func averageWindowNEON(dst, src *uint8, n, rows, cols, pitch, step int, a *averaging)
//
// Registers as in sumWindowNEON. V16 … V21 are the fields of a.
TEXT ·averageWindowNEON(SB), NOSPLIT, $0-64
	MOVD    dst+0(FP), R0
	MOVD    src+8(FP), R7
	MOVD    n+16(FP), R2
	MOVD    rows+24(FP), R3
	MOVD    cols+32(FP), R4
	MOVD    pitch+40(FP), R5
	MOVD    step+48(FP), R6
	MOVD    a+56(FP), R8
	VLD1R.P 2(R8), [V16.H8] // half
	VLD1R.P 2(R8), [V17.H8] // middle
	VLD1R.P 2(R8), [V18.H8] // less
	VLD1R.P 2(R8), [V19.H8] // factor
	VLD1R.P 1(R8), [V20.B16] // lo
	VLD1R   (R8), [V21.B16] // hi

channels:
	CMP  $16, R2
	BGE  whole

	// The last 16 channels, some of which are done already.
	SUB  $16, R2, R8
	ADD  R8, R0
	ADD  R8, R7
	MOVD $16, R2

whole:
	VEOR V0.B16, V0.B16, V0.B16
	VEOR V1.B16, V1.B16, V1.B16
	MOVD R3, R8
	MOVD R7, R11

row:
	MOVD R4, R9
	MOVD R11, R12

column:
	VLD1    (R12), [V6.B16]
	ADD     R6, R12
	SUB     $1, R9
	VUADDW  V6.B8, V0.H8, V0.H8
	VUADDW2 V6.B16, V1.H8, V1.H8
	CBNZ    R9, column
	ADD     R5, R11
	SUB     $1, R8
	CBNZ    R8, row

	// (sum + half, less 1 if the sum is below the middle) * factor / 2^16.
	WORD $0x6e603622 // cmhi v2.8h, v17.8h, v0.8h
	WORD $0x6e613623 // cmhi v3.8h, v17.8h, v1.8h
	VADD  V16.H8, V0.H8, V0.H8
	VADD  V16.H8, V1.H8, V1.H8
	VAND  V18.B16, V2.B16, V2.B16
	VAND  V18.B16, V3.B16, V3.B16
	VSUB  V2.H8, V0.H8, V0.H8
	VSUB  V3.H8, V1.H8, V1.H8
	WORD $0x2e73c002 // umull v2.4s, v0.4h, v19.4h
	WORD $0x6e73c003 // umull2 v3.4s, v0.8h, v19.8h
	WORD $0x2e73c024 // umull v4.4s, v1.4h, v19.4h
	WORD $0x6e73c025 // umull2 v5.4s, v1.8h, v19.8h
	VUZP2 V3.H8, V2.H8, V0.H8
	VUZP2 V5.H8, V4.H8, V1.H8
	VUZP1 V1.B16, V0.B16, V0.B16 // the averages are bytes
	VUMAX V20.B16, V0.B16, V0.B16
	VUMIN V21.B16, V0.B16, V0.B16
	VST1.P [V0.B16], 16(R0)
	ADD   $16, R7
	SUBS  $16, R2
	BGT   channels
	RET

// func mapNEON(dst, src *uint8, n int, table *[256]uint8)
//
// The table is in V16 … V31. An index from 64 on finds nothing in the first quarter, and changes nothing, and so on. The
// last 16 bytes are translated first and stored last, so that dst may be src.
TEXT ·mapNEON(SB), NOSPLIT, $0-32
	MOVD   dst+0(FP), R0
	MOVD   src+8(FP), R1
	MOVD   n+16(FP), R2
	MOVD   table+24(FP), R3
	VLD1.P 64(R3), [V16.B16, V17.B16, V18.B16, V19.B16]
	VLD1.P 64(R3), [V20.B16, V21.B16, V22.B16, V23.B16]
	VLD1.P 64(R3), [V24.B16, V25.B16, V26.B16, V27.B16]
	VLD1   (R3), [V28.B16, V29.B16, V30.B16, V31.B16]
	VMOVI  $64, V7.B16
	SUB    $16, R2, R3
	ADD    R3, R0, R4 // the last 16
	ADD    R3, R1, R5
	VLD1   (R5), [V0.B16]
	VTBL   V0.B16, [V16.B16, V17.B16, V18.B16, V19.B16], V6.B16
	VSUB   V7.B16, V0.B16, V0.B16
	VTBX   V0.B16, [V20.B16, V21.B16, V22.B16, V23.B16], V6.B16
	VSUB   V7.B16, V0.B16, V0.B16
	VTBX   V0.B16, [V24.B16, V25.B16, V26.B16, V27.B16], V6.B16
	VSUB   V7.B16, V0.B16, V0.B16
	VTBX   V0.B16, [V28.B16, V29.B16, V30.B16, V31.B16], V6.B16

sixteen:
	SUBS   $16, R2
	BLE    last
	VLD1.P 16(R1), [V0.B16]
	VSUB   V7.B16, V0.B16, V1.B16
	VTBL   V0.B16, [V16.B16, V17.B16, V18.B16, V19.B16], V4.B16
	VSUB   V7.B16, V1.B16, V2.B16
	VTBX   V1.B16, [V20.B16, V21.B16, V22.B16, V23.B16], V4.B16
	VSUB   V7.B16, V2.B16, V3.B16
	VTBX   V2.B16, [V24.B16, V25.B16, V26.B16, V27.B16], V4.B16
	VTBX   V3.B16, [V28.B16, V29.B16, V30.B16, V31.B16], V4.B16
	VST1.P [V4.B16], 16(R0)
	B      sixteen

last:
	VST1 [V6.B16], (R4)
	RET

// func addRoundNEON(dst, a, b *uint8, n int, p *roundAdder)
//
// Each input: (x - zero) << 20, a multiplication, a rounding shift. V16 … V26 are the fields of p. A negative number
// that ends in a half is moved down before the shift, unless that is by 0 bits.
TEXT ·addRoundNEON(SB), NOSPLIT, $0-40
	MOVD    dst+0(FP), R0
	MOVD    a+8(FP), R1
	MOVD    b+16(FP), R2
	MOVD    n+24(FP), R3
	MOVD    p+32(FP), R4
	VLD1R.P 4(R4), [V16.S4] // zero of a
	VLD1R.P 4(R4), [V17.S4] // multiplier
	VLD1R.P 4(R4), [V18.S4] // right shift, negative
	VLD1R.P 4(R4), [V19.S4] // and of b
	VLD1R.P 4(R4), [V20.S4]
	VLD1R.P 4(R4), [V21.S4]
	VLD1R.P 4(R4), [V22.S4] // of the sum: zero
	VLD1R.P 4(R4), [V23.S4]
	VLD1R.P 4(R4), [V24.S4]
	VLD1R.P 4(R4), [V27.S4] // left shift
	VLD1R.P 1(R4), [V25.B16] // lo
	VLD1R   (R4), [V26.B16] // hi
	B       eight

last:
	// The last 8, some of which are done already: dst is neither a nor b.
	SUB $8, R3
	ADD R3, R0
	ADD R3, R1
	ADD R3, R2
	MOVD $8, R3

eight:
	CMP    $8, R3
	BLT    rest
	VLD1.P 8(R1), [V0.B8]
	VLD1.P 8(R2), [V2.B8]
	VUXTL  V0.B8, V0.H8
	VUXTL  V2.B8, V2.H8
	VUXTL2 V0.H8, V1.S4
	VUXTL  V0.H4, V0.S4
	VUXTL2 V2.H8, V3.S4
	VUXTL  V2.H4, V2.S4
	VSUB   V16.S4, V0.S4, V0.S4
	VSUB   V16.S4, V1.S4, V1.S4
	VSUB   V19.S4, V2.S4, V2.S4
	VSUB   V19.S4, V3.S4, V3.S4
	VSHL   $20, V0.S4, V0.S4
	VSHL   $20, V1.S4, V1.S4
	VSHL   $20, V2.S4, V2.S4
	VSHL   $20, V3.S4, V3.S4
	WORD $0x6eb1b400 // sqrdmulh v0.4s, v0.4s, v17.4s
	WORD $0x6eb1b421 // sqrdmulh v1.4s, v1.4s, v17.4s
	WORD $0x6eb4b442 // sqrdmulh v2.4s, v2.4s, v20.4s
	WORD $0x6eb4b463 // sqrdmulh v3.4s, v3.4s, v20.4s
	VAND   V18.B16, V0.B16, V4.B16
	VAND   V18.B16, V1.B16, V5.B16
	VAND   V21.B16, V2.B16, V6.B16
	VAND   V21.B16, V3.B16, V7.B16
	WORD $0x4f211480 // ssra v0.4s, v4.4s, #31
	WORD $0x4f2114a1 // ssra v1.4s, v5.4s, #31
	WORD $0x4f2114c2 // ssra v2.4s, v6.4s, #31
	WORD $0x4f2114e3 // ssra v3.4s, v7.4s, #31
	WORD $0x4eb25400 // srshl v0.4s, v0.4s, v18.4s
	WORD $0x4eb25421 // srshl v1.4s, v1.4s, v18.4s
	WORD $0x4eb55442 // srshl v2.4s, v2.4s, v21.4s
	WORD $0x4eb55463 // srshl v3.4s, v3.4s, v21.4s
	VADD   V2.S4, V0.S4, V0.S4
	VADD   V3.S4, V1.S4, V1.S4
	WORD $0x4ebb4400 // sshl v0.4s, v0.4s, v27.4s
	WORD $0x4ebb4421 // sshl v1.4s, v1.4s, v27.4s
	WORD $0x6eb7b400 // sqrdmulh v0.4s, v0.4s, v23.4s
	WORD $0x6eb7b421 // sqrdmulh v1.4s, v1.4s, v23.4s
	VAND   V24.B16, V0.B16, V4.B16
	VAND   V24.B16, V1.B16, V5.B16
	WORD $0x4f211480 // ssra v0.4s, v4.4s, #31
	WORD $0x4f2114a1 // ssra v1.4s, v5.4s, #31
	WORD $0x4eb85400 // srshl v0.4s, v0.4s, v24.4s
	WORD $0x4eb85421 // srshl v1.4s, v1.4s, v24.4s
	VADD   V22.S4, V0.S4, V0.S4
	VADD   V22.S4, V1.S4, V1.S4
	WORD $0x0e614800 // sqxtn v0.4h, v0.4s
	WORD $0x4e614820 // sqxtn2 v0.8h, v1.4s
	WORD $0x2e212800 // sqxtun v0.8b, v0.8h
	VUMAX  V25.B16, V0.B16, V0.B16
	VUMIN  V26.B16, V0.B16, V0.B16
	VST1.P [V0.B8], 8(R0)
	SUB    $8, R3
	B      eight

rest:
	CBNZ R3, last
	RET

// func flipNEON(dst, src *uint8, n int)
TEXT ·flipNEON(SB), NOSPLIT, $0-24
	MOVD  dst+0(FP), R0
	MOVD  src+8(FP), R1
	MOVD  n+16(FP), R2
	VMOVI $0x80, V16.B16

sixtyfour:
	CMP    $64, R2
	BLT    sixteen
	VLD1.P 64(R1), [V0.B16, V1.B16, V2.B16, V3.B16]
	SUB    $64, R2
	VEOR   V16.B16, V0.B16, V0.B16
	VEOR   V16.B16, V1.B16, V1.B16
	VEOR   V16.B16, V2.B16, V2.B16
	VEOR   V16.B16, V3.B16, V3.B16
	VST1.P [V0.B16, V1.B16, V2.B16, V3.B16], 64(R0)
	B      sixtyfour

sixteen:
	CBZ R2, done
	CMP $16, R2
	BGE whole

	// The last 16, some of which are done already.
	SUB  $16, R2
	ADD  R2, R0
	ADD  R2, R1
	MOVD $16, R2

whole:
	VLD1.P 16(R1), [V0.B16]
	SUB    $16, R2
	VEOR   V16.B16, V0.B16, V0.B16
	VST1.P [V0.B16], 16(R0)
	B      sixteen

done:
	RET

// What keeps the last n of 16 bytes is at 16-n … of 16 zeros and 16 ones, from n on.
DATA keep<>+0(SB)/8, $0
DATA keep<>+8(SB)/8, $0
DATA keep<>+16(SB)/8, $-1
DATA keep<>+24(SB)/8, $-1
GLOBL keep<>(SB), RODATA|NOPTR, $32

// func sumSignedNEON(dst *int32, src *uint8, n, channels int)
//
// R4 is whole vectors of a pixel, R5 the bytes behind them, which are read together with some before them: V16 keeps them.
TEXT ·sumSignedNEON(SB), NOSPLIT, $0-32
	MOVD dst+0(FP), R0
	MOVD src+8(FP), R1
	MOVD n+16(FP), R2
	MOVD channels+24(FP), R3
	LSR  $4, R3, R4
	AND  $15, R3, R5
	MOVD $keep<>(SB), R6
	ADD  R5, R6
	VLD1 (R6), [V16.B16]

pixel:
	VEOR V2.B16, V2.B16, V2.B16
	MOVD R4, R7

sixteen:
	VLD1.P 16(R1), [V0.B16]
	SUB    $1, R7
	WORD $0x4e202801 // saddlp v1.8h, v0.16b
	WORD $0x4e606822 // sadalp v2.4s, v1.8h
	CBNZ   R7, sixteen
	CBZ    R5, total
	ADD    R5, R1
	SUB    $16, R1, R8
	VLD1   (R8), [V0.B16]
	VAND   V16.B16, V0.B16, V0.B16
	WORD $0x4e202801 // saddlp v1.8h, v0.16b
	WORD $0x4e606822 // sadalp v2.4s, v1.8h

total:
	VADDV  V2.S4, V2
	VST1.P V2.S[0], 4(R0)
	SUB    $1, R2
	CBNZ   R2, pixel
	RET

// func sumUnsignedNEON(dst *int32, src *uint8, n, channels int)
//
// R4 is whole vectors of a pixel, R5 the bytes behind them, which are read together with some before them: V16 keeps them.
TEXT ·sumUnsignedNEON(SB), NOSPLIT, $0-32
	MOVD dst+0(FP), R0
	MOVD src+8(FP), R1
	MOVD n+16(FP), R2
	MOVD channels+24(FP), R3
	LSR  $4, R3, R4
	AND  $15, R3, R5
	MOVD $keep<>(SB), R6
	ADD  R5, R6
	VLD1 (R6), [V16.B16]

pixel:
	VEOR V2.B16, V2.B16, V2.B16
	MOVD R4, R7

sixteen:
	VLD1.P 16(R1), [V0.B16]
	SUB    $1, R7
	WORD $0x6e202801 // uaddlp v1.8h, v0.16b
	WORD $0x6e606822 // uadalp v2.4s, v1.8h
	CBNZ   R7, sixteen
	CBZ    R5, total
	ADD    R5, R1
	SUB    $16, R1, R8
	VLD1   (R8), [V0.B16]
	VAND   V16.B16, V0.B16, V0.B16
	WORD $0x6e202801 // uaddlp v1.8h, v0.16b
	WORD $0x6e606822 // uadalp v2.4s, v1.8h

total:
	VADDV  V2.S4, V2
	VST1.P V2.S[0], 4(R0)
	SUB    $1, R2
	CBNZ   R2, pixel
	RET

// func dotNEON(a, w *uint8, n int) (sum int32)
TEXT ·dotNEON(SB), NOSPLIT, $0-28
	MOVD a+0(FP), R0
	MOVD w+8(FP), R1
	MOVD n+16(FP), R2
	VEOR V16.B16, V16.B16, V16.B16
	VEOR V17.B16, V17.B16, V17.B16

thirtytwo:
	VLD1.P 32(R0), [V0.B16, V1.B16]
	VLD1.P 32(R1), [V2.B16, V3.B16]
	SUB    $32, R2
	WORD $0x2e22c004 // umull v4.8h, v0.8b, v2.8b
	WORD $0x6e22c005 // umull2 v5.8h, v0.16b, v2.16b
	WORD $0x2e23c026 // umull v6.8h, v1.8b, v3.8b
	WORD $0x6e23c027 // umull2 v7.8h, v1.16b, v3.16b
	WORD $0x6e606890 // uadalp v16.4s, v4.8h
	WORD $0x6e6068b1 // uadalp v17.4s, v5.8h
	WORD $0x6e6068d0 // uadalp v16.4s, v6.8h
	WORD $0x6e6068f1 // uadalp v17.4s, v7.8h
	CBNZ   R2, thirtytwo
	VADD   V17.S4, V16.S4, V16.S4
	VADDV  V16.S4, V16
	VMOV   V16.S[0], R0
	MOVW   R0, sum+24(FP)
	RET
