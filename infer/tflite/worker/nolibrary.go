//go:build !cgo || !tflite

package main

import (
	"errors"

	"github.com/inceptiond/inceptiond/infer/tflite/wire"
)

func libraryVersion() string { return "built without TensorFlow Lite" }

func open([]byte, wire.Options) (network, error) {
	return nil, errors.New("the worker was built without TensorFlow Lite (build it with: make tflite)")
}
