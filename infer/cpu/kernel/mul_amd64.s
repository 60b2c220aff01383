//go:build !purego

#include "textflag.h"

// Offsets in a DepthBlock whose channels are all the same.
#define LEFT  64
#define RIGHT 128
#define MASK  192
#define ZERO  256
#define MULT  320
#define LO    448
#define HI    464

// SCALE makes answers of the sums in x, as DepthBlock does, rounded half away from zero. Y15 has 2^30, Y8 to Y11 the
// block's left, multiplier, mask and half of the mask.
#define SCALE(x, tmp, rem, sign) \
	VPSLLVD  Y8, x, x             \
	VPMULDQ  Y9, x, tmp           \
	VPSRLQ   $32, x, x            \
	VPMULDQ  Y9, x, x             \
	VPADDQ   Y15, tmp, tmp        \
	VPADDQ   Y15, x, x            \
	VPSRLQ   $31, tmp, tmp        \
	VPADDQ   x, x, x              \
	VPBLENDD $0xAA, x, tmp, x     \
	VPAND    x, Y10, rem          \
	VPSRAD   $31, x, sign         \
	VPSUBD   sign, Y11, tmp       \
	VPCMPGTD tmp, rem, rem        \
	VPSRAVD  RIGHT(SI), x, x      \
	VPSUBD   rem, x, x            \
	VPADDD   ZERO(SI), x, x

// func mulAVX2(dst, x, y *uint8, n int, zeroX, zeroY uint16, b *DepthBlock)
//
// AX walks along the bytes, 16 at a time; the last 16 begin at CX, and may be partly done already.
TEXT ·mulAVX2(SB), NOSPLIT, $0-48
	MOVQ         dst+0(FP), DI
	MOVQ         x+8(FP), R8
	MOVQ         y+16(FP), R9
	MOVQ         n+24(FP), CX
	VPBROADCASTW zeroX+32(FP), Y13
	VPBROADCASTW zeroY+34(FP), Y14
	MOVQ         b+40(FP), SI
	SUBQ         $16, CX
	VPCMPEQD     Y15, Y15, Y15
	VPSRLQ       $63, Y15, Y15
	VPSLLQ       $30, Y15, Y15
	VMOVDQU      LEFT(SI), Y8
	VMOVDQU      MULT(SI), Y9
	VMOVDQU      MASK(SI), Y10
	VPSRLD       $1, Y10, Y11
	XORQ         AX, AX

next:
	VPMOVZXBW  (R8)(AX*1), Y0
	VPMOVZXBW  (R9)(AX*1), Y1
	VPSUBW     Y13, Y0, Y0
	VPSUBW     Y14, Y1, Y1
	VPMULLW    Y1, Y0, Y2
	VPMULHW    Y1, Y0, Y3
	VPUNPCKLWD Y3, Y2, Y0
	VPUNPCKHWD Y3, Y2, Y1
	SCALE(Y0, Y2, Y3, Y4)
	SCALE(Y1, Y5, Y6, Y7)
	VPACKSSDW    Y1, Y0, Y0
	VEXTRACTI128 $1, Y0, X1
	VPACKUSWB    X1, X0, X0
	VPMAXUB      LO(SI), X0, X0
	VPMINUB      HI(SI), X0, X0
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

// SCALEBY is SCALE by the block at b.
#define SCALEBY(b, x, tmp, rem, sign) \
	VPSLLVD  LEFT(b), x, x    \
	VPMULDQ  MULT(b), x, tmp  \
	VPSRLQ   $32, x, x        \
	VPMULDQ  MULT(b), x, x    \
	VPADDQ   Y15, tmp, tmp    \
	VPADDQ   Y15, x, x        \
	VPSRLQ   $31, tmp, tmp    \
	VPADDQ   x, x, x          \
	VPBLENDD $0xAA, x, tmp, x \
	VMOVDQU  MASK(b), tmp     \
	VPAND    x, tmp, rem      \
	VPSRLD   $1, tmp, tmp     \
	VPSRAD   $31, x, sign     \
	VPSUBD   sign, tmp, tmp   \
	VPCMPGTD tmp, rem, rem    \
	VPSRAVD  RIGHT(b), x, x   \
	VPSUBD   rem, x, x        \
	VPADDD   ZERO(b), x, x

// func preluBytesAVX2(dst, x, y *uint8, n int, zeroX, zeroY uint16, above, below *DepthBlock)
//
// AX walks along the bytes, 16 at a time; the last 16 begin at CX, and may be partly done already.
TEXT ·preluBytesAVX2(SB), NOSPLIT, $0-56
	MOVQ         dst+0(FP), DI
	MOVQ         x+8(FP), R8
	MOVQ         y+16(FP), R9
	MOVQ         n+24(FP), CX
	VPBROADCASTW zeroX+32(FP), Y13
	VPBROADCASTW zeroY+34(FP), Y14
	MOVQ         above+40(FP), DX
	MOVQ         below+48(FP), SI
	SUBQ         $16, CX
	VPCMPEQD     Y15, Y15, Y15
	VPSRLQ       $63, Y15, Y15
	VPSLLQ       $30, Y15, Y15
	XORQ         AX, AX

next:
	VPMOVZXBW  (R8)(AX*1), Y0
	VPMOVZXBW  (R9)(AX*1), Y1
	VPSUBW     Y13, Y0, Y0
	VPSUBW     Y14, Y1, Y1
	VPMULLW    Y1, Y0, Y2
	VPMULHW    Y1, Y0, Y3
	VPUNPCKLWD Y3, Y2, Y4
	VPUNPCKHWD Y3, Y2, Y5
	VPSRAW     $15, Y0, Y6 // where the number is below 0
	VPUNPCKLWD Y6, Y0, Y7
	VPUNPCKHWD Y6, Y0, Y8
	SCALEBY(SI, Y4, Y1, Y2, Y3)
	SCALEBY(SI, Y5, Y9, Y10, Y11)
	SCALEBY(DX, Y7, Y1, Y2, Y3)
	SCALEBY(DX, Y8, Y9, Y10, Y11)
	VPACKSSDW    Y5, Y4, Y4
	VPACKSSDW    Y8, Y7, Y7
	VPBLENDVB    Y6, Y4, Y7, Y4
	VEXTRACTI128 $1, Y4, X5
	VPACKUSWB    X5, X4, X4
	VMOVDQU      X4, (DI)(AX*1)
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
