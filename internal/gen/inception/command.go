package inception

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/inceptiond/inceptiond/infer/model/write"
)

// Command writes all versions in both flavours to a folder; args are those after the command's name.
func Command(args []string, out io.Writer) error {
	flags := flag.NewFlagSet("inception", flag.ContinueOnError)
	folder := flags.String("o", "build/models", "write to `FOLDER`, which is made if there is none")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() != 0 {
		return fmt.Errorf("inception: argument %q is one too many", flags.Arg(0))
	}
	if err := os.MkdirAll(*folder, 0o777); err != nil {
		return err
	}
	for version := 1; version <= 4; version++ {
		n, err := New(version, Options{})
		if err != nil {
			return err
		}
		for _, f := range []Flavour{Uint8, Int8} {
			name := filepath.Join(*folder, fmt.Sprintf("inception_v%d_%d_%v.tflite", version, defaultSize(version), f))
			data, err := write.Model(n.Build(f))
			if err != nil {
				return err
			}
			if err := os.WriteFile(name, data, 0o666); err != nil {
				return err
			}
			fmt.Fprintf(out, "%s: %d bytes\n", name, len(data))
		}
	}
	return nil
}
