//go:build !purego

#include "textflag.h"

// func sumSmallAVX512(dst *int32, src *uint8, n, channels int)
//
// 16 pixels at a time: Z1 moves each pixel's bytes to a number of its own, in which K1 leaves the channels.
TEXT ·sumSmallAVX512(SB), NOSPLIT, $64-32
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ n+16(FP), CX
	MOVQ channels+24(FP), R8

	// Byte 4*i+j of Z1 is i*channels+j; the bits of K1 are channels of every 4.
	XORQ AX, AX

index:
	MOVQ  AX, R9
	SHRQ  $2, R9
	IMULQ R8, R9
	MOVQ  AX, R10
	ANDQ  $3, R10
	ADDQ  R10, R9
	MOVB  R9, (SP)(AX*1)
	INCQ  AX
	CMPQ  AX, $64
	JNE   index
	VMOVDQU64 (SP), Z1
	MOVQ  $0x1111111111111111, R9
	MOVQ  R8, AX
	MOVQ  R9, R10

channel:
	DECQ  AX
	JZ    mask
	ADDQ  R10, R10
	ORQ   R10, R9
	JMP   channel

mask:
	KMOVQ R9, K1
	MOVL  $0x01010101, AX
	VPBROADCASTD AX, Z2
	MOVQ  R8, R11
	SHLQ  $4, R11                // bytes of 16 pixels
	MOVQ  $-1, R9
	MOVQ  $64, R10
	SUBQ  R11, R10
	MOVQ  CX, R12
	MOVQ  R10, CX
	SHRQ  CX, R9                 // a bit for each of them
	MOVQ  R12, CX
	KMOVQ R9, K2

pixels:
	CMPQ      CX, $16
	JLT       last
	VMOVDQU8.Z (SI), K2, Z3
	VPERMB.Z  Z3, Z1, K1, Z3
	VPXORD    Z0, Z0, Z0
	VPDPBUSD  Z2, Z3, Z0
	VMOVDQU32 Z0, (DI)
	ADDQ      R11, SI
	ADDQ      $64, DI
	SUBQ      $16, CX
	JMP       pixels

last:
	TESTQ CX, CX
	JZ    done
	MOVQ  $1, AX
	SHLQ  CX, AX
	DECQ  AX
	KMOVW AX, K3
	IMULQ R8, CX
	MOVQ  $1, AX
	SHLQ  CX, AX                 // at most 60 bytes
	DECQ  AX
	KMOVQ AX, K2
	VMOVDQU8.Z (SI), K2, Z3
	VPERMB.Z  Z3, Z1, K1, Z3
	VPXORD    Z0, Z0, Z0
	VPDPBUSD  Z2, Z3, Z0
	VMOVDQU32 Z0, K3, (DI)

done:
	VZEROUPPER
	RET

// func sumPixelsAVX512(dst *int32, src *uint8, n, channels int)
//
// R9 counts whole vectors of a pixel, K1 has a bit for each byte of its last one.
TEXT ·sumPixelsAVX512(SB), NOSPLIT, $0-32
	MOVQ  dst+0(FP), DI
	MOVQ  src+8(FP), SI
	MOVQ  n+16(FP), DX
	MOVQ  channels+24(FP), R8
	MOVL  $0x01010101, AX
	VPBROADCASTD AX, Z2
	LEAQ  -1(R8), R10
	SHRQ  $6, R10                // whole vectors before the last
	MOVQ  R10, AX
	SHLQ  $6, AX
	MOVQ  R8, R11
	SUBQ  AX, R11                // bytes of the last, 1 … 64
	MOVQ  $64, CX
	SUBQ  R11, CX
	MOVQ  $-1, AX
	SHRQ  CX, AX
	KMOVQ AX, K1

pixel:
	MOVQ   R10, R9
	VPXORD Z0, Z0, Z0
	TESTQ  R9, R9
	JZ     rest

vector:
	VMOVDQU64 (SI), Z3
	VPDPBUSD  Z2, Z3, Z0
	ADDQ      $64, SI
	DECQ      R9
	JNZ       vector

rest:
	VMOVDQU8.Z (SI), K1, Z3
	VPDPBUSD  Z2, Z3, Z0
	ADDQ      R11, SI
	VEXTRACTI64X4 $1, Z0, Y3
	VPADDD    Y3, Y0, Y0
	VEXTRACTI128 $1, Y0, X3
	VPADDD    X3, X0, X0
	VPSHUFD   $0x4E, X0, X3
	VPADDD    X3, X0, X0
	VPSHUFD   $0xB1, X0, X3
	VPADDD    X3, X0, X0
	VMOVD     X0, (DI)
	ADDQ      $4, DI
	DECQ      DX
	JNZ       pixel
	VZEROUPPER
	RET

// func addIntsAVX512(dst, src *int32, n int)
TEXT ·addIntsAVX512(SB), NOSPLIT, $0-24
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ n+16(FP), CX

sixteen:
	CMPQ      CX, $16
	JLT       few
	VMOVDQU32 (DI), Z0
	VPADDD    (SI), Z0, Z0
	VMOVDQU32 Z0, (DI)
	ADDQ      $64, DI
	ADDQ      $64, SI
	SUBQ      $16, CX
	JMP       sixteen

few:
	MOVQ  $1, AX
	SHLQ  CX, AX
	DECQ  AX
	KMOVW AX, K1
	VMOVDQU32.Z (DI), K1, Z0
	VMOVDQU32.Z (SI), K1, Z1
	VPADDD    Z1, Z0, Z0
	VMOVDQU32 Z0, K1, (DI)
	VZEROUPPER
	RET
