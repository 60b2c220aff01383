// What the transforms of both instruction sets share: constants of idct.go and inverse.go, as immediates.
#define constBits $10
#define outBits $18
#define cSqrt2 $1448
#define minusSum $-2676
#define minusDiff $-1108
#define cCos $1892
#define roundFirst $512
#define roundLast $0x2020000
