//go:build !purego

#include "textflag.h"

// Fields of Tiles.
#define LINES     0(DI)
#define OFFSETS   8(DI)
#define COUNT    16(DI)
#define PANEL    24(DI)
#define SEGMENTS 32(DI)
#define PAIRS    40(DI)
#define PITCH    48(DI)
#define BLOCK    56(DI)
#define DST      64(DI)
#define STRIDE   72(DI)
#define WIDTH    80(DI)

// What is left to do, on the stack behind the sums of 6 pixels and a vector.
#define PIXELS  400(SP)
#define OFFSET0 408(SP)
#define OUT     416(SP)

// Offsets in Block.
#define BIAS   0
#define LEFT   64
#define OFFSET 128
#define LANES  192
#define LO     576
#define HI     592
#define HIGH   608

// ROW multiplies a pair of elements of one pixel by the pairs of 16 columns in Y12 and Y13.
#define ROW(at, acc0, acc1) \
	VPBROADCASTD at, Y14        \
	VPMADDWD     Y14, Y12, Y15  \
	VPADDD       Y15, acc0, acc0 \
	VPMADDWD     Y14, Y13, Y14  \
	VPADDD       Y14, acc1, acc1

// PAIR6 and PAIR3 multiply pair number n from here of six or three pixels.
#define PAIR6(n) \
	VMOVDQU n*64(BX), Y12    \
	VMOVDQU n*64+32(BX), Y13 \
	ROW(n*4(R8)(AX*1), Y0, Y1)   \
	ROW(n*4(R9)(AX*1), Y2, Y3)   \
	ROW(n*4(R10)(AX*1), Y4, Y5)  \
	ROW(n*4(R11)(AX*1), Y6, Y7)  \
	ROW(n*4(R12)(AX*1), Y8, Y9)  \
	ROW(n*4(R13)(AX*1), Y10, Y11)

#define PAIR3(n) \
	VMOVDQU n*64(BX), Y12    \
	VMOVDQU n*64+32(BX), Y13 \
	ROW(n*4(R8)(AX*1), Y0, Y1)   \
	ROW(n*4(R9)(AX*1), Y2, Y3)   \
	ROW(n*4(R10)(AX*1), Y4, Y5)

// SCALE turns 8 sums at mem into 8 numbers, not yet limited to a byte. half is 0 or 1.
#define SCALE(mem, half, out, tmp) \
	VMOVDQU  mem, out                              \
	VPSLLVD  LEFT+half*32(SI), out, out            \
	VPMULDQ  LANES+half*192(SI), out, tmp          \
	VPSRLQ   $32, out, out                         \
	VPMULDQ  LANES+half*192+96(SI), out, out       \
	VPADDQ   LANES+half*192+32(SI), tmp, tmp       \
	VPADDQ   LANES+half*192+128(SI), out, out      \
	VPSRLVQ  LANES+half*192+64(SI), tmp, tmp       \
	VPSRLVQ  LANES+half*192+160(SI), out, out      \
	VPSLLQ   $32, out, out                         \
	VPBLENDD $0xAA, out, tmp, out                  \
	VPADDD   OFFSET+half*32(SI), out, out

// SCALEHIGH is SCALE where no product is shifted by less than 32 bits, so that only upper halves count.
#define SCALEHIGH(mem, half, out, tmp) \
	VMOVDQU   mem, out                         \
	VPMULDQ   LANES+half*192(SI), out, tmp     \
	VPSRLQ    $32, out, out                    \
	VPMULDQ   LANES+half*192+96(SI), out, out  \
	VPADDQ    LANES+half*192+32(SI), tmp, tmp  \
	VPADDQ    LANES+half*192+128(SI), out, out \
	VPSRLQ    $32, tmp, tmp                    \
	VPBLENDD  $0xAA, out, tmp, out             \
	VPSRLVD   LEFT+half*32(SI), out, out       \
	VPADDD    OFFSET+half*32(SI), out, out

// PACK limits the 16 numbers in Y0 and Y2 to bytes in X0.
#define PACK \
	VPACKSSDW    Y2, Y0, Y0  \
	VPERMQ       $0xD8, Y0, Y0 \
	VEXTRACTI128 $1, Y0, X1  \
	VPACKUSWB    X1, X0, X0  \
	VPMAXUB      X6, X0, X0  \
	VPMINUB      X7, X0, X0

// func tilesAVX2(t *Tiles)
//
// DI is t, DX counts segments, BX walks along the panel, AX and CX are an index in a segment and its end in bytes,
// R8 … R13 point at pixels, SI at the block. The sums lie in Y0 … Y11 and, for the epilogue, on the stack.
TEXT ·tilesAVX2(SB), NOSPLIT, $424-8
	MOVQ t+0(FP), DI
	MOVQ BLOCK, SI
	MOVQ COUNT, AX
	MOVQ AX, PIXELS
	MOVQ OFFSETS, AX
	MOVQ AX, OFFSET0
	MOVQ DST, AX
	MOVQ AX, OUT

tile:
	MOVQ    OFFSET0, AX
	MOVQ    LINES, CX
	MOVQ    0(AX), R8
	MOVQ    8(AX), R9
	MOVQ    16(AX), R10
	MOVQ    24(AX), R11
	MOVQ    32(AX), R12
	MOVQ    40(AX), R13
	ADDQ    CX, R8
	ADDQ    CX, R9
	ADDQ    CX, R10
	ADDQ    CX, R11
	ADDQ    CX, R12
	ADDQ    CX, R13
	MOVQ    PANEL, BX
	MOVQ    SEGMENTS, DX
	VMOVDQU BIAS(SI), Y0
	VMOVDQU BIAS+32(SI), Y1
	VMOVDQA Y0, Y2
	VMOVDQA Y1, Y3
	VMOVDQA Y0, Y4
	VMOVDQA Y1, Y5
	CMPQ    PIXELS, $3
	JLE     segment3
	VMOVDQA Y0, Y6
	VMOVDQA Y1, Y7
	VMOVDQA Y0, Y8
	VMOVDQA Y1, Y9
	VMOVDQA Y0, Y10
	VMOVDQA Y1, Y11

segment6:
	XORQ AX, AX
	MOVQ PAIRS, CX
	SHLQ $2, CX
	TESTQ $4, CX
	JZ   even6
	PAIR6(0)
	ADDQ $64, BX
	ADDQ $4, AX
	CMPQ AX, CX
	JEQ  next6

even6:
	PAIR6(0)
	PAIR6(1)
	ADDQ $128, BX
	ADDQ $8, AX
	CMPQ AX, CX
	JNE  even6

next6:
	DECQ DX
	JZ   store6
	MOVQ PITCH, AX
	ADDQ AX, R8
	ADDQ AX, R9
	ADDQ AX, R10
	ADDQ AX, R11
	ADDQ AX, R12
	ADDQ AX, R13
	JMP  segment6

segment3:
	XORQ AX, AX
	MOVQ PAIRS, CX
	SHLQ $2, CX

pair3:
	PAIR3(0)
	ADDQ $64, BX
	ADDQ $4, AX
	CMPQ AX, CX
	JNE  pair3
	DECQ DX
	JZ   store3
	MOVQ PITCH, AX
	ADDQ AX, R8
	ADDQ AX, R9
	ADDQ AX, R10
	JMP  segment3

store6:
	VMOVDQU Y6, 192(SP)
	VMOVDQU Y7, 224(SP)
	VMOVDQU Y8, 256(SP)
	VMOVDQU Y9, 288(SP)
	VMOVDQU Y10, 320(SP)
	VMOVDQU Y11, 352(SP)

store3:
	VMOVDQU Y0, 0(SP)
	VMOVDQU Y1, 32(SP)
	VMOVDQU Y2, 64(SP)
	VMOVDQU Y3, 96(SP)
	VMOVDQU Y4, 128(SP)
	VMOVDQU Y5, 160(SP)

	// The epilogue: BX walks along the sums of CX pixels, R9 along the output.
	MOVQ    PIXELS, CX
	CMPQ    CX, $6
	JLE     few
	MOVQ    $6, CX

few:
	SUBQ    CX, PIXELS
	ADDQ    $48, OFFSET0
	MOVQ    SP, BX
	MOVQ    OUT, R9
	MOVQ    STRIDE, R10
	MOVQ    WIDTH, R11
	VMOVDQU LO(SI), X6
	VMOVDQU HI(SI), X7

	CMPB    HIGH(SI), $0
	JNE     high

pixel:
	SCALE(0(BX), 0, Y0, Y1)
	SCALE(32(BX), 1, Y2, Y3)
	PACK
	CMPQ    R11, $16
	JNE     narrow
	VMOVDQU X0, (R9)

stored:
	ADDQ $64, BX
	ADDQ R10, R9
	DECQ CX
	JNZ  next

done:
	MOVQ R9, OUT
	CMPQ PIXELS, $0
	JNE  tile
	VZEROUPPER
	RET

next:
	CMPB HIGH(SI), $0
	JEQ  pixel

high:
	SCALEHIGH(0(BX), 0, Y0, Y1)
	SCALEHIGH(32(BX), 1, Y2, Y3)
	PACK
	CMPQ    R11, $16
	JNE     narrow
	VMOVDQU X0, (R9)
	ADDQ    $64, BX
	ADDQ    R10, R9
	DECQ    CX
	JNZ     high
	JMP     done

narrow:
	CMPQ  R11, $8
	JLT   single
	VMOVQ X0, (R9)
	JEQ   stored

single:
	VMOVDQU X0, 384(SP)
	XORQ    AX, AX

byte:
	MOVB 384(SP)(AX*1), R12
	MOVB R12, (R9)(AX*1)
	INCQ AX
	CMPQ AX, R11
	JNE  byte
	JMP  stored

// func widenAVX2(dst *int16, src *uint8, n int)
TEXT ·widenAVX2(SB), NOSPLIT, $0-24
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ n+16(FP), CX
	CMPQ CX, $16
	JLT  below16

	// The last vector begins at R8, and may overlap with the one before it.
	LEAQ -16(CX), R8
	XORQ AX, AX

loop16:
	CMPQ      AX, R8
	JGE       last16
	VPMOVZXBW (SI)(AX*1), Y0
	VMOVDQU   Y0, (DI)(AX*2)
	ADDQ      $16, AX
	JMP       loop16

last16:
	VPMOVZXBW (SI)(R8*1), Y0
	VMOVDQU   Y0, (DI)(R8*2)
	VZEROUPPER
	RET

below16:
	CMPQ      CX, $8
	JLT       below8
	VPMOVZXBW (SI), X0
	VPMOVZXBW -8(SI)(CX*1), X1
	VMOVDQU   X0, (DI)
	VMOVDQU   X1, -16(DI)(CX*2)
	RET

below8:
	MOVBLZX -1(SI)(CX*1), AX
	MOVW    AX, -2(DI)(CX*2)
	DECQ    CX
	JNZ     below8
	RET

// func panelAVX2(dst *int16, src *uint8, pitch, blocks int, zero int32)
//
// SI, R9 and the like point at columns; pairs of bytes are transposed as 16-bit words, 8 columns by 8 pairs.
TEXT ·panelAVX2(SB), NOSPLIT, $0-36
	MOVQ         dst+0(FP), DI
	MOVQ         src+8(FP), SI
	MOVQ         pitch+16(FP), R8
	MOVQ         blocks+24(FP), CX
	MOVL         zero+32(FP), AX
	VMOVD        AX, X15
	VPBROADCASTW X15, Y15
	LEAQ         (R8)(R8*2), R9    // 3 pitches
	LEAQ         (SI)(R8*4), R10   // column 4

block:
	VMOVDQU    (SI), X0
	VMOVDQU    (SI)(R8*1), X1
	VMOVDQU    (SI)(R8*2), X2
	VMOVDQU    (SI)(R9*1), X3
	VMOVDQU    (R10), X4
	VMOVDQU    (R10)(R8*1), X5
	VMOVDQU    (R10)(R8*2), X6
	VMOVDQU    (R10)(R9*1), X7

	// Words of two columns, then doublewords of four, then quadwords of eight.
	VPUNPCKLWD X1, X0, X8
	VPUNPCKHWD X1, X0, X9
	VPUNPCKLWD X3, X2, X10
	VPUNPCKHWD X3, X2, X11
	VPUNPCKLWD X5, X4, X12
	VPUNPCKHWD X5, X4, X13
	VPUNPCKLWD X7, X6, X14
	VPUNPCKHWD X7, X6, X7
	VPUNPCKLDQ X10, X8, X0
	VPUNPCKHDQ X10, X8, X1
	VPUNPCKLDQ X11, X9, X2
	VPUNPCKHDQ X11, X9, X3
	VPUNPCKLDQ X14, X12, X4
	VPUNPCKHDQ X14, X12, X5
	VPUNPCKLDQ X7, X13, X6
	VPUNPCKHDQ X7, X13, X7

#define PUT(unpack, lo, hi, at) \
	unpack    hi, lo, X8   \
	VPMOVZXBW X8, Y8       \
	VPSUBW    Y15, Y8, Y8  \
	VMOVDQU   Y8, at(DI)

	PUT(VPUNPCKLQDQ, X0, X4, 0)
	PUT(VPUNPCKHQDQ, X0, X4, 64)
	PUT(VPUNPCKLQDQ, X1, X5, 128)
	PUT(VPUNPCKHQDQ, X1, X5, 192)
	PUT(VPUNPCKLQDQ, X2, X6, 256)
	PUT(VPUNPCKHQDQ, X2, X6, 320)
	PUT(VPUNPCKLQDQ, X3, X7, 384)
	PUT(VPUNPCKHQDQ, X3, X7, 448)
	ADDQ $16, SI
	ADDQ $16, R10
	ADDQ $512, DI
	DECQ CX
	JNZ  block
	VZEROUPPER
	RET

// func dotAVX2(a, w *uint8, n int) (sum int32)
TEXT ·dotAVX2(SB), NOSPLIT, $0-28
	MOVQ  a+0(FP), SI
	MOVQ  w+8(FP), DI
	MOVQ  n+16(FP), CX
	XORQ  AX, AX
	VPXOR Y4, Y4, Y4
	VPXOR Y5, Y5, Y5
	TESTQ $16, CX
	JZ    two

	VPMOVZXBW (SI), Y0
	VPMOVZXBW (DI), Y1
	VPMADDWD  Y1, Y0, Y4
	MOVQ      $16, AX
	CMPQ      AX, CX
	JEQ       total

two:
	VPMOVZXBW (SI)(AX*1), Y0
	VPMOVZXBW (DI)(AX*1), Y1
	VPMADDWD  Y1, Y0, Y0
	VPADDD    Y0, Y4, Y4
	VPMOVZXBW 16(SI)(AX*1), Y2
	VPMOVZXBW 16(DI)(AX*1), Y3
	VPMADDWD  Y3, Y2, Y2
	VPADDD    Y2, Y5, Y5
	ADDQ      $32, AX
	CMPQ      AX, CX
	JNE       two

total:
	VPADDD       Y5, Y4, Y4
	VEXTRACTI128 $1, Y4, X0
	VPADDD       X4, X0, X0
	VPSHUFD      $0x4E, X0, X1
	VPADDD       X1, X0, X0
	VPSHUFD      $0xB1, X0, X1
	VPADDD       X1, X0, X0
	VMOVD        X0, AX
	MOVL         AX, sum+24(FP)
	VZEROUPPER
	RET
