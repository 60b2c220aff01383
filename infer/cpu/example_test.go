package cpu_test

import (
	"context"
	"fmt"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/cpu"
	"github.com/inceptiond/inceptiond/infer/demomodel"
	"github.com/inceptiond/inceptiond/infer/model"
)

// A model that answers a grey image. Every engine is used this way.
func Example() {
	m, err := model.Parse(demomodel.Model(), model.Limits{})
	if err != nil {
		fmt.Println(err)
		return
	}
	var engine infer.Engine
	if engine, err = cpu.New(m, cpu.Options{Threads: 1}); err != nil {
		fmt.Println(err)
		return
	}
	defer engine.Close()

	in, outs := make([]byte, engine.Input().Bytes()), infer.Buffers(engine.Outputs())
	for i := range in {
		in[i] = 128
	}
	by, err := engine.Run(context.Background(), in, outs)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%v in, %d outputs, %d bytes in the first\n", engine.Input(), len(outs), len(outs[0]))
	fmt.Println("answered by the engine", by.Engine)
	// Output:
	// uint8 [1 224 224 3] scale 0.0078125 zero point 128 in, 1 outputs, 12 bytes in the first
	// answered by the engine cpu
}
