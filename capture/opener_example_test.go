package capture_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/inceptiond/inceptiond/capture"
)

// card is a kind of camera: what to show. It holds data only, so two equal ones are the same camera.
type card struct{ Level byte }

func (c card) Open(context.Context) (capture.Source, error) { return &shown{card: c}, nil }

func (card) Silence() time.Duration { return time.Second }

func (c card) String() string { return fmt.Sprintf("a card of grey level %d", c.Level) }

// shown is an open card. It is lost after its second frame.
type shown struct {
	card
	sequence uint64
}

func (*shown) Format() capture.Format { return capture.Packed(capture.GREY, 2, 1) }

func (s *shown) Read(ctx context.Context, f *capture.Frame) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if s.sequence == 2 {
		return fmt.Errorf("card: fell down: %w", capture.ErrLost)
	}
	s.sequence++
	*f = capture.Frame{
		Pix: append(f.Pix[:0], s.Level, s.Level), Format: s.Format(), Sequence: s.sequence, Time: time.Now(),
	}
	return nil
}

func (*shown) Close() error { return nil }

// A kind of camera of one's own, and how a camera that is lost is opened again.
func ExampleOpener() {
	ctx := context.Background()
	var camera capture.Opener = card{Level: 7}
	fmt.Println(camera)
	for range 2 {
		src, err := camera.Open(ctx)
		if err != nil {
			fmt.Println(err)
			return
		}
		var f capture.Frame
		for err == nil {
			if err = src.Read(ctx, &f); err == nil {
				fmt.Printf("frame %d: %v\n", f.Sequence, f.Pix)
			}
		}
		fmt.Printf("%v (lost: %t)\n", err, errors.Is(err, capture.ErrLost))
		if err := src.Close(); err != nil {
			fmt.Println(err)
		}
	}
	// Output:
	// a card of grey level 7
	// frame 1: [7 7]
	// frame 2: [7 7]
	// card: fell down: camera lost (lost: true)
	// frame 1: [7 7]
	// frame 2: [7 7]
	// card: fell down: camera lost (lost: true)
}
