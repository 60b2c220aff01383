//go:build !purego

#include "textflag.h"

// Operators that round half away from zero (AwayBlock), 64 channels at a time. A vector of 64 bytes widens to four of 16
// sums: in number j of them, 4 channels of each of the 4 lanes, those from 4*j on.

// Offsets in AwayBlock; those of number j of the four vectors are 64*j more.
#define BIAS         0
#define MULT_EVEN  256
#define MULT_ODD   512
#define ADD_EVEN   768
#define ADD_ODD   1024
#define SHIFT     1280
#define LO        1536
#define HI        1600
#define QUICK_MULT 1664
#define QUICK_ADD  1920
#define HOW        2176

// SCALE turns number j of the vectors of sums into numbers that are not limited to a byte yet. K1 has every other bit. Multipliers
// and shifts are in registers, all but one.
#define SCALE(j, a, mulEven, mulOdd, shift, even, odd) \
	VPSRLQ    $32, a, odd                   \
	VPMULDQ   mulEven, a, even              \
	VPMULDQ   mulOdd, odd, odd              \
	VPADDQ    64*j+ADD_EVEN(SI), even, even \
	VPADDQ    64*j+ADD_ODD(SI), odd, odd    \
	VMOVSHDUP even, K1, odd                 \
	VPSRAVD   shift, odd, a

// SCALEAWAY is SCALE where numbers below zero count. What such a one has less is its sign bit, moved to where 2^31 is in its
// product. Z31 has that bit.
#define SCALEAWAY(j, a, mulEven, mulOdd, shift, even, odd, sign) \
	VPSRLQ    $32, a, odd                   \
	VPANDQ    a, Z31, sign                  \
	VPMULDQ   mulEven, a, even              \
	VPSUBQ    sign, even, even              \
	VPANDQ    odd, Z31, sign                \
	VPMULDQ   mulOdd, odd, odd              \
	VPSUBQ    sign, odd, odd                \
	VPADDQ    64*j+ADD_EVEN(SI), even, even \
	VPADDQ    64*j+ADD_ODD(SI), odd, odd    \
	VMOVSHDUP even, K1, odd                 \
	VPSRAVD   shift, odd, a

// LIMITED scales the sums in a … d, ALL does where numbers below zero count.
#define LIMITED(a, b, c, d) \
	SCALE(0, a, Z24, Z28, Z20, Z8, Z9)   \
	SCALE(1, b, Z25, Z29, Z21, Z10, Z11) \
	SCALE(2, c, Z26, Z30, Z22, Z12, Z13) \
	SCALE(3, d, Z27, MULT_ODD+192(SI), Z23, Z14, Z15)

#define ALL(a, b, c, d) \
	SCALEAWAY(0, a, Z24, Z28, Z20, Z8, Z9, Z10)   \
	SCALEAWAY(1, b, Z25, Z29, Z21, Z11, Z12, Z13) \
	SCALEAWAY(2, c, Z26, Z30, Z22, Z14, Z15, Z8)  \
	SCALEAWAY(3, d, Z27, MULT_ODD+192(SI), Z23, Z9, Z10, Z11)

// FLOATS is SCALE by a Quick. Z31 is quickBits.
#define FLOATS(a, mult, add) \
	VFMADD213PS add, mult, a \
	VPSUBD      Z31, a, a

// QUICK scales the sums in a … d by what CONSTANTS_QUICK sets.
#define QUICK(a, b, c, d) \
	FLOATS(a, Z24, Z20) \
	FLOATS(b, Z25, Z21) \
	FLOATS(c, Z26, Z22) \
	FLOATS(d, Z27, Z23)

#define CONSTANTS_QUICK \
	MOVL         $0x4B400000, AX       \
	VPBROADCASTD AX, Z31               \
	VMOVDQU64 QUICK_MULT(SI), Z24      \
	VMOVDQU64 QUICK_MULT+64(SI), Z25   \
	VMOVDQU64 QUICK_MULT+128(SI), Z26  \
	VMOVDQU64 QUICK_MULT+192(SI), Z27  \
	VMOVDQU64 QUICK_ADD(SI), Z20       \
	VMOVDQU64 QUICK_ADD+64(SI), Z21    \
	VMOVDQU64 QUICK_ADD+128(SI), Z22   \
	VMOVDQU64 QUICK_ADD+192(SI), Z23

// STORE limits the numbers in a … d, and stores those bytes that K3 has.
#define STORE(a, b, c, d, to) \
	VPACKSSDW b, a, a      \
	VPACKSSDW d, c, c      \
	VPACKUSWB c, a, a      \
	VPMAXUB   LO(SI), a, a \
	VPMINUB   HI(SI), a, a \
	VMOVDQU8  a, K3, (to)

// FOURS makes, of the bytes of the four taps whose offsets are at R10, those of each channel side by side, in Z8 … Z11.
#define FOURS \
	MOVQ       0(R10), AX       \
	MOVQ       8(R10), CX       \
	MOVQ       16(R10), R11     \
	MOVQ       24(R10), R12     \
	VMOVDQU64  (R8)(AX*1), Z8   \
	VMOVDQU64  (R8)(CX*1), Z9   \
	VMOVDQU64  (R8)(R11*1), Z10 \
	VMOVDQU64  (R8)(R12*1), Z11 \
	VPUNPCKLBW Z9, Z8, Z12      \
	VPUNPCKHBW Z9, Z8, Z13      \
	VPUNPCKLBW Z11, Z10, Z14    \
	VPUNPCKHBW Z11, Z10, Z15    \
	VPUNPCKLWD Z14, Z12, Z8     \
	VPUNPCKHWD Z14, Z12, Z9     \
	VPUNPCKLWD Z15, Z13, Z10    \
	VPUNPCKHWD Z15, Z13, Z11

// UPPER adds the products of these to the sums in Z0 … Z3, LOWER to those in Z4 … Z7.
#define UPPER \
	VPDPBUSD 0(BX), Z8, Z0    \
	VPDPBUSD 64(BX), Z9, Z1   \
	VPDPBUSD 128(BX), Z10, Z2 \
	VPDPBUSD 192(BX), Z11, Z3

#define LOWER \
	VPDPBUSD 0(BX)(R14*1), Z8, Z4    \
	VPDPBUSD 64(BX)(R14*1), Z9, Z5   \
	VPDPBUSD 128(BX)(R14*1), Z10, Z6 \
	VPDPBUSD 192(BX)(R14*1), Z11, Z7

// BEGIN sets number j of the vectors of four pixels' sums to the bias, TAP loads number i of four taps of two pixels, QUADS makes of
// such four vectors the bytes of each channel side by side, PRODUCTS adds the products of number j of two pixels, and QUICKS scales
// the sums of four.
#define BEGIN(j, a, b, c, d) \
	VMOVDQU64 64*j+BIAS(SI), a \
	VMOVDQA64 a, b             \
	VMOVDQA64 a, c             \
	VMOVDQA64 a, d

#define TAP(i, a, b) \
	MOVQ      8*i(R10), AX   \
	VMOVDQU64 (R8)(AX*1), a  \
	VMOVDQU64 (CX)(AX*1), b

#define QUADS(a, b, c, d) \
	VPUNPCKLBW b, a, Z24   \
	VPUNPCKHBW b, a, Z25   \
	VPUNPCKLBW d, c, Z26   \
	VPUNPCKHBW d, c, Z27   \
	VPUNPCKLWD Z26, Z24, a \
	VPUNPCKHWD Z26, Z24, b \
	VPUNPCKLWD Z27, Z25, c \
	VPUNPCKHWD Z27, Z25, d

#define PRODUCTS(j, x, y, upperX, lowerX, upperY, lowerY) \
	VMOVDQU64 64*j(BX), Z28         \
	VMOVDQU64 64*j(BX)(R14*1), Z29  \
	VPDPBUSD  Z28, x, upperX        \
	VPDPBUSD  Z28, y, upperY        \
	VPDPBUSD  Z29, x, lowerX        \
	VPDPBUSD  Z29, y, lowerY

#define QUICKS(j, a, b, c, d) \
	VMOVDQU64 64*j+QUICK_MULT(SI), Z28 \
	VMOVDQU64 64*j+QUICK_ADD(SI), Z29  \
	FLOATS(a, Z28, Z29)                \
	FLOATS(b, Z28, Z29)                \
	FLOATS(c, Z28, Z29)                \
	FLOATS(d, Z28, Z29)

// FIRST begins with a pixel's taps.
#define FIRST \
	VMOVDQA64 Z16, Z0     \
	VMOVDQA64 Z17, Z1     \
	VMOVDQA64 Z18, Z2     \
	VMOVDQA64 Z19, Z3     \
	MOVQ      24(DI), R10 \
	MOVQ      32(DI), DX  \
	MOVQ      40(DI), BX

// CONSTANTS sets K1 and Z20 … Z31.
#define CONSTANTS \
	MOVL         $0x5555, AX        \
	KMOVW        AX, K1             \
	MOVL         $0x80000000, AX    \
	VPBROADCASTQ AX, Z31     \
	VMOVDQU64 MULT_EVEN(SI), Z24      \
	VMOVDQU64 MULT_EVEN+64(SI), Z25   \
	VMOVDQU64 MULT_EVEN+128(SI), Z26  \
	VMOVDQU64 MULT_EVEN+192(SI), Z27  \
	VMOVDQU64 MULT_ODD(SI), Z28       \
	VMOVDQU64 MULT_ODD+64(SI), Z29    \
	VMOVDQU64 MULT_ODD+128(SI), Z30   \
	VMOVDQU64 SHIFT(SI), Z20          \
	VMOVDQU64 SHIFT+64(SI), Z21       \
	VMOVDQU64 SHIFT+128(SI), Z22      \
	VMOVDQU64 SHIFT+192(SI), Z23

// MASK sets K3 to the first CX bytes of 64.
#define MASK \
	MOVQ  $64, AX  \
	SUBQ  CX, AX   \
	MOVQ  AX, CX   \
	MOVQ  $-1, AX  \
	SHRQ  CX, AX   \
	KMOVQ AX, K3

// func depthVNNI(t *DepthBytes)
//
// SI is the block, R8 a pixel's first tap, R9 the output, R15 counts pixels. R10 walks along the taps' offsets, BX along
// the panel, DX counts fours of taps. Z0 … Z3 are sums, that begin with Z16 … Z19. Of two rows, Z4 … Z7 are those of the lower one,
// whose weights are R14 behind the other's, and whose output is R13.
TEXT ·depthVNNI(SB), NOSPLIT, $8-8
	MOVQ t+0(FP), DI
	MOVQ 0(DI), R8
	MOVQ 16(DI), R15
	MOVQ 48(DI), SI
	MOVQ 56(DI), R9
	MOVQ 72(DI), CX
	MASK
	MOVQ 96(DI), AX
	MOVQ AX, 0(SP) // how many rows or pairs are left

row:
	MOVQ 88(DI), R13
	CMPQ HOW(SI), $2
	JNE  exact
	TESTQ R13, R13
	JZ   quickly
	CMPQ R15, $2
	JGE  squares

quickly:
	CONSTANTS_QUICK
	JMP  begin

exact:
	CONSTANTS

begin:
	VMOVDQU64 0+BIAS(SI), Z16
	VMOVDQU64 64+BIAS(SI), Z17
	VMOVDQU64 128+BIAS(SI), Z18
	VMOVDQU64 192+BIAS(SI), Z19
	TESTQ R13, R13
	JNZ  two

pixel:
	FIRST

four:
	FOURS
	UPPER
	ADDQ $32, R10
	ADDQ $256, BX
	DECQ DX
	JNZ  four
	CMPQ HOW(SI), $1
	JEQ  away
	JGT  quick
	LIMITED(Z0, Z1, Z2, Z3)

store:
	STORE(Z0, Z1, Z2, Z3, R9)
	ADDQ 8(DI), R8
	ADDQ 64(DI), R9
	DECQ R15
	JNZ  pixel
	JMP  below

away:
	ALL(Z0, Z1, Z2, Z3)
	JMP store

quick:
	QUICK(Z0, Z1, Z2, Z3)
	JMP store

two:
	ADDQ R9, R13
	MOVQ 32(DI), R14
	SHLQ $8, R14

pair:
	FIRST
	VMOVDQA64 Z16, Z4
	VMOVDQA64 Z17, Z5
	VMOVDQA64 Z18, Z6
	VMOVDQA64 Z19, Z7

both:
	FOURS
	UPPER
	LOWER
	ADDQ $32, R10
	ADDQ $256, BX
	DECQ DX
	JNZ  both
	CMPQ HOW(SI), $1
	JEQ  awayboth
	JGT  quickboth
	LIMITED(Z0, Z1, Z2, Z3)
	LIMITED(Z4, Z5, Z6, Z7)

storeboth:
	STORE(Z0, Z1, Z2, Z3, R9)
	STORE(Z4, Z5, Z6, Z7, R13)
	ADDQ 8(DI), R8
	ADDQ 64(DI), R9
	ADDQ 64(DI), R13
	DECQ R15
	JNZ  pair
	JMP  below

awayboth:
	ALL(Z0, Z1, Z2, Z3)
	ALL(Z4, Z5, Z6, Z7)
	JMP storeboth

quickboth:
	QUICK(Z0, Z1, Z2, Z3)
	QUICK(Z4, Z5, Z6, Z7)
	JMP storeboth

// Two pixels of both rows by Quicks: CX is the right one's first tap, and Z8 … Z15 are its sums.
squares:
	ADDQ R9, R13
	MOVQ 32(DI), R14
	SHLQ $8, R14
	MOVL         $0x4B400000, AX
	VPBROADCASTD AX, Z31

square:
	MOVQ R8, CX
	ADDQ 8(DI), CX
	MOVQ 24(DI), R10
	MOVQ 32(DI), DX
	MOVQ 40(DI), BX
	BEGIN(0, Z0, Z4, Z8, Z12)
	BEGIN(1, Z1, Z5, Z9, Z13)
	BEGIN(2, Z2, Z6, Z10, Z14)
	BEGIN(3, Z3, Z7, Z11, Z15)

fours:
	TAP(0, Z16, Z20)
	TAP(1, Z17, Z21)
	TAP(2, Z18, Z22)
	TAP(3, Z19, Z23)
	QUADS(Z16, Z17, Z18, Z19)
	QUADS(Z20, Z21, Z22, Z23)
	PRODUCTS(0, Z16, Z20, Z0, Z4, Z8, Z12)
	PRODUCTS(1, Z17, Z21, Z1, Z5, Z9, Z13)
	PRODUCTS(2, Z18, Z22, Z2, Z6, Z10, Z14)
	PRODUCTS(3, Z19, Z23, Z3, Z7, Z11, Z15)
	ADDQ $32, R10
	ADDQ $256, BX
	DECQ DX
	JNZ  fours
	QUICKS(0, Z0, Z4, Z8, Z12)
	QUICKS(1, Z1, Z5, Z9, Z13)
	QUICKS(2, Z2, Z6, Z10, Z14)
	QUICKS(3, Z3, Z7, Z11, Z15)
	MOVQ 64(DI), AX
	STORE(Z0, Z1, Z2, Z3, R9)
	STORE(Z4, Z5, Z6, Z7, R13)
	ADDQ AX, R9
	ADDQ AX, R13
	STORE(Z8, Z9, Z10, Z11, R9)
	STORE(Z12, Z13, Z14, Z15, R13)
	ADDQ AX, R9
	ADDQ AX, R13
	MOVQ CX, R8
	ADDQ 8(DI), R8
	SUBQ $2, R15
	CMPQ R15, $2
	JGE  square
	TESTQ R15, R15
	JNZ  last
	JMP  below

last:
	CONSTANTS_QUICK
	VMOVDQU64 0+BIAS(SI), Z16
	VMOVDQU64 64+BIAS(SI), Z17
	VMOVDQU64 128+BIAS(SI), Z18
	VMOVDQU64 192+BIAS(SI), Z19
	JMP  pair

// The next row or pair begins where Many of them less those that are left lie behind the first.
below:
	SUBQ  $1, 0(SP)
	JLE   done
	MOVQ  96(DI), AX
	SUBQ  0(SP), AX
	MOVQ  AX, CX
	IMULQ 104(DI), AX
	IMULQ 112(DI), CX
	MOVQ  0(DI), R8
	ADDQ  AX, R8
	MOVQ  56(DI), R9
	ADDQ  CX, R9
	MOVQ  16(DI), R15
	JMP   row

done:
	VZEROUPPER
	RET

// LINE makes sums of the two bytes in each 32 bits of x, by addLine.
#define LINE(x, low) \
	VPMADDWD Z17, x, low  \
	VPMADDWD Z16, x, x    \
	VPSRAD   $7, low, low \
	VPSLLD   $8, x, x     \
	VPADDD   Z18, low, low \
	VPADDD   low, x, x    \
	VPSRAVD  Z19, x, x

// func addAVX512(dst, a, b *uint8, n int, l *addLine)
TEXT ·addAVX512(SB), NOSPLIT, $0-40
	MOVQ dst+0(FP), R9
	MOVQ a+8(FP), R8
	MOVQ b+16(FP), R10
	MOVQ n+24(FP), DX
	MOVQ l+32(FP), SI
	VPBROADCASTD 0(SI), Z16
	VPBROADCASTD 4(SI), Z17
	VPBROADCASTD 8(SI), Z18
	VPBROADCASTD 12(SI), Z19
	VPBROADCASTB 16(SI), Z20
	VPBROADCASTB 17(SI), Z21
	VPXORQ       Z22, Z22, Z22

next:
	MOVQ    DX, CX
	CMPQ    CX, $64
	JLE     mask
	MOVQ    $64, CX

mask:
	MASK
	VMOVDQU8.Z (R8), K3, Z0
	VMOVDQU8.Z (R10), K3, Z1
	VPUNPCKLBW Z1, Z0, Z2
	VPUNPCKHBW Z1, Z0, Z3
	VPUNPCKLBW Z22, Z2, Z0
	VPUNPCKHBW Z22, Z2, Z1
	VPUNPCKLBW Z22, Z3, Z2
	VPUNPCKHBW Z22, Z3, Z3
	LINE(Z0, Z4)
	LINE(Z1, Z5)
	LINE(Z2, Z6)
	LINE(Z3, Z7)
	VPACKSSDW  Z1, Z0, Z0
	VPACKSSDW  Z3, Z2, Z2
	VPACKUSWB  Z2, Z0, Z0
	VPMAXUB    Z20, Z0, Z0
	VPMINUB    Z21, Z0, Z0
	VMOVDQU8   Z0, K3, (R9)
	ADDQ    $64, R8
	ADDQ    $64, R9
	ADDQ    $64, R10
	SUBQ    $64, DX
	JGT     next
	VZEROUPPER
	RET

// func mapAVX512(dst, src *uint8, n int, table *[256]uint8)
TEXT ·mapAVX512(SB), NOSPLIT, $0-32
	MOVQ      dst+0(FP), DI
	MOVQ      src+8(FP), SI
	MOVQ      n+16(FP), DX
	MOVQ      table+24(FP), R8
	VMOVDQU64 0(R8), Z4
	VMOVDQU64 64(R8), Z5
	VMOVDQU64 128(R8), Z6
	VMOVDQU64 192(R8), Z7

next:
	MOVQ       DX, CX
	CMPQ       CX, $64
	JLE        mask
	MOVQ       $64, CX

mask:
	MASK
	VMOVDQU8.Z (SI), K3, Z0
	VPMOVB2M   Z0, K2
	VMOVDQA64  Z0, Z1
	VPERMI2B   Z5, Z4, Z0
	VPERMI2B   Z7, Z6, Z1
	VMOVDQU8   Z1, K2, Z0
	VMOVDQU8   Z0, K3, (DI)
	ADDQ       $64, SI
	ADDQ       $64, DI
	SUBQ       $64, DX
	JGT        next
	VZEROUPPER
	RET
