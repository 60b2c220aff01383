package model_test

import (
	"fmt"

	"github.com/inceptiond/inceptiond/infer/demomodel"
	"github.com/inceptiond/inceptiond/infer/model"
)

// What is in a model file, before an engine takes it.
func ExampleParse() {
	m, err := model.Parse(demomodel.Model(), model.Limits{Memory: 64 << 20})
	if err != nil {
		fmt.Println(err) // it wraps ErrMalformed, ErrUnsupported or ErrMemory
		return
	}
	image := m.Tensors[m.Inputs[0]]
	fmt.Println(image.Name, image.Type, image.Shape)
	stats := m.Stats()
	fmt.Printf("%.1f million products\n", float64(stats.MACs)/1e6)
	_, err = model.Parse([]byte("GIF89a: not a model"), model.Limits{})
	fmt.Println(err)
	// Output:
	// input uint8 [1 224 224 3]
	// 24.6 million products
	// model: malformed: this is no TensorFlow Lite file: bytes 4 to 7 are not TFL3
}

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
