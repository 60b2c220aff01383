package picture

import (
	"errors"
	"runtime"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/picture/internal/raster"
	"github.com/inceptiond/inceptiond/capture/picture/jpeg"
	"github.com/inceptiond/inceptiond/capture/picture/picturetest"
)

// allocated is the number of bytes that f allocates.
func allocated(f func()) int64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return int64(after.TotalAlloc - before.TotalAlloc)
}

// small is a budget that large pictures do not fit.
var small = raster.Budget{Total: 4 << 20, Share: 1 << 20}

// TestReducedForMemory: a JPEG that is too large for its share is decoded smaller than asked, and takes no more than that.
func TestReducedForMemory(t *testing.T) {
	for _, c := range []struct {
		name  string
		data  []byte
		w, h  int // stored
		least int // the reduction
	}{
		{"baseline", encode(t, 3000, 2000, 6), 3000, 2000, 4},
		{"baseline that fits", encode(t, 1000, 1000, 0), 1000, 1000, 1},
		{"progressive", picturetest.Sized(1000, 1000), 1000, 1000, 2},
		{"progressive, to an eighth", picturetest.Sized(2500, 2500), 2500, 2500, 8},
		{"progressive, over its share", picturetest.Sized(4000, 4000), 4000, 4000, 8},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPicture(t, Options{}, mjpg(c.data, c.w, c.h))
			p.pool.budget = small
			share := small.Share
			if strings.Contains(c.name, "over") {
				share = small.Total
			}
			n := allocated(func() {
				for _, reduction := range []int{1, 2, 8} {
					planes, err := p.Planes(reduction)
					if err != nil {
						t.Fatal(err)
					}
					reduction = max(reduction, c.least)
					if planes.Width != (c.w+reduction-1)/reduction || planes.ExactWidth != float64(c.w)/float64(reduction) {
						t.Errorf("%d pixels wide (exactly %g), want 1/%d of %d", planes.Width, planes.ExactWidth, reduction, c.w)
					}
				}
			})
			// Two or three sizes, the copy of the data, and the decoder's tables.
			if most := 2*share + int64(len(c.data)) + 256<<10; n > most {
				t.Errorf("took %d KiB, want %d at most", n>>10, most>>10)
			}
			if s, err := p.Stored(); err != nil || s.Width != c.w || s.Height != c.h {
				t.Errorf("stored: %+v, %v", s, err)
			}
		})
	}
}

// TestCostlyJPEG: what does not fit even at an eighth of its size is refused before memory is spent on it, with the size, the
// need, the budget and what to do.
func TestCostlyJPEG(t *testing.T) {
	p := newPicture(t, Options{}, mjpg(picturetest.Sized(8000, 8000), 8000, 8000))
	p.pool.budget = small
	var err error
	n := allocated(func() { _, err = p.Planes(1) })
	for _, want := range []string{"8000x8000", "11 MiB", "4 MiB", "make the picture smaller"} {
		if !errors.Is(err, capture.ErrBadFrame) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want ErrBadFrame with %q", err, want)
		}
	}
	if n > 1<<20 {
		t.Errorf("refusing it took %d KiB", n>>10)
	}
}

// TestMemoryEstimate: the decoder takes what the header says.
func TestMemoryEstimate(t *testing.T) {
	for name, data := range map[string][]byte{"baseline": encode(t, 1000, 700, 0), "progressive": picturetest.Sized(1000, 700)} {
		for scale := 1; scale <= 8; scale *= 2 {
			var d jpeg.Decoder
			h, err := d.Header(data)
			if err != nil {
				t.Fatal(err)
			}
			got := allocated(func() { err = d.Decode(new(jpeg.Image), data, scale) })
			want := h.Memory[map[int]int{1: 0, 2: 1, 4: 2, 8: 3}[scale]]
			const other = 96 << 10 // tables, and what allocations are rounded up to
			if err != nil || got > want+int64(len(data))+other || got < want {
				t.Errorf("%s at 1/%d: took %d bytes, estimated %d (%v)", name, scale, got, want, err)
			}
		}
	}
}

// TestPhone: photographs of 12 megapixels fit a board of 512 MiB, of which the system leaves a little less; at full size
// where there is more.
func TestPhone(t *testing.T) {
	for _, c := range []struct {
		memory int64
		header jpeg.Header
		level  int
	}{
		{430 << 20, jpeg.Header{Memory: [4]int64{18 << 20, 9 << 19, 9 << 17, 9 << 15}}, 1},
		{4 << 30, jpeg.Header{Memory: [4]int64{18 << 20, 9 << 19, 9 << 17, 9 << 15}}, 0},
		{0, jpeg.Header{Memory: [4]int64{54 << 20, 16 << 20, 7 << 20, 4 << 20}}, 1},
	} {
		b := raster.For(c.memory)
		if level, err := affordable(&c.header, b); level != c.level || err != nil {
			t.Errorf("%d MiB: level %d, %v", c.memory>>20, level, err)
		}
		if b.Total > 256<<20 || c.memory < 1<<30 && b.Total > 64<<20 || b.Total < 32<<20 {
			t.Errorf("%d MiB: budget %+v", c.memory>>20, b)
		}
	}
}
