package model

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// What an archive behind a model may have. Real ones have one to ten files, of some KB.
const (
	maxEntries   = 1024
	maxDirectory = 1 << 20 // bytes
	maxLabelFile = 4 << 20 // bytes, unpacked: as much as infer.ReadLabels takes
)

// readArchive takes the label file out of the archive behind the model: the one that the metadata names, else the one
// that is called so. files are those that the metadata names.
func (m *Metadata) readArchive(data []byte, files []labelFile) error {
	want := bestLabels(files)
	r, err := openArchive(data)
	switch {
	case err != nil:
		return fmt.Errorf("the archive behind it is damaged: %w", err)
	case r == nil && want != "":
		return fmt.Errorf("its metadata names the label file %q, but there is no archive behind the model (was the file cut short?)",
			clean(want))
	case r == nil:
		return nil
	}
	entries := map[string]*zip.File{}
	var names, twice []string
	for _, f := range r.File {
		if !sensible(f.Name) {
			continue
		}
		if entries[f.Name] != nil {
			twice = append(twice, f.Name)
			continue
		}
		entries[f.Name] = f
		names = append(names, f.Name)
		m.Files = append(m.Files, clean(f.Name))
	}
	name := want
	if name == "" {
		name = guessLabels(names)
	}
	switch {
	case name == "":
		return nil
	case entries[name] == nil:
		return fmt.Errorf("its metadata names the label file %q, which is not in the archive behind the model", clean(name))
	case slices.Contains(twice, name):
		return fmt.Errorf("the archive behind it holds %q more than once", clean(name))
	}
	text, err := unpack(entries[name])
	if err != nil {
		return fmt.Errorf("%q in the archive behind it cannot be read: %w", clean(name), err)
	}
	m.Labels, m.LabelFile = text, clean(name)
	return nil
}

// sensible tells whether an entry's name is that of a file of the model's author: no folder, nothing that an operating
// system adds, no bytes that cannot be shown.
func sensible(name string) bool {
	return name != "" && utf8.ValidString(name) && !strings.ContainsFunc(name, unicode.IsControl) &&
		!strings.HasSuffix(name, "/") && !strings.HasPrefix(name, "__MACOSX/") && !strings.HasPrefix(path.Base(name), "._")
}

// unpack reads an entry of at most maxLabelFile bytes. It does what File.Open does, which brings 40 kB of a file system into the program.
func unpack(f *zip.File) ([]byte, error) {
	const encrypted = 1 // in the general purpose flags, section 4.4.4 of APPNOTE.TXT
	switch {
	case f.Flags&encrypted != 0:
		return nil, errors.New("it is encrypted")
	case f.UncompressedSize64 > maxLabelFile:
		return nil, fmt.Errorf("it says that it has %d bytes (the most is %d)", f.UncompressedSize64, maxLabelFile)
	}
	r, err := f.OpenRaw()
	if err != nil {
		return nil, err
	}
	switch f.Method {
	case zip.Store:
	case zip.Deflate:
		r = flate.NewReader(r)
	default:
		return nil, zip.ErrAlgorithm
	}
	text, err := io.ReadAll(io.LimitReader(r, int64(f.UncompressedSize64)+1))
	switch {
	case err != nil:
		return nil, err
	case uint64(len(text)) > f.UncompressedSize64:
		return nil, zip.ErrFormat
	case uint64(len(text)) < f.UncompressedSize64:
		return nil, io.ErrUnexpectedEOF
	case f.CRC32 != 0 && crc32.ChecksumIEEE(text) != f.CRC32: // some leave it out
		return nil, zip.ErrChecksum
	}
	return text, nil
}

// openArchive opens the archive at the end of data; nil without an error: there is none. The standard library reads all
// entries that follow each other, whatever number the end of the directory says, so the directory's place and size are
// checked first: they bound the memory.
func openArchive(data []byte) (*zip.Reader, error) {
	end, err := findEnd(data)
	if end < 0 || err != nil {
		return nil, err
	}
	record := data[end:]
	entries := int64(binary.LittleEndian.Uint16(record[10:]))
	size, offset := int64(binary.LittleEndian.Uint32(record[12:])), int64(binary.LittleEndian.Uint32(record[16:]))
	start := int64(end) - size // of the directory, in data
	switch {
	case entries == 0xffff || size == 0xffff || size == 0xffffffff || offset == 0xffffffff:
		return nil, errors.New("it is of the large kind (zip64), which labels do not need")
	case binary.LittleEndian.Uint32(record[4:]) != 0:
		return nil, errors.New("it is one of several parts")
	case entries > maxEntries || size > maxDirectory:
		return nil, fmt.Errorf("its directory has %d entries in %d bytes (the most is %d in %d)",
			entries, size, maxEntries, maxDirectory)
	case start < 0 || start < offset:
		return nil, fmt.Errorf("its directory of %d bytes at %d lies outside the file", size, offset)
	}
	// Offsets count from the start of the file or from that of the archive, as the writer pleased; they are made the
	// latter.
	data = data[start-offset:]
	r, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) { // no path is ever used
		return nil, err
	}
	return r, nil
}

// endSize is the size of a record of the end of the central directory without its comment, section 4.3.16 of
// APPNOTE.TXT.
const endSize = 22

// findEnd finds that record, which may be followed by a comment; -1: there is none.
func findEnd(data []byte) (int, error) {
	const maxComment = 1<<16 - 1
	first := max(0, len(data)-endSize-maxComment)
	tail := data[first:]
	for to := len(tail); ; {
		i := bytes.LastIndex(tail[:to], []byte("PK\x05\x06"))
		if i < 0 {
			return -1, cutShort(data)
		}
		if len(tail)-i >= endSize && i+endSize+int(binary.LittleEndian.Uint16(tail[i+20:])) <= len(tail) {
			return first + i, nil
		}
		to = i
	}
}

// cutShort is an error if the end of data is the start of an archive: a text file's local header, section 4.3.7, near
// the end.
func cutShort(data []byte) error {
	const near = 1 << 20
	tail := data[max(0, len(data)-near):]
	i := bytes.LastIndex(tail, []byte("PK\x03\x04"))
	if i < 0 || len(tail)-i < 30 {
		return nil
	}
	h := tail[i:]
	version, method, name := h[4], binary.LittleEndian.Uint16(h[8:]), int(binary.LittleEndian.Uint16(h[26:]))
	if version > 63 || method != zip.Store && method != zip.Deflate || name > 255 || len(h) < 30+name {
		return nil
	}
	if !strings.HasSuffix(string(h[30:30+name]), ".txt") {
		return nil
	}
	return errors.New("its end is missing (was the file cut short?)")
}
