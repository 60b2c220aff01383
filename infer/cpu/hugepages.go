package cpu

// hugePage is what the kernel of amd64 and arm64 (with pages of 4 KiB) can map as one page: weights of megabytes, read from the
// first to the last in each run, then take a few entries of the processor's TLB instead of thousands.
const hugePage = 2 << 20

// inHugePages is n bytes that begin with a huge page, and are asked of the kernel as such. It may refuse them, which is no error;
// where it grants them, what is written to takes whole huge pages of memory.
func inHugePages(n int) []uint8 {
	b := startingAt(hugePage, n)
	adviseHuge(b[:n&^(hugePage-1)])
	return b
}
