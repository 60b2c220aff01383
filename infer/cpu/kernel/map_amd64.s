//go:build !purego

#include "textflag.h"

// DIFFER makes row k of the table, of 16 bytes, what it differs in from the row before, on the stack.
#define DIFFER(k) \
	VMOVDQU 16*k(R8), X0        \
	VPXOR   16*k-16(R8), X0, X0 \
	VMOVDQU X0, 16*k(SP)

// ROW adds row k for the bytes that have come so far: VPSHUFB makes 0 of those below 0, and takes the lower 4 bits of others.
#define ROW(k, x, y) \
	VBROADCASTI128 16*k(SP), Y8 \
	VPSHUFB        x, Y8, Y9    \
	VPSHUFB        y, Y8, Y10   \
	VPXOR          Y9, Y4, Y4   \
	VPXOR          Y10, Y5, Y5

#define NEXT(k, x, y) \
	VPSUBSB Y15, x, x \
	VPSUBSB Y15, y, y \
	ROW(k, x, y)

// LOOKUP translates Y0 and Y1 into Y4 and Y5. Bytes below 128 go through rows 0 to 7 and lose 16 at each, until they are below
// 0; the others are below 0 there from the beginning, but not less 128, in Y2 and Y3, with which they go through the rest.
#define LOOKUP \
	VPXOR Y14, Y0, Y2     \
	VPXOR Y14, Y1, Y3     \
	VPXOR Y4, Y4, Y4      \
	VPXOR Y5, Y5, Y5      \
	ROW(0, Y0, Y1)        \
	NEXT(1, Y0, Y1)       \
	NEXT(2, Y0, Y1)       \
	NEXT(3, Y0, Y1)       \
	NEXT(4, Y0, Y1)       \
	NEXT(5, Y0, Y1)       \
	NEXT(6, Y0, Y1)       \
	NEXT(7, Y0, Y1)       \
	ROW(8, Y2, Y3)        \
	NEXT(9, Y2, Y3)       \
	NEXT(10, Y2, Y3)      \
	NEXT(11, Y2, Y3)      \
	NEXT(12, Y2, Y3)      \
	NEXT(13, Y2, Y3)      \
	NEXT(14, Y2, Y3)      \
	NEXT(15, Y2, Y3)

// func mapAVX2(dst, src *uint8, pitch, count int, table *[256]uint8)
//
// Four pixels at a time, then one.
TEXT ·mapAVX2(SB), NOSPLIT, $256-40
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ pitch+16(FP), DX
	MOVQ count+24(FP), CX
	MOVQ table+32(FP), R8
	LEAQ (DX)(DX*2), R9
	VMOVDQU (R8), X0
	VMOVDQU X0, (SP)
	VMOVDQU 128(R8), X0
	VMOVDQU X0, 128(SP)
	DIFFER(1)
	DIFFER(2)
	DIFFER(3)
	DIFFER(4)
	DIFFER(5)
	DIFFER(6)
	DIFFER(7)
	DIFFER(9)
	DIFFER(10)
	DIFFER(11)
	DIFFER(12)
	DIFFER(13)
	DIFFER(14)
	DIFFER(15)
	MOVL $0x10101010, AX
	VMOVD AX, X15
	VPBROADCASTD X15, Y15
	VPSLLD $3, Y15, Y14 // 128

four:
	CMPQ CX, $4
	JLT  one
	VMOVDQU (SI), X0
	VINSERTI128 $1, (SI)(DX*1), Y0, Y0
	VMOVDQU (SI)(DX*2), X1
	VINSERTI128 $1, (SI)(R9*1), Y1, Y1
	LOOKUP
	VMOVDQU X4, (DI)
	VEXTRACTI128 $1, Y4, (DI)(DX*1)
	VMOVDQU X5, (DI)(DX*2)
	VEXTRACTI128 $1, Y5, (DI)(R9*1)
	LEAQ (SI)(DX*4), SI
	LEAQ (DI)(DX*4), DI
	SUBQ $4, CX
	JMP  four

one:
	TESTQ CX, CX
	JZ   done
	VMOVDQU (SI), X0
	VMOVDQA Y0, Y1
	LOOKUP
	VMOVDQU X4, (DI)
	ADDQ DX, SI
	ADDQ DX, DI
	DECQ CX
	JMP  one

done:
	VZEROUPPER
	RET
