//go:build !purego

#include "textflag.h"
#include "tiles_amd64.h"

// On the stack: the sums of 6 pixels and a vector; the tile and how many are left; pixels of the two groups; how far
// their second and third pixels are, 0 for those that are not there.
#define TILE     400(SP)
#define LEFT     408(SP)
#define GROUP_A  416(SP)
#define GROUP_B  424(SP)
#define SECOND_A 432(SP)
#define THIRD_A  440(SP)
#define SECOND_B 448(SP)
#define THIRD_B  456(SP)

// ROW multiplies a pair of elements of one pixel by the pairs of 16 columns in Y12 and Y13.
#define ROW(at, acc0, acc1) \
	VPBROADCASTD at, Y14         \
	VPMADDWD     Y14, Y12, Y15   \
	VPADDD       Y15, acc0, acc0 \
	VPMADDWD     Y14, Y13, Y14   \
	VPADDD       Y14, acc1, acc1

// PAIR multiplies pair number n from here of six pixels.
#define PAIR(n) \
	VMOVDQU n*64(BX), Y12    \
	VMOVDQU n*64+32(BX), Y13 \
	ROW(n*4(R8)(AX*1), Y0, Y1)   \
	ROW(n*4(R9)(AX*1), Y2, Y3)   \
	ROW(n*4(R10)(AX*1), Y4, Y5)  \
	ROW(n*4(R11)(AX*1), Y6, Y7)  \
	ROW(n*4(R12)(AX*1), Y8, Y9)  \
	ROW(n*4(R13)(AX*1), Y10, Y11)

// SCALE turns 8 sums at mem into 8 numbers, not yet limited to a byte. half is 0 or 1.
#define SCALE(mem, half, out, tmp) \
	VMOVDQU  mem, out                            \
	VPMULDQ  MULT_EVEN+half*32(SI), out, tmp     \
	VPSRLQ   $32, out, out                       \
	VPMULDQ  MULT_ODD+half*32(SI), out, out      \
	VPADDQ   ADD_EVEN+half*32(SI), tmp, tmp      \
	VPADDQ   ADD_ODD+half*32(SI), out, out       \
	VPSRLQ   $32, tmp, tmp                       \
	VPBLENDD $0xAA, out, tmp, out                \
	VPSRAVD  SHIFT+half*32(SI), out, out

// func tilesAVX2(t *Tiles)
//
// DI is t, DX counts segments, BX walks along the panel, AX and CX are an index in a segment and its end in bytes,
// R8 … R13 point at pixels, SI at the block. The sums lie in Y0 … Y11 and, for the epilogue, on the stack.
TEXT ·tilesAVX2(SB), NOSPLIT, $464-8
	MOVQ    t+0(FP), DI
	MOVQ    BLOCK, SI
	MOVQ    LIST, AX
	MOVQ    AX, TILE
	MOVQ    COUNT, AX
	MOVQ    AX, LEFT
	MOVQ    PIXELS, BX
	LEAQ    1(BX), AX
	SHRQ    $1, AX
	SHRQ    $1, BX
	MOVQ    AX, GROUP_A
	MOVQ    BX, GROUP_B
	MOVQ    SPACING, R8
	LEAQ    (R8)(R8*1), R9
	XORQ    R10, R10
	MOVQ    R8, R11
	CMPQ    AX, $2
	CMOVQLT R10, R11
	MOVQ    R11, SECOND_A
	MOVQ    R9, R11
	CMPQ    AX, $3
	CMOVQLT R10, R11
	MOVQ    R11, THIRD_A
	CMPQ    BX, $2
	CMOVQLT R10, R8
	MOVQ    R8, SECOND_B
	CMPQ    BX, $3
	CMOVQLT R10, R9
	MOVQ    R9, THIRD_B

tile:
	MOVQ    TILE, AX
	MOVQ    LINES, CX
	MOVLQSX TILE_A(AX), R8
	MOVLQSX TILE_B(AX), R11
	ADDQ    CX, R8
	ADDQ    CX, R11
	MOVQ    R8, R9
	MOVQ    R8, R10
	MOVQ    R11, R12
	MOVQ    R11, R13
	ADDQ    SECOND_A, R9
	ADDQ    THIRD_A, R10
	ADDQ    SECOND_B, R12
	ADDQ    THIRD_B, R13
	MOVQ    PANEL, BX
	MOVQ    SEGMENTS, DX
	VMOVDQU BIAS(SI), Y0
	VMOVDQU BIAS+32(SI), Y1
	VMOVDQA Y0, Y2
	VMOVDQA Y1, Y3
	VMOVDQA Y0, Y4
	VMOVDQA Y1, Y5
	VMOVDQA Y0, Y6
	VMOVDQA Y1, Y7
	VMOVDQA Y0, Y8
	VMOVDQA Y1, Y9
	VMOVDQA Y0, Y10
	VMOVDQA Y1, Y11

segment:
	XORQ  AX, AX
	MOVQ  STEPS_OF, CX
	SHLQ  $2, CX
	TESTQ $4, CX
	JZ    even
	PAIR(0)
	ADDQ  $64, BX
	ADDQ  $4, AX
	CMPQ  AX, CX
	JEQ   next

even:
	PAIR(0)
	PAIR(1)
	ADDQ $128, BX
	ADDQ $8, AX
	CMPQ AX, CX
	JNE  even

next:
	DECQ DX
	JZ   sums
	ADDQ SKIP, AX
	ADDQ AX, R8
	ADDQ AX, R9
	ADDQ AX, R10
	ADDQ AX, R11
	ADDQ AX, R12
	ADDQ AX, R13
	JMP  segment

sums:
	VMOVDQU Y0, 0(SP)
	VMOVDQU Y1, 32(SP)
	VMOVDQU Y2, 64(SP)
	VMOVDQU Y3, 96(SP)
	VMOVDQU Y4, 128(SP)
	VMOVDQU Y5, 160(SP)
	VMOVDQU Y6, 192(SP)
	VMOVDQU Y7, 224(SP)
	VMOVDQU Y8, 256(SP)
	VMOVDQU Y9, 288(SP)
	VMOVDQU Y10, 320(SP)
	VMOVDQU Y11, 352(SP)

	// The epilogue: BX walks along the sums of CX pixels of a group, R9 along the output, by R10.
	MOVQ    TILE, AX
	MOVLQSX TILE_PIXEL_A(AX), R9
	MOVLQSX TILE_PIXEL_B(AX), R13
	MOVQ    RAW, AX
	MOVQ    $64, R10
	TESTQ   AX, AX
	JNZ     place
	MOVQ    DST, AX
	MOVQ    STRIDE, R10
	MOVQ    WIDTH, R11
	VMOVDQU LO(SI), X6
	VMOVDQU HI(SI), X7

place:
	IMULQ R10, R9
	IMULQ R10, R13
	ADDQ  AX, R9
	ADDQ  AX, R13
	MOVQ  SP, BX
	MOVQ  GROUP_A, CX
	CMPQ  RAW, $0
	JNE   raw

pixel:
	SCALE(0(BX), 0, Y0, Y1)
	SCALE(32(BX), 1, Y2, Y3)
	VPACKSSDW    Y2, Y0, Y0
	VPERMQ       $0xD8, Y0, Y0
	VEXTRACTI128 $1, Y0, X1
	VPACKUSWB    X1, X0, X0
	VPMAXUB      X6, X0, X0
	VPMINUB      X7, X0, X0
	CMPQ         R11, $16
	JNE          narrow
	VMOVDQU      X0, (R9)

stored:
	ADDQ $64, BX
	ADDQ R10, R9
	DECQ CX
	JNZ  pixel
	LEAQ 192(SP), AX
	CMPQ BX, AX
	JGT  done        // the second group
	MOVQ AX, BX
	MOVQ R13, R9
	MOVQ GROUP_B, CX
	TESTQ CX, CX
	JNZ  pixel
	JMP  done

raw:
	VMOVDQU 0(BX), Y0
	VMOVDQU 32(BX), Y1
	VMOVDQU Y0, 0(R9)
	VMOVDQU Y1, 32(R9)
	ADDQ    $64, BX
	ADDQ    $64, R9
	DECQ    CX
	JNZ     raw
	LEAQ    192(SP), AX
	CMPQ    BX, AX
	JGT     done
	MOVQ    AX, BX
	MOVQ    R13, R9
	MOVQ    GROUP_B, CX
	TESTQ   CX, CX
	JNZ     raw

done:
	ADDQ $TILE_BYTES, TILE
	DECQ LEFT
	JNZ  tile
	VZEROUPPER
	RET

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
