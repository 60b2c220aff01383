//go:build !purego

#include "textflag.h"

// NATURAL fetches what a DepthBlock has at an offset for 16 channels, in their own order.
#define NATURAL(at, z) \
	VMOVDQU64  at(SI), z        \
	VSHUFI32X4 $0xD8, z, z, z

// func fromSumsAVX512(t *RawSums)
//
// R8 is a pixel's sums, R9 the output, CX counts pixels. The arithmetic is that of SCALE in depth_amd64.s.
TEXT ·fromSumsAVX512(SB), NOSPLIT, $0-8
	MOVQ         t+0(FP), DI
	MOVQ         24(DI), SI
	MOVQ         48(DI), CX
	MOVL         $1, AX
	SHLL         CX, AX
	DECL         AX
	KMOVW        AX, K3
	MOVL         $0xAAAA, AX
	KMOVW        AX, K1
	MOVQ         0(DI), R8
	MOVQ         32(DI), R9
	MOVQ         16(DI), CX
	NATURAL(64, Z16)  // shifts to the left
	NATURAL(128, Z17) // to the right
	NATURAL(192, Z18) // what these shift out
	NATURAL(256, Z19) // the zero point
	NATURAL(320, Z20) // multipliers of even channels
	NATURAL(384, Z21) // of odd ones
	MOVL         $0x40000000, AX
	VPBROADCASTQ AX, Z22
	VPSRLD       $1, Z18, Z23
	VPBROADCASTD 480(SI), Z24 // -1 to round half away from zero
	VPMOVZXBD    448(SI), Z25
	VPMOVZXBD    464(SI), Z26
	MOVL         $1, AX
	VPBROADCASTD AX, Z27

pixel:
	VMOVDQU64 (R8), Z0
	VPSLLVD   Z16, Z0, Z0
	VPMULDQ   Z20, Z0, Z1
	VPSRLQ    $32, Z0, Z0
	VPMULDQ   Z21, Z0, Z0
	VPADDQ    Z22, Z1, Z1
	VPADDQ    Z22, Z0, Z0
	VPSRLQ    $31, Z1, Z1
	VPADDQ    Z0, Z0, Z0
	VMOVDQA32 Z0, K1, Z1
	VPANDD    Z18, Z1, Z2
	VPSRAD    $31, Z1, Z3
	VPANDD    Z24, Z3, Z3
	VPSUBD    Z3, Z23, Z3
	VPCMPGTD  Z3, Z2, K2
	VPSRAVD   Z17, Z1, Z1
	VPADDD    Z27, Z1, K2, Z1
	VPADDD    Z19, Z1, Z1
	VPMAXSD   Z25, Z1, Z1
	VPMINSD   Z26, Z1, Z1
	VPMOVDB   Z1, X1
	VMOVDQU8  X1, K3, (R9)
	ADDQ      8(DI), R8
	ADDQ      40(DI), R9
	DECQ      CX
	JNZ       pixel
	VZEROUPPER
	RET
