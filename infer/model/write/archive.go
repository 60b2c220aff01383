package write

import (
	"archive/zip"
	"bytes"
	"fmt"
	"hash/crc32"

	"github.com/inceptiond/inceptiond/infer/model"
)

// File is a file of an archive.
type File struct {
	Name string // no path that begins with / or has a ..
	Data []byte
}

// Append returns file, the bytes of a model, with a zip archive of files behind it: where TensorFlow Lite's metadata has
// label files. They are stored as they are, without a date, so that the same files give the same bytes. Tools that unpack
// archives take the result for one. The error is about sizes: 4 MiB a file, of which model.ReadMetadata reads no more,
// or more than 1024 files.
func Append(file []byte, files ...File) ([]byte, error) {
	const maxFile, maxFiles = 4 << 20, 1024
	if len(files) > maxFiles {
		return nil, fmt.Errorf("model: an archive of %d files (the most is %d): %w", len(files), maxFiles, model.ErrUnsupported)
	}
	var buf bytes.Buffer
	buf.Write(file)
	w := zip.NewWriter(&buf)
	w.SetOffset(int64(len(file)))
	for _, f := range files {
		if len(f.Data) > maxFile {
			return nil, fmt.Errorf("model: %.80q has %d bytes (the most is %d): %w", f.Name, len(f.Data), maxFile, model.ErrUnsupported)
		}
		if err := store(w, f); err != nil {
			return nil, fmt.Errorf("model: %.80q: %w", f.Name, err)
		}
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("model: %w", err)
	}
	return buf.Bytes(), nil
}

// store writes f with its size before it: not all readers know stored files whose size comes behind them.
func store(w *zip.Writer, f File) error {
	to, err := w.CreateRaw(&zip.FileHeader{
		Name: f.Name, Method: zip.Store, CRC32: crc32.ChecksumIEEE(f.Data),
		CompressedSize64: uint64(len(f.Data)), UncompressedSize64: uint64(len(f.Data)),
	})
	if err != nil {
		return err
	}
	_, err = to.Write(f.Data)
	return err
}
