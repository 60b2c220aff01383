package infer_test

import (
	"context"
	"fmt"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/infertest"
)

// waker is an engine that says when it is woken.
type waker struct{ *infertest.Fake }

func (waker) Wake() { fmt.Println("woken") }

// A frame is there: the engine's threads wake up while it is preprocessed.
func ExampleWake() {
	var engine infer.Engine = waker{infertest.NewFake(224, 224, 10)}
	infer.Wake(engine)
	input := make([]byte, engine.Input().Bytes()) // preprocessing comes here
	by, err := engine.Run(context.Background(), input, infer.Buffers(engine.Outputs()))
	fmt.Println(by.Engine, err)

	infer.Wake(infertest.NewFake(224, 224, 10)) // an engine that does not care
	// Output:
	// woken
	// fake <nil>
}
