package model_test

import (
	"fmt"

	"github.com/inceptiond/inceptiond/infer/demomodel"
	"github.com/inceptiond/inceptiond/infer/model"
)

// A model that also gives what its last convolution reads.
func ExampleWithOutputs() {
	data := demomodel.Model()
	m, err := model.Parse(data, model.Limits{})
	if err != nil {
		fmt.Println(err)
		return
	}
	more, err := model.WithOutputs(m, "features")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, i := range more.Outputs { // cpu.New takes this model
		fmt.Println(more.Tensors[i].Name, more.Tensors[i].Type, more.Tensors[i].Shape)
	}
	file, err := model.FileWithOutputs(data, more) // and tflite.Open this file
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(len(file)-len(data), "bytes longer")
	// Output:
	// scores uint8 [1 12]
	// features uint8 [1 1 1 448]
	// 12 bytes longer
}
