package sbom

import (
	"flag"
	"fmt"
	"io"
	"os"
	"time"
)

// Command writes the bill of materials of a Debian package.
func Command(args []string, out io.Writer) error {
	flags := flag.NewFlagSet("gen sbom", flag.ContinueOnError)
	var p Package
	flags.StringVar(&p.Version, "version", "", "of the package")
	flags.StringVar(&p.Arch, "arch", "", "of the package, as Debian calls it")
	flags.StringVar(&p.Of, "of", "", "the program's own version")
	tree := flags.String("tree", "", "the folder with what the package installs")
	seconds := flags.Int64("time", 0, "when it was built, in seconds since 1970")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() != 1 {
		return fmt.Errorf("usage: gen sbom [FLAGS] FILE.deb")
	}
	var err error
	if p.File, err = os.ReadFile(flags.Arg(0)); err != nil {
		return err
	}
	p.Name, p.Tree, p.Built = "inceptiond", os.DirFS(*tree), time.Unix(*seconds, 0)
	return Write(out, p)
}
