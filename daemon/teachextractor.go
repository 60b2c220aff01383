package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/inceptiond/inceptiond/infer/learn/store"
	"github.com/inceptiond/inceptiond/internal/regular"
	"github.com/inceptiond/inceptiond/internal/text"
)

func teachExtractorCommand(t *teaching) *cobra.Command {
	var compiled string
	cmd := &cobra.Command{
		Use:   "extractor NAME FILE",
		Short: "write what an Edge TPU is to run of a model",
		Long: "Writes the network of a name without its last layers to a .tflite file, for Google's edgetpu_compiler, which runs on\n" +
			"another machine. With --compiled, what that made of it, it writes the version in use for the Edge TPU: what is taught is put\n" +
			"behind the compiled part, and runs on the CPU. Name that file in edgetpu.file of the model (" + text.Doc("learning.md") + ").",
		Example: "  inceptiond teach extractor gate gate-extractor.tflite\n" +
			"  inceptiond teach extractor gate gate-edgetpu.tflite --compiled gate-extractor_edgetpu.tflite",
		Args: arguments(cobra.ExactArgs(2)),
		RunE: func(_ *cobra.Command, args []string) error {
			n, err := t.name(args[0])
			if err != nil {
				return err
			}
			data, err := t.forEdgeTPU(n, compiled)
			if err != nil {
				return err
			}
			if err := createFile(args[1], data); err != nil {
				return err
			}
			return t.print(map[string]any{"schema": 1, "name": n.Name(), "file": args[1], "bytes": len(data)}, func(w io.Writer) {
				next := "Next, elsewhere: edgetpu_compiler " + args[1]
				if compiled != "" {
					next = "Next: edgetpu: {device: any, file: " + args[1] + "} of the model"
				}
				fmt.Fprintf(w, "%s: %s. %s\n", args[1], text.Plural(len(data), "byte"), next)
			})
		},
	}
	cmd.Flags().StringVar(&compiled, "compiled", "", "`file` that edgetpu_compiler made of the extractor")
	return cmd
}

// forEdgeTPU is the extractor of a name, or the version in use behind what was compiled of it.
func (t *teaching) forEdgeTPU(n *store.Name, compiled string) ([]byte, error) {
	if compiled == "" {
		return t.Extractor(n)
	}
	const limit = 64 << 20 // as of a version
	data, err := regular.Read(compiled, limit)
	if err != nil {
		return nil, err
	}
	return t.OntoEdgeTPU(n, data)
}

// createFile writes a file that must not be there yet; what cannot be written whole is removed.
func createFile(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err := errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}
