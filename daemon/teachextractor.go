package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/inceptiond/inceptiond/internal/text"
)

func teachExtractorCommand(t *teaching) *cobra.Command {
	return &cobra.Command{
		Use:   "extractor NAME FILE",
		Short: "write what an Edge TPU is to run of a model",
		Long: "Writes the network of a name without its last layers to a .tflite file, for Google's edgetpu_compiler, which runs on\n" +
			"another machine. What that makes of it is the base of a name again: what is taught is put behind it, and runs on the CPU\n" +
			"(" + text.Doc("learning.md") + ").",
		Example: "  inceptiond teach extractor gate gate-extractor.tflite",
		Args:    arguments(cobra.ExactArgs(2)),
		RunE: func(_ *cobra.Command, args []string) error {
			n, err := t.name(args[0])
			if err != nil {
				return err
			}
			data, err := t.Extractor(n)
			if err != nil {
				return err
			}
			f, err := os.OpenFile(args[1], os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
			if err != nil {
				return err
			}
			_, err = f.Write(data)
			if err := errors.Join(err, f.Close()); err != nil {
				return errors.Join(err, os.Remove(args[1]))
			}
			return t.print(map[string]any{"schema": 1, "name": n.Name(), "file": args[1], "bytes": len(data)}, func(w io.Writer) {
				fmt.Fprintf(w, "%s: %s. Next, elsewhere: edgetpu_compiler %s\n", args[1], text.Plural(len(data), "byte"), args[1])
			})
		},
	}
}
