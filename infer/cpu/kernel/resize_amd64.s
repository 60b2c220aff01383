//go:build !purego

#include "textflag.h"

DATA resize<>+0(SB)/4, $0.5
DATA resize<>+4(SB)/4, $0x08000000 // 128 << 20
DATA resize<>+8(SB)/4, $0x00080000 // 1 << 19
DATA resize<>+12(SB)/4, $128
GLOBL resize<>(SB), RODATA|NOPTR, $16

// PIXELS points SI, R10, R11 and R12 at the pixels of tap DX, in lines BX and CX, and makes their weights Y0 … Y3 of those
// of the lines, Y12 and Y13.
#define PIXELS \
	MOVLQSX      0(DX), AX         \
	LEAQ         (BX)(AX*4), SI    \
	LEAQ         (CX)(AX*4), R11   \
	MOVLQSX      4(DX), AX         \
	LEAQ         (BX)(AX*4), R10   \
	LEAQ         (CX)(AX*4), R12   \
	VBROADCASTSS 8(DX), Y4         \
	VBROADCASTSS 12(DX), Y5        \
	VMULPS       Y4, Y12, Y0       \
	VMULPS       Y5, Y12, Y1       \
	VMULPS       Y4, Y13, Y2       \
	VMULPS       Y5, Y13, Y3

// BLEND makes Y6 of channels R13 … R13+7.
#define BLEND \
	VMULPS (SI)(R13*4), Y0, Y6  \
	VMULPS (R10)(R13*4), Y1, Y7 \
	VADDPS Y7, Y6, Y6           \
	VMULPS (R11)(R13*4), Y2, Y7 \
	VADDPS Y7, Y6, Y6           \
	VMULPS (R12)(R13*4), Y3, Y7 \
	VADDPS Y7, Y6, Y6

// PACK writes the bytes of the 8 numbers in Y6, which are 0 to 255, to channels from R13 on.
#define PACK \
	VEXTRACTI128 $1, Y6, X7     \
	VPACKUSDW    X7, X6, X6     \
	VPACKUSWB    X6, X6, X6     \
	VMOVQ        X6, (DI)(R13*1)

// func resizeRow32Vectors(dst, upper, lower *float32, taps *ResizeTap32, count, channels int, near, far float32)
TEXT ·resizeRow32Vectors(SB), NOSPLIT, $0-56
	MOVQ         dst+0(FP), DI
	MOVQ         upper+8(FP), BX
	MOVQ         lower+16(FP), CX
	MOVQ         taps+24(FP), DX
	MOVQ         count+32(FP), R8
	MOVQ         channels+40(FP), R9
	VBROADCASTSS near+48(FP), Y12
	VBROADCASTSS far+52(FP), Y13
	LEAQ         -8(R9), R15

pixel:
	PIXELS
	XORQ R13, R13

vector:
	BLEND
	VMOVUPS Y6, (DI)(R13*4)
	ADDQ    $8, R13
	CMPQ    R13, R15
	JLE     vector
	CMPQ    R13, R9
	JGE     next
	MOVQ    R15, R13 // the last 8 channels, some of them again
	JMP     vector

next:
	LEAQ (DI)(R9*4), DI
	ADDQ $16, DX
	DECQ R8
	JNZ  pixel
	VZEROUPPER
	RET

// func resizeRow8Vectors(dst *uint8, upper, lower *float32, taps *ResizeTap32, count, channels int, near, far float32)
TEXT ·resizeRow8Vectors(SB), NOSPLIT, $0-56
	MOVQ         dst+0(FP), DI
	MOVQ         upper+8(FP), BX
	MOVQ         lower+16(FP), CX
	MOVQ         taps+24(FP), DX
	MOVQ         count+32(FP), R8
	MOVQ         channels+40(FP), R9
	VBROADCASTSS near+48(FP), Y12
	VBROADCASTSS far+52(FP), Y13
	VBROADCASTSS resize<>+0(SB), Y14
	LEAQ         -8(R9), R15

pixel:
	PIXELS
	XORQ R13, R13

vector:
	BLEND
	VADDPS     Y14, Y6, Y6
	VCVTTPS2DQ Y6, Y6
	PACK
	ADDQ       $8, R13
	CMPQ       R13, R15
	JLE        vector
	CMPQ       R13, R9
	JGE        next
	MOVQ       R15, R13
	JMP        vector

next:
	ADDQ R9, DI
	ADDQ $16, DX
	DECQ R8
	JNZ  pixel
	VZEROUPPER
	RET

// func resizeLinesVectors(dst *int32, upper, lower *uint8, n int, near, far int32)
TEXT ·resizeLinesVectors(SB), NOSPLIT, $0-40
	MOVQ         dst+0(FP), DI
	MOVQ         upper+8(FP), BX
	MOVQ         lower+16(FP), CX
	MOVQ         n+24(FP), R9
	VBROADCASTSS near+32(FP), Y12
	VBROADCASTSS far+36(FP), Y13
	XORQ         R13, R13

vector:
	VPMOVZXBD (BX)(R13*1), Y0
	VPMOVZXBD (CX)(R13*1), Y1
	VPMULLD   Y12, Y0, Y0
	VPMULLD   Y13, Y1, Y1
	VPADDD    Y1, Y0, Y0
	VMOVDQU   Y0, (DI)(R13*4)
	ADDQ      $8, R13
	CMPQ      R13, R9
	JLT       vector
	VZEROUPPER
	RET

// func resizeRowVectors(dst *uint8, line *int32, taps *ResizeTap, count, channels int)
TEXT ·resizeRowVectors(SB), NOSPLIT, $0-40
	MOVQ         dst+0(FP), DI
	MOVQ         line+8(FP), BX
	MOVQ         taps+16(FP), DX
	MOVQ         count+24(FP), R8
	MOVQ         channels+32(FP), R9
	VPBROADCASTD resize<>+4(SB), Y12
	VPBROADCASTD resize<>+8(SB), Y13
	VPBROADCASTD resize<>+12(SB), Y14
	LEAQ         -8(R9), R15

pixel:
	MOVLQSX      0(DX), AX
	LEAQ         (BX)(AX*4), SI
	MOVLQSX      4(DX), AX
	LEAQ         (BX)(AX*4), R10
	VPBROADCASTD 8(DX), Y0
	VPBROADCASTD 12(DX), Y1
	XORQ         R13, R13

vector:
	VPMULLD (SI)(R13*4), Y0, Y6
	VPMULLD (R10)(R13*4), Y1, Y7
	VPADDD  Y7, Y6, Y6
	VPSUBD  Y12, Y6, Y6
	VPSRAD  $31, Y6, Y7 // -1 below zero
	VPADDD  Y13, Y6, Y6
	VPADDD  Y7, Y6, Y6
	VPSRAD  $20, Y6, Y6
	VPADDD  Y14, Y6, Y6
	PACK
	ADDQ    $8, R13
	CMPQ    R13, R15
	JLE     vector
	CMPQ    R13, R9
	JGE     next
	MOVQ    R15, R13
	JMP     vector

next:
	ADDQ R9, DI
	ADDQ $16, DX
	DECQ R8
	JNZ  pixel
	VZEROUPPER
	RET
