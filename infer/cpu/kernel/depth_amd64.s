//go:build !purego

#include "textflag.h"

// Fields of DepthTiles.
#define LINES   0(DI)
#define STEP    8(DI)
#define COUNT  16(DI)
#define TAPS   24(DI)
#define PAIRS  32(DI)
#define PANEL  40(DI)
#define BLOCK  48(DI)
#define DST    56(DI)
#define STRIDE 64(DI)
#define WIDTH  72(DI)
#define COLUMN 80(DI)
#define ROW    88(DI)

// Offsets in DepthBlock, whose fields are of 16 channels.
#define BIAS  0
#define LEFT  64
#define RIGHT 128
#define MASK  192
#define ZERO  256
#define EVEN  320
#define ODD   384
#define LO    448
#define HI    464
#define AWAY  480
#define FAST  484
#define ADDEVEN 488
#define ADDODD  552
#define SHIFT   616

// SCALE turns 8 sums in x into 8 numbers, not yet limited to a byte; half is 0 or 1. It is Multiplier.HalfAway: the last
// shift drops rem, and adds 1 where rem is more than a half, or exactly a half of a number that is not negative; or that
// is, where Y12 has not -1 but 0, for Multiplier.HalfUp.
#define SCALE(x, half, tmp, rem, sign) \
	VPSLLVD  LEFT+half*32(SI), x, x   \
	VPMULDQ  EVEN+half*32(SI), x, tmp \
	VPSRLQ   $32, x, x                \
	VPMULDQ  ODD+half*32(SI), x, x    \
	VPADDQ   Y15, tmp, tmp            \
	VPADDQ   Y15, x, x                \
	VPSRLQ   $31, tmp, tmp            \
	VPADDQ   x, x, x                  \
	VPBLENDD $0xAA, x, tmp, x         \
	VMOVDQU  MASK+half*32(SI), tmp    \
	VPAND    x, tmp, rem              \
	VPSRLD   $1, tmp, tmp             \
	VPSRAD   $31, x, sign             \
	VPAND    Y12, sign, sign          \
	VPSUBD   sign, tmp, tmp           \
	VPCMPGTD tmp, rem, rem            \
	VPSRAVD  RIGHT+half*32(SI), x, x  \
	VPSUBD   rem, x, x                \
	VPADDD   ZERO+half*32(SI), x, x

// SCALEFAST is SCALE for blocks that allow it.
#define SCALEFAST(x, half, tmp) \
	VPMULDQ  EVEN+half*32(SI), x, tmp      \
	VPSRLQ   $32, x, x                     \
	VPMULDQ  ODD+half*32(SI), x, x         \
	VPADDQ   ADDEVEN+half*32(SI), tmp, tmp \
	VPADDQ   ADDODD+half*32(SI), x, x      \
	VPSRLQ   $32, tmp, tmp                 \
	VPBLENDD $0xAA, x, tmp, x              \
	VPSRAVD  SHIFT+half*32(SI), x, x

// BYTES makes 16 bytes in X0 of the numbers in Y0 and Y1.
#define BYTES \
	VPACKSSDW    Y1, Y0, Y0 \
	VEXTRACTI128 $1, Y0, X1 \
	VPACKUSWB    X1, X0, X0 \
	VPMAXUB      X14, X0, X0 \
	VPMINUB      X13, X0, X0

// NARROW stores AX bytes of X0, 1 … 15, at R9: two stores of the greatest size that fits may overlap.
#define NARROW(below8, below4, stored) \
	VMOVDQU X0, 0(SP)              \
	CMPQ    AX, $8                 \
	JLT     below8                 \
	MOVQ    -8(SP)(AX*1), DX      \
	VMOVQ   X0, (R9)               \
	MOVQ    DX, -8(R9)(AX*1)     \
	JMP     stored                 \
below8:                                \
	CMPQ    AX, $4                \
	JLT     below4                 \
	MOVL    -4(SP)(AX*1), DX     \
	VMOVD   X0, (R9)               \
	MOVL    DX, -4(R9)(AX*1)     \
	JMP     stored                 \
below4:                                \
	MOVBLZX -1(SP)(AX*1), DX     \
	VPEXTRB $0, X0, (R9)           \
	MOVB    DX, -1(R9)(AX*1)     \
	CMPQ    AX, $3                \
	JLT     stored                 \
	VPEXTRB $1, X0, 1(R9)          \
	JMP     stored

// PAIR adds the products of two taps.
#define PAIR(a, b, weights) \
	VMOVDQU    a, Y2              \
	VMOVDQU    b, Y3              \
	VPUNPCKLWD Y3, Y2, Y4         \
	VPUNPCKHWD Y3, Y2, Y5         \
	VPMADDWD   weights(BX), Y4, Y4    \
	VPMADDWD   weights+32(BX), Y5, Y5 \
	VPADDD     Y4, Y0, Y0         \
	VPADDD     Y5, Y1, Y1

// FASTPAIR is PAIR with the weights in registers.
#define FASTPAIR(a, b, low, high) \
	VMOVDQU    a, Y2      \
	VMOVDQU    b, Y3      \
	VPUNPCKLWD Y3, Y2, Y4 \
	VPUNPCKHWD Y3, Y2, Y5 \
	VPMADDWD   low, Y4, Y4  \
	VPMADDWD   high, Y5, Y5 \
	VPADDD     Y4, Y0, Y0 \
	VPADDD     Y5, Y1, Y1

// func depthAVX2(t *DepthTiles)
//
// DI is t, SI the block, R8 a pixel's first tap, R9 the output, CX counts pixels. R10 walks along the taps' offsets,
// BX along the panel, DX counts pairs of taps; for a window of 3x3, R10 and R11 are its other rows, R12 is from a tap to the
// next. Y0 has the sums of channels 0 … 3 and 8 … 11, Y1 those of 4 … 7 and 12 … 15: so VPUNPCKLWD and VPUNPCKHWD pair the
// taps, and so does VPACKSSDW put them together again.
TEXT ·depthAVX2(SB), NOSPLIT, $16-8
	MOVQ         t+0(FP), DI
	MOVQ         BLOCK, SI
	MOVQ         LINES, R8
	MOVQ         DST, R9
	MOVQ         COUNT, CX
	MOVQ         STEP, R13
	VPCMPEQD     Y15, Y15, Y15
	VPSRLQ       $63, Y15, Y15
	VPSLLQ       $30, Y15, Y15 // 2^30
	VMOVDQU      LO(SI), X14
	VMOVDQU      HI(SI), X13
	VPBROADCASTD AWAY(SI), Y12
	MOVQ         COLUMN, R12
	TESTQ        R12, R12
	JZ           pixel
	MOVQ         ROW, R11
	LEAQ         (R8)(R11*1), R10
	LEAQ         (R8)(R11*2), R11
	MOVQ         PANEL, BX
	MOVL         FAST(SI), AX
	TESTL        AX, AX
	JZ           nine
	VMOVDQU      (BX), Y6 // Y6 … Y15 are the weights
	VMOVDQU      32(BX), Y7
	VMOVDQU      64(BX), Y8
	VMOVDQU      96(BX), Y9
	VMOVDQU      128(BX), Y10
	VMOVDQU      160(BX), Y11
	VMOVDQU      192(BX), Y12
	VMOVDQU      224(BX), Y13
	VMOVDQU      256(BX), Y14
	VMOVDQU      288(BX), Y15

fastnine:
	VMOVDQU BIAS(SI), Y0
	VMOVDQU BIAS+32(SI), Y1
	FASTPAIR((R8), (R8)(R12*1), Y6, Y7)
	FASTPAIR((R8)(R12*2), (R10), Y8, Y9)
	FASTPAIR((R10)(R12*1), (R10)(R12*2), Y10, Y11)
	FASTPAIR((R11), (R11)(R12*1), Y12, Y13)
	VMOVDQU    (R11)(R12*2), Y2
	VPUNPCKLWD Y2, Y2, Y4
	VPUNPCKHWD Y2, Y2, Y5
	VPMADDWD   Y14, Y4, Y4
	VPMADDWD   Y15, Y5, Y5
	VPADDD     Y4, Y0, Y0
	VPADDD     Y5, Y1, Y1
	SCALEFAST(Y0, 0, Y2)
	SCALEFAST(Y1, 1, Y3)
	VPACKSSDW    Y1, Y0, Y0
	VEXTRACTI128 $1, Y0, X1
	VPACKUSWB    X1, X0, X0
	VPMAXUB      LO(SI), X0, X0
	VPMINUB      HI(SI), X0, X0
	MOVQ    WIDTH, AX
	CMPQ    AX, $16
	JNE     narrownine
	VMOVDQU X0, (R9)

storednine:
	ADDQ R13, R8
	ADDQ R13, R10
	ADDQ R13, R11
	ADDQ STRIDE, R9
	DECQ CX
	JNZ  fastnine
	VZEROUPPER
	RET

narrownine:
	NARROW(eight9, four9, storednine)

pixel:
	VMOVDQU BIAS(SI), Y0
	VMOVDQU BIAS+32(SI), Y1
	MOVQ    TAPS, R10
	MOVQ    PANEL, BX
	MOVQ    PAIRS, DX

pair:
	MOVQ (R10), R11
	MOVQ 8(R10), R12
	PAIR((R8)(R11*1), (R8)(R12*1), 0)
	ADDQ $16, R10
	ADDQ $64, BX
	DECQ DX
	JNZ  pair

scale:
	MOVL FAST(SI), AX
	TESTL AX, AX
	JZ   slow
	SCALEFAST(Y0, 0, Y2)
	SCALEFAST(Y1, 1, Y5)

bytes:
	BYTES
	MOVQ    WIDTH, AX
	CMPQ    AX, $16
	JNE     narrow
	VMOVDQU X0, (R9)

stored:
	ADDQ  R13, R8
	ADDQ  STRIDE, R9
	DECQ  CX
	JZ    done
	MOVQ  COLUMN, AX
	TESTQ AX, AX
	JZ    pixel
	ADDQ  R13, R10
	ADDQ  R13, R11

nine:
	VMOVDQU BIAS(SI), Y0
	VMOVDQU BIAS+32(SI), Y1
	PAIR((R8), (R8)(R12*1), 0)
	PAIR((R8)(R12*2), (R10), 64)
	PAIR((R10)(R12*1), (R10)(R12*2), 128)
	PAIR((R11), (R11)(R12*1), 192)
	PAIR((R11)(R12*2), (R11)(R12*2), 256)
	JMP     scale

slow:
	SCALE(Y0, 0, Y2, Y3, Y4)
	SCALE(Y1, 1, Y5, Y6, Y7)
	JMP bytes

done:
	VZEROUPPER
	RET

narrow:
	NARROW(below8, below4, stored)

// func fromSumsAVX2(t *RawSums)
//
// DI is t, SI the block, R8 a pixel's sums, R9 the output, CX counts pixels.
TEXT ·fromSumsAVX2(SB), NOSPLIT, $16-8
	MOVQ         t+0(FP), DI
	MOVQ         24(DI), SI
	MOVQ         0(DI), R8
	MOVQ         32(DI), R9
	MOVQ         16(DI), CX
	MOVQ         8(DI), R13
	MOVQ         48(DI), AX
	VPCMPEQD     Y15, Y15, Y15
	VPSRLQ       $63, Y15, Y15
	VPSLLQ       $30, Y15, Y15 // 2^30
	VMOVDQU      LO(SI), X14
	VMOVDQU      HI(SI), X13
	VPBROADCASTD AWAY(SI), Y12

pixel:
	VMOVDQU    (R8), X0
	VMOVDQU    16(R8), X1
	VINSERTI128 $1, 32(R8), Y0, Y0
	VINSERTI128 $1, 48(R8), Y1, Y1
	SCALE(Y0, 0, Y2, Y3, Y4)
	SCALE(Y1, 1, Y5, Y6, Y7)
	BYTES
	CMPQ       AX, $16
	JNE        narrow
	VMOVDQU    X0, (R9)

stored:
	ADDQ R13, R8
	ADDQ 40(DI), R9
	DECQ CX
	JNZ  pixel
	VZEROUPPER
	RET

narrow:
	NARROW(below8, below4, stored)

// Offsets in addBlock: two terms, and then a DepthBlock.
#define TERM       32
#define TERM_RIGHT  8
#define TERM_ZERO  16
#define TERM_HALF  20
#define TERM_AWAY  24

// ADDEND makes numbers of 8 bytes by the term at offset t of the block, at SI. Y15 has 2^30, Y11 2^10.
#define ADDEND(bytes, t, out, odd) \
	VPMOVZXBD    bytes, out               \
	VPBROADCASTD t+TERM_ZERO(SI), odd     \
	VPSUBD       odd, out, out            \
	VPBROADCASTQ t(SI), Y8                \
	VPSRLQ       $32, out, odd            \
	VPMULDQ      Y8, out, out             \
	VPMULDQ      Y8, odd, odd             \
	VPADDQ       Y11, out, out            \
	VPADDQ       Y11, odd, odd            \
	VPSRLQ       $11, out, out            \
	VPSLLQ       $21, odd, odd            \
	VPBLENDD     $0xAA, odd, out, out     \
	VPSRAD       $31, out, odd            \
	VPBROADCASTD t+TERM_AWAY(SI), Y8      \
	VPAND        Y8, odd, odd             \
	VPBROADCASTD t+TERM_HALF(SI), Y8      \
	VPADDD       Y8, out, out             \
	VPADDD       odd, out, out            \
	VMOVQ        t+TERM_RIGHT(SI), X8     \
	VPSRAD       X8, out, out

// func addAVX2(dst, x, y *uint8, n int, b *addBlock)
//
// AX walks along the bytes, 16 at a time; the last 16 begin at CX, and may be partly done already.
TEXT ·addAVX2(SB), NOSPLIT, $0-40
	MOVQ         dst+0(FP), DI
	MOVQ         x+8(FP), R8
	MOVQ         y+16(FP), R9
	MOVQ         n+24(FP), CX
	MOVQ         b+32(FP), SI
	SUBQ         $16, CX
	VPCMPEQD     Y15, Y15, Y15
	VPSRLQ       $63, Y15, Y15
	VPSLLQ       $10, Y15, Y11 // 2^10
	VPSLLQ       $30, Y15, Y15 // 2^30
	VMOVDQU      2*TERM+LO(SI), X14
	VMOVDQU      2*TERM+HI(SI), X13
	VPBROADCASTD 2*TERM+AWAY(SI), Y12
	XORQ         AX, AX

next:
	ADDEND((R8)(AX*1), 0, Y0, Y2)
	ADDEND((R9)(AX*1), TERM, Y1, Y2)
	VPADDD Y1, Y0, Y0
	ADDEND(8(R8)(AX*1), 0, Y1, Y2)
	ADDEND(8(R9)(AX*1), TERM, Y3, Y2)
	VPADDD Y3, Y1, Y1
	ADDQ   $2*TERM, SI
	SCALE(Y0, 0, Y2, Y3, Y4)
	SCALE(Y1, 0, Y5, Y6, Y7)
	SUBQ   $2*TERM, SI
	VPACKSSDW    Y1, Y0, Y0
	VPERMQ       $0xD8, Y0, Y0
	VEXTRACTI128 $1, Y0, X1
	VPACKUSWB    X1, X0, X0
	VPMAXUB      X14, X0, X0
	VPMINUB      X13, X0, X0
	VMOVDQU      X0, (DI)(AX*1)
	CMPQ   AX, CX
	JEQ    done
	ADDQ   $16, AX
	CMPQ   AX, CX
	JLE    next
	MOVQ   CX, AX
	JMP    next

done:
	VZEROUPPER
	RET
