// What the assembly of tiles has in common: the layout of Tiles, Tile and Block. R0 holds a *Tiles, R1 a *Block.

// Fields of Tiles.
#define LINES      0(R0)
#define LIST       8(R0)
#define COUNT     16(R0)
#define PIXELS    24(R0)
#define SPACING   32(R0)
#define PANEL     40(R0)
#define SEGMENTS  56(R0)
#define STEPS_OF  64(R0)
#define SKIP      72(R0)
#define BLOCK     80(R0)
#define STARTS    88(R0)
#define DST       96(R0)
#define STRIDE   104(R0)
#define WIDTH    112(R0)
#define RAW      128(R0)
#define SINGLES  136(R0)

// Offsets in Tile.
#define TILE_A        0
#define TILE_B        4
#define TILE_PIXEL_A  8
#define TILE_PIXEL_B 12
#define TILE_BYTES   16

// Offsets in Block.
#define BIAS    0
#define MULT   64
#define SHIFT 128
#define ZERO  192
#define LO    208
#define HI    224
