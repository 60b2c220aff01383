package engines_test

import (
	"context"
	"fmt"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/demo"
	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/engines"
	"github.com/inceptiond/inceptiond/infer/preprocess"
	"github.com/inceptiond/inceptiond/infer/task"
)

// The built-in model looks at a drawn scene: all that it takes to classify a picture.
func ExampleLoad() {
	ctx := context.Background()
	model, err := engines.Load(ctx, "demo", engines.Options{File: engines.Demo, Labels: engines.Demo, Engine: engines.CPU}, zap.NewNop())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer model.Close()

	camera, err := demo.Open(ctx, demo.Options{Seed: 5})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer camera.Close()
	var frame capture.Frame
	if err := camera.Read(ctx, &frame); err != nil {
		fmt.Println(err)
		return
	}

	engine := model.Engine
	p, err := preprocess.New(engine.Input(), preprocess.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	input, outputs := make([]byte, engine.Input().Bytes()), infer.Buffers(engine.Outputs())
	if err := p.Run(picture.Of(&frame), input, nil); err != nil {
		fmt.Println(err)
		return
	}
	by, err := engine.Run(ctx, input, outputs)
	if err != nil {
		fmt.Println(err)
		return
	}
	t, err := task.New(engine.Outputs(), task.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	var found task.Findings
	if err := t.Decode(&found, outputs); err != nil {
		fmt.Println(err)
		return
	}
	for _, c := range task.TopK(nil, &found, 1, 0) {
		fmt.Printf("drawn: %s; seen: %s, %.2f, by the engine %s\n", frame.Name, model.Labels[c.Index], c.Score, by.Engine)
	}
	// Output: drawn: green cross; seen: green cross, 0.96, by the engine cpu
}
