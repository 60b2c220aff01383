package pipeline_test

import (
	"context"
	"fmt"
	"io"
	"time"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/daemon/pipeline"
	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/infertest"
	"github.com/inceptiond/inceptiond/internal/clock"
	"github.com/inceptiond/inceptiond/publish"
)

// greys is a camera that shows a dark picture and then a bright one, and has no more.
type greys struct{ shown uint64 }

func (*greys) Open(context.Context) (capture.Source, error) { return new(greys), nil }
func (*greys) Silence() time.Duration                       { return time.Second }
func (*greys) String() string                               { return "two greys" }

func (*greys) Format() capture.Format { return capture.Packed(capture.GREY, 4, 4) }

func (g *greys) Read(_ context.Context, f *capture.Frame) error {
	if g.shown == 2 {
		return io.EOF
	}
	f.Format, f.Pix = g.Format(), make([]byte, 16)
	for i := range f.Pix {
		f.Pix[i] = byte(200 * g.shown)
	}
	g.shown++
	f.Sequence, f.Time, f.Name = g.shown, time.Now(), ""
	return nil
}

func (*greys) Close() error { return nil }

// brightness is an engine of two classes, dark and bright.
func brightness() infer.Engine {
	e := infertest.NewFake(1, 1, 2)
	e.Answer = func(_ context.Context, in []byte, outs [][]byte) error {
		copy(outs[0], []byte{255 - in[0], in[0]})
		return nil
	}
	return e
}

// printer is a publisher that shows some of what it gets.
type printer struct{}

func (printer) Publish(_ context.Context, m publish.Message) error {
	switch m := m.(type) {
	case publish.CameraStatus:
		fmt.Println(m.Camera, "is", m.State)
	case *publish.Result:
		fmt.Printf("frame %d: %s\n", m.Sequence, m.Predictions[0].Label)
	case publish.Event:
		if m.Kind == publish.EventLabel {
			fmt.Println("now", m.Top.Label)
		}
	}
	return nil
}

func (printer) Close() error { return nil }

// newLook looks for brightness.
func newLook() (*pipeline.Look, error) {
	return pipeline.NewLook(pipeline.LookOptions{
		Model: pipeline.NewModel(pipeline.ModelOptions{
			Name: "brightness", Labels: infer.Labels{"dark", "bright"}, Engine: brightness(),
		}),
		TopK: 1, Threshold: 0.5,
	})
}

// One picture, without a camera.
func ExampleNewLook() {
	look, err := newLook()
	if err != nil {
		fmt.Println(err)
		return
	}
	frame := capture.Frame{Format: capture.Packed(capture.GREY, 1, 1), Pix: []byte{200}}
	answer, err := look.Answer(context.Background(), picture.Of(&frame))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s, %.2f, by the engine %s\n", answer.Predictions[0].Label, answer.Predictions[0].Score, answer.By.Engine)
	// Output: bright, 0.78, by the engine fake
}

// A camera from its first picture to its last.
func ExampleCamera() {
	look, err := newLook()
	if err != nil {
		fmt.Println(err)
		return
	}
	clock, err := clock.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	camera, err := pipeline.New(pipeline.Options{
		Name: "porch", Device: "house", Opener: new(greys), KeepAll: true, // no picture is skipped
		Look: look, Clock: clock, Out: printer{}, Log: zap.NewNop(), Often: zap.NewNop(),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	camera.Run(context.Background()) // until there are no more pictures
	fmt.Println(camera.Status().Results, "results")
	// Output:
	// porch is connecting
	// porch is online
	// frame 1: dark
	// now dark
	// frame 2: bright
	// now bright
	// porch is ended
	// 2 results
}
