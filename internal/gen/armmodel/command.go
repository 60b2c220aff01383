// Package armmodel tells on paper how fast the kernels for arm64 are on the Raspberry Pi's processors, of which none need
// be at hand: llvm-mca's models of the cores run the inner loops, and shapes of layers say how often each is run. A count
// of the instructions that QEMU executes checks that.
package armmodel

import (
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Command is `gen arm64`: tables of loops, of rivals and of predicted times, in Markdown.
func Command(args []string, out io.Writer) error {
	flags := flag.NewFlagSet("arm64", flag.ContinueOnError)
	count := flags.Bool("count", false, "count executed instructions under qemu-aarch64 too")
	if err := flags.Parse(args); err != nil {
		return err
	}
	root, err := moduleRoot()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "armmodel")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	binary := filepath.Join(dir, "inceptiond")
	if err := build(root, binary); err != nil {
		return err
	}
	return report(out, root, binary, flags.Args(), *count)
}

func moduleRoot() (string, error) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return "", fmt.Errorf("armmodel: go list: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}

func report(out io.Writer, root, binary string, models []string, count bool) error {
	tools, err := findLLVM()
	if err != nil {
		return err
	}
	code, err := list(root, binary)
	if err != nil {
		return err
	}
	k := newKernels()
	if err := k.measure(tools, code); err != nil {
		return err
	}
	if err := k.printLoops(out); err != nil {
		return err
	}
	if err := printLoops32(out, root, tools, k); err != nil {
		return err
	}
	if err := printRivals(out, tools); err != nil {
		return err
	}
	return printPredictions(out, k, models, binary, count)
}
