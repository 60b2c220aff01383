//go:build arm || arm64

package kernel

// Block is how 16 columns of sums become bytes, in the form that vector code wants: of the sum, which begins at bias, the
// upper half of the doubled product with mult, rounded (SQRDMULH), then shifted by shift, to the right since it is
// negative, and rounded half up (SRSHL). That is [Multiplier.HalfUp] to the last bit. This is for multipliers that
// blockTakes, as nearly all are, see [Output.Plain].
type Block struct {
	bias, mult, shift [Panel]int32
	zero              [Panel / 2]int16
	lo, hi            [Panel]uint8
}

// NewBlock prepares up to 16 columns, whose sums begin at bias.
func NewBlock(bias []int32, out Output) Block {
	var b Block
	for i := range bias {
		m := out.Mult[i]
		b.bias[i], b.mult[i], b.shift[i] = bias[i], m.M, -int32(m.Right)
	}
	Fill(b.zero[:], int16(out.Zero))
	Fill(b.lo[:], uint8(out.Lo))
	Fill(b.hi[:], uint8(out.Hi))
	return b
}

// Quicken does nothing: no [Tiling] here takes such blocks.
func (b *Block) Quicken([]Quick) {}

// blockTakes tells whether a block can express m with any zero point.
func blockTakes(m Multiplier, _ int32) bool { return m.Left == 0 }
