// What the assembly of tiles has in common: the layout of Tiles, Tile and Block. DI holds a *Tiles.

// Fields of Tiles.
#define LINES      0(DI)
#define LIST       8(DI)
#define COUNT     16(DI)
#define PIXELS    24(DI)
#define SPACING   32(DI)
#define PANEL     40(DI)
#define VECTORS   48(DI)
#define SEGMENTS  56(DI)
#define STEPS_OF  64(DI)
#define SKIP      72(DI)
#define BLOCK     80(DI)
#define STARTS    88(DI)
#define DST       96(DI)
#define STRIDE   104(DI)
#define WIDTH    112(DI)
#define TABLE    120(DI)
#define RAW      128(DI)
#define WORDS    144(DI)
#define TURNED   152(DI)
#define AHEAD    160(DI)

// Offsets in Tile.
#define TILE_A        0
#define TILE_B        4
#define TILE_PIXEL_A  8
#define TILE_PIXEL_B 12
#define TILE_BYTES   16

// Offsets in Block.
#define BIAS         0
#define MULT_EVEN   64
#define MULT_ODD   128
#define ADD_EVEN   192
#define ADD_ODD    256
#define SHIFT      320
#define LO         384
#define HI         448
#define QUICK_MULT 512
#define QUICK_ADD  576
#define QUICK      640
#define BLOCK_BYTES 704
