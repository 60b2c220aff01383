// Command inceptiond-tflite is the child process in which TensorFlow Lite runs. The package infer/tflite starts it and
// speaks the protocol of infer/tflite/wire with it: questions on file descriptor 3, answers on 4. Standard output and
// error are free for what native libraries print.
//
// One process runs one model: native memory does not come back when a model is unloaded, and go-tflite v1.0.5 leaks the
// model's bytes. It needs cgo, the tag tflite and libtensorflowlite_c (`make tflite`). Built without, it says so to
// whoever asks.
package main

import (
	"fmt"
	"os"

	"github.com/inceptiond/inceptiond/infer/tflite/wire"
)

func main() {
	if len(os.Args) != 2 || os.Args[1] != "serve" {
		fmt.Printf("inceptiond-tflite (%s)\ninceptiond starts this program for models with engine: tflite\n", libraryVersion())
		return
	}
	conn := wire.NewConn(os.NewFile(3, "questions"), os.NewFile(4, "answers"))
	if err := serve(conn, native{libraryVersion(), open, listEdgeTPUs}); err != nil {
		fmt.Fprintln(os.Stderr, "inceptiond-tflite:", err)
		os.Exit(1)
	}
}
