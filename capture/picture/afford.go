package picture

import (
	"github.com/inceptiond/inceptiond/capture/picture/internal/raster"
	"github.com/inceptiond/inceptiond/capture/picture/jpeg"
)

// affordable is the least reduction, as its binary logarithm, at which a JPEG takes no more than its share of the memory
// that pictures get, or the largest one if that much is there at all.
func affordable(h *jpeg.Header, b raster.Budget) (level int, err error) {
	for level, n := range h.Memory {
		if n <= b.Share {
			return level, nil
		}
	}
	level = len(h.Memory) - 1
	if n := h.Memory[level]; n > b.Total {
		kind := " of JPEG"
		if h.Progressive {
			kind = " of progressive JPEG"
		}
		return 0, b.Refuse(n, h.Width, h.Height, kind)
	}
	return level, nil
}
