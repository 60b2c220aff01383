//go:build linux

package jpeg

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/inceptiond/inceptiond/internal/testing/guard"
)

// TestKernels holds all kernels of this machine to those in plain Go, in memory with nothing around it: blocks with few and
// with many coefficients, with usual ones and with such that sums overflow.
func TestKernels(t *testing.T) {
	for _, k := range available() {
		t.Run(k.name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(1, 2))
			for _, size := range []int{8, 4, 2} {
				for _, stride := range []int{size, size + 3, 64} {
					for _, atEnd := range []bool{false, true} {
						dst := guard.Slice[byte](t, (size-1)*stride+size, atEnd)
						b := guard.Slice[block](t, 1, atEnd)
						for range 500 {
							b[0] = randomBlock(rng, size)
							testKernels(t, &k, dst, stride, size, &b[0])
						}
					}
				}
			}
		})
	}
}

// randomBlock has coefficients up to one in the order of the file, of those that a transform to size reads.
func randomBlock(rng *rand.Rand, size int) (b block) {
	last, spread := rng.IntN(keepFor(size)+1), 1<<rng.IntN(31)
	for k, i := range zigzag[:last+1] {
		if int(i)/8 < size && int(i)%8 < size && rng.IntN(3) > 0 || k == last {
			b[i] = rng.Int32N(int32(spread)) - int32(spread/2)
		}
	}
	return b
}

func testKernels(t *testing.T, k *kernels, dst []byte, stride, size int, b *block) {
	t.Helper()
	last := 0
	for n, i := range zigzag {
		if b[i] != 0 {
			last = n
		}
		if int(i)/8 >= size || int(i)%8 >= size {
			b[i] = 0
		}
	}
	begin, reference, went := *b, *b, plain()
	for i := range dst {
		dst[i] = 99
	}
	want := bytes.Clone(dst)
	went.transform(want, stride, size, last, &reference)
	k.transform(dst, stride, size, last, b)
	if !bytes.Equal(dst, want) {
		t.Fatalf("%d samples, stride %d, last %d, %d: % x, plain Go % x", size, stride, last, begin, dst, want)
	}
	if b[0] = 0; *b != (block{}) {
		t.Fatalf("%d samples, last %d: leaves %d", size, last, *b)
	}
}

// TestDecodeKernels decodes whole pictures with each of this machine's kernels.
func TestDecodeKernels(t *testing.T) {
	for _, k := range available() {
		for _, r := range recipes {
			data := r.write(r.code())
			for _, scale := range []int{1, 2, 4, 8} {
				d, reference := Decoder{kernels: k}, Decoder{kernels: plain()}
				got, err := decode(&d, data, scale)
				if err != nil {
					t.Fatal(err)
				}
				want, err := decode(&reference, data, scale)
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(got.memory, want.memory) {
					t.Errorf("%s, %s, scale %d: not as in plain Go", k.name, r.name, scale)
				}
			}
		}
	}
}
