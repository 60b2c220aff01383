package model

import (
	"fmt"
	"os"
	"runtime/debug"
	"syscall"
)

// File is a model file in memory. Where the system can, it is mapped, so that bytes that have been used need not stay.
type File struct {
	path   string
	data   []byte
	mapped bool
}

// OpenFile opens a regular file of at most limit bytes.
func OpenFile(path string, limit int64) (*File, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0) // a pipe has us wait otherwise
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > limit {
		return nil, fmt.Errorf("%s: want a regular file of at most %d MiB", path, limit>>20)
	}
	m := &File{path: path}
	if info.Size() > 0 {
		m.data, m.mapped, err = load(f, int(info.Size()))
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return m, nil
}

// Read calls use with the file's bytes, which are for reading only and gone after Close. A file that somebody shortens
// meanwhile gives an error, where the system would end the program otherwise: what reads the bytes outside of Read, or
// in another goroutine, is not protected.
func (f *File) Read(use func(data []byte) error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		r := recover()
		if r == nil {
			return
		}
		if fault, ok := r.(interface{ Addr() uintptr }); !ok || !f.holds(fault.Addr()) {
			panic(r)
		}
		err = fmt.Errorf("%s: the file was changed while it was being read (load it again when it is complete)", f.path)
	}()
	return use(f.data)
}

// Close gives the memory back.
func (f *File) Close() error {
	data := f.data
	f.data = nil
	if !f.mapped || data == nil {
		return nil
	}
	return unmap(data)
}
