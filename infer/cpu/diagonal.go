package cpu

import (
	"fmt"
	"slices"

	"github.com/inceptiond/inceptiond/infer/cpu/kernel"
	"github.com/inceptiond/inceptiond/infer/model"
)

// matrixDiagShape is the rule of MATRIX_DIAG: a square for each row.
func matrixDiagShape(n *node) ([][]int, error) {
	in := n.inputs[0]
	if len(in.Shape) == 0 {
		return nil, fmt.Errorf("a diagonal of no dimensions")
	}
	return one(append(slices.Clone(in.Shape), in.channels())...), nil
}

// lowerDiagonal makes a MATRIX_DIAG, rows as diagonals of matrices of zeros, or a MATRIX_SET_DIAG, of other matrices.
func lowerDiagonal(l *lowering, n *node) (layer, error) {
	out, diagonal := n.outputs[0], n.inputs[0]
	if err := n.movable(diagonal, model.Float32, model.Uint8, model.Int8, model.Int16, model.Int32, model.Int64); err != nil {
		return nil, err
	}
	d := &diagonals{size: out.Type.Size(), zero: out.blank()}
	var err error
	if n.op == model.OpMatrixSetDiag {
		diagonal = n.inputs[1]
		if err := oneOf(diagonal, out.Type); err != nil {
			return nil, err
		}
		if d.src, err = l.raw(n.inputs[0]); err != nil {
			return nil, err
		}
	}
	rank := len(out.Shape)
	if rank < 2 {
		return nil, fmt.Errorf("matrices %v", out.Shape)
	}
	d.columns, d.rows = out.Shape[rank-1], out.Shape[rank-2]
	if want := append(slices.Clone(out.Shape[:rank-2]), min(d.rows, d.columns)); !slices.Equal(diagonal.Shape, want) {
		return nil, fmt.Errorf("diagonals %v of %v (want %v)", diagonal.Shape, out.Shape, want)
	}
	if d.diagonal, err = l.raw(diagonal); err != nil {
		return nil, err
	}
	d.dst, err = l.raw(out)
	return d, err
}

// diagonals puts elements on the diagonals of matrices. A piece is a row of a matrix.
type diagonals struct {
	src, diagonal, dst  []byte
	zero                []byte // what lies beside them if there is no src
	size, rows, columns int
}

func (d *diagonals) units() int { return len(d.dst) / (d.columns * d.size) }

func (d *diagonals) run(_ *scratch, from, to int) {
	width := d.columns * d.size
	for row := from; row < to; row++ {
		dst := d.dst[row*width:][:width]
		if d.src == nil {
			kernel.Repeat(dst, d.zero)
		} else {
			copy(dst, d.src[row*width:])
		}
		if i := row % d.rows; i < d.columns {
			copy(dst[i*d.size:][:d.size], d.diagonal[(row/d.rows*min(d.rows, d.columns)+i)*d.size:])
		}
	}
}

// blank is an element of v's type that is 0 as it is stored.
func (v *value) blank() []byte { return slices.Repeat([]byte{v.flip()}, v.Type.Size()) }
