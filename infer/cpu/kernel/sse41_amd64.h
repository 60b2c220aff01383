// What the assembly for SSE4.1 has in common, besides tiles_amd64.h: how sums become numbers of 16 bits, see sseScale, of which
// these are the offsets.
#define POWERS   0
#define FACTORS 64
#define COUNTS 128

// CONSTANTS fetches what the macros below need for four columns, at of the block.
#define CONSTANTS(block, at) \
	MOVOU MULT_EVEN(block)(at*1), X8 \
	MOVOU MULT_ODD(block)(at*1), X9  \
	MOVOU ADD_EVEN(block)(at*1), X10 \
	MOVOU ADD_ODD(block)(at*1), X11

// PRODUCTS makes products of 64 bits of four sums in x, of columns 0 and 2 there, of 1 and 3 in odd.
#define PRODUCTS(x, odd) \
	PSHUFD $0xF5, x, odd \
	PMULDQ X8, x         \
	PMULDQ X9, odd       \
	PADDQ  X10, x        \
	PADDQ  X11, odd

// AWAY is PRODUCTS that are to be rounded half away from zero: 2^31 less for a negative sum. X15 has the sign's bit.
#define AWAY(x, odd, sign, oddSign) \
	PSHUFD $0xF5, x, odd \
	MOVO   x, sign       \
	MOVO   odd, oddSign  \
	PAND   X15, sign     \
	PAND   X15, oddSign  \
	PMULDQ X8, x         \
	PMULDQ X9, odd       \
	PSUBQ  sign, x       \
	PSUBQ  oddSign, odd  \
	PADDQ  X10, x        \
	PADDQ  X11, odd

// ALIKE shifts the upper halves of products by as much as nearly all columns' wants, X12.
#define ALIKE(x, odd) \
	PSRLQ   $32, x        \
	PBLENDW $0xCC, odd, x \
	PSRAL   X12, x

// EACH makes, with y the upper half of a product and the powers in X12 and X13, the complements of what it is when shifted by each
// column's distance: (y*power - 1) >> 31 = ^(y >> distance). X14 is all ones.
#define EACH(x, odd) \
	PSRLQ   $32, x        \
	PSRLQ   $32, odd      \
	PMULDQ  X12, x        \
	PMULDQ  X13, odd      \
	PADDQ   X14, x        \
	PADDQ   X14, odd      \
	PSRLQ   $31, x        \
	PADDQ   odd, odd      \
	PBLENDW $0xCC, odd, x

// POWERS_OF fetches what EACH needs, at of the scale.
#define POWERS_OF(scale, at) \
	MOVOU   POWERS(scale)(at*1), X12 \
	PSHUFD  $0xF5, X12, X13          \
	PCMPEQL X14, X14

// NUMBERS fetches 8 numbers of 16 bits as they were stored, by fours: a load of all of them would have to wait for both stores.
#define NUMBERS(lo, hi, x) \
	MOVQ   lo, x \
	MOVHPS hi, x

// BYTES makes 16 bytes, in lo, of numbers of 16 bits. X5 and X6 limit them.
#define BYTES(lo, hi) \
	PACKUSWB hi, lo   \
	PMAXUB   X5, lo   \
	PMINUB   X6, lo

// STORE stores the first R11 bytes, 1 to 16, of X0 at p. The labels are its own.
#define STORE(p, whole, less8, less4, less2, done) \
	CMPQ   R11, $16    \
	JEQ    whole       \
	MOVQ   p, AX       \
	TESTQ  $8, R11     \
	JZ     less8       \
	MOVQ   X0, (AX)    \
	PSRLO  $8, X0      \
	ADDQ   $8, AX      \
less8:                     \
	TESTQ  $4, R11     \
	JZ     less4       \
	MOVL   X0, (AX)    \
	PSRLO  $4, X0      \
	ADDQ   $4, AX      \
less4:                     \
	TESTQ  $2, R11     \
	JZ     less2       \
	PEXTRW $0, X0, (AX) \
	PSRLO  $2, X0      \
	ADDQ   $2, AX      \
less2:                     \
	TESTQ  $1, R11     \
	JZ     done        \
	PEXTRB $0, X0, (AX) \
	JMP    done        \
whole:                     \
	MOVOU  X0, (p)     \
done:
