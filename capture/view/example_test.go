package view_test

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/demo"
	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/capture/view"
)

// A camera with a view. The camera's side opens the source, moves its frames to the hub, and says when it is lost; the
// camera's own look and the view take the pictures, each at its own pace. Here all of them take turns.
func Example() {
	ctx := context.Background()
	hub, err := view.NewHub(picture.Options{Rotate: 90}) // of the camera, and so of its views
	if err != nil {
		fmt.Println(err)
		return
	}
	camera, gate := hub.Attach(), hub.Attach() // before the first frame: then both see it
	defer camera.Detach()
	defer gate.Detach()

	src, err := demo.Open(ctx, demo.Options{Width: 64, Height: 48, Interval: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer src.Close()
	for range 3 {
		if err := hub.Blank().Read(ctx, src); err != nil {
			fmt.Println(err)
			return
		}
		hub.Put() // the newest wins: nobody has taken the one before
	}
	look("camera", camera)
	hub.Interrupt(fmt.Errorf("unplugged: %w", capture.ErrLost)) // the supervisor opens the source again, later
	look("gate", gate)
	hub.Close(nil)
	look("camera", camera)
	look("gate", gate)
	fmt.Println("gate dropped", gate.Dropped())
	// Output:
	// camera: picture 3, 48x64
	// gate: picture 3, 48x64
	// camera: lost: unplugged: camera lost
	// camera: the end
	// gate: lost: unplugged: camera lost
	// gate: the end
	// gate dropped 2
}

// look takes what there is for a look, as its goroutine would do.
func look(name string, l *view.Look) {
	var p *picture.Picture
	for {
		var err error
		p, err = l.Take(context.Background(), p)
		var interruption *view.Interruption
		switch {
		case errors.As(err, &interruption):
			fmt.Printf("%s: lost: %v\n", name, interruption.Reason) // the next picture says that it is back
			continue
		case errors.Is(err, io.EOF):
			fmt.Printf("%s: the end\n", name)
			return
		case err != nil:
			fmt.Println(err)
			return
		}
		width, height, err := p.Size()
		if err != nil {
			continue // a damaged frame
		}
		fmt.Printf("%s: picture %d, %dx%d\n", name, p.Frame().Sequence, width, height)
		return
	}
}
