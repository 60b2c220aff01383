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

// PUT sets the coefficient with the zigzag index k to the value in BX.
#define PUT(k) \
	MOVL    coefficient_scale(R13)(k*8), R14 \
	IMULQ   R14, BX                          \
	MOVBLZX coefficient_index(R13)(k*8), R14 \
	ADDQ    $(1<<(const_scaleBits-1)), BX    \
	SARQ    $const_scaleBits, BX             \
	MOVL    BX, (R11)(R14*4)

// DROP drops the bits that the entry in CX says.
#define DROP \
	SHLQ CX, R9              \
	ANDL $const_entryBits, CX \
	SUBQ CX, R10

// PAIR takes two codes and their values, or one. It goes to single if the entry leads further than the index in DI.
#define PAIR(single, next) \
	MOVQ    R9, AX                       \
	SHRQ    $(64-const_lutBits), AX      \
	MOVQ    huffman_pairs(R12)(AX*8), CX \
	MOVBLZX CH, AX                       \
	ADDQ    DX, AX                       \
	CMPQ    AX, DI                       \
	JGT     single                       \
	MOVL    CX, R15                      \
	SHRL    $16, R15                     \
	ADDQ    DX, R15                      \
	MOVQ    CX, BX                       \
	SHLQ    $16, BX                      \
	SARQ    $48, BX                      \
	PUT(R15)                             \
	MOVQ    CX, BX                       \
	SARQ    $48, BX                      \
	PUT(AX)                              \
	MOVQ    AX, DX                       \
	DROP                                 \
next:

// SINGLE takes a code and its value. It goes to done if the entry leads further than the index in DI.
#define SINGLE(wide, put, next) \
	MOVQ    R9, AX                      \
	SHRQ    $(64-const_lutBits), AX     \
	MOVL    huffman_fast(R12)(AX*4), CX \
	MOVBLZX CH, AX                      \
	ADDQ    DX, AX                      \
	CMPQ    AX, DI                      \
	JGT     done                        \
	MOVQ    AX, DX                      \
	TESTL   $const_entryWide, CX        \
	JNE     wide                        \
	MOVL    CX, BX                      \
	SARL    $16, BX                     \
	MOVLQSX BX, BX                      \
put:                                        \
	PUT(DX)                             \
	DROP                                \
	JMP     next

// WIDE makes the value, in BX, of an entry that has only its size: extend.
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
	LEAQ    (AX)(R15*1), BX \
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
	PAIR(single1, second)
	PAIR(single2, next)
	JMP  loop

single1:
	SINGLE(wide1, put1, second)

single2:
	SINGLE(wide2, put2, next)

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
