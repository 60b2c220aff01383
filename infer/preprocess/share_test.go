package preprocess

import (
	"bytes"
	"sync"
	"testing"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/infer"
)

// helpers are threads that nobody wants for anything else.
type helpers int

func (h helpers) Threads() int { return int(h) }

func (h helpers) Share(n int, piece func(i int)) {
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { piece(i) })
	}
	all.Wait()
}

// However many threads help, the tensor is the same: for shrinking and enlarging, every colour and orientation.
func TestHelpersChangeNothing(t *testing.T) {
	spec := infer.TensorSpec{Name: "in", Shape: []int{1, 33, 47, 3}, Type: infer.Uint8, Scale: 1}
	for _, pixel := range []capture.PixelFormat{capture.RGB24, capture.GREY, capture.NV12, capture.I420, capture.YUYV} {
		for _, size := range [][2]int{{640, 480}, {46, 30}, {20, 6}, {2, 2}} {
			for _, rotate := range []int{0, 90} {
				frame := &capture.Frame{Format: capture.Packed(pixel, size[0], size[1])}
				n, err := frame.Format.Size()
				if err != nil {
					t.Fatal(err)
				}
				frame.Pix = make([]byte, n)
				for i := range frame.Pix {
					frame.Pix[i] = byte(i*i>>3 + i)
				}
				pic := newPicture(t, picture.Options{Rotate: rotate}, frame)
				want := make([]byte, spec.Bytes())
				if err := letterbox(t, spec, pic, want, nil); err != nil {
					t.Fatal(err)
				}
				for _, threads := range []int{1, 2, 3, 64} {
					got := make([]byte, spec.Bytes())
					if err := letterbox(t, spec, pic, got, helpers(threads)); err != nil || !bytes.Equal(got, want) {
						t.Errorf("%v %v, rotated by %d, %d threads: another tensor, %v", pixel, size, rotate, threads, err)
					}
				}
			}
		}
	}
}

func letterbox(t *testing.T, spec infer.TensorSpec, pic *picture.Picture, tensor []byte, h infer.Sharer) error {
	t.Helper()
	p, err := New(spec, Options{Fit: Letterbox})
	if err != nil {
		t.Fatal(err)
	}
	return p.Run(pic, tensor, h)
}
