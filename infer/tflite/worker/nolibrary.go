//go:build !cgo || !tflite

package main

import (
	"errors"

	"github.com/inceptiond/inceptiond/infer/tflite/wire"
)

func libraryVersion() string { return "built without TensorFlow Lite" }

var errNoLibrary = errors.New("the worker was built without TensorFlow Lite (build it with: make tflite)")

func open([]byte, wire.Options) (network, error) { return nil, errNoLibrary }

func listEdgeTPUs() (string, []wire.Device, error) { return "", nil, errNoLibrary }
