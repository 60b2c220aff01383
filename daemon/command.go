package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"github.com/inceptiond/inceptiond/config"
	"github.com/inceptiond/inceptiond/daemon/wiring"
	"github.com/inceptiond/inceptiond/infer/decide"
	"github.com/inceptiond/inceptiond/infer/engines"
	"github.com/inceptiond/inceptiond/internal/text"
)

// The numbers that inceptiond exits with.
const (
	exitOK     = 0
	exitError  = 1
	exitUsage  = 2
	exitConfig = 78 // EX_CONFIG of sysexits.h: starting again without a change is pointless
)

// streams are the standard streams of one execution, so that tests can have their own.
type streams struct {
	in  io.Reader
	out io.Writer
	err io.Writer
}

// isTerminal tells whether a stream is a terminal: a device that has rows and columns, which /dev/null has not.
func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	if !ok {
		return false
	}
	_, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	return err == nil
}

// usageError marks a mistake on the command line.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// configError marks what is wrong with a config file, and was found in using it.
type configError struct{ error }

func (e configError) Unwrap() error { return e.error }

// execute runs the command that args names and returns the number to exit with. Ending ctx ends the command.
func execute(ctx context.Context, args []string, std streams) int {
	root := rootCommand(std)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	said := err.Error()
	if ctx.Err() != nil {
		said = strings.ReplaceAll(said, context.Canceled.Error(), "interrupted")
	}
	fmt.Fprintf(std.err, "inceptiond: %s\n", text.Lines(said))
	switch {
	case errors.As(err, new(*config.Error)), errors.As(err, new(*decide.OptionError)), errors.As(err, new(configError)):
		return exitConfig
	case errors.As(err, new(usageError)), errors.Is(err, engines.ErrUnknown), errors.Is(err, wiring.ErrFlags):
		return exitUsage
	}
	return exitError
}

func rootCommand(std streams) *cobra.Command {
	asked := false
	root := &cobra.Command{
		Use:   "inceptiond",
		Short: "see what a camera shows, and say it over MQTT",
		Long: "inceptiond turns camera frames into classifications by a quantized Inception network\n" +
			"and publishes the best classes over MQTT.",
		Example:                    "  inceptiond run                          # demo scenes, demo model, embedded broker\n  inceptiond run -c /etc/inceptiond.yaml\n  inceptiond classify cat.jpg",
		SilenceErrors:              true,
		SilenceUsage:               true,
		Args:                       cobra.ArbitraryArgs,
		SuggestionsMinimumDistance: 2,
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case asked:
				_, err := io.WriteString(std.out, versionLine())
				return err
			case len(args) == 0:
				return cmd.Help()
			}
			return unknownCommand(cmd, args[0])
		},
	}
	root.Flags().BoolVar(&asked, "version", false, "print the version") // cobra's own brings text/template with it: 2 MB
	root.SetIn(std.in)
	root.SetOut(std.out)
	root.SetErr(std.err)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usageError{fmt.Errorf("%w (see `%s --help`)", err, cmd.CommandPath())}
	})
	root.AddCommand(
		runCommand(std), classifyCommand(std), evaluateCommand(std), benchCommand(std), replayCommand(std), configCommand(std),
		modelCommand(std), camerasCommand(std), gpioCommand(std), doctorCommand(std), bundleCommand(std), purgeCommand(std), webCommand(std), teachCommand(std), versionCommand(std))
	return root
}

// miscounted is about arguments that are too many or too few: what the command takes is in its usage.
func miscounted(cmd *cobra.Command, args []string) error {
	takes := cmp.Or(strings.TrimSpace(strings.TrimPrefix(cmd.Use, cmd.Name())), "no arguments")
	got := "none"
	if len(args) > 0 {
		got = strings.Join(args, " ")
	}
	_, name, _ := strings.Cut(cmd.CommandPath(), " ")
	return fmt.Errorf("%s takes %s, and got %s", name, takes, got)
}

// unknownCommand is the error for a word that is no command, with the nearest one.
func unknownCommand(cmd *cobra.Command, word string) error {
	hint := fmt.Sprintf("see `%s --help`", cmd.CommandPath())
	if near := cmd.SuggestionsFor(word); len(near) > 0 {
		hint = fmt.Sprintf("did you mean %q?", near[0])
	}
	return usageError{fmt.Errorf("unknown command %q: %s", word, hint)}
}

// arguments makes a check of positional arguments, and of flags that exclude each other, a usage error that names the help.
func arguments(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		err := check(cmd, args)
		switch {
		case err == nil:
			err = cmd.ValidateFlagGroups() // cobra does so later, and its error is none of usage
		case cmd.HasSubCommands() && len(args) > 0:
			return unknownCommand(cmd, args[0])
		default:
			err = miscounted(cmd, args)
		}
		if err != nil {
			return usageError{fmt.Errorf("%w (see `%s --help`)", err, cmd.CommandPath())}
		}
		return nil
	}
}
