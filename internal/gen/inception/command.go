package inception

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/infer/model/write"
)

// Command writes all versions in both flavours, v1 and v3 in float32, and MobileNet v2 in float32 to a folder; args are those after the command's name.
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
			if err := save(out, *folder, fmt.Sprintf("inception_v%d_%d_%v", version, defaultSize(version), f), n.Build(f)); err != nil {
				return err
			}
		}
		if version != 1 && version != 3 {
			continue
		}
		m, err := n.Float32()
		if err != nil {
			return err
		}
		if err := save(out, *folder, fmt.Sprintf("inception_v%d_%d_float32", version, defaultSize(version)), m); err != nil {
			return err
		}
	}
	return save(out, *folder, "mobilenet_v2_224_float32", MobileNet(224))
}

// save writes a model to a folder.
func save(out io.Writer, folder, name string, m *model.Model) error {
	data, err := write.Model(m)
	if err != nil {
		return err
	}
	path := filepath.Join(folder, name+".tflite")
	fmt.Fprintf(out, "%s: %d bytes\n", path, len(data))
	return os.WriteFile(path, data, 0o666)
}
