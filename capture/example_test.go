package capture_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/files"
)

// Pictures from a folder, one of which is damaged.
func ExampleSource() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	bmp := "BM\x3a\x00\x00\x00\x00\x00\x00\x00\x36\x00\x00\x00" + // 1x1 pixel, 24 bits: blue
		"\x28\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x01\x00\x18\x00" + string(make([]byte, 24)) + "\xff\x00\x00\x00"
	for name, data := range map[string]string{"1.bmp": bmp, "2.bmp": bmp[:20], "3.bmp": bmp} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o600); err != nil {
			fmt.Println(err)
			return
		}
	}

	ctx := context.Background()
	src, err := files.Open(ctx, files.Options{Paths: []string{dir}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer src.Close()
	var f capture.Frame // its memory is used again for each frame
	for {
		err := src.Read(ctx, &f)
		switch {
		case errors.Is(err, capture.ErrBadFrame):
			fmt.Println("a damaged frame")
			continue
		case errors.Is(err, io.EOF):
			fmt.Println("the end")
			return
		case err != nil:
			fmt.Println(err) // close the source, wait, open it again
			return
		}
		fmt.Printf("frame %d: %s, %v, R G B %v\n", f.Sequence, filepath.Base(f.Name), f.Format, f.Pix)
	}
	// Output:
	// frame 1: 1.bmp, 1x1 RGB24, R G B [0 0 255]
	// a damaged frame
	// frame 3: 3.bmp, 1x1 RGB24, R G B [0 0 255]
	// the end
}

// The size of a frame of 640x480 pixels in one of the formats of webcams.
func ExampleFormat_Size() {
	f := capture.Packed(capture.NV12, 640, 480)
	n, err := f.Size()
	fmt.Println(f, n, err)
	// Output: 640x480 NV12 460800 <nil>
}
