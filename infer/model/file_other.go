//go:build !linux

package model

import "os"

func load(f *os.File, _ int) (data []byte, mapped bool, err error) {
	data, err = os.ReadFile(f.Name())
	return data, false, err
}

func unmap([]byte) error { return nil }

// Evict does nothing here; see the Linux version.
func (f *File) Evict([]byte) {}

func (f *File) holds(uintptr) bool { return false }
