// Package raster is what the packages of pictures share: how large a picture may be, and how pixels that come in any
// order become RGB bytes.
package raster

import (
	"fmt"
	"sync"

	"github.com/inceptiond/inceptiond/internal/memory"
)

// MaxPixels is width times height of the largest picture that is not a JPEG, whose own decoder knows better: more than any
// camera of this kind has.
const MaxPixels = 64 << 20

// CheckPixels refuses a picture of w by h pixels that has none or too many.
func CheckPixels(w, h int) error {
	if w < 1 || h < 1 || int64(w)*int64(h) > MaxPixels {
		return fmt.Errorf("%dx%d pixels: want 1 to %d megapixels: make the picture smaller", w, h, MaxPixels>>20)
	}
	return nil
}

// Budget is how many bytes of memory pictures may take. Half a megabyte of PNG can unfold to 700 MB, for which the system
// would end the whole process on a computer with little memory.
type Budget struct {
	Total int64 // for one picture, if it cannot be done with less
	Share int64 // for decoding one, if it can be reduced to it: a part of the total, as several cameras decode at the same time
	Frame int64 // for one that waits to be looked at, as RGB bytes: of these a camera has up to four
}

// For returns the budget for a machine with n bytes of memory: an eighth, but neither less than 32 nor more than 256 MiB; 64
// MiB if n is 0 and not known.
func For(n int64) Budget {
	if n == 0 {
		n = 512 << 20
	}
	total := min(max(n/8, 32<<20), 256<<20)
	return Budget{Total: total, Share: total / 4, Frame: min(total/8, 16<<20)}
}

// machine is the budget for this machine, whose memory does not change.
var machine = sync.OnceValue(func() Budget { return For(memory.Limit()) })

// Machine returns the budget for this machine.
func Machine() Budget { return machine() }

// Refuse is the error for a picture of w by h pixels that takes n bytes to decode, which is more than the total. kind
// follows the size, such as " of progressive JPEG".
func (b Budget) Refuse(n int64, w, h int, kind string) error {
	return fmt.Errorf("%dx%d pixels%s take %d MiB to decode, more than the %d MiB that pictures get on this machine: make the picture smaller",
		w, h, kind, (n+1<<20-1)>>20, b.Total>>20)
}
