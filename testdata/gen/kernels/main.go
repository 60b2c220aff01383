package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	out := flag.String("o", "vnni_amd64.s", "write to `FILE`")
	flag.Parse()
	if err := os.WriteFile(*out, VNNI(), 0o644); err != nil {
		fmt.Fprintln(os.Stderr, "kernels:", err)
		os.Exit(1)
	}
}
