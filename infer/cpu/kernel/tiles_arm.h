// What the assembly of tiles has in common: the layout of Tiles, Tile and Block. R0 holds a *Tiles, R1 a *Block.

// Fields of Tiles.
#define LINES      0(R0)
#define LIST       4(R0)
#define COUNT      8(R0)
#define PIXELS    12(R0)
#define PANEL     20(R0)
#define SEGMENTS  28(R0)
#define STEPS_OF  32(R0)
#define SKIP      36(R0)
#define BLOCK     40(R0)
#define STARTS    44(R0)
#define DST       48(R0)
#define STRIDE    52(R0)
#define WIDTH     56(R0)
#define RAW       64(R0)
#define SINGLES   68(R0)

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
