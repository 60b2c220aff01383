// Package demomodel is the model built into the daemon, which knows the scenes of the demo camera.
package demomodel

import _ "embed"

//go:generate go run ../../internal/gen demo -dir .

//go:embed model.tflite
var file []byte

//go:embed labels.txt
var labels []byte

// Model is a TensorFlow Lite file, 224x224 RGB in. Do not change it.
func Model() []byte { return file }

// Labels is the names of the model's classes, one a line. Do not change it.
func Labels() []byte { return labels }
