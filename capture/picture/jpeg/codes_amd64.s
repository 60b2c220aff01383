//go:build !purego

#include "go_asm.h"
#include "textflag.h"

// R8 is the place in the buffer at SI, R9 the unread bits and R10 how many of them count; DX is the zigzag index of the latest
// coefficient, CX the entry at hand. A shift by CX is one by its bits.

// REFILL is refill.
#define REFILL \
	MOVQ   (SI)(R8*1), AX \
	BSWAPQ AX             \
	MOVQ   R10, CX        \
	SHRQ   CX, AX         \
	ORQ    AX, R9         \
	MOVL   $63, AX        \
	SUBQ   R10, AX        \
	SHRQ   $3, AX         \
	ADDQ   AX, R8         \
	ORQ    $56, R10

// SYMBOL takes a code and its value. It goes to done if the entry leads further than the index in DI.
#define SYMBOL(wide, put) \
	MOVQ    R9, AX                            \
	SHRQ    $(64-const_lutBits), AX           \
	MOVL    (R12)(AX*4), CX                   \
	MOVBLZX CH, AX                            \
	ADDQ    DX, AX                            \
	CMPQ    AX, DI                            \
	JGT     done                              \
	MOVQ    AX, DX                            \
	TESTL   $const_entryWide, CX              \
	JNE     wide                              \
	MOVL    CX, AX                            \
	SARL    $16, AX                           \
	MOVLQSX AX, AX                            \
put:                                              \
	MOVL    coefficient_scale(R13)(DX*8), R15 \
	IMULQ   R15, AX                           \
	MOVBLZX coefficient_index(R13)(DX*8), R15 \
	ADDQ    $(1<<(const_scaleBits-1)), AX     \
	SARQ    $const_scaleBits, AX              \
	MOVL    AX, (R11)(R15*4)                  \
	SHLQ    CX, R9                            \
	ANDL    $const_entryBits, CX              \
	SUBQ    CX, R10

// WIDE makes the value, in AX, of an entry that has only its size: extend.
#define WIDE(put) \
	MOVL    CX, entry-8(SP) \
	MOVL    CX, BX          \
	SHRL    $16, BX         \
	SUBL    BX, CX          \
	MOVQ    R9, AX          \
	SHLQ    CX, AX          \
	MOVL    BX, CX          \
	MOVQ    $-1, R15        \
	SHLQ    CX, R15         \
	INCQ    R15             \
	NEGL    CX              \
	XORL    BX, BX          \
	TESTQ   AX, AX          \
	CMOVQMI BX, R15         \
	SHRQ    CX, AX          \
	ADDQ    R15, AX         \
	MOVL    entry-8(SP), CX \
	JMP     put

// func shortCodes(r *bitReader, table *huffman, dequant *[64]coefficient, b *block, last, keep int) (int, entry)
TEXT ·shortCodes(SB), NOSPLIT, $8-60
	MOVQ r+0(FP), AX
	MOVQ bitReader_buf(AX), SI
	MOVQ bitReader_pos(AX), R8
	MOVQ bitReader_acc(AX), R9
	MOVQ bitReader_have(AX), R10
	MOVQ table+8(FP), R12
	LEAQ huffman_fast(R12), R12
	MOVQ dequant+16(FP), R13
	MOVQ b+24(FP), R11
	MOVQ keep+40(FP), DI
	MOVQ last+32(FP), DX
	CMPQ R10, $const_maxACSymbol
	JCC  second

loop:
	MOVQ r+0(FP), AX
	MOVQ (bitReader_buf+8)(AX), AX
	SUBQ $8, AX
	CMPQ R8, AX
	JGT  short
	REFILL
	SYMBOL(wide1, put1)

second:
	SYMBOL(wide2, put2)
	JMP  loop

short:
	MOVL $const_none, CX
	JMP  done

wide1:
	WIDE(put1)

wide2:
	WIDE(put2)

done:
	MOVQ r+0(FP), AX
	MOVQ R8, bitReader_pos(AX)
	MOVQ R9, bitReader_acc(AX)
	MOVQ R10, bitReader_have(AX)
	MOVQ DX, ret+48(FP)
	MOVL CX, ret1+56(FP)
	RET
