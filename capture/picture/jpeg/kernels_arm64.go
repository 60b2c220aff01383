//go:build !purego

package jpeg

// available lists what this processor can do, the fastest first.
func available() []kernels {
	return []kernels{{"neon", inverse8NEON, inverseLowNEON, inverse4NEON}, plain()}
}

//go:noescape
func inverse8NEON(dst []byte, stride int, b *block)

//go:noescape
func inverseLowNEON(dst []byte, stride int, b *block)

//go:noescape
func inverse4NEON(dst []byte, stride int, b *block)
