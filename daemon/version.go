package main

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/inceptiond/inceptiond/infer/cpu"
)

// version is set by the Makefile (-ldflags -X main.version=…).
var version = ""

// versionString is the version set at build time, else what Go noted of the module.
func versionString() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}

func versionCommand(std streams) *cobra.Command {
	verbose := false
	cmd := &cobra.Command{
		Use:     "version",
		Short:   "print the version",
		Example: "  inceptiond version\n  inceptiond version --verbose",
		Args:    arguments(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			_, err := io.WriteString(std.out, versionLine())
			if err == nil && verbose {
				err = printKernels(std.out)
			}
			return err
		},
	}
	cmd.Flags().BoolVarP(&verbose, "verbose", "v", false, "print which kernels (inner loops of the engine cpu) this machine uses, and why")
	return cmd
}

// printKernels says which kernels this machine uses, and why not those that would be faster.
func printKernels(w io.Writer) error {
	choice, err := cpu.Kernels()
	if err == nil {
		_, err = fmt.Fprintf(w, "kernels %v\n", choice)
	}
	return err
}

// versionLine is what `inceptiond version` and `inceptiond --version` print.
func versionLine() string {
	return fmt.Sprintf("inceptiond %s %s/%s %s\n", versionString(), runtime.GOOS, runtime.GOARCH, runtime.Version())
}
