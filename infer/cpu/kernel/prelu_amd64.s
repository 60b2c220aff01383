//go:build !purego

#include "textflag.h"

// func prelu32Vectors(dst, x, slopes *float32, n int)
//
// AX walks along the numbers, 8 at a time; the last 8 begin at CX, and may be partly done already.
TEXT ·prelu32Vectors(SB), NOSPLIT, $0-32
	MOVQ   dst+0(FP), DI
	MOVQ   x+8(FP), R8
	MOVQ   slopes+16(FP), R9
	MOVQ   n+24(FP), CX
	SUBQ   $8, CX
	VXORPS Y15, Y15, Y15
	XORQ   AX, AX

next:
	VMOVUPS   (R8)(AX*4), Y0
	VMULPS    (R9)(AX*4), Y0, Y1
	VCMPPS    $0x0D, Y15, Y0, Y2 // Y0 >= 0
	VBLENDVPS Y2, Y0, Y1, Y0
	VMOVUPS   Y0, (DI)(AX*4)
	CMPQ      AX, CX
	JEQ       done
	ADDQ      $8, AX
	CMPQ      AX, CX
	JLE       next
	MOVQ      CX, AX
	JMP       next

done:
	VZEROUPPER
	RET
