package cpu_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/cpu"
	"github.com/inceptiond/inceptiond/internal/testing/shared"
)

// BenchmarkModels runs whole networks.
func BenchmarkModels(b *testing.B) {
	dir := shared.Dir(b)
	for _, name := range []string{"googlenet_224_uint8", "googlenet_224_int8", "mobilenet_v1_0.25_128_quant", "mobilenet_v2_1.0_224_quant"} {
		for _, threads := range []int{1, 2} {
			b.Run(fmt.Sprintf("%s/threads=%d", name, threads), func(b *testing.B) {
				e := load(b, filepath.Join(dir, "models", name+".tflite"), cpu.Options{Threads: threads})
				in, err := os.ReadFile(filepath.Join(dir, "golden", "input", fmt.Sprintf("cat_%d.rgb", e.Input().Shape[1])))
				if err != nil {
					b.Fatal(err)
				}
				outs := infer.Buffers(e.Outputs())
				b.ReportAllocs()
				for b.Loop() {
					if _, err := e.Run(b.Context(), in, outs); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
