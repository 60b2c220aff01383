package task_test

import (
	"fmt"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/task"
)

// What a model with three classes says of a frame.
func Example() {
	outputs := []infer.TensorSpec{{Name: "softmax", Shape: []int{1, 3}, Type: infer.Uint8, Scale: 1.0 / 256}}
	t, err := task.New(outputs, task.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	outs := infer.Buffers(outputs) // an engine's Run fills them
	copy(outs[0], []byte{16, 192, 48})

	var found task.Findings
	if err := t.Decode(&found, outs); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(t.Kind(), found.Classes)
	for _, c := range task.TopK(nil, &found, 2, 0.1) {
		fmt.Printf("class %d, score %.2f\n", c.Index, c.Score)
	}
	// Output:
	// classify [0.0625 0.75 0.1875]
	// class 1, score 0.75
	// class 2, score 0.19
}
