// Command gen writes the files of this project that can be generated: `go run ./internal/gen COMMAND -h`.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/inceptiond/inceptiond/internal/gen/armmodel"
	"github.com/inceptiond/inceptiond/internal/gen/demo"
	"github.com/inceptiond/inceptiond/internal/gen/inception"
	"github.com/inceptiond/inceptiond/internal/gen/packed"
	"github.com/inceptiond/inceptiond/internal/gen/sbom"
)

// commands are in the order in which the usage lists them.
var commands = []struct {
	name, help string
	run        func(args []string, out io.Writer) error
}{
	{"demo", "the model built into the daemon, infer/demomodel", demo.Command},
	{"arm64", "no file: how fast the kernels for arm64 are, on paper; see make arm64-model", armmodel.Command},
	{"inception", "Inception v1 to v4 with seeded weights, uint8 and int8, some in float32, and MobileNet v2 in float32", inception.Command},
	{"packed", "files as they are embedded in the program, publish/web/packed and docs/schema", packed.Command},
	{"sbom", "what is in a Debian package, in CycloneDX; see .ci/deb", sbom.Command},
}

func main() {
	err := run(os.Args[1:], os.Stdout)
	if err != nil && !errors.Is(err, flag.ErrHelp) { // flag has printed the help
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run(args []string, out io.Writer) error {
	for _, c := range commands {
		if len(args) > 0 && args[0] == c.name {
			return c.run(args[1:], out)
		}
	}
	usage := "usage: gen COMMAND [FLAGS]\n"
	for _, c := range commands {
		usage += fmt.Sprintf("  %-12s%s\n", c.name, c.help)
	}
	return errors.New(usage)
}
