package picture_test

import (
	"context"
	"fmt"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/demo"
	"github.com/inceptiond/inceptiond/capture/picture"
)

// A camera that hangs on its side, and somebody who looks at its frames.
func ExamplePicture() {
	ctx := context.Background()
	src, err := demo.Open(ctx, demo.Options{Width: 64, Height: 48, Interval: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer src.Close()
	p, err := picture.New(picture.Options{Rotate: 90})
	if err != nil {
		fmt.Println(err)
		return
	}
	for range 2 {
		if err := p.Read(ctx, src); err != nil {
			fmt.Println(err)
			return
		}
		width, height, err := p.Size()
		if err != nil {
			continue // a damaged frame; the next may be fine
		}
		fmt.Printf("frame %d: %dx%d\n", p.Frame().Sequence, width, height)
	}
	// Output:
	// frame 1: 48x64
	// frame 2: 48x64
}

// The samples of a frame that is in memory already.
func ExamplePicture_Planes() {
	p, err := picture.New(picture.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	p.Set(&capture.Frame{Format: capture.Packed(capture.YUYV, 2, 1), Pix: []byte{16, 128, 235, 128}})
	planes, err := p.Planes(1)
	if err != nil {
		fmt.Println(err)
		return
	}
	luma := &planes.Plane[0]
	for x := range planes.Width {
		fmt.Println(luma.Row(0, x, x+1, 1)[0])
	}
	fmt.Println("limited range:", planes.Colour == picture.YCCLimited)
	// Output:
	// 16
	// 235
	// limited range: true
}
