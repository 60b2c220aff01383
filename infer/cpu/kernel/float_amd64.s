//go:build !purego

#include "textflag.h"

// Numbers are limited to ±1024 before they are rounded; what is nearly a half is left to others.
DATA limit<>+0(SB)/4, $1024.0
DATA limit<>+4(SB)/4, $-1024.0
DATA limit<>+8(SB)/4, $0.4990234375
DATA limit<>+12(SB)/4, $0x7fffffff
GLOBL limit<>(SB), RODATA|NOPTR, $16

// func quantizeAVX2(dst *uint8, src *float32, n int, inverse float32, zero int32) (done int)
TEXT ·quantizeAVX2(SB), NOSPLIT, $0-40
	MOVQ         dst+0(FP), DI
	MOVQ         src+8(FP), SI
	MOVQ         n+16(FP), CX
	VBROADCASTSS inverse+24(FP), Y15
	VBROADCASTSS zero+28(FP), Y14
	VBROADCASTSS limit<>+0(SB), Y13
	VBROADCASTSS limit<>+4(SB), Y12
	VBROADCASTSS limit<>+8(SB), Y11
	VBROADCASTSS limit<>+12(SB), Y10
	XORQ         AX, AX

loop:
	VMULPS       (SI)(AX*4), Y15, Y0
	VMAXPS       Y12, Y0, Y0       // a NaN becomes the minimum
	VMINPS       Y13, Y0, Y0
	VROUNDPS     $0, Y0, Y1
	VSUBPS       Y1, Y0, Y0
	VANDPS       Y10, Y0, Y0
	VCMPPS       $0x1D, Y11, Y0, Y0
	VMOVMSKPS    Y0, BX
	TESTL        BX, BX
	JNZ          stop
	VCVTPS2DQ    Y1, Y1
	VPADDD       Y14, Y1, Y1
	VEXTRACTI128 $1, Y1, X0
	VPACKSSDW    X0, X1, X1
	VPACKUSWB    X1, X1, X1
	VMOVQ        X1, (DI)(AX*1)
	ADDQ         $8, AX
	CMPQ         AX, CX
	JNE          loop

stop:
	MOVQ AX, done+32(FP)
	VZEROUPPER
	RET

// func quantizeAVX512(dst *uint8, src *float32, n int, inverse float32, zero int32) (done int)
TEXT ·quantizeAVX512(SB), NOSPLIT, $0-40
	MOVQ         dst+0(FP), DI
	MOVQ         src+8(FP), SI
	MOVQ         n+16(FP), CX
	VBROADCASTSS inverse+24(FP), Z15
	VBROADCASTSS zero+28(FP), Z14
	VBROADCASTSS limit<>+0(SB), Z13
	VBROADCASTSS limit<>+4(SB), Z12
	VBROADCASTSS limit<>+8(SB), Z11
	VPBROADCASTD limit<>+12(SB), Z10
	VPXORD       Z9, Z9, Z9
	XORQ         AX, AX

loop:
	VMULPS      (SI)(AX*4), Z15, Z0
	VMAXPS      Z12, Z0, Z0
	VMINPS      Z13, Z0, Z0
	VRNDSCALEPS $0, Z0, Z1
	VSUBPS      Z1, Z0, Z0
	VPANDD      Z10, Z0, Z0
	VCMPPS      $0x1D, Z11, Z0, K1
	KORTESTW    K1, K1
	JNZ         stop
	VCVTPS2DQ   Z1, Z1
	VPADDD      Z14, Z1, Z1
	VPMAXSD     Z9, Z1, Z1
	VPMOVUSDB   Z1, (DI)(AX*1)
	ADDQ        $16, AX
	CMPQ        AX, CX
	JNE         loop

stop:
	MOVQ AX, done+32(FP)
	VZEROUPPER
	RET

// Where powTables has what.
#define INVERSE   0
#define LOG     128
#define EXP     256
#define A0      512
#define A1      520
#define A2      528
#define A3      536
#define A4      544
#define C0      552
#define C1      560
#define C2      568
#define SHIFT   576
#define ONE     584

DATA bits<>+0(SB)/4, $0x00800000 // powMin
DATA bits<>+4(SB)/4, $0x7effffff // powRange - 1
DATA bits<>+8(SB)/4, $0x3f330000 // powOffset
DATA bits<>+12(SB)/4, $0xff800000
DATA bits<>+16(SB)/8, $31
DATA bits<>+24(SB)/8, $16
GLOBL bits<>(SB), RODATA|NOPTR, $32

// func scalePowerAVX2(dst, src *float32, n int, bias, exponent float32) (done int)
//
// The names of powf: Y0 is r, Y1 high, Y2 low, Y3 q and l.
TEXT ·scalePowerAVX2(SB), NOSPLIT, $0-40
	MOVQ         dst+0(FP), DI
	MOVQ         src+8(FP), SI
	MOVQ         n+16(FP), CX
	VBROADCASTSS bias+24(FP), X15
	VMOVSS       exponent+28(FP), X14
	VCVTSS2SD    X14, X14, X14
	VBROADCASTSD X14, Y14
	LEAQ         ·powTables(SB), R8
	VBROADCASTSD SHIFT(R8), Y13
	VBROADCASTSD ONE(R8), Y12
	VPBROADCASTD bits<>+0(SB), X11
	VPBROADCASTD bits<>+4(SB), X10
	VPBROADCASTD bits<>+8(SB), X9
	VPBROADCASTD bits<>+12(SB), X8
	XORQ         AX, AX

loop:
	VADDPS       (DI)(AX*4), X15, X0
	VPSUBD       X11, X0, X1
	VPMINUD      X10, X1, X2
	VPCMPEQD     X1, X2, X2
	VMOVMSKPS    X2, BX
	CMPL         BX, $15
	JNE          stop
	VPSUBD       X9, X0, X1        // tmp
	VPAND        X8, X1, X2        // top
	VPSUBD       X2, X0, X0
	VPSRAD       $23, X2, X2
	VPSLLD       $9, X1, X1
	VPSRLD       $28, X1, X1       // i
	VCVTPS2PD    X0, Y0            // z
	VCVTDQ2PD    X2, Y2
	VPCMPEQD     Y5, Y5, Y5
	VGATHERDPD   Y5, INVERSE(R8)(X1*8), Y4
	VPCMPEQD     Y5, Y5, Y5
	VGATHERDPD   Y5, LOG(R8)(X1*8), Y3
	VFMSUB213PD  Y12, Y4, Y0       // r
	VADDPD       Y2, Y3, Y3
	VBROADCASTSD A0(R8), Y1
	VBROADCASTSD A1(R8), Y4
	VFMADD213PD  Y4, Y0, Y1
	VBROADCASTSD A2(R8), Y2
	VBROADCASTSD A3(R8), Y4
	VFMADD213PD  Y4, Y0, Y2
	VBROADCASTSD A4(R8), Y4
	VFMADD231PD  Y4, Y0, Y3
	VMULPD       Y0, Y0, Y0        // r2
	VFMADD231PD  Y2, Y0, Y3
	VMULPD       Y0, Y0, Y0
	VFMADD231PD  Y1, Y0, Y3

	VMULPD       Y14, Y3, Y3
	VADDPD       Y13, Y3, Y4       // k
	VSUBPD       Y13, Y4, Y5
	VSUBPD       Y5, Y3, Y0        // r
	VPBROADCASTQ bits<>+16(SB), Y6
	VPAND        Y6, Y4, Y6
	VPCMPEQD     Y5, Y5, Y5
	VPGATHERQQ   Y5, EXP(R8)(Y6*8), Y7
	VPSLLQ       $47, Y4, Y4
	VPADDQ       Y4, Y7, Y7        // scale
	VBROADCASTSD C0(R8), Y1
	VBROADCASTSD C1(R8), Y4
	VFMADD213PD  Y4, Y0, Y1
	VBROADCASTSD C2(R8), Y2
	VFMADD213PD  Y12, Y0, Y2
	VMULPD       Y0, Y0, Y0
	VFMADD231PD  Y1, Y0, Y2
	VMULPD       Y7, Y2, Y2
	VCVTPD2PSY   Y2, X2
	VMULPS       (SI)(AX*4), X2, X2
	VMOVUPS      X2, (DI)(AX*4)
	ADDQ         $4, AX
	CMPQ         AX, CX
	JNE          loop

stop:
	MOVQ AX, done+32(FP)
	VZEROUPPER
	RET

// func scalePowerAVX512(dst, src *float32, n int, bias, exponent float32) (done int)
//
// The same with tables in registers: Z16 and Z17 have INVERSE, Z18 and Z19 LOG, Z20 to Z23 EXP.
TEXT ·scalePowerAVX512(SB), NOSPLIT, $0-40
	MOVQ         dst+0(FP), DI
	MOVQ         src+8(FP), SI
	MOVQ         n+16(FP), CX
	VBROADCASTSS bias+24(FP), Y15
	VMOVSS       exponent+28(FP), X14
	VCVTSS2SD    X14, X14, X14
	VBROADCASTSD X14, Z14
	LEAQ         ·powTables(SB), R8
	VBROADCASTSD SHIFT(R8), Z13
	VBROADCASTSD ONE(R8), Z12
	VPBROADCASTD bits<>+0(SB), Y11
	VPBROADCASTD bits<>+4(SB), Y10
	VPBROADCASTD bits<>+8(SB), Y9
	VPBROADCASTD bits<>+12(SB), Y8
	VPBROADCASTQ bits<>+24(SB), Z24
	VMOVUPD      INVERSE(R8), Z16
	VMOVUPD      INVERSE+64(R8), Z17
	VMOVUPD      LOG(R8), Z18
	VMOVUPD      LOG+64(R8), Z19
	VMOVUPD      EXP(R8), Z20
	VMOVUPD      EXP+64(R8), Z21
	VMOVUPD      EXP+128(R8), Z22
	VMOVUPD      EXP+192(R8), Z23
	VBROADCASTSD A0(R8), Z25
	VBROADCASTSD A2(R8), Z26
	VBROADCASTSD A4(R8), Z27
	VBROADCASTSD C0(R8), Z28
	VBROADCASTSD C2(R8), Z29
	XORQ         AX, AX

loop:
	VADDPS      (DI)(AX*4), Y15, Y0
	VPSUBD      Y11, Y0, Y1
	VPCMPUD     $6, Y10, Y1, K1    // above powRange - 1
	KORTESTB    K1, K1
	JNZ         stop
	VPSUBD      Y9, Y0, Y1         // tmp
	VPANDD      Y8, Y1, Y2         // top
	VPSUBD      Y2, Y0, Y0
	VPSRAD      $23, Y2, Y2
	VPSRLD      $19, Y1, Y1
	VPMOVZXDQ   Y1, Z3             // i, and more above its 4 bits
	VMOVDQA64   Z3, Z4
	VPERMI2PD   Z17, Z16, Z4
	VPERMI2PD   Z19, Z18, Z3
	VCVTPS2PD   Y0, Z0             // z
	VCVTDQ2PD   Y2, Z2
	VFMSUB213PD Z12, Z4, Z0        // r
	VADDPD      Z2, Z3, Z3
	VMOVAPD     Z25, Z1
	VFMADD213PD.BCST A1(R8), Z0, Z1
	VMOVAPD     Z26, Z2
	VFMADD213PD.BCST A3(R8), Z0, Z2
	VFMADD231PD Z27, Z0, Z3
	VMULPD      Z0, Z0, Z0
	VFMADD231PD Z2, Z0, Z3
	VMULPD      Z0, Z0, Z0
	VFMADD231PD Z1, Z0, Z3

	VMULPD      Z14, Z3, Z3
	VADDPD      Z13, Z3, Z4        // k
	VSUBPD      Z13, Z4, Z5
	VSUBPD      Z5, Z3, Z0         // r
	VMOVDQA64   Z4, Z6
	VMOVDQA64   Z4, Z7
	VPTESTMQ    Z24, Z4, K2
	VPERMI2PD   Z21, Z20, Z6
	VPERMI2PD   Z23, Z22, Z7
	VMOVDQA64   Z7, K2, Z6
	VPSLLQ      $47, Z4, Z4
	VPADDQ      Z4, Z6, Z6         // scale
	VMOVAPD     Z28, Z1
	VFMADD213PD.BCST C1(R8), Z0, Z1
	VMOVAPD     Z29, Z2
	VFMADD213PD Z12, Z0, Z2
	VMULPD      Z0, Z0, Z0
	VFMADD231PD Z1, Z0, Z2
	VMULPD      Z6, Z2, Z2
	VCVTPD2PS   Z2, Y2
	VMULPS      (SI)(AX*4), Y2, Y2
	VMOVUPS     Y2, (DI)(AX*4)
	ADDQ        $8, AX
	CMPQ        AX, CX
	JNE         loop

stop:
	MOVQ AX, done+32(FP)
	VZEROUPPER
	RET
