// Package packed writes files as they are embedded in the program: compressed, which is also how a browser gets them.
package packed

import (
	"bytes"
	"compress/gzip"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
)

// Command compresses files into a folder, each as NAME.gz, and removes what else is called so there.
func Command(args []string, _ io.Writer) error {
	flags := flag.NewFlagSet("gen packed", flag.ContinueOnError)
	dir := flags.String("dir", "", "the folder to write to")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *dir == "" || flags.NArg() == 0 {
		return errors.New("usage: gen packed -dir FOLDER FILES")
	}
	old, err := filepath.Glob(filepath.Join(*dir, "*.gz"))
	if err != nil {
		return err
	}
	for _, file := range old {
		if err := os.Remove(file); err != nil {
			return err
		}
	}
	for _, file := range flags.Args() {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		packed, err := pack(text)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(*dir, filepath.Base(file)+".gz"), packed, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// pack compresses text with gzip, to the same bytes whenever that is.
func pack(text []byte) ([]byte, error) {
	var out bytes.Buffer
	z, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := z.Write(text); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}
