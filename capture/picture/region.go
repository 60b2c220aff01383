package picture

import "fmt"

// Region is a rectangle in fractions (0 to 1) of the upright frame's width and height. The zero value is all of it.
type Region struct {
	X, Y, Width, Height float64
}

// Validate accepts the zero Region and any rectangle with an area inside the frame.
func (r Region) Validate() error {
	if r == (Region{}) {
		return nil
	}
	const slack = 1e-9 // 0.7 + 0.3 may come out above 1
	ok := r.X >= 0 && r.Y >= 0 && r.Width > 0 && r.Height > 0 && r.X+r.Width <= 1+slack && r.Y+r.Height <= 1+slack
	if !ok { // also for NaN
		return fmt.Errorf("picture: region x %g, y %g, width %g, height %g does not lie in the frame (use fractions from 0 to 1)",
			r.X, r.Y, r.Width, r.Height)
	}
	return nil
}
