// Package guard is memory for tests of what must not read or write outside its buffers.
package guard

import (
	"syscall"
	"testing"
	"unsafe"
)

// Slice is n elements that end where memory ends, or begin where it begins: a read or write beyond is a crash. They
// are aligned as their type wants, no better.
func Slice[T any](t testing.TB, n int, atEnd bool) []T {
	t.Helper()
	var zero T
	page := syscall.Getpagesize()
	size := n * int(unsafe.Sizeof(zero))
	whole := (size + page - 1) / page * page
	mem, err := syscall.Mmap(-1, 0, whole+2*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Munmap(mem); err != nil {
			t.Error(err)
		}
	})
	for _, guard := range [][]byte{mem[:page], mem[page+whole:]} {
		if err := syscall.Mprotect(guard, syscall.PROT_NONE); err != nil {
			t.Fatal(err)
		}
	}
	if n == 0 {
		return nil
	}
	at := page
	if atEnd {
		at += whole - size
	}
	return unsafe.Slice((*T)(unsafe.Pointer(&mem[at])), n)
}
