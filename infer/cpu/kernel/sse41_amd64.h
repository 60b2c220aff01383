// What the assembly for SSE4.1 has in common, besides tiles_amd64.h. There are no shifts of each number by its own
// distance, so that products do that: by a number of which POWER makes the multipliers.

// POWER makes of distances of 0 … 31, at mem, the multipliers -2^(31-distance), by way of float32.
#define POWER(mem, x, tmp) \
	MOVOU     mem, tmp       \
	MOVL      $158, AX       \
	MOVQ      AX, x          \
	PSHUFD    $0, x, x       \
	PSUBL     tmp, x         \
	PSLLL     $23, x         \
	PCMPEQL   tmp, tmp       \
	PSLLL     $31, tmp       \
	POR       tmp, x         \
	CVTTPS2PL x, x

// CONSTANTS fetches what SCALE needs for four columns, at of the block, and their powers.
#define CONSTANTS(block, at, powers) \
	MOVOU   MULT_EVEN(block)(at*1), X8  \
	MOVOU   MULT_ODD(block)(at*1), X9   \
	MOVOU   ADD_EVEN(block)(at*1), X10  \
	MOVOU   ADD_ODD(block)(at*1), X11   \
	MOVOU   powers(at*1), X12           \
	PSHUFD  $0xF5, X12, X13             \
	PCMPEQL X14, X14

// SCALE turns four sums in x into the complements of numbers that are not limited to a byte yet: with y the upper half of
// sum*mult + add, and p the power,
//
//	(y*p - 1) >> 31 = ^(y >> distance)
#define SCALE(x, odd) \
	PSHUFD  $0xF5, x, odd   \
	PMULDQ  X8, x           \
	PMULDQ  X9, odd         \
	PADDQ   X10, x          \
	PADDQ   X11, odd        \
	UPPER(x, odd)

#define UPPER(x, odd) \
	PSRLQ   $32, x          \
	PSRLQ   $32, odd        \
	PMULDQ  X12, x          \
	PMULDQ  X13, odd        \
	PADDQ   X14, x          \
	PADDQ   X14, odd        \
	PSRLQ   $31, x          \
	PADDQ   odd, odd        \
	PBLENDW $0xCC, odd, x

// BYTES makes 16 bytes, in lo, of the complements of numbers of 16 bits. X7 is all ones, X5 and X6 limit them.
#define BYTES(lo, hi) \
	PXOR     X7, lo   \
	PXOR     X7, hi   \
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
