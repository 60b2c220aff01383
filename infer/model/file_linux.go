package model

import (
	"os"
	"syscall"
	"unsafe"
)

// load maps the file, or reads it where that fails.
func load(f *os.File, size int) (data []byte, mapped bool, err error) {
	data, err = syscall.Mmap(int(f.Fd()), 0, size, syscall.PROT_READ, syscall.MAP_PRIVATE)
	if err == nil {
		return data, true, nil
	}
	data, err = os.ReadFile(f.Name())
	return data, false, err
}

func unmap(data []byte) error { return syscall.Munmap(data) }

// Evict says that data, a part of the file's bytes, has been used: its pages need not stay in memory. They come back by
// themselves should they be read again.
func (f *File) Evict(data []byte) {
	if !f.mapped || len(data) == 0 || !f.holds(uintptr(unsafe.Pointer(&data[0]))) {
		return
	}
	// Whole pages only: what shares one with others stays.
	page := os.Getpagesize()
	from := int(uintptr(unsafe.Pointer(&data[0])) - uintptr(unsafe.Pointer(&f.data[0])))
	end := (from + len(data)) / page * page
	if from = (from + page - 1) / page * page; from < end {
		// An error would mean that the memory stays: that is no harm.
		_ = syscall.Madvise(f.data[from:end], syscall.MADV_DONTNEED)
	}
}

// holds tells whether an address is in the mapped file.
func (f *File) holds(address uintptr) bool {
	if !f.mapped || len(f.data) == 0 {
		return false
	}
	first := uintptr(unsafe.Pointer(&f.data[0]))
	return address >= first && address-first < uintptr(len(f.data)+os.Getpagesize())
}
