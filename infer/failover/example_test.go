package failover_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/failover"
	"github.com/inceptiond/inceptiond/infer/infertest"
)

// A device that cannot be opened: the standby answers.
func Example() {
	standby := infertest.NewFake(2, 2, 3)
	standby.By = infer.By{Engine: infer.EngineCPU, Kernels: "go"}
	engine, err := failover.New(context.Background(), failover.Options{
		Standby: standby,
		Open: func(context.Context) (failover.Primary, error) {
			return nil, errors.New("no such device")
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer engine.Close()
	by, err := engine.Run(context.Background(), make([]byte, 12), infer.Buffers(engine.Outputs()))
	fmt.Println("answered by the engine", by.Engine, err)
	// Output:
	// answered by the engine cpu <nil>
}
