package cpu

import "golang.org/x/sys/unix"

// adviseHuge asks for huge pages behind b (madvise(2), MADV_HUGEPAGE), which begins with one and has whole ones.
func adviseHuge(b []uint8) { _ = unix.Madvise(b, unix.MADV_HUGEPAGE) } // a kernel without them says so
