//go:build !purego

package jpeg

import "golang.org/x/sys/cpu"

// available lists what this processor can do, the fastest first.
func available() (list []kernels) {
	if cpu.X86.HasAVX2 {
		list = append(list, kernels{"avx2", inverse8AVX2, inverseLowAVX2, inverse4AVX2})
	}
	if cpu.X86.HasSSE41 {
		list = append(list, kernels{"sse41", inverse8SSE41, inverseLowSSE41, inverse4SSE41})
	}
	return append(list, plain())
}

//go:noescape
func inverse8AVX2(dst []byte, stride int, b *block)

//go:noescape
func inverseLowAVX2(dst []byte, stride int, b *block)

//go:noescape
func inverse4AVX2(dst []byte, stride int, b *block)

//go:noescape
func inverse8SSE41(dst []byte, stride int, b *block)

//go:noescape
func inverseLowSSE41(dst []byte, stride int, b *block)

//go:noescape
func inverse4SSE41(dst []byte, stride int, b *block)
