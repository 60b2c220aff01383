package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

// files is what writes each file of infer/cpu/kernel that is generated.
var files = map[string]func() []byte{
	"tiles_avx2_amd64.s":      AVX2,
	"tiles_avxvnni_amd64.s":   AVXVNNI,
	"vnni_amd64.s":            VNNI,
	"tiles32_amd64.s":         Tiles32,
	"tiles32_avx512_amd64.s":  Tiles32AVX512,
	"tiles32_arm64.s":         Tiles32ARM,
	"window32_amd64.s":        Window32,
	"window32_avx512_amd64.s": Window32AVX512,
	"window32_arm64.s":        Window32ARM,
	"neon_arm64.s":            NEON,
	"neondot_arm64.s":         NEONDot,
	"tiles_sse41_amd64.s":     SSE41,
	"tiles32_sse41_amd64.s":   Tiles32SSE,
	"window32_sse41_amd64.s":  Window32SSE,
	"neoni8mm_arm64.s":        NEONI8MM,
	"neon_arm.s":              NEON32,
}

func main() {
	out := flag.String("o", "vnni_amd64.s", "write to `FILE`, whose name says which one it is")
	flag.Parse()
	if err := write(*out); err != nil {
		fmt.Fprintln(os.Stderr, "kernels:", err)
		os.Exit(1)
	}
}

func write(path string) error {
	text, ok := files[filepath.Base(path)]
	if filepath.Base(path) == inverseFile {
		text, ok = InverseNEON, true
	}
	if !ok {
		return fmt.Errorf("%s is none of the generated files", path)
	}
	return os.WriteFile(path, text(), 0o644)
}
