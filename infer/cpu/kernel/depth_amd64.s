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

// SCALE turns 8 sums in x into 8 numbers, not yet limited to a byte; half is 0 or 1. It is Multiplier.HalfAway: the last
// shift drops rem, and adds 1 where rem is more than a half, or exactly a half of a number that is not negative.
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
	VPSUBD   sign, tmp, tmp           \
	VPCMPGTD tmp, rem, rem            \
	VPSRAVD  RIGHT+half*32(SI), x, x  \
	VPSUBD   rem, x, x                \
	VPADDD   ZERO+half*32(SI), x, x

// func depthAVX2(t *DepthTiles)
//
// DI is t, SI the block, R8 a pixel's first tap, R9 the output, CX counts pixels. R10 walks along the taps' offsets,
// BX along the panel, DX counts pairs of taps. Y0 has the sums of channels 0 … 3 and 8 … 11, Y1 those of 4 … 7 and
// 12 … 15: so VPUNPCKLWD and VPUNPCKHWD pair the taps, and so does VPACKSSDW put them together again.
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

pixel:
	VMOVDQU BIAS(SI), Y0
	VMOVDQU BIAS+32(SI), Y1
	MOVQ    TAPS, R10
	MOVQ    PANEL, BX
	MOVQ    PAIRS, DX

pair:
	MOVQ       (R10), R11
	MOVQ       8(R10), R12
	VMOVDQU    (R8)(R11*1), Y2
	VMOVDQU    (R8)(R12*1), Y3
	VPUNPCKLWD Y3, Y2, Y4
	VPUNPCKHWD Y3, Y2, Y5
	VPMADDWD   (BX), Y4, Y4
	VPMADDWD   32(BX), Y5, Y5
	VPADDD     Y4, Y0, Y0
	VPADDD     Y5, Y1, Y1
	ADDQ       $16, R10
	ADDQ       $64, BX
	DECQ       DX
	JNZ        pair

	SCALE(Y0, 0, Y2, Y3, Y4)
	SCALE(Y1, 1, Y5, Y6, Y7)
	VPACKSSDW    Y1, Y0, Y0
	VEXTRACTI128 $1, Y0, X1
	VPACKUSWB    X1, X0, X0
	VPMAXUB      X14, X0, X0
	VPMINUB      X13, X0, X0
	MOVQ         WIDTH, R11
	CMPQ         R11, $16
	JNE          narrow
	VMOVDQU      X0, (R9)

stored:
	ADDQ R13, R8
	ADDQ STRIDE, R9
	DECQ CX
	JNZ  pixel
	VZEROUPPER
	RET

narrow:
	VMOVDQU X0, 0(SP)
	XORQ    AX, AX

byte:
	MOVB 0(SP)(AX*1), R12
	MOVB R12, (R9)(AX*1)
	INCQ AX
	CMPQ AX, R11
	JNE  byte
	JMP  stored
